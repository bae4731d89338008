"""Every form of nvidia-smi is read under `watch`, in a stamped log, in a paste without blanks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from triage.testing_forms import Form, Want, read

TABLE = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 565.57.01              Driver Version: 565.57.01      CUDA Version: 12.7     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   4  NVIDIA A100-SXM4-40GB          On  |   00000000:84:00.0 Off |                    7 |
| N/A   74C    P0            381W /  400W |   40110MiB /  40960MiB |     99%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    4   N/A  N/A           61100      C   /opt/conda/bin/python                 40102MiB |
+-----------------------------------------------------------------------------------------+
"""
QUERY = """\
==============NVSMI LOG==============

Timestamp                                              : Sat Jan 10 11:12:13 2026
Driver Version                                         : 580.95.05
CUDA Version                                           : 13.0

Attached GPUs                                          : 8
GPU 00000000:84:00.0
    Product Name                                       : NVIDIA A100-SXM4-40GB
    MIG Mode
        Current                                        : Disabled
        Pending                                        : Disabled
    Driver Model
        Current                                        : N/A
        Pending                                        : N/A
    Serial Number                                      : 1322221000001
    GPU UUID                                           : GPU-0d0d0d0d-1a1a-2b2b-3c3c-4d4d4d4d4d4d
    PCI
        Bus                                            : 0x84
        GPU Link Info
            PCIe Generation
                Max                                    : 4
                Current                                : 1
            Link Width
                Max                                    : 16x
                Current                                : 4x
        Replays Since Reset                            : 12
    Performance State                                  : P0
    Clocks Event Reasons
        Idle                                           : Not Active
        HW Slowdown                                    : Active
            HW Thermal Slowdown                        : Not Active
            HW Power Brake Slowdown                    : Active
    FB Memory Usage
        Total                                          : 40960 MiB
        Used                                           : 40110 MiB
    ECC Mode
        Current                                        : Enabled
        Pending                                        : Enabled
    ECC Errors
        Volatile
            SRAM Correctable                           : 0
            SRAM Uncorrectable                         : 1
            DRAM Correctable                           : 2
            DRAM Uncorrectable                         : 6
        Aggregate
            SRAM Correctable                           : 0
            SRAM Uncorrectable                         : 1
            DRAM Correctable                           : 30
            DRAM Uncorrectable                         : 11
        Channel Repair Pending                         : No
    Remapped Rows
        Correctable Error                              : 0
        Uncorrectable Error                            : 8
        Pending                                        : Yes
        Remapping Failure Occurred                     : No
        Bank Remap Availability Histogram
            Max                                        : 632 bank(s)
            Low                                        : 2 bank(s)
            None                                       : 0 bank(s)
    Temperature
        GPU Current Temp                               : 74 C
    GPU Power Readings
        Average Power Draw                             : 381.02 W
        Current Power Limit                            : 400.00 W
    Processes
        GPU instance ID                                : N/A
        Compute instance ID                            : N/A
        Process ID                                     : 61100
            Type                                       : C
            Name                                       : /opt/conda/bin/python
            Used GPU Memory                            : 40102 MiB
    Capabilities
        EGM                                            : disabled
"""
CSV = """\
index, pci.bus_id, memory.used [MiB], memory.total [MiB], utilization.gpu [%]
4, 00000000:84:00.0, 40110 MiB, 40960 MiB, 99 %
"""
LISTED = """\
GPU 4: NVIDIA A100-SXM4-40GB (UUID: GPU-0d0d0d0d-1a1a-2b2b-3c3c-4d4d4d4d4d4d)
  MIG 1g.5gb      Device  0: (UUID: MIG-9f9f9f9f-8e8e-7d7d-6c6c-5b5b5b5b5b5b)
"""
DMON = """\
# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk
# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz
    4    381     74     83     99     52      0      0      0      0   1215   1410
"""
PMON = """\
# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command
# Idx           #    C/G      %      %      %      %      %      %    name
    4      61100     C     98     51      -      -      -      -    python
"""
TOPOLOGY = """\
\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID
GPU0\t X \tNODE\tPIX\t0-15\t0\t\tN/A
GPU1\tNODE\t X \tNODE\t0-15\t0\t\tN/A
NIC0\tPIX\tNODE\t X \t\t\t\t
"""
LINKS = """\
GPU 4: NVIDIA A100-SXM4-40GB (UUID: GPU-0d0d0d0d-1a1a-2b2b-3c3c-4d4d4d4d4d4d)
\t Link 0: 25 GB/s
\t Link 1: <inactive>
"""
VERSION = """\
NVIDIA-SMI version  : 565.57.01
NVML version        : 565.57
DRIVER version      : 565.57.01
CUDA Version        : 12.7
"""
MIG = """\
+-------------------------------------------------------+
| GPU instances:                                        |
| GPU   Name             Profile  Instance   Placement  |
|                          ID       ID       Start:Size |
|=======================================================|
|   4  MIG 1g.5gb          19       13          6:1     |
+-------------------------------------------------------+
"""
XML = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
\t<driver_version>565.57.01</driver_version>
\t<attached_gpus>8</attached_gpus>
\t<gpu id="00000000:84:00.0">
\t\t<fb_memory_usage>
\t\t\t<total>40960 MiB</total>
\t\t\t<used>40110 MiB</used>
\t\t</fb_memory_usage>
\t</gpu>
</nvidia_smi_log>
"""
UUID = "GPU-0d0d0d0d-1a1a-2b2b-3c3c-4d4d4d4d4d4d"
CARD = {"gpu": "0000:84:00.0"}
WANTS = {
    "table": (
        Want("gpu.table", {"driver": "565.57.01", "cuda": "12.7", "gpus": 1, "processes": 1}),
        Want(
            "gpu.state",
            {
                **CARD, "gpu_index": 4, "name": "NVIDIA A100-SXM4-40GB", "ecc_uncorrected": 7,
                "temp_c": 74, "power_w": 381.0, "memory_used_mib": 40110, "util": 99,
                "mig": "Disabled", "persistence": "On",
            },
        ),
        Want("gpu.process", {**CARD, "gpu_index": 4, "pid": 61100, "memory_used_mib": 40102}),
    ),
    "query": (
        Want("gpu.report", {"driver": "580.95.05", "cuda": "13.0", "gpus": 8}),
        Want(
            "gpu.state",
            {
                **CARD, "gpu_uuid": UUID, "mig": "Disabled",
                "pcie_gen": 1, "pcie_gen_max": 4, "pcie_width": 4, "pcie_replays": 12,
                "pstate": "P0", "slowdown_active": "power_brake", "memory_used_mib": 40110,
                "ecc_mode": "Enabled", "ecc_uncorrected": 7, "ecc_uncorrected_aggregate": 12,
                "channel_repair_pending": False, "remap_uncorrectable": 8, "remap_pending": True,
                "remap_banks_low": 2, "temp_c": 74, "power_w": 381.02, "power_cap_w": 400.0,
            },
        ),
        Want("gpu.process", {**CARD, "pid": 61100, "type": "C", "memory_used_mib": 40102}),
    ),
    "xml": (
        Want("gpu.report", {"form": "xml", "driver": "565.57.01", "gpus": 8}),
        Want("gpu.state", {**CARD, "memory_used_mib": 40110, "memory_total_mib": 40960}),
    ),
    "csv": (Want("gpu.state", {**CARD, "gpu_index": 4, "memory_used_mib": 40110, "util": 99}),),
    "list": (
        Want("gpu.listed", {"gpu_index": 4, "gpu_uuid": UUID}),
        Want("gpu.listed", {"gpu_index": 4, "mig_profile": "1g.5gb", "mig_device": 0}),
    ),
    "dmon": (Want("gpu.load", {"gpu_index": 4, "power_w_max": 381, "temp_c_last": 74}),),
    "pmon": (
        Want("gpu.process", {"gpu_index": 4, "pid": 61100, "process": "python", "type": "C"}),
    ),
    "topology": (Want("gpu.topology", {"gpus": 2, "nics": 1, "node": "GPU0-GPU1"}),),
    "nvlink": (Want("gpu.nvlink", {"gpu_index": 4, "links": 2, "inactive": 1, "link": 1}),),
    "version": (Want("gpu.version", {"driver": "565.57.01", "mismatch": False}),),
    "mig": (Want("gpu.mig", {"gpu_index": 4, "gi": "13", "mig_profile": "1g.5gb"}),),
}  # fmt: skip
TEXTS = {
    "table": TABLE, "query": QUERY, "xml": XML, "csv": CSV, "list": LISTED, "dmon": DMON,
    "pmon": PMON,
    "topology": TOPOLOGY, "nvlink": LINKS, "version": VERSION, "mig": MIG,
}  # fmt: skip


def watched(text: str) -> str:
    return "Every 2.0s: nvidia-smi            gpu-0412: Sat Jan 10 11:12:13 2026\n\n" + text


def stamped(text: str) -> str:
    return "".join(f"2026-01-10T11:12:13.{n:06d}Z {row}\n" for n, row in enumerate(lines(text)))


def syslogged(text: str) -> str:
    return "".join(f"Jan 10 11:12:13 gpu-0412 health[812]: {row}\n" for row in lines(text))


def in_a_pod(text: str) -> str:
    return "".join(f"2026-01-10T11:12:13.5Z stdout F {row}\n" for row in lines(text))


def composed(text: str) -> str:
    return "".join(f"gpu-exporter-1  | {row}\n" for row in lines(text))


def trimmed(text: str) -> str:
    return "".join(f"{row.strip()}\n" for row in lines(text))


def squeezed(text: str) -> str:
    return "".join(re.sub(r"[ \t]+", " ", row) + "\n" for row in lines(text))


def flattened(text: str) -> str:
    return trimmed(squeezed(text))


def quoted(text: str) -> str:
    return "".join(f"> {row}\n" for row in lines(text))


def fenced(text: str) -> str:
    return f"Here is what the node says:\n```\n{text}```\nAny idea?\n"


def lines(text: str) -> list[str]:
    return text.splitlines()


WAYS: tuple[Callable[[str], str], ...] = (
    watched, stamped, syslogged, in_a_pod, composed, trimmed, squeezed, flattened, quoted, fenced,
)  # fmt: skip
FORMS = tuple(
    Form(
        row=f"{name}, {way.__name__.replace('_', ' ')}",
        text=way(text),
        wants=WANTS[name],
        near_miss=way(
            "the output of nvidia-smi was not kept; memory.used was 40110 MiB of 40960\n"
        ),
    )
    for name, text in TEXTS.items()
    for way in WAYS
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "name", ["table", "query", "csv", "list", "dmon", "pmon", "topology", "version"]
)
def test_the_title_of_watch_names_the_host(name: str) -> None:
    wants = [replace(want, fields={**want.fields, "host": "gpu-0412"}) for want in WANTS[name]]
    events, _ = read(watched(TEXTS[name]))

    assert [want for want in wants if not any(want.met_by(event) for event in events)] == []


def test_a_watched_table_begins_with_its_title_and_keeps_its_time() -> None:
    text = watched("Sat Jan 10 11:12:12 2026\n" + TABLE)
    events, _ = read(text)
    (table,) = [event for event in events if event.kind == "gpu.table"]

    assert (table.line, table.line_end) == (1, 22)
    assert table.stamp is not None
    assert table.stamp.text == "Sat Jan 10 11:12:12 2026"
    assert table.fields["host"] == "gpu-0412"


def test_a_table_that_is_printed_again_and_again_is_read_each_time() -> None:
    text = "".join(f"Sat Jan 10 11:12:{n:02d} 2026\n{TABLE}\n" for n in range(3))
    events, report = read(text)
    tables = [event for event in events if event.kind == "gpu.table"]

    assert [(t.line, t.line_end) for t in tables] == [(1, 20), (22, 41), (43, 62)]
    assert [t.stamp.text if t.stamp else None for t in tables] == [
        "Sat Jan 10 11:12:00 2026",
        "Sat Jan 10 11:12:01 2026",
        "Sat Jan 10 11:12:02 2026",
    ]
    assert report.unclaimed == 0
