"""A log that is renamed, copied, cut, deleted and made anew loses no line and repeats none."""

from __future__ import annotations

import os
from pathlib import Path

from tests.watch_bench import NOISE, Start, append, failure
from triage.watch.tail import LINGER_S


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_what_was_there_before_is_not_told_but_its_lines_count(log: Path, start: Start) -> None:
    append(log, failure(1) + NOISE * 40)
    bench = start(log)

    append(log, NOISE * 3 + failure(2))
    bench.wait(1)

    assert bench.places == ["app.log:45"]
    assert bench.told[0].offset == len(failure(1) + NOISE * 43)


def test_what_was_there_before_is_told_on_request(log: Path, start: Start) -> None:
    append(log, failure(1))

    bench = start(log, from_start=True)
    bench.wait(1)

    assert bench.gpus == [1]


def test_the_same_failure_in_a_burst_is_told_once(log: Path, start: Start) -> None:
    bench = start(log)

    for _ in range(20):
        append(log, failure(1) * 50)
        bench.wait(0.5)

    assert bench.gpus == [1]


def test_the_same_failure_after_a_long_silence_is_told_again(log: Path, start: Start) -> None:
    bench = start(log)
    append(log, failure(1))
    bench.wait(1)
    bench.now += 1000

    append(log, failure(1))
    bench.wait(1)

    assert bench.gpus == [1, 1]
    assert bench.told[0].incident != bench.told[1].incident
    assert bench.told[1].line == 2


def test_a_failure_that_goes_on_for_hours_is_told_once(log: Path, start: Start) -> None:
    bench = start(log)

    for _ in range(30):
        append(log, failure(1))
        bench.now += 500
        bench.wait(1)

    assert bench.gpus == [1]


def test_what_gets_worse_is_told_again_as_the_same_incident(log: Path, start: Start) -> None:
    bench = start(log, threshold="info")
    contained = failure(1).replace(b"79, lost", b"37, pid=7, name=python3, Ch 0000001e")

    append(log, contained)
    bench.wait(1)
    append(log, contained * 4)
    bench.wait(6)

    told = [(one.what, one.severity) for one in bench.told]
    assert told == [("new", "info"), ("worse", "warning")]
    assert bench.told[0].incident == bench.told[1].incident


def test_a_log_that_is_renamed_loses_nothing(log: Path, start: Start) -> None:
    bench = start(log)
    with log.open("ab") as old:
        old.write(failure(1))
        bench.wait(1)
        old.write(failure(2))
        old.flush()
        log.rename(f"{log}.1")
        old.write(NOISE + failure(3))
        old.flush()
        bench.wait(1)
        append(log, failure(4))
        old.write(failure(5))
    bench.wait(1)

    assert sorted(bench.gpus) == [1, 2, 3, 4, 5]
    assert dict(zip(bench.gpus, bench.places, strict=True))[4] == "app.log:1"
    assert dict(zip(bench.gpus, bench.places, strict=True))[5] == "app.log.1:5"


def test_a_log_that_is_renamed_again_and_again_loses_nothing(log: Path, start: Start) -> None:
    bench = start(log)

    for number in range(1, 31):
        append(log, NOISE * number + failure(number))
        if number % 3 == 0:
            for turn in range(9, 0, -1):
                if Path(f"{log}.{turn}").exists():
                    Path(f"{log}.{turn}").rename(f"{log}.{turn + 1}")
            log.rename(f"{log}.1")
        bench.wait(0.3 if number % 2 else 2)
    bench.wait(1)

    assert sorted(bench.gpus) == list(range(1, 31))


def test_a_log_that_is_copied_and_cut_loses_nothing(log: Path, start: Start) -> None:
    bench = start(log)
    append(log, NOISE * 30 + failure(1))
    bench.wait(1)
    append(log, failure(2))
    Path(f"{log}.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    append(log, failure(3))

    bench.wait(1)

    assert sorted(bench.gpus) == [1, 2, 3]
    assert dict(zip(bench.gpus, bench.places, strict=True))[2] == "app.log.1:32"
    assert dict(zip(bench.gpus, bench.places, strict=True))[3] == "app.log:1"


def test_a_log_that_is_cut_and_has_grown_past_our_place_is_read_anew(
    log: Path, start: Start
) -> None:
    bench = start(log)
    append(log, NOISE * 3 + failure(1))
    bench.wait(1)

    os.truncate(log, 0)
    append(log, failure(2) + NOISE * 50)
    bench.wait(1)

    assert bench.gpus == [1, 2]


def test_a_writer_that_was_not_told_of_the_cut_leaves_a_hole(log: Path, start: Start) -> None:
    bench = start(log)
    with log.open("wb", buffering=0) as file:
        file.write(NOISE * 50_000 + failure(1))
        bench.wait(1)
        os.truncate(log, 0)
        bench.wait(0.5)
        file.write(failure(2))
    bench.wait(1)

    assert bench.gpus == [1, 2]


def test_a_log_that_is_deleted_and_there_again_is_read_from_its_start(
    log: Path, start: Start
) -> None:
    bench = start(log)
    append(log, failure(1))
    bench.wait(1)
    log.unlink()
    bench.wait(5)

    append(log, failure(2))
    bench.wait(2)

    assert bench.gpus == [1, 2]
    assert any("waiting for it" in note for note in bench.notes)


def test_a_log_that_is_not_there_yet_is_waited_for(log: Path, start: Start) -> None:
    log.unlink()
    bench = start(log)
    bench.wait(200)

    append(log, failure(1))
    bench.wait(2.5)

    assert bench.gpus == [1]


def test_no_file_stays_open_after_rotation(log: Path, start: Start) -> None:
    bench = start(log)
    before = _open_files()

    for number in range(12):
        append(log, failure(number))
        bench.wait(0.5)
        log.rename(f"{log}.{12 - number}")
        append(log, NOISE)
        bench.wait(1)
    bench.wait(LINGER_S + 2)

    assert _open_files() <= before + 1


def test_what_is_less_severe_than_wanted_is_not_told(log: Path, start: Start) -> None:
    bench = start(log, threshold="critical")

    append(log, failure(1).replace(b"79, lost", b"43, pid=7, name=python3, Ch 0000001e"))
    append(log, failure(2))
    bench.wait(1)

    assert [one.id for one in bench.told] == ["xid_79"]


def test_what_is_suppressed_is_not_told_and_a_broken_file_hides_nothing(
    log: Path, start: Start, tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text(
        '[[suppress]]\nid = "xid_79"\nwhen = { gpu = "0000:01:00" }\n'
        'reason = "the seat of the debugger"\nuntil = 2199-12-31\n'
    )
    bench = start(log, suppressions=(known,))

    append(log, failure(1) + failure(2))
    bench.wait(1)
    known.write_text("[[suppress]]\n")
    append(log, failure(3))
    bench.wait(1)

    assert bench.gpus[:2] == [2, 3]
    assert any("nothing is hidden until" in note for note in bench.notes)


def test_text_in_other_encodings_is_said_or_read(log: Path, start: Start) -> None:
    bench = start(log)

    append(log, failure(1).decode().encode("utf-16"))
    bench.wait(1)

    assert any("utf-16" in note for note in bench.notes)
