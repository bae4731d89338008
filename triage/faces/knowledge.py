"""`triage signatures`: list, show, lint, test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from triage.errors import UsageError
from triage.signatures.load import KnowledgeBase, load
from triage.workbench import examples, lint, mutation
from triage.workbench.kinds import all_kinds


def listing(extra: Sequence[Path] = ()) -> tuple[str, bool]:
    """One line a signature."""
    rows = [
        f"{s.id:<32} {s.severity:<9} {s.role:<10} {s.title}"
        for s in sorted(load(extra).signatures, key=lambda s: s.id)
    ]
    return "\n".join(rows) + "\n", True


def show(signature_id: str, extra: Sequence[Path] = ()) -> str:
    """One signature as data."""
    signature = load(extra).get(signature_id)
    if signature is None:
        message = f"no signature {signature_id!r} (triage signatures list shows all)"
        raise UsageError(message)
    return msgspec.json.format(msgspec.json.encode(signature), indent=2).decode() + "\n"


def check(extra: Sequence[Path] = ()) -> tuple[str, bool]:
    """Problems of form, one a line."""
    knowledge = load(extra)
    found = [p for p in lint.problems(knowledge, all_kinds()) if _wanted(p, knowledge, extra)]
    if found:
        count = f"{len(found)} problem{'s' if len(found) != 1 else ''}"
        return "\n".join([*found, count]) + "\n", False
    return f"{len(knowledge.signatures)} signatures are well formed\n", True


def run_examples(extra: Sequence[Path] = (), *, mutate: bool = False) -> tuple[str, bool]:
    """Examples that do not behave, one a line; `mutate`: also those that would pass anyway."""
    knowledge = load(extra)
    only = _own(knowledge, extra)
    failed = list(examples.failures(knowledge, only))
    if mutate:
        failed += mutation.survivors(knowledge, only)
    if failed:
        rows = [f"{f.signature}, {f.example}: {f.problem}" for f in failed]
        return "\n".join(rows) + f"\n{len(failed)} failures\n", False
    chosen = [s for s in knowledge.signatures if not only or s.id in only]
    count = sum(len(s.example) + len(s.near_miss) for s in chosen)
    return f"{count} examples and near misses of {len(chosen)} signatures behave\n", True


def _own(knowledge: KnowledgeBase, extra: Sequence[Path]) -> list[str]:
    """With a folder given, only its signatures are meant."""
    if not extra:
        return []
    shipped = {signature.id for signature in load().signatures}
    return [s.id for s in knowledge.signatures if s.id not in shipped]


def _wanted(problem: str, knowledge: KnowledgeBase, extra: Sequence[Path]) -> bool:
    own = _own(knowledge, extra)
    return not extra or any(f": {signature_id}: " in problem for signature_id in own)
