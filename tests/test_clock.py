"""Times as written, and what the evidence of a bundle makes of them."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.clock import FORMS, BundleClock, SourceClock, iso_utc, month_number, read, recognize
from triage.clock.civil import date_of, days_of
from triage.clock.learned import learn_layout
from triage.envelope import peel
from triage.events import Peeled, Stamp, TimeQuality


def clock_of(text: str) -> SourceClock:
    clock = SourceClock()
    for number, row in enumerate(text.strip("\n").split("\n"), start=1):
        clock.see(number, peel(row))
    return clock


def times_of(
    sources: dict[str, str],
    name: str,
    *,
    zone: str | None = None,
    mtime: float | None = None,
) -> list[tuple[str | None, TimeQuality]]:
    """Every line of one source, dated with the evidence of all."""
    bundle = BundleClock(zone)
    for source, text in sources.items():
        bundle.add(source, clock_of(text), mtime)
    found: list[tuple[str | None, TimeQuality]] = []
    for number, row in enumerate(sources[name].strip("\n").split("\n"), start=1):
        peeled = peel(row)
        time_ns, quality = bundle.resolve(name, number, peeled.stamp, peeled.uptime)
        found.append((None if time_ns is None else iso_utc(time_ns), quality))
    return found


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


def test_an_audit_record_dates_its_boot_and_its_zone() -> None:
    kern = """\
May 13 20:02:10 n1 kernel: [  100.000000] audit: type=1400 audit(1715655730.000:42): apparmor
May 13 20:02:34 n1 kernel: [  104.550000] NVRM: Xid (PCI:0000:65:00): 31
May 13 20:02:15 n1 systemd[1]: Started x
"""

    times = times_of({"k": kern}, "k")

    assert times == [
        ("2024-05-14T03:02:10.000000Z", "anchored"),
        ("2024-05-14T03:02:14.550000Z", "anchored"),
        ("2024-05-14T03:02:15.000000Z", "year_inferred"),
    ]


def test_an_exact_stamp_that_agrees_with_the_kernels_clock_is_kept() -> None:
    text = """\
2024-05-14T03:02:10.100Z n1 kernel: [  100.000000] audit: type=1400 audit(1715655730.000:42): x
2024-05-14T03:02:34.000Z n1 kernel: [  104.550000] NVRM: late
"""

    assert times_of({"k": text}, "k") == [
        ("2024-05-14T03:02:10.100000Z", "exact"),
        ("2024-05-14T03:02:14.550000Z", "anchored"),
    ]


def test_lines_with_two_clocks_date_those_with_the_kernels_alone() -> None:
    text = """\
2024-05-14T03:02:14.550Z [CRIT] [kernel] - [68293.120] oom-kill:constraint=CONSTRAINT_NONE
[68295.120000] oom_reaper: reaped process 1422
"""

    assert times_of({"k": text}, "k") == [
        ("2024-05-14T03:02:14.550000Z", "exact"),
        ("2024-05-14T03:02:16.550000Z", "anchored"),
    ]


def test_each_boot_has_its_own_anchor() -> None:
    text = """\
