"""The local engine: what a bundle does to its worker costs no other bundle."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.fleets import (
    COMMAND,
    batch,
    environment,
    events,
    files,
    outcomes,
    rows,
    write_faulty,
    write_good,
)
from triage.cli import main

PATIENCE = 60
FAULTS = ("raise", "hang", "crash", "kill", "hog")


def write_all_sorts(folder: Path) -> None:
    """Good bundles between all sorts of bad ones."""
    write_good(folder, 6)
    write_faulty(folder, *FAULTS)
    (folder / "empty").mkdir()
    (folder / "bomb.gz").write_bytes(gzip.compress((b"all is well, " * 20 + b"\n") * 80_000))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for number in range(3):
            member = tarfile.TarInfo(f"log-{number}")
            data = os.urandom(4000).hex().encode()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    (folder / "truncated.tar.gz").write_bytes(packed.getvalue()[:6000])


def test_whatever_a_bundle_does_the_others_have_their_results_and_it_has_a_reason(
    tmp_path: Path,
) -> None:
    write_all_sorts(tmp_path / "in")
    out = tmp_path / "out"
    call = (
        tmp_path / "in", "--each", "--out", out, "--timeout", 4, "--max-memory", "400M",
        "--workers", 2, "--json-lines", "--max-member", "8M",
    )  # fmt: skip
    done = batch(*call)
    told = events(done)

    assert outcomes(out) == {
        **{f"good-{number}": ("ok", None) for number in range(6)},
        "bad-raise": ("failed", "raised"),
        "bad-hang": ("failed", "timeout"),
        "bad-crash": ("failed", "crashed"),
        "bad-kill": ("failed", "crashed"),
        "bad-hog": ("failed", "memory"),
        "empty": ("failed", "unreadable"),
        "bomb": ("partly", None),
        "truncated": ("partly", None),
    }
    assert done.returncode == 3
    assert [told[0]["event"], told[-1]["event"]] == ["start", "end"]
    assert sum(event["event"] == "bundle" for event in told) == 14
    assert {name: told[-1][name] for name in ("total", "done", "failed", "partly")} == {
        "total": 14, "done": 14, "failed": 6, "partly": 2,
    }  # fmt: skip
    assert_each_is_explained(out)
    assert_no_row_is_left_of_what_failed(out)
    before = {path: path.stat().st_mtime_ns for path in files(out)}
    again = batch(*call)
    assert events(again)[-1]["kept"] == 14
    assert again.returncode == 3
    assert {path: path.stat().st_mtime_ns for path in files(out)} == before


def assert_each_is_explained(out: Path) -> None:
    """What struck was tried once more, and says where it hung or crashed."""
    bundles = {str(row["name"]): row for row in rows(out, "SELECT * FROM bundles")}
    tries = {name: row["attempts"] for name, row in bundles.items() if row["attempts"] != 1}
    said = {name: str(row["message"]) for name, row in bundles.items()}

    assert tries == {f"bad-{fault}": 2 for fault in FAULTS}
    assert "sitecustomize.py" in said["bad-hang"]
    assert "SIGSEGV" in said["bad-crash"]
    assert "sitecustomize.py" in said["bad-crash"]
    assert "a bug of ours" in said["bad-raise"]


def assert_no_row_is_left_of_what_failed(out: Path) -> None:
    """Nor a file that was being written."""
    committed = {
        str(path) for row in rows(out, "SELECT key FROM bundles WHERE outcome <> 'failed'")
        for path in files(out, f"bundle={row['key']}/*.parquet")
    }  # fmt: skip

    assert {str(path) for path in files(out, "*.parquet")} == committed
    assert [path.name for path in files(out) if path.name.startswith(".")] == []


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    write_good(tmp_path / "in", 4)
    write_faulty(tmp_path / "in", "hang")
    with _running(tmp_path, "--timeout", "3") as call:
        _wait_for(lambda: len(_workers(call)) == 2)
        os.kill(_workers(call)[0], signal.SIGKILL)
        assert call.wait(PATIENCE) == 3

    good = {name: what for name, what in outcomes(tmp_path / "out").items() if "good" in name}

    assert good == {f"good-{number}": ("ok", None) for number in range(4)}


@pytest.mark.parametrize(
    "sent", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_stop_keeps_what_is_done_and_leaves_nothing_half_written(
    tmp_path: Path, sent: signal.Signals
) -> None:
    write_good(tmp_path / "in", 4)
    write_faulty(tmp_path / "in", "hang")
    with _running(tmp_path, "--timeout", "100") as call:
        _wait_for(lambda: len(files(tmp_path / "out", "status/*.json")) == 4)
        workers = _workers(call)
        call.send_signal(sent)
        assert call.wait(PATIENCE) == 130

    assert outcomes(tmp_path / "out") == {f"good-{n}": ("ok", None) for n in range(4)}
    assert len(files(tmp_path / "out", "*.parquet")) == 4
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


@pytest.mark.slow
def test_a_supervisor_that_was_killed_is_resumed_with_each_result_once(tmp_path: Path) -> None:
    write_good(tmp_path / "in", 6)
    write_faulty(tmp_path / "in", "slow", "hang")
    with _running(tmp_path, "--timeout", "100") as call:
        _wait_for(lambda: len(files(tmp_path / "out", "status/*.json")) >= 2)
        call.kill()
        call.wait(PATIENCE)

    (tmp_path / "in/bad-hang/hang-me").unlink()
    batch(tmp_path / "in", "--each", "--out", tmp_path / "out")

    found = outcomes(tmp_path / "out")
    assert {name for name, (outcome, _) in found.items() if outcome == "ok"} == {
        *(f"good-{n}" for n in range(6)), "bad-slow",
    }  # fmt: skip
    assert len(rows(tmp_path / "out", "SELECT DISTINCT run FROM history")) == 1


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_good(tmp_path / "in", 1)
    (tmp_path / "none/empty").mkdir(parents=True)

    def status(*arguments: object) -> object:
        with pytest.raises(SystemExit) as left:
            main(["batch", *map(str, arguments), "--workers", "1"])
        return left.value.code

    out = ("--out", tmp_path / "out")
    assert status(tmp_path / "in", *out) == 0
    assert status(tmp_path / "in", *out, "--fail-on", "critical") == 1
    assert status(tmp_path / "in", *out, "--shard", "0/2") == 2
    assert status(tmp_path / "none", "--out", tmp_path / "other") == 2
    assert "does not exist" in capsys.readouterr().err


def test_nothing_of_the_extras_is_imported_without_them(tmp_path: Path) -> None:
    (bundle,) = write_good(tmp_path / "in", 1)
    probe = f"""
import sys
from tests.fleets import scan_here
from triage.batch.fleet import fleet_of
from triage.batch.local import LocalEngine
from triage.batch.storage import open_storage
from triage.batch.store import Store
scan_here("{tmp_path}/out", ["{bundle}"])
assert fleet_of(Store(open_storage("{tmp_path}/out"))).failures
assert not {{"ray", "obstore"}} & set(sys.modules)
"""

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


def _running(tmp_path: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "batch", str(tmp_path / "in"), "--each", "--out", str(tmp_path / "out"),
         "--workers", "2", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )  # fmt: skip


def _workers(call: subprocess.Popen[bytes]) -> list[int]:
    children = Path(f"/proc/{call.pid}/task/{call.pid}/children")
    try:
        return [int(pid) for pid in children.read_text().split()]
    except FileNotFoundError:
        pytest.skip("this system does not list the children of a process")


def _wait_for(condition: object) -> None:
    assert callable(condition)
    for _ in range(PATIENCE * 20):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("what was waited for did not come")
