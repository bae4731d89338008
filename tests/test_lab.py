"""Real incidents, caused on this machine, collected and scanned: the root cause must be right."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zstandard

from tests.lab.environments import environment

ROOT = Path(__file__).parent.parent
FORBIDDEN = 69

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")]


class Diagnosis(NamedTuple):
    """What the lab did, and what was found."""

    did: dict[str, Any]
    answer: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def cause(self) -> str | None:
        """The id of the root cause."""
        cause: str | None = self.answer["verdict"]["root_cause"]
        return cause

    def finding(self, signature: str) -> dict[str, Any]:
        """The finding of a signature; fails with all there are."""
        found = {finding["id"]: finding for finding in self.answer["findings"]}
        assert signature in found, sorted(found)
        one: dict[str, Any] = found[signature]
        return one


Diagnose = Callable[..., Diagnosis]


@pytest.fixture
def alone() -> Iterator[None]:
    """One incident at a time, though tests run side by side: all of them have one kernel log."""
    with Path(tempfile.gettempdir(), "triage-lab.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def diagnose(triage: Callable[..., Any], tmp_path: Path, alone: None) -> Diagnose:  # noqa: ARG001
    """Cause an incident, collect this machine with the log of the incident, scan the bundle."""

    def run(
        script: str,
        *arguments: object,
        python: Path | str = sys.executable,
        groups: Sequence[str] = ("kernel", "memory", "storage"),
        environments: Sequence[Path] = (),
    ) -> Diagnosis:
        log, bundle = tmp_path / f"{script}.log", tmp_path / "now.tar.zst"
        started = time.time()
        done = subprocess.run(
            [str(python), "-m", f"tests.lab.{script}", str(log), *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode == FORBIDDEN:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        only = [word for group in groups for word in ("--only", group)]
        given = [word for path in environments for word in ("--python", str(path))]
        collected = triage("collect", "-o", bundle, "--log", log, *only, *given)
        assert collected.returncode == 0, collected.stderr
        # What happened on this machine before is another incident.
        since = datetime.fromtimestamp(started - 0.05, UTC).isoformat()
        scanned = triage("scan", bundle, "--since", since, "--format", "json")
        answer = json.loads(scanned.stdout)
        return Diagnosis(json.loads(done.stdout), answer, _manifest(bundle))

    return run


def _manifest(bundle: Path) -> dict[str, Any]:
    with bundle.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        member = tar.extractfile("MANIFEST.json")
        assert member is not None
        manifest: dict[str, Any] = json.load(member)
        return manifest


def needs_kernel_log(diagnosis: Diagnosis) -> None:
    """Skip where the kernel log may not be read."""
    entries = [entry for machine in diagnosis.manifest["machines"] for entry in machine["entries"]]
    kernel = next(entry for entry in entries if entry["source"] == "kernel/dmesg.txt")
    if kernel["status"] != "ok":
        pytest.skip(f"the kernel log cannot be read here: {kernel.get('why')}")


def test_a_kill_at_a_memory_limit_is_told_with_pid_and_cgroup(diagnose: Diagnose) -> None:
    diagnosis = diagnose("memory_limit")

    needs_kernel_log(diagnosis)
    kill = diagnosis.finding("oom_kill_memcg")
    assert diagnosis.cause == "oom_kill_memcg"
    assert diagnosis.did["pid"] in kill["entities"]["pid"]
    assert any(diagnosis.did["cgroup"] in path for path in kill["entities"]["cgroup"])
    assert kill["time_quality"] == "anchored"


def test_inside_a_container_the_counter_tells_what_the_kernel_log_would(
    triage: Callable[..., Any],
    tmp_path: Path,
    alone: None,  # noqa: ARG001  one kernel log for all
) -> None:
    bundle, log = tmp_path / "now.tar.zst", tmp_path / "launcher.log"
    command = [sys.executable, "-c", "from triage.cli import main; main()"]
    collect = ["collect", "-o", bundle, "--only", "kernel", "--only", "memory", "--log", log]
    call = [sys.executable, "-m", "tests.lab.blind_container", log, *command, *collect]
    done = subprocess.run(
        list(map(str, call)), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode == FORBIDDEN:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    if "would add the kernel log" not in json.loads(done.stdout)["said"]:
        pytest.skip("the kernel log is open to all here")

    answer = json.loads(triage("scan", bundle, "--format", "json").stdout)

    found = {finding["id"]: finding for finding in answer["findings"]}
    assert answer["verdict"]["root_cause"] == "oom_kill_counted", sorted(found)
    assert any("blind-job" in path for path in found["oom_kill_counted"]["entities"]["cgroup"])
    assert [cause["id"] for cause in found["signal_sigkill"]["explained_by"]] == [
        "oom_kill_counted"
    ]


def test_a_segmentation_fault_is_told_with_its_pid(diagnose: Diagnose) -> None:
    diagnosis = diagnose("segfault")

    needs_kernel_log(diagnosis)
    crash = diagnosis.finding("segfault")
    assert diagnosis.cause == "segfault"
    assert diagnosis.did["pid"] in crash["entities"]["pid"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder for a file system that is unmounted when all is seen."""
    folder = tmp_path / "disk"
    yield folder
    subprocess.run(["umount", folder / "checkpoints"], capture_output=True, check=False)


def test_a_full_file_system_is_the_cause_of_the_failed_checkpoint(
    diagnose: Diagnose, disk: Path
) -> None:
    diagnosis = diagnose("disk_full", disk)

    assert diagnosis.cause == "disk_full"
    sources = {line["source"] for line in diagnosis.finding("disk_full")["evidence"]}
    assert any(source.endswith("disk_full.log") for source in sources)


def test_a_killed_loader_worker_leads_back_to_the_kernel_s_kill(diagnose: Diagnose) -> None:
    python = environment("torch", ["torch==2.13.0", "numpy"])

    diagnosis = diagnose("loader_worker", python=python, groups=("kernel", "memory"))

    needs_kernel_log(diagnosis)
    worker = diagnosis.finding("dataloader_worker_killed")
    assert diagnosis.cause == "oom_kill_memcg"
    assert [cause["id"] for cause in worker["explained_by"]] == ["oom_kill_memcg"]


def test_pandas_built_for_numpy_1_under_numpy_2_is_an_abi_mismatch(diagnose: Diagnose) -> None:
    wheels = ["numpy==2.1.3", "pandas==2.0.3", "python-dateutil", "pytz", "tzdata", "six"]
    python = environment("numpy-abi", wheels, alone=True)

    diagnosis = diagnose(
        "numpy_abi", python, groups=("python",), environments=[python.parent.parent]
    )

    assert diagnosis.cause == "numpy_dtype_size", diagnosis.answer["verdict"]


def test_a_model_of_an_old_scikit_learn_in_a_new_one_is_a_pickle_mismatch(
    diagnose: Diagnose,
) -> None:
    base = ["numpy==1.26.4", "scipy==1.11.4"]
    old = environment("sklearn-old", ["scikit-learn==1.2.2", *base])
    new = environment("sklearn-new", ["scikit-learn==1.5.2", *base])

    diagnosis = diagnose(
        "old_pickle", old, new, groups=("python",), environments=[new.parent.parent]
    )

    assert diagnosis.cause == "pickle_version_mismatch", diagnosis.answer["verdict"]


def test_a_loss_that_became_nan_is_told(diagnose: Diagnose) -> None:
    diagnosis = diagnose("nan_loss")

    assert diagnosis.cause == "nan_propagation", diagnosis.answer["verdict"]
