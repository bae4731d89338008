"""A program: the state of the GPUs from the driver's library, in the form of `nvidia-smi -q -x`.

It is run as a child, because a call into a sick driver may never return; each GPU is printed as
soon as it has answered, so that what came before a hang is kept.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # a deprecated package of the same name
    import pynvml

from triage.collect.nvml_state import Tree, bus_id, of_gpu, processes, system
from triage.collect.probe import ABSENT, DENIED

SAID = {
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "NVIDIA-SMI has failed because it couldn't communicate "
    "with the NVIDIA driver",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "Failed to initialize NVML: Driver/library version "
    "mismatch",
    pynvml.NVML_ERROR_UNKNOWN: "Failed to initialize NVML: Unknown Error",
}
"""In the words of nvidia-smi, which everybody knows."""
LOST = (pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_UNKNOWN)


def main() -> int:
    """Print the document; without a driver, say so and be silent."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        if error.value == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
            sys.stderr.write("no NVIDIA driver library (libnvidia-ml.so.1) on this machine\n")
            return ABSENT
        sys.stderr.write(f"{error}\n")
        if error.value == pynvml.NVML_ERROR_NO_PERMISSION:
            return DENIED
        sys.stdout.write(f"{SAID.get(error.value, f'Failed to initialize NVML: {error}')}\n")
        return 1
    for text in document():
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0


def document() -> Iterator[str]:
    """The document, a GPU at a time."""
    yield '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n'
    head = {"timestamp": time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime()), **system()}
    yield "<nvidia_smi_log>\n" + "".join(rows(head, 1))
    for index in range(int(str(head.get("attached_gpus") or 0))):
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        except pynvml.NVMLError as error:
            sys.stderr.write(f"GPU {index}: {error}\n")
            if error.value in LOST:
                yield "\t<gpu>\n\t\t<product_name>GPU is lost</product_name>\n\t</gpu>\n"
            continue
        yield gpu(bus_id(handle) or "N/A", of_gpu(handle), list(processes(handle)))
    yield "</nvidia_smi_log>\n"


def gpu(address: str, state: Tree, users: list[Tree]) -> str:
    """One GPU with its processes."""
    shown = "".join(
        f"\t\t\t<process_info>\n{''.join(rows(user, 4))}\t\t\t</process_info>\n" for user in users
    )
    return (
        f"\t<gpu id={quoteattr(address)}>\n{''.join(rows(state, 2))}"
        f"\t\t<processes>\n{shown}\t\t</processes>\n\t</gpu>\n"
    )


def rows(tree: Tree, depth: int) -> Iterator[str]:
    """Elements, a line each; what is not known is left out."""
    indent = "\t" * depth
    for name, value in tree.items():
        if isinstance(value, dict):
            inner = "".join(rows(value, depth + 1))
            if inner:
                yield f"{indent}<{name}>\n{inner}{indent}</{name}>\n"
        elif value is not None:
            yield f"{indent}<{name}>{escape(value)}</{name}>\n"


if __name__ == "__main__":
    sys.exit(main())
