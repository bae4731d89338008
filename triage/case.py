"""A case in a notebook: the answer, and the timeline when somebody asks for it.

    case = triage.scan("incident.tar.gz")
    case                                    # headline, root cause, findings with file:line
    case.findings[0].evidence
    case.timeline.filter(pl.col("gpu").is_not_null()).collect()
    case.sql("SELECT ts, loc, message FROM timeline WHERE kind = 'gpu.xid'")

A scan holds the answer alone; the timeline is read in a second pass, on first use, into a temporary
file that is gone with the case. `save` keeps it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Self

from triage.answer import (
    Answer,
    EnvironmentInfo,
    Finding,
    RuledOut,
    SourceInfo,
    Undecided,
    Verdict,
)
from triage.bundle.visible import visible
from triage.errors import CaseError

if TYPE_CHECKING:  # they load DuckDB and polars, which an answer alone does not need
    import duckdb
    import polars as pl

    from triage.timeline.query import OpenCase
    from triage.timeline.writer import CaseWriter

SHOWN_FINDINGS = 5
SHOWN_TEXT = 160


class Case:
    """What a scan found. Closing it (or the end of a `with` block) drops a temporary timeline."""

    def __init__(
        self, answer: Answer, timeline_source: Callable[[CaseWriter], None] | None = None
    ) -> None:
        """`timeline_source` adds the events of `answer.sources` to a writer, each time anew."""
        self.answer = answer
        self._fill = timeline_source
        self._opened: OpenCase | None = None
        self._finalizer: weakref.finalize[[OpenCase, Path | None], Case] | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a case file. Raises `CaseError` that says what is wrong with it."""
        from triage.timeline.query import open_case  # noqa: PLC0415  loads DuckDB

        opened = open_case(path)
        try:
            case = cls(opened.answer())
        except BaseException:
            opened.close()
            raise
        case._hold(opened, None)
        return case

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the timeline; the answer stays."""
        if self._finalizer is not None:
            self._finalizer()
        self._opened = self._finalizer = None

    @property
    def verdict(self) -> Verdict:
        """What broke, in one line."""
        return self.answer.verdict

    @property
    def findings(self) -> Sequence[Finding]:
        """Failures that were recognized, the verdict first."""
        return self.answer.findings

    @property
    def undecided(self) -> Sequence[Undecided]:
        """What could change the verdict and could not be decided."""
        return self.answer.undecided

    @property
    def ruled_out(self) -> Sequence[RuledOut]:
        """Usual suspects, and what clears them."""
        return self.answer.ruled_out

    @property
    def sources(self) -> Sequence[SourceInfo]:
        """How each file was read."""
        return self.answer.sources

    @property
    def environments(self) -> Sequence[EnvironmentInfo]:
        """Lists of Python packages."""
        return self.answer.environments

    @property
    def warnings(self) -> Sequence[str]:
        """What could not be read, and other limits of the answer."""
        return self.answer.warnings

    @property
    def timeline(self) -> pl.LazyFrame:
        """All events in order of time, the view `timeline`; `ts` is UTC, null where unknown."""
        return self._open().timeline()

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """One SELECT over the case, sealed: it sees the case and nothing else.

        Raises `CaseError` on anything else. `SHOW TABLES` and `DESCRIBE timeline` say what
        there is.
        """
        return self._open().query(query)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a case file, which `triage query`, `tui` and `report` open.

        An older case there is replaced once the new one is whole; any other file is not.
        """
        from triage.timeline.writer import copy_case, write_case  # noqa: PLC0415  loads DuckDB

        if self._opened is not None:
            copy_case(self._opened.path, path)
        else:
            write_case(path, self.answer, self._filler())

    def _open(self) -> OpenCase:
        if self._opened is None:
            from triage.timeline.query import open_case  # noqa: PLC0415  loads DuckDB
            from triage.timeline.writer import write_case  # noqa: PLC0415  loads DuckDB

            fill = self._filler()
            folder = Path(tempfile.mkdtemp(prefix="triage-"))
            try:
                write_case(folder / "timeline.triage", self.answer, fill)
                self._hold(open_case(folder / "timeline.triage"), folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        assert self._opened is not None
        return self._opened

    def _filler(self) -> Callable[[CaseWriter], None]:
        if self._fill is None:
            raise CaseError("this case has an answer and no timeline; scan the bundle again")
        return self._fill

    def _hold(self, opened: OpenCase, folder: Path | None) -> None:
        self._opened = opened
        self._finalizer = weakref.finalize(self, _let_go, opened, folder)

    def __repr__(self) -> str:
        """For a terminal: the verdict, and where to look."""
        return "\n".join(f"{label:<11} {text}".rstrip() for label, text in _summary(self.answer))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{escape(label)}</th>"
            f"<td style='text-align:left;white-space:pre-wrap'>{escape(text)}</td></tr>"
            for label, text in _summary(self.answer)
        )
        return f"<table>{rows}</table>"


def _let_go(opened: OpenCase, folder: Path | None) -> None:
    opened.close()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _summary(answer: Answer) -> list[tuple[str, str]]:
    """Label and text of each line; all text harmless to print, but not yet to put into HTML."""
    verdict = answer.verdict
    sure = "" if verdict.confidence is None else f" ({verdict.confidence:.0%} sure)"
    rows = [(verdict.status.upper(), verdict.headline)]
    if verdict.root_cause is not None:
        rows.append(("root cause", verdict.root_cause + sure))
    rows += [(f"{found.rank}. {found.severity}", _line_of(found)) for found in _top(answer)]
    if len(answer.findings) > SHOWN_FINDINGS:
        rows.append(("", f"and {len(answer.findings) - SHOWN_FINDINGS} more in .findings"))
    rows += [("ruled out", f"{out.id}: {'; '.join(out.why)}") for out in answer.ruled_out]
    rows += [("undecided", f"{open_.id}: {open_.why}") for open_ in answer.undecided]
    rows += [("warning", text) for text in answer.warnings]
    return [(visible(label), visible(text, 4 * SHOWN_TEXT)) for label, text in rows]


def _top(answer: Answer) -> Sequence[Finding]:
    return answer.findings[:SHOWN_FINDINGS]


def _line_of(finding: Finding) -> str:
    place = ""
    if finding.evidence:
        first = finding.evidence[0]
        place = f"  {first.source}:{first.line}"
    return f"{finding.title} [{finding.id}]{place}"
