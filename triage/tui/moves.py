"""The keys that move through many rows, the same wherever there are some."""

from __future__ import annotations

from textual.binding import Binding, BindingType

FIRST, LAST = -(10**9), 10**9
"""Rows up or down that are more than there are."""


def moves(*, row: str, beside: str, enter: str) -> list[BindingType]:
    """Down, up, by pages, to both ends, and to the sides.

    Whose rows they are has the actions `move`, `page`, `half`, `shift`, `choose`. `row`, `beside`
    and `enter`: what a row is, what is moved to the sides, and what enter does, for the help.
    """
    told = (
        ("down,j", "move(1)", "Down"),
        ("up,k", "move(-1)", "Up"),
        ("pagedown,space", "page(1)", "Page down"),
        ("pageup,b", "page(-1)", "Page up"),
        ("ctrl+d", "half(1)", "Half a page down"),
        ("ctrl+u", "half(-1)", "Half a page up"),
        ("home,g", f"move({FIRST})", f"First {row}"),
        ("end,G", f"move({LAST})", f"Last {row}"),
        ("right,l", "shift(1)", f"{beside} to the right"),
        ("left,h", "shift(-1)", f"{beside} to the left"),
        ("enter", "choose", enter),
    )
    return [Binding(keys, action, says, show=False) for keys, action, says in told]
