"""Runs child processes side by side, each with a time limit; none can hold up the others.

A child that ignores even SIGKILL sits in the kernel (a sick driver, a dead mount). It is left
behind, and where it hangs is part of the answer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from triage.collect.room import WHY, is_full, is_lack

AT_ONCE = 8
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK = 0.02
GRACE = 1.0
"""Seconds that a killed child has to go."""
MAX_BYTES = 256 << 20
"""Of one answer."""
MAX_ERROR = 4096

End = Literal["done", "timeout", "too_long", "no_room", "no_time", "not_started"]


@dataclass(frozen=True, slots=True)
class Job:
    """A command, what it reads, and where its answer goes."""

    name: str
    command: Sequence[str]
    out: Path
    seconds: float
    stdin: bytes | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went."""

    job: Job
    end: End
    status: int | None
    """Exit status; negative for a signal; None where it never ended."""
    seconds: float
    error: str
    """The end of its standard error, or why it did not run or end."""


@dataclass(slots=True)
class _Child:
    job: Job
    process: subprocess.Popen[bytes]
    errors: Path
    started: float
    ends: float


def run_all(
    jobs: Sequence[Job],
    deadline: float,
    at_once: int = AT_ONCE,
    started: Callable[[str], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Run all; yield each as it ends. `deadline`: of `time.monotonic`, for all together."""
    waiting = list(jobs)
    children: list[_Child] = []
    try:
        while waiting or children:
            while waiting and len(children) < at_once:
                job = waiting.pop(0)
                left = deadline - time.monotonic()
                if left <= 0:
                    yield Outcome(job, "no_time", None, 0.0, "the time for all was used up")
                    continue
                started(job.name)
                with _undisturbed():
                    child = _start(job, min(job.seconds, left))
                    if isinstance(child, _Child):
                        children.append(child)
                if isinstance(child, Outcome):
                    yield child
            ended = [(child, outcome) for child in children if (outcome := _look(child))]
            for child, outcome in ended:
                children.remove(child)
                yield outcome
            if not ended and children:
                time.sleep(TICK)
    finally:
        for child in children:
            _kill(child)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """An interruption comes when this is over: a child that nobody knows yet would outlive us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {number: signal.getsignal(number) for number in INTERRUPTIONS}
    ours = {number: handler for number, handler in before.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for one in heard:
            ours[signal.Signals(one)](one, None)


def _start(job: Job, seconds: float) -> _Child | Outcome:
    try:
        return _started(job, seconds)
    except OSError as failure:
        for part in _beside(job.out):
            part.unlink(missing_ok=True)
        end: End = "no_room" if is_lack(failure) else "not_started"
        why = WHY if end == "no_room" else failure.strerror or str(failure)
        return Outcome(job, end, None, 0.0, why)


def _beside(out: Path) -> tuple[Path, Path]:
    """Files for what it reads, and for its standard error."""
    return out.with_name(f"{out.name}.stdin"), out.with_name(f"{out.name}.stderr")


def _started(job: Job, seconds: float) -> _Child:
    job.out.parent.mkdir(parents=True, exist_ok=True)
    text, errors = _beside(job.out)
    with ExitStack() as files:
        source = subprocess.DEVNULL
        if job.stdin is not None:
            text.write_bytes(job.stdin)
            source = files.enter_context(text.open("rb")).fileno()
            text.unlink()
        out = files.enter_context(job.out.open("wb"))
        error = files.enter_context(errors.open("wb"))
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  our own commands, no shell between
            job.command,
            stdin=source,
            stdout=out,
            stderr=error,
            start_new_session=True,
            env={**os.environ, **job.environment},
        )
    return _Child(job, process, errors, began, began + seconds)


def _look(child: _Child) -> Outcome | None:
    """Its outcome, if it ended or had to be ended."""
    status = child.process.poll()
    now = time.monotonic()
    end: End = "done"
    where = ""
    if status is None:
        too_long = child.job.out.stat().st_size > MAX_BYTES
        if now < child.ends and not too_long:
            return None
        end = "too_long" if too_long else "timeout"
        where = _whereabouts(child.process.pid)
        _kill(child)
        status = child.process.poll()
    elif is_full(child.job.out.parent):
        end = "no_room"  # many a program does not notice that its end was not written
    seconds = now - child.started
    error = WHY if end == "no_room" else _tail(child.errors)
    child.errors.unlink(missing_ok=True)
    if end == "timeout":
        error = f"no answer within {seconds:.0f} s{where}"
    elif end == "too_long":
        error = f"more than {MAX_BYTES >> 20} MiB; the rest was left out"
    return Outcome(child.job, end, status, seconds, error)


def _kill(child: _Child) -> None:
    """The whole process group; a child that sits in the kernel is left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
    try:
        child.process.wait(GRACE)
    except subprocess.TimeoutExpired:  # reaped when it comes out of the kernel, if it ever does
        threading.Thread(target=child.process.wait, daemon=True).start()


def _whereabouts(group: int) -> str:
    """In which state a process group waits, and in which function of the kernel.

    Of several processes the one that cannot be interrupted speaks, else the youngest.
    """
    found: list[tuple[bool, int, str]] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            words = (folder / "stat").read_text().rpartition(") ")[2].split()
            if int(words[2]) == group:
                found.append((words[0] == "D", int(folder.name), words[0]))
    if not found:
        return ""
    _, pid, state = max(found)
    place = ""
    with suppress(OSError):
        place = Path(f"/proc/{pid}/wchan").read_text().strip("0\n ")
    return f" (state {state}{f', in {place}' if place else ''})"


def _tail(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(path.stat().st_size - MAX_ERROR, 0))
        return file.read().decode("utf-8", "replace").strip()
    return ""
