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
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Self

from triage.ingest.segments import Segment, SegmentReader, Told
from triage.own_process import own_environment, own_module
from triage.signatures.compiled import Plan

MAX_WORKERS = 8
"""More are no faster: one process puts together what they tell."""
LENGTH_BYTES = 8


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
        waiting: deque[tuple[Segment, Future[Told | None]]] = deque()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for segment in segments:
                    if self._idle.empty() and len(self._all) < self.workers:
                        self._add()
                    waiting.append((segment, pool.submit(self._ask, segment)))
                    if len(waiting) > self.workers + 1:
                        yield self._answered(*waiting.popleft())
                while waiting:
                    yield self._answered(*waiting.popleft())
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

    def _ask(self, segment: Segment) -> Told | None:
        worker = self._idle.get()
        try:
            return worker.ask(segment)
        finally:
            self._idle.put(worker)

    def _answered(self, segment: Segment, future: Future[Told | None]) -> Told:
        told = future.result()
        return self._local.read(segment) if told is None else told


class _Worker:
    """One process."""

    def __init__(self, plan: Plan) -> None:
        self.process = subprocess.Popen(  # noqa: S603  our own module
            own_module("triage.ingest.crew_worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=own_environment(),
            start_new_session=True,  # Ctrl-C is for the one who asks
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._requests, self._replies = self.process.stdin, self.process.stdout
        self._first = pickle.dumps((plan.knowledge.signatures, plan.knowledge.literals), 5)
        self._alive = True

    def ask(self, segment: Segment) -> Told | None:
        """What it tells of a segment; None where it cannot."""
        if not self._alive:
            return None
        try:
            if self._first:
                send(self._requests, self._first)
                self._first = b""
            send(self._requests, pickle.dumps(segment, 5))
            reply = receive(self._replies)
        except OSError:
            reply = None
        if reply is None:
            self._alive = False
            return None
        told: Told = pickle.loads(reply)  # noqa: S301  of our own process
        return told

    def close(self) -> None:
        """End it."""
        for pipe in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                pipe.close()
        self.process.kill()
        self.process.wait()


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
