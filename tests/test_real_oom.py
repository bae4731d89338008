"""A real OOM kill in a memory cgroup, read from the real kernel log, where that is allowed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

LIMIT = 40 << 20
EATER = """
import os, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
kept = []
while True:
    kept.append(bytearray(os.urandom(1 << 20)))
"""


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A memory cgroup of our own with a small limit; skips where we may not make one."""
    v1 = Path("/sys/fs/cgroup/memory")
    v2 = Path("/sys/fs/cgroup")
    root, limit = (v1, "memory.limit_in_bytes") if v1.is_dir() else (v2, "memory.max")
    group = root / f"triage-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"cannot make a memory cgroup here: {error}")
    try:
        (group / limit).write_text(str(LIMIT))
        swap = group / "memory.swap.max"
        if swap.exists():
            swap.write_text("0")
        yield group
    except OSError as error:
        pytest.skip(f"cannot limit a memory cgroup here: {error}")
    finally:
        group.rmdir()


def test_a_kill_that_we_caused_is_told_rightly(triage: Run, cgroup: Path, tmp_path: Path) -> None:
    eater = subprocess.Popen([sys.executable, "-c", EATER, str(cgroup)])
    assert eater.wait(timeout=60) == -9
    log = subprocess.run(["dmesg"], capture_output=True, text=True, check=False)
    if log.returncode or f"Killed process {eater.pid} " not in log.stdout:
        pytest.skip("the kernel log may not be read here")
    (tmp_path / "dmesg").write_text(log.stdout)

    answer = json.loads(triage("scan", tmp_path / "dmesg", "--format", "json").stdout)

    found = {finding["id"]: finding for finding in answer["findings"]}
    assert answer["verdict"]["root_cause"] == "oom_kill_memcg"
    assert eater.pid in found["oom_kill_memcg"]["entities"]["pid"]
    assert any(name.startswith("python") for name in found["oom_kill_memcg"]["entities"]["process"])
    assert any(cgroup.name in path for path in found["oom_kill_memcg"]["entities"]["cgroup"])
    assert "oom_kill" not in found
