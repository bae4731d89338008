"""Kernel and GPU driver parsers: whole reports, cut ones, damaged ones, and look-alikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.events import Context, Event, Line, Parser, Sample
from triage.testing import events_of, hits_of, lines_of, sample_events
from triage_parsers import (
    aer,
    drm,
    kernel_warning,
    limits,
    lockup,
    mce,
    netdev,
    nvrm,
    oom,
    oom_userspace,
    oops,
    panic,
    segfault,
    storage,
    sxid,
    xid,
)

PARSERS = tuple(
    module.PARSER
    for module in (
        oom, panic, oops, lockup, kernel_warning, xid, sxid, aer, mce, nvrm, drm, storage, netdev,
        segfault, limits, oom_userspace,
    )
)  # fmt: skip
SAMPLES = [
    pytest.param(parser, sample, id=f"{parser.name}-{number}")
    for parser in PARSERS
    for number, sample in enumerate(parser.samples)
]
EACH = [pytest.param(parser, id=parser.name) for parser in PARSERS]


def only(parser: Parser, text: str) -> Event:
    """The one event that the parser makes of the text."""
    events = events_of(parser, text)
    assert len(events) == 1, [(event.kind, event.line, event.line_end) for event in events]
    return events[0]


class CountedLines(Sequence[Line]):
    """Lines that count how often they are looked at."""

    def __init__(self, text: str) -> None:
        self.lines = lines_of(text)
        self.looks = 0

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        found = self.lines[index]
        self.looks += len(found) if isinstance(found, list) else 1
        return found

    def __len__(self) -> int:
        return len(self.lines)


# --- samples, ranges, hostile text ---------------------------------------------------------------


@pytest.mark.parametrize(("parser", "sample"), SAMPLES)
def test_no_two_kernel_parsers_claim_the_same_lines(parser: Parser, sample: Sample) -> None:
    own = sample_events(parser, sample)

    for other in PARSERS:
        if other is parser:
            continue
        for event in sample_events(other, sample):
            assert all(event.line > mine.line_end or event.line_end < mine.line for mine in own)


@pytest.mark.parametrize("parser", EACH)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_damaged_reports_never_raise_and_stay_inside_the_text(
    parser: Parser, data: st.DataObject
) -> None:
    pieces = [row for sample in parser.samples for row in sample.text.split("\n")]
    rows = data.draw(
        st.lists(
            st.one_of(
                st.sampled_from(pieces),
                st.sampled_from(pieces).map(lambda row: row[: len(row) // 2]),
                st.sampled_from(pieces).map(lambda row: row.replace("1", "9" * 5000)),
                st.sampled_from(pieces).map(lambda row: f"{row}#012{row}"),
                st.text(max_size=40),
            ),
            max_size=14,
        )
    )
    text = "\n".join(row.replace("\n", " ") for row in rows)

    lines = lines_of(text)
    for event in events_of(parser, text):
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(lines)
        assert event.text == "\n".join(row.text for row in lines[event.line - 1 : event.line_end])
        assert isinstance(event.fields.get("pid", 0), int)


@pytest.mark.parametrize("parser", EACH)
def test_many_hits_cost_a_constant_number_of_looks_each(parser: Parser) -> None:
    rows = [row for sample in parser.samples if sample.kind for row in sample.text.split("\n")]
    few, many = CountedLines("\n".join(rows * 4)), CountedLines("\n".join(rows * 40))

    for lines in (few, many):
        list(parser.parse(lines, hits_of(parser, lines.lines), Context("x.log")))

    assert many.looks <= 12 * few.looks


@pytest.mark.parametrize("parser", EACH)
def test_the_literals_are_such_as_the_gate_can_use(parser: Parser) -> None:
    for literal in parser.literals:
        assert len(literal) >= 5
        assert not set(literal) & set("\"'<>&")
        assert " - " not in literal


# --- Xid, SXid and the driver --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("(0000:01:00): 31, Ch 0000000b, engmask 00000120", {"xid": 31, "gpu": "0000:01:00"}),
        ("(PCI:00008ED0:00:00.0): 79, pid=9,", {"gpu": "8ed0:00:00.0", "pid": 9}),
        ("(PCI:0000:01:00 GPU-I:05 GPU-CI:00): 94, pid=7, Contained: SM (0x1)", {"mig_gpu": "05"}),
        ("(PCI:0000:02:00): 109, pid=84,   name=Render, channel 0x0d, x", {"process": "Render"}),
        ("(PCI:0000:02:00): 45, pid=8, name=ray::IDLE, Ch 00000001 caused by previous Xid 149",
         {"process": "ray::IDLE", "caused_by_xid": 149, "channel": "00000001"}),
        ("(PCI:0000:02:00): 74, NVLink: fatal error detected on link 14(0x0, 0x0)",
         {"link": 14, "fatality": "fatal"}),
        ("(PCI:0000:02:00): 120, GSP task exception: load fault (cause:0xf) @ pc:0x1",
         {"cause": "load fault"}),
        (("(PCI:0000:02:00): 64, Row Remapper Error: (0x00000002eebc) - All reserved rows for bank "
         "are remapped"), {"row": "0x00000002eebc"}),
        (("(PCI:0000:02:00): 48, An uncorrectable double bit error (DBE) has been detected on "
        "GPU in "
         "the framebuffer at physAddr 0x7fd partition 5, subpartition 1."),
         {"address": "0x7fd", "partition": 5, "subpartition": 1}),
    ],
)  # fmt: skip
def test_every_generation_of_xid_lines_is_read(body: str, wanted: dict[str, object]) -> None:
    event = only(xid.PARSER, f"NVRM: Xid {body}")

    assert wanted.items() <= event.fields.items()


def test_unknown_processes_and_redacted_addresses_are_left_out() -> None:
    event = only(
        xid.PARSER, "NVRM: Xid (PCI:...): 79, pid='<unknown>', name=<unknown>, GPU has fallen off"
    )

    assert not {"pid", "process", "gpu"} & event.fields.keys()
    assert event.fields["detail"] == "GPU has fallen off"


def test_the_drivers_own_trace_under_an_xid_is_no_oops() -> None:
    text = (
        "NVRM: Xid (PCI:0000:9b:00): 119, pid=2, name=smi, Timeout waiting for RPC from GSP!\n"
        "CPU: 17 PID: 2 Comm: smi Tainted: P           OE     5.15.0-112-generic #122-Ubuntu\n"
        "Call Trace:\n"
        " <TASK>\n"
        " os_dump_stack+0xe/0x14 [nvidia]\n"
        "WARNING: kernel stack frame pointer at 000000005611dc97 in smi:2 has bad value 00000000\n"
        "unwind stack type:0 next_sp:0000000000000000 mask:0x2 graph_idx:0\n"
        " </TASK>\n"
        "NVRM: Xid (PCI:0000:9b:00): 119, pid=2, name=smi, Timeout waiting for RPC from GSP!"
    )

    first, second = events_of(xid.PARSER, text)

    assert (first.line, first.line_end, second.line) == (1, 8, 9)
    for parser in (oops.PARSER, kernel_warning.PARSER, panic.PARSER, lockup.PARSER):
        assert events_of(parser, text) == []


def test_the_fabric_manager_names_the_switch_in_eight_digits() -> None:
    event = only(
        sxid.PARSER,
        "detected NVSwitch fatal error 20034 on fid 0 on NVSwitch pci bus id 00000000:C1:00.0 "
        "physical id 3 port 33",
    )

    assert event.fields["switch"] == "0000:c1:00.0"
    assert event.fields["fatality"] == "fatal"


def test_a_severity_line_alone_proves_no_fatal_error() -> None:
    event = only(
        sxid.PARSER,
        "nvidia-nvswitch0: SXid (PCI:0000:c3:00.0): 12033, Severity 1 Engine instance 00",
    )

    assert "fatality" not in event.fields
    assert event.fields["severity_level"] == 1


def test_an_api_mismatch_is_one_event_however_its_lines_are_wrapped() -> None:
    said = [
        "API mismatch: the client has the version 550.54.14, but",
        "this kernel module has the version 535.161.08.  Please",
        "make sure that this kernel module and all NVIDIA driver",
        "components have the same version.",
    ]
    forms = (
        "\n".join(f"NVRM: {row}" for row in said),
        "NVRM: " + ("\n" + " " * 38 + "NVRM: ").join(said),
        "NVRM: " + "#012NVRM: ".join(said),
        "NVRM: " + "\n".join(said),
    )

    for form in forms:
        event = only(nvrm.PARSER, form + "\nusb 1-1: new device")
        assert event.line_end == form.count("\n") + 1
        assert event.fields["client_version"] == "550.54.14"
        assert event.fields["module_version"] == "535.161.08"


def test_a_driver_that_retries_without_end_is_one_event() -> None:
    row = "NVRM: GPU 0000:a1:00.0: rm_init_adapter failed, device minor number 7\n"

    assert only(nvrm.PARSER, row * 20).line_end == 20


def test_two_cards_that_fail_alike_are_two_events() -> None:
    text = (
        "NVRM: GPU 0000:a1:00.0: RmInitAdapter failed! (0x26:0x56:1463)\n"
        "NVRM: GPU 0000:a2:00.0: RmInitAdapter failed! (0x26:0x56:1463)"
    )

    assert [event.fields["gpu"] for event in events_of(nvrm.PARSER, text)] == [
        "0000:a1:00.0",
        "0000:a2:00.0",
    ]


# --- crashes and hangs ---------------------------------------------------------------------------


def test_an_oops_ends_before_the_panic_that_follows() -> None:
    text = (
        "BUG: unable to handle page fault for address: ffffa5c885148a00\n"
        "#PF: supervisor write access in kernel mode\n"
        "Oops: 0002 [#1] SMP PTI\n"
        "CPU: 6 PID: 4869 Comm: dcgm-exporter Tainted: P O 5.10.147+ #1\n"
        "RIP: 0010:memcpy_erms+0x6/0x10\n"
        "Call Trace:\n"
        " nv_read+0x6/0x10 [nvidia]\n"
        "Kernel panic - not syncing: Fatal exception\n"
        "Kernel Offset: disabled\n"
        "Rebooting in 10 seconds.."
    )

    fault = only(oops.PARSER, text)
    crash = only(panic.PARSER, text)

    assert (fault.line, fault.line_end) == (1, 7)
    assert (crash.line, crash.line_end) == (8, 10)
    assert fault.fields["function"] == "memcpy_erms"
    assert crash.fields["reason"] == "Fatal exception"


def test_two_oopses_in_a_row_are_two_events() -> None:
    one = "Oops: 0000 [#1] SMP\nCPU: 1 PID: 11 Comm: a Not tainted 6.1.0 #1\nRIP: 0010:f+0x1/0x2\n"
    text = one + one.replace("#1]", "#2]").replace("PID: 11", "PID: 12")

    assert [event.fields["pid"] for event in events_of(oops.PARSER, text)] == [11, 12]


def test_a_few_foreign_lines_do_not_cut_a_dump_but_another_report_does() -> None:
    text = (
        "INFO: task df:1177 blocked for more than 120 seconds.\n"
        "      Tainted: P           O      5.15.0-53-generic #59~20.04.1-Ubuntu\n"
        "kubelet[1]: syncing\n"
        "task:df              state:D stack:    0 pid: 1177 ppid:  6953 flags:0x00004224\n"
        "Call Trace:\n"
        " __schedule+0x2cd/0x890\n"
        " rpc_wait_bit_killable+0x24/0xa0 [sunrpc]\n"
        "EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm df: reading directory\n"
        " more+0x24/0xa0"
    )

    event = only(lockup.PARSER, text)

    assert (event.line, event.line_end) == (1, 7)
    assert event.fields["function"] == "rpc_wait_bit_killable"


def test_a_long_foreign_stretch_ends_a_dump() -> None:
    text = "\n".join(
        ["watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python3:9]", "RIP: 0010:f+0x1/0x2"]
        + [f"app: request {number} served" for number in range(9)]
        + ["RIP: 0010:g+0x1/0x2"]
    )

    assert only(lockup.PARSER, text).line_end == 2


def test_a_hard_lockup_inside_a_warning_is_a_lockup_only() -> None:
    text = (
        "------------[ cut here ]------------\n"
        "WARNING: CPU: 4 PID: 0 at kernel/watchdog.c:290 watchdog_overflow_callback+0x9c/0xd0\n"
        "Watchdog detected hard LOCKUP on cpu 4\n"
        "Modules linked in: ecc edac_mce_amd\n"
        "---[ end trace 0123456789abcdef ]---"
    )

    event = only(lockup.PARSER, text)

    assert (event.line, event.line_end, event.fields["flavor"]) == (1, 5, "hard")
    assert events_of(kernel_warning.PARSER, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL: KERNEL PANIC - NOT SYNCING: Fatal machine check",
        "[2024-01-02 03:04:05] ERROR: Kernel Panic - not syncing: Fatal machine check",
        "Kernel panic \u2014 not syncing: Fatal machine check",
        "---[ end Kernel panic - not syncing: Fatal machine check ]---",
    ],
)
def test_a_panic_counts_in_every_spelling(text: str) -> None:
    assert only(panic.PARSER, text).fields["reason"] == "Fatal machine check"


# --- hardware, disks, network --------------------------------------------------------------------


def test_each_aer_message_is_one_event_with_its_decode() -> None:
    text = (
        "pcieport 0000:00:1d.3: AER: Multiple Correctable error message received from "
        "0000:06:00.0\n"
        "ath10k_pci 0000:06:00.0: PCIe Bus Error: severity=Correctable, type=Physical Layer, "
        "(Receiver ID)\n"
        "ath10k_pci 0000:06:00.0:   device [168c:003e] error status/mask=000000c1/00006000\n"
        "ath10k_pci 0000:06:00.0:    [ 0] RxErr                  (First)\n"
        "ath10k_pci 0000:06:00.0:    [ 6] BadTLP\n"
        "pcieport 0000:00:1d.3: PCIe Bus Error: severity=Correctable, type=Data Link Layer, "
        "(Transmitter ID)\n"
        "pcieport 0000:00:1d.3:    [12] Timeout"
    )

    first, second = events_of(aer.PARSER, text)

    assert (first.line, first.line_end, second.line, second.line_end) == (1, 5, 6, 7)
    assert first.fields["device"] == "0000:06:00.0"
    assert first.fields["error_name"] == "RxErr"
    assert second.fields["device"] == "0000:00:1d.3"


def test_a_leftover_machine_check_status_is_not_uncorrected() -> None:
    event = only(mce.PARSER, "[Hardware Error]: CPU 0: Machine Check: 0 Bank 4: a600000000020603")

    assert event.fields["uncorrected"] is False


def test_a_bare_machine_check_note_does_not_grade_itself() -> None:
    event = only(mce.PARSER, "mce: [Hardware Error]: Machine check events logged")

    assert "uncorrected" not in event.fields


def test_a_watchdog_inside_a_warning_is_told_once_by_each() -> None:
    text = (
        "WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:477 dev_watchdog+0x258/0x260\n"
        "NETDEV WATCHDOG: ens5 (ena): transmit queue 3 timed out\n"
        "CPU: 0 PID: 0 Comm: swapper/0 Not tainted 5.10.0 #1"
    )

    kinds = [event.kind for parser in PARSERS for event in events_of(parser, text)]

    assert sorted(kinds) == ["kernel.net", "kernel.warning"]


def test_a_tag_that_the_wrapper_took_still_names_who_faulted() -> None:
    event = only(segfault.PARSER, "segfault at 38 ip 00007f sp 00007f error 4 in ld-2.31.so[7f+26]")

    assert event.fields["module"] == "ld-2.31.so"
    assert "process" not in event.fields
