"""The local engine: worker processes under a supervisor that outlives whatever they do.

A worker that dies, hangs or grows beyond its limit costs its own bundle only, which is tried once
more when all others are done: what died or grew alone on the machine and in a fresh process.
"""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from triage.batch.job import failure
from triage.batch.messages import Reply, Start, Task
from triage.batch.model import Cause, Recipe, Status, key_of
from triage.batch.process import Worker
from triage.batch.run import Running
from triage.batch.store import Store
from triage.bundle.limits import GIB, MIB
from triage.errors import TriageError

TICK = 0.2
"""Seconds between two looks at the workers."""
MAX_TRIES = 3
"""How often a bundle is tried when a store does not answer."""
MAX_FALSE_STARTS = 3
RECYCLE_AFTER = 500
"""Bundles of one worker: memory that somebody forgot to give back ends with it."""
SHARE = 0.8
"""Of the machine's memory, for all workers together."""
LEAST, MOST = 512 * MIB, 8 * GIB


@dataclass(slots=True)
class _State:
    waiting: deque[Task]
    alone: deque[Task] = field(default_factory=deque)
    """To be tried again when the others are done."""
    workers: list[Worker] = field(default_factory=list)
    false_starts: int = 0
    finished: deque[Status] = field(default_factory=deque)


class LocalEngine:
    """Runs tasks on this machine."""

    def __init__(self, store: Store, out: str, recipe: Recipe, workers: int) -> None:
        self._store = store
        self._recipe = recipe
        self._start = Start(out, recipe)
        self._count = workers

    def run(self, tasks: Iterable[Task]) -> Running:
        """The status of each bundle as it is done; None now and then, while nothing is.

        Closing the iterator ends all workers at once.
        """
        state = _State(deque(tasks))
        with selectors.DefaultSelector() as selector:
            try:
                while state.waiting or state.alone or any(w.task for w in state.workers):
                    self._staff(state, selector)
                    ready = selector.select(TICK)
                    for key, _ in ready:
                        self._hear(key.data, state, selector)
                    self._watch(state, selector)
                    while state.finished:
                        yield state.finished.popleft()
                    if not ready:
                        yield None
            finally:
                for worker in state.workers:
                    worker.kill()
                for worker in state.workers:
                    self._sweep(worker.task)

    def _staff(self, state: _State, selector: selectors.BaseSelector) -> None:
        """Start workers, and hand out tasks."""
        busy = sum(worker.task is not None for worker in state.workers)
        if not state.waiting and state.alone and not busy:
            for worker in list(state.workers):  # the next one is alone, in a fresh process
                self._dismiss(worker, state, selector)
            state.waiting.append(state.alone.popleft())
        wanted = min(self._count, busy + len(state.waiting))
        while len(state.workers) < wanted:
            worker = Worker(self._start)
            state.workers.append(worker)
            selector.register(worker, selectors.EVENT_READ, worker)
        for worker in state.workers:
            if worker.ready and worker.task is None and state.waiting:
                worker.give(state.waiting.popleft())

    def _hear(self, worker: Worker, state: _State, selector: selectors.BaseSelector) -> None:
        replies = worker.replies()
        if replies is None:
            self._buried(worker, state, selector)
            return
        spent = False
        for reply in replies:
            if not worker.ready:
                worker.ready, worker.base = True, worker.memory()
                state.false_starts = 0
            elif worker.task is not None:
                task, worker.task = worker.task, None
                worker.done += 1
                self._take(task, reply, state)
                spent = spent or reply.cause == "memory"
        if spent or (worker.task is None and worker.done >= RECYCLE_AFTER):
            self._dismiss(worker, state, selector)

    def _buried(self, worker: Worker, state: _State, selector: selectors.BaseSelector) -> None:
        """A worker is dead."""
        cause, message = worker.death()
        task = worker.task
        worker.task = None
        self._dismiss(worker, state, selector)
        if task is not None:
            self._sweep(task)
            self._failed(task, cause, message, state)
        elif not worker.ready:
            state.false_starts += 1
            if state.false_starts >= MAX_FALSE_STARTS:
                raise TriageError(f"workers do not start: {message}")

    def _watch(self, state: _State, selector: selectors.BaseSelector) -> None:
        """End what takes too long or too much."""
        for worker in list(state.workers):
            if worker.task is None:
                continue
            limit, memory = self._recipe.seconds, self._recipe.memory
            cause: Cause
            if limit and time.monotonic() - worker.begun > limit:
                cause, message = "timeout", f"it took longer than {limit:g} s {worker.stack()}"
            elif memory and worker.memory() > worker.base + memory:
                cause, message = "memory", f"it needs more than {memory / GIB:.3g} GiB of memory"
            else:
                continue
            task, worker.task = worker.task, None
            self._dismiss(worker, state, selector)
            self._sweep(task)
            self._failed(task, cause, message.strip(), state)

    def _take(self, task: Task, reply: Reply, state: _State) -> None:
        if reply.status is not None:
            state.finished.append(reply.status)
        elif reply.cause is not None:
            self._failed(task, reply.cause, reply.message, state)

    def _failed(self, task: Task, cause: Cause, message: str, state: _State) -> None:
        """Try it again, or say that it failed."""
        again = Task(task.uri, task.attempt + 1, task.replace)
        if task.attempt < (MAX_TRIES if cause == "lost" else 2) and cause in {"lost", "timeout"}:
            state.waiting.append(again)  # behind all others; one by one they would take all night
        elif cause != "lost" and task.attempt == 1:
            state.alone.append(again)
        else:
            status = failure(task.uri, self._recipe, cause, message, task.attempt)
            state.finished.append(self._store.commit(status, replace=task.replace))

    def _sweep(self, task: Task | None) -> None:
        """What a worker left that was killed."""
        if task is not None:
            self._store.sweep(self._recipe.run, key_of(task.uri))

    def _dismiss(self, worker: Worker, state: _State, selector: selectors.BaseSelector) -> None:
        selector.unregister(worker)
        state.workers.remove(worker)
        worker.kill()


def default_workers() -> int:
    """As many as this process may use cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def default_memory(workers: int) -> int:
    """Bytes that each worker may take: its share of what this machine, or container, has."""
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            have = min(have, int(Path("/sys/fs/cgroup", name).read_text()))
        except (OSError, ValueError):  # another kind of cgroup, or `max`
            continue
    return min(MOST, max(LEAST, int(have * SHARE / workers)))
