"""Cause an incident, collect the machine, scan the bundle."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lab.diagnosis import Diagnose, Diagnosis, manifest_of

ROOT = Path(__file__).parents[2]
FORBIDDEN = 69
UNABLE = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
COMMAND = (sys.executable, "-c", "from triage.cli import main; main()")


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One incident at a time, though tests run side by side: all of them have one kernel log."""
    if sys.platform != "linux":
        pytest.skip("needs Linux")
    with Path(tempfile.gettempdir(), "triage-lab.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def caused(script: str, *arguments: object, python: Path | str = sys.executable) -> dict[str, Any]:
    """Run a script of the lab; what it did. Skips where the machine forbids it."""
    done = subprocess.run(
        [str(python), "-m", f"tests.lab.{script}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == FORBIDDEN:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    did: dict[str, Any] = json.loads(done.stdout)
    return did


def scanned(triage: Callable[..., Any], bundle: Path, started: float) -> dict[str, Any]:
    """The answer; what happened on this machine before is another incident."""
    since = datetime.fromtimestamp(started - 0.05, UTC).isoformat()
    result = triage("scan", bundle, "--since", since, "--format", "json")
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture
def diagnose(triage: Callable[..., Any], tmp_path: Path) -> Diagnose:
    """Cause an incident, collect this machine with the log of the incident, scan the bundle."""

    def run(
        script: str,
        *arguments: object,
        python: Path | str = sys.executable,
        groups: Sequence[str] = ("kernel", "memory", "storage"),
        environments: Sequence[Path] = (),
        rights: bool = True,
    ) -> Diagnosis:
        log, bundle = tmp_path / f"{script}.log", tmp_path / "now.tar.zst"
        started = time.time()
        did = caused(script, log, *arguments, python=python)
        only = [word for group in groups for word in ("--only", group)]
        given = [word for path in environments for word in ("--python", str(path))]
        call = [*COMMAND, "collect", "-o", bundle, "--log", log, *only, *given]
        unable = () if rights else UNABLE
        if unable and shutil.which(unable[0]) is None:
            pytest.skip(f"needs {unable[0]} to give rights away")
        collected = subprocess.run(
            [*unable, *map(str, call)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert collected.returncode == 0, collected.stderr
        return Diagnosis(did, scanned(triage, bundle, started), manifest_of(bundle))

    return run


@pytest.fixture
def diagnose_inside(triage: Callable[..., Any], tmp_path: Path) -> Diagnose:
    """The same, where the script itself calls `collect` from inside the cgroup that it made."""

    def run(script: str) -> Diagnosis:
        log, bundle = tmp_path / f"{script}.log", tmp_path / "now.tar.zst"
        collect = ["collect", "-o", bundle, "--only", "kernel", "--only", "memory", "--log", log]
        started = time.time()
        did = caused(script, log, *COMMAND, *collect)
        assert bundle.exists(), did
        return Diagnosis(did, scanned(triage, bundle, started), manifest_of(bundle))

    return run


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder for a file system that is unmounted when all is seen."""
    folder = tmp_path / "disk"
    yield folder
    subprocess.run(["umount", folder / "checkpoints"], capture_output=True, check=False)
