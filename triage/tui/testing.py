"""For tests of screens: a small incident that never changes, and the app at its verdict."""

from __future__ import annotations

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
from triage.events import Event
from triage.timeline.writer import CaseWriter, write_case
from triage.tui.app import TriageApp

SIZE = (100, 40)
TRIES = 400
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


def app_of(case: Path, *, plain: bool = False, theme: str = "dark") -> TriageApp:
    """The app as `triage tui CASE` makes it."""
    return TriageApp([str(case)], case, None, plain=plain, theme=theme)


async def until(pilot: Pilot[str], true: Callable[[], bool]) -> None:
    """Wait until something is so. Raises `TimeoutError`."""
    for _ in range(TRIES):
        if true():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise TimeoutError


async def settled(pilot: Pilot[str]) -> None:
    """Wait until the case is open and all is painted."""
    app = pilot.app
    assert isinstance(app, TriageApp)
    await until(pilot, lambda: app.session is not None and app.session.case is not None)
    await pilot.pause()


@asynccontextmanager
async def opened(app: TriageApp, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[str]]:
    """The app at its verdict, its case open."""
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(pilot)
            yield pilot
    finally:
        app.leave()


def shown(app: App[Any]) -> str:
    """What the screen says, line by line."""
    screen = app.screen
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in screen._compositor.render_strips()  # noqa: SLF001  there is no public way
    )
