"""What findings name: machines, cards, pods, programs, tables, jobs; each thing once."""

from __future__ import annotations

from collections.abc import Iterable

from triage.answer import Finding
from triage.entities import gpu_key, is_pci, machine_key
from triage.events import Value
from triage.report.draft import Draft
from triage.report.ledger import merged
from triage.report.model import Named
from triage.report.wording import counted, listed

MAX_VALUES, MAX_TOLD = 12, 4
IDLE = "swapper/"
"""What the kernel calls a processor that has nothing to do."""
THINGS = (
    ("Hosts", ("host", "node")),
    ("GPUs", ("gpu",)),
    ("Pods", ("pod",)),
    ("Processes", ("process",)),
    ("Tables", ("table",)),
    ("Jobs", ("job",)),
)
_SINGULAR = {"Processes": "process"}


def named_things(
    draft: Draft, findings: Iterable[Finding], *, environments: bool = False
) -> list[Named]:
    """What these findings name, as it is written first, and on request all environments."""
    found = []
    for label, keys in THINGS:
        things: dict[str, tuple[str, Finding]] = {}
        for finding in findings:
            for key in keys:
                for value in finding.entities.get(key, []):
                    name = _shown(key, value)
                    if name:
                        things.setdefault(_same(key, name), (name, finding))
        if things:
            tellers = [finding for _, finding in things.values()][:MAX_TOLD]
            refs = merged(*(draft.ledger.finding(one, 1) for one in tellers))
            found.append(_named(label, [name for name, _ in things.values()], refs))
    infos = draft.answer.environments if environments else []
    if infos:
        sources = [draft.ledger.source(info.source) for info in infos][:MAX_VALUES]
        found.append(_named("Environments", [info.name for info in infos], sources))
    return found


def _named(label: str, names: list[str], refs: list[str]) -> Named:
    return Named(label, names[:MAX_VALUES], max(0, len(names) - MAX_VALUES), refs)


def _shown(key: str, value: Value) -> str:
    """One name for one thing; empty where it is none."""
    text = str(value)
    if key == "gpu":
        return gpu_key(text) if is_pci(text) else ""
    if key in {"host", "node"}:
        short = machine_key(text)
        return text[: len(short)] if text.lower().startswith(short) else short
    return "" if key == "process" and text.startswith(IDLE) else text


def _same(key: str, name: str) -> str:
    return machine_key(name) if key in {"host", "node"} else name


def told_things(named: Named) -> str:
    """`2 pods: train-0 and train-1`."""
    many = named.label if named.label == "GPUs" else named.label.lower()
    one = _SINGULAR.get(named.label, many.removesuffix("s"))
    total = len(named.values) + named.more
    return f"{counted(total, one, many)}: {listed(named.values, MAX_TOLD)}"