2024-05-14T03:00:00Z n1 kernel: [ 5000.000000] a
[ 5001.000000] b
[    0.000000] Linux version 5.15.0
2024-05-14T04:00:00Z n1 kernel: [   10.000000] c
[   11.000000] d
"""

    times = times_of({"k": text}, "k")

    assert times[1] == ("2024-05-14T03:00:01.000000Z", "anchored")
    assert times[2] == ("2024-05-14T03:59:50.000000Z", "anchored")
    assert times[4] == ("2024-05-14T04:00:01.000000Z", "anchored")


@pytest.mark.parametrize(
    ("text", "boots"),
    [
        ("[ 10.000100] a\n[ 10.000050] b\n[ 10.000200] c", 1),
        ("[ 500.000000] a\n[ 0.000000] b\n[ 1.000000] c", 2),
        ("[ 0.000000] microcode: x\n[ 0.000000] Linux version 5\n[ 9.000000] c", 1),
        ("[ 500.000000] a\n[ 0.000000] microcode: x\n[ 0.000000] Linux version 5", 2),
        ("[ 500.000000] a\n-- Boot 0123456789abcdef --\n[ 900.000000] b", 2),
        ("Panic#1 Part2\n<4>[ 201.815413] x\nPanic#1 Part1\n<4>[ 195.815413] y", 1),
        ("May 14 03:00:09 n kernel: [ 109.000000] a\nMay 14 03:00:00 n kernel: [ 100.000000] b", 1),
    ],
)
def test_boots_are_split_where_the_machine_began_again(text: str, boots: int) -> None:
    assert len(clock_of(text).boots()) == boots


def test_dmesg_is_dated_by_the_same_uptimes_in_the_kernel_log() -> None:
    sources = {
        "dmesg": "[   10.123456] a\n[   20.654321] b\n[   30.000000] c",
        "kern.log": "2024-05-14T03:00:10Z n kernel: [   10.123456] a\n"
        "2024-05-14T03:00:20Z n kernel: [   20.654321] b",
    }

    assert times_of(sources, "dmesg")[2] == ("2024-05-14T03:00:29.345679Z", "anchored")


def test_dmesg_is_dated_by_the_same_messages_in_the_journal() -> None:
    xid = "NVRM: Xid (PCI:0000:31:00): 31, pid=218734, name=python3, Ch 00000012, intr 00000000"
    kill = "Out of memory: Killed process 218734 (python3) total-vm:312904416kB"
    sources = {
        "dmesg": f"[  100.000000] {xid}\n[  700.000000] {kill}\n[  701.000000] x",
        "journal": f"2024-09-04T22:47:10+0000 n kernel: {xid}\n"
        f"2024-09-04T22:57:10+0000 n kernel: {kill}",
    }

    assert times_of(sources, "dmesg")[2] == ("2024-09-04T22:57:11.000000Z", "anchored")


def test_messages_of_every_boot_date_none() -> None:
    said = "ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])"
    sources = {
        "dmesg": f"[    1.000000] {said}",
        "journal": f"2024-09-04T22:47:10+0000 n kernel: {said}\n"
        f"2024-09-05T22:47:10+0000 n kernel: {said}",
    }

    assert times_of(sources, "dmesg") == [(None, "order_only")]


def test_the_only_boot_of_the_same_host_is_believed() -> None:
    sources = {
        "console": "n1 login: [   50.000000] x",
        "kern.log": "2024-05-14T03:00:10Z n1 kernel: [   10.123456] a",
        "other": "2024-06-14T03:00:10Z n2 kernel: [   10.123456] a",
    }

    assert times_of(sources, "console") == [("2024-05-14T03:00:49.876544Z", "anchored")]


def test_the_uptimes_of_several_hosts_in_one_file_anchor_nothing() -> None:
    text = """\
2024-05-14T03:00:00Z n1 kernel: [ 5000.000000] a
2024-05-14T03:00:01Z n2 kernel: [    7.000000] b
[ 5001.000000] c
"""

    assert times_of({"k": text}, "k")[2] == (None, "order_only")


def test_a_line_between_two_boots_that_nobody_looked_at_is_not_dated_by_guess() -> None:
    clock = SourceClock()
    clock.see(1, peel("2024-05-14T03:00:00Z n kernel: [  100.000000] a"))
    clock.see(1000, peel("2024-05-15T03:00:00Z n kernel: [   90.000000] b"))
    bundle = BundleClock()
    bundle.add("k", clock)

    assert bundle.resolve("k", 500, None, 80.0)[1] == "anchored"
    assert bundle.resolve("k", 500, None, 85000.0)[1] == "anchored"
    assert clock.boot_of(500, 80.0) == 1
    assert clock.boot_of(500, 85000.0) == 0


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


def test_dateparser_is_imported_only_when_a_form_is_unknown() -> None:
    code = (
        "import sys; from triage.envelope import peel; from triage.clock import human_time;"
        "peel('May 14 03:02:14 n kernel: x'); human_time('2024-05-14', now_ns=None, marks={});"
        "print([m for m in ('dateparser', 'polars', 'duckdb', 'numpy') if m in sys.modules])"
    )

    out = run([executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())

    assert out.stdout.strip() == "[]"


def test_epochs_that_contradict_each_other_anchor_nothing() -> None:
    clock = SourceClock()
    for number, epoch in enumerate((1_000_000_000, 1_300_000_000, 1_700_000_000), start=1):
        clock.see(number, Peeled(f"audit({epoch}.123:7): x", uptime=100.0 + number))
    bundle = BundleClock()

    bundle.add("dmesg", clock)

    assert bundle.resolve("dmesg", 2, None, 102.0) == (None, "order_only")
