r"""Control characters that a logger spelled out: `#012` by rsyslog, `\x0a` in /dev/kmsg.

rsyslog writes a control character as `#` and three octal digits (unless told not to escape them on
receive), the kernel writes what cannot be printed, and the backslash, as `\xNN`. Both stand for
what the program wrote: a newline ends a line, a tab is a tab, a color is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Escapes:
    """One way of spelling characters out."""

    newline: str
    wrappers: frozenset[str]
    """Only text in one of these is spelled so: elsewhere `#012` is a number."""
    mark: str
    """What all of them begin with."""
    undo: Callable[[str], str]
    """All but the newlines."""


_CONTROL = re.compile(r"#(0[0-3][0-7]|177)(?:(?<=#033)\[[0-9;]{0,20}[A-Za-z])?")
_TAB, _NEWLINE = "011", "012"
_BYTES = re.compile(r"(?:\\x[0-9a-f]{2}){1,400}")
_KEPT = b"\\x0a"


def _from_octal(text: str) -> str:
    return _CONTROL.sub(_control, text)


def _control(found: re.Match[str]) -> str:
    if found[1] == _TAB:
        return "\t"
    return found[0] if found[1] == _NEWLINE else ""


def _from_bytes(text: str) -> str:
    return _BYTES.sub(_decoded, text)


def _decoded(found: re.Match[str]) -> str:
    data = bytes.fromhex(found[0].replace("\\x", ""))
    text = data.replace(b"\n", _KEPT).decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\t" else " " for c in text)


RSYSLOG = Escapes(
    "#012",
    frozenset(("syslog", "syslog_iso", "syslog_stamp", "rfc5424", "facility_level")),
    "#0",
    _from_octal,
)
KMSG = Escapes(r"\x0a", frozenset(("kmsg",)), r"\x", _from_bytes)


def split_rows(text: str, escapes: Escapes) -> list[str]:
    """The lines that are written as one; none of them is empty at the end."""
    rows = [escapes.undo(row) for row in text.split(escapes.newline)]
    while len(rows) > 1 and not rows[-1].strip():
        rows.pop()
    return rows
