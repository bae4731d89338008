"""`nvidia-smi -q`, `-q -x` and CSV of real machines say what a human reads there."""

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


def report(lines: tuple[int, int], driver: str, cuda: str, gpus: int) -> Want:
    return Want("gpu.report", {"driver": driver, "cuda": cuda, "gpus": gpus}, lines)


def state(lines: tuple[int, int], gpu: str, name: str, **fields: Value) -> Want:
    return Want("gpu.state", {"gpu": gpu, "name": name, **fields}, lines)


def process(lines: tuple[int, int], gpu: str, pid: int, name: str, mib: int) -> Want:
    fields: dict[str, Value] = {"gpu": gpu, "pid": pid, "process": name, "memory_used_mib": mib}
    return Want("gpu.process", fields, lines)


ZERO = "GPU-00000000-0000-0000-0000-000000000000"
H100, H200 = "NVIDIA H100 80GB HBM3", "NVIDIA H200"
RTX = "NVIDIA GeForce RTX 2080 SUPER"
CLEAN: dict[str, Value] = {
    "ecc_corrected": 0, "ecc_uncorrected": 0, "ecc_corrected_aggregate": 0,
    "ecc_uncorrected_aggregate": 0,
}  # fmt: skip
KEPT: dict[str, Value] = {
    "remap_correctable": 0, "remap_uncorrectable": 0, "remap_pending": False,
    "remap_failure": False,
}  # fmt: skip
RETIRED = ((60, 5, False), (2, 61, True), (0, 0, False), (6, 0, True), (0, 0, False),
           (20, 45, True), (0, 0, False), (8, 56, True))  # fmt: skip
EIGHT_H100 = (
    ("0000:53:00.0", 29, 68.57), ("0000:64:00.0", 30, 67.01), ("0000:75:00.0", 29, 67.45),
    ("0000:86:00.0", 32, 71.37), ("0000:97:00.0", 32, 66.66), ("0000:a8:00.0", 29, 68.11),
    ("0000:b9:00.0", 31, 69.8), ("0000:ca:00.0", 29, 68.07),
)  # fmt: skip
FOUR_GB300 = (
    ("0008:06:00.0", 38, 180.36, (8, 586)), ("0009:06:00.0", 39, 176.26, (588, 1166)),
    ("0018:06:00.0", 39, 175.92, (1168, 1746)), ("0019:06:00.0", 39, 180.05, (1748, 2328)),
)  # fmt: skip
HANGING = ((67.97, 0, 28), (87.12, 100, 30), (84.83, 100, 28), (85.09, 100, 32), (86.67, 100, 30),
           (84.99, 100, 31), (85.15, 100, 30), (87.26, 100, 32))  # fmt: skip


def xml(name: str, kinds: dict[str, int], *wants: Want) -> Real:
    return Real(name, "smi_xml", {"gpu.report": 1, **kinds}, wants)


def query(name: str, kinds: dict[str, int], *wants: Want) -> Real:
    return Real(name, "smi_query", {"gpu.report": 1, **kinds}, wants)


def csv(name: str, kinds: dict[str, int], *wants: Want) -> Real:
    return Real(name, "smi_csv", {"gpu.report": 1, **kinds}, wants)


