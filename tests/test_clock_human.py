"""Times that a responder types."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.clock import human_time, iso_utc, read
from triage.events import Stamp


def at(text: str) -> int:
    reading = read(Stamp(text, "iso"))
    assert reading is not None
    time_ns = reading.utc_ns()
    assert time_ns is not None
    return time_ns


NOW = at("2024-05-14T03:10:00Z")
MARKS = {
    "start": at("2024-05-13T22:00:00Z"),
    "end": NOW,
    "crash": at("2024-05-14T03:02:14.550Z"),
    "first error": at("2024-05-14T02:58:00Z"),
}


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-05-14T03:02:14Z", "2024-05-14T03:02:14"),
        ("2024-05-14T05:02:14+02:00", "2024-05-14T03:02:14"),
        ("2024-05-14 03:02", "2024-05-14T03:02:00"),
        ("2024-05-14", "2024-05-14T00:00:00"),
        ("1715655734", "2024-05-14T03:02:14"),
        ("03:02", "2024-05-14T03:02:00"),
        ("3:02:30", "2024-05-14T03:02:30"),
        ("23:30", "2024-05-13T23:30:00"),
        ("03:15", "2024-05-14T03:15:00"),
        ("-2h", "2024-05-14T01:10:00"),
        ("- 1h 30m", "2024-05-14T01:40:00"),
        ("+90s", "2024-05-14T03:11:30"),
        ("crash", "2024-05-14T03:02:14.55"),
        ("the crash", "2024-05-14T03:02:14.55"),
        ("2 hours before the crash", "2024-05-14T01:02:14.55"),
        ("10m before crash", "2024-05-14T02:52:14.55"),
        ("5 minutes after the first error", "2024-05-14T03:03:00"),
        ("1 hour ago", "2024-05-14T02:10:00"),
        ("yesterday 3pm", "2024-05-13T15:00:00"),
    ],
)
def test_what_people_write_is_understood(text: str, utc: str) -> None:
    assert iso_utc(human_time(text, now_ns=NOW, marks=MARKS)).startswith(utc)


@pytest.mark.parametrize(
    "text", ["gibberish", "", "25:61", "before the flood", "2h before the war"]
)
def test_what_nobody_understands_is_answered_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="2024-05-14 03:02"):
        human_time(text, now_ns=NOW, marks=MARKS)


@pytest.mark.parametrize("text", ["-2h", "03:02", "2 hours before the crash"])
def test_without_a_dated_event_nothing_is_relative_to_today(text: str) -> None:
    with pytest.raises(ValueError, match="no dated event"):
        human_time(text, now_ns=None, marks={})


@settings(deadline=None, max_examples=40)  # dateparser takes its time
@given(st.text(max_size=20))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        found = human_time(text, now_ns=NOW, marks=MARKS)
    except ValueError:
        return
    assert isinstance(found, int)
