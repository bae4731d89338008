"""`nvidia-smi -L`, `--version`, `nvlink` and `topo`: what the cards are and how they are joined."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

UUID = "GPU-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
OTHER = "GPU-7a7a7a7a-0102-0304-0506-0708090a0b0c"
MIG_UUID = "MIG-5c5c5c5c-1d1d-2e2e-3f3f-404040404040"
CARD = f"GPU 6: NVIDIA H100 80GB HBM3 (UUID: {UUID})\n"
LEGEND = """\

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node
  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)
  PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)
  PIX  = Connection traversing at most a single PCIe bridge
  NV#  = Connection traversing a bonded set of # NVLinks
"""  # noqa: E501 - as the tool writes it
PROSE = "GPU 6 is slow; its Link 3 was reseated, CPU Affinity is 0-47 and NUMA Affinity 0\n"

FORMS = (
    Form(
        row="-L",
        text=(
            f"GPU 0: Tesla V100-SXM2-16GB (UUID: {UUID})\n"
            f"GPU 1: Tesla V100-SXM2-16GB (UUID: {OTHER})\n"
        ),
        wants=(
            Want(
                "gpu.listed",
                {"gpu_index": 0, "gpu_uuid": UUID, "name": "Tesla V100-SXM2-16GB"},
                (1, 1),
            ),
            Want("gpu.listed", {"gpu_index": 1, "gpu_uuid": OTHER}, (2, 2)),
        ),
        near_miss="GPU 0: Tesla V100 (UUID: see the asset list)\n",
        parser="smi_list",
        unclaimed=0,
    ),
    Form(
        row="-L with MIG devices",
        text=f"{CARD}  MIG 3g.40gb     Device  1: (UUID: {MIG_UUID})\n",
        wants=(
            Want(
                "gpu.listed",
                {
                    "gpu_index": 6, "gpu_uuid": UUID, "mig_uuid": MIG_UUID, "mig_device": 1,
                    "mig_profile": "3g.40gb",
                },
                (2, 2),
            ),
        ),
        near_miss="MIG 3g.40gb devices are labeled (UUID: MIG-*) by the plugin\n",
        parser="smi_list",
        unclaimed=0,
    ),
    Form(
        row="-L before 470: a MIG device's id is made of the GPU's",
        text=f"  MIG 2g.10gb Device  0: (UUID: MIG-{UUID}/3/0)\n",
        wants=(
            Want(
                "gpu.listed",
                {"gpu_uuid": UUID, "gi": "3", "ci": "0", "mig_uuid": f"MIG-{UUID}/3/0"},
                (1, 1),
            ),
        ),
        near_miss="NVIDIA_VISIBLE_DEVICES=MIG-GPU-0f1e2d3c/3/0 (UUID: MIG-GPU)\n",
        parser="smi_list",
        unclaimed=0,
    ),
    Form(
        row="--version, four lines",
        text=(
            "NVIDIA-SMI version  : 570.86.15\nNVML version        : 570.86\n"
            "DRIVER version      : 570.86.15\nCUDA Version        : 12.8\n"
        ),
        wants=(
            Want(
                "gpu.version",
                {
                    "smi": "570.86.15", "nvml": "570.86", "driver": "570.86.15", "cuda": "12.8",
                    "mismatch": False,
                },
                (1, 4),
            ),
        ),
        near_miss="the image needs NVIDIA-SMI version 570 and CUDA version 12.8\n",
        parser="smi_version",
        unclaimed=0,
    ),
    Form(
        row="--version, six lines of 610",
        text=(
            "NVIDIA-SMI version  : 610.62\nNVML version        : 610.62\n"
            'DRIVER version      : Deprecated, see "KMD version" instead\n'
            'CUDA version        : Deprecated, see "CUDA UMD version" instead\n'
            "KMD version         : 610.62\nCUDA UMD version    : 13.3\n"
        ),
        wants=(
            Want("gpu.version", {"driver": "610.62", "cuda": "13.3", "nvml": "610.62"}, (1, 6)),
        ),
        near_miss='Deprecated, see "KMD version" instead\n',
        parser="smi_version",
        unclaimed=0,
    ),
    Form(
        row="--version: the loaded driver is another one than the library's",
        text=(
            "NVIDIA-SMI version  : 550.144.03\nNVML version        : 550.144\n"
            "DRIVER version      : 550.120\nCUDA Version        : 12.4\n"
        ),
        wants=(Want("gpu.version", {"mismatch": True, "driver": "550.120"}, (1, 4)),),
        near_miss="NVML version 550.144 differs from DRIVER version 550.120\n",
        parser="smi_version",
        unclaimed=0,
    ),
    Form(
        row="nvlink -s: speeds and inactive links",
        text=f"{CARD}\t Link 0: 26.562 GB/s\n\t Link 1: 26.562 GB/s\n\t Link 2: <inactive>\n",
        wants=(
            Want(
                "gpu.nvlink",
                {
                    "gpu_index": 6, "gpu_uuid": UUID, "links": 3, "inactive": 1, "link": 2,
                    "all_inactive": False,
                },
                (2, 4),
            ),
            Want("gpu.listed", {"gpu_index": 6}, (1, 1)),
        ),
        near_miss="eth Link 0: 25 GB/s measured, Link 2 inactive\n",
        parser="smi_nvlink",
        unclaimed=0,
    ),
    Form(
        row="nvlink -s: all links are inactive",
        text=f"{CARD}NVML: Unable to retrieve NVLink information as all links are inActive\n",
        wants=(
            Want("gpu.nvlink", {"gpu_index": 6, "gpu_uuid": UUID, "all_inactive": True}, (2, 2)),
        ),
        near_miss="all links are inactive on the spare switch\n",
        unclaimed=0,
    ),
    Form(
        row="nvlink -s in MIG mode",
        text=f"{CARD}Nvlink queries are not supported for Devices in MIG mode\n",
        wants=(Want("gpu.nvlink", {"gpu_index": 6, "supported": False}, (2, 2)),),
        near_miss="Nvlink queries are not supported for Devices in MIG mode\n",
        unclaimed=0,
    ),
    Form(
        row="nvlink -s of a card without NVLink",
        text=f"GPU 0: NVIDIA L4 (UUID: {OTHER})\nDevice does not have or support Nvlink\n",
        wants=(Want("gpu.nvlink", {"gpu_uuid": OTHER, "supported": False}, (2, 2)),),
        near_miss="the FAQ: Device does not have or support Nvlink\n",
        unclaimed=0,
    ),
    Form(
        row="nvlink -e: replay, recovery and CRC errors of each link",
        text=(
            f"{CARD}\t Link 0: Replay Errors: 0\n\t Link 0: Recovery Errors: 0\n"
            "\t Link 0: CRC Errors: 0\n\n\t Link 1: Replay Errors: 3\n"
            "\t Link 1: Recovery Errors: 1\n\t Link 1: CRC Errors: 29\n\n"
        ),
        wants=(
            Want(
                "gpu.nvlink_errors",
                {
                    "gpu_index": 6, "gpu_uuid": UUID, "links": 2, "replay_errors": 3,
                    "recovery_errors": 1, "crc_errors": 29, "link": 1,
                },
                (2, 8),
            ),
        ),
        near_miss="CRC Errors: 29 on port 1 of the leaf switch\n",
        parser="smi_nvlink",
        unclaimed=0,
    ),
    Form(
        row="nvlink -e of NVLink 5: many counters, rates that are none",
        text=(
            f"{CARD}\t Link 4: Tx packets: 991287\n\t Link 4: Malformed packet Errors: 0\n"
            "\t Link 4: Rx Errors: 12\n\t Link 4: Link recovery failed events: 2\n"
            "\t Link 4: Effective BER: 15e-255\n\t Link 4: Symbol Errors: 5\n"
        ),
        wants=(
            Want(
                "gpu.nvlink_errors",
                {
                    "links": 1, "rx_errors": 12, "link_recovery_failed_events": 2,
                    "symbol_errors": 5, "link": 4, "gpu_index": 6,
                },
                (2, 7),
            ),
        ),
        near_miss="Symbol Errors: 5 in the optics report\n",
        parser="smi_nvlink",
        unclaimed=0,
    ),
    Form(
        row="nvlink -R: which port of which NVSwitch a link leads to",
        text=(
            f"{CARD}\t Link 0: Remote Device 00000000:05:00.0: Link 17\n"
            "\t Link 1: Remote Device 00000000:06:00.0: Link 44\n"
        ),
        wants=(
            Want(
                "gpu.nvlink_peer",
                {
                    "gpu_index": 6, "gpu_uuid": UUID, "link": 1, "peer": "0000:06:00.0",
                    "peer_link": 44,
                },
                (3, 3),
            ),
        ),
        near_miss="Remote Device 00000000:06:00.0 is the fourth switch\n",
        parser="smi_nvlink",
        unclaimed=0,
    ),
    Form(
        row="topo -m: a board with NVLink, one card short of links, the legend",
        text=(
            "\t\x1b[4mGPU0\tGPU1\tGPU2\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\t"
            "GPU NUMA ID\x1b[0m\n"
            "GPU0\t X \tNV18\tNV16\tPIX\tSYS\t0-55,112-167\t0\t\tN/A\n"
            "GPU1\tNV18\t X \tNV16\tPXB\tSYS\t0-55,112-167\t0\t\tN/A\n"
            "GPU2\tNV16\tNV16\t X \tSYS\tPIX\t56-111,168-223\t1\t\tN/A\n"
            "NIC0\tPIX\tPXB\tSYS\t X \tSYS\t\t\t\t\n"
            "NIC1\tSYS\tSYS\tPIX\tSYS\t X \t\t\t\t\n" + LEGEND
            + "\nNIC Legend:\n\n  NIC0: mlx5_0\n  NIC1: mlx5_1\n"
        ),
        wants=(
            Want(
                "gpu.topology",
                {
                    "gpus": 3, "nics": 2, "sys_links": 0, "node_links": 0, "nvlinks_min": 16,
                    "nvlinks_max": 18,
                },
                (1, 21),
            ),
        ),
        near_miss="\tGPU0\tGPU1\tCPU Affinity\nwas lost from the paste\n",
        parser="smi_topology",
        unclaimed=0,
    ),
    Form(
        row="topo -m: cards that reach each other over the sockets",
        text=(
            "        GPU0    GPU1    GPU2    GPU3    CPU Affinity    NUMA Affinity\n"
            "GPU0     X      NODE    SYS     SYS     0-31            0\n"
            "GPU1    NODE     X      SYS     SYS     0-31            0\n"
            "GPU2    SYS     SYS      X      PHB     32-63           1\n"
            "GPU3    SYS     SYS     PHB      X      32-63           1\n"
        ),
        wants=(
            Want(
                "gpu.topology",
                {
                    "gpus": 4, "nics": 0, "sys_links": 4, "node_links": 1, "node": "GPU0-GPU1",
                    "sys": "GPU0-GPU2,GPU0-GPU3,GPU1-GPU2,GPU1-GPU3",
                },
                (1, 5),
            ),
        ),
        near_miss=PROSE,
        parser="smi_topology",
        unclaimed=0,
    ),
    Form(
        row="topo -m of old drivers: SOC, network cards by their names",
        text=(
            "\tGPU0\tGPU1\tmlx4_0\tCPU Affinity\n"
            "GPU0\t X \tSOC\tPHB\t0-11\n"
            "GPU1\tSOC\t X \tSOC\t12-23\n"
            "mlx4_0\tPHB\tSOC\t X \n"
        ),
        wants=(Want("gpu.topology", {"gpus": 2, "nics": 1, "sys": "GPU0-GPU1"}, (1, 4)),),
        near_miss="GPU0 GPU1 CPU Affinity\nGPU0 X\n",
        parser="smi_topology",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_a_matrix_without_nvlink_says_nothing_of_nvlinks() -> None:
    events, _ = read(FORMS[-2].text)
    (matrix,) = [event for event in events if event.kind == "gpu.topology"]

    assert "nvlinks_min" not in matrix.fields


def test_links_without_errors_name_no_link() -> None:
    text = f"{CARD}\t Link 0: Replay Errors: 0\n\t Link 0: CRC Errors: 0\n"
    events, _ = read(text)
    (errors,) = [event for event in events if event.kind == "gpu.nvlink_errors"]

    assert "link" not in errors.fields
    assert errors.fields["crc_errors"] == 0
