"""What else the kernel finds wrong with itself: BUGs, sanitizers, damaged memory, warnings."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

BAD_PAGE = """\
[ 401.1] BUG: Bad page state in process python3  pfn:1b2c3d
[ 401.2] page:ffffea0006cb0f40 count:-1 mapcount:0 mapping:          (null) index:0x0
[ 401.3] flags: 0x17ffffc0000000()
[ 401.4] raw: 0017ffffc0000000 0000000000000000 0000000000000000 ffffffffffffffff
[ 401.5] page dumped because: nonzero _count
[ 401.6] Modules linked in: nvidia_uvm(POE) nvidia(POE)
[ 401.7] CPU: 5 PID: 7711 Comm: python3 Tainted: P    B      OE     4.15.0-213-generic #224-Ubuntu
[ 401.8] Call Trace:
[ 401.9]  bad_page+0xce/0x130
[ 402.0]  get_page_from_freelist+0x8c5/0x1420
"""

KASAN = """\
[  55.1] ==================================================================
[  55.2] BUG: KASAN: slab-use-after-free in gdr_unpin_buffer+0x1c4/0x210 [gdrdrv]
[  55.3] Read of size 8 at addr ffff8881a2b3c4d0 by task nccl-tests/4120
[  55.4] CPU: 3 PID: 4120 Comm: nccl-tests Tainted: G           OE      6.5.0-41-generic #41
[  55.5] Call Trace:
[  55.6]  kasan_report+0xc7/0x100
[  55.7]  gdr_unpin_buffer+0x1c4/0x210 [gdrdrv]
[  55.8] Allocated by task 4120:
[  55.9]  kmalloc_trace+0x2a/0xa0
"""

UBSAN = """\
[  12.1] ------------[ cut here ]------------
[  12.2] UBSAN: array-index-out-of-bounds in /build/linux/drivers/net/ethernet/x/main.c:311:21
[  12.3] index 9 is out of range for type 'u8 [8]'
[  12.4] CPU: 9 PID: 1401 Comm: ethtool Tainted: G           OE      6.8.0-31-generic #31-Ubuntu
[  12.5] Call Trace:
[  12.6]  <TASK>
[  12.7]  __ubsan_handle_out_of_bounds+0xc6/0x110
[  12.8]  x_get_stats+0x2b1/0x3a0 [x]
[  12.9]  </TASK>
[  13.0] ---[ end trace ]---
"""

ALLOC = """\
[ 910.1] warn_alloc: 2 callbacks suppressed
[ 910.2] kswapd1: page allocation failure: order:0, mode:0x820(GFP_ATOMIC), nodemask=(null),\
cpuset=/,mems_allowed=0-1
[ 910.3] CPU: 33 PID: 411 Comm: kswapd1 Kdump: loaded Not tainted 5.14.0-427.el9.x86_64 #1
[ 910.4] Call Trace:
[ 910.5]  <IRQ>
[ 910.6]  warn_alloc+0x138/0x160
[ 910.7]  mlx5e_alloc_rx_wqe+0x2a/0x90 [mlx5_core]
[ 910.8]  </IRQ>
[ 910.9] Mem-Info:
[ 911.0] active_anon:2201 inactive_anon:8820011 isolated_anon:0
[ 911.1]  free:91120 free_pcp:0 free_cma:0
[ 911.2] Node 1 Normal free:181004kB boost:0kB min:180112kB low:221000kB high:262000kB
[ 911.3] lowmem_reserve[]: 0 0 0 0 0
[ 911.4] 0 pages hwpoisoned
"""

IRQ = """\
[ 300.1] irq 16: nobody cared (try booting with the "irqpoll" option)
[ 300.2] CPU: 0 PID: 0 Comm: swapper/0 Tainted: P           OE     5.15.0-91-generic #101-Ubuntu
[ 300.3] Call Trace:
[ 300.4]  <IRQ>
[ 300.5]  __report_bad_irq+0x3d/0xb4
[ 300.6]  </IRQ>
[ 300.7] handlers:
[ 300.8] [<00000000a1b2c3d4>] usb_hcd_irq
[ 300.9] [<00000000b1b2c3d4>] nvidia_isr [nvidia]
[ 301.0] Disabling IRQ #16
"""

FORMS = (
    Form(
        row="bad page state",
        text=BAD_PAGE,
        wants=(
            Want("kernel.bug", {"what": "bad_page", "pid": 7711, "process": "python3"}, (1, 10)),
        ),
        near_miss="[ 401.1] BUG: Bad page layout in the manual of this process\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="bad rss counter",
        text="[ 9.1] BUG: Bad rss-counter state mm:00000000a1b2c3d4 type:MM_SHMEMPAGES val:2048\n",
        wants=(Want("kernel.bug", {"what": "bad_page"}, (1, 1)),),
        near_miss="[ 9.1] rss-counter state is fine\n",
    ),
    Form(
        row="KASAN",
        text=KASAN,
        wants=(
            Want(
                "kernel.bug",
                {
                    "what": "kasan", "pid": 4120, "process": "nccl-tests",
                    "function": "gdr_unpin_buffer", "module": "gdrdrv",
                },
                (1, 9),
            ),
        ),
        near_miss="[ 0.1] kasan: KernelAddressSanitizer initialized (generic)\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="KFENCE",
        text=(
            "[  55.1] BUG: KFENCE: use-after-free read in nft_rule_lookup+0x51/0x90 [nf_tables]\n"
            "[  55.2] CPU: 0 PID: 88 Comm: nft Not tainted 6.1.0-21-amd64 #1\n"
        ),
        wants=(Want("kernel.bug", {"what": "kasan", "pid": 88, "function": "nft_rule_lookup"}),),
        near_miss="[ 0.1] kfence: initialized - using 2097152 bytes for 255 objects\n",
    ),
    Form(
        row="double fault and the stack's end",
        text=(
            "[ 3.1] BUG: TASK stack guard page was hit at 00000000a1b2c3d4\n"
            "[ 3.2] stack guard page: 0000 [#1] PREEMPT SMP\n"
            "[ 3.3] CPU: 1 PID: 55 Comm: deep Not tainted 6.6.1 #1\n"
            "[ 9.1] PANIC: double fault, error_code: 0x0\n"
            "[ 9.2] CPU: 2 PID: 56 Comm: deeper Not tainted 4.14.1 #1\n"
        ),
        wants=(
            Want("kernel.bug", {"what": "stack_overflow", "pid": 55}, (1, 3)),
            Want("kernel.oops", {"what": "double_fault", "pid": 56}, (4, 5)),
        ),
        near_miss="tennis: double fault at match point\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="divide error, by its die line",
        text=(
            "[ 3.1] divide error: 0000 [#1] SMP NOPTI\n"
            "[ 3.2] CPU: 1 PID: 551 Comm: fio Not tainted 5.10.0-28-amd64 #1 Debian 5.10.209-2\n"
            "[ 3.3] RIP: 0010:tb_calc+0x11/0x40 [tb]\n"
        ),
        wants=(
            Want(
                "kernel.oops",
                {"what": "divide_error", "pid": 551, "oops_number": 1, "module": "tb"},
                (1, 3),
            ),
        ),
        near_miss="[ 3.1] traps: fio[551] trap divide error ip:55 sp:7f error:0 in fio[55+1]\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="arm64 SError",
        text=(
            "[ 8.1] SError Interrupt on CPU44, code 0x00000000be000011 -- SError\n"
            "[ 8.2] CPU: 44 PID: 9100 Comm: python3 Tainted: G       OE     6.8.0-1021 #23\n"
            "[ 8.3] pc : uvm_hal_write+0x18/0x60 [nvidia_uvm]\n"
            "[ 8.4] Kernel panic - not syncing: Asynchronous SError Interrupt\n"
        ),
        wants=(
            Want("kernel.oops", {"what": "serror", "pid": 9100, "module": "nvidia_uvm"}, (1, 3)),
            Want("kernel.panic", {"reason": "Asynchronous SError Interrupt"}, (4, 4)),
        ),
        near_miss="[ 0.1] CPU features: detected: RAS Extension Support, SError\n",
    ),
    Form(
        row="list corruption",
        text=(
            "[ 8.1] list_del corruption. prev->next should be ffff88a1, but was dead000000000100\n"
            "[ 8.2] ------------[ cut here ]------------\n"
            "[ 8.3] kernel BUG at lib/list_debug.c:51!\n"
            "[ 8.4] invalid opcode: 0000 [#1] SMP PTI\n"
            "[ 8.5] CPU: 8 PID: 60 Comm: ksoftirqd/8 Not tainted 4.18.0-553.el8.x86_64 #1\n"
        ),
        wants=(
            Want("kernel.bug", {"what": "assertion", "where": "lib/list_debug.c:51", "pid": 60}),
        ),
        near_miss="We fixed a list_del corruption in the driver.\n",
    ),
    Form(
        row="WARNING of 3.10: no CPU in front, empty parentheses",
        text=(
            "[ 7.1] ------------[ cut here ]------------\n"
            "[ 7.2] WARNING: at net/sched/sch_generic.c:300 dev_watchdog+0x242/0x250()\n"
            "[ 7.3] NETDEV WATCHDOG: em1 (tg3): transmit queue 0 timed out\n"
            "[ 7.4] CPU: 0 PID: 0 Comm: swapper/0 Not tainted 3.10.0-514.el7.x86_64 #1\n"
            "[ 7.5] ---[ end trace 7a8b9c0d1e2f3a4b ]---\n"
        ),
        wants=(
            Want(
                "kernel.warning",
                {"what": "warn_on", "where": "net/sched/sch_generic.c:300", "process": "swapper/0"},
                (1, 5),
            ),
            Want("kernel.net", {"what": "tx_timeout", "interface": "em1", "driver": "tg3"}),
        ),
        near_miss="WARNING: at least one node is down, see dev_watchdog\n",
    ),
    Form(
        row="WARNING with CPU and PID, a text in front",
        text=(
            "[ 7.1] ------------[ cut here ]------------\n"
            "[ 7.2] refcount_t: underflow; use-after-free.\n"
            "[ 7.3] WARNING: CPU: 22 PID: 3120 at lib/refcount.c:28 "
            "refcount_warn_saturate+0xf7/0x150\n"
            "[ 7.4] CPU: 22 PID: 3120 Comm: rdma_cm Tainted: G           OE      6.5.0-44 #44\n"
            "[ 7.5] ---[ end trace 0000000000000000 ]---\n"
        ),
        wants=(
            Want(
                "kernel.warning",
                {
                    "cpu": 22, "pid": 3120, "process": "rdma_cm", "where": "lib/refcount.c:28",
                    "function": "refcount_warn_saturate",
                },
                (1, 5),
            ),
        ),
        near_miss="WARNING: CPU: 99% PID: 3120 at 12:00\n",
        parser="kernel_warning",
        unclaimed=0,
    ),
    Form(
        row="WARNING of 6.16 and later",
        text=(
            "[ 7.2] WARNING: drivers/iommu/dma-iommu.c:840 at __iommu_dma_unmap+0x161/0x170, "
            "CPU#3: kworker/3:1H/290\n"
            "[ 7.4] ---[ end trace 0000000000000000 ]---\n"
        ),
        wants=(
            Want(
                "kernel.warning",
                {
                    "where": "drivers/iommu/dma-iommu.c:840", "function": "__iommu_dma_unmap",
                    "cpu": 3, "process": "kworker/3:1H", "pid": 290,
                },
                (1, 2),
            ),
        ),
        near_miss="WARNING: main.c:840 at line end, CPU# unknown\n",
    ),
    Form(
        row="UBSAN",
        text=UBSAN,
        wants=(
            Want(
                "kernel.warning",
                {"what": "ubsan", "pid": 1401, "process": "ethtool", "function": "x_get_stats"},
                (1, 10),
            ),
        ),
        near_miss="CONFIG_UBSAN=y\nUBSAN: see the documentation\n",
        parser="kernel_warning",
        unclaimed=0,
    ),
    Form(
        row="an interrupt that nobody wants",
        text=IRQ,
        wants=(
            Want("kernel.warning", {"what": "irq_nobody_cared", "irq": 16, "cpu": 0}, (1, 10)),
        ),
        near_miss="nobody cared about irq 16\n",
        parser="kernel_warning",
        unclaimed=0,
    ),
    Form(
        row="page allocation failure with the memory table",
        text=ALLOC,
        wants=(
            Want(
                "kernel.page_alloc_failure",
                {"process": "kswapd1", "order": 0, "pid": 411, "mode": "0x820(GFP_ATOMIC)"},
                (2, 14),
            ),
        ),
        near_miss="[ 910.9] Mem-Info:\n[ 911.4] 0 pages hwpoisoned\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
