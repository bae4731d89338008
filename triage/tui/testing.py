"""For tests of screens: a small incident that never changes, and the app at its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from triage.answer import (
    Answer,
    BundleInfo,
    Evidence,
    Finding,
    Link,
    NotThis,
    Related,
    RuledOut,
    SourceInfo,
    Suppressed,
    Tool,
    Undecided,
    Verdict,
)
from triage.events import Event, Value
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.app import TriageApp

SIZE = (100, 40)
TRIES = 1000
REST_TRIES = 300
"""What goes on for longer, the test waits for itself: `until`."""
CALM = 3
"""Looks in a row at which nothing is to be done: what a thread posted is taken between them."""
LASTING = "opening"
"""Group of the worker that goes on for as long as a bundle is read."""
KILL = "2031-03-04T05:06:07.500000Z"
EXIT = "2031-03-04T05:06:09.000000Z"
_KILL_NS = 1_930_453_567_500_000_000


def incident(title: str = "The kernel killed python3 (pid 4711) for lack of memory") -> Answer:
    """A kill, the exit code that it explains, and what else an answer may hold."""
    kill = Finding(
        id="oom_kill", title=title, severity="critical", role="cause", rank=1, confidence=0.98,
        count=1, first_seen=KILL, last_seen=KILL, time_quality="exact",
        entities={"pid": [4711], "process": ["python3"], "host": ["node-7"]},
        because=["constraint=CONSTRAINT_NONE: the whole node was short of memory"],
        not_=[NotThis("k8s_memory_limit", "the kill was global")],
        related=[Related("env_skew", 3, "host node-7")],
        evidence=[
            Evidence("kern.log", 2, 3, 40, KILL, "exact",
                     "kernel: Out of memory: Killed process 4711 (python3)\n"
                     "kernel: oom_reaper: reaped process 4711 (python3)"),
        ],
        playbook="memory/oom-kill", explain="The node had no free memory left.",
    )  # fmt: skip
    ended = Finding(
        id="exit_137_sigkill", title="A container ended with exit code 137: trainer-0",
        severity="critical", role="symptom", rank=2, confidence=0.85, count=2, first_seen=EXIT,
        last_seen=EXIT, time_quality="exact", entities={"pod": ["trainer-0", "trainer-1"]},
        because=["a kill is in the same bundle"],
        explained_by=[Link("oom_kill", "same host node-7, 1.5 s later", 1.5, 0.9, 1)],
        evidence=[Evidence("app.log", 1, 1, 0, EXIT, "exact", "exited with code 137")],
        playbook="kubernetes/exit-137",
    )  # fmt: skip
    skew = Finding(
        id="env_skew", title="production and training differ in numpy", severity="warning",
        role="context", rank=3, confidence=0.75, count=1, first_seen=None, last_seen=None,
        time_quality="none", entities={"package": ["numpy"]}, because=[],
        evidence=[Evidence("freeze.txt", 1, 1, 0, None, "none", "numpy==1.24.4")],
    )  # fmt: skip
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"),
        bundles=[BundleInfo("incident-7", None, 3, 5, 200, KILL, EXIT)],
        verdict=Verdict("critical", "oom_kill", f"{title}; a container ended", 0.98),
        findings=[kill, ended, skew],
        undecided=[Undecided("thermal_shutdown", ["gpu"], "no nvidia-smi output is there")],
        ruled_out=[RuledOut("gpu_hardware_fault", ["no Xid was reported", "ECC counts are 0"])],
        environments=[],
        sources=[_source("kern.log", 3), _source("app.log", 1), _source("freeze.txt", 1)],
        warnings=["b.gz: cut off"],
        suppressed=[Suppressed("xid_43", 2, "known.toml", "debugger seat", "2031-12-31")],
    )


def _source(name: str, lines: int) -> SourceInfo:
    return SourceInfo(
        name=name, parser=None, lines=lines, events=lines, unclaimed=0, encoding="utf-8",
        time_quality="exact", bytes=60,
    )  # fmt: skip


def _fill(case: CaseWriter) -> None:
    said = {
        "kern.log": ["free: 12 MB", "Out of memory: Killed process 4711 (python3)", "reaped 4711"],
        "app.log": ["exited with code 137"],
        "freeze.txt": ["numpy==1.24.4"],
    }
    for number, lines in enumerate(said.values(), start=1):
        for line, message in enumerate(lines, start=1):
            time_ns = _KILL_NS + line * 10**9
            case.add_event(
                number, Event("log.line", line, line, 0, "", message, {}, time_ns=time_ns)
            )


def write_incident(path: Path, answer: Answer | None = None) -> Path:
    """A case of it."""
    write_case(path, answer or incident(), _fill)
    return path


def _furnish(case: CaseWriter) -> None:
    """What tables show: two snapshots of a GPU, a pod with its container, two environments."""
    card: dict[str, Value] = {
        "gpu": "0000:31:00",
        "gpu_index": 0,
        "name": "NVIDIA A100-SXM4-80GB",
        "host": "node-7",
    }
    state: dict[str, Value] = {
        "memory_total_mib": 81920,
        "temp_c": 41,
        "temp_slowdown_c": 89,
        "ecc_uncorrected": 0,
    }
    pod: dict[str, Value] = {"pod": "trainer-0", "namespace": "ml", "restarts": 4}
    ended: dict[str, Value] = {
        "container": "main",
        "last_state": "Terminated",
        "exit_code": 137,
        "last_reason": "OOM",
    }
    rows: list[tuple[int, str, dict[str, Value]]] = [
        (1, "gpu.state", {**card, **state, "memory_used_mib": 4021}),
        (1, "gpu.state", {**card, **state, "memory_used_mib": 80124, "remap_pending": True}),
        (2, "k8s.pod", {**pod, "status": "Running", "ready": "0/1"}),
        (2, "k8s.container", {**pod, **ended}),
        (3, "env.package", {"env": "training", "package": "numpy", "version": "1.26.4"}),
        (3, "env.package", {"env": "production", "package": "numpy", "version": "1.24.4"}),
        (3, "env.package", {"env": "production", "package": "torch", "version": "2.3.1"}),
    ]
    for line, (source, kind, fields) in enumerate(rows, start=1):
        time_ns = _KILL_NS + line * 10**9
        case.add_event(source, Event(kind, line, line, 0, "", kind, fields, time_ns=time_ns))


def write_furnished(path: Path) -> Path:
    """A case of it that has something for each table."""
    write_case(path, incident(), _furnish)
    return path


def app_of(case: Path, *, plain: bool = False, theme: str = "dark") -> TriageApp:
    """The app as `triage tui CASE` makes it."""
    return TriageApp([str(case)], case, None, plain=plain, theme=theme)


class Steady(Pilot[str]):
    """A pilot that waits until the app has done all that a key or a resize caused.

    Textual's own waits until the process uses little time of the processor, which on a busy machine
    it does for want of turns, not for want of work.
    """

    async def press(self, *keys: str) -> None:
        """One key after the other, each to its end."""
        for key in keys:
            await super().press(key)
            await at_rest(self)

    async def resize_terminal(self, width: int, height: int) -> None:
        """Another size, painted."""
        await super().resize_terminal(width, height)
        await at_rest(self)

    async def pause(self, delay: float | None = None) -> None:
        """Until nothing is left to do; with a delay, that long."""
        await super().pause(delay)
        if delay is None:
            await at_rest(self)


async def at_rest(pilot: Pilot[str]) -> None:
    """Wait until nothing is left to do: no key, message, callback or thread, nothing to paint."""
    calm = 0
    for _ in range(REST_TRIES):
        calm = calm + 1 if _rests(pilot.app) else 0
        if calm == CALM:
            return
        await asyncio.sleep(0.01)


def _rests(app: App[Any]) -> bool:
    if app._exit:  # noqa: SLF001  there is no public way
        return True
    if isinstance(app, TriageApp) and app.busy_with_keys:
        return False
    if any(not worker.is_finished for worker in app.workers if worker.group != LASTING):
        return False
    screen = app.screen
    pumps = [app, *app.screen_stack, *screen.walk_children()]
    if any(pump.message_queue_size or pump._next_callbacks for pump in pumps):  # noqa: SLF001  there is no public way
        return False
    painted = not (screen._dirty_widgets or screen._layout_required or screen._callbacks)  # noqa: SLF001
    return painted and screen.is_mounted


async def until(pilot: Pilot[str], true: Callable[[], bool]) -> None:
    """Wait until something is so. Raises `TimeoutError`."""
    for _ in range(TRIES):
        if true():
            await pilot.pause()
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def settled(pilot: Pilot[str]) -> None:
    """Wait until the case is open and all is painted."""
    app = pilot.app
    assert isinstance(app, TriageApp)
    await until(pilot, lambda: app.session is not None and app.session.case is not None)
    await at_rest(pilot)


@asynccontextmanager
async def opened(
    app: TriageApp, size: tuple[int, int] = SIZE, *, breaks: bool = False
) -> AsyncIterator[Pilot[str]]:
    """The app at its verdict, its case open. Raises what broke a view, unless one is to break."""
    try:
        async with app.run_test(size=size, notifications=True):
            pilot = Steady(app)
            await settled(pilot)
            yield pilot
    finally:
        app.leave()
    if app.broken and not breaks:
        raise app.broken[0]


def shown(app: App[Any]) -> str:
    """What the screen says, line by line."""
    screen = app.screen
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in screen._compositor.render_strips()  # noqa: SLF001  there is no public way
    )
