"""Limits, clocks, heat, PCIe slots and the life of a boot, as the kernel tells them."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def row(kind: str, what: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One line of the kernel's log."""
    return Form(
        row=f"{what}: {text[:52]}",
        text=f"[ 9120.330011] {text}\n",
        wants=(Want(kind, {"what": what, **fields}, (1, 1)),),
        near_miss=f"[ 9120.330011] {near_miss}\n",
    )


LIMITS = (
    row(
        "kernel.limit",
        "pids",
        "cgroup: fork rejected by pids controller in /system.slice/jupyterhub.service",
        "cgroup: Disabling memory control group subsystem",
        cgroup="/system.slice/jupyterhub.service",
        unit="jupyterhub.service",
    ),
    row(
        "kernel.limit",
        "file_max",
        "VFS: file-max limit 811034 reached",
        "VFS: Disk quotas dquot_6.6.0",
        limit=811034,
    ),
    row(
        "kernel.limit",
        "clock_unstable",
        "clocksource: timekeeping watchdog on CPU41: Marking clocksource 'tsc-early' as unstable "
        "because the skew is too large:",
        "clocksource: Switched to clocksource tsc",
        clock="tsc-early",
    ),
    row(
        "kernel.limit",
        "clock_unstable",
        "tsc: Marking TSC unstable due to check_tsc_sync_source failed",
        "tsc: Refined TSC clocksource calibration: 2445.406 MHz",
        reason="check_tsc_sync_source failed",
    ),
    row(
        "kernel.limit",
        "cpu_throttled",
        "mce: CPU11: Package temperature is above threshold, cpu clock is throttled (total events "
        "= 812)",
        "mce: CPU11: Package temperature/speed normal",
        cpu=11,
        part="Package",
        count=812,
    ),
    row(
        "kernel.limit",
        "cpu_throttled",
        "CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)",
        "CPU3: Core temperature/speed normal",
        cpu=3,
        part="Core",
    ),
    row(
        "kernel.limit",
        "slab_alloc",
        "SLUB: Unable to allocate memory on node -1, gfp=0xcc0(GFP_KERNEL)",
        "SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=96, Nodes=2",
    ),
    row(
        "kernel.limit",
        "slab_alloc",
        "SLUB: Unable to allocate memory on CPU 4 (of node 1) on node -1, gfp=0x92cc0",
        "SLUB: slab_nomerge is off",
    ),
)

LIFE = (
    row(
        "kernel.boot",
        "boot",
        "Linux version 6.8.0-1021-nvidia (buildd@lcy02) (gcc-13 13.3.0) #23-Ubuntu SMP",
        "Linux version is shown by uname",
        kernel="6.8.0-1021-nvidia",
    ),
    row(
        "kernel.boot",
        "reboot",
        "reboot: Restarting system",
        "reboot: in 5 minutes, said ops",
    ),
    row("kernel.boot", "power_off", "reboot: Power down", "Power down the rack"),
    row("kernel.boot", "suspend", "PM: suspend entry (deep)", "PM: suspend is disabled"),
    row("kernel.boot", "resume", "PM: suspend exit", "PM: Registered nosave memory"),
    row(
        "kernel.lost",
        "records",
        "** 811 printk messages dropped **",
        "printk: console [tty0] enabled",
        count=811,
    ),
    row(
        "kernel.lost",
        "suppressed",
        "oom_kill_process: 71 callbacks suppressed",
        "oom_kill_process: callbacks are rate-limited",
        count=71,
        function="oom_kill_process",
    ),
    row(
        "kernel.module",
        "mismatch",
        "gdrdrv: version magic '6.5.0-35-generic SMP mod_unload ' should be '6.5.0-41-generic SMP "
        "mod_unload '",
        "gdrdrv: version 2.4",
        module="gdrdrv",
        built_for="6.5.0-35-generic",
        running="6.5.0-41-generic",
    ),
    row(
        "kernel.module",
        "mismatch",
        "nvidia_uvm: disagrees about version of symbol module_layout",
        "nvidia_uvm: Loaded the UVM driver, major device number 511.",
        module="nvidia_uvm",
        symbol="module_layout",
    ),
    row(
        "kernel.module",
        "taint",
        "gdrdrv: loading out-of-tree module taints kernel.",
        "gdrdrv: loading module",
        module="gdrdrv",
    ),
    row(
        "kernel.module",
        "unknown_symbol",
        "nvidia_peermem: Unknown symbol ib_register_peer_memory_client (err -2)",
        "nvidia_peermem: symbol exported",
        module="nvidia_peermem",
        symbol="ib_register_peer_memory_client",
        code=-2,
    ),
)

SLOTS = (
    row(
        "kernel.pcie",
        "link_down",
        "pcieport 0000:c0:01.1: pciehp: Slot(12): Link Down",
        "pcieport 0000:c0:01.1: pciehp: Slot #12 AttnBtn- PwrCtrl-",
        device="0000:c0:01.1",
        slot="12",
    ),
    row(
        "kernel.pcie",
        "card_removed",
        "pciehp 0000:00:1c.0:pcie004: Slot(4): Card not present",
        "pciehp 0000:00:1c.0:pcie004: Slot(4): Card present",
        device="0000:00:1c.0",
        slot="4",
    ),
    row(
        "kernel.pcie",
        "link_degraded",
        "pci 0000:3b:00.0: 31.504 Gb/s available PCIe bandwidth, limited by 16.0 GT/s PCIe x2 link "
        "at 0000:3a:00.0 (capable of 252.048 Gb/s with 16.0 GT/s PCIe x16 link)",
        "pci 0000:3b:00.0: 252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)",
        device="0000:3b:00.0",
        limit="16.0 GT/s PCIe x2",
        limited_at="0000:3a:00.0",
        capable="16.0 GT/s PCIe x16",
    ),
    row(
        "kernel.pcie",
        "iommu_fault",
        "DMAR: [DMA Write NO_PASID] Request device [5e:00.0] fault addr 0x7f000 [fault reason "
        "0x05] PTE Write access is not set",
        "DMAR: Intel(R) Virtualization Technology for Directed I/O",
        device="5e:00.0",
        address="0x7f000",
    ),
    row(
        "kernel.pcie",
        "iommu_fault",
        "nvidia 0000:c1:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0021 address=0xf6000000 "
        "flags=0x0020]",
        "AMD-Vi: Interrupt remapping enabled",
        device="0000:c1:00.0",
        address="0xf6000000",
    ),
)


@pytest.mark.parametrize("form", [*LIMITS, *LIFE, *SLOTS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
