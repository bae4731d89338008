"""One file that is held open and read piece by piece."""

from __future__ import annotations

import os
from dataclasses import dataclass

from triage.watch.rotated import HEAD_BYTES, TAIL_BYTES, Mark, Print
from triage.watch.stream import Resume, Stream

READ_BYTES = 2 << 20
"""Taken at once; a file that has more has its next turn at once."""
COUNT_BYTES = 8 << 30
"""Lines before the place where we begin are counted up to this size."""


@dataclass(slots=True)
class Followed:
    """A file, open, and how far it was read."""

    name: str
    """By which evidence cites it."""
    descriptor: int
    device: int
    inode: int
    at: int = 0
    head: bytes = b""
    tail: bytes = b""
    stream: Stream | None = None
    resume: Resume | None = None
    written: int = 0
    """When somebody last wrote to it, as the file system said when we last read."""
    is_odd: bool = False
    """Its text is in an encoding that is not followed."""
    changed: float | None = None
    """When it last grew, or was first asked."""

    def mark(self) -> Mark:
        """By which it is known again."""
        return Mark(self.device, self.inode, Print.of(self.head), Print.of(self.tail), self.at)

    def where(self) -> Resume:
        """From where it is read again."""
        if self.stream is not None:
            return self.stream.resume()
        return self.resume or Resume(1, self.at)

    def go_on(self, resume: Resume) -> None:
        """Begin there; what stands at the head and before our place is looked at."""
        self.at, self.resume = resume.offset, resume
        self.head = os.pread(self.descriptor, min(HEAD_BYTES, self.at), 0)
        start = max(0, self.at - TAIL_BYTES)
        self.tail = os.pread(self.descriptor, self.at - start, start)

    def accepted(self, data: bytes) -> None:
        """These bytes were read."""
        if self.at < HEAD_BYTES and self.at == len(self.head):
            self.head = (self.head + data)[:HEAD_BYTES]
        self.at += len(data)
        self.tail = (self.tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]


def first_data(descriptor: int, start: int) -> int:
    """Where text begins behind a hole."""
    try:
        return os.lseek(descriptor, start, os.SEEK_DATA)
    except OSError:  # nothing there, or a system that knows no holes
        return start


def last_line(descriptor: int, size: int) -> tuple[int, int]:
    """Number and offset of the line that is open at the end."""
    if size > COUNT_BYTES:
        return 1, size
    line, offset, at = 1, 0, 0
    while at < size and (data := os.pread(descriptor, min(READ_BYTES, size - at), at)):
        line += data.count(b"\n")
        cut = data.rfind(b"\n") + 1
        offset = at + cut if cut else offset
        at += len(data)
    return line, offset
