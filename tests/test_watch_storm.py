"""A storm of failures: more comes at once than is kept, and nothing new is hidden by it."""

from __future__ import annotations

from pathlib import Path

from tests.watch_bench import NOISE, Start, append, failure
from triage.watch.recent import MAX_HITS
from triage.watch.rolling_case import RollingCase
from triage.watch.stream import MAX_AROUND

OFTEN = 200
OTHERS = range(2, MAX_HITS // OFTEN + 6)


def test_what_came_once_is_told_beside_what_fills_the_memory(log: Path, start: Start) -> None:
    bench = start(log)

    append(log, failure(1) + b"".join(failure(number) * OFTEN for number in OTHERS))
    bench.wait(1.5)

    assert sorted(bench.gpus) == [1, *OTHERS]


def test_each_of_very_many_new_incidents_is_told_once(log: Path, start: Start) -> None:
    bench = start(log)

    for number in range(1, 41):
        append(log, failure(number) + failure(200) * (2 * OFTEN))
        bench.wait(0.1)
    bench.wait(1.5)

    assert sorted(set(bench.gpus)) == [*range(1, 41), 200]
    assert len(bench.gpus) == len(set(bench.gpus))


def test_the_lines_round_many_incidents_are_in_the_case_up_to_a_bound(
    log: Path, start: Start, tmp_path: Path
) -> None:
    notes = list[str]()
    bench = start(log)
    bench.watcher.case = RollingCase(tmp_path / "now.triage", notes.append)

    append(log, b"".join(NOISE * 300 + failure(number) for number in range(1, 41)))
    bench.wait(1.5)
    bench.watcher.finish()

    assert sorted(bench.gpus) == [*range(1, 41)]
    assert not notes
    kept = [event.line for event in bench.watcher._recent.events]
    plain = len(kept) - 40
    assert 0 < plain <= MAX_AROUND + 200
    assert len(kept) == len(set(kept))
