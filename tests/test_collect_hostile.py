"""What a sick or hostile machine puts in the way of a collection."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from triage.collect import job, logs
from triage.collect.job import Asked, collect
from triage.collect.logs import ending
from triage.collect.manifest import Entry, Manifest
from triage.collect.runner import Job, Outcome

Asking = Callable[..., tuple[Path, Manifest]]
NOTHING: frozenset[str] = frozenset({"none"})


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    """Collect into a folder, without packing."""

    def ask(**asked: Any) -> tuple[Path, Manifest]:  # noqa: ANN401  the fields of Asked
        bundle, raw = tmp_path / "bundle", tmp_path / "raw"
        bundle.mkdir()
        raw.mkdir()
        return bundle, collect(Asked(**asked), bundle, raw)

    return ask


def entry_of(manifest: Manifest, source: str) -> Entry:
    return next(entry for entry in manifest.entries() if entry.source == source)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of logs with links in circles, a FIFO, and names that are no text."""
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.log").write_text("good\n")
    (folder / "deep" / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    (folder / "away").symlink_to("/etc/hostname")
    os.mkfifo(folder / "fifo")
    for name in (b"odd\xff\xfe.log", b"two\nlines.log", b"\x1b[2J.log"):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123  bytes
            file.write(b"odd\n")
    return folder


def test_links_in_circles_fifos_and_odd_names_cost_no_log(asking: Asking, hostile: Path) -> None:
    bundle, manifest = asking(groups=NOTHING, logs=(str(hostile),))

    entry = entry_of(manifest, str(hostile))
    texts = sorted(path.read_text() for path in (bundle / "logs").rglob("*") if path.is_file())
    assert texts == ["good\n", "odd\n", "odd\n", "odd\n"]
    assert entry.status == "cut"
    assert "the first is fifo" in entry.why
    assert all(name.isprintable() for name in entry.files)


def test_a_fifo_that_is_named_is_refused_and_not_waited_for(asking: Asking, hostile: Path) -> None:
    started = time.monotonic()
    _, manifest = asking(groups=NOTHING, logs=(str(hostile / "fifo"),))

    assert entry_of(manifest, str(hostile / "fifo")).status == "failed"
    assert time.monotonic() - started < 30


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root to give rights away"
)
def test_a_folder_that_may_not_be_read_is_told_and_the_rest_is_taken(
    hostile: Path, tmp_path: Path
) -> None:
    (hostile / "deep").chmod(0)
    unable = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-P", "-m"]
    call = [*unable, "triage.collect.logs", "--", str(hostile), str(tmp_path / "out")]

    said = subprocess.run(call, capture_output=True, text=True, check=True).stdout

    (hostile / "deep").chmod(0o755)
    assert (tmp_path / "out" / "good.log").exists()
    assert "cannot list this folder: permission denied" in said


def test_of_a_huge_log_the_end_is_kept_without_reading_the_rest(
    asking: Asking, tmp_path: Path
) -> None:
    log = tmp_path / "huge.log"
    with log.open("wb") as file:
        file.seek(40 << 30)  # takes no room on the disk
        file.write(b"\nlast words\n")

    bundle, manifest = asking(groups=NOTHING, logs=(str(log),), seconds=30.0)

    entry = entry_of(manifest, str(log))
    assert (bundle / entry.files[0]).read_text() == "last words\n"
    assert entry.status == "cut"
    assert "the first 429496" in entry.why


def test_many_logs_share_the_room_and_each_keeps_its_end(tmp_path: Path) -> None:
    folder, out = tmp_path / "logs", tmp_path / "out"
    folder.mkdir()
    rows = b"".join(b"row %07d\n" % number for number in range(200_000))
    for name in "abc":
        (folder / f"{name}.log").write_bytes(rows)
    call = [sys.executable, "-m", "triage.collect.logs", "--total", str(len(rows) + 100)]

    subprocess.run([*call, str(folder), str(out)], capture_output=True, check=True)

    sizes = [(out / f"{name}.log").stat().st_size for name in "abc"]
    assert sizes[0] == len(rows)
    assert all(logs.LEAST - 100 < size <= logs.LEAST for size in sizes[1:])
    assert all((out / f"{name}.log").read_bytes().endswith(rows[-50:]) for name in "abc")


