"""Examples that would pass anyway: no single line of them can be missed, or be another one.

Of an example one line at a time is dropped, and altered: every letter and digit replaced by
another. If the signature answers as the example says whatever was done, no line of it is needed: it
shows the same thing twice without counting. Near misses are silent already, so nothing of theirs
can be dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Example, Signature
from triage.workbench.examples import Failure, Files, behaves, files_of

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_PLAIN = _LETTERS + _LETTERS.upper() + _DIGITS
_OTHER = str.maketrans(
    _PLAIN,
    _LETTERS[13:] + _LETTERS[:13] + (_LETTERS[13:] + _LETTERS[:13]).upper() + "7890123456",
)


def survivors(knowledge: KnowledgeBase, only: Sequence[str] = ()) -> Iterator[Failure]:
    """Every example that passes whichever of its lines is dropped or altered."""
    for signature in knowledge.signatures:
        if only and signature.id not in only:
            continue
        for number, example in enumerate(signature.example, start=1):
            if not _can_fail(knowledge, signature, example):
                problem = "passes whichever line is dropped or altered; give it a count"
                yield Failure(signature.id, f"example {number}", problem)


def _can_fail(knowledge: KnowledgeBase, signature: Signature, example: Example) -> bool:
    return any(
        not behaves(knowledge, signature, example, mutant) for mutant in _mutants(files_of(example))
    )


def _mutants(files: Files) -> Iterator[Files]:
    for name, text in files.items():
        rows = text.rstrip("\n").split("\n")
        for at, row in enumerate(rows):
            for instead in ([], [row.translate(_OTHER)]):
                yield {**files, name: "\n".join(rows[:at] + instead + rows[at + 1 :]) + "\n"}
