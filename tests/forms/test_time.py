"""What is hard to date is dated right, and says how it is known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from triage.scanner import Options, scan_paths, scan_texts
from triage.signatures.load import load

Told = dict[str, tuple[str | None, str]]


def xid(code: int) -> str:
    """A kernel line that gives a finding of its own."""
    return f"NVRM: Xid (PCI:0000:3b:00): {code}, pid=77, name=train, Ch 00000010"


def times(files: dict[str, str]) -> Told:
    """First moment and quality of each finding."""
    answer = scan_texts(files, load())
    return {f.id: (f.first_seen, f.time_quality) for f in answer.findings}


def seconds_between(one: str | None, other: str) -> float:
    """Distance of two moments."""
    assert one is not None
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())


AUDITED = f"""\
[    0.000000] Linux version 6.8.0-45-generic (build@b) #45-Ubuntu SMP
[   12.480000] audit: type=1400 audit(1772000012.480:2): apparmor="STATUS" operation="x"
[  310.000000] audit: type=1400 audit(1772000310.002:9): apparmor="STATUS" operation="x"
[  500.250000] {xid(31)}
[    0.000000] Linux version 6.8.0-45-generic (build@b) #45-Ubuntu SMP
[   14.000000] audit: type=1400 audit(1772003614.001:2): apparmor="STATUS" operation="x"
[  900.750000] {xid(48)}
"""


def test_audit_records_date_each_boot_to_the_second() -> None:
    found = times({"dmesg": AUDITED})

    assert seconds_between(found["xid_31"][0], "2026-02-25T06:21:40.250Z") < 1
    assert seconds_between(found["xid_48"][0], "2026-02-25T07:28:20.750Z") < 1
    assert {quality for _, quality in found.values()} == {"anchored"}


def test_both_clocks_on_one_line_date_the_boots() -> None:
    log = "".join(
        f"2026-02-25T{clock} gpu-1 kernel: [{uptime:>12.6f}] {text}\n"
        for clock, uptime, text in (
            ("06:00:00.000000+00:00", 4000.5, "eth0: link up"),
            ("06:10:00.000000+00:00", 4600.5, xid(31)),
            ("06:40:00.000000+00:00", 0.0, "Linux version 6.8.0-45-generic"),
            ("06:40:30.000000+00:00", 30.25, "eth0: link up"),
            ("06:41:00.000000+00:00", 60.25, xid(48)),
        )
    )
    ring = f"[ 4600.500000] {xid(31)}\n[    0.000000] Linux version 6.8.0-45-generic\n"
    ring += "[   30.250000] eth0: link up\n"
    ring += f"[   60.250000] {xid(48)}\n[   61.000000] {xid(79)}\n"

    found = times({"kern.log": log, "dmesg": ring})

    assert seconds_between(found["xid_31"][0], "2026-02-25T06:10:00Z") < 1
    assert seconds_between(found["xid_48"][0], "2026-02-25T06:41:00Z") < 1
    assert seconds_between(found["xid_79"][0], "2026-02-25T06:41:00.750Z") < 1
    assert found["xid_79"][1] == "anchored"


def test_a_log_over_new_year_changes_the_year() -> None:
    log = (
        f"Dec 31 23:58:10 gpu-1 kernel: {xid(31)}\n"
        "Dec 31 23:59:59 gpu-1 systemd[1]: Started Daily job.\n"
        f"Jan  1 00:00:07 gpu-1 kernel: {xid(48)}\n"
    )
    dated = "2026-01-01T00:00:09Z INFO trainer started\n"

    found = times({"syslog": log, "app.log": dated})

    assert found["xid_31"] == ("2025-12-31T23:58:10.000000Z", "year_inferred")
    assert found["xid_48"] == ("2026-01-01T00:00:07.000000Z", "year_inferred")


def test_without_evidence_of_a_year_there_is_none() -> None:
    found = times({"syslog": f"Dec 31 23:58:10 gpu-1 kernel: {xid(31)}\n"})

    assert found["xid_31"] == (None, "order_only")


RING = f"""\
[5183000.100000] eth0: link is up at 100 Gbps full duplex
[5183100.100000] {xid(31)}
[5183200.100000] {xid(48)}
"""


def test_a_wrapped_ring_buffer_is_dated_by_the_journal_of_its_boot() -> None:
    journal = (
        "2026-02-25T06:00:00.000000+00:00 gpu-1 kernel: eth0: link is up at 100 Gbps full duplex\n"
        f"2026-02-25T06:01:40.000000+00:00 gpu-1 kernel: {xid(31)}\n"
    )

    found = times({"dmesg": RING, "journal.txt": journal})

    assert seconds_between(found["xid_48"][0], "2026-02-25T06:03:20Z") < 1
    assert found["xid_48"][1] == "anchored"


def test_a_wrapped_ring_buffer_alone_has_an_order_and_no_time() -> None:
    found = times({"dmesg": RING})

    assert set(found.values()) == {(None, "order_only")}


def test_a_boot_in_the_middle_does_not_mix_the_uptimes_of_both() -> None:
    log = (
        f"[ 9000.000000] {xid(31)}\n[    0.000000] Linux version 6.8.0\n[   11.000000] {xid(48)}\n"
    )
    dated = "2026-02-25T06:00:11.000000+00:00 gpu-1 kernel: [   11.000000] " + xid(48) + "\n"

    found = times({"dmesg": log, "kern.log": dated})

    assert found["xid_48"][0] == "2026-02-25T06:00:11.000000Z"
    assert found["xid_31"] == (None, "order_only")


PUT_BACK = (
    f"2025-10-26 02:59:00,000 INFO kernel: {xid(31)}\n"
    "2025-10-26 02:59:59,000 INFO step 1\n"
    "2025-10-26 02:00:01,000 INFO step 2\n"
    f"2025-10-26 02:30:00,000 INFO kernel: {xid(48)}\n"
)


@pytest.mark.parametrize(
    "text", [PUT_BACK, PUT_BACK.replace("2025-10-26 ", "Oct 26 ").replace(",000 INFO", " n1")]
)
def test_an_hour_that_the_clock_shows_twice_is_told_apart(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.log").write_text(text)
    (tmp_path / "b.log").write_text("2025-10-26T01:40:00Z all is well\n")

    answer = scan_paths([tmp_path], Options(zone="Europe/Berlin")).answer

    found = {f.id: f.first_seen for f in answer.findings}
    assert found["xid_31"] == "2025-10-26T00:59:00.000000Z"
    assert found["xid_48"] == "2025-10-26T01:30:00.000000Z"


def test_offsets_that_are_written_need_no_zone() -> None:
    log = (
        f"2025-10-26T02:59:00+02:00 gpu-1 kernel: {xid(31)}\n"
        f"2025-10-26T02:30:00+01:00 gpu-1 kernel: {xid(48)}\n"
    )

    found = times({"syslog": log})

    assert found["xid_31"] == ("2025-10-26T00:59:00.000000Z", "exact")
    assert found["xid_48"] == ("2025-10-26T01:30:00.000000Z", "exact")
