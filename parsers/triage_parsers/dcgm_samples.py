"""Samples of `dcgm`: real boxes with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "Successfully ran diagnostic for group.\n"
        "+---------------------------+------------------------------------------------+\n"
        "| Diagnostic                | Result                                         |\n"
        "+===========================+================================================+\n"
        "|-----  Metadata  ----------+------------------------------------------------|\n"
        "| DCGM Version              | 3.3.5                                          |\n"
        "| Driver Version Detected   | 535.183.06                                     |\n"
        "|-----  Deployment  --------+------------------------------------------------|\n"
        "| Denylist                  | Pass                                           |\n"
        "+-----  Hardware  ----------+------------------------------------------------+\n"
        "| GPU Memory                | Pass - GPUs: 0, 1, 2                           |\n"
        "|                           | Fail - GPU: 3                                  |\n"
        "| Warning                   | GPU 3 Thermal violations totaling 21.4 second  |\n"
        "|                           | s started at 8.1 seconds into the test for GP  |\n"
        "|                           | U 3 Verify that the cooling works              |\n"
        "+---------------------------+------------------------------------------------+",
        kind="gpu.dcgm_diag",
        fields={
            "result": "fail", "tests": 2, "failed": 1, "driver": "535.183.06",
            "dcgm_version": "3.3.5",
        },
        count=2,
    ),
    Sample(
        "+---------------------------+----------------------------------------------------------+\n"
        "| Health Monitor Report                                                                |\n"
        "+===========================+==========================================================+\n"
        "| Overall Health            | Warning                                                  |\n"
        "| GPU                       |                                                          |\n"
        "| -> 2                      | Warning                                                  |\n"
        "|    -> Errors              |                                                          |\n"
        "|       -> Power system     | Warning                                                  |\n"
        "|                           | Detected clocks event due to power violation in GPU 2.   |\n"
        "|                           | Monitor the power conditions.                            |\n"
        "+---------------------------+----------------------------------------------------------+",
        kind="gpu.dcgm_health",
        fields={"health": "warning", "incidents": 1},
        count=2,
    ),
    Sample(
        "1 GPUs found.\n"
        "+--------+----------------------------------------------------------------------+\n"
        "| GPU ID | Device Information                                                   |\n"
        "+--------+----------------------------------------------------------------------+\n"
        "| 0      | Name: NVIDIA L4                                                      |\n"
        "|        | PCI Bus ID: 00000000:3A:00.0                                         |\n"
        "|        | Device UUID: GPU-0b1c2d3e-1111-2222-3333-444455556666                |\n"
        "+--------+----------------------------------------------------------------------+",
        kind="gpu.dcgm_devices",
        fields={"gpus": 1},
        count=2,
    ),
    Sample(
        "GPUs:\n    gpuId 0:\n        U U U D _ _\n    gpuId 1:\n        U U U U _ _\nNvSwitches:\n"
        "    No NvSwitches found.",
        kind="gpu.nvlink",
        fields={"gpu_index": 0, "links": 4, "inactive": 1, "link": 3, "all_inactive": False},
        count=2,
    ),
    Sample("| Warning | Meaning |\n|---|---|\n| Error    | it failed |", kind=None),
    Sample("run dcgmi diag: Successfully ran diagnostic for group 2 times", kind=None),
    Sample("set gpuId 3 in the config: physicalId 8: see the manual", kind=None),
    Sample("| PCIe  | 16x | fast |", kind=None),
)  # fmt: skip
