"""Helpers for tests of parsers: a text in, the events of one parser out."""

from __future__ import annotations

from collections.abc import Sequence

from triage.envelope import peel
from triage.events import Context, Event, Line, Parser, Sample


def lines_of(text: str) -> list[Line]:
    """The lines of a text as a source would deliver them."""
    lines: list[Line] = []
    offset = 0
    for number, row in enumerate(text.removesuffix("\n").split("\n"), start=1):
        lines.append(Line(number, offset, row.removesuffix("\r"), peel))
        offset += len(row.encode("utf-8", "replace")) + 1
    return lines


def hits_of(parser: Parser, lines: Sequence[Line]) -> list[int]:
    """Indexes of the lines that hold one of the parser's literals, as the gate would find them."""
    return [i for i, line in enumerate(lines) if any(lit in line.text for lit in parser.literals)]


def events_of(parser: Parser, text: str, name: str = "sample.log") -> list[Event]:
    """What the parser makes of the text, standing alone in a file."""
    lines = lines_of(text)
    hits = hits_of(parser, lines)
    return list(parser.parse(lines, hits, Context(source=name))) if hits else []


def sample_events(parser: Parser, sample: Sample) -> list[Event]:
    """What the parser makes of one of its samples."""
    return events_of(parser, sample.text, sample.name)
