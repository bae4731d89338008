"""Which literals a pattern requires: sound, never invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import SignatureError
from triage.literals import required_literals
from triage.patterns import compiled

CASES = [
    (r"NVRM: Xid \(PCI:(?P<gpu>[0-9a-f:.]+)\): 31,", {"NVRM: Xid (PCI:"}),
    (r"AER: (Uncorrected|Corrected)", {"AER: Uncorrected", "AER: Corrected"}),
    (r"(?:colou?r) table", {"color table", "colour table"}),
    (r"panic\s*-\s*not syncing", {"not syncing"}),
    (r"version .GLIBC_[0-9.]+. not found", {" not found"}),
    (r"a?bc+d*", set()),
    (r"(?:alpha)?beta gamma", {"alphabeta gamma", "beta gamma"}),
    (r"(?:alpha)*", set()),
    (r"(?:long enough){2,}", {"long enough"}),
]


@pytest.mark.parametrize(("pattern", "wanted"), CASES)
def test_a_pattern_gives_its_literals(pattern: str, wanted: set[str]) -> None:
    assert required_literals(pattern) == wanted


def test_without_regard_to_case_the_usual_spellings_are_given() -> None:
    found = required_literals(r"(?i)kernel panic")

    assert {"kernel panic", "Kernel panic", "Kernel Panic", "KERNEL PANIC"} <= found


def test_a_literal_is_cut_at_characters_that_typography_changes() -> None:
    assert required_literals(r"it's \"quoted\" and then plain text") == {" and then plain text"}
    assert required_literals(r"Kernel panic - not syncing") == {"Kernel panic"}


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(SignatureError, match="unterminated"):
        required_literals("(oops")


WORDS = st.sampled_from(["alpha", "beta gamma", "delta", "x", "yy"])
PARTS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ps: "(?:" + "|".join(ps) + ")"),
        inner.map(lambda p: f"(?:{p})?"),
        inner.map(lambda p: f"(?:{p})+"),
    ),
    max_leaves=8,
)


@given(pattern=PARTS, text=st.lists(WORDS, max_size=8).map("".join))
def test_every_text_that_matches_holds_a_required_literal(pattern: str, text: str) -> None:
    literals = required_literals(pattern)

    if literals and compiled(pattern).search(text) is not None:
        assert any(literal in text for literal in literals)
