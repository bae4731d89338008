"""One event as lines of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from triage.answer import Finding
from triage.patterns import Pattern
from triage.timeline.order import LEVELS
from triage.timeline.pages import Row
from triage.tui.timeline import times
from triage.tui.timeline.look import LETTERS, MARK, NOTE, Look, severity_of
from triage.tui.timeline.painted import fitted, one_line, segments, wrapped

TIME_WIDTH = 12
MAX_WHO = 60
MAX_PLACE = 28
MIN_TEXT = 20
"""Cells that the text gets at least, however narrow the screen."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a row beside itself."""

    finding: Finding | None = None
    """The finding that cites it."""
    mark: str = ""
    """`MARK`, `NOTE`, or nothing."""


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Manner:
    """How the responder wants rows now."""

    width: int
    shift: int = 0
    """Cells of the text that are scrolled out to the left."""
    wrap: bool = False
    relative_to: int | None = None
    """An instant from which times are told; None: the time of day."""
    pattern: Pattern | None = None
    """What is searched."""


def row_lines(row: Row, said: Said, look: Look, manner: Manner, *, cursor: bool) -> list[Strip]:
    """The screen lines of one row: one, or as many as its text needs."""
    prefix = _prefix(row, said, look, manner)
    used = 1 + sum(cell_len(segment.text) for segment in prefix)
    room = max(MIN_TEXT, manner.width - used)
    style = look.styles[_tone(row, said)]
    head = _head(row, look)
    if manner.wrap:
        texts = wrapped(head[0] + head[1] + row.message, room)
    else:
        texts = [head[0] + head[1] + one_line(row.message, ascii_only=look.ascii)]
    strips = []
    for number, text in enumerate(texts):
        body = _body(text, head if number == 0 else ("", ""), style, look, manner)
        if number:
            begin = [Segment(" " * used, look.styles["dim"])]
        else:
            begin = [Segment(">" if cursor else " ", look.styles["mark"]), *prefix]
        strip = Strip(begin + _shifted(body, 0 if manner.wrap else manner.shift, room))
        strip = strip.adjust_cell_length(manner.width, look.styles["normal"])
        strips.append(strip.apply_style(look.styles["cursor"]) if cursor else strip)
    return strips


def height(row: Row, look: Look, manner: Manner) -> int:
    """How many screen lines a row takes."""
    if not manner.wrap:
        return 1
    named = place_width(look, manner)
    used = 3 + TIME_WIDTH + 2 + (named + 1 if named else 0)
    head = _head(row, look)
    return len(wrapped(head[0] + head[1] + row.message, max(MIN_TEXT, manner.width - used)))


def _prefix(row: Row, said: Said, look: Look, manner: Manner) -> list[Segment]:
    """Mark, sign, time with its quality, place: what stays when the text is shifted."""
    styles = look.styles
    sign = LETTERS.get(row.level or "", " ")
    tone = severity_of(LEVELS.index(row.level) if row.level in LEVELS else 0)
    if said.finding is not None:
        sign, tone = look.sign(said.finding.severity), said.finding.severity
    parts = [
        Segment(said.mark or " ", styles["mark"]),
        Segment(sign, styles[tone or "dim"]),
        Segment(_time(row, manner), styles["normal"]),
        Segment(times.QUALITY[row.ts_quality][0] + " ", styles["dim"]),
    ]
    width = place_width(look, manner)
    if width:
        parts.append(Segment(fitted(place(row), width) + " ", styles["dim"]))
    return parts


def place_width(look: Look, manner: Manner) -> int:
    """Cells of `file:line`: a fifth of the screen at most."""
    return min(look.place_width, manner.width // 5)


def place(row: Row) -> str:
    """File and line, without the folders."""
    return f"{one_line(row.path.rsplit('/', 1)[-1], 200)}:{row.line}"


def _time(row: Row, manner: Manner) -> str:
    if row.ts is None:
        return ("" if row.stamp is None else one_line(row.stamp, TIME_WIDTH)[-TIME_WIDTH:]).rjust(
            TIME_WIDTH
        )
    if manner.relative_to is not None:
        return times.offset(row.ts - manner.relative_to).rjust(TIME_WIDTH)
    return times.clock(row.ts)


def _head(row: Row, look: Look) -> tuple[str, str]:
    """What kind of event it is where that is known, and who speaks."""
    kind = "" if row.kind == "log.line" else f"{one_line(row.kind, MAX_WHO)} "
    who = row.process or row.container or ""
    if row.pid is not None:
        who += f"[{row.pid}]"
    named = [name for name in (row.host if look.several_hosts else None, row.pod, who) if name]
    return kind, f"{one_line(' '.join(named), 2 * MAX_WHO)}: " if named else ""


def _tone(row: Row, said: Said) -> str:
    if said.finding is not None:
        return said.finding.severity
    return severity_of(LEVELS.index(row.level) if row.level in LEVELS else 0) or "normal"


def _body(
    text: str, head: tuple[str, str], style: Style, look: Look, manner: Manner
) -> list[Segment]:
    """Kind and speaker in styles of their own; a narrow screen may have cut them."""
    kind, who = len(head[0]), len(head[0]) + len(head[1])
    hit = look.styles["hit"]
    return [
        *segments(text[:kind], look.styles["kind"], manner.pattern, hit),
        *segments(text[kind:who], look.styles["dim"], manner.pattern, hit),
        *segments(text[who:], style, manner.pattern, hit),
    ]


def _shifted(body: list[Segment], shift: int, room: int) -> list[Segment]:
    return list(Strip(body).crop(shift, shift + room))


def said_of(
    row: Row, cited: Mapping[int, Finding], marks: Mapping[int, object], notes: Mapping[int, object]
) -> Said:
    """What is known of a row: by row id, and by event id."""
    mark = MARK if row.event_id in marks else NOTE if row.event_id in notes else ""
    return Said(cited.get(row.row), mark)
