"""What the NVIDIA kernel modules say of a running GPU beside Xids: lost cards, GSP, UVM, peermem.

One row a message of the driver's catalog. The near miss is a healthy line of the same subject, a
sentence about it, or the same words of another program.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


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


FORMS = (
    said(
        "fallen off the bus, beside its Xid",
        "[5781741.548783] NVRM: GPU 0000:81:00.0: GPU has fallen off the bus.",
        "[5781741.548783] health: a GPU has fallen off the bus",
        1,
        what="fell_off_bus",
        gpu="0000:81:00.0",
    ),
    said(
        "fallen off the bus, 2014",
        "[   49.261458] NVRM: GPU at 0000:02:00.0 has fallen off the bus.",
        "[   49.261458] if a GPU has fallen off the bus, reseat it",
        1,
        what="fell_off_bus",
        gpu="0000:02:00.0",
    ),
    said(
        "fallen off the bus at the probe, three lines",
        "[ 2843.308145] NVRM: The NVIDIA GPU 0000:c3:00.0\n"
        "               NVRM: (PCI ID: 10de:2330) installed in this system has\n"
        "               NVRM: fallen off the bus and is not responding to commands.",
        "[ 2843.308145] NVRM: The NVIDIA GPU 0000:c3:00.0 is installed in this system",
        3,
        what="fell_off_bus",
        gpu="0000:c3:00.0",
    ),
    said(
        "fallen off the bus, the PCI driver's prefix",
        "nvidia 0000:d1:00.0: GPU has fallen off the bus",
        "nvidia 0000:d1:00.0: enabling device (0000 -> 0002)",
        1,
        what="fell_off_bus",
        gpu="0000:d1:00.0",
    ),
    said(
        "crash dump offered",
        "[Fri Apr  5 21:29:39 2024] NVRM: A GPU crash dump has been created. If possible, please "
        "run\nNVRM: nvidia-bug-report.sh as root to collect this data before\nNVRM: the NVIDIA "
        "kernel module is unloaded.",
        "[Fri Apr  5 21:29:39 2024] systemd-coredump: a crash dump has been created",
        3,
        what="crash_dump",
    ),
    said(
        "GSP heartbeat",
        "[   25.302465] NVRM: GPU3 _kgspIsHeartbeatTimedOut: Heartbeat timed out, currentTimeMs "
        "811751949 heartbeat 1799482 heartbeatWithOffsetMs 811745879 diff 6071 timeout 5200",
        "[   25.302465] NVRM: GPU3 heartbeat is in time, timeout 5200",
        1,
        what="gsp_heartbeat",
        diff_ms=6071,
        timeout_ms=5200,
    ),
    said(
        "GSP errors rate limited",
        "NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:b1:00 (printing 1 of every "
        "40).  The GPU likely needs to be reset.",
        "printk: rate limiting prints (1 of every 40)",
        1,
        what="reset_required",
        gpu="0000:b1:00",
    ),
    said(
        "UVM dead until reboot",
        "NVRM: nvGpuOpsReportFatalError: uvm encountered global fatal error 0x60, requiring os "
        "reboot to recover.",
        "nvidia-uvm: Loaded the UVM driver, major device number 508.",
        1,
        what="uvm_fatal",
        code="0x60",
        status_name="NV_ERR_RC_ERROR",
    ),
    said(
        "UVM with place and pid",
        "nvidia-uvm: uvm_channel.c:2101 uvm_channel_check_errors[pid:6110] Channel error likely "
        "caused by push",
        "nvidia-uvm: Unloaded the UVM driver.",
        1,
        what="uvm_error",
        place="uvm_channel.c:2101",
        function="uvm_channel_check_errors",
        pid=6110,
    ),
    said(
        "peermem, context freed twice",
        "[Fri Aug 30 11:11:22 2024] nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected "
        "invalid context, skipping further processing",
        "[Fri Aug 30 11:11:22 2024] nvidia-peermem registered with the core",
        1,
        what="peermem_invalid_context",
    ),
    said(
        "peermem, pages",
        "nvidia-peermem nv_mem_get_pages:231 error -22 while calling nvidia_p2p_get_pages() "
        "va=0x7f0000000000 size=0x200000",
        "nvidia-peermem nv_mem_get_pages:231 pages pinned",
        1,
        what="peermem_error",
        code=-22,
        call="nvidia_p2p_get_pages",
        function="nv_mem_get_pages",
    ),
    said(
        "NVLink receiver not found",
        "Jul 10 12:07:26 pool-3 kernel: NVRM: knvlinkDiscoverPostRxDetLinks_GH100: Getting peer2's "
        "postRxDetLinkMask failed!",
        "Jul 10 12:07:26 pool-3 kernel: NVRM: knvlinkDiscoverPostRxDetLinks_GH100: done",
        1,
        what="nvlink_rx_detect",
        host="pool-3",
    ),
    said(
        "watchdog of the engines",
        "NVRM: krcWatchdog_IMPL: RC watchdog: GPU is probably locked!  Notify Timeout Seconds: 7",
        "NVRM: krcWatchdog_IMPL: RC watchdog: enabled",
        1,
        what="rc_watchdog",
        seconds=7,
    ),
    said(
        "all channels recovered",
        "NVRM: krcRcAndNotifyAllChannels_IMPL: RC all channels for critical error 79.",
        "NVRM: RC all channels are idle",
        1,
        what="rc_all_channels",
        caused_by_xid=79,
    ),
    said(
        "memory subsystem",
        "[   84.300480] NVRM: GPU3 kgmmuCheckMemSubsysError_IMPL: Memory Subsystem Error detected. "
        "kbusSendSysmembarSingle failed.",
        "[   84.300480] EDAC: Memory Subsystem ready",
        1,
        what="memory_subsystem",
    ),
    said(
        "a stream of assertions",
        "\n".join(
            "Jun 13 17:31:44 node-1 kernel: NVRM: GPU0 nvAssertFailedNoLog: Assertion failed: "
            f"(status == NV_OK) || (status == NV_ERR_GPU_IN_FULLCHIP_RESET) @ mem.c:{line}"
            for line in (178, 180, 190)
        ),
        "Jun 13 17:31:44 node-1 kernel: Assertion failed: (status == NV_OK)",
        3,
        what="assertion",
        place="mem.c:178",
    ),
    said(
        "GSP dump alone",
        "[Sun Feb 23 16:24:18 2025] NVRM: GPU4 GSP RPC buffer contains function 103 (GSP_RM_ALLOC) "
        "and data 0x0000000000002081 0x0000000000000004.",
        "[Sun Feb 23 16:24:18 2025] rpc: buffer contains function 103",
        1,
        what="gsp_dump",
    ),
    said(
        "GSP core dump, Talos",
        "192.168.11.119: kern: warning: [2026-04-22T21:27:51.291660856Z]: NVRM: "
        "kflcnCoreDumpNondestructive_IMPL: TRACE: 09 = 0x0000000004d4b1b0",
        "192.168.11.119: user: warning: [2026-04-22T21:27:51.291660856Z]: NVRM: "
        "kflcnCoreDumpNondestructive_IMPL: TRACE: 09 = 0x0000000004d4b1b0",
        1,
        what="gsp_dump",
        host="192.168.11.119",
    ),
    said(
        "a function of the driver speaks",
        "NVRM: GPU2 kfspPollForQueueEmpty_IMPL: Timed out waiting for FSP command queue",
        "NVRM: Persistence mode is deprecated and will be removed in a future release. Please use "
        "nvidia-persistenced instead.",
        1,
        what="debug",
        driver_index=2,
        function="kfspPollForQueueEmpty_IMPL",
    ),
    said(
        "display side",
        "nvidia-modeset: ERROR: GPU:1: Idling display engine timed out: 0x0000c67d:0:0:1132",
        "nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64",
        1,
        what="modeset",
        driver_index=1,
    ),
    said(
        "type-C controller",
        "nvidia-gpu 0000:0b:00.3: i2c timeout error e0000000",
        "nvidia-gpu 0000:0b:00.3: enabling device (0000 -> 0002)",
        1,
        what="i2c_timeout",
        gpu="0000:0b:00.3",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
