"""The gate: one pass over raw text finds the few places worth looking at.

99 % of a log is noise. All literals of all parsers and signatures are searched at once by an
Aho-Corasick automaton over the bytes of a block (the GIL is released, so a second core helps). What
it returns is where each literal stands, so later work is paid per candidate, not per line.
"""

from __future__ import annotations

from collections.abc import Iterable

from ahocorasick_rs import BytesAhoCorasick, Implementation


class Gate:
    """A compiled set of literals."""

    def __init__(self, literals: Iterable[str], marks: Iterable[bytes] = ()) -> None:
        """`marks`: texts whose presence alone is asked for; their places are no hits."""
        self.literals: tuple[str, ...] = tuple(sorted(set(literals)))
        self.index = {literal: i for i, literal in enumerate(self.literals)}
        self._marks = tuple(dict.fromkeys(marks))
        self._automaton = BytesAhoCorasick(
            [*(literal.encode() for literal in self.literals), *self._marks],
            implementation=Implementation.DFA,
        )

    def find(self, data: bytes) -> list[tuple[int, int]]:
        """Every literal in the block as (literal index, byte position), in order of position."""
        return self.find_all(data)[0]

    def find_all(self, data: bytes) -> tuple[list[tuple[int, int]], frozenset[bytes]]:
        """The same, and which of the marks stand in the block."""
        found = self._automaton.find_matches_as_indexes(data, overlapping=True)
        first = len(self.literals)
        marks = {literal for literal, _, _ in found if literal >= first}
        hits = [(literal, start) for literal, start, _ in found if literal < first]
        return hits, frozenset(self._marks[mark - first] for mark in marks)

    def in_text(self, text: str) -> set[int]:
        """Indexes of the literals that stand in a text."""
        return {literal for literal, _ in self.find(text.encode("utf-8", "replace"))}
