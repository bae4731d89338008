"""Samples of the parser for GPU memory, one for each wording."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "RuntimeError: CUDA out of memory. Tried to allocate 24.00 MiB (GPU 1; 15.90 GiB"
        " total capacity;"
        " 14.80 GiB already allocated; 9.88 MiB free; 15.02 GiB reserved in total by PyTorch)",
        kind="gpu.cuda_oom",
        fields={
            "requested": "24.00 MiB",
            "gpu_index": 1,
            "total": "15.90 GiB",
            "allocated": "14.80 GiB",
            "free": "9.88 MiB",
            "reserved": "15.02 GiB",
            "exception": "RuntimeError",
            "wording": "torch_reserved",
        },
    ),
    Sample(
        "RuntimeError: CUDA out of memory. Tried to allocate 11.00 MiB (GPU 0; 7.93 GiB"
        " total capacity;"
        " 6.91 MiB already allocated; 7.28 GiB free; 3.31 MiB cached)",
        kind="gpu.cuda_oom",
        fields={"reserved": "3.31 MiB", "free": "7.28 GiB", "wording": "torch_cached"},
    ),
    Sample(
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.50 GiB. GPU 2 has a total"
        " capacity of 79.15 GiB of which 1.06 GiB is free. Process 41877 has 61.30 GiB"
        " memory in use."
        " Of the allocated memory 15.20 GiB is allocated by PyTorch, and 901.20 MiB is reserved by"
        " PyTorch but unallocated.",
        kind="gpu.cuda_oom",
        fields={
            "requested": "3.50 GiB",
            "gpu_index": 2,
            "total": "79.15 GiB",
            "allocated": "15.20 GiB",
            "reserved": "901.20 MiB",
            "other_pid": 41877,
            "other_used": "61.30 GiB",
            "exception": "torch.OutOfMemoryError",
            "wording": "torch_capacity",
        },
    ),
    Sample(
        "torch.cuda.OutOfMemoryError: CUDA out of memory.\n"
        "Tried to allocate 9.25 GiB (GPU 3; 40.00 GiB total capacity; 33.11 GiB already"
        " allocated;\n"
        "2.02 GiB free; 35.90 GiB reserved in total by PyTorch)\n"
        "epoch 7 aborted",
        kind="gpu.cuda_oom",
        fields={"requested": "9.25 GiB", "gpu_index": 3, "free": "2.02 GiB"},
        count=1,
    ),
    Sample(
        "  (0) Resource exhausted: OOM when allocating tensor with shape[8,64,64,256]"
        " and type half on"
        " /job:localhost/replica:0/task:0/device:GPU:1 by allocator GPU_1_bfc",
        kind="gpu.cuda_oom",
        fields={
            "framework": "tensorflow",
            "device": "GPU:1",
            "shape": "8,64,64,256",
            "gpu_index": 1,
        },
    ),
    Sample(
        "ResourceExhaustedError: OOM when allocating tensor with shape[50,2048,64]",
        kind="py.framework_oom",
        fields={"shape": "50,2048,64", "exception": "ResourceExhaustedError"},
    ),
    Sample(
        "OOM when allocating tensor with shape[3,9] and type float on /job:w/task:0/device:CPU:0 by"
        " allocator cpu",
        kind="py.framework_oom",
        fields={"device": "CPU:0"},
    ),
    Sample(
        "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while"
        " trying to allocate"
        " 8589934592 bytes.",
        kind="gpu.cuda_oom",
        fields={"framework": "jax", "requested": "8589934592 bytes"},
    ),
    Sample(
        "Execution of replica 0 failed: Resource exhausted: Out\nof memory while trying to allocate"
        " 2684354560 bytes.",
        kind="gpu.cuda_oom",
        fields={"requested": "2684354560 bytes"},
    ),
    Sample(
        "failed to allocate 9.52G (10221834240 bytes) from device:"
        " CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        kind="gpu.cuda_oom",
        fields={"requested": "9.52G", "wording": "driver"},
    ),
    Sample(
        "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 5120.00 MiB on device 0: cudaMalloc"
        " failed: out of memory",
        kind="gpu.cuda_oom",
        fields={"requested": "5120.00 MiB", "gpu_index": 0},
    ),
    Sample(
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : CUDA failure 2: out of memory ; GPU=3 ; host",
        kind="gpu.cuda_oom",
        fields={"framework": "onnxruntime", "gpu_index": 3},
    ),
    Sample(
        "BFCArena::AllocateRawInternal(size_t) Failed to allocate memory for requested buffer of"
        " size 90112",
        kind="py.framework_oom",
        fields={"requested": "90112 bytes"},
    ),
    Sample("Last week we kept hitting CUDA out of memory errors on the small cards.", kind=None),
    Sample('    with self.assertRaisesRegex(RuntimeError, "CUDA out of memory."):', kind=None),
    Sample(
        "(raylet) The node is out of memory. Killing the worker that started last.",
        kind=None,
    ),
    Sample(
        "Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.20GiB with"
        " freed_by_count=0. The"
        " caller indicates that this is not a failure, but may mean that there could be gains.",
        kind=None,
    ),
    Sample("RESOURCE_EXHAUSTED: Received message larger than max (5310720 vs. 4194304)", kind=None),
)
