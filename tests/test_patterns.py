"""Patterns give what RE2 gives, on any text and however often they are asked."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from triage.patterns import WARM, Match, Pattern, compiled
from triage.sieves import sieve_of
from triage.signatures.load import load
from triage.workbench.examples import files_of

PATTERNS = (
    r"NVRM: Xid \(PCI:(?P<gpu>[0-9a-f:]+)\): (?P<xid>\d+)(?:, pid=(?P<pid>\d+))?",
    r"^\s*(?:>>>|\.\.\. )(?P<rest>.*)",
    r"(?i)\bkilled process (?P<pid>\d+)?",
    r"^(?:Error|Uncaught)$|^System\.",
    r"\d*",
    r"(?P<name>é+|naïve) (?P<rest>.*)$",
    r"loss[ =:]+(?P<value>nan|inf)|(?P<word>NaN) loss",
    r"^(?P<a>x)?(?P<b>[yz]*)w?$",
)
TEXTS = (
    "",
    "NVRM: Xid (PCI:0000:65:00): 31, pid=4242",
    "NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.",
    "  >>> import torch",
    "out of memory: KILLED PROCESS 17, killed process 18",
    "Uncaught",
    "System.Exception",
    "12 34 5",
    "naïve ééé 7",
    "é\u2028 x",
    "loss = nan",
    "NaN loss",
    "xyzzw",
    "\u212aILLED process 9",
)


def told(found: Match | None) -> object:
    if found is None:
        return None
    groups = found.groupdict()
    return (
        found.group(),
        groups,
        (found.start(), found.end()),
        {name: found.group(name) for name in groups},
    )


def all_told(matches: Iterable[Match]) -> list[object]:
    return [told(found) for found in matches]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("method", ["search", "match", "fullmatch"])
def test_it_finds_what_re2_finds_before_and_behind_a_sieve(pattern: str, method: str) -> None:
    real = re2.compile(pattern)
    wanted = [told(getattr(real, method)(text)) for text in TEXTS]
    ours: Pattern = compiled(pattern)

    at_first = [told(getattr(ours, method)(text)) for text in TEXTS]
    for _ in range(WARM):
        getattr(ours, method)("warm")
    at_last = [told(getattr(ours, method)(text)) for text in TEXTS]

    assert at_first == wanted
    assert at_last == wanted


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_walks_over_the_same_matches_as_re2(pattern: str) -> None:
    real = re2.compile(pattern)

    for text in TEXTS:
        assert all_told(compiled(pattern).finditer(text)) == all_told(real.finditer(text))


WORDS = st.sampled_from(["alpha", "Beta g", "xyz", "x", " ", "é", r"\d", r"[a-c]", r"\s", "."])
PARTS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:^{'|^'.join(parts)})"),
        st.tuples(inner, st.sampled_from("?*+")).map(lambda part: f"(?:{part[0]}){part[1]}"),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: rf"\b{part}"),
    ),
    max_leaves=6,
)
SPOKEN = st.sampled_from(["alpha", "ALPHA", "Beta g", "xyz", "x", " ", "é", "É", "7", "b", "\n"])


@given(
    pattern=PARTS,
    text=st.lists(SPOKEN, max_size=6).map("".join),
    method=st.sampled_from(["search", "match", "fullmatch"]),
    flags=st.sampled_from(["", "(?i)", "(?m)"]),
)
def test_a_sieve_holds_back_nothing_that_matches(
    pattern: str, text: str, method: str, flags: str
) -> None:
    pattern = flags + pattern
    may_match = sieve_of(pattern, anchored=method != "search")

    matches = getattr(re2.compile(pattern), method)(text) is not None

    assert may_match is None or may_match(text) or not matches


def test_no_sieve_of_the_knowledge_base_holds_back_a_match_of_its_examples() -> None:
    patterns = {m.pattern for s in load().signatures for m in s.match if m.pattern}
    sieves = [
        (pattern, sieve)
        for pattern in sorted(patterns)
        if (sieve := sieve_of(pattern, anchored=False)) is not None
    ]
    examples = [example for s in load().signatures for example in s.example[:1]]
    texts = [text for example in examples[::9] for text in files_of(example).values()]

    held_back = [
        pattern
        for pattern, may_match in sieves
        for text in texts
        if not may_match(text) and re2.search(pattern, text) is not None
    ]

    assert len(sieves) > len(patterns) / 2
    assert held_back == []


def test_a_sieve_tells_by_the_beginning_and_by_the_literals() -> None:
    beginning = sieve_of(r"^\s+at (?P<call>\S+)\(", anchored=False)
    holding = sieve_of(r"(?:GPU|NIC)\S* has fallen off", anchored=False)

    assert beginning is not None
    assert beginning("\tat x.Y(Z.java:1)")
    assert not beginning("Mar 11 at noon")
    assert holding is not None
    assert holding("the GPU has fallen off the bus")
    assert not holding("the GPU fell")
