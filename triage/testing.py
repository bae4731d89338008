"""Helpers for tests: a text in, the events of one parser out; plain answers and events."""

from __future__ import annotations

from collections.abc import Sequence

from triage.answer import Answer, SourceInfo, Tool, Verdict
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
    if parser.is_named(name) and 0 not in hits:
        hits.insert(0, 0)
    return list(parser.parse(lines, hits, Context(source=name))) if hits else []


def sample_events(parser: Parser, sample: Sample) -> list[Event]:
    """What the parser makes of one of its samples."""
    return events_of(parser, sample.text, sample.name)


def plain_answer() -> Answer:
    """An answer without findings, about one source `app.log`."""
    info = SourceInfo(
        name="app.log", parser=None, lines=9, events=3, unclaimed=0, encoding="utf-8",
        time_quality="exact",
    )  # fmt: skip
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"), bundles=[],
        verdict=Verdict("clean", None, "Nothing", None), findings=[], undecided=[], ruled_out=[],
        environments=[], sources=[info], warnings=[],
    )  # fmt: skip


def plain_event(line: int, message: str, time_ns: int | None) -> Event:
    """A log line as an event, for tests of what is done with events."""
    return Event(
        kind="log.line", line=line, line_end=line, offset=0, text=message, message=message,
        fields={"host": "gpu-7", "rank": line}, time_ns=time_ns, time_quality="exact",
    )  # fmt: skip
