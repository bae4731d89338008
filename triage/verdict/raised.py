"""What the lines of a traceback say by name is why it was raised."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from triage.signatures.grade import Graded
from triage.signatures.moments import Place
from triage.verdict.chance import Edge

GENERIC = "traceback"
"""An exception that no signature knows; what its own lines name is known better."""
STRENGTH = 0.95
ANY = 1 << 62
"""Above every number of a line or a finding."""


class _Spans:
    """The lines of the tracebacks in one source."""

    def __init__(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """`spans`: first and last line, and the traceback."""
        self._spans = sorted(spans)
        self._reach = list(accumulate((end for _, end, _ in self._spans), max))
        """How far this span and those before it reach."""

    def holding(self, place: Place) -> Iterator[int]:
        """The tracebacks that share a line with this place; their own spans do not overlap."""
        at = bisect_right(self._spans, (place.line_end, ANY, ANY)) - 1
        asked = set()
        while at >= 0 and self._reach[at] >= place.line:
            _, end, owner = self._spans[at]
            if owner not in asked and end >= place.line:
                yield owner
            asked.add(owner)
            at -= 1


def raised(findings: Sequence[Graded]) -> Iterator[Edge]:
    """Edges from what stands in the lines of tracebacks to these."""
    spans: dict[str, list[tuple[int, int, int]]] = {}
    for index, finding in enumerate(findings):
        if finding.id == GENERIC:
            for place in finding.group.places:
                own = spans.setdefault(place.source, [])
                own.append((place.line, place.line_end, index))
    if not spans:
        return
    sources = {source: _Spans(own) for source, own in spans.items()}
    for cause, other in enumerate(findings):
        if other.role == "context" or other.severity == "info":
            continue
        effects = {
            effect
            for place in other.group.places
            if (source := sources.get(place.source)) is not None
            for effect in source.holding(place)
        }
        for effect in effects - {cause}:
            yield Edge(cause, effect, "its own lines say so", 0.0, STRENGTH, "lines")
