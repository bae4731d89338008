"""Times as they are written: which form it is, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.clock import FORMS, iso_utc, month_number, read, recognize
from triage.clock.civil import date_of, days_of
from triage.clock.learned import learn_layout
from triage.events import Stamp


@pytest.mark.parametrize(
    ("text", "form", "utc"),
    [
        ("2024-05-14T03:02:14.550Z", "iso", "2024-05-14T03:02:14.550000Z"),
        ("2024-05-14 05:02:14,55 +0200", "iso", "2024-05-14T03:02:14.550000Z"),
        ("2024-05-13T20:02:14-07:00", "iso", "2024-05-14T03:02:14.000000Z"),
        ("2024-05-14 03:02:14 UTC", "iso", "2024-05-14T03:02:14.000000Z"),
        ("2024-05-14 05:02:14 CEST", "iso", "2024-05-14T03:02:14.000000Z"),
        ("2016-10-06T00:17:09.669794202Z", "iso", "2016-10-06T00:17:09.669794Z"),
        ("Tue May 14 03:02:14 UTC 2024", "ctime", "2024-05-14T03:02:14.000000Z"),
        ("14/May/2024:03:02:12 +0000", "clf", "2024-05-14T03:02:12.000000Z"),
        ("Tue, 14 May 2024 03:02:12 +0000", "rfc1123", "2024-05-14T03:02:12.000000Z"),
        ("1715655734.550123", "epoch", "2024-05-14T03:02:14.550123Z"),
        ("1715655734550", "epoch", "2024-05-14T03:02:14.550000Z"),
        ("1715655734550123", "epoch", "2024-05-14T03:02:14.550123Z"),
        ("@40000000664389ee1dcd6500", "tai64n", "2024-05-14T15:57:24.500000Z"),
    ],
)
def test_a_time_with_a_year_and_a_zone_is_exact(text: str, form: str, utc: str) -> None:
    reading = read(Stamp(text, form))

    assert reading is not None
    time_ns = reading.utc_ns()
    assert time_ns is not None
    assert iso_utc(time_ns) == utc


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2024/05/14 03:02:12", "iso", (2024, 5, 14, 3 * 3600 + 132)),
        ("Fri Aug  9 11:43:09 2024", "ctime", (2024, 8, 9, 42189)),
        ("三 9月  6 11:00:27 2017", "ctime", (2017, 9, 6, 39627)),
        ("Mon Jul 01 20:35:35.334280 2024", "ctime", (2024, 7, 1, 74135)),
        ("kwi 15 07:56:59", "syslog", (None, 4, 15, 28619)),
        ("jan. 29 21:58:54", "syslog", (None, 1, 29, 79134)),
        ("11月 15 07:56:59", "syslog", (None, 11, 15, 28619)),
        ("Nov21 01:50", "syslog", (None, 11, 21, 6600)),
        ("Feb 27 2025 11:16:35", "syslog", (2025, 2, 27, 40595)),
        ("0528 16:05:54.802914", "klog", (None, 5, 28, 57954)),
        ("626 06:39:56.903881913", "klog", (None, 6, 26, 23996)),
        ("05-14 03:02:14", "month_day", (None, 5, 14, 10934)),
        ("05/14/2024 03:02:14", "us", (2024, 5, 14, 10934)),
        ("24/05/14 03:02:14", "spark", (2024, 5, 14, 10934)),
        ("03:14:10", "time", (None, None, None, 11650)),
        ("19:02:04-195282", "time", (None, None, None, 68524)),
        ("14. mai 2024 kl. 03:02:14", "text", (2024, 5, 14, 10934)),
        ("2024-05-14 03:02:14", "text", (2024, 5, 14, 10934)),
    ],
)
def test_what_is_not_written_stays_open(
    text: str, form: str, expected: tuple[int | None, int | None, int | None, int]
) -> None:
    reading = read(Stamp(text, form))

    assert reading is not None
    assert (reading.year, reading.month, reading.day, reading.second) == expected
    assert reading.offset is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1970-01-01T00:00:00Z", "iso"),
        ("0001-01-01T00:00:00Z", "iso"),
        ("2024-02-30 03:02:14", "iso"),
        ("2023-02-29 03:02:14", "iso"),
        ("2024-05-14 25:02:14", "iso"),
        ("2024-05-14 03:62:14", "iso"),
        ("Foo 14 03:02:14", "syslog"),
        ("123456789", "epoch"),
        ("12345678901", "epoch"),
        ("gibberish", "text"),
        ("", "iso"),
    ],
)
def test_what_is_no_time_of_a_log_is_none(text: str, form: str) -> None:
    assert read(Stamp(text, form)) is None


@given(st.sampled_from([*FORMS, "text"]), st.text(max_size=40))
def test_no_text_makes_reading_raise(form: str, text: str) -> None:
    read(Stamp(text, form))
    recognize(text)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 - naive on purpose
def test_days_and_dates_agree_with_the_calendar(moment: datetime) -> None:
    days = days_of(moment.year, moment.month, moment.day)

    assert date_of(days) == (moment.year, moment.month, moment.day)
    assert days == (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    stamp = Stamp(moment.isoformat(timespec="microseconds") + "Z", "iso")
    reading = read(stamp)
    assert reading is not None
    assert iso_utc(reading.utc_ns() or 0) == stamp.text


@pytest.mark.parametrize(
    ("word", "number"),
    [("May", 5), ("mai", 5), ("kwi", 4), ("set", 9), ("avril", 4), ("aug", 8), ("jan.", 1),
     ("5月", 5), ("12월", 12), ("13月", None), ("foo", None), ("Ağu", 8), ("led", 1), ("", None)],
)  # fmt: skip
def test_months_are_known_in_many_languages(word: str, number: int | None) -> None:
    assert month_number(word) == number


def test_a_form_is_learned_once_and_then_read_by_its_layout() -> None:
    first = learn_layout("den 3. maj 2024 kl. 15:02:14")
    second = learn_layout("den 9. maj 2024 kl. 04:59:01")

    assert first is not None
    assert second is not None
    assert (second["D"], second["M"], second["Y"]) == ("9", "5", "2024")
    assert (second["h"], second["m"], second["s"]) == ("04", "59", "01")


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [("14.05.2024 03:02:14", "05", "14"), ("5/14/2024 3:02:14 PM", "5", "14"),
     ("2024.05.14. 03:02:14", "05", "14")],
)  # fmt: skip
def test_the_order_of_day_and_month_is_learned(text: str, month: str, day: str) -> None:
    got = learn_layout(text)

    assert got is not None
    assert (got["M"], got["D"]) == (month, day)


def test_dateparser_is_imported_only_when_a_form_is_unknown() -> None:
    code = (
        "import sys; from triage.envelope import peel; from triage.clock import human_time;"
        "peel('May 14 03:02:14 n kernel: x'); human_time('2024-05-14', now_ns=None, marks={});"
        "print([m for m in ('dateparser', 'polars', 'duckdb', 'numpy') if m in sys.modules])"
    )

    out = run([executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())

    assert out.stdout.strip() == "[]"
