"""What is written arrives, also where Python is told not to buffer and a write is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from triage.own_process import own_environment

SIZE = 8_000_000
TO_OUTPUT = f"""
import sys
from triage.own_process import write_all
write_all()
sys.stdout.buffer.write(b"x" * {SIZE})
sys.stdout.flush()
"""
TO_PARENT = f"""
from triage.own_process import replies_and_no_prints
replies = replies_and_no_prints()
print("a library says hello")
replies.write(b"x" * {SIZE})
replies.flush()
"""


@pytest.mark.parametrize("program", [TO_OUTPUT, TO_PARENT], ids=["output", "replies"])
def test_a_process_that_is_stopped_while_it_writes_loses_nothing(program: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        bufsize=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=own_environment(PYTHONUNBUFFERED="1"),
    )
    assert process.stdout is not None
    read = threading.Event()

    def disturb() -> None:
        while not read.wait(0.002):
            for number in (signal.SIGSTOP, signal.SIGCONT):
                os.kill(process.pid, number)

    data = process.stdout.read(1)
    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    while piece := os.read(process.stdout.fileno(), 1 << 14):
        data += piece
        time.sleep(0)
    read.set()
    disturbing.join()
    process.stdout.close()

    assert process.wait() == 0
    assert len(data) == SIZE


def test_a_scan_says_the_same_without_buffering(tmp_path: Path) -> None:
    (tmp_path / "kern.log").write_text("kernel: NVRM: Xid (PCI:0000:65:00): 79, pid=12, lost\n")
    command = [sys.executable, "-c", "from triage.cli import main; main()", "scan", str(tmp_path)]

    said = [
        subprocess.run(command, capture_output=True, check=False, env=own_environment(**more))
        for more in ({}, {"PYTHONUNBUFFERED": "1"})
    ]

    assert said[0].stdout
    assert said[1].stdout == said[0].stdout
