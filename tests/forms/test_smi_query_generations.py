"""`nvidia-smi -q` since driver 535: what was renamed is read under one name."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

LOG = "\n==============NVSMI LOG==============\n\n"
HEALTHY = "exporter: ECC Errors, Clocks Event Reasons and FB Memory Usage are scraped every 30 s\n"

FROM_535 = (
    LOG
    + """\
Timestamp                                 : Sun Feb  4 14:01:09 2024
Driver Version                            : 535.154.05
CUDA Version                              : 12.2

Attached GPUs                             : 8
GPU 00000000:9A:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    GPU Reset Status
        Reset Required                    : Yes
        Drain and Reset Recommended       : No
    Clocks Event Reasons
        HW Slowdown                       : Not Active
            HW Thermal Slowdown           : Not Active
            HW Power Brake Slowdown       : Active
        SW Thermal Slowdown               : Not Active
    Utilization
        Gpu                               : 3 %
    ECC Mode
        Current                           : Enabled
        Pending                           : Enabled
    ECC Errors
        Volatile
            SRAM Correctable              : 0
            SRAM Uncorrectable Parity     : 2
            SRAM Uncorrectable SEC-DED    : 1
            DRAM Correctable              : 0
            DRAM Uncorrectable            : 0
        Aggregate
            SRAM Correctable              : 0
            SRAM Uncorrectable Parity     : 5
            SRAM Uncorrectable SEC-DED    : 1
            DRAM Correctable              : 3
            DRAM Uncorrectable            : 0
            SRAM Threshold Exceeded       : Yes
        Aggregate Uncorrectable SRAM Sources
            SRAM L2                       : 4
            SRAM SM                       : 2
    Temperature
        GPU Current Temp                  : 88 C
        GPU T.Limit Temp                  : -1 C
        GPU Shutdown T.Limit Temp         : -8 C
    GPU Power Readings
        Power Draw                        : 298.40 W
        Current Power Limit               : 350.00 W
        Requested Power Limit             : 700.00 W
    Module Power Readings
        Power Draw                        : 400.00 W
        Current Power Limit               : 900.00 W
    Fabric
        State                             : In Progress
        Status                            : N/A
    Processes                             : None
"""
)
FROM_580 = (
    LOG
    + """\
Timestamp                                              : Wed Nov 12 23:59:58 2025
Driver Version                                         : 580.95.05
CUDA Version                                           : 13.0

Attached GPUs                                          : 2
GPU 00000008:01:00.0
    Product Name                                       : NVIDIA GB200
    MIG Mode
        Current                                        : Disabled
        Pending                                        : Enabled
    GPU UUID                                           : GPU-11d09f4e-3b71-02aa-c0de-5f6e7d8c9b0a
    GPU Recovery Action                                : Drain and Reset
    Clocks Event Reasons
        Idle                                           : Active
        HW Slowdown                                    : Not Active
            HW Thermal Slowdown                        : Not Active
        SW Thermal Slowdown                            : Active
    Clocks Event Reasons Counters
        SW Thermal Slowdown                            : 120934 us
        HW Thermal Slowdown                            : 77 us
    ECC Errors
        Volatile
            SRAM Correctable                           : 0
            SRAM Uncorrectable Parity                  : 0
            DRAM Correctable                           : 1
            DRAM Uncorrectable                         : 0
        Aggregate
            DRAM Uncorrectable                         : 2
        Channel Repair Pending                         : Yes
        TPC Repair Pending                             : No
        Unrepairable Memory                            : No
    Remapped Rows
        Correctable Error                              : 0
        Inactive Correctable Error                     : 0
        Uncorrectable Error                            : 2
        Inactive Uncorrectable Error                   : 1
        Pending                                        : No
        Remapping Failure Occurred                     : Yes
    GPU Power Readings
        Average Power Draw                             : 612.10 W
        Instantaneous Power Draw                       : 640.93 W
        Current Power Limit                            : 1200.00 W
    GPU Memory Power Readings
        Average Power Draw                             : 99.00 W
    Fabric
        State                                          : Completed
        Status                                         : Success
        CliqueId                                       : 3
        Health
            Summary                                    : Unhealthy
            Bandwidth                                  : Degraded
            Route Recovery in progress                 : False
            Route Unhealthy                            : True
            Access Timeout Recovery                    : False
            Incorrect Configuration                    : None
"""
)
NOTE = "[Deprecated; will be removed in CUDA 14.0. Use {} Version instead]"
FROM_610 = (
    (
        LOG
        + """\
