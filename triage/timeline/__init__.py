"""The case file: one DuckDB file with every event of a bundle and the answer about it.

`writer` lays it down, `query` opens it again, sealed. Both load DuckDB; this module does not, so
that a command may ask `is_case` of a path without paying for it.
"""

from __future__ import annotations

from triage.timeline.magic import is_case

__all__ = ["is_case"]
