"""A box for SQL over the sealed case, and the table that comes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import ClassVar

import msgspec
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from triage.errors import CaseError
from triage.timeline.asking import Question, ResultTable
from triage.timeline.query import OpenCase
from triage.tui import looks
from triage.tui.frame import Room
from triage.tui.grid import Grid, cell
from triage.tui.places import state_folder
from triage.tui.session import Session
from triage.tui.wishes import Copy, OpenTimeline, Say

SHOWN_ROWS = 2000
KEPT = 200
"""Questions that are remembered."""
TABLES = """
SELECT table_name AS "table", string_agg(column_name, ', ' ORDER BY column_index) AS columns
FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()
GROUP BY 1 ORDER BY table_name <> 'timeline', 1
"""
HINT = "enter runs it, ctrl+j: new line, up and down: older ones, tab: the table"


class SqlBox(TextArea):
    """Enter runs what stands there; the first and last line lead to older and newer questions."""

    class Asked(Message):
        """Run this."""

        def __init__(self, sql: str) -> None:
            super().__init__()
            self.sql = sql

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j", "newline", "New line", show=False),
        Binding("tab", "screen.focus_next", "To the table", show=False),
    ]
    DEFAULT_CSS = """
    SqlBox, SqlBox:focus { height: 5; border: none; padding: 0 1; }
    """

    def __init__(self, history: list[str]) -> None:
        super().__init__(soft_wrap=True, tab_behavior="focus", show_line_numbers=False)
        self.cursor_blink = False
        self._history = history
        self._at = len(history)

    def ran(self, sql: str) -> None:
        """Remember it."""
        if sql in self._history:
            self._history.remove(sql)
        self._history.append(sql)
        del self._history[:-KEPT]
        self._at = len(self._history)

    def action_newline(self) -> None:
        """Begin a line."""
        self.insert("\n")

    async def _on_key(self, event: events.Key) -> None:
        row = self.cursor_location[0]
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            if self.text.strip():
                self.post_message(self.Asked(self.text.strip()))
        elif event.key == "up" and row == 0 and self._at > 0:
            event.prevent_default()
            self._recall(-1)
        elif (
            event.key == "down"
            and row == self.document.line_count - 1
            and self._at < len(self._history)
        ):
            event.prevent_default()
            self._recall(1)
        else:
            await super()._on_key(event)

    def _recall(self, step: int) -> None:
        self._at += step
        self.text = self._history[self._at] if self._at < len(self._history) else ""
        self.move_cursor(self.document.end)


class SqlScreen(Room):
    """Ask the case anything; it answers SELECTs and nothing else."""

    class Answered(Message):
        """The rows are there."""

        def __init__(self, question: Question, table: ResultTable, seconds: float) -> None:
            super().__init__()
            self.question = question
            self.table = table
            self.seconds = seconds

    class Refused(Message):
        """It went wrong, and how."""

        def __init__(self, question: Question, why: str) -> None:
            super().__init__()
            self.question = question
            self.why = why

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "edit", "Edit the SQL"),
        Binding("y", "copy", "Copy the row", show=False),
        Binding("f1", "app.help", "Help"),
        Binding("escape", "leave", "Back"),
    ]
    DEFAULT_CSS = """
    SqlScreen > #said { height: auto; max-height: 6; padding: 0 1; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._history = _history()
        self._question: Question | None = None
        self._lists_tables = False

    def body(self) -> Iterable[Widget]:
        """Box, what became of it, table."""
        yield SqlBox(self._history)
        yield Static(looks.text(HINT, looks.DIM), id="said", markup=False)
        yield Grid()

    def on_mount(self) -> None:
        """Begin with what there is to ask about."""
        self.query_one(SqlBox).focus()
        self.session.when_ready(self._tables)

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        if self._question is not None:
            self._question.call_off()

    @property
    def place(self) -> dict[str, str]:
        """This view."""
        return {"screen": "sql"}

    def _tables(self, case: OpenCase) -> None:
        self._run(case, TABLES)

    def on_sql_box_asked(self, event: SqlBox.Asked) -> None:
        """Run it."""
        event.stop()
        if self.session.case is None:
            self._say(self.session.failed or "the case is still being written", wrong=True)
            return
        self.query_one(SqlBox).ran(event.sql)
        _keep(self._history)
        self._say("running; esc calls it off")
        self._run(self.session.case, event.sql)

    def _run(self, case: OpenCase, sql: str) -> None:
        if self._question is not None:
            self._question.call_off()
        try:
            self._question = Question(case, sql)
        except CaseError as error:
            self._say(str(error), wrong=True)
            return
        job = partial(self._answer, self._question)
        self.run_worker(job, thread=True, exclusive=True, group="sql")

    def _answer(self, question: Question) -> None:
        began = monotonic()
        try:
            table = question.answer(SHOWN_ROWS)
        except CaseError as error:
            self.post_message(self.Refused(question, str(error)))
        else:
            self.post_message(self.Answered(question, table, monotonic() - began))

    def on_sql_screen_answered(self, event: Answered) -> None:
        """Show the table."""
        if event.question is not self._question:
            return
        self._question = None
        table = event.table
        self.query_one(Grid).show(table.names, [list(map(cell, row)) for row in table.rows])
        self._lists_tables = event.question.sql == TABLES
        if self._lists_tables:
            return
        count = f"the first {SHOWN_ROWS:,} rows; there are more" if table.cut else _rows(table)
        self._say(f"{count}, {event.seconds:.2f} s")

    def on_sql_screen_refused(self, event: Refused) -> None:
        """Say what is wrong with it, in place."""
        if event.question is self._question:
            self._question = None
            self._say(event.why, wrong=True)

    def on_grid_chosen(self, event: Grid.Chosen) -> None:
        """A table begins a question about it; a row with a time leads to the timeline."""
        event.stop()
        grid = event.grid
        cells = dict(zip(grid.names, grid.rows[event.row], strict=False))
        if self._lists_tables:
            box = self.query_one(SqlBox)
            box.text = f"SELECT * FROM {cells['table'].text} LIMIT 100"  # noqa: S608  sealed; shown first
            box.move_cursor(box.document.end)
            self.set_focus(box)
        elif "ts" in cells and cells["ts"].text[:1].isdecimal():
            self.post_message(OpenTimeline(at_ns=looks.nanoseconds(cells["ts"].text)))

    def action_edit(self) -> None:
        """Back to the box."""
        self.set_focus(self.query_one(SqlBox))

    def action_copy(self) -> None:
        """The row under the cursor."""
        grid = self.query_one(Grid)
        if grid.rows:
            self.post_message(Copy(grid.text_of(grid.cursor)))

    async def action_leave(self) -> None:
        """Call off what runs, leave the table, or go back."""
        if self._question is not None:
            self._question.call_off()
        else:
            await self.run_action("app.back")

    def _seek(self, words: str | None, *, backward: bool = False) -> None:
        self._sought = words or self._sought
        if words and not self.query_one(Grid).search(words, backward=backward):
            self.post_message(Say(f"{words!r} is not in this table", wrong=True))

    def _say(self, words: str, *, wrong: bool = False) -> None:
        style = "$text-error" if wrong else looks.DIM
        self.query_one("#said", Static).update(looks.text(words, style))


def _rows(table: ResultTable) -> str:
    return f"{len(table.rows):,} row{'' if len(table.rows) == 1 else 's'}"


def _history_file() -> Path:
    return state_folder() / "sql.json"


def _history() -> list[str]:
    try:
        return msgspec.json.decode(_history_file().read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError):
        return []


def _keep(history: list[str]) -> None:
    """For the next session, where that is possible; it may hold what logs say, so for us alone."""
    with contextlib.suppress(OSError):
        file = _history_file()
        file.touch(mode=0o600)
        file.write_bytes(msgspec.json.encode(history))
