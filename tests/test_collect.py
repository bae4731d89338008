"""A bundle of this machine: what is in it, what is not, and that nothing can hold it up."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zstandard

from triage.collect.job import Asked, collect

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Manifest = dict[str, Any]

HANGING = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n"
SECRET = "hf_abcdefghijklmnopqrstuvwxyz0123456789"


def unpacked(path: Path, folder: Path) -> Path:
    with path.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def entries_of(folder: Path) -> dict[str, dict[str, Any]]:
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    return {
        entry["source"]: entry for machine in manifest["machines"] for entry in machine["entries"]
    }


def tool(folder: Path, name: str, text: str) -> None:
    """Put a program on the search path."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs come first."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def asking(tmp_path: Path) -> Callable[..., Path]:
    """Collect into a folder, without packing."""

    def ask(**asked: Any) -> Path:  # noqa: ANN401  the fields of Asked
        bundle, raw = tmp_path / "bundle", tmp_path / "raw"
        bundle.mkdir()
        raw.mkdir()
        collect(Asked(**asked), bundle, raw)
        assert not list(raw.rglob("*.stdin"))
        return bundle

    return ask


def test_a_bundle_is_whole_and_says_what_it_lacks(triage: Run, tmp_path: Path) -> None:
    result = triage("collect", "-o", tmp_path / "now.tar.zst")

    bundle = unpacked(tmp_path / "now.tar.zst", tmp_path / "bundle")
    entries = entries_of(bundle)
    assert result.stdout == f"{tmp_path / 'now.tar.zst'}\n"
    assert (tmp_path / "now.tar.zst").stat().st_mode & 0o777 == 0o600
    assert entries["memory/memory.txt"]["status"] == "ok"
    assert all(entry.get("why") for entry in entries.values() if entry["status"] != "ok")
    assert all(
        (bundle / file).stat().st_size for e in entries.values() for file in e.get("files", ())
    )
    files = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    named = {file for entry in entries.values() for file in entry.get("files", ())}
    assert files == named | {"MANIFEST.json"}


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there is a driver here")
def test_a_machine_without_a_driver_is_one_line_of_the_manifest(
    asking: Callable[..., Path],
) -> None:
    bundle = asking(groups=frozenset({"gpu"}))

    entry = entries_of(bundle)["gpu/nvml.xml"]
    assert entry["status"] == "absent"
    assert entry["why"] == "no NVIDIA driver library (libnvidia-ml.so.1) on this machine"
    assert not list(bundle.rglob("nvml*"))


def test_the_bundle_is_read_by_scan(triage: Run, tmp_path: Path) -> None:
    triage("collect", "-o", tmp_path / "now.tar.zst", "--only", "system", "--only", "python")

    result = triage("scan", tmp_path / "now.tar.zst", "--format", "json")

    answer = json.loads(result.stdout)
    sources = {source["name"] for source in answer["sources"]}
    assert result.returncode == 0, result.stderr
    assert "MANIFEST.json" in sources
    assert any(environment["packages"] > 10 for environment in answer["environments"])


def test_scan_live_is_collect_and_scan_at_once(triage: Run) -> None:
    result = triage("scan", "--live", "--format", "json")

    answer = json.loads(result.stdout)
    assert result.returncode in {0, 3}, result.stderr
    assert answer["bundles"][0]["name"] == "live"
    assert any(source["name"].endswith("memory/memory.txt") for source in answer["sources"])
    assert "sources in" in result.stderr


def test_a_source_that_fails_makes_a_live_scan_a_partial_one(tools: Path, triage: Run) -> None:
    tool(tools, "df", "#!/bin/sh\necho 'df: /mnt/dead: Stale file handle' >&2\nexit 1\n")

    result = triage("scan", "--live", "--format", "json")

    assert result.returncode == 3
    assert "Stale file handle" in result.stderr
    assert json.loads(result.stdout)["sources"]


def test_scan_without_a_path_says_what_to_do(triage: Run) -> None:
    result = triage("scan")

    assert result.returncode == 2
    assert "--live" in result.stderr


