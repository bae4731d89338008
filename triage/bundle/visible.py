"""Text from a bundle, made harmless to look at: what cannot be seen is spelled out.

Escape codes in a log can recolor, overwrite or retitle the terminal of whoever reads the report,
and bidirectional overrides can make a line read as something else. Evidence must show that they are
there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

_CUT = " …[cut]"
_INVISIBLE = re.compile(
    "["
    "\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f"  # C0 but tab, DEL, C1
    "\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"  # bidi, zero width
    "\\U000e0000-\\U000e007f"  # tags: invisible copies of ASCII
    "\\ud800-\\udfff"  # lone surrogates cannot be written as UTF-8
    "]"
)


def visible(text: str, limit: int = 4096) -> str:
    r"""Spell out invisible characters (`\x1b`, `\u202e`) and cut what is longer than `limit`."""
    if len(text) <= limit and not _INVISIBLE.search(text):
        return text
    shown = [_INVISIBLE.sub(_spell, character) for character in text[: limit + 1]]
    kept = bisect_right(list(accumulate(map(len, shown))), limit)
    return "".join(shown[:kept]) + ("" if kept == len(text) else _CUT)


def _spell(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:  # noqa: PLR2004 - the widths of the three escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
