"""Errors that reach the program: CUDA and its libraries, NCCL, NVML; each wording with its number.

One row an entry of the catalog of GPU failures beyond Xids that a parser should read. The near miss
is a setting, advice, a success, or a question about the same words.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def error(row: str, kind: str, text: str, near_miss: str, /, **fields: Value) -> Form:
    """One event on the first line; the line may belong to another parser."""
    return Form(
        row=row, text=text + "\n", wants=(Want(kind, fields, (1, 1)),), near_miss=near_miss + "\n"
    )


CUDA = "gpu.cuda_error"
FORMS = (
    error(
        "1 cuda_oom_classic",
        "gpu.cuda_oom",
        "RuntimeError: CUDA out of memory. Tried to allocate 22.00 MiB (GPU 1; 39.75 GiB total "
        "capacity; 37.10 GiB already allocated; 14.75 MiB free; 38.00 GiB reserved in total by "
        "PyTorch)",
        "To avoid CUDA out of memory, lower the batch size (GPU 1; 39.75 GiB total capacity)",
        gpu_index=1,
        requested="22.00 MiB",
        free="14.75 MiB",
    ),
    error(
        "2 cuda_oom_v2",
        "gpu.cuda_oom",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 51.88 GiB. GPU 3 has a "
        "total capacity of 140.35 GiB of which 12.00 GiB is free. Including non-PyTorch memory, "
        "this process has 128.34 GiB memory in use. Of the allocated memory 127.64 GiB is "
        "allocated by PyTorch, and 4.62 MiB is reserved by PyTorch but unallocated.",
        "GPU 3 has a total capacity of 140.35 GiB of which 12.00 GiB is free.",
        gpu_index=3,
        requested="51.88 GiB",
        free="12.00 GiB",
    ),
    error(
        "5 cublas_not_initialized",
        CUDA,
        "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "assert status == CUBLAS_STATUS_SUCCESS",
        api="cublas",
        name="CUBLAS_STATUS_ALLOC_FAILED",
    ),
    error(
        "6 cudnn_error",
        CUDA,
        "RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "cudnnCreate returned CUDNN_STATUS_SUCCESS",
        api="cudnn",
        name="CUDNN_STATUS_EXECUTION_FAILED",
    ),
    error(
        "7 illegal_memory_access",
        CUDA,
        "torch.AcceleratorError: CUDA error: an illegal memory access was encountered",
        "set CUDA_LAUNCH_BLOCKING=1 to find an illegal memory access",
        code=700,
        name="CUDA_ERROR_ILLEGAL_ADDRESS",
        reason="an illegal memory access was encountered",
    ),
    error(
        "8 device_side_assert, the assertion",
        CUDA,
        "../aten/src/ATen/native/cuda/Indexing.cu:1290: indexSelectLargeIndex: block: [12,0,0], "
        "thread: [33,0,0] Assertion `srcIndex < srcSelectDimSize` failed.",
        "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.",
        code=710,
        assertion="srcIndex < srcSelectDimSize",
    ),
    error(
        "8 device_side_assert, the error",
        CUDA,
        "RuntimeError: CUDA error: device-side assert triggered",
        "a device-side assert triggered by an index is a bug of the data",
        code=710,
        name="CUDA_ERROR_ASSERT",
    ),
    error(
        "9 unspecified_launch_failure",
        CUDA,
        "CUDA Error: CUDA_ERROR_LAUNCH_FAILED (719): unspecified launch failure",
        "CUDA launch failures are unspecified",
        code=719,
        name="CUDA_ERROR_LAUNCH_FAILED",
    ),
    error(
        "10 misaligned_illegal_instr, address",
        CUDA,
        "RuntimeError: CUDA error: misaligned address",
        "a misaligned address costs speed",
        code=716,
    ),
    error(
        "10 misaligned_illegal_instr, instruction",
        CUDA,
        "RuntimeError: CUDA error: an illegal instruction was encountered",
        "invalid opcode: an illegal instruction of the CPU",
        code=715,
    ),
    error(
        "11 ecc_uncorrectable",
        CUDA,
        "RuntimeError: transform: failed to synchronize: cudaErrorECCUncorrectable: uncorrectable "
        "ECC error encountered",
        "ECC errors: uncorrectable 0",
        code=214,
        name="CUDA_ERROR_ECC_UNCORRECTABLE",
        reason="uncorrectable ECC error encountered",
    ),
    error(
        "12 nvlink_uncorrectable",
        CUDA,
        "RuntimeError: CUDA error: uncorrectable NVLink error detected during the execution",
        "NVLink: no uncorrectable error detected",
        code=220,
    ),
    error(
        "13 cuda_busy_unavailable",
        CUDA,
        "F0304 05:06:07.123456  31 common.cpp:66] Check failed: error == cudaSuccess (46 vs. 0)  "
        "all CUDA-capable devices are busy or unavailable",
        "CHECK(error == cudaSuccess) << all devices",
        code=46,
        reason="all CUDA-capable devices are busy or unavailable",
    ),
    error(
        "14 driver_library_mismatch",
        "gpu.smi_error",
        "Failed to initialize NVML: Driver/library version mismatch",
        "Initialized NVML: driver and library have one version",
        what="driver_library_mismatch",
    ),
    error(
        "15 smi_no_driver",
        "gpu.smi_error",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure "
        "that the latest NVIDIA driver is installed and running.",
        "Make sure that the latest NVIDIA driver is installed and running.",
        what="driver_not_loaded",
    ),
    error(
        "16 nvml_unknown_in_container",
        "gpu.smi_error",
        "Failed to initialize NVML: Unknown Error",
        "NVML: no unknown errors",
        what="unknown_error",
    ),
    error(
        "17 device_handle_lost",
        "gpu.smi_error",
        "Unable to determine the device handle for GPU0000:B2:00.0: Unknown Error",
        "The device handle for GPU0000:B2:00.0 was determined",
        what="device_handle",
        gpu="0000:b2:00.0",
    ),
    error(
        "18 driver_too_old, by number",
        CUDA,
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11060). Please "
        "update your GPU driver",
        "Your NVIDIA driver is new (version 11060)",
        code=35,
        found="11060",
    ),
    error(
        "18 driver_too_old, THC",
        CUDA,
        "THCudaCheck FAIL file=/tmp/torch/lib/THC/THCGeneral.c line=71 error=35 : CUDA driver "
        "version is insufficient for CUDA runtime version",
        "THCudaCheck passed in THCGeneral.c line=71",
        code=35,
        reason="CUDA driver version is insufficient for CUDA runtime version",
    ),
    error(
        "19 no_kernel_image",
        CUDA,
        "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        "kernel image: linux-image-6.8 is available",
        code=209,
    ),
    error(
        "19 no_kernel_image, the warning",
        CUDA,
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current "
        "PyTorch installation.",
        "The current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_70.",
        sm="120",
        code=209,
    ),
    error(
        "21 cuda_802",
        CUDA,
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions "
        "before calling NumCudaDevices() that might have already set an error? Error 802: system "
        "not yet initialized",
        "the system is not yet initialized; 802 nodes wait",
        code=802,
        name="CUDA_ERROR_SYSTEM_NOT_READY",
    ),
    error(
        "21 cuda_802, old",
        CUDA,
        "cuda runtime error (802) : system not yet initialized at ../aten/THC/THCGeneral.cpp:50",
        "cuda runtime 8.0.2",
        code=802,
        reason="system not yet initialized",
    ),
    error(
        "22 cuda_803_804, driver",
        CUDA,
        "Error 803: system has unsupported display driver / cuda driver combination",
        "HTTP 803: unsupported",
        code=803,
    ),
    error(
        "22 cuda_803_804, forward compatibility",
        CUDA,
        "Error 804: forward compatibility was attempted on non supported HW",
        "forward compatibility needs the package cuda-compat",
        code=804,
    ),
    error(
        "23 cuda_805_mps",
        CUDA,
        "Error 805: MPS client failed to connect to the MPS control daemon or the MPS server",
        "MPS client connected to the MPS control daemon",
        code=805,
        name="CUDA_ERROR_MPS_CONNECTION_FAILED",
    ),
    error(
        "43 invalid_device_ordinal",
        CUDA,
        "RuntimeError: CUDA error: invalid device ordinal",
        "device ordinal 0 is valid",
        code=101,
    ),
    error(
        "48 amd_hw_error, HIP",
        CUDA,
        "RuntimeError: HIP error: unspecified launch failure",
        "HIP is enabled",
        api="hip",
        reason="unspecified launch failure",
    ),
    error(
        "40 aer_near_gpu",
        "kernel.aer",
        "pcieport 0000:00:05.0: AER: Multiple Uncorrected (Fatal) error received: 0000:05:00.0",
        "pcieport 0000:00:05.0: AER: enabled with IRQ 25",
        severity="fatal",
        device="0000:05:00.0",
    ),
    error(
        "41 mce_edac_host",
        "kernel.edac",
        "EDAC MC1: 2 UE memory read error on CPU_SrcID#0_MC#1_Chan#0_DIMM#1 (channel:0 slot:1 "
        "page:0xa757589 offset:0x140 grain:32 - err_code:0x0101:0x0092 socket:0 imc:1 rank:4)",
        "EDAC MC1: Giving out device to module i10nm_edac",
        grade="ue",
        count=2,
    ),
    error(
        "44 oom_kill_vs_gpu",
        "kernel.oom_kill",
        "Out of memory: Killed process 22345 (python3) total-vm:9120044kB, anon-rss:4011220kB",
        "systemd: process 22345 (python3) was not killed by out of memory",
        pid=22345,
        process="python3",
    ),
    error(
        "45 dcgm_remap_pending",
        "gpu.dcgm_test",
        "| Error                     | GPU 5 has uncorrectable memory errors and row  |",
        "| Info                      | row remappings of GPU 5: none                  |",
        gpu_index=5,
        status="fail",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
