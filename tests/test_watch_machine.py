"""The machine's own sources: its kernel log as it is, its journal and its driver as programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from triage.reading import Options
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.watch.feeds import Feed
from triage.watch.incident import Incident
from triage.watch.journal import JournalFeed, command
from triage.watch.kmsg import KMSG, KmsgFeed
from triage.watch.nvml import COMMAND, NvmlFeed
from triage.watch.state import State
from triage.watch.watcher import Settings, Watcher

ROOT = Path(__file__).parent.parent
FORBIDDEN = 69


@cache
def plan() -> Plan:
    return Plan.of(load(()))


class Bench:
    """A watch of one feed in real time."""

    def __init__(self, make: Callable[[Watcher, Callable[[str], None]], Feed]) -> None:
        self.told: list[Incident] = []
        self.notes: list[str] = []
        self.watcher = Watcher(plan(), Options(), Settings(), self.told.append, self.notes.append)
        self.feed = make(self.watcher, self.notes.append)
        self.watcher.feeds = [self.feed]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.told]

    def until(self, condition: Callable[[], object], limit_s: float = 30.0) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, (self.ids, self.notes)
            self.watcher.tick()
            time.sleep(0.02)

    def stop(self) -> State:
        self.watcher.finish()
        state = State()
        self.feed.note_state(state)
        self.feed.close()
        return state


def has_kernel_log() -> bool:
    try:
        os.close(os.open(KMSG, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


needs_kernel_log = pytest.mark.skipif(not has_kernel_log(), reason=f"{KMSG} may not be read here")


@needs_kernel_log
def test_the_kernel_log_is_read_from_its_start_once() -> None:
    first = Bench(lambda streams, note: KmsgFeed(streams, note, from_start=True))
    first.until(lambda: not first.watcher.tick())
    state = first.stop()
    assert state.kmsg is not None

    second = Bench(lambda streams, note: KmsgFeed(streams, note, known=state.kmsg))
    second.watcher.tick()
    later = second.stop().kmsg

    assert state.kmsg.sequence >= 0
    assert later is not None
    assert later.line - state.kmsg.line <= later.sequence - state.kmsg.sequence


@needs_kernel_log
def test_what_the_kernel_said_before_the_watch_is_passed_over() -> None:
    bench = Bench(KmsgFeed)

    bench.watcher.tick()

    assert bench.told == []
    assert (state := bench.stop().kmsg) is not None
    assert state.sequence >= -1


@needs_kernel_log
@pytest.mark.slow
def test_a_real_kill_at_a_memory_limit_is_told(tmp_path: Path) -> None:
    bench = Bench(KmsgFeed)
    bench.watcher.tick()

    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.memory_limit", str(tmp_path / "job.log")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == FORBIDDEN:
        pytest.skip(done.stderr)
    did = json.loads(done.stdout)
    bench.until(lambda: bench.told)

    told = next(one for one in bench.told if did["cgroup"] in str(one.finding.entities))
    assert told.id == "oom_kill_memcg"
    assert told.finding.time_quality == "anchored"
    bench.stop()


JOURNALCTL = """
import json, sys, time
from pathlib import Path

records, calls = Path(sys.argv[1]), Path(sys.argv[2])
with calls.open("a") as file:
    file.write(json.dumps(sys.argv[3:]) + "\\n")
after = [a.partition("=")[2] for a in sys.argv if a.startswith("--after-cursor=")]
sent = int(after[0].removeprefix("c")) if after else 0
while True:
    lines = records.read_text().splitlines()
    for number, line in enumerate(lines[sent:], start=sent + 1):
        if line == "die":
            if not after or int(after[0].removeprefix("c")) < number - 1:
                sys.exit(1)
            continue
        record = {
            "__CURSOR": f"c{number}", "__REALTIME_TIMESTAMP": str(1772600767000000 + number),
            "_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "trainer", "_HOSTNAME": "node-1",
            "MESSAGE": line,
        }
        print(json.dumps(record), flush=True)
    sent = len(lines)
    time.sleep(0.05)
