"""`triage watch` as people run it: real processes, real signals, a real server at the other end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from triage.timeline.query import open_case

LIMIT_S = 40.0
NOISE = b"2026-03-04T05:06:07Z node-1 app[7]: request served in 12 ms\n"
COMMAND = (sys.executable, "-c", "from triage.cli import main; main()", "watch")


def failure(number: int) -> bytes:
    address = f"0000:{number:02x}:00"
    return f"2026-03-04T05:06:07Z node-1 kernel: NVRM: Xid (PCI:{address}): 79, lost\n".encode()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for it, and fail with what it was when it does not come."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Watch:
    """One running watch; its output goes to files, so that no pipe fills."""

    def __init__(self, folder: Path, *arguments: object, stdin: int | None = None) -> None:
        self.out, self.err = folder / "out", folder / "err"
        self.seen = self.out.stat().st_size if self.out.exists() else 0
        with self.out.open("ab") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*COMMAND, *map(str, arguments)], stdin=stdin, stdout=out, stderr=err,
                cwd=folder, env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
            )  # fmt: skip

    def ready(self) -> Watch:
        """Once it has opened everything."""
        until(lambda: b"watching" in self.err.read_bytes() or self.process.poll(), "no start")
        return self

    @property
    def lines(self) -> list[str]:
        """What this process has printed."""
        text = self.out.read_bytes()[self.seen :].decode()
        return text[: text.rfind("\n") + 1].splitlines()

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def gpus(self) -> list[int]:
        found = [one["finding"]["entities"]["gpu"][0] for one in self.told]
        return [int(gpu.split(":")[1], 16) for gpu in found]

    @property
    def notes(self) -> str:
        return self.err.read_text()

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.lines) >= count, f"{self.lines} {self.notes}")

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S)


Start = Callable[..., Watch]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Watch] = []

    def begin(*arguments: object, **more: int) -> Watch:
        running.append(Watch(tmp_path, *arguments, **more))
        return running[-1]

    yield begin
    for watch in running:
        watch.process.kill()
        watch.process.wait(LIMIT_S)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"")
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_an_incident_is_one_line_with_file_and_line(log: Path, start: Start) -> None:
    watch = start("app.log").ready()

    append(log, NOISE * 3 + failure(1) * 5)
    watch.wait_for(1)

    assert watch.end() == 0
    (line,) = watch.lines
    assert line.startswith("2026-03-04 05:06:07Z CRITICAL app.log:4 ")
    assert line.endswith("[xid_79]")


def test_an_incident_is_one_object_with_the_finding_of_a_scan(log: Path, start: Start) -> None:
    watch = start("app.log", "--json-lines").ready()

    append(log, NOISE * 3 + failure(1))
    watch.wait_for(1)

    (told,) = watch.told
    assert (told["schema"], told["what"], told["severity"]) == ("triage.watch/1", "new", "critical")
    assert (told["source"], told["line"], told["offset"]) == ("app.log", 4, len(NOISE * 3))
    assert told["finding"]["evidence"][0]["text"] == failure(1).decode().strip()
    assert told["finding"]["next_steps"]


def test_what_follows_from_an_incident_is_told_as_its_consequence(log: Path, start: Start) -> None:
    watch = start("app.log", "--json-lines").ready()
    append(log, failure(1))
    watch.wait_for(1)

    append(
        log,
        b"2026-03-04T05:06:08Z node-1 kernel: NVRM: Xid (PCI:0000:01:00): 154, GPU recovery action"
        b" changed from 0x0 (None) to 0x2 (Node Reboot Required)\n",
    )
    watch.wait_for(2)

    cause, effect = watch.told[:2]
    assert (cause["what"], effect["what"]) == ("new", "consequence")
    assert effect["incident"] == cause["incident"]
    assert effect["because_of"].startswith("explained by xid_79")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_what_waits_is_told(
    log: Path, start: Start, number: int, status: int, tmp_path: Path
) -> None:
    watch = start("app.log", "--json-lines").ready()
    append(log, failure(1))
    watch.wait_for(1)
    append(log, failure(2).rstrip())
    until(lambda: _read_to(tmp_path) == log.stat().st_size, "not read")

    ended = watch.end(number)

    assert ended == status
    assert watch.gpus == [1, 2]
    assert "Traceback" not in watch.notes
    assert not list(tmp_path.rglob("*.partial"))


def _read_to(folder: Path) -> int:
    (state,) = (folder / "state" / "triage").glob("watch-*.json")
    return max(int(one["mark"]["end"]) for one in json.loads(state.read_bytes())["files"].values())


@pytest.mark.slow
def test_killed_again_and_again_while_a_log_grows_nothing_is_missed_or_repeated(
    log: Path, start: Start
) -> None:
    count = 12
    first = start("app.log", "--json-lines").ready()
    done = threading.Event()

    def write() -> None:
        for number in range(1, count + 1):
            append(log, NOISE * 200 + failure(number))
            time.sleep(0.25)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    told = []
    watch = first
    while not done.is_set():
        time.sleep(0.4)
        watch.end(signal.SIGKILL)
        told += watch.told
        watch = start("app.log", "--json-lines").ready()
    writer.join()
    until(lambda: len(told) + len(watch.lines) >= count, "something was missed")
    watch.end()
    told += watch.told

    names = [one["incident"] for one in told]
    gpus = {int(one["finding"]["entities"]["gpu"][0].split(":")[1], 16) for one in told}
    assert gpus == set(range(1, count + 1))
    assert len(set(names)) == count
    assert len(names) <= count + 1  # killed between telling and noting it


def test_a_command_gets_the_incident_and_no_shell_sees_it(
    log: Path, start: Start, tmp_path: Path
) -> None:
    script = tmp_path / "page.py"
    script.write_text(
        "import json, os, sys\n"
        "told = json.load(sys.stdin)\n"
        "row = json.dumps([sys.argv[1:], told['id'], os.environ['TRIAGE_LINE']])\n"
        "print(row)\n"
        "open('paged', 'a').write(row)\n"
    )
    command = f"{shlex.quote(sys.executable)} page.py '$HOME; touch x' two"
    watch = start("app.log", "--json-lines", "--exec", command).ready()

    append(log, NOISE + failure(1))
    paged = tmp_path / "paged"
    until(lambda: paged.exists() and paged.read_text(), "not called")
    watch.end()

    assert json.loads(paged.read_text()) == [["$HOME; touch x", "two"], "xid_79", "2"]
    assert len(watch.told) == 1  # what the command prints is not ours
    assert not (tmp_path / "x").exists()


def test_the_case_can_be_asked_while_the_watch_goes_on(
    log: Path, start: Start, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    watch = start("app.log", "--case", case).ready()

    append(log, NOISE * 3 + failure(1))
    watch.wait_for(1)
    until(lambda: case.exists() and _findings(case) == ["xid_79"], "no case")
    append(log, NOISE + failure(2))
    watch.wait_for(2)
    watch.end()

    assert _findings(case) == ["xid_79", "xid_79"]
    with open_case(case) as opened:
        rows = opened.query("SELECT line, kind FROM events ORDER BY line").fetchall()
    assert rows == [
        (1, "log.line"), (2, "log.line"), (3, "log.line"), (4, "gpu.xid"), (5, "log.line"),
        (6, "gpu.xid"),
    ]  # fmt: skip
    assert not list(tmp_path.glob(".now.triage*"))


def _findings(case: Path) -> list[str]:
    with open_case(case) as opened:
        return [found.id for found in opened.answer().findings]


def test_a_pipe_is_read_to_its_end(start: Start) -> None:
    read, write = os.pipe()
    watch = start("-", "--json-lines", stdin=read)
    os.close(read)

    os.write(write, NOISE * 20 + failure(1))
    watch.wait_for(1)
    os.write(write, failure(2))
    os.close(write)

    assert watch.process.wait(LIMIT_S) == 0
    assert watch.gpus == [1, 2]
    assert [one["source"] for one in watch.told] == ["stdin", "stdin"]


def test_what_a_log_says_is_neither_obeyed_nor_leaked(log: Path, start: Start) -> None:
    watch = start("app.log").ready()
    hostile = b"\x1b]0;owned\x07\x1b[2J api_key=hunter2hunter2 "

    append(log, b"2026-03-04T05:06:07Z " + hostile + b"Traceback (most recent call last):\n")
    append(
        log,
        b'  File "/app/\x1b[31mt.py", line 3, in <module>\n    f()\n'
        b"RuntimeError: CUDA error: an illegal memory access, password=hunter2hunter2\n",
    )
    watch.wait_for(1)
    watch.end()

    printed = "\n".join(watch.lines)
    assert "\x1b" not in printed
    assert "hunter2hunter2" not in printed


def test_who_reads_no_more_ends_it(log: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "app.log", "--no-state"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
    ) as watch:  # fmt: skip
        assert watch.stderr is not None
        assert watch.stdout is not None
        watch.stderr.readline()
        watch.stdout.close()
        append(log, failure(1))

        assert watch.wait(LIMIT_S) == 0
        assert b"Traceback" not in watch.stderr.read()
