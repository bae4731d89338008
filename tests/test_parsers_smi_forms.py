"""What nvidia-smi says beside its table: reports, XML, CSV, messages, in the same fields."""

from __future__ import annotations

import pytest

from tests.smi import needs_samples, of_kind, shared
from triage.testing import events_of
from triage_parsers import smi_csv, smi_message, smi_query, smi_table, smi_xml


@needs_samples
def test_all_forms_say_the_same_of_one_gpu() -> None:
    names = ("gpu", "name", "driver", "ecc_uncorrected", "memory_total_mib", "mig", "persistence")
    table = of_kind(shared(smi_table.PARSER, "h200-590__load-table.txt"), "gpu.state")[0]
    query = of_kind(shared(smi_query.PARSER, "h200-590__load-query-q.txt"), "gpu.state")[0]
    csv = of_kind(shared(smi_csv.PARSER, "h200-590__load-query-gpu-csv.txt"), "gpu.state")[0]

    assert [table.fields[n] for n in names] == [query.fields[n] for n in names]
    assert [query.fields[n] for n in names] == [csv.fields[n] for n in names]


@needs_samples
@pytest.mark.parametrize("name", ["h200-590__load-query-q.txt", "l40s-595__load-query-q.txt"])
def test_a_healthy_report_says_pending_only_where_it_is_so(name: str) -> None:
    (state,) = of_kind(shared(smi_query.PARSER, name), "gpu.state")

    assert state.fields["remap_pending"] is False
    assert state.fields["remap_failure"] is False
    assert "slowdown_active" not in state.fields


@needs_samples
def test_retired_pages_of_real_gpus_keep_their_numbers() -> None:
    events = shared(smi_query.PARSER, "azure-nhc-535__retired-pages-q.txt")

    assert [
        (
            e.fields["retired_single_bit"],
            e.fields["retired_double_bit"],
            e.fields["retired_pending"],
        )
        for e in events[:4]
    ] == [(60, 5, False), (2, 61, True), (0, 0, False), (6, 0, True)]


@needs_samples
def test_a_lost_gpu_in_real_xml_is_told_once_and_keeps_no_readings() -> None:
    events = shared(smi_xml.PARSER, "k8s-test-infra-mock__qx-gb200-lost.xml")
    healthy, lost = of_kind(events, "gpu.state")

    assert [e.fields["gpu"] for e in of_kind(events, "gpu.smi_error")] == ["0000:0b:00.0"]
    assert (healthy.fields["ecc_uncorrected"], healthy.fields["remap_failure"]) == (5, True)
    assert lost.fields["lost"] is True
    assert not {"temp_c", "util", "memory_used_mib", "ecc_uncorrected"} & set(lost.fields)


@needs_samples
@pytest.mark.parametrize(
    ("name", "gpus", "driver"),
    [
        ("telegraf__gtx-1070-ti.xml", 1, None),
        ("telegraf__tesla-t4.xml", 1, "515.105.01"),
        ("telegraf__a100-sxm4-v12.xml", 1, "535.54.03"),
        ("telegraf__rtx-3080-v13.xml", 1, "595.58.03"),
        ("k8s-test-infra__qx-h100.xml", 8, "580.105.08"),
    ],
)
def test_xml_of_every_dtd_gives_its_gpus(name: str, gpus: int, driver: str | None) -> None:
    states = of_kind(shared(smi_xml.PARSER, name), "gpu.state")

    assert len(states) == gpus
    assert {s.fields.get("driver") for s in states} == {driver}


def test_entities_of_an_xml_are_not_expanded() -> None:
    text = (
        '<?xml version="1.0"?>\n<!DOCTYPE nvidia_smi_log [<!ENTITY x "GPU-secret">]>\n'
        '<nvidia_smi_log><gpu id="0000:01:00.0"><uuid>&x;</uuid></gpu></nvidia_smi_log>'
    )

    assert all("secret" not in str(e.fields) for e in events_of(smi_xml.PARSER, text))


def test_xml_that_breaks_off_keeps_the_gpu_before_the_break() -> None:
    text = smi_xml.SAMPLES[0].text
    half = text[: text.index("<processes>")]
    states = of_kind(events_of(smi_xml.PARSER, half), "gpu.state")

    assert [s.fields["memory_used_mib"] for s in states] == [80311]


def test_an_unknown_error_is_counted_and_no_value() -> None:
    text = (
        "GPU 00000000:52:00.0\n    ECC Mode\n        Current : Unknown Error\n"
        "    Remapped Rows\n        Uncorrectable Error : 2\n        Pending : Yes\n"
        "        Remapping Failure Occurred : No\n"
    )
    (state,) = events_of(smi_query.PARSER, text)

    assert state.fields["unknown_errors"] == 1
    assert state.fields["remap_pending"] is True


def test_pending_of_another_section_is_not_a_pending_remap() -> None:
    text = (
        "GPU 00000000:52:00.0\n    MIG Mode\n        Current : Disabled\n        Pending : Yes\n"
        "    ECC Errors\n        Volatile\n            DRAM Uncorrectable : 0\n"
    )
    (state,) = events_of(smi_query.PARSER, text)

    assert "remap_pending" not in state.fields


def test_prose_below_a_report_is_not_part_of_it() -> None:
    text = "GPU 00000000:52:00.0\n    FB Memory Usage\n        Used : 5 MiB\nWhat now, anybody?\n"
    (state,) = events_of(smi_query.PARSER, text)

    assert (state.line, state.line_end) == (1, 3)


def test_a_mask_of_clock_reasons_is_decoded() -> None:
    text = "index, clocks_event_reasons.active, temperature.gpu\n0, 0x00000000000000A8, 91\n"
    state = events_of(smi_csv.PARSER, text)[0]

    assert state.fields["slowdown_active"] == "sw_thermal,power_brake"


def test_power_cap_and_idle_are_no_slowdown() -> None:
    text = "index, clocks_throttle_reasons.active, temperature.gpu\n0, 0x0000000000000005, 60\n"
    state = events_of(smi_csv.PARSER, text)[0]

    assert "slowdown_active" not in state.fields


@pytest.mark.parametrize(
    ("message", "what", "gpu"),
    [
        (
            "Unable to determine the device handle for GPU 0000:3D:00.0: GPU is lost.  Reboot it",
            "gpu_lost",
            "0000:3d:00.0",
        ),
        (
            "Unable to determine the device handle for gpu 8ED0:00:00.0: Unknown Error",
            "device_handle",
            "8ed0:00:00.0",
        ),
        ("Failed to initialize NVML: Insufficient Permissions", "no_permission", None),
        (
            "Failed to initialize NVML: GPU access blocked by the operating system",
            "access_blocked",
            None,
        ),
        ("Failed to initialize NVML: could not load NVML library", "nvml_missing", None),
        (
            "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.",
            "nvml_missing",
            None,
        ),
    ],
)
def test_a_message_says_what_failed_and_where(message: str, what: str, gpu: str | None) -> None:
    (event,) = events_of(smi_message.PARSER, message)

    assert (event.fields["what"], event.fields.get("gpu")) == (what, gpu)
