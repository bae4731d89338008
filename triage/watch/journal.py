"""The systemd journal, through `journalctl`: a record a line, in the form that a scan reads too."""

from __future__ import annotations

import re
import shutil
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from triage.watch.child import Child
from triage.watch.feeds import Note, Streams
from triage.watch.stream import Resume

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

NAME = "journal"
FIELDS = (
    "MESSAGE", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_COMM", "_PID",
    "_HOSTNAME", "_TRANSPORT", "_SYSTEMD_UNIT", "UNIT", "USER_UNIT", "_SOURCE_MONOTONIC_TIMESTAMP",
    "CONTAINER_NAME", "CONTAINER_ID_FULL", "IMAGE_NAME",
)  # fmt: skip
"""What the envelope reads of a record."""
TRANSPORTS = ("journal", "stdout", "syslog", "driver", "audit")
"""All but the kernel's, where its log is read from `/dev/kmsg`."""
MAX_MARKS = 512
_CURSOR = re.compile(rb'"__CURSOR"\s*:\s*"([^"\\]{1,400})"')


class JournalState(Struct):
    """Behind which record to go on, and how many lines came before."""

    cursor: str
    """Empty where none was seen yet."""
    line: int
    offset: int
    since: int | None = None
    """When the first watch began, in seconds since 1970; none: with this boot."""


def is_there() -> bool:
    """Whether this machine has the program."""
    return shutil.which("journalctl") is not None


def command(cursor: str, since: int | None, *, kernel: bool) -> list[str]:
    """The call: what comes behind a record, since a moment (seconds since 1970), or this boot."""
    where = ["--lines=all", "--boot"]
    if cursor:
        where = ["--lines=all", f"--after-cursor={cursor}"]
    elif since is not None:
        where = ["--lines=all", f"--since=@{since}"]
    only = [] if kernel else [f"_TRANSPORT={name}" for name in TRANSPORTS]
    fields = ",".join(FIELDS)
    fixed = ["--follow", "--output=json", "--no-pager", "--quiet", f"--output-fields={fields}"]
    return ["journalctl", *fixed, *where, *only]


class JournalFeed:
    """What `journalctl --follow` prints."""

    ended = False

    def __init__(
        self,
        streams: Streams,
        note: Note,
        *,
        known: JournalState | None = None,
        from_start: bool = False,
        kernel: bool = True,
        program: Sequence[str] = (),
    ) -> None:
        """`kernel`: its records too; `program` stands in for journalctl and gets its options."""
        self._note = note
        self._program = list(program)
        self._kernel = kernel
        self._cursor = known.cursor if known is not None else ""
        resume = Resume(known.line, known.offset, known.line - 1) if known is not None else None
        self._stream = streams.open(NAME, resume=resume)
        self._since = None if from_start else int(time.time())
        if known is not None:
            self._since = known.since
        self._child = Child(self._command())
        self._marks: deque[JournalState] = deque(maxlen=MAX_MARKS)
        self._mark()
        self._told = 0
        self._rest = b""

    def shown(self) -> str:
        """Its name."""
        return NAME

    def poll(self, now: float) -> bool:
        """Take the records that came."""
        data = self._child.read(now)
        if self._child.starts > self._told:
            self._told = self._child.starts
            if self._told > 1:
                self._note(f"{NAME}: journalctl ended; it was started again")
        if not data:
            return False
        self._stream.take(data, now)
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        cursors = _CURSOR.findall(whole)
        if cursors:
            self._cursor = cursors[-1].decode("ascii", "replace")
            self._child.command = self._command()
            self._mark()
        return True

    def note_state(self, state: State) -> None:
        """The last mark whose lines were all told of."""
        told = self._stream.resume().told
        done = [mark for mark in self._marks if mark.line <= told + 1]
        state.journal = done[-1] if done else self._marks[0]

    def close(self) -> None:
        """End the program."""
        self._child.close()

    def _command(self) -> list[str]:
        made = command(self._cursor, self._since, kernel=self._kernel)
        return [*self._program, *made[1:]] if self._program else made

    def _mark(self) -> None:
        line = self._stream.report.lines + 1
        self._marks.append(JournalState(self._cursor, line, self._stream.end, self._since))
