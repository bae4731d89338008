"""A source that comes in pieces gives what a scan of the whole gives, and in time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from triage.events import Event
from triage.ingest.reader import SourceReader
from triage.scanner import MemorySource
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.watch.stream import OPEN_S, PARTIAL_S, QUIET_S, WAIT_S, Resume, Stream, Told

SILENCE = QUIET_S + 0.1
ROOT = Path(__file__).parent.parent
LOGS = (
    "gpu-innocent/dmesg.txt", "gpu-innocent/app.log", "gpu-innocent/journal.txt",
    "gpu-innocent/nvidia-smi-q.txt", "panic-node/console.log", "panic-node/training.log",
    "drift-ignored/cluster.log", "healthy-forms/cri-app.log", "healthy-forms/docker-json.log",
    "healthy-forms/train-lightning.log", "unpinned-git/app.log",
)  # fmt: skip
WORDS = {"(most recent call last)", "an illegal memory access was encountered"}
XID = "2026-03-04T05:06:07Z node-1 kernel: NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off\n"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/app/train.py", line 12, in <module>\n'
    "    step(batch)\n"
    '  File "/app/train.py", line 7, in step\n'
    "    loss.backward()\n"
    "RuntimeError: CUDA error: an illegal memory access was encountered\n"
)
NOISE = "2026-03-04T05:06:07Z node-1 app[7]: request served in 12 ms\n"


@cache
def plan() -> Plan:
    return Plan.of(load(()))


class Listener:
    """What is told of a stream, with later tellings in place of earlier ones."""

    def __init__(self, resume: Resume | None = None) -> None:
        self.now = 100.0
        self.told: list[Told] = []
        self.stream = Stream("app.log", plan(), self._take, resume=resume)

    def _take(self, _: str, line: int, known: int, events: Sequence[Told]) -> None:
        self.known = known
        self.told = [told for told in self.told if told[0].line_end < line] + [*events]

    def write(self, text: str | bytes) -> None:
        self.stream.take(text.encode() if isinstance(text, str) else text, self.now)

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now = min(end, self.now + 0.05)
            self.stream.settle(self.now)

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.told]

    @property
    def tracebacks(self) -> list[tuple[int, int]]:
        return [(e.line, e.line_end) for e in self.events if e.kind == "py.traceback"]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def view(told: Sequence[Told]) -> list[tuple[object, ...]]:
    return sorted((e.kind, e.line, e.line_end, e.offset, *sorted(found)) for e, found in told)


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_a_log_with_pauses_anywhere_give_what_a_scan_gives(name: str, seed: int) -> None:
    data = (ROOT / "samples" / name).read_bytes()
    scanned: list[Told] = []
    source = MemorySource("app.log", data.decode())
    SourceReader(plan(), lambda *told: scanned.append(told), whole_bytes=0).read(source, "app.log")
    chance = random.Random(seed)
    listener = Listener()

    at = 0
    while at < len(data):
        size = chance.choice((1, 9, 80, 300, 3000, 20_000))
        listener.write(data[at : at + size])
        listener.wait(chance.choice((0.0, 0.0, 0.05, 0.4, 2.0)))
        at += size
    listener.stream.settle(listener.now, final=True)

    assert view(listener.told) == view(scanned)


def test_a_line_is_told_after_a_short_silence() -> None:
    listener = Listener()

    listener.write(XID)
    listener.wait(SILENCE)

    assert listener.kinds == ["gpu.xid"]


def test_a_line_in_a_log_that_is_never_quiet_is_told_within_a_second() -> None:
    listener = Listener()

    listener.write(XID)
    waited = 0.0
    while not listener.told and waited < 2:
        listener.write(NOISE)
        listener.wait(0.05)
        waited += 0.05

    assert waited <= WAIT_S + 0.11


def test_a_report_that_is_still_being_written_is_waited_for() -> None:
    listener = Listener()
    rows = TRACEBACK.splitlines(keepends=True)

    for row in rows[:-1]:
        listener.write(row)
        listener.wait(QUIET_S - 0.05)
    assert listener.told == []
    listener.write(rows[-1])
    listener.wait(SILENCE)

    assert listener.tracebacks == [(1, 6)]


def test_a_report_that_takes_too_long_is_told_as_it_stands_and_then_whole() -> None:
    listener = Listener()
    rows = TRACEBACK.splitlines(keepends=True)

    listener.write("".join(rows[:3]))
    listener.wait(OPEN_S + 1)
    early = [event.line_end for event in listener.events]
    listener.write("".join(rows[3:]))
    listener.wait(SILENCE)

    assert all(end <= 3 for end in early)
    assert listener.tracebacks == [(1, 6)]


def test_the_last_word_of_a_process_needs_no_newline() -> None:
    listener = Listener()

    listener.write(XID.rstrip("\n"))
    listener.wait(PARTIAL_S + 0.1)
    assert listener.kinds == ["gpu.xid"]
    listener.write(" the bus\n" + NOISE)
    listener.wait(SILENCE)

    assert [(event.line, event.text[-7:]) for event in listener.events] == [(1, "the bus")]
    assert listener.stream.report.lines == 2


def test_a_line_that_was_told_in_part_is_news_to_the_next_process_when_it_is_whole() -> None:
    first = Listener()
    first.write(XID[:40])
    first.wait(PARTIAL_S + 0.1)
    first.write(XID[40:])
    resume = first.stream.resume()

    second = Listener(resume)
    second.write(XID)
    second.wait(SILENCE)

    assert second.kinds == ["gpu.xid"]
    assert second.known == 0


def test_a_line_without_end_costs_bounded_memory_and_shifts_no_place() -> None:
    listener = Listener()
    long = "x" * (1 << 20)

    for _ in range(8):
        listener.write(long)
        listener.wait(0.1)
    listener.write("\n" + XID)
    listener.wait(SILENCE)

    (event,) = listener.events
    assert (event.line, event.offset) == (2, 8 * len(long) + 1)
    assert listener.stream.report.truncated_lines == 1


def test_a_stream_goes_on_where_another_stood() -> None:
    text = NOISE * 300 + TRACEBACK + NOISE * 5
    half = len((NOISE * 300).encode()) + 60
    first = Listener()
    first.write(text.encode()[:half])
    first.wait(SILENCE)
    resume = first.stream.resume()

    second = Listener(resume)
    second.write(text.encode()[resume.offset :])
    second.wait(SILENCE)

    assert second.tracebacks == [(301, 306)]
    assert {event.offset for event in second.events if event.line == 301} == {len(NOISE) * 300}


def test_what_was_settled_is_not_told_again_after_a_restart() -> None:
    text = XID + NOISE * 700
    first = Listener()
    first.write(text)
    first.wait(1)
    resume = first.stream.resume()

    second = Listener(resume)
    second.write(text.encode()[resume.offset :] + XID.encode())
    second.wait(SILENCE)

    assert first.kinds == ["gpu.xid"]
    assert [event.line for event in second.events] == [702]


@pytest.mark.parametrize("seed", range(2))
def test_bytes_of_any_kind_do_no_harm(seed: int) -> None:
    chance = random.Random(seed)
    listener = Listener()
    marks = (
        b"\n",
        b"\0",
        b"\r",
        b"\x1b[",
        b"Traceback (most recent call last):\n",
        b"\xff",
        b"NVRM: Xid (",
    )

    for _ in range(150):
        listener.write(chance.randbytes(chance.randrange(200)) + chance.choice(marks))
        listener.wait(chance.choice((0.0, 0.0, 0.3, 1.2)))
    listener.write("\n" + XID)
    listener.wait(SILENCE)

    assert "gpu.xid" in listener.kinds


def test_memory_does_not_grow_with_the_stream() -> None:
    listener = Listener()

    for _ in range(60):
        listener.write(XID + NOISE * 2000)
        listener.wait(0.1)

    held = listener.stream.resume()
    assert listener.stream.end - held.offset < 2 << 20


@pytest.mark.parametrize("lead", range(-4, 3))
def test_a_report_over_the_edge_of_a_block_keeps_what_stands_in_all_of_it(lead: int) -> None:
    rows = (8 << 20) // len(NOISE) - 600 + lead
    source = MemorySource("app.log", NOISE * rows + TRACEBACK + NOISE * 2000)
    told: list[Told] = []

    SourceReader(plan(), lambda *one: told.append(one)).read(source, "app.log")

    (stands,) = [found for event, found in told if event.kind == "py.traceback"]
    assert {plan().gate.literals[one] for one in stands} >= WORDS
