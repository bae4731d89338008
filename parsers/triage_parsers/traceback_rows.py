"""The rows of one traceback: one writer's lines, with the prefix of every line cut off.

A traceback comes behind prefixes that no envelope knows (`0|MINER  | `, `168.5s | 78 | `, `:`), in
a box, or interleaved with what other ranks print. `Rows` follows one writer from a line on and
hands out its text as Python wrote it. A prefix is found by example: what stands in front of the
first `File "`; digits in it may differ from line to line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.envelope import peel
from triage.events import Line, Value
from triage_parsers.traceback_text import HEADER_TEXT, RECORD

KEYS = ("rank", "pid", "container", "container_id", "pod", "process", "host", "unit", "stream")
"""Wrapper fields that tell writers apart."""
LOOK_AHEAD = 8
"""Lines in which the first frame is looked for."""
FOREIGN_RUN = 40
"""Lines of other writers in a row after which a writer is taken to have stopped."""
MAX_LINES = 4000
"""Lines that one traceback may run over, others' included."""
FRAME_INDENT = 2
"""Blanks that Python puts before `File`."""
STRAY_RUN = 3
"""The same where nothing but the wrapper of a log record tells them apart."""
REFERER = ", referer: "
"""Apache's mod_wsgi ends every line of an error with it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the traceback."""

    index: int
    """Into the window."""
    text: str
    """As Python wrote it."""
    gap: int = 0
    """Lines of other writers since the row before."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How the lines of one traceback are recognized after its first."""

    wrappers: tuple[str, ...]
    key: tuple[Value, ...]
    prefix: str
    gutter: bool = False
    """An exception group: `  | ` in front of every line, deeper with every level."""
    boxed: bool = False
    """A vertical bar ends the lines too."""

    @property
    def is_told_apart(self) -> bool:
        """Lines of others can be skipped, because they carry another mark."""
        return bool(self.wrappers) or bool(self.prefix.strip())


def cut(prefix: str, text: str) -> str | None:
    """The text behind the prefix; None where it does not carry it.

    Digit runs match any digits, inner blanks any blanks, blanks at the end at most as many.
    """
    if not prefix:
        return text
    bare = prefix.rstrip(" \t")
    is_same = text.startswith(bare) and not bare[-1:].isdigit()
    place = len(bare) if is_same else _end_of(bare, text)
    if place is None:
        return None
    width = len(prefix) - len(bare)
    rest = text[place:]
    blanks = len(rest) - len(rest.lstrip(" \t"))
    if not bare and rest.strip() and blanks < width:
        return None
    return rest[min(width, blanks) :]


def _end_of(bare: str, text: str) -> int | None:
    """Where in the text what looks like this prefix is over."""
    place = index = 0
    while index < len(bare):
        char = bare[index]
        if place >= len(text):
            return None
        if char.isdigit():
            if not text[place].isdigit():
                return None
            index, place = _past_digits(bare, index), _past_digits(text, place)
        elif char in " \t":
            if text[place] not in " \t":
                return None
            index, place = _past_blanks(bare, index), _past_blanks(text, place)
        elif char != text[place]:
            return None
        else:
            index += 1
            place += 1
    return place


def _past_digits(text: str, index: int) -> int:
    while index < len(text) and text[index].isdigit():
        index += 1
    return index


def _past_blanks(text: str, index: int) -> int:
    while index < len(text) and text[index] in " \t":
        index += 1
    return index


def key_of(line: Line) -> tuple[Value, ...]:
    """Who wrote this line, as far as its wrapper says."""
    fields = line.peeled.fields
    return tuple(fields.get(name) for name in KEYS) if fields else ()


def writer_of(lines: Sequence[Line], start: int) -> Writer:
    """Learn from the first frame at or after the start how this writer's lines look."""
    first = lines[start]
    gutter = "Exception Group" in first.body
    model = _first_frame(lines, start)
    if model is None:
        body = first.body
        lead = body[: len(body) - len(body.lstrip(" \t"))]
        return Writer(first.peeled.wrappers, key_of(first), lead)
    lead = model.body[: model.body.find("File ")]
    if lead.strip() == ">" and cut(">", first.body) is None:  # loguru's mark, no quotation
        lead = lead.replace(">", " ")
    bare = lead.rstrip(" \t")
    if bare.endswith(("|", "+")) and (gutter or not bare.strip("|+ \t")):
        gutter = True
        bare = bare[:-1].rstrip(" \t|+")
        prefix = bare + " " if bare else ""
    elif bare:
        prefix = bare + _separator(bare, lead, first)
    else:
        prefix = _indentation(first, lead)
    boxed = bare.startswith(("│", "|", "┃"))
    return Writer(model.peeled.wrappers, key_of(model), prefix, gutter, boxed)


