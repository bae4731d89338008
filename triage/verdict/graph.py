"""Edges by the finding that they lead to or come from; what lies on the chains of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.verdict.chance import Edge


class Graph:
    """All edges between findings."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        self._into: dict[int, list[Edge]] = {}
        self._effects: dict[int, list[int]] = {}
        self._causes: dict[int, list[int]] = {}
        for edge in edges:
            self._into.setdefault(edge.effect, []).append(edge)
            self._effects.setdefault(edge.cause, []).append(edge.effect)
            self._causes.setdefault(edge.effect, []).append(edge.cause)

    def into(self, effect: int) -> Sequence[Edge]:
        """The edges that explain this finding, in the order of all."""
        return self._into.get(effect, ())

    def reached(self, start: int) -> set[int]:
        """What lies up and down the chains from a finding, itself included."""
        return _reached(start, self._effects) | _reached(start, self._causes)


def _reached(start: int, steps: Mapping[int, Sequence[int]]) -> set[int]:
    seen = {start}
    queue = [start]
    while queue:
        new = [there for there in steps.get(queue.pop(), ()) if there not in seen]
        seen.update(new)
        queue += new
    return seen
