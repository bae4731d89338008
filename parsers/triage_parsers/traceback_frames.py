"""Reads one classic traceback, with all that is chained to it, row by row.

    Traceback (most recent call last):          header
      File "train.py", line 12, in step         frame
        loss = model(batch)                     source, one or more rows
               ~~~~~^^^^^^^                     carets (3.11 and later)
    ValueError: bad batch                       exception, its message may go on for paragraphs

    During handling of the above exception, another exception occurred:
    ...

The first traceback of a chain is the root, the last one is what the user saw. Inside a message
(PyTorch's `Original Traceback`, Ray's remote frames) the inner one is the root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from triage.patterns import Match, compiled
from triage_parsers.traceback_message import KNOWN, OPEN_MESSAGES, PLACES, java_cause
from triage_parsers.traceback_rows import Row, Writer
from triage_parsers.traceback_text import (
    CARET,
    CHAINED,
    FRAME_HEAD,
    GROUP_RULE,
    GUTTER,
    HEADER_TEXT,
    RECORD,
    REPEATED,
    Frame,
    Raised,
    frame_of,
    indent_of,
    is_ellipsis,
    lone_exception,
    raised_of,
)

PAGE = compiled(r"^Exception (?:Type: (?P<name>[\w.]+)(?: at \S+)?|Value: ?(?P<value>.*))$")
MAX_BLANKS = 2
MAX_UNKNOWN = 2
"""Rows of neither grammar inside a traceback: another thread's output."""
MAX_SOURCE = 30
MAX_MESSAGE = 60
MAX_UNINDENTED = 6
"""Message rows at the left margin: any print may stand there."""


@dataclass(slots=True)
class Part:
    """One traceback of a chain."""

    frames: int = 0
    last: Frame | None = None
    app: Frame | None = None
    """Innermost frame outside of installed code."""
    raised: Raised | None = None
    message: list[str] = field(default_factory=list)
    nested: bool = False
    """It stands in the message of the one before: it came first in time."""
    leaf: bool = False
    """A member of an exception group."""
    sources: int = 0
    """Source rows since the last frame."""
    places: bool = False
    """The message names where something was defined: frames in it are no calls."""

    def add(self, frame: Frame) -> None:
        """Count one more frame."""
        self.frames += 1
        self.sources = 0
        self.last = frame
        if not frame.is_library:
            self.app = frame

    @property
    def is_open(self) -> bool:
        """The message goes on after a blank line."""
        text = self.message[-1] if self.message else ""
        whole = "\n".join(self.message)
        return not text or text.endswith(":") or any(known in whole for known in OPEN_MESSAGES)


@dataclass(slots=True)
class Block:
    """What was read, and from which lines."""

    parts: list[Part] = field(default_factory=lambda: [Part()])
    rows: list[int] = field(default_factory=list)
    headers: int = 0
    elided: bool = False
    """Somebody put `...` where the frames were."""
    chained: bool = False
    named: str = ""
    """Class in a notebook's header, for where the exception's own line was cut off."""
    foreign: Raised | None = None
    """The Java class that the message of a Spark error gives as the cause."""

    @property
    def frames(self) -> int:
        """Of all parts together."""
        return sum(part.frames for part in self.parts)

    @property
    def chain(self) -> int:
        """Tracebacks from the root to the surface; the members of a group are no links."""
        return sum(not part.leaf for part in self.parts)

    @property
    def surface(self) -> Part:
        """What the user saw: the last part that is nobody's detail."""
        own = [part for part in self.parts if not part.nested and not part.leaf]
        return next((part for part in reversed(own) if part.raised), own[-1] if own else Part())

    @property
    def root(self) -> Part | None:
        """What came first, where that is another part than the surface."""
        raised = [part for part in self.parts if part.raised]
        inner = [part for part in raised if part.nested]
        leaves = [
            part for part in raised if part.leaf and "Group" not in (part.raised or _NONE).name
        ]
        found = inner[-1] if inner else leaves[0] if leaves else raised[0] if raised else None
        return None if found is self.surface else found


