"""The knowledge base is well formed and every example in it behaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.errors import SignatureError
from triage.signatures.load import decode, load
from triage.signatures.model import Signature
from triage.workbench import examples, lint
from triage.workbench.kinds import all_kinds

KNOWLEDGE = load()


def test_the_files_are_well_formed() -> None:
    assert list(lint.problems(KNOWLEDGE, all_kinds())) == []


@pytest.mark.parametrize("signature", KNOWLEDGE.signatures, ids=lambda s: s.id)
def test_its_examples_fire_and_its_near_misses_do_not(signature: Signature) -> None:
    failed = list(examples.failures(KNOWLEDGE, [signature.id]))

    assert failed == []


def test_every_playbook_is_reached_from_a_signature_or_a_page() -> None:
    root = Path(str(Path(__file__).parent.parent / "playbooks" / "triage_playbooks"))
    pages = {str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.md")}
    used = {signature.playbook for signature in KNOWLEDGE.signatures}

    assert pages - used == set()


GOOD = """
format = 1
[[signature]]
id = "x"
title = "x"
severity = "info"
role = "context"
confidence = 0.5
playbook = "memory/oom-kill"
explain = "x"
match = [{ pattern = "something long" }]
example = []
near_miss = []
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("severity", "severty"), "severty"),
        (('"info"', '"dire"'), "dire"),
        (("format = 1", "format = 9"), "format 9"),
        (("confidence = 0.5", 'confidence = "high"'), "confidence"),
        (("[[signature]]", "[[signature"), "my.toml"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(change: tuple[str, str], message: str) -> None:
    with pytest.raises(SignatureError, match=message) as caught:
        decode(GOOD.replace(*change), "my.toml")
    assert "my.toml" in str(caught.value)


def test_a_pack_of_the_users_may_add_but_not_shadow(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace('id = "x"', 'id = "oom_kill"'))

    with pytest.raises(SignatureError, match="already taken"):
        load([tmp_path])


def test_a_pack_of_the_users_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace('id = "x"', 'id = "mine"'))

    added = load([tmp_path])

    assert added.get("mine") is not None
    assert added.digest != KNOWLEDGE.digest
