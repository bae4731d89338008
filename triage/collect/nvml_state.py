"""What the driver's library says of each GPU, under the names that `nvidia-smi -q -x` prints.

Every call stands for itself: an old driver, a card without the feature and a card that is half dead
answer some and refuse others. What is refused is left out; errors that are news of their own (a
lost GPU) are kept. Meanings and numbers: NVIDIA's NVML API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pynvml

Tree = dict[str, "Tree | str | None"]
MIB = 1 << 20
REFUSED = (pynvml.NVMLError, pynvml.NVMLLibraryMismatchError, AttributeError)
"""An older driver lacks functions, an older wrapper names them otherwise."""
LINKS = 18
REASONS = {
    0x1: "gpu_idle",
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x100: "display_clock_setting",
}
RECOVERY = {
    0: "None",
    1: "Reset",
    2: "Reboot",
    3: "Drain P2P",
    4: "Drain and Reset",
    5: "Recover IMEX Domain",
    6: "Bus Reset",
    7: "System Reboot",
}
FABRIC = {0: "N/A", 1: "Not Started", 2: "In Progress", 3: "Completed"}
COMPUTE_MODES = {0: "Default", 1: "Exclusive_Thread", 2: "Prohibited", 3: "Exclusive_Process"}
SCOPES = (("volatile", pynvml.NVML_VOLATILE_ECC), ("aggregate", pynvml.NVML_AGGREGATE_ECC))
ERRORS = (
    ("correctable", pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED),
    ("uncorrectable", pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED),
)
PLACES = (("sram", pynvml.NVML_MEMORY_LOCATION_SRAM), ("dram", pynvml.NVML_MEMORY_LOCATION_DRAM))


def ask(call: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401  NVML has no types
    """The answer; None where the driver or the card has none."""
    try:
        return call(*arguments)
    except REFUSED:
        return None


def system() -> Tree:
    """What is said once for all GPUs."""
    cuda = ask(pynvml.nvmlSystemGetCudaDriverVersion_v2)
    return {
        "driver_version": ask(pynvml.nvmlSystemGetDriverVersion),
        "cuda_version": None if cuda is None else f"{cuda // 1000}.{cuda % 1000 // 10}",
        "nvml_version": ask(pynvml.nvmlSystemGetNVMLVersion),
        "attached_gpus": _text(ask(pynvml.nvmlDeviceGetCount)),
    }


def of_gpu(handle: object) -> Tree:
    """Everything of one GPU: first what a half-dead card still tells."""
    return {
        **_identity(handle),
        **_health(handle),
        **_load(handle),
        "pci": _bus(handle),
        "nvlink": _links(handle),
        "fabric": _fabric(handle),
    }


def bus_id(handle: object) -> str | None:
    """`00000000:9B:00.0`."""
    info = ask(pynvml.nvmlDeviceGetPciInfo, handle)
    return None if info is None else _plain(info.busId)


def processes(handle: object) -> Iterator[Tree]:
    """Who holds the card; its memory is not known in every container."""
    for kind, users in (("C", "Compute"), ("G", "Graphics"), ("M+C", "MPSCompute")):
        for process in _users(handle, f"nvmlDeviceGet{users}RunningProcesses"):
            yield {
                "pid": str(process.pid),
                "type": kind,
                "process_name": _name(process.pid),
                "used_memory": _mib(process.usedGpuMemory) or "N/A",
            }


def _users(handle: object, name: str) -> list[Any]:
    """In the newest form that the driver knows: `_v3` came with 510."""
    for version in ("_v3", "_v2", ""):
        found = ask(getattr(pynvml, name + version, _missing), handle)
        if found is not None:
            return list(found)
    return []


def _missing(_: object) -> None:
    """A call that the wrapper does not have."""


def _identity(handle: object) -> Tree:
    mode = ask(pynvml.nvmlDeviceGetMigMode, handle)
    state = ask(pynvml.nvmlDeviceGetPerformanceState, handle)
    compute = ask(pynvml.nvmlDeviceGetComputeMode, handle)
    return {
        "product_name": _plain(ask(pynvml.nvmlDeviceGetName, handle)),
        "persistence_mode": _enabled(ask(pynvml.nvmlDeviceGetPersistenceMode, handle)),
        "mig_mode": _pair(mode, "current_mig", "pending_mig"),
        "serial": _plain(ask(pynvml.nvmlDeviceGetSerial, handle)),
        "uuid": _plain(ask(pynvml.nvmlDeviceGetUUID, handle)),
        "minor_number": _text(ask(pynvml.nvmlDeviceGetMinorNumber, handle)),
        "vbios_version": _plain(ask(pynvml.nvmlDeviceGetVbiosVersion, handle)),
        "gpu_recovery_action": RECOVERY.get(
            _field(handle, pynvml.NVML_FI_DEV_GET_GPU_RECOVERY_ACTION)
        ),
        "performance_state": None if state is None else f"P{state}",
        "compute_mode": COMPUTE_MODES.get(compute),
    }


def _health(handle: object) -> Tree:
    return {
        "ecc_mode": _pair(ask(pynvml.nvmlDeviceGetEccMode, handle), "current_ecc", "pending_ecc"),
        "ecc_errors": {scope: _errors(handle, number) for scope, number in SCOPES},
        "retired_pages": _retired(handle),
        "remapped_rows": _remapped(handle),
    }


def _errors(handle: object, scope: int) -> Tree:
    found: Tree = {}
    for kind, error in ERRORS:
        for place, location in PLACES:
            call = pynvml.nvmlDeviceGetMemoryErrorCounter
            count = ask(call, handle, error, scope, location)
            found[f"{place}_{kind}"] = _text(count)
    if scope == pynvml.NVML_AGGREGATE_ECC:
        status = pynvml.c_nvmlEccSramErrorStatus_v1_t()
        status.version = pynvml.nvmlEccSramErrorStatus_v1
        told = ask(pynvml.nvmlDeviceGetSramEccErrorStatus, handle, pynvml.byref(status))
        found["sram_threshold_exceeded"] = None if told is None else _yes(status.bThresholdExceeded)
    return found


def _retired(handle: object) -> Tree | None:
    """Cards before Ampere retire pages; later ones remap rows."""
    counts = [
        ask(pynvml.nvmlDeviceGetRetiredPages, handle, cause)
        for cause in (
            pynvml.NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS,
            pynvml.NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR,
        )
    ]
    pending = ask(pynvml.nvmlDeviceGetRetiredPagesPendingStatus, handle)
    if counts == [None, None] and pending is None:
        return None
    single, double = (None if pages is None else str(len(pages)) for pages in counts)
    return {
        "multiple_single_bit_retirement": {"retired_count": single},
        "double_bit_retirement": {"retired_count": double},
        "pending_retirement": None if pending is None else _yes(pending),
    }


def _remapped(handle: object) -> Tree | None:
    rows = ask(pynvml.nvmlDeviceGetRemappedRows, handle)
    if rows is None:
        return None
    corrected, uncorrected, pending, failure = rows
    banks = ask(pynvml.nvmlDeviceGetRowRemapperHistogram, handle)
    histogram: Tree = {}
    for name in ("max", "high", "partial", "low", "none"):
        count = getattr(banks, name, None)
        histogram[f"row_remapper_histogram_{name}"] = None if count is None else f"{count} bank(s)"
    return {
        "remapped_row_corr": str(corrected),
        "remapped_row_unc": str(uncorrected),
        "remapped_row_pending": _yes(pending),
        "remapped_row_failure": _yes(failure),
        "row_remapper_histogram": histogram,
    }


def _load(handle: object) -> Tree:
    memory = ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
    used = ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
    heat = ask(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU)
    power = ask(pynvml.nvmlDeviceGetPowerUsage, handle)
    cap = ask(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    clock = ask(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM)
    top = ask(pynvml.nvmlDeviceGetMaxClockInfo, handle, pynvml.NVML_CLOCK_SM)
    return {
        "clocks_event_reasons": _reasons(handle),
        "fb_memory_usage": None
        if memory is None
        else {
            "total": _mib(memory.total),
            "used": _mib(memory.used),
            "free": _mib(memory.free),
        },
        "utilization": None
        if used is None
        else {"gpu_util": f"{used.gpu} %", "memory_util": f"{used.memory} %"},
        "temperature": {"gpu_temp": None if heat is None else f"{heat} C"},
        "gpu_power_readings": {
            "instant_power_draw": None if power is None else f"{power / 1000:.2f} W",
            "current_power_limit": None if cap is None else f"{cap / 1000:.2f} W",
        },
        "clocks": {"sm_clock": None if clock is None else f"{clock} MHz"},
        "max_clocks": {"sm_clock": None if top is None else f"{top} MHz"},
    }


def _reasons(handle: object) -> Tree | None:
    bits = ask(pynvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
    if bits is None:
        bits = ask(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
    if bits is None:
        return None
    return {
        f"clocks_event_reason_{name}": "Active" if bits & bit else "Not Active"
        for bit, name in REASONS.items()
    }


def _bus(handle: object) -> Tree:
    generations = ("nvmlDeviceGetMaxPcieLinkGeneration", "nvmlDeviceGetCurrPcieLinkGeneration")
    widths = ("nvmlDeviceGetMaxPcieLinkWidth", "nvmlDeviceGetCurrPcieLinkWidth")
    most, now = (_text(ask(getattr(pynvml, name), handle)) for name in generations)
    widest, width = (ask(getattr(pynvml, name), handle) for name in widths)
    return {
        "pci_gpu_link_info": {
            "pcie_gen": {"max_link_gen": most, "current_link_gen": now},
            "link_widths": {
                "max_link_width": None if widest is None else f"{widest}x",
                "current_link_width": None if width is None else f"{width}x",
            },
        },
        "replay_counter": _text(ask(pynvml.nvmlDeviceGetPcieReplayCounter, handle)),
    }


def _links(handle: object) -> Tree | None:
    found: Tree = {}
    for link in range(LINKS):
        state = ask(pynvml.nvmlDeviceGetNvLinkState, handle, link)
        if state is not None:
            found[f"link_{link}"] = "Active" if state else "Inactive"
    return found or None


def _fabric(handle: object) -> Tree | None:
    info = pynvml.c_nvmlGpuFabricInfo_v2_t()
    if ask(pynvml.nvmlDeviceGetGpuFabricInfoV, handle, pynvml.byref(info)) is None:
        return None
    status = "Success" if info.status == 0 else str(pynvml.NVMLError(info.status))
    return {"state": FABRIC.get(info.state, str(info.state)), "status": status}


def _field(handle: object, number: int) -> int:
    """A value by its number; -1 where there is none."""
    values = ask(pynvml.nvmlDeviceGetFieldValues, handle, [number])
    if not values or values[0].nvmlReturn != pynvml.NVML_SUCCESS:
        return -1
    return int(values[0].value.uiVal)


def _name(pid: int) -> str | None:
    """From this name space; the library's own call fails across them."""
    for file in ("cmdline", "comm"):
        try:
            told = Path(f"/proc/{pid}/{file}").read_bytes().split(b"\0")[0]
        except OSError:
            continue
        if told.strip():
            return told.decode("utf-8", "replace").strip()
    return None


def _pair(values: tuple[int, int] | None, current: str, pending: str) -> Tree | None:
    return (
        None
        if values is None
        else {
            current: _enabled(values[0]),
            pending: _enabled(values[1]),
        }
    )


def _plain(text: bytes | str | None) -> str | None:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _enabled(value: int | None) -> str | None:
    return None if value is None else "Enabled" if value else "Disabled"


def _yes(value: int) -> str:
    return "Yes" if value else "No"


def _mib(value: int | None) -> str | None:
    return None if value is None else f"{value // MIB} MiB"
