"""`nvidia-smi -q` up to driver 530 gives the fields that later drivers call otherwise."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

LOG = "\n==============NVSMI LOG==============\n\n"
PROSE = "In the NVSMI LOG look for Remapping Failure Occurred and Pending, both must say No.\n"

UP_TO_530 = (
    LOG
    + """\
Timestamp                                 : Fri Sep  2 06:30:41 2022
Driver Version                            : 515.65.01
CUDA Version                              : 11.7

Attached GPUs                             : 4
GPU 00000000:3D:00.0
    Product Name                          : NVIDIA A40
    Product Architecture                  : Ampere
    Persistence Mode                      : Enabled
    MIG Mode
        Current                           : N/A
        Pending                           : N/A
    GPU UUID                              : GPU-7c1f20aa-4b3d-9e21-55aa-0c9d8e7f6a5b
    Minor Number                          : 2
    PCI
        Bus Id                            : 00000000:3D:00.0
        GPU Link Info
            PCIe Generation
                Max                       : 4
                Current                   : 3
            Link Width
                Max                       : 16x
                Current                   : 8x
        Bridge Chip
            Type                          : N/A
            Firmware                      : N/A
        Replays Since Reset               : 41
    Fan Speed                             : 64 %
    Performance State                     : P0
    Clocks Throttle Reasons
        Idle                              : Not Active
        Applications Clocks Setting       : Not Active
        SW Power Cap                      : Active
        HW Slowdown                       : Active
            HW Thermal Slowdown           : Active
            HW Power Brake Slowdown       : Not Active
        Sync Boost                        : Not Active
        SW Thermal Slowdown               : Not Active
    FB Memory Usage
        Total                             : 46068 MiB
        Reserved                          : 619 MiB
        Used                              : 30112 MiB
        Free                              : 15336 MiB
    BAR1 Memory Usage
        Total                             : 65536 MiB
        Used                              : 9 MiB
        Free                              : 65527 MiB
    Compute Mode                          : Exclusive_Process
    Utilization
        Gpu                               : 96 %
        Memory                            : 44 %
    Ecc Mode
        Current                           : Enabled
        Pending                           : Disabled
    ECC Errors
        Volatile
            SRAM Correctable              : 0
            SRAM Uncorrectable            : 1
            DRAM Correctable              : 17
            DRAM Uncorrectable            : 2
        Aggregate
            SRAM Correctable              : 0
            SRAM Uncorrectable            : 6
            DRAM Correctable              : 90
            DRAM Uncorrectable            : 5
    Retired Pages
        Single Bit ECC                    : N/A
        Double Bit ECC                    : N/A
        Pending Page Blacklist            : N/A
    Remapped Rows
        Correctable Error                 : 1
        Uncorrectable Error               : 4
        Pending                           : Yes
        Remapping Failure Occurred        : No
        Bank Remap Availability Histogram
            Max                           : 187 bank(s)
            High                          : 0 bank(s)
            Partial                       : 1 bank(s)
            Low                           : 3 bank(s)
            None                          : 1 bank(s)
    Temperature
        GPU Current Temp                  : 97 C
        GPU Shutdown Temp                 : 98 C
        GPU Slowdown Temp                 : 95 C
        Memory Current Temp               : N/A
    Power Readings
        Power Management                  : Supported
        Power Draw                        : 121.75 W
        Power Limit                       : 300.00 W
    Clocks
        Graphics                          : 210 MHz
        SM                                : 210 MHz
        Memory                            : 7250 MHz
    Max Clocks
        SM                                : 1740 MHz
    Processes
        GPU instance ID                   : N/A
        Compute instance ID               : N/A
        Process ID                        : 90211
            Type                          : C
            Name                          : /usr/bin/python3
            Used GPU Memory               : 30108 MiB
"""
)
OLD_ECC = (
    LOG
    + """\
Timestamp                           : Tue May 14 19:22:31 2019
Driver Version                      : 418.67
CUDA Version                        : 10.1

Attached GPUs                       : 1
GPU 00000000:AF:00.0
    Product Name                    : Tesla V100-PCIE-32GB
    GPU UUID                        : GPU-5a5a5a5a-0101-2323-4545-676767676767
    ECC Errors
        Volatile
            Single Bit
                Device Memory       : 4
                Register File       : 0
                Total               : 4
            Double Bit
                Device Memory       : 1
                Register File       : 1
                Total               : 2
        Aggregate
            Single Bit
                Total               : 311
            Double Bit
                Total               : 9
    Retired Pages
        Single Bit ECC              : 14
        Double Bit ECC              : 47
        Pending                     : Yes
    Processes
        Process ID                  : 3021
            Type                    : C
            Name                    : python
            Used GPU Memory         : 31744 MiB
"""
)

FORMS = (
    Form(
        row="-q up to 530: Clocks Throttle Reasons, Power Readings, Ecc Mode, Utilization/Gpu",
        text=UP_TO_530,
        wants=(
            Want(
                "gpu.report",
                {"form": "query", "driver": "515.65.01", "cuda": "11.7", "gpus": 4},
                (2, 8),
            ),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:3d:00.0", "name": "NVIDIA A40", "persistence": "On", "minor": 2,
                    "gpu_uuid": "GPU-7c1f20aa-4b3d-9e21-55aa-0c9d8e7f6a5b", "driver": "515.65.01",
                    "pcie_gen": 3, "pcie_gen_max": 4, "pcie_width": 8, "pcie_width_max": 16,
                    "pcie_replays": 41, "fan_pct": 64, "pstate": "P0",
                    "slowdown_active": "hw_thermal", "memory_total_mib": 46068,
                    "memory_used_mib": 30112, "compute_mode": "Exclusive_Process", "util": 96,
                    "memory_util": 44, "ecc_mode": "Enabled", "ecc_mode_pending": "Disabled",
                    "ecc_corrected": 17, "ecc_uncorrected": 3, "ecc_corrected_aggregate": 90,
                    "ecc_uncorrected_aggregate": 11, "ecc_sram_uncorrected_aggregate": 6,
                    "ecc_dram_uncorrected_aggregate": 5, "remap_correctable": 1,
                    "remap_uncorrectable": 4, "remap_pending": True, "remap_failure": False,
                    "remap_banks_low": 3, "remap_banks_none": 1, "temp_c": 97,
                    "temp_slowdown_c": 95, "power_w": 121.75, "power_cap_w": 300.0,
                    "sm_clock_mhz": 210, "sm_clock_max_mhz": 1740,
                },
                (9, 105),
            ),
            Want(
                "gpu.process",
                {
                    "gpu": "0000:3d:00.0", "pid": 90211, "type": "C", "process": "/usr/bin/python3",
                    "memory_used_mib": 30108,
                },
                (102, 105),
            ),
        ),
        near_miss=PROSE,
        parser="smi_query",
        unclaimed=0,
    ),
    Form(
        row="-q before Ampere: single and double bit with totals, retired pages, no instance ids",
        text=OLD_ECC,
        wants=(
            Want("gpu.report", {"driver": "418.67", "cuda": "10.1", "gpus": 1}, (2, 8)),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:af:00.0", "ecc_corrected": 4, "ecc_uncorrected": 2,
                    "ecc_corrected_aggregate": 311, "ecc_uncorrected_aggregate": 9,
                    "retired_single_bit": 14, "retired_double_bit": 47, "retired_pending": True,
                },
                (9, 35),
            ),
            Want("gpu.process", {"pid": 3021, "process": "python"}, (32, 35)),
        ),
        near_miss="Double Bit ECC : see the Retired Pages section of the runbook\n",
        parser="smi_query",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
