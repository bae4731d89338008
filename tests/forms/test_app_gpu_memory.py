"""GPU memory that ran out, in the words of each framework and of each of PyTorch's releases."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

TRIED = "CUDA out of memory. Tried to allocate 24.00 MiB"
OLD = f"{TRIED} (GPU 1; 15.90 GiB total capacity; 14.80 GiB already allocated; 9.88 MiB free; "
SIZES: dict[str, Value] = {"requested": "24.00 MiB", "gpu_index": 1, "free": "9.88 MiB"}
TORCH: dict[str, Value] = {"framework": "torch", **SIZES}


def ran_out(row: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One message; `host` stands for memory that is not known to be a GPU's."""
    kind = "py.framework_oom" if fields.pop("host", False) else "gpu.cuda_oom"
    want = Want(kind, {**fields}, (1, text.count("\n") + 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="train.log", unclaimed=0)


PYTORCH = [
    ran_out(
        "to 1.3", f"RuntimeError: {OLD}3.31 MiB cached)", "3.31 MiB cached, 9.88 MiB free",
        total="15.90 GiB", allocated="14.80 GiB", reserved="3.31 MiB", wording="torch_cached",
        exception="RuntimeError", **TORCH,
    ),
    ran_out(
        "1.4 to 2.0",
        f"torch.cuda.OutOfMemoryError: {OLD}15.02 GiB reserved in total by PyTorch) If"
        " reserved memory is >> allocated memory try setting max_split_size_mb",
        'with assertRaisesRegex(RuntimeError, "CUDA out of memory."):', total="15.90 GiB",
        allocated="14.80 GiB", reserved="15.02 GiB", wording="torch_reserved",
        exception="torch.cuda.OutOfMemoryError", **TORCH,
    ),
    ran_out(
        "2.1, with its misspelling", f"torch.cuda.OutOfMemoryError: {TRIED}. GPU 1 has a total "
        "capacty of 79.15 GiB of which 9.88 MiB is free. Including non-PyTorch memory, this process"
        " has 79.12 GiB memory in use. Of the allocated memory 76.40 GiB is allocated by PyTorch, "
        "and 1.12 GiB is reserved by PyTorch but unallocated.",
        "GPU 1 has a total capacity of 79.15 GiB", total="79.15 GiB", allocated="76.40 GiB",
        reserved="1.12 GiB", own_used="79.12 GiB", wording="torch_capacity", **TORCH,
    ),
    ran_out(
        "2.2 and later, another process", f"torch.OutOfMemoryError: {TRIED}. GPU 1 has a total "
        "capacity of 79.15 GiB of which 9.88 MiB is free. Process 4412 has 40.10 GiB memory in use."
        " Of the allocated memory 38.40 GiB is allocated by PyTorch, and 1.12 GiB is reserved by "
        "PyTorch but unallocated.", "Process 4412 has 40.10 GiB memory in use.", other_pid=4412,
        other_used="40.10 GiB", total="79.15 GiB", exception="torch.OutOfMemoryError", **TORCH,
    ),
    ran_out(
        "0 bytes free",
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU"
        " 0 has a total capacity of 23.64 GiB of which 0 bytes is free.",
        "0 bytes is free of 2 GiB",
        requested="2.00 GiB", free="0 bytes", gpu_index=0,
    ),
    ran_out(
        "broken over three lines", "torch.cuda.OutOfMemoryError: CUDA out of memory.\nTried to "
        "allocate 24.00 MiB (GPU 1; 15.90 GiB total capacity; 14.80 GiB already allocated;\n9.88 "
        "MiB free; 15.02 GiB reserved in total by PyTorch)", "Tried to\nallocate 24.00 MiB\n",
        **TORCH,
    ),
    ran_out(
        "inside a JSON document, row by row",
        '  "message": "CUDA out of memory. Tried to allocate 2.00 GiB",', '  "message": "CUDA",',
        requested="2.00 GiB",
    ),
    ran_out(
        "no sizes", "torch.OutOfMemoryError: CUDA out of memory.",
        "Last week we kept hitting CUDA out of memory errors.", wording="torch_bare",
    ),
    ran_out(
        "2.8, AcceleratorError", "torch.AcceleratorError: CUDA error: out of memory",
        "a CUDA error is not always: out of memory", wording="torch_error",
        exception="torch.AcceleratorError",
    ),
    ran_out(
        "ROCm",
        "torch.OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB. GPU 0 has a "
        "total capacity of 63.98 GiB of which 1.00 GiB is free.", "HIP is out of date",
        requested="2.00 GiB", total="63.98 GiB", free="1.00 GiB", gpu_index=0,
    ),
    ran_out(
        "Apple", "RuntimeError: MPS backend out of memory (MPS allocated: 17.01 GB, other "
        "allocations: 1.01 GB, max allowed: 18.13 GB). Tried to allocate 256.00 MB on pool.",
        "the MPS backend allocated 17.01 GB", requested="256.00 MB", allocated="17.01 GB",
        wording="torch_mps",
    ),
]  # fmt: skip

OTHERS = [
    ran_out(
        "TensorFlow, tensor on a GPU", "OOM when allocating tensor with shape[16,112,112,147] and "
        "type float on /job:localhost/replica:0/task:0/device:GPU:1 by allocator GPU_1_bfc",
        "when allocating tensor with shape[16,112] all was well", framework="tensorflow",
        shape="16,112,112,147", dtype="float", device="GPU:1", gpu_index=1, allocator="GPU_1_bfc",
    ),
    ran_out(
        "TensorFlow, tensor in host memory",
        "OOM when allocating tensor with shape[9000000,300] and"
        " type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu",
        "tensor with shape[9000000,300] on CPU:0 by allocator cpu", host=True,
        device="CPU:0", allocator="cpu",
    ),
    ran_out(
        "TensorFlow, its arena",
        "2025-06-03 17:21:09.482613: W tensorflow/core/bfc_allocator.cc:497]"
        " Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.20GiB (rounded to "
        "2362232064)requested by op",
        "2025-06-03 17:21:09.482613: W tensorflow/core/bfc_allocator.cc:290] "
        "Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.20GiB with freed_by_count=0. "
        "The caller indicates that this is not a failure, but may mean that there could be gains.",
        requested="2.20GiB", allocator="GPU_0_bfc",
    ),
    ran_out(
        "JAX",
        "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying "
        "to allocate 6291456 bytes.", "grpc RESOURCE_EXHAUSTED: Received message larger than max",
        framework="jax", requested="6291456 bytes",
    ),
    ran_out(
        "JAX, newer", "jax.errors.JaxRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating "
        "137438953472 bytes.", "RESOURCE_EXHAUSTED: Quota exceeded", framework="jax",
        requested="137438953472 bytes", exception="jax.errors.JaxRuntimeError",
    ),
    ran_out(
        "XLA, names the GPU", "XlaRuntimeError: RESOURCE_EXHAUSTED: Failed to allocate request for "
        "2.00GiB (2147483648B) on device ordinal 3", "device ordinal 3 is ready", gpu_index=3,
        requested="2.00GiB",
    ),
    ran_out(
        "driver", "E0603 17:21:09.482613 139907 cuda_driver.cc:1002] failed to allocate 2.20G "
        "(2362232064 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        "#define CUDA_ERROR_OUT_OF_MEMORY 2", requested="2.20G", wording="driver", level="error",
    ),
    ran_out(
        "numba", "numba.cuda.cudadrv.driver.CudaAPIError: [2] Call to cuMemAlloc results in "
        "CUDA_ERROR_OUT_OF_MEMORY", "if code == CUDA_ERROR_OUT_OF_MEMORY:", wording="driver",
    ),
    ran_out(
        "cupy", "cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 2,147,483,648 bytes "
        "(allocated so far: 8,589,934,592 bytes).", "except cupy.cuda.memory.OutOfMemoryError:",
        framework="cupy", requested="2,147,483,648 bytes",
    ),
    ran_out(
        "llama.cpp",
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 2048.00 MiB on device 1:"
        " cudaMalloc failed: out of memory",
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 2048.00 MiB on device 1",
        gpu_index=1, framework="ggml", requested="2048.00 MiB",
    ),
    ran_out(
        "TensorRT-LLM",
        "[TensorRT-LLM][ERROR] CUDA runtime error in ::cudaMallocAsync(ptr, n, pool,"
        " stream): out of memory (/src/tllmBuffers.h:131)",
        "[TensorRT-LLM][INFO] ::cudaMallocAsync(ptr, n): ok, not out of memory", framework="cuda",
    ),
    ran_out(
        "RAPIDS", "MemoryError: std::bad_alloc: out_of_memory: CUDA error at: "
        "/rmm/mr/device/cuda_memory_resource.hpp:70: cudaErrorMemoryAllocation out of memory",
        "case cudaErrorMemoryAllocation: return 2;", framework="cuda", exception="MemoryError",
    ),
    ran_out(
        "ONNX Runtime", "onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException: "
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running "
        "Conv node. CUDA failure 2: out of memory ; GPU=1 ; hostname=web-3 ;",
        "[ONNXRuntimeError] : 6 : a model can be too large ; GPU=1 ;", framework="onnxruntime",
        gpu_index=1,
    ),
    ran_out(
        "ONNX Runtime, its arena: no device is named", "[ONNXRuntimeError] : 1 : FAIL : "
        "BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested "
        "buffer of size 2147483648", "BFCArena::AllocateRawInternal grew to 2147483648",
        host=True, requested="2147483648 bytes",
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*PYTORCH, *OTHERS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "text",
    [
        "ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.",
        "INFO 06-03 17:21:09 metrics.py:345] GPU KV cache usage: 96.1%, CPU KV cache usage: 0.0%",
        "java.lang.OutOfMemoryError: Java heap space",
        "[  812.440913] Out of memory: Killed process 4412 (python3) total-vm:9101kB",
    ],
)
def test_memory_of_another_kind_is_not_the_gpus(text: str) -> None:
    events, _ = read(text + "\n")

    assert [event for event in events if event.kind == "gpu.cuda_oom"] == []


def test_the_row_below_in_a_document_is_not_part_of_the_message() -> None:
    events, _ = read(
        '  "m": "CUDA out of memory. Tried to allocate 2.00 GiB",\n  "time": 17489712\n'
    )

    (event,) = [event for event in events if event.kind == "gpu.cuda_oom"]
    assert (event.line, event.line_end) == (1, 1)
