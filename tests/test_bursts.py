"""What is asked of long bursts is answered as if every hit had been compared with every other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.signatures.fold import Group
from triage.signatures.grade import Graded
from triage.signatures.load import load
from triage.signatures.moments import Place
from triage.verdict import nearest
from triage.verdict.nearest import nearest_gap
from triage.verdict.raised import GENERIC, raised

SIGNATURES = {signature.id: signature for signature in load().signatures}
FEW = st.lists(st.integers(0, 30), max_size=8).map(sorted)
SPANS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 4)), min_size=1, max_size=6)


def slow_gap(causes: list[int], effects: list[int], slack: int) -> int | None:
    gaps = [
        effect - max(cause for cause in causes if cause <= effect + slack)
        for effect in effects
        if any(cause <= effect + slack for cause in causes)
    ]
    return min(gaps, key=abs, default=None)


@given(causes=FEW, effects=FEW, slack=st.integers(0, 6))
def test_the_nearest_gap_is_the_least_of_all(
    causes: list[int], effects: list[int], slack: int
) -> None:
    assert nearest_gap(causes, effects, slack) == slow_gap(causes, effects, slack)


def test_of_two_long_bursts_the_gap_is_found_among_some() -> None:
    causes = list(range(0, 50 * nearest.MANY, 25))
    effects = [cause + 7 for cause in causes]

    assert nearest_gap(causes, effects, 0) == 7


def finding(name: str, lines: list[tuple[int, int]]) -> Graded:
    group = Group(SIGNATURES[name], ())
    group.places = [
        Place("app.log", line, line + more, 0, None, None, 0) for line, more in sorted(lines)
    ]
    return Graded(group, "critical", "cause", 0.9, name)


def apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that do not overlap, as those of tracebacks."""
    kept: list[tuple[int, int]] = []
    for line, more in sorted(spans):
        if not kept or line > sum(kept[-1]):
            kept.append((line, more))
    return kept


@given(one=SPANS, other=SPANS, cause=SPANS)
def test_a_traceback_is_raised_by_what_shares_a_line_with_it(
    one: list[tuple[int, int]], other: list[tuple[int, int]], cause: list[tuple[int, int]]
) -> None:
    tracebacks = [apart(one), apart(other)]
    findings = [*(finding(GENERIC, spans) for spans in tracebacks), finding("xid_79", cause)]

    found = {edge.effect for edge in raised(findings) if edge.cause == len(tracebacks)}

    assert found == {
        effect
        for effect, spans in enumerate(tracebacks)
        if any(a <= d + e and d <= a + b for a, b in spans for d, e in cause)
    }