def block_of(
    rows: Iterable[Row], take: Callable[[Block, Row, int], bool], max_blanks: int
) -> Block:
    """Rows as long as they belong, blank ones between them up to a number.

    `take` is told the block so far, a row and the blank rows before it; it says whether it belongs.
    """
    block = Block()
    blanks = 0
    for row in rows:
        if not row.text.strip():
            blanks += 1
            if blanks > max_blanks:
                break
            continue
        if not take(block, row, blanks):
            break
        block.rows.append(row.index)
        blanks = 0
    block.parts = [part for part in block.parts if part.frames or part.raised] or [Part()]
    return block


_NONE = Raised("", "")


class Source(Protocol):
    """Where rows come from: the lines of a writer, or one line with escaped newlines."""

    @property
    def writer(self) -> Writer:
        """How the rows are told apart from others."""

    def __iter__(self) -> Iterator[Row]:
        """The rows in order."""


class Reader:
    """Takes rows as long as they belong to the block."""

    def __init__(self, rows: Source, *, lone: bool = False) -> None:
        self.rows = rows
        self.lone = lone
        """The first row is an exception line without a traceback above it."""
        self.block = Block()
        self.blanks = 0
        self.unknown = 0
        self.partial = ""
        """The head of a frame that a terminal broke in two."""

    def read(self) -> Block:
        """Read to the end of the block."""
        for row in self.rows:
            taken = self._first(row) if not self.block.rows else self._take(row)
            if taken is None:
                self.unknown += 1
                if self.unknown > MAX_UNKNOWN:
                    break
            elif not taken:
                break
        self.block.parts = [p for p in self.block.parts if p.frames or p.raised] or [Part()]
        return self.block

    @property
    def part(self) -> Part:
        """The traceback being read."""
        return self.block.parts[-1]

    def _accept(self, row: Row) -> bool:
        self.block.rows.append(row.index)
        self.blanks = 0
        self.unknown = 0
        return True

    def _open_part(self, *, nested: bool = False, leaf: bool = False) -> None:
        if self.part.frames or self.part.raised:
            self.block.parts.append(Part())
        self.part.nested = nested
        self.part.leaf = leaf

    def _first(self, row: Row) -> bool:
        """The row that announced the block: a header, a frame or an exception."""
        self._accept(row)
        place = row.text.find(HEADER_TEXT)
        if place >= 0:
            self.block.headers = 1
            self._glued(row.text[place + len(HEADER_TEXT) :])
        elif self.lone:
            self._raise(lone_exception(row.text) or _NONE)
        else:
            frame = frame_of(row.text)
            if frame is not None:
                self.part.add(frame)
        return True

    def _glued(self, text: str) -> None:
        """What stands behind a header on its line: the first frame, if anything."""
        frame = frame_of(text.removeprefix(":"))
        if frame is not None:
            self.part.add(frame)

    def _take(self, row: Row) -> bool | None:
        """True: belongs here. None: perhaps another writer's. False: the block has ended."""
        text = row.text
        if self.rows.writer.gutter:
            if GUTTER.match(text) is None:
                return False
            if GROUP_RULE.match(text) is not None:
                self._open_part(leaf=True)
                return self._accept(row)
            text = GUTTER.sub("", text)
        if not text.strip():
            self.blanks += 1
            return True if self.blanks <= MAX_BLANKS else None
        if CHAINED.match(text) is not None:
            self._open_part(leaf=self.part.leaf)
            self.block.chained = True
            return self._accept(row)
        return self._in_message(row, text) if self.part.raised else self._in_frames(row, text)

    def _in_frames(self, row: Row, text: str) -> bool | None:
        if HEADER_TEXT in text:
            return self._header(row, text)
        frame = frame_of(self.partial + text)
        self.partial = ""
        if frame is not None:
            self.part.add(frame)
            return self._accept(row)
        if FRAME_HEAD.match(text) is not None:
            self.partial = text
            return self._accept(row)
        if self.part.frames and (CARET.match(text) or REPEATED.match(text)):
            return self._accept(row)
        if is_ellipsis(text):
            self.block.elided = self.block.elided or not self.part.frames
            return self._accept(row)
        return self._exception_or_source(row, text)

    def _header(self, row: Row, text: str) -> bool | None:
        """A header where frames were expected: the second of two writers, or of a chain."""
        if self.part.frames:
            return False
        self.block.headers += 1
        place = text.find(HEADER_TEXT)
        self._glued(text[place + len(HEADER_TEXT) :])
        return self._accept(row)

    def _exception_or_source(self, row: Row, text: str) -> bool | None:
        part = self.part
        indent = indent_of(text)
        inside = part.last is not None and indent > part.last.indent
        if inside and part.sources < MAX_SOURCE:
            part.sources += 1
            return self._accept(row)
        page = PAGE.match(text) if part.frames else None
        if page is not None:
            return self._page(row, page)
        outside = part.last is not None and indent < part.last.indent
        proven = outside or (part.leaf and not part.frames)
        raised = raised_of(text.strip(), proven=proven)
        if raised is not None:
            self._raise(raised)
            return self._accept(row)
        if part.last is not None and not outside and not part.sources and not self.blanks:
            part.sources += 1
            return self._accept(row)
        return None

    def _page(self, row: Row, found: Match) -> bool:
        """Django's page names class and message below the calls, each on a row of its own."""
        name, value = found.group("name"), found.group("value")
        if name:
            self.block.named = name
        elif value is not None:
            self._raise(Raised(self.block.named, value.strip()))
        return self._accept(row)

    def _raise(self, raised: Raised) -> None:
        self.part.raised = raised
        self.part.message.append(raised.message)
        self.part.sources = 0

    def _in_message(self, row: Row, text: str) -> bool | None:
        part = self.part
        if KNOWN.match(text) is not None:
            return self._known(row, text)
        if row.gap and not self.rows.writer.is_told_apart:
            return False
        place = text.find(HEADER_TEXT)
        frame = frame_of(text)
        if place >= 0 or (frame is not None and not part.places):
            return self._nested(row, text, frame)
        if frame is not None or text.strip() == '"""':  # so concurrent.futures quotes a remote one
            return self._accept(row)
        indented = text[:1] in " \t"
        over = (self.blanks and not part.is_open) or len(part.message) > MAX_MESSAGE
        if over or not (indented or self._goes_on(text)):
            return False
        part.message.append(text.rstrip())
        part.sources += not indented
        return self._accept(row)

    def _known(self, row: Row, text: str) -> bool:
        """A row that a library is known to put under its message."""
        part = self.part
        part.places = PLACES.match(text) is not None or (part.places and text[:1] in " \t")
        self.block.foreign = java_cause(text) or self.block.foreign
        return self._accept(row)

    def _goes_on(self, text: str) -> bool:
        """A row at the left margin is message, and not the next thing that somebody printed."""
        part = self.part
        if RECORD.match(text) is not None or lone_exception(text) is not None:
            return False
        if self.lone or self.block.frames == 0:
            return part.is_open and part.sources < MAX_UNINDENTED
        return part.sources < MAX_UNINDENTED

    def _nested(self, row: Row, text: str, frame: Frame | None) -> bool:
        """A traceback inside a message."""
        place = text.find(HEADER_TEXT)
        original = "Original T" in text
        quoted = bool(self.part.message) and self.part.message[-1].rstrip().endswith((":", '"""'))
        if place >= 0 and not (original or quoted or indent_of(text) > 0):
            return False
        if frame is not None and (frame.indent == 0 or self.block.headers > len(self.block.parts)):
            return False  # it answers to a header of its own
        self._open_part(nested=True)
        if frame is not None:
            self.part.add(frame)
        elif place >= 0:
            self._glued(text[place + len(HEADER_TEXT) :])
        return self._accept(row)
