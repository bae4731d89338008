"""The room that opens what the user hands over, and the only one that opens the user's files.

`open_bundle` gives the readable files of a folder, file, archive or standard input one by one;
`triage.bundle.text` turns each into lines. Whatever the input is, no later room sees raw bytes.
"""

from __future__ import annotations

from triage.bundle.bundle import Bundle, open_bundle
from triage.bundle.limits import Limits
from triage.bundle.notes import BundleWarning
from triage.bundle.source import Source

__all__ = ["Bundle", "BundleWarning", "Limits", "Source", "open_bundle"]
