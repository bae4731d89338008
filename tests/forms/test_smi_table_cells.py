"""What may stand in a cell of the nvidia-smi table, and which rows may be missing."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

HEAD_79 = """\
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 525.85.12    Driver Version: 525.85.12    CUDA Version: 12.0     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|                               |                      |               MIG M. |
|===============================+======================+======================|
"""
END_79 = "+-------------------------------+----------------------+----------------------+\n"
HEAD_91 = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.172.08             Driver Version: 570.172.08     CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
"""
END_91 = (
    "+-----------------------------------------+------------------------+----------------------+\n"
)
PROCESSES_91 = """\

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
"""
FOOT_91 = (
    "+-----------------------------------------------------------------------------------------+\n"
)
HEALTHY = """\
|   0  NVIDIA A10                     On  |   00000000:31:00.0 Off |                    0 |
|  0%   30C    P8             20W /  150W |       0MiB /  23028MiB |      0%      Default |
|                                         |                        |                  N/A |
"""
SICK_ROW = """\
|   6  ERR!                On   | 00000000:BD:00.0 Off |                 ERR! |
|ERR!  ERR! ERR!    ERR! / ERR! |  31020MiB / 40536MiB |    ERR!      Default |
|                               |                      |                 ERR! |
"""
MIG_OLD = """\
|   2  NVIDIA A100-SXM...  On   | 00000000:47:00.0 Off |                   On |
| N/A   35C    P0    62W / 400W |   9871MiB / 40536MiB |     N/A      Default |
|                               |                      |              Enabled |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| MIG devices:                                                                |
+------------------+----------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |         Memory-Usage |        Vol|         Shared        |
|      ID  ID  Dev |           BAR1-Usage | SM     Unc| CE  ENC  DEC  OFA  JPG|
|                  |                      |        ECC|                       |
|==================+======================+===========+=======================|
|  2    1   0   0  |   9845MiB / 20096MiB | 42      3 |  3   0    2    0    0 |
|                  |      2MiB / 32767MiB |           |                       |
+------------------+----------------------+-----------+-----------------------+
|  2    5   0   1  |      7MiB /  9728MiB | 28    N/A |  2   0    1    0    0 |
|                  |      0MiB / 16383MiB |           |                       |
+------------------+----------------------+-----------+-----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                                  |
|  GPU   GI   CI        PID   Type   Process name                  GPU Memory |
|        ID   ID                                                   Usage      |
|=============================================================================|
|    2    1    0      60417      C   python                           9835MiB |
+-----------------------------------------------------------------------------+
"""
MIG_NONE = """\
|   0  NVIDIA A30                     On  |   00000000:21:00.0 Off |                   On |
| N/A   29C    P0             30W /  165W |       0MiB /  24576MiB |     N/A      Default |
|                                         |                        |              Enabled |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|                  |                                  |        ECC|                       |
|==================+==================================+===========+=======================|
|  No MIG devices found                                                                   |
+-----------------------------------------------------------------------------------------+
"""
WINDOWS = """\
|   0  NVIDIA RTX A4000               TCC |   00000000:65:00.0 Off |                  Off |
| 41%   52C    P8             17W /  140W |     744MiB /  16376MiB |      2%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
|   1  NVIDIA RTX 5000 Ada Gene...  MCDM  |   00000000:B3:00.0  On |                  Off |
| 30%   39C    P5             31W /  250W |    2110MiB /  32760MiB |      7%      Default |
|                                         |                        |                  N/A |
"""
NO_SUPPORT = """\
+------------------------------------------------------+
| NVIDIA-SMI 340.29     Driver Version: 340.29         |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  GeForce GTX 780     Off  | 0000:01:00.0     N/A |                  N/A |
| 26%   38C    P8    N/A /  N/A |    301MiB /  3071MiB |     N/A      Default |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Compute processes:                                               GPU Memory |
|  GPU       PID  Process name                                     Usage      |
|=============================================================================|
|    0            Not Supported                                               |
+-----------------------------------------------------------------------------+
"""

WINDOWS_PROCESSES = """\
|    0   N/A  N/A            4412    C+G   C:\\Program Files\\VR\\vrserver.exe      N/A      |
|    0   N/A  N/A            9180    C+G   Insufficient Permissions              N/A      |
"""
MPS_PROCESSES = """\
|    0   N/A  N/A           51002    M+C   python                                2210MiB |
|    0   N/A  N/A           50990      C   nvidia-cuda-mps-server                  30MiB |
"""
NO_PROCESSES = """\
|  No running processes found                                                             |
"""