def _first_frame(lines: Sequence[Line], start: int) -> Line | None:
    """The first frame of the writer of this line, past what others say in between."""
    first = lines[start]
    own = 0
    for line in lines[start : start + FOREIGN_RUN]:
        if line.peeled.wrappers == first.peeled.wrappers and key_of(line) != key_of(first):
            continue
        own += 1
        if own > LOOK_AHEAD:
            break
        place = line.body.find("File ")
        if place >= 0 and ", line " in line.body[place:]:
            header = line.body.find(HEADER_TEXT)
            if header < 0 or place < header:
                return line
    return None


def _separator(bare: str, lead: str, first: Line) -> str:
    """Blanks between a prefix and the text: the header knows, else the indentation of frames."""
    rest = cut(bare, first.body)
    rest = cut(bare, first.text) if rest is None else rest
    if rest is not None and HEADER_TEXT in rest:
        return rest[: len(rest) - len(rest.lstrip(" \t"))] if rest[:1] in " \t" else ""
    width = len(lead) - len(bare)
    return " " * (width - FRAME_INDENT if width > FRAME_INDENT else width % FRAME_INDENT)


def _indentation(first: Line, lead: str) -> str:
    """How far the whole traceback is moved to the right."""
    body = first.body
    place = body.find(HEADER_TEXT)
    own = body[: len(body) - len(body.lstrip(" \t"))]
    if place >= 0 and len(own) + 1 == place:  # nothing but blanks and the T stand before
        return own if len(own) <= len(lead) else lead
    return " " * max(0, len(lead) - FRAME_INDENT) if place < 0 else ""


def _sign(key: tuple[Value, ...]) -> str:
    """A text that every line of a writer with this key holds: its pid."""
    pid = dict(zip(KEYS, key, strict=False)).get("pid")
    return str(pid) if isinstance(pid, int) else ""


def _label(line: Line) -> str:
    """What the wrapper of this line looks like; empty where the body was repaired."""
    body = line.body
    return line.text[: -len(body)] if body and line.text.endswith(body) else ""


class Rows:
    """The rows of one writer, from a line of the window on."""

    def __init__(
        self,
        lines: Sequence[Line],
        start: int,
        taken: bytearray,
        prefix: str | None = None,
        *,
        records: bool = False,
    ) -> None:
        """`records`: a bare line that looks like a log record's is a row too."""
        self.records = records
        self.lines = lines
        self.start = start
        self.taken = taken
        if prefix is None:
            self.writer = writer_of(lines, start)
        else:
            self.writer = Writer(lines[start].peeled.wrappers, key_of(lines[start]), prefix)
        self.label = _label(lines[start])
        self.sign = _sign(self.writer.key)

    def __iter__(self) -> Iterator[Row]:
        """The first row comes as it is behind the prefix; it may hold a header in its middle."""
        first = self.lines[self.start].body
        yield Row(self.start, self.text_of(first))
        gap = 0
        lines, taken, sign = self.lines, self.taken, self.sign
        run = FOREIGN_RUN if self.writer.is_told_apart else STRAY_RUN
        for index in range(self.start + 1, min(len(lines), self.start + MAX_LINES)):
            line = lines[index]
            text = None
            # that its sign is missing spares peeling it: in a busy log 40 others speak in between
            if not taken[index] and (sign in line.text or line.peel is not peel):
                text = self._own(line)
            if text is None:
                gap += 1
                if gap > run:
                    return
                continue
            yield Row(index, text, gap)
            gap = 0

    def _own(self, line: Line) -> str | None:
        """The text of a line of this writer, None for a line of another."""
        writer = self.writer
        body = line.body
        if line.peeled.wrappers != writer.wrappers or key_of(line) != writer.key:
            # A prefix such as `[ERROR] ` or `3: ` may count as a wrapper before some texts only.
            if writer.wrappers:
                labeled = (
                    self.label and not line.peeled.wrappers and line.text.startswith(self.label)
                )
                return line.text[len(self.label) :] if labeled else None
            if not writer.prefix.strip():
                return None
            body = line.text
        apart = writer.is_told_apart or self.records or body[:1] in " \t"
        if not apart and RECORD.match(body[:200]) is not None:
            return None
        text = cut(writer.prefix, body)
        return None if text is None else self._bare(text)

    def text_of(self, body: str) -> str:
        """The body without prefix, gutter, box and Apache's referer."""
        text = cut(self.writer.prefix, body)
        return self._bare(body if text is None else text)

    def _bare(self, text: str) -> str:
        if self.writer.boxed:
            text = text.rstrip(" ").rstrip("│|┃").rstrip(" ")
        if REFERER in text:
            text = text[: text.rfind(REFERER)]
        return text
