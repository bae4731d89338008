"""A small incident, made by hand: what reports are tested with, in any words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from triage.answer import (
    Answer,
    BundleInfo,
    EnvironmentInfo,
    Evidence,
    Finding,
    Link,
    NotThis,
    Related,
    RuledOut,
    SourceInfo,
    Tool,
    Undecided,
    Verdict,
)
from triage.case import Case
from triage.events import Event, TimeQuality
from triage.report.building import build
from triage.report.model import Report
from triage.report.wording import iso_of, ns_of
from triage.timeline.words import Note, Tick, Words
from triage.timeline.writer import CaseWriter

START = ns_of("2026-03-02T04:05:06.000000Z") or 0
SECOND = 1_000_000_000

Say = Callable[[str], str]


def as_it_is(text: str) -> str:
    return text


def at(seconds: float) -> str:
    return iso_of(START + int(seconds * SECOND))


def evidence(say: Say, source: str, line: int, seconds: float | None, text: str) -> Evidence:
    return Evidence(
        say(source), line, line, 40 * line, None if seconds is None else at(seconds),
        "none" if seconds is None else "exact" if source != "app.log" else "zone_assumed",
        say(text),
    )  # fmt: skip


def found(say: Say, rank: int, signature: str, title: str, **more: object) -> Finding:
    fields: dict[str, object] = {
        "severity": "critical", "role": "cause", "confidence": 0.95, "count": 1,
        "first_seen": at(rank), "last_seen": at(rank), "time_quality": "exact",
        "entities": {"host": [say("gpu-1")], "gpu": ["0000:3b:00"], "pod": [say("train-0")]},
        "because": [say("the driver says so")],
    }  # fmt: skip
    fields.update(more)
    return Finding(id=signature, title=say(title), rank=rank, **fields)  # type: ignore[arg-type]


def findings(say: Say) -> list[Finding]:
    lost = found(
        say, 1, "xid_79", "GPU 0000:3b:00 fell off the bus",
        not_=[NotThis("xid_31", say("no page fault was reported"))],
        related=[Related("nccl_timeout", 2, "host gpu-1")],
        evidence=[evidence(say, "kern.log", 3, 0, "NVRM: Xid (PCI:0000:3b:00): 79, lost")],
    )  # fmt: skip
    stalled = found(
        say, 2, "nccl_timeout", "A collective timed out on rank 3", role="symptom",
        confidence=0.8, count=2, last_seen=at(610),
        explained_by=[Link("xid_79", say("same host gpu-1, 600 s later"), 600.0, 0.76, 1)],
        evidence=[
            evidence(say, "app.log", 2, 600, "Watchdog caught collective operation timeout"),
            evidence(say, "app.log", 4, 610, "Watchdog caught collective operation timeout again"),
        ],
    )  # fmt: skip
    floating = found(
        say, 3, "unpinned_dependency", "torch has no exact version", severity="warning",
        role="context", first_seen=None, last_seen=None, time_quality="none",
        entities={"package": ["torch"]},
        evidence=[evidence(say, "requirements.txt", 1, None, "torch>=2.2,<3")],
    )  # fmt: skip
    return [lost, stalled, floating]


def source(say: Say, name: str, quality: TimeQuality, error: str | None = None) -> SourceInfo:
    return SourceInfo(
        name=say(name), parser="applog", lines=5, events=5, unclaimed=4, encoding="utf-8",
        time_quality=quality, error=error,
    )  # fmt: skip


def night(say: Say) -> Answer:
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"),
        bundles=[BundleInfo(say("night"), None, 3, 11, 600, at(0), at(610))],
        verdict=Verdict("critical", "xid_79", say("GPU 0000:3b:00 fell off the bus"), 0.95),
        findings=findings(say),
        undecided=[Undecided("thermal_shutdown", ["gpu"], say("no temperatures are known"))],
        ruled_out=[RuledOut("oom_kill", [say("the kernel reports no kill"), "kern.log:2 is calm"])],
        environments=[EnvironmentInfo(say("train"), say("requirements.txt"), 1)],
        sources=[
            source(say, "app.log", "zone_assumed"),
            source(say, "kern.log", "exact", error=say("damaged at its end")),
            source(say, "requirements.txt", "none"),
        ],
        warnings=[say("one link was not followed")],
    )


def events(say: Say) -> Iterator[tuple[str, Event]]:
    rows = [
        ("kern.log", 2, "log.line", "usb 1-1: new device", -5, "info"),
        ("kern.log", 3, "gpu.xid", "NVRM: Xid (PCI:0000:3b:00): 79, lost", 0, None),
        ("kern.log", 4, "log.line", "alertmanager: GPU lost, alert fires", 30, "info"),
        ("app.log", 1, "log.line", "step 40 is slow", 550, "warning"),
        ("app.log", 2, "log.line", "Watchdog caught collective operation timeout", 600, "error"),
        ("app.log", 3, "log.line", "giving up on rank 3", 605, "error"),
        ("requirements.txt", 1, "env.package", "torch>=2.2,<3", None, None),
    ]
    for name, line, kind, text, seconds, level in rows:
        yield (
            name,
            Event(
                kind=kind, line=line, line_end=line, offset=40 * line, text="", message=say(text),
                fields={"level": level} if level else {}, family="app",
                time_ns=None if seconds is None else START + int(seconds * SECOND),
                time_quality="none" if seconds is None else "exact",
            ),
        )  # fmt: skip


def fill(say: Say, writer: CaseWriter) -> None:
    infos = {info.name: info for info in night(say).sources}
    for name, event in events(say):
        if event.kind == "env.package":
            event.fields.update(
                {"package": "torch", "pin": "range", "env": say("train"), "specifier": ">=2.2,<3"}
            )
        writer.add_event(writer.add_source(infos[say(name)]), event)


def words(say: Say) -> Words:
    made = Words()
    made.say(
        Note(
            note_id=1, noted_at=START + 900 * SECOND, author="kim", text=say("drained the node"),
            finding=1, finding_id="xid_79",
        )
    )  # fmt: skip
    made.say(
        Tick(
            playbook="gpu/off-the-bus", step=1, state="done", done_at=START + 960 * SECOND,
            author="kim", say=say("Keep new work away"), result=say("cordoned"),
        )
    )  # fmt: skip
    return made


def report_of(say: Say = as_it_is) -> Report:
    with Case(night(say), partial(fill, say)) as case:
        return build(case, words(say))


def crowded(say: Say) -> Answer:
    """Sixty findings with eight long places each."""
    findings = [
        found(
            say, rank, f"xid_{rank}", f"trouble {rank}",
            evidence=[
                evidence(say, "kern.log", 10 * rank + n, rank + n, f"line {rank}.{n}")
                for n in range(8)
            ],
        )
        for rank in range(1, 61)
    ]  # fmt: skip
    return msgspec.structs.replace(night(say), findings=findings)
