"""The gate finds every literal, also overlapping ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.signatures.gate import Gate

LITERALS = ("Kernel panic", "panic", "nic - not", "Xid (PCI", "SXid (PCI", "aXa")


@given(
    st.lists(st.sampled_from([*LITERALS, " ", "\n", "Kernel pani", "é", "aXaXa"]), max_size=30).map(
        "".join
    )
)
def test_it_finds_what_a_plain_search_finds(text: str) -> None:
    data = text.encode()
    gate = Gate(LITERALS)

    found = {(gate.literals[literal], start) for literal, start in gate.find(data)}

    wanted = {
        (literal, start)
        for literal in LITERALS
        for start in range(len(data))
        if data.startswith(literal.encode(), start)
    }
    assert found == wanted