Timestamp                                              : Thu Sep  3 01:02:03 2026
Driver Version                                         : 610.43.02 ~KMD
CUDA Version                                           : 13.3 ~UMD
KMD Version                                            : 610.43.02
CUDA UMD Version                                       : 13.3

Attached GPUs                                          : 1
GPU 00000000:E1:00.0
    Product Name                                       : NVIDIA L40S
    Temperature
        GPU Current Temp                               : 61 C
        GPU Current T.Limit Temp                       : 26 C
    GPU Power Readings
        Average Power Draw                             : N/A
        Instantaneous Power Draw                       : 233.07 W
        GPU Ceiling Power Limit
            Current Power Limit                        : 300.00 W
            Requested Power Limit                      : 350.00 W
        GPU Base Power
            Current Base Power                         : N/A
"""
    )
    .replace("~KMD", NOTE.format("KMD"))
    .replace("~UMD", NOTE.format("CUDA UMD"))
)
AFTER_610 = "\n".join(row for row in FROM_610.split("\n") if "Deprecated" not in row)
FORMS = (
    Form(
        row="-q of 535: Clocks Event Reasons, GPU Power Readings, SRAM parity and SEC-DED, T.Limit",
        text=FROM_535,
        wants=(
            Want("gpu.report", {"driver": "535.154.05", "cuda": "12.2", "gpus": 8}, (2, 8)),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:9a:00.0", "slowdown_active": "power_brake", "util": 3,
                    "ecc_uncorrected": 3, "ecc_uncorrected_aggregate": 6,
                    "ecc_sram_uncorrected_aggregate": 6, "ecc_dram_uncorrected_aggregate": 0,
                    "ecc_threshold_exceeded": True, "temp_c": 88, "temp_margin_c": -1,
                    "power_w": 298.4, "power_cap_w": 350.0, "fabric_state": "In Progress",
                    "reset_required": True, "reset_recommended": False,
                },
                (9, 55),
            ),
        ),
        near_miss=HEALTHY,
        parser="smi_query",
        unclaimed=0,
    ),
    Form(
        row="-q of 580: recovery action, event counters, repairs, inactive rows, fabric health",
        text=FROM_580,
        wants=(
            Want("gpu.report", {"driver": "580.95.05", "gpus": 2}, (2, 8)),
            Want(
                "gpu.state",
                {
                    "gpu": "0008:01:00.0", "recovery_action": "Drain and Reset", "mig": "Disabled",
                    "mig_pending": "Enabled", "slowdown_active": "sw_thermal",
                    "ecc_uncorrected": 0, "ecc_corrected": 1, "ecc_uncorrected_aggregate": 2,
                    "channel_repair_pending": True, "tpc_repair_pending": False,
                    "unrepairable_memory": False, "remap_uncorrectable": 2, "remap_failure": True,
                    "remap_pending": False, "power_w": 612.1, "power_cap_w": 1200.0,
                    "fabric_state": "Completed", "fabric_status": "Success",
                    "fabric_health": "Unhealthy", "fabric_bandwidth": "Degraded",
                    "fabric_route_unhealthy": True, "fabric_configuration": "None",
                },
                (9, 58),
            ),
        ),
        near_miss=HEALTHY,
        parser="smi_query",
        unclaimed=0,
    ),
    Form(
        row="-q of 610: deprecation notes behind the versions, limits under a ceiling",
        text=FROM_610,
        wants=(
            Want("gpu.report", {"driver": "610.43.02", "cuda": "13.3", "gpus": 1}, (2, 10)),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:e1:00.0", "driver": "610.43.02", "cuda": "13.3", "temp_c": 61,
                    "temp_margin_c": 26, "power_w": 233.07, "power_cap_w": 300.0,
                },
                (11, 23),
            ),
        ),
        near_miss="Driver Version : 610.43.02 [Deprecated; will be removed in CUDA 14.0]\n",
        parser="smi_query",
        unclaimed=0,
    ),
    Form(
        row="-q after 610: only KMD and CUDA UMD versions",
        text=AFTER_610,
        wants=(Want("gpu.report", {"driver": "610.43.02", "cuda": "13.3", "gpus": 1}, (2, 8)),),
        near_miss="KMD Version : 610.43.02\n",
        parser="smi_query",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_margin_is_never_taken_for_a_temperature_limit() -> None:
    events, _ = read(FROM_535)
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "temp_slowdown_c" not in state.fields


def test_counters_of_past_slowdowns_are_no_slowdown_of_now() -> None:
    events, _ = read(
        FROM_580.replace("SW Thermal Slowdown                            : Active", "")
    )
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "slowdown_active" not in state.fields
