"""Inputs that are hard to read cost no more than a bounded amount of work, and limits are told."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.worst import WORST, many_members  # noqa: E402  the benchmarks are no installed package
from triage.bundle.limits import Limits  # noqa: E402  as above
from triage.ingest.crowd import (  # noqa: E402  as above
    ANY_HITS,
    BLOCK_HITS,
    HITS_PER_KIB,
    MAX_HITS,
    Crowd,
    thinned,
)
from triage.scanner import Options, scan_paths  # noqa: E402  as above

SIZE = 30_000
LINEAR = sorted(set(WORST) - {"known failures"})
"""More of those are failures of more kinds, which are judged against each other."""
FLOOD = "Mar 11 10:{:02d}:{:02d} gpu-9 kernel: [{:12.6f}] NVRM: Xid (PCI:0000:4c:00): 31, pid={}\n"
XID_79 = (
    "Mar 11 10:30:00 gpu-9 kernel: NVRM: Xid (PCI:0000:88:00): 79, GPU has fallen off the bus.\n"
)


def steps_of(path: Path, options: Options | None = None) -> int:
    """How many calls of functions of ours a scan takes, on one thread."""
    calls = 0

    def count(_: object, what: str, __: object) -> None:
        nonlocal calls
        calls += what == "call"

    sys.setprofile(count)
    try:
        scan_paths([path], options)
    finally:
        sys.setprofile(None)
    return calls


def flood(lines: int) -> Iterator[str]:
    for number in range(lines):
        if number == lines // 2:
            yield XID_79
        yield FLOOD.format(number // 60 % 60, number % 60, 11304 + number, 2000 + number)


@pytest.mark.parametrize("name", LINEAR)
def test_four_times_the_input_is_about_four_times_the_work(name: str, tmp_path: Path) -> None:
    file, write = WORST[name]
    paths = [tmp_path / f"{times}-{file}" for times in (1, 4)]
    for path, times in zip(paths, (1, 4), strict=True):
        write(path, SIZE * times)
    scan_paths([paths[0]])  # what is made once is made now

    once, four_times = (steps_of(path, Options(whole_bytes=0)) for path in paths)

    assert four_times < 8 * once + 20_000


def test_a_block_of_empty_lines_is_looked_at_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "empty.log"
    path.write_text("\n" * 9_000_000)
    tracemalloc.start()

    answer = scan_paths([path]).answer
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.sources[0].lines == 9_000_000
    assert peak < 500_000_000


@pytest.mark.slow
def test_of_an_overlong_line_the_head_is_read_and_the_rest_is_told(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_bytes(XID_79.encode().rstrip() + b" x" * 35_000_000 + b"\n")

    answer = scan_paths([path]).answer

    assert "xid_79" in [found.id for found in answer.findings]
    assert answer.warnings == ["long.log: 1 overlong lines were cut"]


def test_a_tar_of_too_many_members_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "many.tar"
    many_members(path, 200_000)

    answer = scan_paths([path], Options(limits=Limits(max_members=50))).answer

    assert len(answer.sources) < 60
    assert any("more than 50 members" in warning for warning in answer.warnings)


def test_a_flood_is_thinned_and_nothing_else_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "kern.log"
    path.write_text("".join(flood(3000)))

    answer = scan_paths([path], Options(whole_bytes=0, max_hits=1000)).answer
    found = {one.id: one for one in answer.findings}

    assert set(found) >= {"xid_31", "xid_79"}
    assert 100 < found["xid_31"].count < 3000
    assert found["xid_31"].first_seen == "2026-03-11T10:00:00.000000Z"
    assert found["xid_31"].last_seen == "2026-03-11T10:49:59.000000Z"
    assert any("--max-hits N reads more" in warning for warning in answer.warnings)


def test_a_flood_below_the_limit_is_counted_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "kern.log"
    path.write_text("".join(flood(3000)))

    answer = scan_paths([path], Options(whole_bytes=0)).answer
    found = {one.id: one for one in answer.findings}

    assert found["xid_31"].count == 3000
    assert answer.warnings == []


def test_a_crowd_keeps_the_edges_of_each_literal_and_whole_lines() -> None:
    rare = (10_000, 7)
    hits = sorted([*((line, line % 2) for line in range(20_000)), rare])

    kept, left_out = thinned(hits)

    assert kept[:1000] == hits[:1000]
    assert kept[-1000:] == hits[-1000:]
    assert {rare, (10_000, 0)} <= set(kept)
    assert len(kept) < 2 * BLOCK_HITS
    assert left_out == len(hits) - len(kept)


def test_the_room_for_look_alikes_grows_with_the_log() -> None:
    dense, calm = Crowd(), Crowd()

    crowded = [dense.is_crowded(ANY_HITS // 4, 4 << 20) for _ in range(6)]
    busy = [calm.is_crowded(HITS_PER_KIB << 12, 4 << 20) for _ in range(200)]

    assert crowded == [False] * 4 + [True] * 2
    assert not any(busy)


def test_no_log_is_so_large_that_all_of_a_flood_is_read() -> None:
    crowd = Crowd()

    assert not crowd.is_crowded(MAX_HITS, 1 << 40)
    assert crowd.is_crowded(1, 1 << 40)
