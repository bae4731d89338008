"""How long a key takes in the timeline of a large case, and how long the screen is ever blocked.

    python -m benchmarks.tui_keys                      a case of a million rows, made first
    python -m benchmarks.tui_keys --rows 6500000       as many as a log of 1 GiB has
    python -m benchmarks.tui_keys --case now.triage    one of your own

The app runs in this process without a terminal, 100 by 40. A key's time is from the press until all
that it caused is painted. Blocked: the longest time in which the app's loop did not come round.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from textual.pilot import Pilot

from triage.events import Event
from triage.testing import plain_answer
from triage.timeline.wanted import quoted
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.app import TriageApp
from triage.tui.timeline.log import EventLog
from triage.tui.timeline.screen import TimelineScreen

START = 1_772_424_306_000_000_000
SIZE = (100, 40)
TICK_S = 0.005
NEEDLE = "needle-7f3a"
FAR = 40
REPEATS = 20
WAIT_S = 60.0
WALK = (
    ("no key", "f20"), ("down", "j"), ("up", "k"), ("page down", "space"), ("page up", "b"),
    ("half down", "ctrl+d"), ("last row", "G"), ("first row", "g"), ("next error", "e"),
    ("a minute on", "]"), ("an hour on", "}"), ("wrap", "w"), ("to the right", "l"),
    ("times from here", "r"),
)  # fmt: skip


class Blocked:
    """Watches how long the loop does not come round."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            self.longest = max(self.longest, time.perf_counter() - began - TICK_S)

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Print the time of a block, and the longest stop in it."""
        self.longest, began = 0.0, time.perf_counter()
        yield
        spent = time.perf_counter() - began
        say(f"{what:<34}{spent * 1000:>10,.0f} ms   blocked {self.longest * 1000:>6,.0f} ms")


def say(line: str) -> None:
    """Print it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def made(folder: Path, rows: int) -> Path:
    """A case of so many plain rows of one source; the needle stands near its end."""
    random_ = random.Random(7)

    def event(number: int) -> Event:
        word = NEEDLE if number == rows - rows // 50 else random_.choice(("GET", "PUT", "probe"))
        fields: dict[str, str | int | float | bool | None] = {
            "host": f"node-{number % 7}",
            "pid": random_.randrange(30_000),
            "process": "kubelet",
        }
        if number % 5000 == 0:
            fields["level"] = "error"
        message = (
            f'"{word} /v1/rank" request={random_.getrandbits(64):016x} took '
            f"{random_.random() * 90:.3f} ms, {random_.randrange(10**6)} bytes, queue empty, "
            "next probe in ten seconds"
        )
        time_ns = START + number * 50_000_000
        return Event(
            "log.line", number, number, number * 160, "", message, fields, time_ns=time_ns,
            time_quality="exact",
        )  # fmt: skip

    def fill(case: CaseWriter) -> None:
        case.add_events(1, map(event, range(1, rows + 1)))

    path = folder / "keys.triage"
    write_case(path, plain_answer(), fill)
    return path


async def until(true: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.perf_counter() + WAIT_S
    while not true() and time.perf_counter() < deadline:  # noqa: ASYNC110 - it watches an app that knows nothing of this
        await asyncio.sleep(0.001)


async def measure(case: Path) -> None:
    """Open the case in the app and press keys."""
    app = TriageApp([str(case)], case, None)
    blocked = Blocked()
    try:
        async with app.run_test(size=SIZE) as pilot:
            watcher = asyncio.create_task(blocked.watch())
            await until(lambda: app.session is not None and app.session.case is not None)
            with blocked.during("timeline opened"):
                await pilot.press("t")
                await until(lambda: isinstance(app.screen, TimelineScreen) and ready(app))
            rows = len(app.screen.query_one(EventLog).order or ())
            say(f"{rows:,} rows")
            await walk(pilot, blocked)
            await searches(pilot, blocked)
            watcher.cancel()
    finally:
        app.leave()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"peak memory {peak:,.0f} MiB")


def ready(app: TriageApp) -> bool:
    """Whether rows are shown."""
    return app.screen.query_one(EventLog).order is not None


async def walk(pilot: Pilot[str], blocked: Blocked) -> None:
    """Each key some times, from other places; `no key` is what the harness itself takes."""
    log = pilot.app.screen.query_one(EventLog)
    total = len(log.order or ())
    random_ = random.Random(3)
    say(f"{'key':<20}{'median':>10}{'worst':>10}{'CPU':>10}{'blocked':>10}   (ms)")
    for what, key in WALK:
        spent, used = [], []
        blocked.longest = 0.0
        for _ in range(REPEATS):
            log.go(random_.randrange(total))
            await pilot.pause()
            began, began_cpu = time.perf_counter(), time.process_time()
            await pilot.press(key)
            spent.append((time.perf_counter() - began) * 1000)
            used.append((time.process_time() - began_cpu) * 1000)
        middle = statistics.median
        row = f"{middle(spent):>10.1f}{max(spent):>10.1f}{middle(used):>10.1f}"
        say(f"{what:<20}{row}{blocked.longest * 1000:>10.1f}")


def far(log: EventLog) -> str:
    """A text of a row near the end, long enough to stand nowhere else."""
    assert log.pages is not None
    assert log.order is not None
    row = log.pages.row(log.order, len(log.order) - len(log.order) // 50 - 1)
    return quoted(row.message[-FAR:])


async def searches(pilot: Pilot[str], blocked: Blocked) -> None:
    """A time, and patterns that are rare, frequent and absent, from the first row."""
    screen = pilot.app.screen
    assert isinstance(screen, TimelineScreen)
    log, finder = screen.query_one(EventLog), screen.finder
    with blocked.during("go to a time (+40min)"):
        await pilot.press("g", "t", *"+40min", "enter")
        await until(lambda: log.cursor > 0)
    for text in (far(log), "probe|xid", "error", "no-such-thing"):
        await pilot.press("g", "slash")
        with blocked.during(f"all hits of {text!r}"):
            began = time.perf_counter()
            screen.search(text)
            await until(lambda: finder.jumped or finder.done)
            first = (time.perf_counter() - began) * 1000
            await until(lambda: finder.done)
        say(f"{'':<20}{len(finder.hits):>14,} hits, first after {first:,.0f} ms")
        await pilot.press("escape")


def main() -> None:
    """Make or take a case, measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        case = arguments.case
        if case is None:
            began = time.perf_counter()
            case = made(Path(folder), arguments.rows)
            say(f"case of {arguments.rows:,} rows made in {time.perf_counter() - began:.0f} s")
        asyncio.run(measure(case))


if __name__ == "__main__":
    main()
