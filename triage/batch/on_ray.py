"""The same tasks on a Ray cluster. Needs the extra `ray`; nothing of Ray is imported without it.

A task says that it has begun before it scans, so that the time limit does not count the waiting.
Each has a worker process to itself: whatever a bundle does there, it costs no other. Bundles and
store must be within reach of every node, and this program installed there.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triage.batch.job import failure, warm_up
from triage.batch.messages import Reply, Start, Task
from triage.batch.model import Cause, Recipe, Status, key_of
from triage.batch.run import Running
from triage.batch.store import Store
from triage.batch.worker import limited, work
from triage.errors import TriageError, UsageError

if TYPE_CHECKING:  # an extra
    from ray import ObjectRefGenerator

TICK = 0.5
PER_CORE = 2
"""Tasks that wait or run, for each core of the cluster: enough to keep it busy, few to cancel."""
MAX_TRIES = {"lost": 4, "crashed": 3}
"""How often a bundle is tried; twice unless named. A node that goes away takes workers with it,
and a worker that died does not say which it was."""
RECYCLE_AFTER = 500
MISSING = "--engine ray needs the extra ray: pip install 'incident-triage[ray]'"


@dataclass(slots=True)
class _Running:
    task: Task
    begun: float | None = None
    """None while it waits for a core."""
    late: bool = False


class RayEngine:
    """Runs tasks on a cluster: the one at `address`, or one of its own on this machine."""

    def __init__(
        self, store: Store, out: str, recipe: Recipe, *, workers: int, address: str | None
    ) -> None:
        self._store = store
        self._start = Start(out, recipe)
        self._recipe = recipe
        self._workers = workers
        self._address = address

    def run(self, tasks: Iterable[Task]) -> Running:
        """The status of each bundle as it is done; None now and then, while nothing is.

        Closing the iterator cancels what runs.
        """
        ray = self._connected()
        scan = ray.remote(
            num_cpus=1, max_retries=0, max_calls=RECYCLE_AFTER, num_returns="streaming"
        )(_scan)
        waiting = deque(tasks)
        running: dict[ObjectRefGenerator, _Running] = {}
        try:
            while waiting or running:
                most = PER_CORE * max(1, int(ray.cluster_resources().get("CPU", 1)))
                while waiting and len(running) < most:
                    task = waiting.popleft()
                    running[scan.remote(task, self._start)] = _Running(task)
                ready, _ = ray.wait(
                    list(running), num_returns=len(running), timeout=TICK, fetch_local=False
                )
                yield from self._heard(ray, ready, running, waiting)
                self._cancel_late(ray, running)
                if not ready:
                    yield None
        finally:
            for generator, one in running.items():
                ray.cancel(generator, force=True)
                self._store.sweep(self._recipe.run, key_of(one.task.uri))
            if self._address is None:
                ray.shutdown()

    def _connected(self) -> Any:  # noqa: ANN401  a module that may be missing
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray  # noqa: PLC0415  an extra
        except ImportError as error:
            raise UsageError(MISSING) from error
        if not ray.is_initialized():
            own = {"num_cpus": self._workers, "include_dashboard": False}
            place = {"address": self._address} if self._address else own
            try:
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **place)
            except (ConnectionError, ValueError, RuntimeError) as error:
                where = self._address or "this machine"
                first = str(error).strip().split("\n", 1)[0]
                raise TriageError(f"no Ray cluster at {where}: {first}") from error
        return ray

    def _heard(
        self,
        ray: Any,  # noqa: ANN401  a module that may be missing
        ready: Iterable[ObjectRefGenerator],
        running: dict[ObjectRefGenerator, _Running],
        waiting: deque[Task],
    ) -> Iterator[Status]:
        for generator in ready:
            one = running[generator]
            reply = self._said(ray, generator, one)
            if reply is None:  # it has begun
                one.begun = time.monotonic()
                continue
            del running[generator]
            if reply.status is not None:
                yield reply.status
            elif reply.cause is not None:
                yield from self._failed(one.task, reply.cause, reply.message, waiting)

    def _said(self, ray: Any, generator: ObjectRefGenerator, one: _Running) -> Reply | None:  # noqa: ANN401  as above
        """What a task yielded, or why it did not."""
        errors = ray.exceptions
        try:
            reply: Reply | None = ray.get(next(generator))
        except errors.RayError as error:
            return self._lost(errors, error, one)
        except StopIteration:
            return Reply(cause="crashed", message="its task ended without a result")
        return reply

    def _lost(self, errors: Any, error: Exception, one: _Running) -> Reply:  # noqa: ANN401  as above
        if one.late:
            return Reply(cause="timeout", message=f"it took longer than {self._recipe.seconds:g} s")
        first = str(error).strip().split("\n", 1)[0]
        cause: Cause = "crashed"
        if isinstance(error, errors.OutOfMemoryError):
            cause = "memory"
        elif isinstance(error, errors.NodeDiedError | errors.ObjectLostError):
            cause = "lost"
        elif isinstance(error, errors.RayTaskError):
            cause = "raised"
        return Reply(cause=cause, message=f"{type(error).__name__}: {first}")

    def _cancel_late(
        self,
        ray: Any,  # noqa: ANN401  a module that may be missing
        running: dict[ObjectRefGenerator, _Running],
    ) -> None:
        limit = self._recipe.seconds
        for generator, one in running.items():
            if limit and one.begun and not one.late and time.monotonic() - one.begun > limit:
                one.late = True
                ray.cancel(generator, force=True)

    def _failed(
        self, task: Task, cause: Cause, message: str, waiting: deque[Task]
    ) -> Iterator[Status]:
        """Try it again, or say that it failed."""
        self._store.sweep(self._recipe.run, key_of(task.uri))
        if task.attempt < MAX_TRIES.get(cause, 2):
            waiting.append(Task(task.uri, task.attempt + 1, task.replace))
            return
        status = failure(task.uri, self._recipe, cause, message, task.attempt)
        yield self._store.commit(status, replace=task.replace)


def _scan(task: Task, start: Start) -> Iterator[Reply | None]:
    """On a node: say that it has begun, then what came of it."""
    warm_up(start.recipe)  # a fresh worker's time is not the bundle's
    yield None
    with limited(start.recipe.memory):
        reply = work(task, start)
    yield reply
