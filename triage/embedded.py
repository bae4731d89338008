r"""Log text inside the strings of a JSON document: an exported page or chat, an API's answer.

    {"content":{"rendered":"<p>we saw<br \/>\n[ 11.58] Out of memory: Killed process 7<\/p>\n ..."}}

`expand` gives the rows that a reader of the page would see, each with the place in the original
text where it begins, so that a finding can point at it. JSON escapes are undone, line-breaking HTML
tags break rows, other HTML tags vanish (angle brackets that are no HTML, such as `<module>`, stay),
entities are decoded. `dmesg -J` is such a document too, and so are lists of log records or of
messages, which become one line a record, with its time. Log records that happen to be JSON are none
of this: the envelope peels them.
"""

from __future__ import annotations

import html
from array import array
from collections.abc import Generator, Iterator, Mapping

import msgspec

from triage.envelope.exported import records_of
from triage.patterns import compiled

MIN_CHARACTERS = 200
"""A shorter string is a field, not a text."""
MIN_BREAKS = 2
MAX_CHARACTERS = 8 << 20
"""A larger document is no page and no chat."""
_HEAD = 4000

_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": "\n"}
_BREAKING = frozenset((
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "b", "bdi", "button", "caption", "cite", "code", "col", "del", "details",
    "em", "font", "i", "iframe", "img", "input", "ins", "kbd", "label", "link", "mark", "meta",
    "noscript", "path", "q", "s", "samp", "small", "source", "span", "strike", "strong", "sub",
    "summary", "sup", "svg", "td", "th", "time", "title", "tt", "u", "var", "video", "wbr",
))  # fmt: skip
_SILENT = {"!--": "-->", "script": "</script", "style": "</style"}
"""What begins a stretch that no reader sees, and what ends it."""
_IS_HTML = compiled(r"(?i)</?(?:br|p|pre|div|code|span|strong|li|ul|h[1-6]|table)(?:\s[^<>]*|/)?>")
_RECORDS = compiled(r'"(?:resourceLogs|logEvents|events|logs|data|messages|text)"\s*:')
_RECORD_LEVEL = compiled(r'"(?:level|levelname|severity|log\.level|lvl|stream)"\s*:')
_RECORD_TIME = compiled(r'"(?:time|ts|timestamp|@timestamp|asctime|datetime)"\s*:')

_HIGH, _LOW, _END = 0xD800, 0xDC00, 0xE000
"""UTF-16 surrogates, which JSON writes in pairs."""


def expand(text: str) -> list[tuple[int, str]] | None:
    """Rows of the long strings in a JSON document, each with its offset in characters.

    None where the text is no such document. Linear in the text; never raises.
    """
    head = text[:_HEAD].lstrip("\ufeff \t\r\n")
    if len(text) > MAX_CHARACTERS or not head.startswith(("{", "[")):
        return None
    if _DMESG.match(head) is not None:
        return list(_dmesg_rows(text)) or None
    records = records_of(text) if _RECORDS.search(head) is not None else None
    if records is not None:
        return records
    if not _may_hold_text(text, head):
        return None
    rows: list[tuple[int, str]] = []
    for start, end in _strings(text):
        if end - start < MIN_CHARACTERS:
            continue
        if text.find("\n", start, end) >= 0:  # no JSON: quotes do not pair up as they should
            return None
        rows.extend(_rows(text, start, end))
    return rows or None


def _may_hold_text(text: str, head: str) -> bool:
    """A document, and not a log line or a log record that looks like one."""
    if not head[1:].lstrip().startswith(('"', "{", "[")):  # `[2024-10-14 03:14:22] ...`
        return False
    one_line = "\n" not in text.strip()
    if one_line and _RECORD_LEVEL.search(head) and _RECORD_TIME.search(head):
        return False
    return "\\n" in text or "<" in text


_DMESG = compiled(r'\{\s*"dmesg"\s*:\s*\[')
_DMESG_RECORD = compiled(r'\{[^{}"]*(?:"(?:[^"\\]|\\.)*"[^{}"]*)+\}')


def _dmesg_rows(text: str) -> Iterator[tuple[int, str]]:
    """`dmesg -J` as dmesg would have printed it, with level and facility as they are given.

    An object a record: `pri` is a number, or with `-x` a word beside `fac`; `time` is in seconds
    since boot, or text with `--time-format`; `caller` only where the kernel tells it.
    """
    for found in _DMESG_RECORD.finditer(text):
        written = text[found.start() : found.end()]
        try:
            record = msgspec.json.decode(written)
        except (msgspec.DecodeError, UnicodeEncodeError):
            continue
        if isinstance(record.get("msg"), str):
            place = found.start() + written.find('"msg"')
            first, *others = record["msg"].split("\n")
            yield place, _dmesg_head(record) + first
            yield from ((place, other) for other in others if other.strip())


def _dmesg_head(record: Mapping[str, object]) -> str:
    priority, facility, when, caller = map(record.get, ("pri", "fac", "time", "caller"))
    level = f"<{priority}>" if isinstance(priority, int) else ""
    if isinstance(priority, str):
        level = f"{facility:<6}:{priority:<6}: "
    stamp = f"[{when:12.6f}] " if isinstance(when, int | float) else ""
    if isinstance(when, str):
        stamp = f"{when} " if when[:1] in "[12" else f"[{when}] "
    return level + stamp + (f"[{caller}] " if stamp and isinstance(caller, str) else "")


