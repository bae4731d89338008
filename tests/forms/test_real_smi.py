"""Tables, lists and monitors of nvidia-smi on real machines say what a human reads there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from triage.events import Value
from triage.testing_forms import Want, read

SHARED = Path(__file__).parents[3] / "shared" / "knowledge" / "smi_samples"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the knowledge files are not here")


@dataclass(frozen=True)
class Real:
    """A file, the parser it belongs to, how many events of each kind, and some of them."""

    name: str
    parser: str
    kinds: dict[str, int]
    wants: tuple[Want, ...]


def table(lines: tuple[int, int], driver: str, cuda: str, gpus: int, processes: int) -> Want:
    fields: dict[str, Value] = {
        "driver": driver, "cuda": cuda, "gpus": gpus, "processes": processes,
    }  # fmt: skip
    return Want("gpu.table", fields, lines)


def state(line: int, gpu: str, name: str, **fields: Value) -> Want:
    return Want("gpu.state", {"gpu": gpu, "name": name, **fields}, (line, line + 2))


def process(line: int, gpu: str, pid: int, name: str, **fields: Value) -> Want:
    return Want("gpu.process", {"gpu": gpu, "pid": pid, "process": name, **fields}, (line, line))


def mig(line: int, instance: str, device: int, used: int, total: int) -> Want:
    gi, ci = instance.split("/")
    fields: dict[str, Value] = {
        "gpu_index": 0, "gi": gi, "ci": ci, "mig_device": device, "memory_used_mib": used,
        "memory_total_mib": total, "ecc_uncorrected": 0,
    }  # fmt: skip
    return Want("gpu.mig", fields, (line, line + 1))


PYTHON = "...-m4-2023-02-28/bin/python"
H100, H200 = "NVIDIA H100 80GB HBM3", "NVIDIA H200"
ZERO = "GPU-00000000-0000-0000-0000-000000000000"
A100_RANKS = (
    ("0000:07:00.0", 28, 68.0, 22377, 0),
    ("0000:0b:00.0", 30, 87.0, 15995, 100),
    ("0000:48:00.0", 28, 84.0, 16122, 100),
    ("0000:4c:00.0", 31, 85.0, 15995, 100),
    ("0000:88:00.0", 29, 86.0, 15995, 100),
    ("0000:8b:00.0", 31, 84.0, 15995, 100),
    ("0000:c8:00.0", 30, 85.0, 15995, 100),
    ("0000:cb:00.0", 32, 87.0, 15947, 100),
)
V100S = (
    ("0000:1a:00.0", 46, 44.0),
    ("0000:1c:00.0", 46, 44.0),
    ("0000:88:00.0", 45, 44.0),
    ("0000:8a:00.0", 45, 47.0),
)
MIG_LISTED = (("3g.40gb", 0), ("2g.20gb", 1), ("1g.10gb", 2), ("1g.10gb", 3))

FILES = (
    Real(
        "bigscience-v100-460__idle-table.txt", "smi_table", {"gpu.table": 1, "gpu.state": 4},
        (
            table((1, 32), "460.32.03", "11.2", 4, 0),
            *(
                state(
                    9 + 4 * n, gpu, "Tesla V100-SXM2...", gpu_index=n, temp_c=temp, power_w=power,
                    power_cap_w=300.0, memory_used_mib=0, memory_total_mib=32510, util=0,
                    ecc_uncorrected=0, persistence="Off", pstate="P0",
                )
                for n, (gpu, temp, power) in enumerate(V100S)
            ),
        ),
    ),
    Real(
        "m4-a100-525__hang-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 8, "gpu.process": 10},
        (
            table((1, 57), "525.60.13", "12.0", 8, 10),
            *(
                state(
                    9 + 4 * n, gpu, "NVIDIA A100-SXM...", gpu_index=n, temp_c=temp, power_w=power,
                    memory_used_mib=used, memory_total_mib=81920, util=util, mig="Disabled",
                    processes=3 if n == 2 else 1,
                )
                for n, (gpu, temp, power, used, util) in enumerate(A100_RANKS)
            ),
            process(47, "0000:07:00.0", 280058, PYTHON, memory_used_mib=22374),
            process(49, "0000:48:00.0", 19501, "/usr/libexec/Xorg", type="G", memory_used_mib=63),
            process(56, "0000:cb:00.0", 280065, PYTHON, memory_used_mib=15944),
        ),
    ),
    Real(
        "h100-590__idle-table.txt", "smi_table", {"gpu.table": 1, "gpu.state": 1},
        (
            table((1, 20), "590.48.01", "13.1", 1, 0),
            state(
                9, "0000:00:09.0", H100, gpu_index=0, temp_c=41, power_w=69.0, power_cap_w=700.0,
                memory_used_mib=0, memory_total_mib=81559, util=0, ecc_uncorrected=0,
                mig="Disabled",
            ),
        ),
    ),
    Real(
        "h100-590__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.process": 3},
        (
            table((1, 22), "590.48.01", "13.1", 1, 3),
            state(9, "0000:00:09.0", H100, temp_c=59, power_w=629.0, memory_used_mib=19818),
            process(19, "0000:00:09.0", 11327, "/root/tools/memhog", memory_used_mib=2566),
            process(20, "0000:00:09.0", 11328, "/root/tools/memhog", memory_used_mib=1542),
            process(21, "0000:00:09.0", 11345, "./gpu_burn", memory_used_mib=15690),
        ),
    ),
    Real(
        "h200-590__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.process": 3},
        (
            table((1, 22), "590.48.01", "13.1", 1, 3),
            state(
                9, "0000:83:00.0", H200, temp_c=52, power_w=628.0, memory_used_mib=32362,
                memory_total_mib=143771, util=100, persistence="On",
            ),
            process(21, "0000:83:00.0", 10309, "./gpu_burn", memory_used_mib=28234),
        ),
    ),
    Real(
        "l40s-595__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.process": 2},
        (
            table((1, 21), "595.80", "13.2", 1, 2),
            state(
                9, "0000:01:00.0", "NVIDIA L40S", temp_c=54, power_w=110.0, power_cap_w=350.0,
                memory_used_mib=1235, memory_total_mib=46068, util=9, persistence="Off",
            ),
            process(19, "0000:01:00.0", 20037, "ffmpeg", memory_used_mib=538),
            process(20, "0000:01:00.0", 20038, "ffmpeg", memory_used_mib=681),
        ),
    ),
    Real(
        "rtx2080s-610__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.process": 4},
        (
            table((1, 23), "610.57.04", "13.3", 1, 4),
            state(
                9, "0000:0c:00.0", "NVIDIA GeForce RTX 2080 ...", fan_pct=38, temp_c=38,
                power_w=97.0, power_cap_w=250.0, memory_used_mib=815, memory_total_mib=8192,
                util=8, pstate="P2",
            ),
            process(19, "0000:0c:00.0", 1720, "/usr/bin/gnome-shell", type="G"),
            process(22, "0000:0c:00.0", 28512, "ffmpeg", type="C", memory_used_mib=370),
        ),
    ),
    Real(
        "win-rtx2080s-610__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.process": 21},
        (
            table((1, 40), "610.62", "13.3", 1, 21),
            state(
                9, "0000:0c:00.0", "NVIDIA GeForce RTX 2080 ...", temp_c=44, memory_used_mib=1366,
                memory_total_mib=8192, util=7, fan_pct=38,
            ),
            process(19, "0000:0c:00.0", 2140, "C:\\Windows\\System32\\dwm.exe", type="C+G"),
            process(29, "0000:0c:00.0", 15964, "...IA App\\CEF\\NVIDIA Overlay.exe"),
            process(39, "0000:0c:00.0", 23988, "...t\\Edge\\Application\\msedge.exe"),
        ),
    ),
    Real(
        "h100-mig-590__idle-table.txt", "smi_table", {"gpu.table": 1, "gpu.state": 1, "gpu.mig": 4},
        (
            table((1, 40), "590.48.01", "13.1", 1, 0),
            state(9, "0000:00:09.0", H100, mig="Enabled", memory_used_mib=59, temp_c=42),
            mig(21, "2/0", 0, 26, 40448), mig(24, "3/0", 1, 17, 20096),
            mig(27, "9/0", 2, 9, 9984), mig(30, "10/0", 3, 9, 9984),
        ),
    ),
    Real(
        "h100-mig-590__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.mig": 4, "gpu.process": 3},
        (
            table((1, 42), "590.48.01", "13.1", 1, 3),
            mig(21, "2/0", 0, 11091, 40448),
            process(41, "0000:00:09.0", 21198, "./gpu_burn", gi="2", ci="0", memory_used_mib=7484),
        ),
    ),
    Real(
        "h200-mig-590__load-table.txt", "smi_table",
        {"gpu.table": 1, "gpu.state": 1, "gpu.mig": 5, "gpu.process": 3},
        (
            table((1, 45), "590.48.01", "13.1", 1, 3),
            state(9, "0000:83:00.0", H200, mig="Enabled", memory_used_mib=16959, power_w=295.0),
            mig(21, "2/0", 0, 16925, 71424), mig(24, "2/1", 1, 16925, 71424),
            mig(33, "10/0", 4, 9, 16384),
            process(42, "0000:83:00.0", 12249, "/root/tools/memhog", gi="2", ci="1"),
        ),
    ),
    Real(
        "h100-mig-590__list-l.txt", "smi_list", {"gpu.listed": 5},
        (
            Want("gpu.listed", {"gpu_index": 0, "gpu_uuid": ZERO, "name": H100}, (1, 1)),
            *(
                Want(
                    "gpu.listed",
                    {
                        "gpu_index": 0, "mig_profile": profile, "mig_device": n,
                        "mig_uuid": f"MIG-0000000{n}-0000-0000-0000-00000000000{n}",
                    },
                    (n + 2, n + 2),
                )
                for profile, n in MIG_LISTED
            ),
        ),
    ),
    Real(
        "h200-590__list-l.txt", "smi_list", {"gpu.listed": 1},
        (Want("gpu.listed", {"gpu_index": 0, "gpu_uuid": ZERO, "name": H200}, (1, 1)),),
    ),
    Real(
        "h100-mig-590__version.txt", "smi_version", {"gpu.version": 1},
        (
            Want(
                "gpu.version",
                {
                    "smi": "590.48.01", "nvml": "590.48", "driver": "590.48.01", "cuda": "13.1",
                    "mismatch": False,
                },
                (1, 4),
            ),
        ),
    ),
    Real(
        "rtx2080s-610__version.txt", "smi_version", {"gpu.version": 1},
        (Want("gpu.version", {"driver": "610.57.04", "nvml": "610.57", "cuda": "13.3"}, (1, 6)),),
    ),
    Real(
        "h200-590__nvlink-s.txt", "smi_nvlink", {"gpu.listed": 1, "gpu.nvlink": 1},
        (Want("gpu.nvlink", {"gpu_uuid": ZERO, "links": 18, "inactive": 0}, (2, 19)),),
    ),
    Real(
        "h100-mig-590__nvlink-s.txt", "smi_list", {"gpu.listed": 1, "gpu.nvlink": 1},
        (Want("gpu.nvlink", {"gpu_uuid": ZERO, "supported": False}, (2, 2)),),
    ),
    Real(
        "l40s-595__nvlink-s.txt", "smi_list", {"gpu.listed": 1, "gpu.nvlink": 1},
        (
            Want("gpu.listed", {"gpu_index": 0, "name": "NVIDIA L40S"}, (1, 1)),
            Want("gpu.nvlink", {"gpu_index": 0, "supported": False}, (2, 2)),
        ),
    ),
    Real(
        "h200-590__topo-m.txt", "smi_topology", {"gpu.topology": 1},
        (Want("gpu.topology", {"gpus": 1, "nics": 0, "sys_links": 0, "node_links": 0}, (1, 12)),),
    ),
    Real(
        "h100-mig-590__idle-dmon.txt", "smi_monitor", {"gpu.dmon": 1, "gpu.load": 1},
        (
            Want("gpu.dmon", {"gpus": 1, "samples": 5}, (1, 7)),
            Want(
                "gpu.load",
                {"gpu_index": 0, "power_w_max": 70, "temp_c_last": 42, "memory_temp_c_min": 48},
                (1, 7),
            ),
        ),
    ),
    Real(
        "h200-590__load-dmon.txt", "smi_monitor", {"gpu.dmon": 1, "gpu.load": 1},
        (
            Want(
                "gpu.load",
                {
                    "gpu_index": 0, "samples": 5, "power_w_min": 628, "power_w_max": 632,
                    "power_w_last": 630, "temp_c_min": 53, "temp_c_max": 54,
                    "memory_temp_c_min": 41, "util_min": 100, "memory_util_last": 8,
                    "sm_clock_mhz_last": 1980,
                },
                (1, 7),
            ),
        ),
    ),
    Real(
        "rtx2080s-610__load-dmon.txt", "smi_monitor", {"gpu.dmon": 1, "gpu.load": 1},
        (Want("gpu.load", {"power_w_last": 97, "util_max": 8, "sm_clock_mhz_min": 2070}, (1, 7)),),
    ),
    Real(
        "h100-mig-590__idle-pmon.txt", "smi_monitor", {"gpu.pmon": 1},
        (Want("gpu.pmon", {"gpus": 1, "processes": 0, "samples": 5}, (1, 7)),),
    ),
    Real(
        "h200-590__load-pmon.txt", "smi_monitor", {"gpu.pmon": 1, "gpu.process": 15},
        (
            Want("gpu.pmon", {"gpus": 1, "processes": 3, "samples": 15}, (1, 17)),
            Want(
                "gpu.process",
                {"gpu_index": 0, "pid": 10291, "type": "C", "process": "memhog", "util": 19},
                (12, 12),
            ),
            Want(
                "gpu.process",
                {"gpu_index": 0, "pid": 10309, "process": "gpu_burn", "util": 99, "memory_util": 7},
                (17, 17),
            ),
        ),
    ),
    Real(
        "rtx2080s-610__load-pmon.txt", "smi_monitor", {"gpu.pmon": 1, "gpu.process": 20},
        (
            Want("gpu.pmon", {"processes": 4, "samples": 20}, (1, 22)),
            Want("gpu.process", {"pid": 1720, "type": "G", "process": "gnome-shell"}, (3, 3)),
            Want("gpu.process", {"pid": 28512, "process": "ffmpeg", "util": 7}, (18, 18)),
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("real", FILES, ids=lambda real: real.name)
def test_a_real_file_is_read_as_a_human_reads_it(real: Real) -> None:
    events, report = read((SHARED / real.name).read_bytes(), real.name)

    assert [want for want in real.wants if not any(want.met_by(event) for event in events)] == []
    assert Counter(event.kind for event in events) == real.kinds
    assert report.claimed_by.most_common(1)[0][0] == real.parser
    assert report.unclaimed == 0


def test_the_manual_page_of_the_columns_is_no_output() -> None:
    events, _ = read((SHARED / "h200-590__help-query-gpu.txt").read_bytes())

    assert [event.kind for event in events if event.kind.startswith("gpu.")] == []
