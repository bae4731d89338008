"""The CSV of nvidia-smi: with and without header and units, GPUs, processes, pages and rows."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

QUERY = "nvidia-smi --query-gpu=index,uuid,name,memory.used,memory.total,temperature.gpu,power.draw"
UUID = "GPU-31415926-5358-9793-2384-626433832795"
PROSE = "use memory.used and utilization.gpu, never fan.speed, for the alert\n"
CODE = 'fields = ["index", "memory.used", "utilization.gpu", "temperature.gpu"]\n'

FORMS = (
    Form(
        row="--format=csv: header and units",
        text=(
            "timestamp, index, name, pci.bus_id, driver_version, pstate, temperature.gpu, "
            "utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W]\n"
            "2025/11/02 03:04:05.678, 3, NVIDIA H100 80GB HBM3, 00000000:5D:00.0, 570.133.20, P0, "
            "84, 100 %, 79011 MiB, 81559 MiB, 699.20 W\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu_index": 3, "gpu": "0000:5d:00.0", "name": "NVIDIA H100 80GB HBM3",
                    "driver": "570.133.20", "pstate": "P0", "temp_c": 84, "util": 100,
                    "memory_used_mib": 79011, "memory_total_mib": 81559, "power_w": 699.2,
                    "memory_used_pct": 96.9,
                },
                (2, 2),
            ),
            Want("gpu.report", {"form": "csv", "gpus": 1, "rows": 1, "driver": "570.133.20"}),
        ),
        near_miss=PROSE,
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--format=csv,noheader: the command line knows the columns",
        text=(
            f"$ {QUERY} --format=csv,noheader\n"
            f"0, {UUID}, Tesla T4, 15002 MiB, 15360 MiB, 78, 68.02 W\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu_index": 0, "gpu_uuid": UUID, "name": "Tesla T4", "memory_used_mib": 15002,
                    "temp_c": 78, "power_w": 68.02,
                },
                (2, 2),
            ),
        ),
        near_miss=f"$ {QUERY} --format=csv,noheader\nbash: nvidia-smi: command not found\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--format=csv,nounits: a header, bare numbers",
        text="index, memory.used [MiB], utilization.gpu [%], clocks.sm [MHz]\n1, 512, 3, 1410\n",
        wants=(
            Want("gpu.state", {"gpu_index": 1, "memory_used_mib": 512, "util": 3}, (2, 2)),
            Want("gpu.state", {"sm_clock_mhz": 1410}),
        ),
        near_miss="index, memory.used [MiB], utilization.gpu [%]\none, a lot, most\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--format=csv,noheader,nounits, under watch, the command over two lines",
        text=(
            "+ nvidia-smi --query-gpu=uuid,memory.used,ecc.errors.uncorrected.volatile.total \\\n"
            "    --format=csv,noheader,nounits\n"
            f"{UUID}, 40001, 2\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {"gpu_uuid": UUID, "memory_used_mib": 40001, "ecc_uncorrected": 2},
                (3, 3),
            ),
        ),
        near_miss=CODE,
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="in a loop: the header once, rows for ever",
        text="index, temperature.gpu, power.draw [W]\n0, 41, 60.10 W\n1, 40, 61.00 W\n"
        "0, 90, 399.10 W\n1, 41, 62.00 W\n",
        wants=(
            Want("gpu.state", {"gpu_index": 0, "temp_c": 90, "power_w": 399.1}, (4, 4)),
            Want("gpu.report", {"rows": 4, "gpus": 2}, (1, 1)),
        ),
        near_miss=PROSE,
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="[N/A], [Not Supported] and deprecated values are no values",
        text=(
            "index, memory.used [MiB], power.draw [W], ecc.errors.corrected.volatile.total, "
            "clocks.applications.graphics [MHz]\n"
            "2, 11 MiB, [N/A], [Not Supported], [Requested functionality has been deprecated]\n"
        ),
        wants=(Want("gpu.state", {"gpu_index": 2, "memory_used_mib": 11}, (2, 2)),),
        near_miss="memory.used [MiB], power.draw [W]\n\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="[Unknown Error] is counted, [GPU is lost] ends the card",
        text=(
            "index, pci.bus_id, temperature.gpu, utilization.gpu [%]\n"
            "0, 00000000:3B:00.0, [Unknown Error], [Unknown Error]\n"
            "1, 00000000:AF:00.0, [GPU is lost], [GPU is lost]\n"
            "2, 00000000:D8:00.0, [GPU requires reset], 0 %\n"
        ),
        wants=(
            Want("gpu.state", {"gpu": "0000:3b:00.0", "unknown_errors": 2}, (2, 2)),
            Want("gpu.state", {"gpu": "0000:af:00.0", "lost": True}, (3, 3)),
            Want(
                "gpu.smi_error",
                {"what": "gpu_lost", "gpu": "0000:af:00.0", "gpu_index": 1},
                (3, 3),
            ),
            Want("gpu.state", {"gpu": "0000:d8:00.0", "reset_required": True}, (4, 4)),
        ),
        near_miss="[GPU is lost], [Unknown Error] and [N/A] are values of temperature.gpu\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="with MIG: one row a physical GPU, no utilization",
        text=(
            "index, uuid, mig.mode.current, mig.mode.pending, utilization.gpu [%], "
            "memory.used [MiB]\n"
            f"0, {UUID}, Enabled, Disabled, [N/A], 71 MiB\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {"gpu_uuid": UUID, "mig": "Enabled", "mig_pending": "Disabled"},
                (2, 2),
            ),
        ),
        near_miss="mig.mode.current is Enabled on node 3, see the ticket\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="clocks_throttle_reasons, one by one and as a mask",
        text=(
            "index, clocks_throttle_reasons.active, clocks_throttle_reasons.hw_thermal_slowdown, "
            "clocks_throttle_reasons.sw_power_cap\n"
            "0, 0x0000000000000040, Active, Not Active\n"
            "1, 0x0000000000000004, Not Active, Active\n"
        ),
        wants=(
            Want("gpu.state", {"gpu_index": 0, "slowdown_active": "hw_thermal"}, (2, 2)),
            Want("gpu.state", {"gpu_index": 1}, (3, 3)),
        ),
        near_miss="clocks_throttle_reasons.active, as a mask, is 0x40 when hot\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="ECC by place, without a total",
        text=(
            "index, ecc.errors.uncorrected.volatile.dram, ecc.errors.uncorrected.volatile.sram, "
            "ecc.errors.uncorrected.aggregate.dram, ecc.errors.uncorrected.aggregate.sram, "
            "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded\n"
            "5, 3, 1, 8, 5, Yes\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu_index": 5, "ecc_uncorrected": 4, "ecc_uncorrected_aggregate": 13,
                    "ecc_sram_uncorrected_aggregate": 5, "ecc_dram_uncorrected_aggregate": 8,
                    "ecc_threshold_exceeded": True,
                },
                (2, 2),
            ),
        ),
        near_miss="ecc.errors.uncorrected.volatile.dram=3 for card 5\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--query-compute-apps: one row a process, a comma in its name",
        text=(
            "pid, process_name, gpu_uuid, used_gpu_memory [MiB]\n"
            f"8123, python3 train.py --lr 1,2, {UUID}, 30122 MiB\n"
            f"8200, [Not Found], {UUID}, [N/A]\n"
        ),
        wants=(
            Want(
                "gpu.process",
                {
                    "pid": 8123, "process": "python3 train.py --lr 1, 2", "gpu_uuid": UUID,
                    "memory_used_mib": 30122,
                },
                (2, 2),
            ),
            Want("gpu.process", {"pid": 8200, "gpu_uuid": UUID}, (3, 3)),
        ),
        near_miss="pid, process_name, used_gpu_memory [MiB]\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--query-compute-apps of a MIG device, a warning between the rows",
        text=(
            "pid, gpu_uuid, used_gpu_memory [MiB]\n"
            f"9001, {UUID}, 11 MiB\n"
            "WARNING: infoROM is corrupted at gpu 0000:41:00.0\n"
            "[Insufficient Permissions], MIG-0a0b0c0d-1111-2222-3333-444455556666, 512 MiB\n"
        ),
        wants=(
            Want("gpu.process", {"pid": 9001, "gpu_uuid": UUID}, (2, 2)),
            Want("gpu.smi_error", {"what": "inforom_corrupted", "gpu": "0000:41:00.0"}, (3, 3)),
            Want(
                "gpu.process",
                {"mig_uuid": "MIG-0a0b0c0d-1111-2222-3333-444455556666", "memory_used_mib": 512},
                (4, 4),
            ),
        ),
        near_miss="the infoROM is fine; MIG-0a0b0c0d has pid, gpu_uuid and 512 MiB\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--query-retired-pages: one row a page",
        text=(
            "gpu_uuid, gpu_bus_id, retired_pages.address, retired_pages.cause\n"
            f"{UUID}, 00000000:86:00.0, 0x00000000003f1a20, Double Bit ECC\n"
            f"{UUID}, 00000000:86:00.0, 0x0000000000011c44, Single Bit ECC\n"
        ),
        wants=(
            Want(
                "gpu.retired_page",
                {
                    "gpu": "0000:86:00.0", "gpu_uuid": UUID, "address": "0x00000000003f1a20",
                    "cause": "Double Bit ECC",
                },
                (2, 2),
            ),
            Want("gpu.retired_page", {"cause": "Single Bit ECC"}, (3, 3)),
            Want("gpu.report", {"rows": 2, "gpus": 1}, (1, 1)),
        ),
        near_miss="retired_pages.address and retired_pages.cause are listed below\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="--query-remapped-rows: counts, pending, failure, banks without spare rows",
        text=(
            "gpu_bus_id, gpu_uuid, remapped_rows.correctable, remapped_rows.uncorrectable, "
            "remapped_rows.pending, remapped_rows.failure, remapped_rows.histogram.low, "
            "remapped_rows.histogram.none\n"
            f"00000000:C7:00.0, {UUID}, 2, 9, Yes, No, 4, 1\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0000:c7:00.0", "gpu_uuid": UUID, "remap_correctable": 2,
                    "remap_uncorrectable": 9, "remap_pending": True, "remap_failure": False,
                    "remap_banks_low": 4, "remap_banks_none": 1,
                },
                (2, 2),
            ),
        ),
        near_miss="remapped_rows.pending, or a failure, needs a reset\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="fabric and recovery, as the columns of 590 call them",
        text=(
            "index, gpu_recovery_action, fabric.state, fabric.status, fabric.health.summary, "
            "fabric.health.route_unhealthy, pcie.link.gen.current, pcie.link.width.current\n"
            "7, Reset, Completed, Insufficient Resources, Unhealthy, True, 3, 8\n"
        ),
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu_index": 7, "recovery_action": "Reset", "fabric_state": "Completed",
                    "fabric_status": "Insufficient Resources", "fabric_health": "Unhealthy",
                    "fabric_route_unhealthy": True, "pcie_gen": 3, "pcie_width": 8,
                },
                (2, 2),
            ),
        ),
        near_miss="gpu_recovery_action: Reset is what the operator does\n",
        parser="smi_csv",
        unclaimed=0,
    ),
    Form(
        row="everyday columns alone: index, name, uuid",
        text=f"index, name, uuid\n0, NVIDIA A10, {UUID}\n",
        wants=(
            Want("gpu.state", {"gpu_index": 0, "name": "NVIDIA A10", "gpu_uuid": UUID}, (2, 2)),
        ),
        near_miss="index, name, uuid\n0, alice, 5d41402a-bc4b-2a76\n",
        parser="smi_csv",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize("value", ["[N/A]", "[Not Supported]", "[Unknown Error]", "N/A"])
def test_what_is_not_known_is_left_out(value: str) -> None:
    events, _ = read(f"index, memory.used [MiB], temperature.gpu\n0, 5 MiB, {value}\n")
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "temp_c" not in state.fields


def test_rows_end_where_something_else_is_said() -> None:
    events, report = read("index, memory.used [MiB]\n0, 5 MiB\ntraining, done\n1, 6 MiB\n")

    assert [e.line for e in events if e.kind == "gpu.state"] == [2]
    assert report.unclaimed == 2


def test_a_capped_clock_is_no_slowdown() -> None:
    events, _ = read("index, clocks_event_reasons.active, pstate\n0, 0x0000000000000004, P0\n")
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "slowdown_active" not in state.fields
