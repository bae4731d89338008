"""Times that leave something out, and what the evidence of a bundle makes of them."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import clock_of, times_of
from triage.clock import BundleClock, SourceClock, iso_utc
from triage.envelope import peel


def test_a_naive_time_is_taken_as_utc_and_says_so() -> None:
    times = times_of({"a": "2024-05-14 03:02:14,891 INFO x"}, "a")

    assert times == [("2024-05-14T03:02:14.891000Z", "zone_assumed")]


@pytest.mark.parametrize("zone", ["Europe/Oslo", "+02:00"])
def test_a_zone_that_the_user_names_is_used(zone: str) -> None:
    times = times_of({"a": "2024-05-14 03:02:14 INFO x"}, "a", zone=zone)

    assert times == [("2024-05-14T01:02:14.000000Z", "zone_assumed")]


def test_a_zone_that_does_not_exist_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="Europe/Oslo"):
        BundleClock("Mars/Olympus")


def test_a_year_comes_from_the_nearest_dated_lines_of_the_bundle() -> None:
    sources = {
        "syslog": "May 14 03:02:14 n1 sshd[1]: x",
        "app.log": "2023-05-20T00:00:00Z x",
    }

    assert times_of(sources, "syslog") == [("2023-05-14T03:02:14.000000Z", "year_inferred")]


def test_december_and_january_get_different_years() -> None:
    syslog = "Dec 31 23:59:58 n1 sshd[1]: x\nJan  1 00:00:03 n1 sshd[1]: y"

    times = times_of({"s": syslog, "a": "2024-01-02 00:00:00 x"}, "s")

    assert [time for time, _ in times] == [
        "2023-12-31T23:59:58.000000Z",
        "2024-01-01T00:00:03.000000Z",
    ]


def test_a_log_of_most_of_a_year_is_not_torn_apart() -> None:
    syslog = "Feb  3 01:00:00 n1 sshd[1]: x\nDec 20 01:00:00 n1 sshd[1]: y"

    times = times_of({"s": syslog, "a": "2024-12-20 02:00:00 x"}, "s")

    assert [time for time, _ in times] == [
        "2024-02-03T01:00:00.000000Z",
        "2024-12-20T01:00:00.000000Z",
    ]


def test_a_journal_printed_newest_first_goes_back_over_new_year() -> None:
    syslog = "\n".join(
        f"{stamp} n1 sshd[1]: x"
        for stamp in ("Jan  1 00:00:09", "Jan  1 00:00:03", "Dec 31 23:59:58", "Dec 31 23:00:00")
    )

    times = times_of({"s": syslog, "a": "2024-01-02 00:00:00 x"}, "s")

    assert [(time or "")[:10] for time, _ in times] == ["2024-01-01"] * 2 + ["2023-12-31"] * 2


def test_a_leap_day_chooses_a_leap_year() -> None:
    times = times_of({"s": "Feb 29 01:00:00 n sshd[1]: x", "a": "2025-03-01 00:00:00 x"}, "s")

    assert times == [("2024-02-29T01:00:00.000000Z", "year_inferred")]


def test_without_a_dated_line_the_file_time_gives_the_year() -> None:
    mtime = datetime(2024, 5, 14, 4, tzinfo=UTC).timestamp()

    times = times_of({"s": "Jul  1 03:02:14 n sshd[1]: x"}, "s", mtime=mtime)

    assert times == [("2023-07-01T03:02:14.000000Z", "year_inferred")]


@pytest.mark.parametrize(
    "line",
    ["May 14 03:02:14 n sshd[1]: x", "[03:14:10] GET /x", "[ 9321.004417] NVRM: x",
     "I0514 03:02:14.550123 1 a.go:1] x"],
)  # fmt: skip
def test_without_any_evidence_there_is_no_time(line: str) -> None:
    assert times_of({"s": line}, "s") == [(None, "order_only")]


def test_a_line_without_any_clock_has_no_quality() -> None:
    assert times_of({"s": "NVRM: x"}, "s") == [(None, "none")]


def test_a_bare_clock_takes_its_date_from_the_incident() -> None:
    sources = {
        "lb.log": "[03:14:10] GET /x\n[03:14:18] WARNING: slow",
        "app.log": "[2024-10-14 03:14:22,891] ERROR:worker:x",
    }

    assert times_of(sources, "lb.log") == [
        ("2024-10-14T03:14:10.000000Z", "date_inferred"),
        ("2024-10-14T03:14:18.000000Z", "date_inferred"),
    ]


def test_a_bare_clock_that_passes_midnight_goes_on_to_the_next_day() -> None:
    sources = {
        "lb.log": "[23:59:50] a\n[00:00:10] b",
        "app.log": "[2024-10-14 23:59:52] x\n[2024-10-15 00:00:12] y",
    }

    assert [time for time, _ in times_of(sources, "lb.log")] == [
        "2024-10-14T23:59:50.000000Z",
        "2024-10-15T00:00:10.000000Z",
    ]


def test_a_bare_clock_that_fits_two_days_stays_undated() -> None:
    sources = {
        "lb.log": "[03:14:10] GET /x",
        "app.log": "2024-10-14 03:00:00 x\n2024-10-14 04:00:00 x\n2024-10-15 03:00:00 x\n"
        "2024-10-15 04:00:00 x",
    }

    assert times_of(sources, "lb.log") == [(None, "order_only")]


def test_a_span_says_from_when_to_when_a_source_speaks() -> None:
    bundle = BundleClock()
    bundle.add("a", clock_of("2024-05-14T03:02:14Z a\n2024-05-14T03:02:10Z b\nc"))
    bundle.add("b", clock_of("x\ny"))
    bundle.add("c", clock_of("[    1.000000] x"))

    assert [t and iso_utc(t) for t in bundle.span("a")[:2]] == [
        "2024-05-14T03:02:10.000000Z",
        "2024-05-14T03:02:14.000000Z",
    ]
    assert bundle.span("a")[2] == "exact"
    assert bundle.span("b") == (None, None, "none")
    assert bundle.span("c") == (None, None, "order_only")
    assert bundle.span("unknown") == (None, None, "none")


def test_the_facts_of_a_source_can_be_sent_to_another_process() -> None:
    clock = clock_of("May 14 09:28:44 n kernel: [  582.073994] x\nDec 1 00:00:00 n a[1]: y")

    assert pickle.loads(pickle.dumps(clock)).boots() == clock.boots()


def test_memory_does_not_grow_with_the_log() -> None:
    clock = SourceClock()
    for number in range(1, 20_001):
        clock.see(
            number, peel(f"May 14 09:28:44 n kernel: [{number}.000000] some message {number}")
        )

    assert len(clock.uptimes.points) == 2
    assert len(clock.yearless.points) <= 2
    assert len(clock.anchors) <= 1024


LINES = st.sampled_from(
    [
        "[    0.000000] Linux version 5.15",
        "[ 9321.004417] NVRM: x",
        "[   12.500000] audit: type=1 audit(1715655730.000:42): x",
        "May 14 09:28:44 n1 kernel: [  582.073994] x",
        "Dec 31 23:59:59 n1 sshd[1]: x",
        "Jan  1 00:00:01 n1 sshd[1]: x",
        "Feb 29 00:00:01 n2 sshd[1]: x",
        "2024-05-14T03:02:14.550Z [CRIT] [kernel] - [68293.120] oom-kill:x",
        "2023-10-12 03:14:02 [INFO] x",
        "[03:14:10] x",
        "[23:59:59] x",
        "-- Reboot --",
        "Panic#1 Part2",
        "no clock at all",
    ]
)


@given(st.lists(st.lists(LINES, max_size=8), max_size=3), st.booleans())
def test_no_order_of_lines_makes_it_raise_or_invent(
    sources: list[list[str]],
    with_mtime: bool,  # noqa: FBT001 - hypothesis chooses it
) -> None:
    texts = {str(number): "\n".join(rows) for number, rows in enumerate(sources)}

    for name in texts:
        for time, quality in times_of(texts, name, mtime=1.7e9 if with_mtime else None):
            assert (time is None) == (quality in ("order_only", "none"))
            assert time is None or "2018" < time[:4] < "2029"


@given(st.lists(LINES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_lines_may_be_seen_out_of_order(rows: list[str], random: object) -> None:
    clock = SourceClock()
    numbered = list(enumerate(rows, start=1))
    random.shuffle(numbered)  # type: ignore[attr-defined]
    for number, row in numbered:
        clock.see(number, peel(row))

    assert [point.line for point in clock.uptimes.points] == sorted(
        point.line for point in clock.uptimes.points
    )
    assert clock.boots() is not None
