"""The gate finds every literal, also overlapping ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.signatures.gate import MANY_BYTES, Gate

LITERALS = ("Kernel panic", "panic", "nic - not", "Xid (PCI", "SXid (PCI", "aXa")


def gate_that_has_searched(size: int) -> Gate:
    gate = Gate(LITERALS)
    gate.find(bytes(size))
    return gate


GATES = (gate_that_has_searched(0), gate_that_has_searched(MANY_BYTES + 1))
"""A light automaton begins, a dense one goes on."""


@given(
    st.lists(st.sampled_from([*LITERALS, " ", "\n", "Kernel pani", "é", "aXaXa"]), max_size=30).map(
        "".join
    )
)
def test_it_finds_what_a_plain_search_finds(text: str) -> None:
    data = text.encode()

    found = [
        {(gate.literals[literal], start) for literal, start in gate.find(data)} for gate in GATES
    ]

    wanted = {
        (literal, start)
        for literal in LITERALS
        for start in range(len(data))
        if data.startswith(literal.encode(), start)
    }
    assert found == [wanted, wanted]