def test_a_hole_and_an_endless_line_do_not_cost_the_end() -> None:
    hole, _ = ending(BytesIO(b"x\n" + b"\0" * 5_000 + b"first after it\nlast\n"), 4_000)
    endless, _ = ending(BytesIO(b"x" * 300_000 + b"\nlast\n"), 200_000)

    assert hole.read() == b"last\n"
    assert endless.read().endswith(b"x\nlast\n")


def test_logs_that_were_copied_before_the_time_was_up_are_kept(tmp_path: Path) -> None:
    out, target = tmp_path / "said", tmp_path / "logs"
    target.mkdir()
    for name in ("a.log", "b.log"):
        (target / name).write_text("text\n")
    words = [{"begun": "a.log"}, {"done": ["a.log", 5, 0, 0]}, {"begun": "b.log"}]
    out.write_text("\n".join(map(json.dumps, words)) + '\n{"do')
    outcome = Outcome(Job("log", [], out, 1.0), "timeout", None, 1.0, "no answer within 1 s")

    entry = job._logs("/var/log", target, tmp_path, outcome)

    assert (entry.status, entry.files, entry.bytes) == ("timeout", ["logs/a.log"], 5)
    assert "b.log: not copied, and what comes after it" in entry.why
    assert not (target / "b.log").exists()


@pytest.fixture
def churn() -> Iterator[None]:
    """Processes that come and go as fast as they can."""
    ended = threading.Event()

    def spawn() -> None:
        while not ended.is_set():
            subprocess.run(["true"], check=False)

    thread = threading.Thread(target=spawn)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.mark.usefixtures("churn")
def test_processes_that_vanish_while_they_are_looked_at_cost_nothing(asking: Asking) -> None:
    _, manifest = asking(groups=frozenset({"system", "python"}))

    entries = {entry.source: entry for entry in manifest.entries()}
    assert entries["python/environments.json"].status == "ok", entries
    assert entries["system/processes.txt"].status == "ok", entries


def test_hosts_that_hang_cost_the_time_of_the_call_and_no_more(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = """
while [ "$1" != -- ]; do shift; done
case $2 in hang*) exec sleep 300;; esac
exec sh -s"""
    stand_in(tmp_path, monkeypatch, "ssh", hang)
    hosts = (*(f"hang-{number}" for number in range(20)), "gpu-a07")

    started = time.monotonic()
    bundle, manifest = asking(hosts=hosts, groups=frozenset({"memory"}), seconds=4.0)

    *hung, there = manifest.machines
    assert time.monotonic() - started < 30
    assert {entry.source: entry.status for entry in there.entries}["memory/memory.txt"] == "ok"
    assert (bundle / "nodes/gpu-a07/memory/memory.txt").stat().st_size
    assert [[entry.status for entry in machine.entries] for machine in hung] == [["timeout"]] * 20


def test_a_host_that_nobody_had_time_to_ask_is_told(asking: Asking) -> None:
    _, manifest = asking(hosts=("gpu-a07",), seconds=0.0)

    assert [(entry.status, entry.why) for entry in manifest.entries()] == [
        ("timeout", "the time for all was used up")
    ]


def test_a_cluster_that_hangs_does_not_cost_the_machine(
    asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = 'case "$*" in "config current-context") echo lab; exit;; esac\nexec sleep 300'
    stand_in(tmp_path, monkeypatch, "kubectl", hang)

    _, manifest = asking(groups=frozenset({"memory", "kubernetes"}), seconds=3.0)

    statuses = {entry.source: entry.status for entry in manifest.entries()}
    assert statuses["memory/memory.txt"] == "ok"
    assert {statuses[name] for name in statuses if name.startswith("cluster/")} == {"timeout"}
