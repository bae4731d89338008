"""How far a batch is: one line on a terminal, JSON lines for machines, nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

import msgspec

from triage.batch.model import Status
from triage.batch.run import Plan, Progress
from triage.batch.wording import number

EVERY = 1.0
"""Seconds between two JSON lines that tell the rate."""
MINUTE, HOUR = 60, 3600


class Teller(Protocol):
    """Whoever is told how far a batch is."""

    def start(self, run: str, plan: Plan) -> None:
        """It begins."""

    def tell(self, status: Status | None, progress: Progress) -> None:
        """A bundle is done, or time has passed."""

    def end(self, progress: Progress, *, interrupted: bool) -> None:
        """It is over."""


class Silent:
    """Says what will be done and what failed, on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def start(self, run: str, plan: Plan) -> None:
        """How many bundles there are, and how many have a result."""
        if not self._quiet:
            sys.stderr.write(start_line(run, plan) + "\n")

    def tell(self, status: Status | None, progress: Progress) -> None:  # noqa: ARG002  one form for all
        """Name what failed."""
        if status is not None and not status.done:
            sys.stderr.write(failure_line(status) + "\n")

    def end(self, progress: Progress, *, interrupted: bool) -> None:
        """How to go on, if it was interrupted."""
        if interrupted:
            sys.stderr.write(stopped_line(progress) + "\n")


class JsonLines:
    """One JSON object a line on standard output: start, bundle, progress, end."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = 0.0

    def start(self, run: str, plan: Plan) -> None:
        """What is to do."""
        self._write("start", run=run, bundles=plan.bundles, kept=len(plan.kept), again=plan.again)

    def tell(self, status: Status | None, progress: Progress) -> None:
        """What came of a bundle; the rate now and then."""
        if status is not None:
            self._write("bundle", **msgspec.to_builtins(status))
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._progress("progress", progress)

    def end(self, progress: Progress, *, interrupted: bool) -> None:
        """The sums."""
        self._progress("end", progress, interrupted=interrupted)

    def _progress(self, event: str, progress: Progress, **more: object) -> None:
        left = progress.left
        self._write(
            event,
            total=progress.total,
            kept=progress.kept,
            done=progress.done,
            failed=progress.outcomes["failed"],
            partly=progress.outcomes["partly"],
            seconds=round(progress.seconds, 3),
            bundles_per_second=round(progress.rate, 3),
            bytes_per_second=round(progress.bytes / progress.seconds),
            seconds_left=None if left is None else round(left, 1),
            **more,
        )

    def _write(self, event: str, **values: object) -> None:
        self._out.write(msgspec.json.encode({"event": event, **values}).decode() + "\n")
        self._out.flush()


class Terminal(Silent):
    """One line that changes."""

    def __init__(self) -> None:
        super().__init__(quiet=False)
        from rich.console import Console  # noqa: PLC0415  only a terminal needs it

        self._console = Console(stderr=True, markup=False, highlight=False)
        self._status = self._console.status("starting")

    def start(self, run: str, plan: Plan) -> None:
        """Say what will be done, and begin to draw."""
        super().start(run, plan)
        self._status.start()

    def tell(self, status: Status | None, progress: Progress) -> None:
        """Redraw the line; failures stay above it."""
        from rich.text import Text  # noqa: PLC0415  only a terminal needs it

        if status is not None and not status.done:
            self._console.print(Text(failure_line(status)))
        self._status.update(Text(progress_line(progress)))

    def end(self, progress: Progress, *, interrupted: bool) -> None:
        """Take the line away."""
        self._status.stop()
        super().end(progress, interrupted=interrupted)


def start_line(run: str, plan: Plan) -> str:
    """What a batch is about to do."""
    parts = [f"triage: run {run}: {number(plan.bundles, 'bundle')}"]
    if plan.kept:
        parts.append(f"{len(plan.kept):,} have a result")
    if plan.again:
        parts.append(f"{plan.again:,} are scanned again, by other options or signatures")
    return ", ".join(parts)


def progress_line(progress: Progress) -> str:
    """Such as `412 of 1,000 bundles, 3 failed, 14.2/s, 28 MB/s, 41 s left`."""
    parts = [f"{progress.kept + progress.done:,} of {number(progress.total, 'bundle')}"]
    if progress.outcomes["failed"]:
        parts.append(f"{progress.outcomes['failed']:,} failed")
    if progress.done:
        parts.append(f"{progress.rate:.3g}/s")
        parts.append(f"{progress.bytes / progress.seconds / 1e6:,.0f} MB/s")
    if progress.left:
        parts.append(f"{span(progress.left)} left")
    return ", ".join(parts)


def failure_line(status: Status) -> str:
    """Which bundle failed, and why."""
    return f"triage: {status.uri}: {status.cause}: {status.message}"


def stopped_line(progress: Progress) -> str:
    """What an interrupted batch left."""
    done = f"{progress.kept + progress.done:,} of {progress.total:,}"
    return f"triage: stopped; {done} bundles are done and kept: the same command goes on from there"


def span(seconds: float) -> str:
    """Such as `41 s`, `12 min`, `3 h 20 min`."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds // HOUR:.0f} h {seconds % HOUR / MINUTE:.0f} min"


@contextmanager
def telling(*, quiet: bool, json_lines: bool) -> Iterator[Teller]:
    """Whoever fits the place where the batch runs."""
    teller: Teller
    if json_lines:
        teller = JsonLines(sys.stdout)
    elif quiet or not sys.stderr.isatty():
        teller = Silent(quiet=quiet)
    else:
        teller = Terminal()
    yield teller
