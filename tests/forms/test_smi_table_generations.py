"""The nvidia-smi default table of every driver generation gives the same fields, in every width."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

PROSE = "The table that NVIDIA-SMI 470 prints has a column Volatile Uncorr. ECC, as usual.\n"
SETTING = "set NVIDIA-SMI Driver Version: 9 in the inventory; memory 12MiB / 40MiB\n"

UP_TO_375 = """\
Tue Apr 12 10:41:55 2016
+------------------------------------------------------+
| NVIDIA-SMI 352.79     Driver Version: 352.79         |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla K40m          On   | 0000:04:00.0     Off |                    1 |
| N/A   58C    P0   142W / 235W |   9012MiB / 11519MiB |     87%   E. Process |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID  Type  Process name                               Usage      |
|=============================================================================|
|    0      5512    C   ./caffe                                       8990MiB |
+-----------------------------------------------------------------------------+
"""
FROM_384 = """\
Fri Jan 19 08:02:11 2018
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 387.26                 Driver Version: 387.26                    |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla P100-PCIE...  Off  | 00000000:05:00.0 Off |                  Off |
| N/A   37C    P0    27W / 250W |      0MiB / 16276MiB |      0%   Prohibited |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID   Type   Process name                             Usage      |
|=============================================================================|
|  No running processes found                                                 |
+-----------------------------------------------------------------------------+
"""
FROM_410 = """\
Wed Nov  6 21:30:00 2019
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 430.50       Driver Version: 430.50       CUDA Version: 10.1     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  GeForce RTX 208...  Off  | 00000000:17:00.0 Off |                  N/A |
| 31%   44C    P2    55W / 250W |  10811MiB / 11019MiB |     24%      Default |
+-------------------------------+----------------------+----------------------+
|   1  GeForce RTX 208...  Off  | 00000000:65:00.0  On |                  N/A |
| 70%   83C    P2   248W / 250W |  10651MiB / 11016MiB |     99%      Default |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID   Type   Process name                             Usage      |
|=============================================================================|
|    1      2290      G   /usr/lib/xorg/Xorg                           109MiB |
|    1     31702      C   python3                                    10529MiB |
+-----------------------------------------------------------------------------+
"""
FROM_450 = """\
Mon Oct 17 12:00:59 2022
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 470.141.03   Driver Version: 470.141.03   CUDA Version: 11.4     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|                               |                      |               MIG M. |
|===============================+======================+======================|
|   5  NVIDIA A100-SXM...  On   | 00000000:B7:00.0 Off |                   12 |
| N/A   63C    P0   318W / 400W |  39102MiB / 40536MiB |     91%      Default |
|                               |                      |             Disabled |
+-------------------------------+----------------------+----------------------+
~
+-----------------------------------------------------------------------------+
| Processes:                                                                  |
|  GPU   GI   CI        PID   Type   Process name                  GPU Memory |
|        ID   ID                                                   Usage      |
|=============================================================================|
|    5   N/A  N/A     99134      C   ...nvs/fit/bin/python3.10       39097MiB |
+-----------------------------------------------------------------------------+
""".replace("~", " " * 79)
FROM_535 = """\
Thu Dec 14 03:03:03 2023
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.129.03             Driver Version: 535.129.03   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |         Memory-Usage | GPU-Util  Compute M. |
|                                         |                      |               MIG M. |
|=========================================+======================+======================|
|   3  NVIDIA H100 80GB HBM3          On  | 00000000:5D:00.0 Off |                    0 |
| N/A   66C    P0             688W / 700W |  77810MiB / 81559MiB |    100%      Default |
|                                         |                      |             Enabled* |
+-----------------------------------------+----------------------+----------------------+
~
+---------------------------------------------------------------------------------------+
| Processes:                                                                            |
|  GPU   GI   CI        PID   Type   Process name                            GPU Memory |
|        ID   ID                                                             Usage      |
|=======================================================================================|
|    3   N/A  N/A    410022      C   /opt/conda/bin/python3.11                 77792MiB |
+---------------------------------------------------------------------------------------+
""".replace("~", " " * 89)
FROM_550 = """\
Sat Jun 22 17:45:10 2024
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.90.07              Driver Version: 550.90.07      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA L4                      Off |   00000000:36:00.0 Off |                    0 |
| N/A   71C    P0             70W /   72W |   22114MiB /  23034MiB |     98%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
~
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A      7003      C   tritonserver                                22098MiB |
+-----------------------------------------------------------------------------------------+
""".replace("~", " " * 89)
FROM_575 = (
    FROM_550.replace(" " * 89, "")
    .replace("550.90.07", "580.65.06")
    .replace(
        "|-----------------------------------------+---",
        "+-----------------------------------------+---",
    )
)
FROM_610 = FROM_575.replace(
    "| NVIDIA-SMI 580.65.06              Driver Version: 580.65.06      CUDA Version: 12.4     |",
    "| NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.3     |",
)


def l4(driver: str, cuda: str) -> Want:
    fields: dict[str, Value] = {
        "driver": driver, "cuda": cuda, "gpu_index": 0, "gpu": "0000:36:00.0", "name": "NVIDIA L4",
        "persistence": "Off", "temp_c": 71, "pstate": "P0", "power_w": 70.0, "power_cap_w": 72.0,
        "memory_used_mib": 22114, "memory_total_mib": 23034, "util": 98, "ecc_uncorrected": 0,
        "processes": 1,
    }  # fmt: skip
    return Want("gpu.state", fields, (9, 11))


FORMS = (
    Form(
        row="up to 375: no CUDA version, 4-digit domain, two rows",
        text=UP_TO_375,
        wants=(
            Want(
                "gpu.table",
                {"driver": "352.79", "gpus": 1, "processes": 1},
                (1, 17),
            ),
            Want(
                "gpu.state",
                {
                    "gpu_index": 0, "gpu": "0000:04:00.0", "name": "Tesla K40m",
                    "persistence": "On", "ecc_uncorrected": 1, "temp_c": 58, "power_w": 142.0,
                    "power_cap_w": 235.0, "memory_used_mib": 9012, "memory_total_mib": 11519,
                    "util": 87, "compute_mode": "Exclusive_Process",
                },
                (8, 9),
            ),
            Want(
                "gpu.process",
                {
                    "gpu": "0000:04:00.0", "pid": 5512, "type": "C", "process": "./caffe",
                    "memory_used_mib": 8990,
                },
                (16, 16),
            ),
        ),
        near_miss=PROSE,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="384 to 396: no CUDA version, 8-digit domain",
        text=FROM_384,
        wants=(
            Want("gpu.table", {"driver": "387.26", "gpus": 1, "processes": 0}, (1, 17)),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:05:00.0", "ecc_mode": "Disabled", "compute_mode": "Prohibited",
                    "memory_used_mib": 0, "memory_total_mib": 16276, "processes": 0,
                },
                (8, 9),
            ),
        ),
        near_miss=SETTING,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="410 to 440: CUDA version, two rows",
        text=FROM_410,
        wants=(
            Want(
                "gpu.table",
                {"driver": "430.50", "cuda": "10.1", "gpus": 2, "processes": 2},
                (1, 21),
            ),
            Want(
                "gpu.state",
                {"gpu_index": 1, "gpu": "0000:65:00.0", "fan_pct": 70, "temp_c": 83, "util": 99},
                (11, 12),
            ),
            Want("gpu.process", {"pid": 2290, "type": "G", "gpu_index": 1}, (19, 19)),
        ),
        near_miss=PROSE,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="450 to 530: MIG row, GI and CI columns, 79 blanks between the tables",
        text=FROM_450,
        wants=(
            Want(
                "gpu.table",
                {"driver": "470.141.03", "cuda": "11.4", "gpus": 1, "processes": 1},
                (1, 20),
            ),
            Want(
                "gpu.state",
                {
                    "gpu_index": 5, "gpu": "0000:b7:00.0", "name": "NVIDIA A100-SXM...",
                    "mig": "Disabled", "ecc_uncorrected": 12, "power_w": 318.0,
                    "memory_used_pct": 96.5, "processes": 1,
                },
                (9, 11),
            ),
            Want(
                "gpu.process",
                {"gpu": "0000:b7:00.0", "pid": 99134, "process": "...nvs/fit/bin/python3.10"},
                (19, 19),
            ),
        ),
        near_miss=PROSE,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="535 to 545: 89 wide; a MIG change waits for a reset",
        text=FROM_535,
        wants=(
            Want("gpu.table", {"driver": "535.129.03", "cuda": "12.2", "gpus": 1}, (1, 20)),
            Want(
                "gpu.state",
                {
                    "gpu_index": 3, "gpu": "0000:5d:00.0", "name": "NVIDIA H100 80GB HBM3",
                    "mig": "Enabled*", "power_w": 688.0, "power_cap_w": 700.0, "util": 100,
                },
                (9, 11),
            ),
            Want("gpu.process", {"pid": 410022, "memory_used_mib": 77792}, (19, 19)),
        ),
        near_miss=SETTING,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="550 to 570: 91 wide",
        text=FROM_550,
        wants=(
            Want("gpu.table", {"driver": "550.90.07", "cuda": "12.4", "gpus": 1}, (1, 20)),
            l4("550.90.07", "12.4"),
            Want("gpu.process", {"pid": 7003, "process": "tritonserver"}, (19, 19)),
        ),
        near_miss=PROSE,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="575 to 605: plus signs at both ends, an empty line between the tables",
        text=FROM_575,
        wants=(
            Want("gpu.table", {"driver": "580.65.06", "cuda": "12.4", "gpus": 1}, (1, 20)),
            l4("580.65.06", "12.4"),
            Want("gpu.process", {"pid": 7003, "memory_used_mib": 22098}, (19, 19)),
        ),
        near_miss=PROSE,
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="610: KMD and CUDA UMD versions",
        text=FROM_610,
        wants=(
            Want("gpu.table", {"driver": "610.43.02", "cuda": "13.3", "gpus": 1}, (1, 20)),
            l4("610.43.02", "13.3"),
        ),
        near_miss="NVIDIA-SMI 610.43.02 reports KMD Version: it was Driver Version before\n",
        parser="smi_table",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
