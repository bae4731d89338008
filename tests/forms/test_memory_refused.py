"""The host refused an allocation: Python, numpy, torch, C++ and Arrow each say it their way."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def refused(row: str, text: str, near_miss: str, **fields: Value) -> Form:
    """A message on its first line."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("py.memory_error", fields),),
        near_miss=near_miss + "\n",
    )


FORMS = (
    refused(
        "Python, bare",
        '  File "load.py", line 4, in read\n    rows = f.read()\nMemoryError',
        "    raise MemoryError",
        exception="MemoryError",
        allocator="python",
    ),
    refused(
        "numpy 1.x",
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 11.2 GiB for an array with "
        "shape (1500000, 1000) and data type float64",
        "Unable to allocate a port for the server",
        requested="11.2 GiB",
        shape="1500000, 1000",
        dtype="float64",
        allocator="numpy",
    ),
    refused(
        "numpy 2.x",
        "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 3.73 TiB for an array with "
        "shape (1024, 1000000000) and data type float32",
        "numpy._core._exceptions._UFuncNoLoopError: ufunc 'add' did not contain a loop",
        requested="3.73 TiB",
        allocator="numpy",
    ),
    refused(
        "numpy, as an old MemoryError",
        "MemoryError: Unable to allocate array with shape (9, 9) and data type int8",
        "MemoryError handling is described below",
        exception="MemoryError",
    ),
    refused(
        "torch, host allocator",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't "
        "allocate memory: you tried to allocate 42949672960 bytes. Error code 12 (Cannot allocate "
        "memory)",
        "RuntimeError: [enforce fail at inline_container.cc:209] . file not found",
        allocator="torch_cpu",
        requested="42949672960 bytes",
    ),
    refused(
        "torch, older source name",
        "RuntimeError: [enforce fail at CPUAllocator.cpp:67] . DefaultCPUAllocator: can't allocate "
        "memory: you tried to allocate 81920000 bytes. Error code 12 (Cannot allocate memory)",
        "DefaultCPUAllocator is the default allocator",
        allocator="torch_cpu",
        requested="81920000 bytes",
    ),
    refused(
        "C++",
        "terminate called after throwing an instance of 'std::bad_alloc'\n"
        "  what():  std::bad_alloc",
        "catch (const std::bad_alloc& error) {",
        allocator="cxx",
        exception="std::bad_alloc",
    ),
    refused(
        "Arrow",
        "pyarrow.lib.ArrowMemoryError: malloc of size 8589934656 failed",
        "pyarrow.lib.ArrowInvalid: Could not open Parquet input source",
        allocator="arrow",
        exception="pyarrow.lib.ArrowMemoryError",
        requested="8589934656 bytes",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
