r"""The kernel's own log, record by record, as `/dev/kmsg` gives it.

A record is `6,1234,5678901234,-;message` and lines of its properties behind blanks; bytes that are
no text are written `\x0a`. It becomes the line that `dmesg` prints. Sequence numbers tell after a
restart what was read, and what the kernel overwrote before anybody read it.
Source of fact: the kernel's `Documentation/ABI/testing/dev-kmsg`.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from triage.bundle.folder import open_quietly
from triage.bundle.source import describe
from triage.watch.feeds import Note, Streams
from triage.watch.stream import Resume, Stream

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

KMSG = "/dev/kmsg"
RECORD_BYTES = 16 << 10
"""More than the kernel ever puts into one record."""
AT_ONCE = 20_000
ANCHOR_EVERY_S = 30.0
MAX_MARKS = 512
_HEAD = re.compile(rb"(\d+),(\d+),(\d+),[^;]*;([^\n]*)")
_NEWLINE = b"\\x0a"


class KmsgState(Struct):
    """Which record of which boot was read last, and how many lines that made."""

    boot: str
    sequence: int
    line: int
    offset: int


class KmsgFeed:
    """The kernel log of this machine."""

    ended = False

    def __init__(
        self,
        streams: Streams,
        note: Note,
        *,
        known: KmsgState | None = None,
        from_start: bool = False,
    ) -> None:
        """`known`: where an earlier watch stood. Raises `OSError` where it may not be read."""
        self._note = note
        self._boot = boot_id()
        self._descriptor = open_quietly(KMSG)
        same_boot = known is not None and known.boot == self._boot
        self._sequence = known.sequence if known is not None and same_boot else -1
        resume = Resume(known.line, known.offset, known.line - 1) if known is not None else None
        self._stream = streams.open(KMSG, resume=resume)
        self._marks: deque[KmsgState] = deque(maxlen=MAX_MARKS)
        self._anchored = float("-inf")
        self._broken = False
        if known is None and not from_start:
            self._pass_over()
        self._mark(self._stream)

    def shown(self) -> str:
        """Its path."""
        return KMSG

    def poll(self, now: float) -> bool:
        """Take the records that came."""
        lines: list[bytes] = []
        uptime = 0.0
        for _ in range(AT_ONCE):
            record = self._next()
            if record is None:
                break
            found = _HEAD.match(record)
            if found is None or not self._follows(int(found[2])):
                continue
            uptime = int(found[3]) / 1_000_000
            lines += _lines(int(found[1]), uptime, found[4])
        if not lines:
            return False
        if now - self._anchored >= ANCHOR_EVERY_S:
            self._anchored = now
            self._stream.anchor(uptime, _epoch_ns(uptime))
        self._stream.take(b"".join(lines), now)
        self._mark(self._stream)
        return len(lines) >= AT_ONCE

    def note_state(self, state: State) -> None:
        """The last mark whose lines were all told of."""
        told = self._stream.resume().told
        done = [mark for mark in self._marks if mark.line <= told + 1]
        state.kmsg = done[-1] if done else self._marks[0]

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)

    def _mark(self, stream: Stream) -> None:
        line = stream.report.lines + 1
        self._marks.append(KmsgState(self._boot, self._sequence, line, stream.end))

    def _pass_over(self) -> None:
        """What is there already; read, because only a record tells its number."""
        while (record := self._next()) is not None:
            found = _HEAD.match(record)
            if found is not None:
                self._sequence = int(found[2])

    def _next(self) -> bytes | None:
        while True:
            try:
                return os.read(self._descriptor, RECORD_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.EPIPE:  # overwritten; the next read goes on behind it
                    if not self._broken:
                        self._note(f"{KMSG}: {describe(error)}")
                    self._broken = True
                    return None

    def _follows(self, sequence: int) -> bool:
        """Whether a record is new; says so where the kernel threw others away before it."""
        if sequence <= self._sequence:
            return False
        lost = sequence - self._sequence - 1
        if lost and self._sequence >= 0:
            self._note(f"{KMSG}: {lost:,} records were overwritten before they could be read")
        self._sequence = sequence
        return True


def boot_id() -> str:
    """Of the running kernel; empty where nobody says."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _lines(priority: int, uptime: float, message: bytes) -> list[bytes]:
    head = b"<%d>[%12.6f] " % (priority, uptime)
    return [head + row + b"\n" for row in message.split(_NEWLINE)]


def _epoch_ns(uptime: float) -> int:
    """The kernel stamps with a clock that stands while the machine sleeps, as `monotonic` does."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC) + round(uptime * 1e9)
