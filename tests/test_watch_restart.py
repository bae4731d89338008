"""A watch that ends or is killed goes on where it stood; folders are followed whole."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tests.watch_bench import NOISE, Start, append, failure


def test_a_name_of_odd_bytes_is_followed_and_shown_harmlessly(log: Path, start: Start) -> None:
    odd = Path(os.fsdecode(os.fsencode(log.parent) + b"/app-\xff\x1b[2J.log"))
    odd.write_bytes(b"")
    first = start(odd)
    append(odd, failure(1))
    first.wait(1)
    first.stop()
    append(odd, failure(2))

    second = start(odd)
    second.wait(1)

    assert (first.gpus, second.gpus) == ([1], [2])
    assert first.places == ["app-\\udcff\\x1b[2J.log:1"]


@pytest.mark.parametrize("saved", [True, False])
def test_a_watch_goes_on_where_it_stood(log: Path, start: Start, *, saved: bool) -> None:
    first = start(log)
    append(log, NOISE * 500 + failure(1))
    first.wait(1)
    (first.stop if saved else first.kill)()
    append(log, failure(2) + failure(1))

    second = start(log)
    second.wait(1)

    assert (first.gpus, second.gpus) == ([1], [2])
    assert second.places == ["app.log:502"]


@pytest.mark.parametrize("packed", [False, True])
def test_rotation_while_nobody_watches_loses_nothing(
    log: Path, start: Start, *, packed: bool
) -> None:
    first = start(log)
    append(log, NOISE * 5 + failure(1))
    first.wait(1)
    first.kill()
    append(log, failure(2))
    log.rename(f"{log}.2")
    append(log, failure(3))
    log.rename(f"{log}.1")
    append(log, failure(4))
    if packed:
        Path(f"{log}.3.gz").write_bytes(gzip.compress(failure(9)))

    second = start(log)
    second.wait(1)

    assert sorted(second.gpus) == [2, 3, 4]


def test_a_copy_and_cut_while_nobody_watches_loses_nothing(log: Path, start: Start) -> None:
    first = start(log)
    append(log, NOISE * 5 + failure(1))
    first.wait(1)
    first.stop()
    append(log, failure(2))
    Path(f"{log}-20260304").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    append(log, failure(3))

    second = start(log)
    second.wait(1)

    assert sorted(second.gpus) == [2, 3]


def test_a_log_that_was_replaced_without_trace_is_said(log: Path, start: Start) -> None:
    first = start(log)
    append(log, NOISE * 5 + failure(1))
    first.wait(1)
    first.stop()
    log.unlink()
    append(log, failure(2))

    second = start(log)
    second.wait(1)

    assert second.gpus == [2]
    assert any("was not read" in note for note in second.notes)


def test_killed_at_any_moment_nothing_is_missed_and_nothing_repeated(
    log: Path, start: Start
) -> None:
    told: list[int] = []
    number = 0

    for turn in range(14):
        bench = start(log)
        for _ in range(3):
            number += 1
            append(log, NOISE * 40 + failure(number))
            bench.wait((0.0, 0.1, 0.3, 0.7)[turn % 4])
        if turn % 5 == 4:
            log.rename(f"{log}.{turn}")
            append(log, NOISE)
        bench.kill()
        told += bench.gpus
    last = start(log)
    last.wait(2)

    assert sorted(told + last.gpus) == list(range(1, number + 1))


def test_a_folder_is_followed_with_files_that_come_later(log: Path, start: Start) -> None:
    append(log, failure(1))
    bench = start(log.parent)
    inner = log.parent / "pods" / "ml_train-0_1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed" / "trainer"
    inner.mkdir(parents=True)

    append(log, failure(2))
    append(inner / "0.log", failure(3))
    bench.wait(3)

    assert sorted(bench.gpus) == [2, 3]
    pod = next(one for one in bench.told if one.source.endswith("0.log"))
    assert pod.finding.entities["pod"] == ["train-0"]


@pytest.mark.parametrize("how", ["rename", "copy"])
def test_in_a_folder_too_rotation_repeats_nothing(log: Path, start: Start, how: str) -> None:
    bench = start(log.parent)
    append(log, failure(1))
    bench.wait(2)

    if how == "rename":
        log.rename(f"{log}.1")
    else:
        Path(f"{log}.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
    append(log, failure(2))
    bench.wait(5)

    assert bench.gpus == [1, 2]


def test_a_folder_goes_on_where_it_stood_and_reads_new_files_whole(log: Path, start: Start) -> None:
    first = start(log.parent)
    append(log, failure(1))
    first.wait(2)
    first.stop()
    append(log, failure(2))
    append(log.with_name("other.log"), failure(3))

    second = start(log.parent)
    second.wait(2)

    assert sorted(second.gpus) == [2, 3]


def test_another_pod_with_the_same_failure_is_told_and_a_replica_is_not(
    log: Path, start: Start
) -> None:
    bench = start(log.parent)
    message = b"torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB\n"
    pods = ("ranker-6c9f7b5d48-t2vxm", "ranker-6c9f7b5d48-bq7ws", "trainer-0")

    for pod in pods:
        folder = log.parent / "pods" / f"ml_{pod}_1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed" / "main"
        folder.mkdir(parents=True)
        append(folder / "0.log", b"2026-03-04T05:06:07.5Z stderr F " + message)
        bench.wait(3)

    told = [one for one in bench.told if one.id == "cuda_oom"]
    assert [one.finding.entities["pod"] for one in told] == [[pods[0]], [pods[2]]]
    assert len({one.incident for one in told}) == 2


def test_databases_and_packed_files_of_a_folder_are_left_out(log: Path, start: Start) -> None:
    bench = start(log.parent)

    log.with_name("index.db").write_bytes(b"SQLite format 3\0" + failure(1))
    log.with_name("old.log.gz").write_bytes(gzip.compress(failure(2)))
    log.with_name("app.log.3").write_bytes(failure(3))
    bench.wait(3)

    assert bench.gpus == []
