"""Text as it was meant: without the codes that were written for a terminal.

Every step leaves the number of lines as it is and takes linear time on any input. What cannot be
understood as a code loses its escape byte only: nobody may hide a message behind half a code.
"""

from __future__ import annotations

import re

ESCAPE, NUL, BACKSPACE, RETURN = b"\x1b", b"\0", b"\b", b"\r"

# ECMA-48. Strings (titles, hyperlinks) must end on their line; a lone ESC goes alone.
_ESCAPE_CODE = re.compile(
    rb"\x1b(?:"
    rb"\[[0-?]*+[ -/]*+[@-~]"  # CSI: colors, cursor
    rb"|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)"  # OSC
    rb"|[PX^_][^\x1b\n]*+\x1b\\"  # DCS, SOS, PM, APC
    rb"|[()*+\-./%#][0-9A-Za-z]"  # character sets
    rb"|[=><78cDEHMZ]"  # single codes: keypad, cursor
    rb")?"
)
# Anchored at the first CR of a run, or a run without LF would be tried from each of its bytes.
_RETURNS_BEFORE_NEWLINE = re.compile(rb"(?<!\r)\r++\n")
_OVERSTRUCK_LINE = re.compile(rb"^[^\n\x08]*+\x08[^\n]*+", re.MULTILINE)
_TYPED = re.compile(rb"\x08+|[^\x08]+")
_CONTINUATION, _TAG_BITS = 0x80, 0xC0


def needs_cleaning(data: bytes) -> bool:
    """Whether there is anything to remove; four searches that most logs pass at memory speed."""
    return ESCAPE in data or RETURN in data or NUL in data or BACKSPACE in data


def clean(data: bytes) -> bytes:
    """Remove NUL, escape codes, what was overstruck, and CR before LF from UTF-8 text."""
    if NUL in data:
        data = data.replace(NUL, b"")
    if ESCAPE in data:
        data = _ESCAPE_CODE.sub(b"", data)
    if BACKSPACE in data:
        data = _OVERSTRUCK_LINE.sub(lambda match: _overstrike(match[0]), data)
    return _drop_returns(data) if RETURN in data else data


def _drop_returns(data: bytes) -> bytes:
    """Remove CR before LF; four times as fast where there is no other CR, as in Windows files."""
    if data.count(RETURN) == data.count(b"\r\n"):
        return data.translate(None, RETURN)
    return _RETURNS_BEFORE_NEWLINE.sub(b"\n", data)


def _overstrike(line: bytes) -> bytes:
    """Let each backspace take the character before it, as `man` and progress bars mean it.

    A backspace stops at the start of the line or at a CR, as a cursor does.
    """
    shown = bytearray()
    for match in _TYPED.finditer(line):
        typed = match[0]
        if typed[0] != BACKSPACE[0]:
            shown += typed
            continue
        for _ in typed:
            if not shown or shown[-1] == RETURN[0]:
                break
            start = len(shown) - 1
            while start and shown[start] & _TAG_BITS == _CONTINUATION:
                start -= 1
            del shown[start:]
    return bytes(shown)
