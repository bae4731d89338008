"""What the NVIDIA kernel modules say when they load: identities, versions, failures to start.

One row a message of the driver's catalog. The near miss is a healthy line of the same subject, a
sentence about it, or the same words of another program.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

UUID = "GPU-7a6b5c4d-1020-3040-5060-708090a0b0c0"


def said(row: str, text: str, near_miss: str, last: int, /, **fields: Value) -> Form:
    """One `gpu.driver` on lines 1 to `last`."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.driver", fields, (1, last)),),
        near_miss=near_miss + "\n",
        parser="nvrm",
        unclaimed=0,
    )


def told(row: str, kind: str, text: str, near_miss: str, last: int, /, **fields: Value) -> Form:
    """One event of another kind on lines 1 to `last`."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want(kind, fields, (1, last)),),
        near_miss=near_miss + "\n",
        parser="nvrm",
        unclaimed=0,
    )


IDENTITIES = (
    told(
        "address, UUID and serial number",
        "gpu.identity",
        f"[5781741.548768] NVRM: GPU at PCI:0000:81:00: {UUID}\n"
        "[5781741.548776] NVRM: GPU Board Serial Number: 1653723000001",
        "[5781741.548776] NVRM: GPU Board Serial Number: 1653723000001",
        2,
        gpu="0000:81:00",
        gpu_uuid=UUID,
        serial="1653723000001",
    ),
    told(
        "serial number of a GeForce",
        "gpu.identity",
        f"NVRM: GPU at PCI:0000:01:00: {UUID}\nNVRM: GPU Board Serial Number: 0",
        "NVRM: GPU at PCI:0000:01:00 is fine",
        2,
        gpu="0000:01:00",
        gpu_uuid=UUID,
        serial=None,
    ),
    told(
        "serial number of an address",
        "gpu.identity",
        "[5781741.548786] NVRM: GPU 0000:81:00.0: GPU serial number is 1653723000001.",
        "[5781741.548786] inventory: GPU serial number is 1653723000001.",
        1,
        gpu="0000:81:00.0",
        serial="1653723000001",
    ),
    told(
        "closed module loaded",
        "gpu.driver_loaded",
        "[Thu Apr  4 18:03:56 2024] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri "
        "May 31 09:35:42 UTC 2024",
        "[Thu Apr  4 18:03:56 2024] dkms: building nvidia 550.90.07",
        1,
        driver="550.90.07",
    ),
    told(
        "open module loaded",
        "gpu.driver_loaded",
        "[   11.650646] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  590.44.01  "
        "Release Build  (root@node)  Fri Jul  3 11:27:00 AM UTC 2026",
        "[   11.650646] apt: NVIDIA UNIX Open Kernel Module for x86_64  590.44.01",
        1,
        driver="590.44.01",
    ),
    told(
        "NVLink core loaded",
        "gpu.driver_loaded",
        "[    9.110013] nvidia-nvlink: Nvlink Core is being initialized, major device number 234",
        "[    9.110013] nvidia-nvlink: Nvlink Core is in use",
        1,
        module="nvidia-nvlink",
    ),
    told(
        "NVLink core unloaded",
        "gpu.driver_unloaded",
        "[ 9901.110013] nvidia-nvlink: Unregistered the Nvlink Core, major device number 234",
        "[ 9901.110013] nvidia-nvlink: registered a device with the Nvlink Core",
        1,
        module="nvidia-nvlink",
    ),
)
MESSAGES = (
    said(
        "probe failed",
        "[ 2843.439662] NVRM: The NVIDIA probe routine failed for 2 device(s).",
        "[ 2843.439662] NVRM: The NVIDIA probe routine was called for 2 device(s).",
        1,
        what="probe_failed",
        devices=2,
    ),
    said(
        "initialization failed, insufficient resources",
        "[  431.099213] NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x26:0x1a:1311)",
        "[  431.099213] NVRM: GPU 0000:02:00.0: RmInitAdapter succeeded",
        1,
        what="rm_init_failed",
        code="0x26:0x1a:1311",
        stage="0x26",
        status="0x1a",
        status_name="NV_ERR_INSUFFICIENT_RESOURCES",
        source_line=1311,
        gpu="0000:02:00.0",
    ),
    said(
        "initialization failed, the minor number",
        "[  431.099283] NVRM: GPU 0000:02:00.0: rm_init_adapter failed, device minor number 5",
        "[  431.099283] NVRM: GPU 0000:02:00.0: device minor number 5",
        1,
        what="rm_init_failed",
        minor=5,
    ),
    said(
        "initialization failed, the code and the minor number",
        "[  431.099213] NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x24:0xf:1589)\n"
        "[  431.099283] NVRM: GPU 0000:02:00.0: rm_init_adapter failed, device minor number 5",
        "[  431.099213] NVRM: GPU 0000:02:00.0: device minor number 5",
        2,
        what="rm_init_failed",
        code="0x24:0xf:1589",
        status_name="NV_ERR_GPU_IS_LOST",
        minor=5,
    ),
    said(
        "attach refused",
        "May 28 17:51:10 fed-3 kernel: NVRM: GPU 0000:0a:00.0: RmInitAdapter failed! "
        "(0x22:0x56:901)",
        "May 28 17:51:10 fed-3 sshd: failed! (0x22:0x56:901)",
        1,
        host="fed-3",
        stage_name="GPU manager: attach GPU",
        status_name="NV_ERR_NOT_SUPPORTED",
    ),
    said(
        "GSP did not start",
        "NVRM: GPU 0000:a2:00.0: RmInitAdapter failed! (0x62:0x40:2201)",
        "NVRM: GPU 0000:a2:00.0: GSP started (0x62:0x40:2201)",
        1,
        stage="0x62",
        status_name="NV_ERR_INVALID_STATE",
    ),
    said(
        "card does not answer",
        "May 28 17:51:10 fed-3 kernel: NVRM: osInitNvMapping: *** Cannot attach gpu\n"
        "May 28 17:51:10 fed-3 kernel: NVRM: RmInitAdapter: osInitNvMapping failed, bailing out of "
        "RmInitAdapter",
        "May 28 17:51:10 fed-3 kernel: NVRM: osInitNvMapping: attached",
        2,
        what="cannot_attach",
    ),
    said(
        "API mismatch, four lines",
        "[    7.110001] NVRM: API mismatch: the client has the version 550.90.07, but\n"
        "               NVRM: this kernel module has the version 550.54.15.  Please\n"
        "               NVRM: make sure that this kernel module and all NVIDIA driver\n"
        "               NVRM: components have the same version.",
        "[    7.110001] NVRM: the client has the version 550.90.07",
        4,
        what="api_mismatch",
        client_version="550.90.07",
        module_version="550.54.15",
        driver="550.54.15",
    ),
    said(
        "API mismatch, client named",
        "[    7.110001] NVRM: API mismatch: the client 'nvidia-smi' (pid 1990)\n"
        "NVRM: has the version 595.84, but this kernel module has\n"
        "NVRM: the version 595.80.  Please make sure that this\n"
        "NVRM: kernel module and all NVIDIA driver components\n"
        "NVRM: have the same version.",
        "[    7.110001] NVRM: the client 'nvidia-smi' (pid 1990)",
        5,
        process="nvidia-smi",
        pid=1990,
        client_version="595.84",
    ),
    said(
        "nouveau owns the card",
        "[188549.976351] NVRM: The NVIDIA probe routine was not called for 4 device(s).\n"
        "[188549.977053] NVRM: This can occur when a driver such as:\n"
        "NVRM: nouveau, rivafb, nvidiafb or rivatv\n"
        "NVRM: was loaded and obtained ownership of the NVIDIA device(s).",
        "[188549.976351] nouveau: was loaded for 4 device(s).",
        4,
        what="nouveau",
        devices=4,
    ),
    said(
        "no adapter probed",
        "[188497.595099] NVRM: No NVIDIA graphics adapter probed!",
        "[188497.595099] NVRM: NVIDIA graphics adapter probed",
        1,
        what="no_device",
    ),
    said(
        "no devices probed",
        "NVRM: No NVIDIA devices probed.",
        "No devices probed.",
        1,
        what="no_device",
    ),
    said("no GPU found", "NVRM: No NVIDIA GPU found.", "lspci: no NVIDIA GPU", 1, what="no_device"),
    said(
        "none initialized",
        "NVRM: None of the NVIDIA devices were initialized.",
        "NVRM: all of the NVIDIA devices were initialized.",
        1,
        what="no_device",
    ),
    said(
        "invalid BAR",
        "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\n"
        "NVRM: BAR1 is 0M @ 0x0 (PCI:0000:18:00.0)",
        "NVRM: BAR1 is 256M @ 0xe0000000 (PCI:0000:18:00.0)",
        2,
        what="bar_assign",
        gpu="0000:18:00.0",
    ),
    said(
        "memory cannot be mapped",
        "NVRM: Cannot map memory with base addr 0x28000000000 and size of 0x8000 pages",
        "NVRM: mapped memory with base addr 0x28000000000",
        1,
        what="map_failed",
        address="0x28000000000",
        pages="0x8000",
    ),
    said(
        "GSP firmware missing",
        "nvidia 0000:01:00.0: Direct firmware load for nvidia/590.44.01/gsp_ga10x.bin failed with "
        "error -2",
        "nvidia 0000:01:00.0: firmware: direct-loading firmware nvidia/590.44.01/gsp_ga10x.bin",
        1,
        what="gsp_firmware_missing",
        code=-2,
    ),
    said(
        "boot of the graphics firmware timed out",
        "[ 3707.745833] NVRM: gpuWaitForGfwBootComplete_TU102: failed to wait for GFW_BOOT: "
        "(progress 0x3)",
        "[ 3707.745833] NVRM: GFW_BOOT done (progress 0xff)",
        1,
        what="gsp_init_failed",
    ),
)


@pytest.mark.parametrize("form", [*IDENTITIES, *MESSAGES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
