"""Runs the examples and near misses of signatures through the real scan, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.answer import Answer, Finding
from triage.entities import gpu_key
from triage.events import Value
from triage.scanner import scan_texts
from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Example, NearMiss, Scalar, Signature

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that is not as its file says."""

    signature: str
    example: str
    problem: str


def behaves(knowledge: KnowledgeBase, signature: Signature, example: Example, files: Files) -> bool:
    """Whether the signature answers as the example says, on these files instead of its own."""
    found = [f for f in scan_texts(files, knowledge).findings if f.id == signature.id]
    return bool(found) and not any(_problems(found, example))


def failures(knowledge: KnowledgeBase, only: Sequence[str] = ()) -> Iterator[Failure]:
    """Every example that does not behave. `only`: ids; empty: all."""
    for signature in knowledge.signatures:
        if only and signature.id not in only:
            continue
        for number, example in enumerate(signature.example, start=1):
            yield from _example(knowledge, signature, number, example)
        for number, near_miss in enumerate(signature.near_miss, start=1):
            yield from _near_miss(knowledge, signature, number, near_miss)


def files_of(case: Example | NearMiss) -> dict[str, str]:
    """The bundle of an example: name to text."""
    return dict(case.files) if case.files else {case.name: case.text or ""}


def _example(
    knowledge: KnowledgeBase, signature: Signature, number: int, example: Example
) -> Iterator[Failure]:
    name = f"example {number}"
    answer = scan_texts(files_of(example), knowledge)
    found = [finding for finding in answer.findings if finding.id == signature.id]
    if not found:
        others = ", ".join(finding.id for finding in answer.findings) or "nothing"
        yield Failure(signature.id, name, f"did not fire; found {others}")
        return
    for problem in _problems(found, example):
        yield Failure(signature.id, name, problem)


def _problems(found: Sequence[Finding], example: Example) -> Iterator[str]:
    if not all(finding.evidence for finding in found):
        yield "no evidence"
    if any("?" in finding.title for finding in found):
        yield f"the title has unknown fields: {found[0].title!r}"
    for key, wanted in example.expect.items():
        have = [value for finding in found for value in finding.entities.get(key, [])]
        for value in wanted if isinstance(wanted, list) else [wanted]:
            if not any(_same(value, other) for other in have):
                yield f"expected {key}={value!r}, found {have!r}"
    if example.severity and example.severity not in {finding.severity for finding in found}:
        yield f"expected severity {example.severity}, found {found[0].severity}"
    if example.role and example.role not in {finding.role for finding in found}:
        yield f"expected role {example.role}, found {found[0].role}"
    total = sum(finding.count for finding in found)
    if example.count is not None and example.count != total:
        yield f"expected count {example.count}, found {total}"


def _same(wanted: Scalar, have: Value) -> bool:
    if isinstance(wanted, str) and isinstance(have, str):
        return wanted.lower() == have.lower() or gpu_key(wanted) == gpu_key(have)
    return wanted == have


def _near_miss(
    knowledge: KnowledgeBase, signature: Signature, number: int, near_miss: NearMiss
) -> Iterator[Failure]:
    answer: Answer = scan_texts(files_of(near_miss), knowledge)
    for finding in answer.findings:
        if finding.id == signature.id:
            where = finding.evidence[0]
            problem = f"fired at {where.source}:{where.line}, but {near_miss.why}"
            yield Failure(signature.id, f"near miss {number}", problem)
