"""Processes that read the segments of a large log, so that all cores read it.

Python runs on one core at a time, and what is done round a hit is Python. A process that is lost
costs time, not findings: what it was reading is read here.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from triage.ingest.plain_parts import PartRead, PlainPart
from triage.ingest.segments import Segment, SegmentReader, Told
from triage.own_process import own_environment, own_module
from triage.signatures.compiled import Plan

MAX_WORKERS = 8
"""More are no faster: one process puts together what they tell."""
LENGTH_BYTES = 8
Task = TypeVar("Task")
Result = TypeVar("Result")


def cores(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """How many this process may use: those it may run on, and what its container grants."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        with contextlib.suppress(OSError, ValueError):
            quota, period = " ".join((groups / name).read_text() for name in names).split()
            if quota.isdecimal():  # else `max` or -1: no limit
                return max(1, min(count, -(-int(quota) // int(period))))
    return count


class Crew:
    """Starts when it is first asked to read; ends with its context."""

    def __init__(self, plan: Plan, workers: int | None = None) -> None:
        """`workers`: one for each core unless given; one alone would only be in the way."""
        self.workers = min(cores() if workers is None else workers, MAX_WORKERS)
        self._plan = plan
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._all: list[_Worker] = []
        self._local = SegmentReader(plan)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._all:
            worker.close()

    def __bool__(self) -> bool:
        """Whether it is any help."""
        return self.workers > 1

    def read(self, segments: Iterable[Segment]) -> Iterator[Told]:
        """What each segment told, in their order."""
        return self._shared(segments, self._local.read)

    def read_plain(self, parts: Iterable[PlainPart]) -> Iterator[PartRead]:
        """The plain records of each part, in their order."""
        return self._shared(parts, self._local.read_plain)

    def _shared(self, tasks: Iterable[Task], here: Callable[[Task], Result]) -> Iterator[Result]:
        """What comes of each task; `here` does it in this process."""
        waiting: deque[tuple[Task, Future[Result | None]]] = deque()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for task in tasks:
                    if self._idle.empty() and len(self._all) < self.workers:
                        self._add()
                    waiting.append((task, pool.submit(self._ask, task)))
                    if len(waiting) > self.workers + 1:
                        yield _answered(*waiting.popleft(), here)
                while waiting:
                    yield _answered(*waiting.popleft(), here)
            finally:
                for _, future in waiting:
                    future.cancel()

    @property
    def processes(self) -> list[subprocess.Popen[bytes]]:
        """Those that were started."""
        return [worker.process for worker in self._all]

    def start(self) -> None:
        """Start all; reading starts them one by one, as it needs them."""
        while len(self._all) < self.workers:
            self._add()

    def _add(self) -> None:
        worker = _Worker(self._plan)
        self._all.append(worker)
        self._idle.put(worker)

    def _ask(self, task: object) -> Any:  # noqa: ANN401  what a process of ours answers to it
        worker = self._idle.get()
        try:
            return worker.ask(task)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process."""

    def __init__(self, plan: Plan) -> None:
        self.process = subprocess.Popen(  # noqa: S603  our own module
            own_module("triage.ingest.crew_worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=own_environment(POLARS_MAX_THREADS="1"),  # each has a core, not all of them
            start_new_session=True,  # Ctrl-C is for the one who asks
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._requests, self._replies = self.process.stdin, self.process.stdout
        self._first = pickle.dumps((plan.knowledge.signatures, plan.knowledge.literals), 5)
        self._alive = True

    def ask(self, task: object) -> Any:  # noqa: ANN401  what `crew_worker` makes of it
        """What comes of a task; None where it cannot tell."""
        if not self._alive:
            return None
        try:
            if self._first:
                send(self._requests, self._first)
                self._first = b""
            send(self._requests, pickle.dumps(task, 5))
            reply = receive(self._replies)
        except OSError:
            reply = None
        if reply is None:
            self._alive = False
            return None
        return pickle.loads(reply)  # noqa: S301  of our own process

    def close(self) -> None:
        """End it."""
        for pipe in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                pipe.close()
        self.process.kill()
        self.process.wait()


def _answered(task: Task, future: Future[Result | None], here: Callable[[Task], Result]) -> Result:
    result = future.result()
    return here(task) if result is None else result


def send(pipe: IO[bytes], message: bytes) -> None:
    """Write one message."""
    pipe.write(len(message).to_bytes(LENGTH_BYTES, "big"))
    pipe.write(message)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; None at the end."""
    head = pipe.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    message = pipe.read(size)
    return message if len(message) == size else None
