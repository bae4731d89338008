"""Samples of `nvrm`: real forms with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "NVRM: GPU 0000:3d:00.0: GPU has fallen off the bus.",
        kind="gpu.driver",
        fields={"what": "fell_off_bus", "gpu": "0000:3d:00.0"},
        count=1,
    ),
    Sample(
        "NVRM: The NVIDIA GPU 0000:5e:00.0\n"
        "               NVRM: (PCI ID: 10de:2331) installed in this system has\n"
        "               NVRM: fallen off the bus and is not responding to commands.\n"
        "NVRM: The NVIDIA probe routine failed for 1 device(s).",
        kind="gpu.driver",
        fields={"what": "fell_off_bus", "gpu": "0000:5e:00.0"},
        count=2,
    ),
    Sample(
        "NVRM: API mismatch: the client 'dcgm-exporter' (pid 4031)\n"
        "NVRM: has the version 575.57.08, but this kernel module has\n"
        "NVRM: the version 570.133.20.  Please make sure that this\n"
        "NVRM: kernel module and all NVIDIA driver components\n"
        "NVRM: have the same version.",
        kind="gpu.driver",
        fields={
            "what": "api_mismatch",
            "client": "dcgm-exporter",
            "process": "dcgm-exporter",
            "pid": 4031,
            "client_version": "575.57.08",
            "module_version": "570.133.20",
            "driver": "570.133.20",
        },
        count=1,
    ),
    Sample(
        "NVRM: API mismatch: the client has the version 535.104.05, but#012NVRM: this kernel "
        "module "
        "has the version 535.86.10.  Please#012NVRM: make sure that this kernel module and all "
        "NVIDIA driver#012NVRM: components have the same version.",
        kind="gpu.driver",
        fields={"client_version": "535.104.05", "module_version": "535.86.10"},
        count=1,
    ),
    Sample(
        "NVRM: GPU2 _kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP\n"
        "NVRM: GPU2 _kgspBootGspRm: (the GPU is likely in a bad state and may need to be reset)\n"
        "NVRM: GPU2 RmInitAdapter: Cannot initialize GSP firmware RM\n"
        "NVRM: GPU 0000:41:00.0: RmInitAdapter failed! (0x62:0x40:2168)\n"
        "NVRM: GPU 0000:41:00.0: rm_init_adapter failed, device minor number 3",
        kind="gpu.driver",
        fields={"what": "gsp_init_failed"},
        count=2,
    ),
    Sample(
        "NVRM: GPU 0000:0b:00.0: RmInitAdapter failed! (0x26:0x56:1463)",
        kind="gpu.driver",
        fields={"what": "rm_init_failed", "code": "0x26:0x56:1463", "gpu": "0000:0b:00.0"},
    ),
    Sample(
        "NVRM: The NVIDIA probe routine was not called for 2 device(s).\n"
        "NVRM: This can occur when a driver such as:\n"
        "NVRM: nouveau, rivafb, nvidiafb or rivatv\n"
        "NVRM: was loaded and obtained ownership of the NVIDIA device(s).",
        kind="gpu.driver",
        fields={"what": "nouveau", "devices": 2},
        count=1,
    ),
    Sample(
        "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\n"
        "               NVRM: BAR1 is 0M @ 0x0 (PCI:0000:17:00.0)\n"
        "nvidia: probe of 0000:17:00.0 failed with error -1",
        kind="gpu.driver",
        fields={"what": "bar_assign", "gpu": "0000:17:00.0"},
        count=2,
    ),
    Sample(
        "nvidia 0000:01:00.0: Direct firmware load for nvidia/550.54.15/gsp_ga10x.bin failed with "
        "error -2",
        kind="gpu.driver",
        fields={"what": "gsp_firmware_missing", "code": -2, "gpu": "0000:01:00.0"},
    ),
    Sample(
        "NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:c2:00 (printing 1 of every "
        "30).  The GPU likely needs to be reset.",
        kind="gpu.driver",
        fields={"what": "reset_required", "gpu": "0000:c2:00"},
    ),
    Sample(
        "NVRM: krcWatchdog_IMPL: RC watchdog: GPU is probably locked!  Notify Timeout Seconds: 7",
        kind="gpu.driver",
        fields={"what": "rc_watchdog", "seconds": 7},
    ),
    Sample(
        "NVRM: GPU at PCI:0000:9c:00: GPU-11223344-5566-7788-99aa-bbccddeeff00",
        kind="gpu.identity",
        count=1,
        fields={"gpu": "0000:9c:00", "gpu_uuid": "GPU-11223344-5566-7788-99aa-bbccddeeff00"},
    ),
    Sample(
        "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build  (b@h)",
        kind="gpu.driver_loaded",
        fields={"driver": "570.124.06"},
    ),
    Sample("NVRM: Xid (PCI:0000:91:00): 79, pid=1, GPU has fallen off the bus.", kind=None),
    Sample(
        "NVRM: GPU5 nvAssertFailedNoLog: Assertion failed: (status == NV_OK) || (status == "
        "NV_ERR_GPU_IN_FULLCHIP_RESET) @ rs_client.c:844\n"
        "NVRM: nvAssertOkFailedNoLog: Assertion failed: Generic Error @ rs_server.c:12",
        kind="gpu.driver",
        fields={"what": "assertion", "place": "rs_client.c:844"},
        count=1,
    ),
    Sample(
        "NVRM: GPU 0000:3e:00.0: GPU serial number is 1650000000001.",
        kind="gpu.identity",
        fields={"gpu": "0000:3e:00.0", "serial": "1650000000001"},
    ),
    Sample(
        "nvidia-uvm: uvm_gpu.c:1203 uvm_gpu_check_ecc_error[pid:5511] ECC error on GPU 3",
        kind="gpu.driver",
        fields={"what": "uvm_error", "function": "uvm_gpu_check_ecc_error", "pid": 5511},
    ),
    Sample("nvidia-uvm: Loaded the UVM driver, major device number 511.", kind=None),
    Sample("Runbook: if a GPU has fallen off the bus, drain the node", kind=None),
    Sample("3m  Warning  GpuLost  node/g7  NVRM: GPU 0000:3d:00.0: GPU has fallen off", kind=None),
    Sample("NVRM: Persistence mode is deprecated and will be removed in a future", kind=None),
    Sample("NVRM: GPU Board Serial Number: 0", kind=None),
)

COPY_SAMPLES = (
    Sample(
        "3m  Warning  GpuLost  node/gpu-7  NVRM: GPU 0000:3d:00.0: GPU has fallen off the bus.",
        kind="gpu.driver",
        fields={"what": "fell_off_bus", "gpu": "0000:3d:00.0"},
        count=1,
    ),
    Sample(
        "time=x level=error msg=found NVRM: GPU 0000:0b:00.0: RmInitAdapter failed! "
        "(0x62:0x40:2168)",
        kind="gpu.driver",
        fields={"what": "rm_init_failed", "status_name": "NV_ERR_INVALID_STATE"},
    ),
    Sample(
        "check_dmesg: FAILED: NVRM: The NVIDIA probe routine failed for 2 device(s).",
        kind="gpu.driver",
        fields={"what": "probe_failed", "devices": 2},
    ),
    Sample("NVRM: GPU 0000:3d:00.0: GPU has fallen off the bus.", kind=None),
    Sample("grep the log for NVRM: and read the lines round it", kind=None),
    Sample("3m  Warning  XidError  node/g7  NVRM: Xid (PCI:0000:4a:00): 79, lost", kind=None),
)
