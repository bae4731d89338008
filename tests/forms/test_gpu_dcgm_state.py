"""dcgmi health, discovery, nvlink, topo, and dcgm-exporter's metrics: what each says of the cards.

The near miss is a healthy output of the same command, or the same words outside of a box.
"""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

UUID = "GPU-5a4b3c2d-1111-2222-3333-444455556666"
LABELS = f'gpu="6",UUID="{UUID}",device="nvidia6",modelName="NVIDIA H200",Hostname="gpu-31"'


def wide(*rows: tuple[str, str]) -> str:
    """A box of `dcgmi health`."""
    border = f"+{'-' * 27}+{'-' * 58}+"
    head = f"| {'Health Monitor Report':<85}|"
    drawn = [f"| {key:<26}| {value:<57}|" for key, value in rows]
    return "\n".join([border, head, border.replace("-", "="), *drawn, border]) + "\n"


FORMS = (
    Form(
        row="health, a warning in DCGM 3",
        text=wide(
            ("Overall Health", "Warning"),
            ("GPU", ""),
            ("-> 5", "Warning"),
            ("   -> Errors", ""),
            ("      -> Power system", "Warning"),
            ("", "Detected clocks event due to power violation in GPU 5."),
            ("", "Monitor the power conditions."),
        ),
        wants=(
            Want("gpu.dcgm_health", {"health": "warning", "incidents": 1}, (1, 11)),
            Want(
                "gpu.dcgm_incident",
                {
                    "system": "power",
                    "health": "warning",
                    "gpu_index": 5,
                    "detail": "Detected clocks event due to power violation in GPU 5. Monitor the "
                    "power conditions.",
                },
                (8, 10),
            ),
        ),
        near_miss="health monitor report: the overall health is a warning\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="health, a failure among two GPUs",
        text=wide(
            ("Overall Health", "Failure"),
            ("GPU", ""),
            ("-> 0", "Warning"),
            ("   -> Errors", ""),
            ("      -> Thermal system", "Warning"),
            ("", "GPU 0 was throttled."),
            ("-> 3", "Failure"),
            ("   -> Errors", ""),
            ("      -> NVLINK system", "Failure"),
            ("", "GPU 3's NvLink link 7 is currently down Run a field diagnostic"),
        ),
        wants=(
            Want("gpu.dcgm_incident", {"system": "nvlink", "health": "failure", "gpu_index": 3}),
            Want("gpu.dcgm_incident", {"system": "thermal", "health": "warning", "gpu_index": 0}),
        ),
        near_miss=wide(("Overall Health", "Healthy")),
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="health, all well",
        text=wide(("Overall Health", "Healthy")),
        wants=(Want("gpu.dcgm_health", {"health": "healthy", "incidents": 0}, (1, 5)),),
        near_miss="| Service | Overall Health |\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="health, a network card",
        text=wide(
            ("Overall Health", "Failure"),
            ("ConnectX", ""),
            ("-> 1", "Failure"),
            ("   -> Errors", ""),
            ("      -> ConnectX system", "Failure"),
            ("", "ConnectX entity Id:1 uncorrectable fatal errors: 0x1010"),
        ),
        wants=(Want("gpu.dcgm_incident", {"system": "connectx", "entity": "ConnectX 1"}, (8, 9)),),
        near_miss=wide(("Overall Health", "Healthy")),
        parser="dcgm",
    ),
    Form(
        row="health, the old box",
        text="Health Monitor Report\n"
        f"+{'-' * 18}+{'-' * 57}+\n"
        f"| {'Group 1':<17}| {'Overall Health:  Warning':<56}|\n"
        f"+{'=' * 18}+{'=' * 57}+\n"
        f"| {'GPU ID: 2':<17}| {'Warning':<56}|\n"
        f"| {'':<17}| {'PCIe system:  Warning - Detected more than 8 PCIe':<56}|\n"
        f"| {'':<17}| {'replays per minute for GPU 2: 19':<56}|\n"
        f"+{'-' * 18}+{'-' * 57}+\n",
        wants=(
            Want("gpu.dcgm_health", {"health": "warning"}, (1, 8)),
            Want(
                "gpu.dcgm_incident",
                {
                    "system": "pcie",
                    "gpu_index": 2,
                    "detail": "Detected more than 8 PCIe replays per minute for GPU 2: 19",
                },
                (6, 7),
            ),
        ),
        near_miss="PCIe system:  Warning - Detected more than 8 PCIe\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="discovery",
        text="2 GPUs found.\n"
        f"+{'-' * 8}+{'-' * 70}+\n"
        f"| GPU ID | {'Device Information':<69}|\n"
        f"+{'-' * 8}+{'-' * 70}+\n"
        f"| {'0':<7}| {'Name: NVIDIA H200':<69}|\n"
        f"| {'':<7}| {'PCI Bus ID: 00000000:1B:00.0':<69}|\n"
        f"| {'':<7}| {f'Device UUID: {UUID}':<69}|\n"
        f"+{'-' * 8}+{'-' * 70}+\n"
        f"| {'1':<7}| {'Name: NVIDIA H200':<69}|\n"
        f"| {'':<7}| {'PCI Bus ID: 00000000:43:00.0':<69}|\n"
        f"+{'-' * 8}+{'-' * 70}+\n",
        wants=(
            Want("gpu.dcgm_devices", {"gpus": 2, "listed": 2}, (1, 11)),
            Want(
                "gpu.identity",
                {"gpu_index": 0, "gpu": "0000:1b:00.0", "gpu_uuid": UUID, "name": "NVIDIA H200"},
                (5, 7),
            ),
            Want("gpu.identity", {"gpu_index": 1, "gpu": "0000:43:00.0"}, (9, 10)),
        ),
        near_miss="2 GPUs found. PCI Bus ID: 00000000:1B:00.0\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="nvlink -e",
        text=f"+{'-' * 29}+{'-' * 48}+\n"
        f"| {'NVLINK Error Counts':<77}|\n| {'GPU 6':<77}|\n+{'=' * 29}+{'=' * 48}+\n"
        f"| {'Link 0':<28}| {'':<47}|\n| {'-> CRC FLIT Error':<28}| {'0':<47}|\n"
        f"| {'-> Replay Error':<28}| {'2':<47}|\n"
        f"| {'Link 1':<28}| {'':<47}|\n| {'-> CRC FLIT Error':<28}| {'41':<47}|\n"
        f"| {'-> Replay Error':<28}| {'0':<47}|\n+{'-' * 29}+{'-' * 48}+\n",
        wants=(
            Want(
                "gpu.nvlink_errors",
                {
                    "gpu_index": 6,
                    "links": 2,
                    "crc_flit_errors": 41,
                    "replay_errors": 2,
                    "link": 1,
                },
                (1, 11),
            ),
        ),
        near_miss="NVLINK Error Counts of GPU 6: none\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="nvlink -e as JSON",
        text='{\n  "body": {\n    "Link 3": {"children": {"Replay Error": {"value": "7"}}}\n  },\n'
        '  "header": ["NVLINK Error Counts", "GPU 1"]\n}\n',
        wants=(Want("gpu.nvlink_errors", {"gpu_index": 1, "replay_errors": 7, "link": 3}, (1, 6)),),
        near_miss='{"header": ["NVLINK Error Counts"], "body": null}\n',
        parser="dcgm_json",
        name="nvlink.json",
    ),
    Form(
        row="nvlink -s, a link down",
        text="+----------------------+\n|  NvLink Link Status  |\n+----------------------+\nGPUs:\n"
        "    gpuId 0:\n        U U U U _ _\n    gpuId 1:\n        U D U X _ _\nNvSwitches:\n"
        "    physicalId 8:\n        U U D U\n\nKey: Up=U, Down=D, Disabled=X, Not Supported=_\n",
        wants=(
            Want("gpu.nvlink", {"gpu_index": 0, "links": 4, "inactive": 0, "disabled": 0}, (5, 6)),
            Want(
                "gpu.nvlink",
                {"gpu_index": 1, "links": 4, "inactive": 1, "disabled": 1, "link": 1},
                (7, 8),
            ),
            Want(
                "gpu.nvswitch", {"physical_id": 8, "links": 4, "inactive": 1, "link": 2}, (10, 11)
            ),
        ),
        near_miss="gpuId 0: is the first\nphysicalId 8: the switch\n",
        parser="dcgm",
    ),
    Form(
        row="nvlink -s, on one line",
        text="gpuId 7: D D D D _ _\n",
        wants=(Want("gpu.nvlink", {"gpu_index": 7, "inactive": 4, "all_inactive": True}, (1, 1)),),
        near_miss="gpuId 7: 4 links are down\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="topo of a GPU",
        text=f"+{'-' * 19}+{'-' * 56}+\n"
        f"| {'GPU ID: 2':<18}| {'Topology Information':<55}|\n+{'=' * 19}+{'=' * 56}+\n"
        f"| {'CPU Core Affinity':<18}| {'0 - 47, 96 - 143':<55}|\n+{'-' * 19}+{'-' * 56}+\n"
        f"| {'To GPU 0':<18}| {'Connected via a CPU-level link':<55}|\n"
        f"| {'To GPU 1':<18}| {'Connected via four NVLINKs (Links: 0, 1, 2, 3)':<55}|\n"
        f"+{'-' * 19}+{'-' * 56}+\n",
        wants=(
            Want(
                "gpu.dcgm_topology",
                {"gpu_index": 2, "peers": 2, "cpu_affinity": "0 - 47, 96 - 143"},
                (1, 8),
            ),
        ),
        near_miss="Topology Information of GPU ID: 2\n",
        parser="dcgm",
        unclaimed=0,
    ),
    Form(
        row="exporter, faults in a scrape",
        text="# HELP DCGM_FI_DEV_XID_ERRORS Value of the last XID error encountered.\n"
        "# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n"
        f"DCGM_FI_DEV_XID_ERRORS{{{LABELS}}} 48\n"
        "# TYPE DCGM_FI_DEV_ECC_DBE_VOL_TOTAL counter\n"
        f"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{{{LABELS}}} 3\n"
        f"DCGM_FI_DEV_ROW_REMAP_PENDING{{{LABELS}}} 1\n"
        f"DCGM_FI_DEV_ROW_REMAP_FAILURE{{{LABELS}}} 0\n"
        f"DCGM_FI_DEV_GPU_TEMP{{{LABELS}}} 61\n",
        wants=(
            Want("gpu.dcgm_metrics", {"gpus": 1, "metrics": 5}, (1, 8)),
            Want(
                "gpu.xid", {"xid": 48, "gpu_index": 6, "gpu_uuid": UUID, "host": "gpu-31"}, (3, 3)
            ),
            Want(
                "gpu.state", {"gpu_index": 6, "ecc_uncorrected": 3, "name": "NVIDIA H200"}, (5, 5)
            ),
            Want("gpu.state", {"gpu_index": 6, "remap_pending": True}, (6, 6)),
        ),
        near_miss='DCGM_FI_DEV_XID_ERRORS{gpu=~"$gpu"} > 0\n# HELP DCGM_FI_DEV_XID_ERRORS last\n',
        parser="dcgm_metrics",
        unclaimed=0,
        name="metrics.txt",
    ),
    Form(
        row="exporter, Xids counted",
        text=f'DCGM_EXP_XID_ERRORS_COUNT{{{LABELS},window_size_in_ms="300000",xid="94"}} 2\n',
        wants=(
            Want("gpu.xid", {"xid": 94, "count": 2, "gpu_index": 6, "secondhand": True}, (1, 1)),
        ),
        near_miss=f'DCGM_EXP_XID_ERRORS_COUNT{{{LABELS},window_size_in_ms="300000",xid="94"}} 0\n',
        parser="dcgm_metrics",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