def test_a_program_that_ignores_every_request_to_end_costs_its_time_and_no_more(
    tools: Path, triage: Run, tmp_path: Path
) -> None:
    tool(tools, "nvidia-smi", HANGING)

    started = time.monotonic()
    result = triage("collect", "-o", tmp_path / "x.tar.zst", "--time-limit", 3)

    entries = entries_of(unpacked(tmp_path / "x.tar.zst", tmp_path / "bundle"))
    assert time.monotonic() - started < 30
    assert result.returncode == 3
    assert entries["gpu/nvidia-smi.txt"]["status"] == "timeout"
    assert "no answer within 3 s" in entries["gpu/nvidia-smi.txt"]["why"]
    assert entries["memory/memory.txt"]["status"] == "ok"


def test_a_driver_that_does_not_answer_is_evidence(
    tools: Path, triage: Run, tmp_path: Path
) -> None:
    tool(tools, "nvidia-smi", HANGING)
    triage("collect", "-o", tmp_path / "x.tar.zst", "--time-limit", 2, "--only", "gpu")

    result = triage("scan", tmp_path / "x.tar.zst", "--format", "json")

    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["verdict"]["root_cause"] == "nvidia_smi_hang", answer["findings"]


def test_what_a_program_said_before_it_hung_is_kept(
    tools: Path, asking: Callable[..., Path]
) -> None:
    tool(tools, "ibstat", "#!/bin/sh\necho unused\n")
    tool(tools, "df", "#!/bin/sh\necho 'Filesystem of the first row'\nexec sleep 60\n")

    bundle = asking(groups=frozenset({"storage"}), seconds=2.0)

    entry = entries_of(bundle)["storage/df.txt"]
    assert entry["status"] == "timeout"
    assert "first row" in (bundle / entry["files"][0]).read_text()


