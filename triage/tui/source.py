"""The lines round a place in a file, read again from the bundle, or from the case without it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from triage.answer import SourceInfo
from triage.errors import CaseError, TriageError
from triage.tui import looks
from triage.tui.session import Session

if TYPE_CHECKING:  # loaded by the thread that reads, after the first paint
    from triage.excerpts import TextLine
    from triage.timeline.query import OpenCase

BEFORE, AFTER = 100, 200
"""Lines that are read round the place."""
SHOWN = 4000
"""Characters of a line that are shown."""
FROM_CASE = 40
_EVENTS = """
SELECT line, message FROM events JOIN (SELECT source_id, path FROM sources) USING (source_id)
WHERE path = ? AND line BETWEEN ? AND ? ORDER BY line, event_id
"""
_OFFSET = """
SELECT byte_off FROM events JOIN (SELECT source_id, path FROM sources) USING (source_id)
WHERE path = ? AND line = ? LIMIT 1
"""


class SourceLines(VerticalScroll):
    """A file round a place, the lines of the place marked; scrolls by itself."""

    class Read(Message):
        """The lines are there."""

        def __init__(self, lines: Sequence[TextLine], *, of_file: bool) -> None:
            super().__init__()
            self.lines = lines
            self.of_file = of_file

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "Bottom", show=False),
        Binding("space", "page_down", "Page down", show=False),
        Binding("b", "page_up", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    SourceLines {
        height: 1fr; min-height: 3;
        & > #note { dock: top; height: 1; display: none; }
        & > #lines { width: auto; min-width: 100%; height: auto; }
        overflow-x: auto;
    }
    """

    def __init__(
        self,
        session: Session,
        source: str,
        line: int,
        line_end: int | None = None,
        *,
        offset: int | None = None,
    ) -> None:
        """`offset` is looked up in the answer and in the case unless it is given."""
        super().__init__()
        self.session = session
        self.source = source
        self.line = line
        self.line_end = max(line, line_end or line)
        self._offset = _cited(session, source, line) if offset is None else offset

    def compose(self) -> ComposeResult:
        """What there is to say about it, and the lines."""
        yield Static("", id="note", markup=False)
        yield Static(Content.styled("reading ...", looks.DIM), id="lines", markup=False)

    def on_mount(self) -> None:
        """Read, in a thread."""
        case = self.session.case
        reading = partial(self._read, self.session.paths, self.session.answer.sources, case)
        self.run_worker(reading, thread=True, exclusive=True, group="source")

    def _read(
        self, paths: Sequence[str], sources: Sequence[SourceInfo], case: OpenCase | None
    ) -> None:
        from triage.excerpts import Place, excerpt  # noqa: PLC0415  loads the whole reader

        lines: list[TextLine] = []
        info = next((info for info in sources if info.name == self.source), None)
        offset = self._offset
        if offset is None and case is not None:
            offset = _offset_in(case, self.source, self.line)
        if info is not None and offset is not None:
            place = Place(self.line, self.line_end, offset)
            try:
                lines = excerpt(paths, info, place, before=BEFORE, after=AFTER)
            except (TriageError, OSError):
                lines = []
        of_file = bool(lines)
        if not of_file and case is not None:
            lines = _of_case(case, self.source, self.line)
        self.post_message(self.Read(lines, of_file=of_file))

    def on_source_lines_read(self, event: Read) -> None:
        """Show them, the place in the middle."""
        event.stop()
        words = ""
        if not event.lines:
            words = "the file is not where it was, nor in the case"
        elif not event.of_file:
            words = "the file is not there any more; from the case:"
        note = self.query_one("#note", Static)
        note.update(Content.styled(words, "$text-warning"))
        note.display = bool(words)
        width = len(str(event.lines[-1].number)) if event.lines else 1
        shown = [self._line(line, width) for line in event.lines]
        self.query_one("#lines", Static).update(looks.lines(shown))
        above = sum(line.number < self.line for line in event.lines)
        self.call_after_refresh(self._show, above)

    def _line(self, line: TextLine, width: int) -> Content:
        here = self.line <= line.number <= self.line_end
        more = " ..." if line.cut or len(line.text) > SHOWN else ""
        return Content.assemble(
            (f"{'>' if here else ' '}{line.number:>{width}} ", "bold" if here else looks.DIM),
            looks.text(line.text[:SHOWN], "bold" if here else "", SHOWN),
            (more, looks.DIM),
        )

    def _show(self, row: int) -> None:
        rows = self.line_end - self.line + 1
        top = max(0, row - max(1, (self.size.height - rows) // 2))
        self.scroll_to(y=min(top, row), animate=False)


def _cited(session: Session, source: str, line: int) -> int | None:
    """The offset that a finding's evidence tells."""
    for finding in session.answer.findings:
        for piece in finding.evidence:
            if (piece.source, piece.line) == (source, line):
                return piece.offset
    return None


def _offset_in(case: OpenCase, source: str, line: int) -> int | None:
    found = _rows(case, _OFFSET, [source, line])
    return int(str(found[0][0])) if found else None


def _of_case(case: OpenCase, source: str, line: int) -> list[TextLine]:
    from triage.excerpts import TextLine  # noqa: PLC0415

    rows = _rows(case, _EVENTS, [source, line - FROM_CASE, line + FROM_CASE])
    return [
        TextLine(int(str(number)) + at, part)
        for number, message in rows
        for at, part in enumerate(str(message).split("\n"))
    ]


def _rows(case: OpenCase, sql: str, values: Sequence[object]) -> list[tuple[object, ...]]:
    try:
        return case.rows(sql, values)
    except CaseError:
        return []
