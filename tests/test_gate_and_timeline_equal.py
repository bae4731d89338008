"""The gate's pass and the full timeline tell the same events, and both what was planted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import truth  # noqa: E402  the benchmarks are no installed package
from benchmarks.biglog import write_log  # noqa: E402  as above

SAMPLES = sorted(path for path in (ROOT / "samples").iterdir() if path.is_dir())
STAMP = "Nov 18 00:{:02d}:{:02d} gpu-9 {}\n"
PLANTED = {
    "xid79": "kernel: [ 8112.{:06d}] NVRM: Xid (PCI:0000:4c:00): 79, GPU has fallen off the bus.",
    "nccl": (
        "trainer[{}]: [rank1]: [E ProcessGroupNCCL.cpp:563] Watchdog caught collective operation "
        "timeout: WorkNCCL(SeqNum=7, OpType=ALLREDUCE, NumelIn=9, Timeout(ms)="
    ),
    "oom_reaper": (
        "kernel: [ 8112.{:06d}] oom_reaper: reaped process 4711 (python3), now anon-rss:0kB, "
        "file-rss:0kB, shmem-rss:0kB"
    ),
    "nan": "trainer[{}]: [rank1] WARNING step=7 loss=nan lr=1.0e-04 grad_norm=nan",
}


def write_planted(path: Path, rounds: int) -> dict[str, int]:
    """A busy log with a failure of each kind a minute; the truth."""
    noise = path.with_name("noise")
    write_log(noise, 400_000, failures=0.0)
    calm = noise.read_text().splitlines(keepends=True)
    noise.unlink()
    with path.open("w") as out:
        for number in range(rounds):
            out.writelines(calm[number * 50 : number * 50 + 50])
            for second, line in enumerate(PLANTED.values()):
                out.write(STAMP.format(number, second, line.format(number)))
    return dict.fromkeys(PLANTED, rounds)


def test_what_was_planted_is_counted_exactly(tmp_path: Path) -> None:
    planted = write_planted(tmp_path / "syslog", 30)

    told = truth.told_of(tmp_path / "syslog")

    assert list(truth.differences(told.found, planted)) == []


def test_a_kind_that_is_counted_otherwise_is_told() -> None:
    said = list(truth.differences({"xid_79": 2}, {"xid79": 3, "oom": 1}))

    assert said == [
        "oom: 1 planted, 0 found (nothing like oom_kill)",
        "xid79: 3 planted, 2 found (xid_79)",
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_timeline_of_a_sample_has_the_events_of_the_gate(sample: Path) -> None:
    told = truth.told_of(sample)

    assert truth.timeline_events(told.scan) == told.events


def test_the_timeline_of_a_large_log_has_the_events_of_the_gate(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    write_log(log, 3_000_000)

    told = truth.told_of(log)

    assert truth.timeline_events(told.scan) == told.events
    assert told.events.total() > 100


def test_the_script_says_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = write_planted(tmp_path / "syslog", 2)
    (tmp_path / "syslog.truth.json").write_text(json.dumps({"kinds": planted | {"xid79": 9}}))
    monkeypatch.setattr(sys, "argv", ["truth", str(tmp_path / "syslog"), "--timeline"])

    status = truth.main()

    assert status == 1
    assert capsys.readouterr().out == "xid79: 9 planted, 2 found (xid_79)\n"
