"""Why a source that would decide is missing, where the bundle's own manifest says so.

`triage collect` notes what it asked for and did not get. An answer that needs the kernel log then
says that it was denied, to whom, and which command gets it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from triage.answer import Undecided
from triage.bundle.text import visible
from triage.events import Event, Family

Gaps = Mapping[Family, Sequence[Event]]
FOLDERS: Mapping[str, Family] = {
    "kernel/": "kernel", "gpu/": "gpu", "python/": "python_env", "cluster/": "k8s",
    "pods": "k8s", "logs/": "app", "/": "app",
}  # fmt: skip
"""How the name of a source begins, and whose witness it is."""
FIRST = ("dmesg", "journal", "nvml", "nvidia-smi", "events")
"""The sources that are asked for first: where one is missing, the lesser ones are not told."""
SAID: Mapping[str, str] = {
    "denied": "{source} was denied{where}",
    "timeout": "{source} gave no answer{where} ({reason})",
    "failed": "{source} could not be read{where} ({reason})",
    "cut": "only a part of {source} was taken{where} ({reason})",
}
NAMED = 3
"""Machines that are named for one gap."""
MAX_REASON = 160


def gaps(facts: Iterable[Event]) -> Gaps:
    """What was asked for and is not there, by family."""
    found: dict[Family, list[Event]] = {}
    for event in facts:
        if event.kind == "bundle.gap":
            source = str(event.fields.get("source", ""))
            family = next((of for name, of in FOLDERS.items() if source.startswith(name)), None)
            if family is not None:
                found.setdefault(family, []).append(event)
    return found


def with_reasons(open_: Iterable[Undecided], missing: Gaps) -> list[Undecided]:
    """What is undecided, with the reason why its source is not there."""
    told = []
    for one in open_:
        reasons = [reason(missing[need]) for need in one.needs if need in missing]  # type: ignore[index]
        told.append(replace(one, why="; ".join([one.why, *reasons])) if reasons else one)
    return told


def unseen(missing: Gaps, families: Iterable[Family]) -> list[Undecided]:
    """For a clean answer: whole families that could not be seen, so that silence proves nothing."""
    there = set(families)
    about: Mapping[Family, tuple[str, str]] = {
        "kernel": ("kernel_log", "OOM kills, Xids, disk and link errors would stand there"),
        "gpu": ("gpu_state", "the state of the GPUs would stand there"),
    }
    return [
        Undecided(name, [family], f"{reason(missing[family])}; {what}")
        for family, (name, what) in about.items()
        if family in missing and family not in there
    ]


def reason(events: Sequence[Event]) -> str:
    """The weightiest of these gaps, in words."""
    event = min(events, key=lambda one: (_weight(one), one.source, one.line))
    same = [
        one
        for one in events
        if all(one.fields.get(name) == event.fields.get(name) for name in ("source", "status"))
    ]
    hosts = list(dict.fromkeys(str(one.fields.get("host", "")) for one in same))
    more = f" and {len(hosts) - NAMED} more" if hosts[NAMED:] else ""
    status = str(event.fields.get("status", ""))
    text = SAID.get(status, SAID["failed"]).format(
        source=_shown(event.fields.get("source")),
        reason=_shown(event.fields.get("reason")) or status,
        where=f" on {', '.join(map(_shown, hosts[:NAMED]))}{more}",
    )
    return f"{text} when the bundle was collected{_remedy(event, hosts)}"


def _weight(event: Event) -> int:
    source = str(event.fields.get("source", "")).rpartition("/")[2]
    return next((rank for rank, name in enumerate(FIRST) if source.startswith(name)), len(FIRST))


def _remedy(event: Event, hosts: Sequence[str]) -> str:
    """The call that would get it."""
    if event.fields.get("status") != "denied":
        return ""
    how = event.fields.get("how")
    if how == "kubectl":
        return ": `sudo triage collect` on the pod's node would get it"
    if how == "ssh":
        names = " ".join(f"--host {shlex.quote(_shown(host))}" for host in hosts[:NAMED])
        return f": `triage collect --sudo {names}` would get it"
    if event.fields.get("as_root"):
        return ": `sudo triage collect` on the node, outside the container, would get it"
    return ": `sudo triage collect` would get it"


def _shown(value: object) -> str:
    return visible(str(value or ""), MAX_REASON)
