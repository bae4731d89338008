"""Each value of nvidia-smi that matters for triage has its field, and its healthy twin differs."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

GPU = "GPU 00000000:2A:00.0\n"
CARD = {"gpu": "0000:2a:00.0"}
HEAD = (
    "==============NVSMI LOG==============\n\nDriver Version                        : 550.163.01\n"
    "CUDA Version                          : 12.4\n\nAttached GPUs                         : 7\n"
)


def rule(row: str, text: str, healthy: str, **fields: Value) -> Form:
    """A rule whose near miss is prose made of the same words."""
    return Form(
        row=row,
        text=GPU + text,
        wants=(Want("gpu.state", {**CARD, **fields}, (1, 1 + text.count("\n"))),),
        near_miss=healthy,
        parser="smi_query",
        unclaimed=0,
    )


FORMS = (
    rule(
        "ECC, volatile uncorrectable",
        "    ECC Errors\n        Volatile\n            SRAM Uncorrectable : 0\n"
        "            DRAM Uncorrectable : 2\n",
        "ECC Errors are counted as Volatile and Aggregate; DRAM Uncorrectable is the worse one\n",
        ecc_uncorrected=2,
    ),
    rule(
        "ECC, aggregate DRAM uncorrectable",
        "    ECC Errors\n        Aggregate\n            SRAM Uncorrectable : 0\n"
        "            DRAM Uncorrectable : 9\n",
        "ECC Errors of the aggregate kind are history\n",
        ecc_uncorrected_aggregate=9, ecc_dram_uncorrected_aggregate=9,
        ecc_sram_uncorrected_aggregate=0,
    ),
    rule(
        "ECC, aggregate SRAM uncorrectable over the threshold",
        "    ECC Errors\n        Aggregate\n            SRAM Uncorrectable Parity : 7\n"
        "            DRAM Uncorrectable : 0\n            SRAM Threshold Exceeded : Yes\n",
        "when ECC Errors say SRAM Threshold Exceeded, run field diagnostics\n",
        ecc_sram_uncorrected_aggregate=7, ecc_threshold_exceeded=True,
    ),
    rule(
        "ECC, DRAM correctable",
        "    ECC Errors\n        Volatile\n            DRAM Correctable : 4411\n"
        "            DRAM Uncorrectable : 0\n",
        "ECC Errors that were corrected: 4411 on the old card\n",
        ecc_corrected=4411, ecc_uncorrected=0,
    ),
    rule(
        "a row remap is pending",
        "    Remapped Rows\n        Correctable Error : 0\n        Uncorrectable Error : 1\n"
        "        Pending : Yes\n        Remapping Failure Occurred : No\n",
        "Remapped Rows may be pending; Remapping Failure Occurred is worse\n",
        remap_pending=True, remap_failure=False, remap_uncorrectable=1,
    ),
    rule(
        "a row remap failed",
        "    Remapped Rows\n        Pending : No\n        Remapping Failure Occurred : Yes\n",
        "Remapping Failure Occurred: Yes means RMA, says the runbook\n",
        remap_failure=True,
    ),
    rule(
        "banks are running out of spare rows",
        "    Remapped Rows\n        Pending : No\n        Remapping Failure Occurred : No\n"
        "        Bank Remap Availability Histogram\n            Max : 630 bank(s)\n"
        "            Low : 9 bank(s)\n            None : 1 bank(s)\n",
        "Remapped Rows come with a histogram: Low and None should be 0 bank(s)\n",
        remap_banks_low=9, remap_banks_none=1,
    ),
    rule(
        "retired pages, one more is waiting",
        "    Retired Pages\n        Single Bit ECC : 3\n        Double Bit ECC : 62\n"
        "        Pending Page Blacklist : Yes\n",
        "Pending Page Blacklist must be No before the node goes back\n",
        retired_single_bit=3, retired_double_bit=62, retired_pending=True,
    ),
    rule(
        "clocks: hardware thermal slowdown",
        "    Clocks Event Reasons\n        HW Slowdown : Active\n"
        "            HW Thermal Slowdown : Active\n"
        "            HW Power Brake Slowdown : Not Active\n",
        "Clocks Event Reasons such as HW Thermal Slowdown are scraped\n",
        slowdown_active="hw_thermal",
    ),
    rule(
        "clocks: power brake",
        "    Clocks Event Reasons\n        HW Slowdown : Active\n"
        "            HW Thermal Slowdown : Not Active\n"
        "            HW Power Brake Slowdown : Active\n",
        "Clocks Event Reasons: the PSU pulls HW Power Brake Slowdown\n",
        slowdown_active="power_brake",
    ),
    rule(
        "clocks: software thermal slowdown",
        "    Clocks Throttle Reasons\n        SW Power Cap : Active\n"
        "        SW Thermal Slowdown : Active\n",
        "Clocks Throttle Reasons were renamed; SW Thermal Slowdown was not\n",
        slowdown_active="sw_thermal",
    ),
    rule(
        "temperature at the limit, counted down",
        "    Temperature\n        GPU Current Temp : 87 C\n        GPU T.Limit Temp : 0 C\n",
        "GPU Current Temp and T.Limit Temp are in the inlet report\n",
        temp_c=87, temp_margin_c=0,
    ),
    rule(
        "temperature at the limit, absolute",
        "    Temperature\n        GPU Current Temp : 95 C\n        GPU Slowdown Temp : 95 C\n",
        "GPU Current Temp must stay below GPU Slowdown Temp\n",
        temp_c=95, temp_slowdown_c=95,
    ),
    rule(
        "slow under load: state, clock and power",
        "    Performance State : P8\n    Utilization\n        GPU : 100 %\n"
        "    GPU Power Readings\n        Average Power Draw : 84.10 W\n"
        "        Current Power Limit : 400.00 W\n    Clocks\n        SM : 210 MHz\n"
        "    Max Clocks\n        SM : 1410 MHz\n",
        "GPU Power Readings: 84 W of 400 W at 100 % is a spinning collective\n",
        pstate="P8", util=100, power_w=84.1, power_cap_w=400.0, sm_clock_mhz=210,
        sm_clock_max_mhz=1410,
    ),
    rule(
        "memory nearly full",
        "    FB Memory Usage\n        Total : 23034 MiB\n        Reserved : 512 MiB\n"
        "        Used : 22520 MiB\n        Free : 2 MiB\n",
        "FB Memory Usage was 22520 MiB of 23034 MiB\n",
        memory_used_mib=22520, memory_total_mib=23034, memory_used_pct=97.8,
    ),
    rule(
        "a change of MIG mode waits for a reset",
        "    MIG Mode\n        Current : Disabled\n        Pending : Enabled\n"
        "    FB Memory Usage\n        Used : 0 MiB\n",
        "MIG Mode : Pending is not Current; FB Memory Usage does not matter\n",
        mig="Disabled", mig_pending="Enabled",
    ),
    rule(
        "the fabric is not ready",
        "    FB Memory Usage\n        Used : 0 MiB\n    Fabric\n        State : In Progress\n"
        "        Status : N/A\n",
        "Fabric : State is In Progress while FB Memory Usage is 0\n",
        fabric_state="In Progress",
    ),
    rule(
        "the fabric is ill",
        "    FB Memory Usage\n        Used : 0 MiB\n    Fabric\n        State : Completed\n"
        "        Status : Success\n        Health\n            Bandwidth : Degraded\n"
        "            Route Unhealthy : True\n",
        "FB Memory Usage is fine, Bandwidth is Degraded and a Route Unhealthy\n",
        fabric_state="Completed", fabric_bandwidth="Degraded", fabric_route_unhealthy=True,
    ),
    rule(
        "the slot gives fewer lanes, and replays",
        "    PCI\n        GPU Link Info\n            PCIe Generation\n                Max : 5\n"
        "                Current : 3\n            Link Width\n                Max : 16x\n"
        "                Current : 4x\n        Replays Since Reset : 3301\n"
        "    FB Memory Usage\n        Used : 0 MiB\n",
        "PCIe Generation 3 of 5, Link Width 4x of 16x, FB Memory Usage 0\n",
        pcie_gen=3, pcie_gen_max=5, pcie_width=4, pcie_width_max=16, pcie_replays=3301,
    ),
    rule(
        "compute mode that lets one process in",
        "    Compute Mode : Exclusive_Process\n    FB Memory Usage\n        Used : 0 MiB\n",
        "Compute Mode : Exclusive_Process is our default with FB Memory Usage\n",
        compute_mode="Exclusive_Process",
    ),
    rule(
        "the driver asks for a reset",
        "    GPU Recovery Action : Reset\n    FB Memory Usage\n        Used : 0 MiB\n",
        "GPU Recovery Action is in 570 and later\n",
        recovery_action="Reset",
    ),
    Form(
        row="how many GPUs are attached, and the highest CUDA version of the driver",
        text=HEAD + GPU + "    FB Memory Usage\n        Used : 0 MiB\n",
        wants=(Want("gpu.report", {"gpus": 7, "driver": "550.163.01", "cuda": "12.4"}, (1, 6)),),
        near_miss="Attached GPUs : 7 of 8\n",
        parser="smi_query",
        unclaimed=0,
    ),
    Form(
        row="memory is used and nobody owns it",
        text=(
            "|   1  Tesla T4            Off  | 00000000:2A:00.0 Off |                    0 |\n"
            "| N/A   41C    P0    27W /  70W |  14210MiB / 15109MiB |      0%      Default |\n"
            "+-------------------------------+----------------------+----------------------+\n"
            "| Processes:                                                                  |\n"
            "|  No running processes found                                                 |\n"
        ),
        wants=(Want("gpu.state", {**CARD, "memory_used_mib": 14210, "processes": 0}, (1, 2)),),
        near_miss="| Processes: | none own the 14210MiB |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="the flash of a card is corrupted, below the table",
        text="WARNING: infoROM is corrupted at gpu 0000:2A:00.0\n",
        wants=(Want("gpu.smi_error", {**CARD, "what": "inforom_corrupted"}, (1, 1)),),
        near_miss="nothing says that an infoROM is corrupted\n",
        parser="smi_message",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    ("mask", "slowdown"),
    [
        ("0x0000000000000001", None),
        ("0x0000000000000002", None),
        ("0x0000000000000004", None),
        ("0x0000000000000008", "hw_slowdown"),
        ("0x0000000000000010", None),
        ("0x0000000000000020", "sw_thermal"),
        ("0x0000000000000048", "hw_thermal"),
        ("0x0000000000000088", "power_brake"),
        ("0x0000000000000100", None),
    ],
)
def test_each_bit_of_the_clock_reasons_is_told_or_left(mask: str, slowdown: str | None) -> None:
    events, _ = read(f"index, clocks_event_reasons.active, temperature.gpu\n0, {mask}, 80\n")
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert state.fields.get("slowdown_active") == slowdown
