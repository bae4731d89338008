"""One call of `triage batch`: what is to do, what is done already, and how far it is.

plan = plan_batch(store, uris, recipe, shard=None, retry_failed=False)
for status in follow(plan, engine): ...
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from triage.batch.bundles import fingerprint_of
from triage.batch.messages import Task
from triage.batch.model import Recipe, Status, key_of
from triage.batch.shard import Shard
from triage.batch.storage import AT_ONCE
from triage.batch.store import Store
from triage.errors import BundleError

Running = Generator[Status | None, None, None]


class Engine(Protocol):
    """What runs tasks."""

    def run(self, tasks: Iterable[Task]) -> Running:
        """The status of each bundle as it is done; None now and then, while nothing is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call has to do."""

    bundles: int
    """In this shard."""
    tasks: tuple[Task, ...]
    kept: tuple[Status, ...]
    """Results that are there already and still hold, failures too."""
    again: int = 0
    """Of the tasks, those with a result by other options, or by other signatures."""


@dataclass(slots=True)
class Progress:
    """How far a batch is."""

    total: int
    kept: int
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    """In this call, failures included."""
    outcomes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    busy: float = 0
    """Seconds that the scans took, all workers together."""

    def add(self, status: Status) -> None:
        """One more bundle."""
        self.done += 1
        self.outcomes[status.outcome] += 1
        self.verdicts[status.verdict or "none"] += 1
        self.bytes += status.bytes
        self.busy += status.seconds

    @property
    def seconds(self) -> float:
        """Since the batch began."""
        return max(time.monotonic() - self.begun, 1e-9)

    @property
    def rate(self) -> float:
        """Bundles a second."""
        return self.done / self.seconds

    @property
    def left(self) -> float | None:
        """Seconds until it is done, at this rate; None before anything is."""
        open_ = self.total - self.kept - self.done
        return open_ / self.rate if self.done else None


def plan_batch(
    store: Store,
    uris: Sequence[str],
    recipe: Recipe,
    *,
    shard: Shard | None = None,
    retry_failed: bool = False,
) -> Plan:
    """Leave out what has a result by the same recipe and was not changed since, in any run.

    Failures stay as they are, unless they are to be tried again.
    """
    mine = [uri for uri in uris if shard is None or shard.holds(uri)]
    newest = store.newest()
    here = store.committed(recipe.run)
    known = [uri for uri in mine if key_of(uri) in newest]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        prints = dict(zip(known, pool.map(_fingerprint, known), strict=True))
    tasks, kept = [], []
    again = 0
    digest = recipe.digest()
    for uri in mine:
        key = key_of(uri)
        there = newest.get(key)
        if (
            there is not None
            and (there.done or not (retry_failed or there.cause == "lost"))
            and there.recipe == digest
            and prints[uri] in {there.fingerprint, None}
        ):
            kept.append(there)
            continue
        again += there is not None and there.recipe != digest
        old = here.get(key)
        tasks.append(Task(uri, replace=old.status if old else None))
    return Plan(len(mine), tuple(tasks), tuple(kept), again)


def follow(plan: Plan, engine: Engine, progress: Progress) -> Running:
    """Run what is to do; each status as it is done, None now and then. Closing it stops it."""
    with closing(engine.run(plan.tasks)) as running:
        for status in running:
            if status is not None:
                progress.add(status)
            yield status


def _fingerprint(uri: str) -> str | None:
    """None for what is gone: its result stays."""
    try:
        return fingerprint_of(uri)
    except BundleError:
        return None