FORMS = (
    Form(
        row="ERR! in every cell of one row: a sick card",
        text=HEAD_79 + SICK_ROW + END_79,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu_index": 6, "gpu": "0000:bd:00.0", "err_cells": 9, "driver": "525.85.12",
                    "memory_used_mib": 31020, "memory_total_mib": 40536,
                },
                (8, 10),
            ),
        ),
        near_miss="the cells of row 6 show ERR! / ERR! since the reset, 31020MiB / 40536MiB used\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="ERR! in the power cell alone: the rest is read",
        text=HEAD_91 + HEALTHY.replace("            20W", "           ERR!") + END_91,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0000:31:00.0", "err_cells": 1, "temp_c": 30, "power_cap_w": 150.0,
                    "fan_pct": 0, "ecc_uncorrected": 0,
                },
                (8, 10),
            ),
        ),
        near_miss="|  0%   30C    P8            ERR! /  150W |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="Unknown Error in a cell is counted",
        text=HEAD_91
        + HEALTHY.replace("            20W", "  Unknown Error").replace(
            "      0MiB /", "Unknown Error /"
        )
        + END_91,
        wants=(
            Want(
                "gpu.state",
                {
                    "gpu": "0000:31:00.0", "unknown_errors": 2, "memory_total_mib": 23028,
                    "power_cap_w": 150.0,
                },
                (8, 10),
            ),
        ),
        near_miss="job 31: Unknown Error / 23028MiB wanted\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="a lost GPU's cells, in brackets",
        text=HEAD_91
        + HEALTHY.replace("       0MiB /  23028MiB", "[GPU is lost] / [GPU is lost]")
        + END_91,
        wants=(Want("gpu.state", {"gpu": "0000:31:00.0", "lost": True, "gpu_index": 0}, (8, 10)),),
        near_miss="is it [GPU is lost] / [GPU is lost] or is the cable lost?\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="[N/A] and [Not Supported] are no values",
        text=HEAD_91
        + HEALTHY.replace("|  0%   30C", "|[N/A]   30C").replace(
            "           20W /  150W", "[Not Supported] / [N/A]"
        )
        + END_91,
        wants=(Want("gpu.state", {"gpu": "0000:31:00.0", "temp_c": 30, "util": 0}, (8, 10)),),
        near_miss="[N/A] 30C P8 [Not Supported] / [N/A]\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="MIG devices, 450 to 570",
        text=HEAD_79 + MIG_OLD,
        wants=(
            Want("gpu.table", {"gpus": 1, "processes": 1}, (1, 33)),
            Want(
                "gpu.state",
                {"gpu": "0000:47:00.0", "mig": "Enabled", "ecc_mode": "Enabled", "processes": 1},
                (8, 10),
            ),
            Want(
                "gpu.mig",
                {
                    "gpu_index": 2, "gpu": "0000:47:00.0", "gi": "1", "ci": "0", "mig_device": 0,
                    "memory_used_mib": 9845, "memory_total_mib": 20096, "ecc_uncorrected": 3,
                },
                (20, 21),
            ),
            Want("gpu.mig", {"gi": "5", "mig_device": 1, "memory_total_mib": 9728}, (23, 24)),
            Want(
                "gpu.process",
                {"gpu_index": 2, "gi": "1", "ci": "0", "pid": 60417, "gpu": "0000:47:00.0"},
                (32, 32),
            ),
        ),
        near_miss="| MIG devices: | two | 28 N/A |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="MIG mode without a device",
        text=HEAD_91 + MIG_NONE,
        wants=(
            Want("gpu.table", {"gpus": 1}, (1, 21)),
            Want("gpu.state", {"gpu": "0000:21:00.0", "mig": "Enabled"}, (8, 10)),
        ),
        near_miss="No MIG devices found\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="Windows: TCC and MCDM stand where persistence stands elsewhere",
        text=HEAD_91.replace("Persistence-M", " Driver-Model") + WINDOWS + END_91,
        wants=(
            Want("gpu.state", {"name": "NVIDIA RTX A4000", "gpu": "0000:65:00.0"}, (8, 10)),
            Want(
                "gpu.state",
                {"name": "NVIDIA RTX 5000 Ada Gene...", "gpu": "0000:b3:00.0", "gpu_index": 1},
                (12, 14),
            ),
        ),
        near_miss="the TCC | driver model | of card 1 | is WDDM now |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="Windows processes: no memory, no permission to name them",
        text=HEAD_91 + HEALTHY + END_91 + PROCESSES_91
        + WINDOWS_PROCESSES + FOOT_91,
        wants=(
            Want("gpu.table", {"processes": 2}, (1, 20)),
            Want(
                "gpu.process",
                {"pid": 4412, "type": "C+G", "process": "C:\\Program Files\\VR\\vrserver.exe"},
                (18, 18),
            ),
            Want("gpu.process", {"pid": 9180, "gpu": "0000:31:00.0"}, (19, 19)),
        ),
        near_miss="C+G C:\\Program Files\\VR\\vrserver.exe N/A\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="MPS clients and their server",
        text=HEAD_91 + HEALTHY + END_91 + PROCESSES_91
        + MPS_PROCESSES + FOOT_91,
        wants=(
            Want("gpu.process", {"pid": 51002, "type": "M+C", "memory_used_mib": 2210}, (18, 18)),
            Want("gpu.process", {"pid": 50990, "process": "nvidia-cuda-mps-server"}, (19, 19)),
        ),
        near_miss="0 M+C python 2210MiB was killed\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="in a container: memory is used, no process is seen",
        text=HEAD_91 + HEALTHY.replace("       0MiB", "   20011MiB") + END_91 + PROCESSES_91
        + NO_PROCESSES + FOOT_91,
        wants=(
            Want("gpu.table", {"gpus": 1, "processes": 0}, (1, 19)),
            Want("gpu.state", {"memory_used_mib": 20011, "processes": 0}, (8, 10)),
        ),
        near_miss="No running processes found in the queue\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="Azure: the address is in the domain",
        text=HEAD_91 + HEALTHY.replace("00000000:31:00.0", "00008ED0:00:00.0") + END_91,
        wants=(Want("gpu.state", {"gpu": "8ed0:00:00.0"}, (8, 10)),),
        near_miss="hv_pci 8ed0:00:00.0 | bound | to pci-hyperv |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="cut off: head without rows for MIG and processes",
        text=HEAD_91 + "".join(HEALTHY.splitlines(keepends=True)[:2]),
        wants=(
            Want("gpu.table", {"gpus": 1, "cuda": "12.8"}, (1, 9)),
            Want("gpu.state", {"gpu": "0000:31:00.0", "memory_total_mib": 23028}, (8, 9)),
        ),
        near_miss="see the NVIDIA-SMI table of last week\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="rows alone, without a head",
        text=HEALTHY,
        wants=(
            Want("gpu.table", {"gpus": 1}, (1, 3)),
            Want("gpu.state", {"gpu": "0000:31:00.0", "temp_c": 30}, (1, 3)),
        ),
        near_miss="| disk | 12MiB / 40MiB | 30% |\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="a warning below the table",
        text=HEAD_91 + HEALTHY + END_91 + "WARNING: infoROM is corrupted at gpu 0000:31:00.0\n",
        wants=(
            Want("gpu.table", {"gpus": 1}, (1, 11)),
            Want("gpu.smi_error", {"what": "inforom_corrupted", "gpu": "0000:31:00.0"}, (12, 12)),
        ),
        near_miss="WARNING: the infoROM was read at gpu 0000:31:00.0\n",
        parser="smi_table",
        unclaimed=0,
    ),
    Form(
        row="340: the card does not tell its processes, which is not none",
        text=NO_SUPPORT,
        wants=(
            Want("gpu.table", {"driver": "340.29", "gpus": 1}, (1, 16)),
            Want("gpu.state", {"gpu": "0000:01:00.0", "temp_c": 38}, (7, 8)),
        ),
        near_miss="|  0  Not Supported  |\n",
        parser="smi_table",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_card_that_does_not_tell_its_processes_has_no_count_of_them() -> None:
    events, _ = read(NO_SUPPORT)
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "processes" not in state.fields


@pytest.mark.parametrize("cell", ["ERR!", "N/A", "[N/A]", "Unknown Error"])
def test_a_cell_without_a_value_gives_no_number(cell: str) -> None:
    events, _ = read(HEAD_91 + HEALTHY.replace("30C", cell) + END_91)
    (state,) = [event for event in events if event.kind == "gpu.state"]

    assert "temp_c" not in state.fields
    assert state.fields["memory_total_mib"] == 23028
