"""The kinds of events that exist."""

from __future__ import annotations

from triage.derive import DERIVED_KINDS
from triage.ingest.records import LOG_LINE
from triage_parsers import PARSERS


def all_kinds() -> frozenset[str]:
    """What parsers and derivations can yield."""
    kinds = {kind for parser in PARSERS for kind in parser.kinds}
    return frozenset(kinds | set(DERIVED_KINDS) | {LOG_LINE})