def _strings(text: str) -> Iterator[tuple[int, int]]:
    """Where the inside of each string begins and ends; the last one may have been cut off."""
    start = text.find('"') + 1
    while start > 0:
        end = text.find('"', start)
        while end > 0 and is_escaped(text, start, end):
            end = text.find('"', end + 1)
        if end < 0:
            yield start, len(text)
            return
        yield start, end
        start = text.find('"', end + 1) + 1


def is_escaped(text: str, start: int, place: int) -> bool:
    """An odd number of backslashes stands before this place."""
    count = 0
    while place - count > start and text[place - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _rows(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The rows of one string, if it is a text at all."""
    decoded, places = _decoded(text, start, end)
    is_html = "<" in decoded and _IS_HTML.search(decoded) is not None
    pieces = list(_markup_pieces(decoded) if is_html else _pieces(decoded, 0, len(decoded)))
    if len(pieces) <= MIN_BREAKS:
        return
    for piece in pieces:
        row = "".join(decoded[left:right] for left, right in piece)
        if is_html:
            row = html.unescape(row)
        row = row.replace("\n", " ").replace("\r", " ").rstrip()
        if row:
            yield places[piece[0][0]], row


def _pieces(text: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """Rows as the stretches of text that they consist of, ended by newlines."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            yield [(start, stop)]
        start = stop + 1


def _markup_pieces(text: str) -> Iterator[list[tuple[int, int]]]:
    """The same for HTML: breaking tags end rows too, other tags make holes in them."""
    piece: list[tuple[int, int]] = []
    place = 0
    for start, end, breaks in _tags(text):
        piece = yield from _stretch(text, place, start, piece)
        place = end
        if breaks and piece:
            yield piece
            piece = []
    piece = yield from _stretch(text, place, len(text), piece)
    if piece:
        yield piece


def _tags(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where each HTML tag begins and ends, and whether it breaks the line."""
    start = text.find("<")
    missing: set[str] = set()
    while start >= 0:
        name = _tag_name(text, start)
        following = text.find("<", start + 1)
        end = _tag_end(text, start, len(text) if following < 0 else following, name, missing)
        if end > 0:
            yield start, end, name in _BREAKING
            following = text.find("<", end)
        start = following


def _tag_end(text: str, start: int, following: int, name: str, missing: set[str]) -> int:
    """Where the tag is over; 0 if it is none.

    `missing` remembers what closes nothing any more, so that it is looked for only once.
    """
    closing = None if text.startswith("</", start) else _SILENT.get(name)
    if closing is not None and closing not in missing:
        place = text.find(closing, start)
        if place >= 0:
            place += len(closing)
            return place if closing == "-->" else text.find(">", place, place + _MAX_NAME) + 1
        missing.add(closing)
    known = name in _BREAKING or name in _INLINE or name in _SILENT
    return text.find(">", start, following) + 1 if known else 0


def _tag_name(text: str, start: int) -> str:
    """The name of the tag that opens or closes here, in lower case; empty if none does."""
    if text.startswith("<!--", start):
        return "!--"
    place = start + 2 if text.startswith("</", start) else start + 1
    end = place
    while end < len(text) and end - place < _MAX_NAME and text[end].isalnum():
        end += 1
    return text[place:end].lower() if text[end : end + 1] in _AFTER_NAME else ""


_MAX_NAME = 12
_AFTER_NAME = frozenset((" ", "\t", "\n", "/", ">"))


def _stretch(
    text: str, start: int, end: int, piece: list[tuple[int, int]]
) -> Generator[list[tuple[int, int]], None, list[tuple[int, int]]]:
    """The rows that end between two tags; returns the one that is still open."""
    while start < end:
        stop = text.find("\n", start, end)
        if stop < 0:
            piece.append((start, end))
            break
        if stop > start:
            piece.append((start, stop))
        if piece:
            yield piece
            piece = []
        start = stop + 1
    return piece


def _decoded(text: str, start: int, end: int) -> tuple[str, array[int]]:
    """The string without JSON's escapes, and for each of its characters the place it came from."""
    parts: list[str] = []
    places = array("q")
    high = 0
    while start < end:
        mark = text.find("\\", start, end)
        mark = end if mark < 0 else mark
        if mark > start:
            parts.append(text[start:mark])
            places.extend(range(start, mark))
            high = 0
        if mark >= end:
            break
        code, start = _escape(text, mark, end)
        if high and _LOW <= code < _END:
            parts[-1] = chr(0x10000 + ((high - _HIGH) << 10) + (code - _LOW))
            high = 0
            continue
        high = code if _HIGH <= code < _LOW else 0
        parts.append("\ufffd" if _HIGH <= code < _END else chr(code))
        places.append(mark)
    return "".join(parts), places


def _escape(text: str, mark: int, end: int) -> tuple[int, int]:
    """The character that the escape at this place stands for, and where the text goes on."""
    char = text[mark + 1] if mark + 1 < end else " "
    if char == "u":
        digits = text[mark + 2 : min(mark + 6, end)]
        if len(digits) == _DIGITS and all(digit in _HEXADECIMAL for digit in digits):
            return int(digits, 16), mark + 6
    return ord(_SIMPLE.get(char, char)), mark + 2


_DIGITS = 4
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
