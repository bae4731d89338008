"""AMD and Intel: ring timeouts, page faults, resets, RAS errors, hangs, what ROCm tells programs.

The tables of rocm-smi and amd-smi too, a card a row. The near miss is a healthy line of the driver,
a count of zero, or the same words elsewhere.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def drm(row: str, text: str, near_miss: str, last: int, /, **fields: Value) -> Form:
    """One `gpu.drm` on lines 1 to `last`."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.drm", fields, (1, last)),),
        near_miss=near_miss + "\n",
        parser="drm",
        unclaimed=0,
    )


CARD = "amdgpu 0000:c4:00.0: amdgpu:"
FORMS = (
    drm(
        "ring timeout with its process",
        f"[ 812.100200] {CARD} ring comp_1.2.1 timeout, signaled seq=8121, emitted seq=8123\n"
        f"[ 812.100210] {CARD} Process information: process python3 pid 4410 thread python3 pid "
        "4410",
        f"[ 812.100200] {CARD} ring comp_1.2.1 uses VM inv eng 4 on hub 0",
        2,
        what="ring_timeout",
        gpu="0000:c4:00.0",
        driver="amdgpu",
        ring="comp_1.2.1",
        signaled=8121,
        emitted=8123,
        process="python3",
        pid=4410,
    ),
    drm(
        "ring timeout, soft recovered",
        f"[ 812.100200] {CARD} ring gfx_0.0.0 timeout, but soft recovered",
        f"[ 812.100200] {CARD} ring gfx_0.0.0 test pass",
        1,
        what="ring_timeout",
        ring="gfx_0.0.0",
        recovered=True,
    ),
    drm(
        "ring timeout of an old kernel",
        "[ 812.100200] [drm:amdgpu_job_timedout [amdgpu]] *ERROR* ring sdma0 timeout, signaled "
        "seq=11, emitted seq=12",
        "[ 812.100200] [drm] ring sdma0 test pass",
        1,
        what="ring_timeout",
        ring="sdma0",
        driver="amdgpu",
    ),
    drm(
        "reset begins",
        f"[ 813.100200] {CARD} GPU reset begin!",
        f"[ 813.100200] {CARD} GPU reset is supported",
        1,
        what="reset",
        state="begin",
    ),
    drm(
        "reset succeeded",
        "Mar  4 05:06:07 mi-3 kernel: amdgpu 0000:c4:00.0: amdgpu: GPU reset(7) succeeded!",
        "Mar  4 05:06:07 mi-3 kernel: amdgpu 0000:c4:00.0: amdgpu: mode1 is available",
        1,
        what="reset",
        state="succeeded",
        host="mi-3",
    ),
    drm(
        "memory lost by the reset",
        "[ 814.100200] [drm] VRAM is lost due to GPU reset!",
        "[ 814.100200] [drm] VRAM is 16384M",
        1,
        what="vram_lost",
    ),
    drm(
        "page fault with its registers",
        f"[ 815.100200] {CARD} [gfxhub] page fault (src_id:0 ring:153 vmid:8 pasid:32771)\n"
        f"[ 815.100201] {CARD}  Process VLLM::Worker pid 2511 thread VLLM::Worker pid 2511\n"
        f"[ 815.100202] {CARD}   in page starting at address 0x00007e58f9001000 from client 10\n"
        f"[ 815.100203] {CARD} GCVM_L2_PROTECTION_FAULT_STATUS:0x00800a32\n"
        f"[ 815.100204] {CARD} \t Faulty UTCL2 client ID: CPC (0x5)\n"
        f"[ 815.100205] {CARD} \t MORE_FAULTS: 0x0\n"
        f"[ 815.100206] {CARD} \t WALKER_ERROR: 0x1\n"
        f"[ 815.100207] {CARD} \t PERMISSION_FAULTS: 0x3\n"
        f"[ 815.100208] {CARD} \t MAPPING_ERROR: 0x1\n"
        f"[ 815.100209] {CARD} \t RW: 0x0",
        "[ 815.100200] perf: page faults (src_id of the counter) 12",
        10,
        what="page_fault",
        vmid="8",
        ring="153",
        pasid="32771",
        process="VLLM::Worker",
        pid=2511,
        address="0x00007e58f9001000",
        status="0x00800a32",
        client="CPC",
        permission_faults="0x3",
        rw="0x0",
    ),
    drm(
        "page fault that names its process",
        f"{CARD} [mmhub] no-retry page fault (src_id:0 ring:8 vmid:1 pasid:32777, for process "
        "ffmpeg pid 2857 thread ffmpeg:cs0 pid 2909)",
        "iommu: page fault (device 0000:c4:00.0)",
        1,
        what="page_fault",
        process="ffmpeg",
        pid=2857,
    ),
    drm(
        "page fault in the program's own log",
        "Memory access fault by GPU node-3 (Agent handle: 0x5640a8bb1a80) on address "
        "0x7feea09c6000. Reason: Page not present or supervisor privilege.",
        "Memory access of GPU node-3 is enabled",
        1,
        what="page_fault",
        node_index=3,
        address="0x7feea09c6000",
        reason="Page not present or supervisor privilege",
        driver="amdgpu",
    ),
    drm(
        "RAS interrupt",
        "[ 816.100200] amdgpu 0000:dd:00.0: {1}uncorrectable hardware "
        "error(ERREVENT_ATHUB_INTERRUPT) detected!",
        "[ 816.100200] amdgpu 0000:dd:00.0: amdgpu: RAS is enabled",
        1,
        what="ras",
        gpu="0000:dd:00.0",
        code="ERREVENT_ATHUB_INTERRUPT",
    ),
    drm(
        "RAS count of a block",
        f"[ 816.100201] {CARD} socket: 0, die: 1, 2 uncorrectable hardware errors detected in umc "
        "block",
        f"[ 816.100201] {CARD} socket: 0, die: 1, 0 uncorrectable hardware errors detected in umc "
        "block",
        1,
        what="ras",
        errors=2,
        block="umc",
    ),
    drm(
        "RAS corrected",
        f"[ 816.100202] {CARD} socket: 1, 41 correctable hardware errors detected in total in gfx "
        "block",
        f"[ 816.100202] {CARD} no correctable hardware errors detected in gfx block",
        1,
        what="ras_corrected",
        errors=41,
        block="gfx",
    ),
    drm(
        "hang in the program's own log",
        "HW Exception by GPU node-2 (Agent handle: 0x5640a8bb1a80) reason :GPU Hang",
        "no HW exception by any node",
        1,
        what="ras",
        node_index=2,
        reason="GPU Hang",
    ),
    drm(
        "compute queue fence",
        "[ 817.100200] amdgpu: qcm fence wait loop timeout expired",
        "[ 817.100200] amdgpu: qcm initialized",
        1,
        what="fence_timeout",
        driver="amdgpu",
    ),
    drm(
        "card lost",
        f"[ 818.100200] {CARD} device lost from bus!",
        "usb 1-2: device lost from bus",
        1,
        what="bus_lost",
    ),
    drm(
        "Intel",
        "[ 819.100200] i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:85dffffb, in chrome [4711]",
        "[ 819.100200] i915 0000:00:02.0: [drm] GPU error state saved",
        1,
        what="hang",
        driver="i915",
        process="chrome",
        pid=4711,
    ),
)
TABLES = (
    Form(
        row="rocm-smi, one heading row",
        text="======================= ROCm System Management Interface =======================\n"
        "================================= Concise Info =================================\n"
        "GPU  Temp   AvgPwr  SCLK     MCLK     Fan     Perf  PwrCap  VRAM%  GPU%\n"
        "0    61.0c  402.0W  1700Mhz  1600Mhz  0.0%    auto  560.0W   97%   100%\n"
        "1    39.0c  90.0W   800Mhz   1600Mhz  0.0%    auto  560.0W    0%   0%\n"
        "================================================================================\n"
        "============================= End of ROCm SMI Log ==============================\n",
        wants=(
            Want("gpu.amd_table", {"tool": "rocm-smi", "gpus": 2}, (1, 7)),
            Want(
                "gpu.state",
                {
                    "vendor": "amd",
                    "gpu_index": 0,
                    "temp_c": 61.0,
                    "power_w": 402.0,
                    "power_cap_w": 560.0,
                    "memory_used_pct": 97.0,
                    "util": 100,
                },
                (4, 4),
            ),
        ),
        near_miss="the ROCm System Management Interface prints VRAM%  GPU%\n",
        parser="amd_smi",
        unclaimed=0,
    ),
    Form(
        row="rocm-smi, two heading rows",
        text="========================================== Concise Info "
        "==========================================\n"
        "Device  Node  IDs              Temp    Power     Partitions          SCLK    MCLK    Fan  "
        "  Perf  PwrCap  VRAM%  GPU%\n"
        "              (DID,     GUID)  (Edge)  (Socket)  (Mem, Compute, ID)\n"
        f"{'=' * 100}\n"
        "0       1     0x74a1,   7068   49.0°C  311.0W    NPS1, SPX, 0        1860Mhz 1350Mhz 0%   "
        "  auto  750.0W  79%    64%\n"
        f"{'=' * 100}\n",
        wants=(
            Want(
                "gpu.state", {"gpu_index": 0, "temp_c": 49.0, "power_w": 311.0, "util": 64}, (5, 5)
            ),
        ),
        near_miss="Device  Temp  is high, PwrCap  VRAM%  GPU%\n",
        parser="amd_smi",
        unclaimed=0,
    ),
    Form(
        row="amd-smi",
        text="+------------------------------------------------------------------------------+\n"
        "| AMD-SMI 26.0.2+39589fda      amdgpu version: 6.14.14  ROCm version: 7.1.1    |\n"
        "| VBIOS version: 00112233                                                      |\n"
        "|-------------------------------------+----------------------------------------|\n"
        "| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |\n"
        "| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |\n"
        "|=====================================+========================================|\n"
        "| 0000:0b:00.0    AMD Instinct MI325X | 44 %     71 °C   1           812/1000 W |\n"
        "|   0       0       2        SPX/NPS1 | 99 %        N/A       201285/262144 MB |\n"
        "+-------------------------------------+----------------------------------------+\n",
        wants=(
            Want(
                "gpu.amd_table", {"tool": "amd-smi", "driver": "6.14.14", "rocm": "7.1.1"}, (1, 10)
            ),
            Want(
                "gpu.state",
                {
                    "gpu": "0000:0b:00.0",
                    "gpu_index": 0,
                    "name": "AMD Instinct MI325X",
                    "temp_c": 71.0,
                    "power_w": 812.0,
                    "power_cap_w": 1000.0,
                    "ecc_uncorrected": 1,
                    "util": 99,
                    "memory_used_mib": 201285,
                    "memory_total_mib": 262144,
                },
                (8, 9),
            ),
        ),
        near_miss="| AMD-SMI is the name of the tool |\n",
        parser="amd_smi",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", [*FORMS, *TABLES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
