"""What nvidia-smi and NVML say when they fail: which failure it is, and of which card."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HANDLE = "Unable to determine the device handle for "
LOST = "GPU is lost.  Reboot the system to recover this GPU"
NVML = "Failed to initialize NVML: "
TALK = "couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is"
TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/exporter/collect.py", line 41, in start\n    pynvml.nvmlInit()\n'
)


def failure(
    row: str, text: str, near_miss: str, lines: tuple[int, int], **fields: str | int
) -> Form:
    want = Want("gpu.smi_error", fields, lines)
    return Form(row=row, text=text, wants=(want,), near_miss=near_miss)


FORMS = (
    failure(
        "driver not loaded",
        f"NVIDIA-SMI has failed because it {TALK} installed and running.\n\n",
        "NVIDIA-SMI has succeeded because it could communicate with the NVIDIA driver.\n",
        (1, 1),
        what="driver_not_loaded",
    ),
    failure(
        "driver not loaded, typographic quotes, wrapped by the terminal",
        "> NVIDIA-SMI has failed because it couldn\u2019t communicate with the NVIDIA\n"
        "> driver. Make sure that the latest driver is installed and running.\n",
        "> NVIDIA\u2019s docs say why NVIDIA-SMI fails\n",
        (1, 1),
        what="driver_not_loaded",
    ),
    failure(
        "driver not loaded, in a pod's log",
        "2025-06-01T10:00:00.1Z stderr F NVIDIA-SMI has failed because it " + TALK + " installed\n",
        "2025-06-01T10:00:00.1Z stdout F NVIDIA-SMI 550.54.15 Driver Version: 550.54.15 CUDA\n",
        (1, 1),
        what="driver_not_loaded",
    ),
    failure(
        "library and driver of two versions",
        f"{NVML}Driver/library version mismatch\n",
        "nvidia-smi: driver and library versions match\n",
        (1, 1),
        what="driver_library_mismatch",
    ),
    failure(
        "library and driver of two versions, the library's named",
        f"{NVML}Driver/library version mismatch\nNVML library version: 535.183\n",
        "NVML library version: 535.183\n",
        (1, 2),
        what="driver_library_mismatch", nvml_version="535.183",
    ),
    failure(
        "Unknown Error: a container lost its devices",
        f"root@trainer:/# nvidia-smi\n{NVML}Unknown Error\n",
        "Failed to initialize the model: Unknown Error\n",
        (2, 2),
        what="unknown_error", detail="Unknown Error",
    ),
    failure(
        "access blocked by the operating system, twice",
        f"{NVML}GPU access blocked by the operating system\n"
        "Failed to properly shut down NVML: GPU access blocked by the operating system\n",
        "USB access blocked by the operating system\n",
        (1, 2),
        what="access_blocked",
    ),
    failure(
        "a lost card, up to 5xx",
        f"{HANDLE}GPU 0000:1C:00.0: {LOST}\n",
        f"the monitor looks for '{HANDLE}GPU' in the journal\n",
        (1, 1),
        what="gpu_lost", gpu="0000:1c:00.0",
    ),
    failure(
        "a card without a handle, 515 to 580: no blank",
        f"{HANDLE}GPU0000:C8:00.0: Unknown Error\n",
        "Unable to determine the host name for GPU0000: Unknown Error\n",
        (1, 1),
        what="device_handle", gpu="0000:c8:00.0", detail="Unknown Error",
    ),
    failure(
        "a card without a handle, 610: its index",
        f"{HANDLE}GPU5: 0000:AB:00.0: Unknown Error\nNo devices were found\n",
        "GPU5: 0000:AB:00.0: no error\n",
        (1, 1),
        what="device_handle", gpu="0000:ab:00.0", gpu_index=5,
    ),
    failure(
        "a card whose device node may not be read",
        f"{HANDLE}GPU 0000:3B:00.0: Insufficient Permissions\n",
        "cp: Insufficient Permissions\n",
        (1, 1),
        what="no_permission", gpu="0000:3b:00.0",
    ),
    failure(
        "a card that requires a reset",
        f"{HANDLE}GPU 0000:3B:00.0: GPU requires reset\n",
        "GPU requires reset after each change of MIG mode, says the manual\n",
        (1, 1),
        what="reset_required", gpu="0000:3b:00.0",
    ),
    failure(
        "no devices",
        "$ nvidia-smi\nNo devices were found\n",
        "lsusb: No devices were found on bus 3\n",
        (2, 2),
        what="no_devices",
    ),
    failure(
        "no devices, as -L says it",
        "gpu-7$ nvidia-smi -L\nNo devices found.\n",
        "$ adb devices -l\nNo devices found.\n",
        (2, 2),
        what="no_devices",
    ),
    failure(
        "no permission at all",
        f"{NVML}Insufficient Permissions\n",
        "sudo: Insufficient Permissions\n",
        (1, 1),
        what="no_permission",
    ),
    failure(
        "no permission, as Windows lists the reasons",
        "NVIDIA-SMI has failed because you are not:\n"
        "\ta) running as an administrator or\n"
        "\tb) there is not at least one TCC device in the system\n",
        "a) running as an administrator or\n",
        (1, 2),
        what="no_permission",
    ),
    failure(
        "the library is missing",
        "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that "
        "the NVIDIA Display Driver is properly installed and present in your system.\n"
        "Please also try adding directory that contains libnvidia-ml.so to your system PATH.\n",
        "find / -name libnvidia-ml.so\n",
        (1, 2),
        what="nvml_missing",
    ),
    failure(
        "the flash of a card is corrupted",
        "WARNING: infoROM is corrupted at gpu 0000:9C:00.0\n",
        "infoROM version G520.0200.00.05 at gpu 0000:9C:00.0 is valid\n",
        (1, 1),
        what="inforom_corrupted", gpu="0000:9c:00.0",
    ),
    failure(
        "the command hangs: the caller's time ran out",
        "subprocess.TimeoutExpired: Command '['nvidia-smi', '-q']' timed out after 60 seconds\n",
        "nvidia-smi took 60 seconds, nothing timed out\n",
        (1, 1),
        what="timeout", detail="60 s",
    ),
    failure(
        "exit status 9",
        "Command '['nvidia-smi', '-L']' returned non-zero exit status 9.\n",
        "Command '['nvidia-smi', '-L']' returned exit status 0\n",
        (1, 1),
        what="driver_not_loaded", code=9,
    ),
    failure(
        "exit status 12",
        'level=error msg="failed to run nvidia-smi: exit status 12"\n',
        'level=info msg="ran nvidia-smi in 12 s"\n',
        (1, 1),
        what="nvml_missing", code=12,
    ),
    failure(
        "exit status 14",
        "healthcheck: nvidia-smi exited with code 14\n",
        "healthcheck: nvidia-smi exited with code 0\n",
        (1, 1),
        what="inforom_corrupted", code=14,
    ),
    failure(
        "exit status 15",
        "RuntimeError: nvidia-smi --query-gpu=uuid failed: exit status 15\n",
        "RuntimeError: worker failed: exit status 15\n",
        (1, 1),
        what="gpu_lost", code=15,
    ),
    failure(
        "exit status 4",
        "nvidia-smi -pm 1: exit status 4\n",
        "nvidia-smi -pm 1: done in 4 s\n",
        (1, 1),
        what="no_permission", code=4,
    ),
    failure(
        "exit status 255",
        "prolog: nvidia-smi returned 255\n",
        "prolog: nvidia-smi returned 0\n",
        (1, 1),
        what="other", code=255,
    ),
    failure(
        "pynvml: no library",
        TRACE + "pynvml.NVMLError_LibraryNotFound: NVML Shared Library Not Found\n",
        "    except pynvml.NVMLError_LibraryNotFound:\n",
        (4, 4),
        what="nvml_missing", code=12, detail="NVML Shared Library Not Found",
    ),
    failure(
        "pynvml: a call before the start",
        TRACE + "pynvml.nvml.NVMLError_Uninitialized: Uninitialized\n",
        "# raises NVMLError_Uninitialized before nvmlInit\n",
        (4, 4),
        what="uninitialized", code=1,
    ),
    failure(
        "pynvml: the module is not loaded",
        "2025-06-01 10:00:00 ERROR gpu: pynvml.NVMLError_DriverNotLoaded: Driver Not Loaded\n",
        "2025-06-01 10:00:00 INFO gpu: NVML is loaded\n",
        (1, 1),
        what="driver_not_loaded", code=9,
    ),
    failure(
        "pynvml: library newer than the module",
        TRACE + "pynvml.NVMLError_LibRmVersionMismatch: RM has detected an NVML/RM version "
        "mismatch.\n",
        "catch NVMLError_LibRmVersionMismatch and go on\n",
        (4, 4),
        what="driver_library_mismatch", code=18,
    ),
    failure(
        "pynvml: a container lost its devices",
        TRACE + "pynvml.NVMLError_Unknown: Unknown Error\n",
        "NVMLError_Unknown is 999 in the header\n",
        (4, 4),
        what="unknown_error", code=999,
    ),
    failure(
        "pynvml: a call that an old driver has not",
        TRACE + "pynvml.NVMLError_FunctionNotFound: Function Not Found\n",
        "pynvml.NVMLError_NotSupported: Not Supported\n",
        (4, 4),
        what="function_missing", code=13,
    ),
    failure(
        "Go: the constants of the C library",
        "E0601 10:00:00.000001 1 main.go:7] failed to get device count: NVML: ERROR_GPU_IS_LOST\n",
        "E0601 10:00:00.000001 1 main.go:7] upload failed: ERROR_UNKNOWN\n",
        (1, 1),
        what="gpu_lost", code=15,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
