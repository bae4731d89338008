"""Reads a bundle in a process of its own and tells the screens what it found.

A process, not a thread: it starts before the first screen is imported, the screen never waits for
the interpreter's lock, and its memory is given back. What it tells are frames: four bytes of
length, then a message.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import msgspec
from msgspec import Struct

from triage.answer import Answer
from triage.errors import CaseError, TriageError
from triage.tui.places import swept

if TYPE_CHECKING:  # the screens' process reads no bundle
    from triage.events import Event
    from triage.reading import Options
    from triage.scanner import Scan
    from triage.timeline.plain import PlainRecords, PlainTimes
    from triage.timeline.writer import CaseWriter

TELL_EVERY_S = 0.2
_LENGTH = struct.Struct(">I")


class Read(Struct, frozen=True, tag="read"):
    """The first pass has come so far."""

    name: str
    done: int


class Answered(Struct, frozen=True, tag="answered"):
    """The verdict."""

    answer: Answer


class Writing(Struct, frozen=True, tag="writing"):
    """The second pass has come so far."""

    done: int
    total: int


class Written(Struct, frozen=True, tag="written"):
    """The case is in its place."""


class Failed(Struct, frozen=True, tag="failed"):
    """It ended early: before the verdict there is nothing to show, after it no timeline."""

    why: str


Message = Read | Answered | Writing | Written | Failed
_DECODER = msgspec.msgpack.Decoder(Message)


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the process whose main function ends in `serve`.

    In a session of its own: keys and the end of the terminal are no business of its, and when the
    screens are gone it learns so from its pipe and removes what it has half-written.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter, and the words of the call
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def messages(stream: IO[bytes]) -> Iterator[Message]:
    """What the process tells, until it ends."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        body = stream.read(_LENGTH.unpack(head)[0])
        try:
            yield _DECODER.decode(body)
        except msgspec.DecodeError:  # it was killed in the middle of a frame
            return


def serve(paths: Sequence[str], options: Options, case: Path, out: BinaryIO) -> None:
    """Read the bundles, tell the verdict, write the case. Ends when nobody listens any more."""
    signal.signal(signal.SIGTERM, _interrupt)
    teller = _Teller(out)
    try:
        _read(paths, options, case, teller)
    except TriageError as error:
        teller.tell(Failed(str(error)))
    except (BrokenPipeError, KeyboardInterrupt):
        # Nobody listens; the interpreter must not flush to them at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _read(paths: Sequence[str], options: Options, case: Path, teller: _Teller) -> None:
    from triage.scanner import fill_timeline, scan_paths  # noqa: PLC0415

    swept()
    known = _known(case, options)
    if known is not None:
        teller.tell(Answered(known))
        teller.tell(Written())
        _tidied(case)
        return
    scan = scan_paths(paths, replace(options, for_timeline=True), teller.read)
    teller.tell(Answered(scan.answer))
    with _watched(case, scan, teller) as writer:
        fill_timeline(scan, writer)
        writer.add_answer(scan.answer)
    teller.tell(Written())
    _tidied(case)


def _tidied(case: Path) -> None:
    """Once nobody waits for anything: remove kept cases that are too old or too many."""
    from triage.tui.pruning import pruned, used  # noqa: PLC0415

    used(case)
    pruned(case)


def _known(case: Path, options: Options) -> Answer | None:
    """The answer that the case holds, if this program with this knowledge would say the same."""
    if not case.exists():
        return None
    from triage.signatures.load import load  # noqa: PLC0415
    from triage.timeline.query import open_case  # noqa: PLC0415  loads DuckDB
    from triage.version import __version__  # noqa: PLC0415

    try:
        with open_case(case) as opened:
            answer = opened.answer()
    except CaseError:
        return None
    tool = answer.tool
    fresh = (tool.version, tool.signatures) == (__version__, load(options.signatures).digest)
    return answer if fresh else None


def _watched(case: Path, scan: Scan, teller: _Teller) -> CaseWriter:
    """A writer that tells how far it is, by the offsets of what it is given."""
    from triage.timeline.writer import CaseWriter  # noqa: PLC0415  loads DuckDB

    ends: dict[int, int] = {}
    total = sum(source.bytes for source in scan.answer.sources)

    def came(source_id: int, offset: int) -> None:
        ends[source_id] = max(offset, ends.get(source_id, 0))
        if teller.due():
            teller.tell(Writing(sum(ends.values()), total))

    class Watched(CaseWriter):
        def add_event(self, source_id: int, event: Event) -> None:
            came(source_id, event.offset)
            super().add_event(source_id, event)

        def add_plain(self, source_id: int, records: PlainRecords, times: PlainTimes) -> None:
            if len(records.offsets):
                came(source_id, int(records.offsets[-1]))
            super().add_plain(source_id, records, times)

    return Watched(case)


class _Teller:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._told = 0.0
        self._done = 0

    def due(self) -> bool:
        """Whether it was long ago that something was told."""
        return time.monotonic() - self._told >= TELL_EVERY_S

    def tell(self, message: Message) -> None:
        body = msgspec.msgpack.encode(message)
        self._out.write(_LENGTH.pack(len(body)) + body)
        self._out.flush()
        self._told = time.monotonic()

    def read(self, name: str, size: int) -> None:
        self._done += size
        if self.due():
            self.tell(Read(name, self._done))