def is_gone(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    return True


def within(seconds: float, so: Callable[[], bool]) -> bool:
    """Whether it became so: a process that was killed goes when the kernel gets round to it."""
    end = time.monotonic() + seconds
    while not so() and time.monotonic() < end:
        time.sleep(0.02)
    return so()


def test_no_child_is_left_behind(tools: Path, asking: Callable[..., Path], tmp_path: Path) -> None:
    tool(tools, "df", f"#!/bin/sh\nsleep 300 & echo $! > {tmp_path}/pid\nwait\n")

    asking(groups=frozenset({"storage"}), seconds=2.0)

    pid = int((tmp_path / "pid").read_text())
    assert within(5.0, lambda: is_gone(pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_call_leaves_nothing(
    tools: Path, tmp_path: Path, number: signal.Signals
) -> None:
    tool(tools, "df", f"#!/bin/sh\necho $$ > {tmp_path}/asked\nexec sleep 300\n")
    # Whoever runs the tests may have told their children to ignore a hangup, as nohup does.
    hears = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    command = hears + "from triage.cli import main; main()"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", command, "collect", "-o", str(tmp_path / "x.tar.zst")],
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    asked = tmp_path / "asked"
    within(30.0, lambda: asked.exists() and asked.read_text() != "")

    child.send_signal(number)
    child.communicate(timeout=30)

    assert child.returncode == 130
    assert not (tmp_path / "x.tar.zst").exists()
    assert not list(tmp_path.glob(".x.tar.zst*"))
    assert not list(scratch.iterdir())
    assert within(5.0, lambda: is_gone(int(asked.read_text())))


@pytest.mark.parametrize("limit", ["0", "-3", "nan", "inf", "soon"])
def test_a_time_limit_that_is_none_is_refused(triage: Run, limit: str) -> None:
    result = triage("collect", "--time-limit", limit)

    assert result.returncode == 2
    assert "is no number of seconds" in result.stderr


def test_secrets_are_masked_unless_told_otherwise(triage: Run, tmp_path: Path) -> None:
    key = (
        "-----BEGIN RSA PRIVATE KEY-----\n"
        + "MIIEpAIBAAKCAQEA\n" * 20
        + "-----END RSA PRIVATE KEY-----\n"
    )
    log = tmp_path / "app.log"
    log.write_bytes(
        b"caf\xe9 " + f"token {SECRET}\npassword=hunter22 done\n{key}".encode() + b"\xff\n"
    )

    triage("collect", "-o", tmp_path / "a.tar.zst", "--only", "storage", "--log", log)
    triage("collect", "-o", tmp_path / "b.tar.zst", "--only", "storage", "--log", log, "--no-mask")

    masked = unpacked(tmp_path / "a.tar.zst", tmp_path / "a")
    plain = unpacked(tmp_path / "b.tar.zst", tmp_path / "b")
    place = f"logs{tmp_path}/app.log"
    entry = entries_of(masked)[str(log)]
    kept = (masked / place).read_bytes()
    assert kept.startswith(b"caf\xe9 token [masked]\npassword=[masked] done\n")
    assert kept.endswith(b"\xff\n")
    assert b"MIIEpAIBAAKCAQEA" not in kept
    assert entry["masked"] >= 3
    assert (plain / place).read_bytes() == log.read_bytes()


def test_a_folder_of_logs_is_taken_with_what_is_packed_in_it(
    asking: Callable[..., Path], tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "now.log").write_text("now\n")
    (logs / "before.log.1.gz").write_bytes(gzip.compress(f"before {SECRET}\n".encode()))

    bundle = asking(groups=frozenset({"none"}), logs=(str(logs),))

    texts = {path.read_text() for path in (bundle / "logs").rglob("*") if path.is_file()}
    assert texts == {"now\n", "before [masked]\n"}


def test_a_log_that_is_not_there_makes_the_bundle_a_partial_one(
    triage: Run, tmp_path: Path
) -> None:
    result = triage(
        "collect", "-o", tmp_path / "x.tar", "--only", "storage", "--log", "/no/such.log"
    )

    assert result.returncode == 3
    assert "/no/such.log" in result.stderr


@pytest.mark.parametrize("name", ["x.rar", "nowhere/x.tar.zst"])
def test_a_wrong_output_is_refused_before_anything_is_asked(
    triage: Run, tmp_path: Path, name: str
) -> None:
    result = triage("collect", "-o", tmp_path / name)

    assert result.returncode == 2
    assert not list(tmp_path.iterdir())


def test_without_rights_it_says_what_root_would_add(tmp_path: Path) -> None:
    """As in a container, where even root may not read the kernel log."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to give rights away")
    script = "from triage.cli import main; main()"
    unable = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    call = [sys.executable, "-c", script, "collect", "--only", "kernel"]
    out = tmp_path / "x.tar.zst"

    result = subprocess.run(
        [*unable, *call, "-o", str(out)], capture_output=True, text=True, check=False
    )

    kernel = entries_of(unpacked(out, tmp_path / "bundle"))["kernel/dmesg.txt"]
    if kernel["status"] == "ok":
        pytest.skip("everybody may read the kernel log here")
    assert result.returncode == 0
    assert kernel["status"] == "denied"
    assert "would add the kernel log (OOM kills" in result.stderr


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system with no room at all."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    with contextlib.suppress(OSError):
        (folder / "filler").write_bytes(b"x" * (1 << 20))
    yield folder
    subprocess.run(["umount", str(folder)], check=False)


def test_a_full_disk_for_temporary_files_does_not_stop_it(
    triage: Run, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(full))

    result = triage("collect", "-o", tmp_path / "x.tar.zst", "--only", "storage")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "x.tar.zst").stat().st_size


def test_an_output_without_room_goes_where_there_is_some(
    triage: Run, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    result = triage("collect", "-o", full / "x.tar.zst", "--only", "storage", "-q")

    assert result.returncode == 3
    assert result.stdout == f"{tmp_path / 'x.tar.zst'}\n"
    assert result.stderr.count("\n") == 1
    assert "no room" in result.stderr
    assert entries_of(unpacked(tmp_path / "x.tar.zst", tmp_path / "bundle"))
    assert [path.name for path in full.iterdir()] == ["filler"]