"""
"""Stands in for journalctl: numbers its records, and dies where a record says so."""


class Journal:
    """Records that a program prints as journalctl does."""

    def __init__(self, folder: Path) -> None:
        self.records, self.calls = folder / "records", folder / "calls"
        self.records.write_text("")
        self.program = [sys.executable, "-c", JOURNALCTL, str(self.records), str(self.calls)]

    def say(self, *messages: str) -> None:
        with self.records.open("a") as file:
            file.writelines(message + "\n" for message in messages)

    def watch(self, known: State | None = None) -> Bench:
        state = known.journal if known is not None else None
        return Bench(
            lambda streams, note: JournalFeed(streams, note, known=state, program=self.program)
        )


NAN = "loss became NaN at step 12"
OOM = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB"
ILLEGAL = "RuntimeError: CUDA error: an illegal memory access was encountered"


def test_records_of_the_journal_are_told_with_their_host(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    bench = journal.watch()

    journal.say("ready", OOM)
    bench.until(lambda: bench.told)
    bench.stop()

    (told,) = bench.told
    assert (told.id, told.source, told.line) == ("cuda_oom", "journal", 2)
    assert told.finding.entities["host"] == ["node-1"]
    assert told.time == "2026-03-04T05:06:07.000002Z"


def test_a_journalctl_that_dies_goes_on_behind_the_last_record(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    bench = journal.watch()
    journal.say(OOM)
    bench.until(lambda: bench.told)

    journal.say("die", ILLEGAL)
    bench.until(lambda: "cuda_illegal_access" in bench.ids)
    bench.stop()

    assert bench.ids.count("cuda_oom") == 1
    assert "--after-cursor=c1" in journal.calls.read_text()
    assert any("started again" in note for note in bench.notes)


def test_a_watch_that_is_started_again_goes_on_behind_what_was_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first = journal.watch()
    journal.say("ready", OOM)
    first.until(lambda: first.told)
    state = first.stop()
    journal.say(ILLEGAL)

    second = journal.watch(state)
    second.until(lambda: second.told)
    second.stop()

    assert second.ids == ["cuda_illegal_access"]
    assert second.told[0].line == 3


def test_what_journalctl_is_asked_for() -> None:
    assert "--boot" in command("", None, kernel=True)
    assert "--since=@1772600767" in command("", 1772600767, kernel=True)
    assert "--after-cursor=c1" in command("c1", 1772600767, kernel=True)
    assert "_TRANSPORT=syslog" in command("", None, kernel=False)
    assert not any("TRANSPORT=kernel" in word for word in command("", None, kernel=False))


def driver(*words: object, then: str = "time.sleep(600)") -> list[str]:
    """A program that says what `nvml_child` says of a driver."""
    said = [json.dumps({"at": 1772600767 * 10**9, **dict(word)}) for word in words]  # type: ignore[call-overload]
    return [sys.executable, "-c", f"import time\nfor w in {said!r}: print(w, flush=True)\n{then}"]


READY = {"word": "ready", "cards": 2, "driver": "570.86.15"}
XID = {"word": "xid", "gpu": "00000000:65:00.0", "uuid": "GPU-1b9d6bcd", "xid": 79}


def test_an_xid_that_the_driver_tells_is_an_incident() -> None:
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=driver(READY, XID, XID)))

    bench.until(lambda: bench.told)
    bench.stop()

    (told,) = bench.told
    assert (told.id, told.source, told.time) == ("xid_79", "nvml", "2026-03-04T05:06:07.000000Z")
    assert told.finding.entities["gpu"] == ["0000:65:00.0"]


def test_an_uncorrectable_memory_error_is_an_incident() -> None:
    counts = {"word": "ecc", "gpu": "00000000:65:00.0", "corrected": 4, "uncorrected": 2}
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=driver(READY, counts)))

    bench.until(lambda: bench.told)
    bench.stop()

    assert bench.ids == ["ecc_dbe"]


def test_a_card_that_is_lost_is_an_incident() -> None:
    lost = {"word": "lost", "gpu": "00000000:65:00.0"}
    ended = {"word": "ended", "why": "GPU is lost"}
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=driver(READY, lost, ended)))

    bench.until(lambda: bench.told)
    bench.stop()

    assert bench.ids == ["gpu_lost"]
    assert bench.notes == ["nvml: GPU is lost"]


def test_an_xid_in_the_kernel_log_and_from_the_driver_is_one_incident(tmp_path: Path) -> None:
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=driver(READY, XID)))
    kernel = bench.watcher.open("kern.log")
    assert tmp_path.is_dir()

    kernel.take(b"<3>[ 9321.004417] NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off\n", 0)
    bench.until(lambda: bench.told)
    bench.until(lambda: any(event.source == "nvml" for event in bench.watcher._recent.events))
    bench.watcher.finish()
    bench.stop()

    assert bench.ids == ["xid_79"]


def test_a_driver_that_never_answers_is_said_and_asked_again() -> None:
    hanging = [sys.executable, "-c", "import time; time.sleep(600)"]
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=hanging, silent_s=0.3))
    feed = bench.feed
    assert isinstance(feed, NvmlFeed)

    bench.until(lambda: feed._child.starts > 1)
    bench.stop()

    assert bench.notes == ["nvml: the driver has not answered for 0 s; asking anew"]


def test_a_driver_that_dies_and_comes_back_is_listened_to_again(tmp_path: Path) -> None:
    mark = tmp_path / "second"
    name = repr(str(mark))
    then = f"import os\nif not os.path.exists({name}): open({name}, 'w'); raise SystemExit"
    twice = driver(READY, then=f"{then}\nprint({json.dumps({**XID, 'at': 1})!r}, flush=True)")
    bench = Bench(lambda streams, note: NvmlFeed(streams, note, command=twice))

    bench.until(lambda: bench.told)
    bench.stop()

    assert bench.ids == ["xid_79"]


def test_the_end_of_a_watch_ends_its_programs(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    bench = journal.watch()
    bench.until(journal.calls.exists)
    feed = bench.feed
    assert isinstance(feed, JournalFeed)
    process = feed._child._process
    assert process is not None

    bench.stop()

    assert process.poll() is not None


def test_without_a_driver_the_child_says_so_and_ends() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=60)

    words = [json.loads(line)["word"] for line in done.stdout.splitlines()]
    assert words[:1] in (["absent"], ["ready"])