FILES = (
    query(
        "azure-nhc-535__retired-pages-q.txt", {"gpu.state": 8},
        report((2, 8), "535.86.10", "12.2", 8),
        *(
            Want(
                "gpu.state",
                {
                    "gpu": f"000{n + 1}:00:00.0", "retired_single_bit": single,
                    "retired_double_bit": double, "retired_pending": pending,
                },
                (9 + 6 * n, 13 + 6 * n),
            )
            for n, (single, double, pending) in enumerate(RETIRED)
        ),
    ),
    query(
        "m4-a100-525__hang-query-q.txt", {"gpu.state": 1, "gpu.process": 1},
        report((2, 8), "525.60.13", "12.0", 8),
        state(
            (9, 187), "0000:07:00.0", "NVIDIA A100-SXM4-80GB", minor=2, pstate="P0", util=0,
            gpu_uuid="GPU-eb0003d2-77b4-70fd-4ab9-3ef1c9853c49", memory_used_mib=22377,
            memory_total_mib=81920, temp_c=28, memory_temp_c=45, temp_slowdown_c=89, power_w=67.97,
            power_cap_w=400.0, pcie_gen=4, pcie_width=16, mig="Disabled", **CLEAN, **KEPT,
        ),
        process(
            (184, 187), "0000:07:00.0", 280058,
            "/gpfswork/rech/cnw/commun/conda/shared-m4-2023-02-28/bin/python", 22374,
        ),
    ),
    query(
        "h100-mig-590__load-query-q.txt", {"gpu.state": 1, "gpu.mig": 4, "gpu.process": 3},
        report((2, 8), "590.48.01", "13.1", 1),
        state(
            (9, 358), "0000:00:09.0", H100, mig="Enabled", mig_pending="Enabled", temp_c=53,
            temp_margin_c=24, memory_temp_c=58, power_w=432.21, power_cap_w=700.0, pcie_replays=9,
            memory_used_mib=11125, memory_total_mib=81559, fabric_state="Completed",
            recovery_action="None", ecc_threshold_exceeded=False, **CLEAN,
        ),
        Want(
            "gpu.mig",
            {"mig_device": 0, "gi": "2", "memory_used_mib": 11091, "memory_total_mib": 40448},
            (21, 44),
        ),
        Want("gpu.mig", {"mig_device": 3, "gi": "10", "memory_used_mib": 9}, (93, 116)),
        process((353, 356), "0000:00:09.0", 21198, "./gpu_burn", 7484),
    ),
    query(
        "h200-590__load-query-q.txt", {"gpu.state": 1, "gpu.process": 3},
        report((2, 8), "590.48.01", "13.1", 1),
        state(
            (9, 272), "0000:83:00.0", H200, util=100, memory_util=7, memory_used_mib=32362,
            memory_total_mib=143771, temp_c=52, temp_margin_c=35, power_w=627.32, sm_clock_mhz=1980,
            remap_banks_low=0, remap_banks_none=0, gpu_uuid=ZERO, **CLEAN, **KEPT,
        ),
        process((255, 258), "0000:83:00.0", 10291, "/root/tools/memhog", 2566),
    ),
    query(
        "l40s-595__load-query-q.txt", {"gpu.state": 1, "gpu.process": 2},
        report((2, 8), "595.80", "13.2", 1),
        state(
            (9, 269), "0000:01:00.0", "NVIDIA L40S", persistence="Off", util=9, temp_c=54,
            memory_used_mib=1235, memory_total_mib=46068, power_w=110.24, power_cap_w=350.0,
            **CLEAN, **KEPT,
        ),
        process((264, 267), "0000:01:00.0", 20038, "ffmpeg", 681),
    ),
    query(
        "rtx2080s-610__idle-query-q.txt", {"gpu.state": 1, "gpu.process": 2},
        report((2, 10), "610.57.04", "13.3", 1),
        state(
            (11, 254), "0000:0c:00.0", RTX, pstate="P8", fan_pct=38, temp_c=33, temp_slowdown_c=97,
            power_w=38.89, power_cap_w=250.0, memory_used_mib=211, memory_total_mib=8192,
            pcie_gen=1, pcie_gen_max=3,
        ),
        process((249, 252), "0000:0c:00.0", 4556, "/usr/bin/Xwayland", 3),
    ),
    xml(
        "telegraf__gtx-1070-ti.xml", {"gpu.state": 1},
        Want("gpu.report", {"gpus": 1}, (1, 3)),
        state(
            (4, 47), "0000:01:00.0", "GeForce GTX 1070 Ti", fan_pct=100, temp_c=39, util=0,
            gpu_uuid="GPU-f9ba66fc-a7f5-94c5-da19-019ef2f9c665", memory_used_mib=42,
            memory_total_mib=4096, pstate="P8",
        ),
    ),
    xml(
        "telegraf__tesla-t4.xml", {"gpu.state": 1, "gpu.process": 2},
        report((1, 7), "515.105.01", "11.7", 1),
        state(
            (8, 348), "0000:00:1e.0", "Tesla T4", memory_used_mib=1032, memory_total_mib=15360,
            temp_c=40, power_w=26.78, power_cap_w=70.0, pcie_width=8, pcie_width_max=16,
            retired_single_bit=0, retired_double_bit=0, retired_pending=False, **CLEAN,
        ),
        process((327, 334), "0000:00:1e.0", 675, "/usr/lib/xorg/Xorg", 22),
        process((335, 342), "0000:00:1e.0", 5762, "python", 1005),
    ),
    xml(
        "telegraf__a10g.xml", {"gpu.state": 1, "gpu.process": 1},
        report((1, 7), "515.105.01", "11.7", 1),
        state(
            (8, 355), "0000:00:1e.0", "NVIDIA A10G", memory_used_mib=22, memory_total_mib=23028,
            temp_c=17, power_w=25.58, power_cap_w=300.0, pstate="P8", pcie_gen=1, **CLEAN, **KEPT,
        ),
        process((342, 349), "0000:00:1e.0", 725, "/usr/lib/xorg/Xorg", 22),
    ),
    xml(
        "telegraf__a100-sxm4-v12.xml", {"gpu.state": 1, "gpu.mig": 4},
        report((1, 7), "535.54.03", "12.2", 4),
        state(
            (8, 452), "0000:01:00.0", "NVIDIA A100-SXM4-80GB", mig="Enabled", minor=1, temp_c=27,
            gpu_uuid="GPU-513536b6-7d19-9063-b049-1e69664bb298", memory_used_mib=50, power_w=67.03,
            power_cap_w=500.0, reset_required=False, **CLEAN,
        ),
        Want(
            "gpu.mig",
            {
                "gpu": "0000:01:00.0", "mig_device": 2, "gi": "5", "ci": "0", "memory_used_mib": 12,
                "memory_total_mib": 19968,
            },
            (83, 113),
        ),
    ),
    xml(
        "telegraf__rtx-3060-v12.xml", {"gpu.state": 1},
        report((1, 7), "570.124.04", "12.8", 1),
        state(
            (8, 319), "0000:2d:00.0", "NVIDIA GeForce RTX 3060", temp_c=42, power_w=11.6,
            power_cap_w=170.0, memory_used_mib=116, memory_total_mib=12288, recovery_action="None",
        ),
    ),
    xml(
        "telegraf__rtx-3080-v13.xml", {"gpu.state": 1},
        report((1, 7), "595.58.03", "13.2", 1),
        state(
            (8, 849), "0000:0c:00.0", "NVIDIA GeForce RTX 3080", util=65, temp_c=27, power_w=139.62,
            memory_used_mib=9184, memory_total_mib=10240, memory_used_pct=89.7, sm_clock_mhz=1950,
        ),
    ),
    xml(
        "k8s-test-infra__qx-a100.xml", {"gpu.state": 1},
        report((1, 7), "570.148.08", "12.8", 1),
        state(
            (8, 398), "0000:06:00.0", "NVIDIA A100-SXM4-40GB", temp_c=33, power_w=49.68, util=0,
            memory_used_mib=0, memory_total_mib=40960, **CLEAN, **KEPT,
        ),
    ),
    xml(
        "k8s-test-infra__qx-h100.xml", {"gpu.state": 8},
        report((1, 7), "580.105.08", "13.0", 8),
        *(
            Want(
                "gpu.state",
                {
                    "gpu": gpu, "name": H100, "temp_c": temp, "power_w": power, "minor": n,
                    "memory_total_mib": 81559, "fabric_status": "Success", **CLEAN, **KEPT,
                },
            )
            for n, (gpu, temp, power) in enumerate(EIGHT_H100)
        ),
    ),
    xml(
        "k8s-test-infra__qx-gb300.xml", {"gpu.state": 4},
        report((1, 7), "580.173.02", "13.0", 4),
        *(
            state(
                lines, gpu, "NVIDIA GB300", temp_c=temp, power_w=power, power_cap_w=1400.0,
                memory_total_mib=284208, fabric_health="Healthy", fabric_route_unhealthy=False,
                unrepairable_memory=False, **CLEAN, **KEPT,
            )
            for gpu, temp, power, lines in FOUR_GB300
        ),
    ),
    xml(
        "k8s-test-infra-mock__qx-gb200-ecc-injected.xml", {"gpu.state": 2},
        state(
            (8, 312), "0000:0a:00.0", "NVIDIA GB200", ecc_uncorrected=5,
            ecc_uncorrected_aggregate=8, ecc_dram_uncorrected_aggregate=8, remap_uncorrectable=1,
            remap_failure=True,
            remap_pending=False, temp_c=63, power_w=618.35, util=50,
        ),
        state((313, 618), "0000:0b:00.0", "NVIDIA GB200", ecc_uncorrected=0, remap_failure=False),
    ),
    xml(
        "k8s-test-infra-mock__qx-gb200-fabric-degraded.xml", {"gpu.state": 2},
        state(
            (8, 312), "0000:0a:00.0", "NVIDIA GB200", fabric_health="Healthy",
            fabric_route_unhealthy=False, util=44,
        ),
        state(
            (313, 618), "0000:0b:00.0", "NVIDIA GB200", fabric_health="Unhealthy",
            fabric_route_unhealthy=True, fabric_bandwidth="Full", fabric_state="Completed",
        ),
    ),
    xml(
        "k8s-test-infra-mock__qx-gb200-lost.xml", {"gpu.state": 2, "gpu.smi_error": 1},
        report((1, 7), "580.65.06", "13.0", 2),
        state((8, 312), "0000:0a:00.0", "NVIDIA GB200", ecc_uncorrected=5, remap_failure=True),
        state((313, 612), "0000:0b:00.0", "NVIDIA GB200", lost=True, power_cap_w=1000.0),
        Want("gpu.smi_error", {"what": "gpu_lost", "gpu": "0000:0b:00.0"}, (434, 434)),
    ),
    csv(
        "h100-mig-590__load-query-gpu-csv.txt", {"gpu.state": 1},
        state(
            (2, 2), "0000:00:09.0", H100, gpu_index=0, gpu_uuid=ZERO, driver="590.48.01",
            memory_used_mib=11125, temp_c=53, memory_temp_c=59, power_w=433.78, mig="Enabled",
            fabric_state="Completed", **CLEAN,
        ),
    ),
    csv(
        "h200-590__load-query-gpu-csv.txt", {"gpu.state": 1},
        state(
            (2, 2), "0000:83:00.0", H200, gpu_index=0, util=100, memory_used_mib=32362, temp_c=52,
            memory_temp_c=40, power_w=627.4, power_cap_w=700.0, pcie_gen=5, **CLEAN, **KEPT,
        ),
    ),
    csv(
        "l40s-595__load-query-gpu-csv.txt", {"gpu.state": 1},
        state(
            (2, 2), "0000:01:00.0", "NVIDIA L40S", util=9, memory_used_mib=1235, temp_c=54,
            power_w=110.23, persistence="Off", pcie_gen=4, **CLEAN, **KEPT,
        ),
    ),
    csv(
        "rtx2080s-610__load-query-gpu-csv.txt", {"gpu.state": 1},
        state(
            (2, 2), "0000:0c:00.0", RTX, driver="610.57.04", util=8, memory_used_mib=815, temp_c=38,
            power_w=98.14, power_cap_w=250.0, fan_pct=38, pstate="P2",
        ),
    ),
    csv(
        "m4-a100-525__hang-query-gpu-csv.txt", {"gpu.state": 8},
        *(
            Want("gpu.state", {"power_w": power, "util": util, "temp_c": temp}, (n + 2, n + 2))
            for n, (power, util, temp) in enumerate(HANGING)
        ),
    ),
    csv(
        "h100-mig-590__load-query-compute-apps.txt", {"gpu.process": 3},
        process((2, 2), "0000:00:09.0", 21180, "/root/tools/memhog", 2296),
        process((4, 4), "0000:00:09.0", 21198, "./gpu_burn", 7484),
    ),
    csv(
        "h200-590__load-query-compute-apps.txt", {"gpu.process": 3},
        process((3, 3), "0000:83:00.0", 10293, "/root/tools/memhog", 1542),
        process((4, 4), "0000:83:00.0", 10309, "./gpu_burn", 28234),
    ),
    csv(
        "rtx2080s-610__load-query-compute-apps.txt", {"gpu.process": 2},
        process((2, 2), "0000:0c:00.0", 28512, "ffmpeg", 370),
        process((3, 3), "0000:0c:00.0", 28511, "ffmpeg", 230),
    ),
    csv(
        "h100-mig-590__idle-query-retired-pages.txt", {"gpu.state": 2},
        state((2, 2), "0000:00:09.0", H100, gpu_uuid=ZERO),
    ),
)  # fmt: skip


@pytest.mark.parametrize("real", FILES, ids=lambda real: real.name)
def test_a_real_file_is_read_as_a_human_reads_it(real: Real) -> None:
    data = (SHARED / real.name).read_bytes()
    events, how = read(data.rstrip(b"\n") + b"\n", real.name)

    assert [want for want in real.wants if not any(want.met_by(event) for event in events)] == []
    assert Counter(event.kind for event in events) == real.kinds
    assert how.claimed_by.most_common(1)[0][0] == real.parser
    assert how.unclaimed == 0


@pytest.mark.parametrize("name", ["tesla-t4", "a10g", "rtx-3060-v12"])
def test_a_real_document_without_a_final_newline_is_read(name: str) -> None:
    events, _ = read((SHARED / f"telegraf__{name}.xml").read_bytes())

    assert "gpu.state" in {event.kind for event in events}


def test_every_machine_output_is_in_one_of_these_tables() -> None:
    here = {real.name for real in FILES}
    beside = (Path(__file__).parent / "test_real_smi.py").read_text(encoding="utf-8")
    files = {path.name for path in SHARED.iterdir()} - {"SOURCES.md"}

    assert {name for name in files - here if name not in beside} == set()
