"""What must hold for any text, cut anywhere, under any envelope."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from triage.derive import DERIVED_KINDS
from triage.events import FIELD_TYPES, Event
from triage.ingest.records import LOG_LINE
from triage.testing_forms import read
from triage_parsers import PARSERS

KINDS = {LOG_LINE, *DERIVED_KINDS, *chain.from_iterable(parser.kinds for parser in PARSERS)}
TEXTS = sorted({sample.text for parser in PARSERS for sample in parser.samples})

Envelope = Callable[[str], str]
ENVELOPES: tuple[Envelope, ...] = (
    lambda row: row,
    lambda row: f"[ 8112.004512] {row}",
    lambda row: f"<4>[ 8112.004512] {row}",
    lambda row: f"[Tue Mar  3 04:05:06 2026] {row}",
    lambda row: f"4,881,8112004512,-;{row}",
    lambda row: f"Mar  3 04:05:06 gpu-7 kernel: [ 8112.004512] {row}",
    lambda row: f"2026-03-03T04:05:06.123456+00:00 gpu-7 trainer[812]: {row}",
    lambda row: f"<134>1 2026-03-03T04:05:06Z gpu-7 trainer 812 - - {row}",
    lambda row: f"2026-03-03T04:05:06.123456789Z stderr F {row}",
    lambda row: f"2026-03-03T04:05:06.123456789Z stdout P {row}",
    lambda row: json.dumps({"log": row + "\n", "stream": "stderr", "time": "2026-03-03T04:05:06Z"}),
    lambda row: json.dumps({"log": row, "stream": "stderr", "time": "2026-03-03T04:05:06Z"}),
    lambda row: json.dumps({"level": "error", "ts": 1772511906.1, "msg": row}),
    lambda row: f"gpu-7: {row}",
    lambda row: f"worker-1  | {row}",
    lambda row: f"[rank3]: {row}",
    lambda row: f"(pid=812, ip=10.0.0.3) {row}",
    lambda row: f"> {row}",
    lambda row: f"2026-03-03 04:05:06,123 ERROR [app.train] {row}",
)
JUNK = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60)


@st.composite
def logs(draw: st.DrawFn) -> str:
    """Pieces of real forms, cut, wrapped and put one below the other."""
    pieces: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(st.sampled_from(TEXTS))
        low = draw(st.integers(0, max(0, len(text) - 1)))
        text = text[low : draw(st.integers(low, len(text)))] if draw(st.booleans()) else text
        for envelope in draw(st.lists(st.sampled_from(ENVELOPES), max_size=2)):
            text = "\n".join(envelope(row) for row in text.split("\n"))
        pieces += [text, draw(JUNK)]
    return "\n".join(pieces)


def is_value(key: str, value: object) -> bool:
    """A value of the schema: a scalar, and a number where its name promises one."""
    if FIELD_TYPES.get(key) is int and isinstance(value, str):
        return not value.strip().removeprefix("-").isdecimal() or len(value) > 18
    return value is None or isinstance(value, str | int | float | bool)


def is_text(row: str) -> bool:
    """Something that a reader would see: not blank, not only control characters."""
    return "\x1b" not in row and any(char.isprintable() and char != " " for char in row)


def wrong(event: Event, rows: list[str]) -> str | None:
    """What is against the schema, in words."""
    if event.kind not in KINDS:
        return f"unknown kind {event.kind}"
    if not 1 <= event.line <= event.line_end <= len(rows):
        return f"{event.kind} stands at {event.line}-{event.line_end} of {len(rows)}"
    bad = [key for key, value in event.fields.items() if not is_value(key, value)]
    return f"{event.kind}: {bad} {[event.fields[key] for key in bad]}" if bad else None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(logs())
@example('{"log":"')
@example("2026-03-03T04:05:06.1Z stdout P")
def test_nothing_raises_no_line_is_lost_and_the_schema_holds(text: str) -> None:
    rows = text.split("\n")
    rows = rows[:-1] if rows[-1] == "" else rows

    events, report = read(text, "any.log", everything=True)

    assert report.lines == len(rows)
    assert [problem for event in events if (problem := wrong(event, rows))] == []
    covered = {n for event in events for n in range(event.line, event.line_end + 1)}
    is_document = text.lstrip("\ufeff \t\r\n").startswith(("{", "["))
    if not is_document:  # rows of a document's strings take the place of its lines
        lost = [n for n, row in enumerate(rows, 1) if is_text(row) and n not in covered]
        assert [rows[n - 1] for n in lost] == []
