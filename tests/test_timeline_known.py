"""A timeline that takes its events from the first pass has the rows of one that reads them anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.test_timeline_plain import lines
from triage.envelope import marks
from triage.events import Event
from triage.ingest.known import KnownEvents, KnownSource
from triage.ingest.lines import Claims
from triage.ingest.records import MAX_CONTINUATION
from triage.reading import Options
from triage.scanner import Scan, scan_paths, write_case
from triage.timeline.query import open_case

BLOCK = 1 << 18
HEADED = "Nov 18 00:00:03 gpu-017 trainer[7]: step {} begins"


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.ingest.reader.BLOCK_BYTES", BLOCK)


def simple(count: int, seed: int) -> str:
    """Lines of all forms but records that are folded into one line."""
    folded = [mark.decode() for mark in marks.FOLDED]
    some = (line for line in lines(count, seed) if not any(mark in line for mark in folded))
    return "\n".join(some) + "\n"


def scanned(log: Path, workers: int = 1) -> Scan:
    return scan_paths([log], Options(whole_bytes=0, for_timeline=True, workers=workers))


def rows(scan: Scan, path: Path) -> list[tuple[object, ...]]:
    """All rows but for their ids, which follow the order in which they were written."""
    write_case(scan, path)
    with open_case(path) as case:
        return case.rows("SELECT * EXCLUDE event_id FROM events ORDER BY ALL")


def continued() -> Iterator[str]:
    """Records of all lengths, some longer than a record may be, so that blocks end in any part."""
    for number in range(9000):
        yield HEADED.format(number)
        yield from repeat("    and goes on", number % 7)
        if number % 50 == 0:
            yield from (f"  rank {rank} is left waiting" for rank in range(MAX_CONTINUATION * 3))
        if number % 11 == 0:
            yield ""


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_are_those_of_a_second_reading(tmp_path: Path, seed: int) -> None:
    log = tmp_path / "syslog"
    log.write_text(simple(20_000, seed), encoding="utf-8", errors="replace")

    scan = scanned(log)

    assert scan.known is not None
    assert scan.known.of("syslog") is not None
    known = rows(scan, tmp_path / "known.triage")
    assert known == rows(replace(scan, known=None), tmp_path / "anew.triage")


def test_a_record_is_cut_nowhere(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text("\n".join(continued()) + "\n")

    scan = scanned(log)

    assert scan.known is not None
    assert scan.known.of("syslog") is not None
    known = rows(scan, tmp_path / "known.triage")
    assert known == rows(replace(scan, known=None), tmp_path / "anew.triage")


@pytest.mark.slow
def test_the_rows_do_not_depend_on_how_many_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.ingest.reader.CREW_SECONDS", 0.0)
    log = tmp_path / "syslog"
    log.write_text(simple(20_000, 9), encoding="utf-8", errors="replace")

    scan = scanned(log, workers=3)

    shared = rows(scan, tmp_path / "shared.triage")
    assert shared == rows(replace(scanned(log), known=None), tmp_path / "alone.triage")


@pytest.mark.parametrize(
    "odd",
    [
        "==== START logs for container trainer of pod ml/train-0 ====",
        "2025-11-18T00:00:02.120446123Z stdout P half of a line,",
        "Nov 18 00:00:03 gpu-017 app[7]: first line#012second line",
        "\n".join(["x" * BLOCK] * 3),
    ],
    ids=["under a heading", "a line in pieces", "a folded record", "blocks of few lines"],
)
def test_what_is_not_simple_is_read_anew(tmp_path: Path, odd: str) -> None:
    log = tmp_path / "syslog"
    calm = [HEADED.format(number) for number in range(8000)]
    ends = "2025-11-18T00:00:02.120446123Z stdout F and CUDA error: out of memory"
    log.write_text("\n".join(chain(calm, [odd, ends], calm)) + "\n")

    scan = scanned(log)

    assert scan.known is not None
    assert scan.known.of("syslog") is None
    known = rows(scan, tmp_path / "known.triage")
    assert known == rows(replace(scan, known=None), tmp_path / "anew.triage")


def event(line: int, kind: str = "gpu.xid") -> Event:
    return Event(kind, line, line, 0, "text", f"message {line}", {"xid": 79}, source="syslog")


def test_events_are_found_by_their_lines() -> None:
    known = KnownSource()
    numbers = [70_000, 3, 32_768, 32_767, 65_536, 200_000]

    for number in numbers:
        known.add(event(number))
    known.close(Claims())

    assert [one.line for one in known.between(1, 1 << 20)] == sorted(numbers)
    assert [one.line for one in known.between(32_767, 65_536)] == [32_767, 32_768]
    assert known.between(32_768, 32_769) == [replace(event(32_768), text="")]


def test_a_plain_record_is_left_to_the_lines_unless_a_parser_took_them() -> None:
    known, claims = KnownSource(), Claims()
    claims.add(2, 2)

    known.add(event(1, "log.line"))
    known.add(event(2, "log.line"))
    known.close(claims)

    assert [one.line for one in known.between(1, 9)] == [2]


def test_what_takes_too_much_room_is_not_kept() -> None:
    known = KnownEvents(max_packed=2000)
    small, large = known.begin(), known.begin()
    for number in range(20_000):
        large.add(event(number * number))
    small.add(event(1))

    for name, source in (("large", large), ("small", small)):
        source.close(Claims())
        known.add(name, source)

    assert known.of("large") is None
    assert known.of("small") is small
    assert large.between(0, 1 << 40) == []


def test_sources_share_the_room() -> None:
    known = KnownEvents(max_packed=150)
    for name in ("first", "second"):
        source = known.begin()
        source.add(event(1))
        source.close(Claims())
        known.add(name, source)

    assert known.of("first") is not None
    assert known.of("second") is None
