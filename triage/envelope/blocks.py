"""Records of the journal as blocks of lines: `journalctl -o export`, `verbose`, `json-pretty`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from triage.envelope import journal

MAX_LINES = 4096
"""Lines of one record."""
_BYTE = 0xFF

Fields = dict[str, object]
Said = list[tuple[int, str, int]]
"""Lines of a message: the index and text of each, and where in it the message stands."""


class Block(NamedTuple):
    """One record."""

    end: int
    """One past its last line."""
    fields: Fields
    said: Said


def block_at(texts: Sequence[str], at: int) -> Block | None:
    """The record that begins at this line."""
    text = texts[at]
    if text.startswith(_EXPORT):
        return _exported(texts, at)
    head = _VERBOSE_HEAD.match(text)
    if head is not None:
        return _verbose(texts, at, head)
    if text == "{" and at + 1 < len(texts) and _PRETTY.match(texts[at + 1]):
        return _pretty(texts, at)
    return None


_EXPORT = ("__CURSOR=s=", "__REALTIME_TIMESTAMP=")
_EXPORT_FIELD = re.compile(r"([A-Z_][A-Z0-9_]{0,63})(=|$)")


def _exported(texts: Sequence[str], at: int) -> Block:
    """`KEY=value`, or a key alone and below it the value behind its length in eight bytes."""
    fields: Fields = {}
    said: Said = []
    end = at
    limit = _before_next(texts, at)
    while end < limit:
        text = texts[end]
        found = _EXPORT_FIELD.match(text)
        if found is None:
            break
        key = found[1]
        is_message = key == "MESSAGE" and not said
        end += 1
        if found[2]:
            value, rows = text[found.end() :], [(end - 1, text, found.end())] if is_message else []
        else:
            end, rows = _value(texts, end, limit, exact=is_message)
            value = "\n".join(row[skip:] for _, row, skip in rows)
        fields.setdefault(key, value)
        if is_message:
            said = rows
    return Block(end + (end < len(texts) and not texts[end].strip()), fields, said)


def _before_next(texts: Sequence[str], at: int) -> int:
    """Where at the latest the record ends: the cursor or the time of the next one."""
    limit = min(len(texts), at + MAX_LINES)
    first = texts[at].startswith(_EXPORT[0])
    for end in range(at + 1, limit):
        if texts[end].startswith(_EXPORT[0]):
            return end
        if texts[end].startswith(_EXPORT[1]):
            if not first:
                return end
            first = False
    return limit


def _value(texts: Sequence[str], start: int, limit: int, *, exact: bool) -> tuple[int, Said]:
    """One past the end of a value of bytes, and its rows.

    NUL is gone from the text, so of the eight bytes of its length one to three are left in front
    of it. A length of ten is a newline itself.
    """
    if exact and start + 1 < limit and not texts[start]:
        end = _end_at(texts, start + 1, limit, 0, ord("\n"))
        if end:
            return end, _rows(texts, start + 1, end, 0)
    for skip in (3, 2, 1) if exact and start < limit else ():
        mark = texts[start][:skip]
        if len(mark) < skip or any(ord(character) > _BYTE for character in mark):
            continue
        length = sum(ord(character) << 8 * place for place, character in enumerate(mark))
        end = _end_at(texts, start, limit, skip, length)
        if end:
            return end, _rows(texts, start, end, skip)
    end = start
    while end < limit and texts[end] and _EXPORT_FIELD.match(texts[end]) is None:
        end += 1
    return end, _rows(texts, start, end, 0)


def _end_at(texts: Sequence[str], start: int, limit: int, skip: int, length: int) -> int:
    """One past the line that ends where the value does; 0 if none does.

    A character that is no UTF-8 was one byte, and is up to three in the text as it was decoded.
    """
    size, slack, near = -1, 0, 0
    for at in range(start, limit):
        text = texts[at][skip:] if at == start else texts[at]
        size += len(text.encode("utf-8", "replace")) + 1
        slack += 0 if text.isascii() else 2 * sum(not character.isascii() for character in text)
        if size == length:
            return at + 1
        if abs(size - length) <= slack:
            near = near or at + 1
        elif size > length:
            break
    return near


def _rows(texts: Sequence[str], start: int, end: int, skip: int) -> Said:
    return [(at, texts[at], skip if at == start else 0) for at in range(start, end)]


_VERBOSE_HEAD = re.compile(
    r"[^\W\d_]{1,5}\.? \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \S{1,8} "
    r"\[s=[0-9a-f]{1,32};i=[0-9a-f]{1,16};b=(?P<boot>[0-9a-f]{32});m=(?P<mono>[0-9a-f]{1,16});"
    r"t=(?P<real>[0-9a-f]{1,16});x=[0-9a-f]{1,16}\]$"
)
_VERBOSE_FIELD = re.compile(r" {4}([A-Z_][A-Z0-9_]{0,63})=")
_INDENT = 4


def _verbose(texts: Sequence[str], at: int, head: re.Match[str]) -> Block:
    """A line with the cursor, and below it the fields, indented; rows of a value further in."""
    fields: Fields = {
        "__REALTIME_TIMESTAMP": str(int(head["real"], 16)),
        "__MONOTONIC_TIMESTAMP": str(int(head["mono"], 16)),
        "_BOOT_ID": head["boot"],
    }
    said: Said = []
    key = ""
    end = at + 1
    limit = min(len(texts), at + MAX_LINES)
    while end < limit and texts[end].startswith(" " * _INDENT):
        text = texts[end]
        found = _VERBOSE_FIELD.match(text)
        column = _INDENT + len(key) + 1
        if key and text.startswith(" " * column):
            if key == "MESSAGE":
                said.append((end, text, column))
        elif found is not None:
            key = found[1]
            fields.setdefault(key, text[found.end() :])
            if key == "MESSAGE":
                said = [(end, text, found.end())]
        end += 1
    return Block(end, fields, said)


_PRETTY = re.compile(r'\s{1,8}"(?:_|MESSAGE|PRIORITY|SYSLOG)')


def _pretty(texts: Sequence[str], at: int) -> Block | None:
    """An object with a field a line."""
    end = at + 1
    limit = min(len(texts), at + MAX_LINES)
    while end < limit and texts[end][:1] not in ("{", "}"):
        end += 1
    try:
        record = msgspec.json.decode("\n".join(texts[at:end]) + "}")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    place = next((i for i in range(at, end) if '"MESSAGE"' in texts[i]), at)
    message = journal.message_of(record) or ""
    return Block(min(end + 1, limit), record, [(place, row, 0) for row in message.splitlines()])
