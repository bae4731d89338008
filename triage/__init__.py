"""Incident forensics: what broke, what caused it, where the logs say so, what to do next.

    import triage
    case = triage.scan("incident.tar.gz")
    case.verdict, case.findings, case.timeline

Importing this package is cheap: polars and DuckDB come with the first call that needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from triage.version import __version__

if TYPE_CHECKING:  # the case knows polars and DuckDB, which `triage --version` must not load
    from triage.case import Case

__all__ = ["__version__", "open_case", "scan"]


def scan(
    path: str | PathLike[str],
    *,
    since: str | None = None,
    until: str | None = None,
    signatures: Sequence[str | PathLike[str]] = (),
) -> Case:
    """Scan a folder, a file or an archive; the same answer as `triage scan`.

    `since` and `until` are times as a person writes them. `signatures` are folders of your own.
    Raises a `triage.errors.TriageError` that says what to do.
    """
    from functools import partial  # noqa: PLC0415  the import must stay cheap

    from triage.case import Case  # noqa: PLC0415
    from triage.scanner import Options, fill_timeline, scan_paths  # noqa: PLC0415

    options = Options(
        since=since,
        until=until,
        signatures=tuple(Path(s) for s in signatures),
        for_timeline=True,
    )
    done = scan_paths([Path(path)], options)
    return Case(done.answer, partial(fill_timeline, done))


def open_case(path: str | PathLike[str]) -> Case:
    """Open a `.triage` case file that `triage scan --case` or `Case.save` wrote."""
    from triage.case import Case  # noqa: PLC0415  the import must stay cheap

    return Case.open(Path(path))
