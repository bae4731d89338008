"""A large log gives the same events whether one process reads it or several share it."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from triage.bundle.text import TextBlock, text_blocks
from triage.events import Event
from triage.ingest.crew import Crew, cores
from triage.ingest.gated import Gated
from triage.ingest.hits import found_ahead
from triage.ingest.passes import LEAST_LINES, Pass
from triage.ingest.reader import SourceReader
from triage.ingest.report import SourceReport
from triage.ingest.segments import Divided, SegmentReader
from triage.reading import Options
from triage.scanner import scan_paths
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.testing_forms import Text
from triage_parsers import PARSERS

PLAN = Plan.of(load())
NOISE = "Mar 11 10:{:02d}:{:02d} gpu-9 app[77]: request {} served in {} ms"
BLOCK = 256 << 10


def mixed(seed: int, blocks: int = 4) -> str:
    """The samples of all parsers in any order, some of them again, between calm lines."""
    draw = random.Random(seed)
    texts = [s.text for parser in PARSERS if not parser.document for s in parser.samples]
    made: list[str] = []
    size = number = 0
    while size < blocks * BLOCK:
        calm = draw.choice((0, 3, 40, 400))
        for _ in range(calm):
            number += 1
            made.append(NOISE.format(number // 60 % 60, number % 60, number, number * 7 % 900))
        made.append(draw.choice(texts))
        size += sum(map(len, made[-calm - 1 :]))
    return "\n".join(made)


def blocks_of(text: str) -> Iterator[TextBlock]:
    return text_blocks(io.BytesIO(text.encode()), block_size=BLOCK)


def alone(text: str) -> tuple[list[Event], SourceReport]:
    events: list[Event] = []
    report = SourceReport("mixed.log")
    Gated(Pass(PLAN, lambda event, _: events.append(event), report)).read(
        found_ahead(PLAN, blocks_of(text))
    )
    return events, report


def divided(text: str) -> tuple[list[Event], SourceReport]:
    events: list[Event] = []
    report = SourceReport("mixed.log")
    parts = Divided(Pass(PLAN, lambda event, _: events.append(event), report))
    reader = SegmentReader(PLAN)
    for segment in parts.segments(found_ahead(PLAN, blocks_of(text))):
        parts.hear(reader.read(segment))
    parts.close()
    return events, report


def told(report: SourceReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in SourceReport.__slots__ if name != "clock"}


@pytest.mark.parametrize("seed", range(6))
def test_a_log_in_pieces_gives_the_events_of_the_whole(seed: int) -> None:
    text = mixed(seed)

    (want, report), (got, report_of_parts) = alone(text), divided(text)

    assert len(want) > 100
    assert got == want
    assert told(report_of_parts) == told(report)
    assert report_of_parts.clock.boots() == report.clock.boots()


def test_lines_too_long_to_cut_there_are_read_by_one() -> None:
    long = "\n".join(
        chain.from_iterable(
            (NOISE.format(0, number % 60, number, "x" * 3000), *repeat("Killed", number % 50 == 0))
            for number in range(600)
        )
    )
    text = mixed(7, blocks=1) + "\n" + long + "\n" + mixed(8, blocks=1)
    assert any(block.line_count < LEAST_LINES for block in list(blocks_of(text))[1:-1])

    (want, report), (got, report_of_parts) = alone(text), divided(text)

    assert got == want
    assert told(report_of_parts) == told(report)


def test_a_heading_holds_for_the_pieces_after_its_own() -> None:
    heading = "==== START logs for container trainer of pod ml/train-{} ===="
    calm = [NOISE.format(0, n % 60, n, 7) for n in range(5000)]
    rows = [[heading.format(n), *calm, "CUDA error: out of memory", *calm] for n in range(4)]
    text = "\n".join(chain.from_iterable(rows))

    (want, _), (got, _) = alone(text), divided(text)

    assert got == want
    assert [*dict.fromkeys(event.fields["pod"] for event in got)] == [
        f"train-{n}" for n in range(4)
    ]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "kern.log"
    # Enough look-alikes that a second process is worth its start.
    path.write_text("\n".join(mixed(seed, blocks=9) for seed in range(4)))
    return path


@pytest.mark.slow
def test_the_answer_does_not_depend_on_how_many_read(log: Path) -> None:
    answers = [scan_paths([log], Options(workers=workers)).answer for workers in (1, 3)]

    assert answers[0].findings
    assert answers[1] == answers[0]


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [True, False])
def test_a_process_that_dies_costs_no_finding(log: Path, *, at_once: bool) -> None:
    want: list[Event] = []
    got: list[Event] = []
    source = Text(log.read_bytes())

    SourceReader(PLAN, lambda event, _: want.append(event)).read(source, "kern.log")
    with Crew(PLAN, 2) as crew:

        def sink(event: Event, _: frozenset[int]) -> None:
            if not got:
                crew.processes[0].kill()
            got.append(event)

        crew.start()
        if at_once:
            crew.processes[1].kill()
        SourceReader(PLAN, sink, crew=crew).read(source, "kern.log")

    assert got == want


def test_a_crew_of_one_is_none() -> None:
    assert not Crew(PLAN, 1)
    assert not Crew(PLAN, 0)


@pytest.mark.parametrize(
    ("files", "want"),
    [
        ({}, None),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "20000 100000\n"}, 1),
        ({"cpu.max": "damaged"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
    ],
)
def test_no_more_processes_than_the_container_grants(
    tmp_path: Path, files: dict[str, str], want: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert cores(tmp_path) == (len(os.sched_getaffinity(0)) if want is None else want)
