"""The file beside a case that takes each word the moment it is said, and says who is writing.

A case that is open for reading cannot be written in the same process, and while it is open for
writing no other program can even read it. So words go here first, one JSON line each, and into the
case when it is let go or opened next (`responder`). Whoever holds the lock on this file is the one
who may write; the lock ends with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

import msgspec

from triage.timeline.words import Word, Words

ENDING = ".words"
MAX_BYTES = 64 << 20
"""Nobody says more; a file that is larger was not written by us."""
_CREATE = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DECODE = msgspec.json.Decoder(Word)


class Holder(msgspec.Struct, frozen=True, tag="holder", tag_field="word"):
    """The process that has the case open."""

    pid: int


class Held(Exception):  # noqa: N818 - no error of this process
    """Another process has the case open."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid


_HOLDER = msgspec.json.Decoder(Holder)


def journal_of(case: Path) -> Path:
    """Where the words about a case wait."""
    return case.with_name(case.name + ENDING)


def read_into(words: Words, journal: Path) -> int:
    """Take in what waits there; returns how many lines could not be read.

    A line may be torn: the process died while writing it.
    """
    try:
        file = os.open(journal, _READ)
    except OSError:
        return 0
    with os.fdopen(file, "rb") as stream:
        lines = _lines(stream.read(MAX_BYTES))
    unread = 0
    for line in lines:
        try:
            words.say(_DECODE.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            unread += 1
    return unread


def _lines(text: bytes) -> list[bytes]:
    """The words alone."""
    return [line for line in text.split(b"\n") if line and _pid(line) is None]


def _pid(line: bytes) -> int | None:
    try:
        return _HOLDER.decode(line).pid
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class Journal:
    """The journal of a case, held: nobody else writes while this is open."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file
        self.lines = 0
        """Words that wait here."""

    @classmethod
    def hold(cls, path: Path) -> Self:
        """Open and lock it. Raises `Held`, or `OSError` where nothing can be written."""
        while True:
            file = os.open(path, _CREATE, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still(path, file):
                    break
            except BlockingIOError:
                pids = [_pid(line) for line in os.pread(file, MAX_BYTES, 0).split(b"\n")]
                os.close(file)
                raise Held(next((pid for pid in reversed(pids) if pid), None)) from None
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # its last holder removed it between our two calls
        journal = cls(path, file)
        journal.lines = len(_lines(os.pread(file, MAX_BYTES, 0)))
        journal._write(Holder(os.getpid()))
        return journal

    def _write(self, word: Word | Holder) -> None:
        # What precedes may be torn, so each line brings its own beginning; empty lines say nothing.
        line = b"\n" + msgspec.json.encode(word) + b"\n"
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
        os.fsync(self._file)

    def append(self, word: Word) -> None:
        """Durable when it returns. Raises `OSError`."""
        self._write(word)
        self.lines += 1

    def emptied(self) -> None:
        """The words are in the case."""
        os.ftruncate(self._file, 0)
        self.lines = 0
        self._write(Holder(os.getpid()))

    def close(self) -> None:
        """Let go; an empty journal leaves no file behind."""
        if not self.lines:
            self.path.unlink(missing_ok=True)
        os.close(self._file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(file))
    except FileNotFoundError:
        return False
