"""Memory that ran out: the GPU's in every framework's words, and the host's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.events import Event, Value
from triage.testing import events_of, lines_of
from triage_parsers import cuda_oom, memory_error
from triage_parsers.traceback import PARSER as TRACEBACK

TAIL_21 = (
    " GPU 3 has a total capacty of 31.75 GiB of which 0 bytes is free. Process 555 has 20.10 GiB"
    " memory in use. Of the allocated memory 9.00 GiB is allocated by PyTorch, and 512.00 MiB is"
    " reserved by PyTorch but unallocated."
)
OLD = (
    "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total"
    " capacity; 6.50 GiB already"
    " allocated; 5.75 MiB free; 6.60 GiB reserved in total by PyTorch)"
)


def oom(text: str) -> Event:
    """The one GPU event in the text."""
    events = events_of(cuda_oom.PARSER, text)
    assert len(events) == 1, [(event.kind, event.line, event.line_end) for event in events]
    return events[0]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (OLD, {"requested": "20.00 MiB", "wording": "torch_reserved", "free": "5.75 MiB"}),
        (
            OLD.replace("6.60 GiB reserved in total by PyTorch", "9.00 MiB cached"),
            {"wording": "torch_cached", "reserved": "9.00 MiB"},
        ),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.00 GiB." + TAIL_21,
            {
                "wording": "torch_capacity",
                "gpu_index": 3,
                "free": "0 bytes",
                "other_pid": 555,
                "other_used": "20.10 GiB",
                "allocated": "9.00 GiB",
            },
        ),
        ("RuntimeError: CUDA error: out of memory", {"wording": "torch_error"}),
        (
            "OutOfMemoryError: HIP out of memory. Tried to allocate 2.00 GiB",
            {"requested": "2.00 GiB"},
        ),
        (
            (
                "MPS backend out of memory (MPS allocated: 17.20 GiB, max allowed: 18.13 GiB)."
                " Tried to"
                " allocate 256 bytes on shared pool."
            ),
            {"wording": "torch_mps", "allocated": "17.20 GiB", "requested": "256 bytes"},
        ),
        (
            "Allocator (GPU_2_bfc) ran out of memory trying to allocate 2.38GiB (rounded to 25589)",
            {"framework": "tensorflow", "requested": "2.38GiB"},
        ),
        (
            (
                "XlaRuntimeError: RESOURCE_EXHAUSTED: Failed to allocate request for 2.00GiB "
                "(2147483648B)"
                " on device ordinal 1"
            ),
            {"framework": "jax", "gpu_index": 1, "requested": "2.00GiB"},
        ),
        (
            "numba.CudaAPIError: [2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY",
            {"wording": "driver", "exception": "numba.CudaAPIError"},
        ),
        (
            "cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 1,073,741,824 bytes",
            {"framework": "cupy", "requested": "1,073,741,824 bytes"},
        ),
    ],
)
def test_every_framework_is_understood(text: str, fields: dict[str, Value]) -> None:
    event = oom(text)

    assert event.kind == "gpu.cuda_oom"
    assert fields.items() <= event.fields.items()


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100])
def test_a_message_broken_at_any_width_is_one_event(width: int) -> None:
    rows: list[str] = [""]
    for word in OLD.split():
        if len(rows[-1]) + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    text = "\n".join((*rows, "", "INFO next"))

    event = oom(text)

    assert event.fields["requested"] == "20.00 MiB"
    assert event.line == 1
    assert width < 40 or event.fields["reserved"] == "6.60 GiB"
    assert width < 40 or event.line_end == len(rows)


def test_a_message_behind_stamps_of_a_container_is_joined_too() -> None:
    rows = OLD.replace("; 6.50", ";\n6.50").split("\n")
    text = "\n".join(
        f"2024-05-14T03:02:14.5500000{n}Z stderr F {row}" for n, row in enumerate(rows)
    )

    assert oom(text).fields["reserved"] == "6.60 GiB"


def test_what_follows_the_message_is_not_part_of_it() -> None:
    event = oom(f"{OLD}\nTime taken: 2m 24s\nGPU 0 is idle")

    assert event.line_end == 1


def test_it_is_an_event_of_its_own_inside_a_traceback() -> None:
    head = 'Traceback (most recent call last):\n  File "t.py", line 1, in f\n    x\n'
    text = f"{head}RuntimeError: {OLD}"

    assert oom(text).line == 4
    assert not cuda_oom.PARSER.claims
    assert [event.kind for event in events_of(TRACEBACK, text)] == ["py.traceback"]


def test_the_exception_above_a_list_of_roots_is_named() -> None:
    text = (
        "ResourceExhaustedError: 2 root error(s) found.\n"
        "  (0) Resource exhausted: OOM when allocating tensor with shape[4] by allocator GPU_0\n"
        "\t [[{{node conv1}}]]\n"
        "  (1) Resource exhausted: OOM when allocating tensor with shape[4] by allocator GPU_0"
    )

    events = events_of(cuda_oom.PARSER, text)

    assert [event.fields["exception"] for event in events] == ["ResourceExhaustedError"] * 2


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (
            "OOM when allocating tensor with shape[3,9] and type float on /job:w/device:CPU:0",
            "CPU:0",
        ),
        ("OOM when allocating tensor with shape[3,9] and type float by allocator mklcpu", None),
        ("ResourceExhaustedError (see above): OOM when allocating tensor with shape[3,9]", None),
    ],
)
def test_a_tensor_on_no_known_gpu_is_not_the_gpus_memory(text: str, device: str | None) -> None:
    event = oom(text)

    assert event.kind == "py.framework_oom"
    assert event.fields["shape"] == "3,9"
    assert device is None or event.fields["device"] == device


@pytest.mark.parametrize(
    "text",
    [
        "We ran into CUDA out of memory errors again.",
        'raise RuntimeError("CUDA out of memory.")',
        'AssertionError: "CUDA out of memory." does not match "NVML_SUCCESS"',
        "Out of memory: Killed process 3 (python3)",
        "KV cache usage 96 %: CUDA out of memory is likely",
        "grpc: RESOURCE_EXHAUSTED: Out of quota",
    ],
)
def test_what_only_speaks_of_gpu_memory_is_no_event(text: str) -> None:
    assert events_of(cuda_oom.PARSER, text) == []


@given(
    st.lists(
        st.sampled_from((*OLD.split("; "), *TAIL_21.split(". "), "", "x (", "Error:")), max_size=20
    )
)
def test_fragments_of_messages_never_raise(rows: list[str]) -> None:
    text = "\n".join(rows)

    for event in events_of(cuda_oom.PARSER, text):
        assert 1 <= event.line <= event.line_end <= len(lines_of(text))


def test_numpy_says_what_it_wanted() -> None:
    text = (
        "numpy.core._exceptions.MemoryError: Unable to allocate 5.40 GiB for an array with shape"
        " (725000, 1000) and data type float64"
    )

    (event,) = events_of(memory_error.PARSER, text)

    assert event.fields["requested"] == "5.40 GiB"
    assert event.fields["shape"] == "725000, 1000"
    assert event.fields["dtype"] == "float64"
    assert event.fields["exception"] == "numpy.core._exceptions.MemoryError"


@pytest.mark.parametrize(
    ("text", "allocator"),
    [
        ("MemoryError", "python"),
        ("worker 3 failed: MemoryError('Unable to allocate 2.00 GiB')", "numpy"),
        ("E           MemoryError: x", "python"),
        ("  what():  std::bad_alloc", "cxx"),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.", "torch_cpu"),
    ],
)
def test_refusals_of_the_host_are_told_by_who_asked(text: str, allocator: str) -> None:
    (event,) = events_of(memory_error.PARSER, text)

    assert event.kind == "py.memory_error"
    assert event.fields["allocator"] == allocator


@pytest.mark.parametrize(
    "text",
    [
        "    except MemoryError:",
        "    raise MemoryError('x')",
        "torch.OutOfMemoryError: CUDA out of memory.",
        "MemoryError: std::bad_alloc: out_of_memory: CUDA error at rmm",
        "Unable to allocate an address",
        "this ends in a MemoryError",
    ],
)
def test_source_prose_and_gpus_are_no_refusals_of_the_host(text: str) -> None:
    assert events_of(memory_error.PARSER, text) == []
