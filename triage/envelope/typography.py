"""Undoes what blogs, chats and word processors do to log text."""

from __future__ import annotations

import re
from html.entities import html5

# ruff: noqa: RUF001 - the very characters that are replaced

_PLAIN = {
    "'": "‘’‚‛′",
    '"': "“”„‟″",
    "-": "‐‑‒–—―−",
    " ": "\u00a0\u2007\u2009\u202f",
    "": "\u200b\u2060\ufeff",
    "...": "…",
}
_TABLE = str.maketrans({mark: plain for plain, marks in _PLAIN.items() for mark in marks})
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));")
_BLANK = " "


def repair(text: str) -> str:
    """Straight quotes, plain dashes and blanks, `...`, and HTML entities undone once."""
    if text.isascii():
        return text if "&" not in text else _unescaped(text).translate(_TABLE)
    return (_unescaped(text) if "&" in text else text).translate(_TABLE)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return html5.get(found[3] + ";", found[0])
    number = int(found[1]) if found[1] else int(found[2], 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:  # noqa: PLR2004 - the limits of Unicode
        return found[0]
    character = chr(number)
    return character if character.isprintable() else _BLANK
