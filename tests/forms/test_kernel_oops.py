"""Oopses of each architecture and time: one event, from the headline to the end of the dump."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

EL7 = """\
[ 9011.200101] BUG: unable to handle kernel NULL pointer dereference at           (null)
[ 9011.200109] IP: [<ffffffffc0d1f0a0>] _nv012345rm+0x30/0x120 [nvidia]
[ 9011.200115] PGD 0 \n\
[ 9011.200118] Oops: 0002 [#1] SMP \n\
[ 9011.200121] Modules linked in: nvidia_uvm(OE) nvidia(POE) edac_mce_amd xfs libcrc32c
[ 9011.200130] CPU: 3 PID: 44120 Comm: nvidia-smi Tainted: P           OE  ------------   \
3.10.0-1160.el7.x86_64 #1
[ 9011.200133] Hardware name: Supermicro SYS-4029GP-TRT/X11DPG-OT-CPU, BIOS 3.3 02/21/2020
[ 9011.200136] task: ffff9d3b1a2b8000 ti: ffff9d3b2c4d0000 task.ti: ffff9d3b2c4d0000
[ 9011.200139] RIP: 0010:[<ffffffffc0d1f0a0>]  [<ffffffffc0d1f0a0>] _nv012345rm+0x30/0x120 [nvidia]
[ 9011.200142] RSP: 0018:ffff9d3b2c4d3c88  EFLAGS: 00010246
[ 9011.200145] RAX: 0000000000000000 RBX: ffff9d3b11223344 RCX: 0000000000000000
[ 9011.200148] CR2: 0000000000000000 CR3: 0000000c2a1b4000 CR4: 00000000007607e0
[ 9011.200151] Stack:
[ 9011.200154]  ffff9d3b11223344 0000000000000000 ffff9d3b55667788 ffffffffc0d1e000
[ 9011.200157] Call Trace:
[ 9011.200160]  [<ffffffffc0d1e2b0>] ? rm_ioctl+0x54/0xb0 [nvidia]
[ 9011.200163]  [<ffffffffc05b6d1c>] nvidia_ioctl+0x1ac/0x6b0 [nvidia]
[ 9011.200166]  [<ffffffff8a2627a0>] do_vfs_ioctl+0x3a0/0x5b0
[ 9011.200169] Code: 55 48 89 e5 41 54 53 48 89 fb 48 8b 47 08 <48> 89 18 5b
[ 9011.200172] RIP  [<ffffffffc0d1f0a0>] _nv012345rm+0x30/0x120 [nvidia]
[ 9011.200175]  RSP <ffff9d3b2c4d3c88>
[ 9011.200178] CR2: 0000000000000000
[ 9011.200181] ---[ end trace 5b1d2c3e4f506172 ]---
[ 9011.200184] Kernel panic - not syncing: Fatal exception
[ 9011.200187] Kernel Offset: 0x9000000 from 0xffffffff81000000
"""

UBUNTU_44 = """\
[ 220.110001] BUG: unable to handle kernel paging request at ffffc90003a1b010
[ 220.110005] IP: [<ffffffffc04d3e21>] mlx5_eq_int+0x91/0x550 [mlx5_core]
[ 220.110008] PGD 17f81d067 PUD 17f81e067 PMD 1669aa067 PTE 0
[ 220.110011] Oops: 0000 [#1] SMP NOPTI
[ 220.110014] CPU: 12 PID: 0 Comm: swapper/12 Tainted: G           OE   4.4.0-210-generic #242
[ 220.110017] RIP: 0010:[<ffffffffc04d3e21>]  [<ffffffffc04d3e21>] mlx5_eq_int+0x91/0x550 \
[mlx5_core]
[ 220.110020] Call Trace:
[ 220.110023]  <IRQ> \n\
[ 220.110026]  [<ffffffff810e0e4e>] handle_irq_event_percpu+0x8e/0x1c0
[ 220.110029]  <EOI> \n\
[ 220.110032] ---[ end trace 1a2b3c4d5e6f7081 ]---
"""

NEW = """\
[T30211] BUG: unable to handle page fault for address: ffffb1f0c2a80000
[T30211] #PF: supervisor write access in kernel mode
[T30211] #PF: error_code(0x0002) - not-present page
[T30211] PGD 100000067 P4D 100000067 PUD 0 \n\
[T30211] Oops: Oops: 0002 [#1] PREEMPT SMP NOPTI
[T30211] CPU: 64 UID: 1001 PID: 30211 Comm: train_ddp.py Tainted: P           OE      \
6.11.0-29-generic #29~24.04.1-Ubuntu
[T30211] Tainted: [P]=PROPRIETARY_MODULE, [O]=OOT_MODULE, [E]=UNSIGNED_MODULE
[T30211] RIP: 0010:uvm_va_block_map+0x2f1/0x9a0 [nvidia_uvm]
[T30211] Code: 0f 1f 00 48 8b 45 d0 <48> 89 08
[T30211] RSP: 0018:ffffb1f0aa113c40 EFLAGS: 00010206
[T30211] Call Trace:
[T30211]  <TASK>
[T30211]  ? __die_body.cold+0x19/0x2b
[T30211]  ? page_fault_oops+0x15c/0x2e0
[T30211]  uvm_api_migrate+0x2a5/0x7e0 [nvidia_uvm]
[T30211]  </TASK>
[T30211] Modules linked in: nvidia_uvm(POE) nvidia_drm(POE) nvidia(POE)
[T30211] CR2: ffffb1f0c2a80000
[T30211] ---[ end trace 0000000000000000 ]---
[T30211] RIP: 0010:uvm_va_block_map+0x2f1/0x9a0 [nvidia_uvm]
"""

ARM64 = """\
[  77.100100] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000038
[  77.100104] Mem abort info:
[  77.100107]   ESR = 0x0000000096000004
[  77.100110]   EC = 0x25: DABT (current EL), IL = 32 bits
[  77.100113]   SET = 0, FnV = 0
[  77.100116]   EA = 0, S1PTW = 0
[  77.100119]   FSC = 0x04: level 0 translation fault
[  77.100122] Data abort info:
[  77.100125]   ISV = 0, ISS = 0x00000004
[  77.100128]   CM = 0, WnR = 0
[  77.100131] user pgtable: 64k pages, 48-bit VAs, pgdp=00000000a1b2c3d0
[  77.100134] [0000000000000038] pgd=0000000000000000, p4d=0000000000000000
[  77.100137] Internal error: Oops: 0000000096000004 [#1] SMP
[  77.100140] Modules linked in: nvidia_peermem(OE) nvidia(OE) ib_core(OE)
[  77.100143] CPU: 31 PID: 8120 Comm: nccl_proxy Tainted: G           OE      6.2.0-1015-nvidia #15
[  77.100146] Hardware name: Quanta Cloud Technology Inc. QuantaGrid S74G-2U
[  77.100149] pstate: 80400009 (Nzcv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
[  77.100152] pc : nv_mem_put_pages+0x44/0x1d0 [nvidia_peermem]
[  77.100155] lr : ib_umem_release+0x90/0x130 [ib_core]
[  77.100158] sp : ffff80008f1bbb40
[  77.100161] x29: ffff80008f1bbb40 x28: ffff000112345678 x27: 0000000000000000
[  77.100164] Call trace:
[  77.100167]  nv_mem_put_pages+0x44/0x1d0 [nvidia_peermem]
[  77.100170]  ib_umem_release+0x90/0x130 [ib_core]
[  77.100173] Code: aa0003f3 f9401c14 b4000074 (f9401e81) \n\
[  77.100176] ---[ end trace 0000000000000000 ]---
"""

POWER = """\
BUG: Kernel NULL pointer dereference on read at 0x00000010
Faulting instruction address: 0xc008000012f41a2c
Oops: Kernel access of bad area, sig: 11 [#1]
LE PAGE_SIZE=64K MMU=Radix SMP NR_CPUS=2048 NUMA PowerNV
Modules linked in: nvidia(POE)
CPU: 88 PID: 71220 Comm: lsf_job Tainted: P           OE     4.18.0-305.el8.ppc64le #1
NIP:  c008000012f41a2c LR: c008000012f41a10 CTR: c000000000a12f50
REGS: c000001f9b2c3640 TRAP: 0300   Tainted: P           OE
NIP [c008000012f41a2c] nvidia_dev_get+0x8c/0x140 [nvidia]
LR [c008000012f41a10] nvidia_dev_get+0x70/0x140 [nvidia]
Call Trace:
[c000001f9b2c38d0] [c008000012f41a10] nvidia_dev_get+0x70/0x140 [nvidia] (unreliable)
Instruction dump:
60000000 e93f0000 2fa90000 419e0054
---[ end trace 99aabbccddeeff00 ]---
"""

FORMS = (
    Form(
        row="3.10: a null address in words, RIP twice, then the panic",
        text=EL7,
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "null_pointer", "pid": 44120, "process": "nvidia-smi", "cpu": 3,
                    "function": "_nv012345rm", "module": "nvidia", "taint": "POE",
                    "oops_number": 1, "kernel": "3.10.0-1160.el7.x86_64",
                },
                (1, 23),
            ),
            Want("kernel.panic", {"reason": "Fatal exception"}, (24, 25)),
        ),
        near_miss="watchdog: pod died: NullPointerException, not an Oops of the kernel\n",
        unclaimed=0,
    ),
    Form(
        row="4.4: paging request in an interrupt",
        text=UBUNTU_44,
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "page_fault", "address": "ffffc90003a1b010", "cpu": 12, "pid": 0,
                    "process": "swapper/12", "function": "mlx5_eq_int", "module": "mlx5_core",
                },
                (1, 11),
            ),
        ),
        near_miss="[ 2.1] IP: [<ffffffffc04d3e21>] was seen before, unable to handle it\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="6.11: page fault, two Oops words, UID on the CPU line, caller ids",
        text="\n".join(f"[ 812.{n:06}]{row}" for n, row in enumerate(NEW.splitlines())),
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "page_fault", "address": "ffffb1f0c2a80000", "pid": 30211,
                    "process": "train_ddp.py", "cpu": 64, "function": "uvm_va_block_map",
                    "module": "nvidia_uvm", "taint": "POE", "oops_number": 1,
                },
                (1, 19),
            ),
        ),
        near_miss="[ 812.1][ T302] perf: unable to handle page faults in guest\n",
    ),
    Form(
        row="general protection fault, old",
        text=(
            "[ 5.1] general protection fault: 0000 [#1] SMP PTI\n"
            "[ 5.2] CPU: 7 PID: 900 Comm: xfsaild/dm-3 Not tainted 4.18.0-477.el8.x86_64 #1\n"
            "[ 5.3] RIP: 0010:xfs_buf_delwri_queue+0x21/0x110 [xfs]\n"
        ),
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "general_protection", "process": "xfsaild/dm-3", "module": "xfs",
                    "oops_number": 1, "function": "xfs_buf_delwri_queue",
                },
                (1, 3),
            ),
        ),
        near_miss="[ 5.1] traps: x[9] general protection fault ip:55 sp:7f error:0 in x[5+1]\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="general protection fault, 6.10 and later",
        text=(
            "[ 5.1] Oops: general protection fault, probably for non-canonical address "
            "0xdead000000000108: 0000 [#3] SMP NOPTI\n"
            "[ 5.2] CPU: 7 UID: 0 PID: 900 Comm: kworker/7:2 Tainted: G      D W   6.12.9 #1\n"
            "[ 5.3] RIP: 0010:__list_del_entry_valid_or_report+0x45/0xb0\n"
        ),
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "general_protection", "oops_number": 3, "taint": "GDW", "pid": 900,
                    "address": "0xdead000000000108",
                },
                (1, 3),
            ),
        ),
        near_miss="Oops: general protection of personal data applies\n",
    ),
    Form(
        row="kernel BUG at, with its trap",
        text=(
            "[ 6.0] ------------[ cut here ]------------\n"
            "[ 6.1] kernel BUG at fs/ext4/inode.c:2712!\n"
            "[ 6.2] Oops: invalid opcode: 0000 [#1] PREEMPT SMP PTI\n"
            "[ 6.3] CPU: 4 PID: 311 Comm: jbd2/nvme0n1p2- Not tainted 6.1.0-21-amd64 #1\n"
            "[ 6.4] RIP: 0010:ext4_writepages+0xd4a/0xd60 [ext4]\n"
            "[ 6.5] ---[ end trace 0000000000000000 ]---\n"
        ),
        wants=(
            Want(
                "kernel.bug",
                {
                    "what": "assertion", "where": "fs/ext4/inode.c:2712", "pid": 311,
                    "function": "ext4_writepages", "module": "ext4", "oops_number": 1,
                },
                (1, 6),
            ),
        ),
        near_miss="see the kernel BUG at https://bugzilla.kernel.org/show_bug.cgi?id=1\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="arm64: abort info, pc and lr",
        text=ARM64,
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "null_pointer", "address": "0000000000000038", "pid": 8120,
                    "process": "nccl_proxy", "cpu": 31, "function": "nv_mem_put_pages",
                    "module": "nvidia_peermem", "oops_number": 1,
                },
                (1, 26),
            ),
        ),
        near_miss="java: Internal error: Oops at com.example.Main\n",
        parser="oops",
        unclaimed=0,
    ),
    Form(
        row="arm64: other aborts",
        text=(
            "[ 1.1] Internal error: synchronous external abort: 0000000096000210 [#1] SMP\n"
            "[ 1.2] CPU: 2 PID: 70 Comm: irq/88-pcie Not tainted 6.8.0-1011-nvidia-64k #11\n"
            "[ 1.3] pc : tegra_pcie_readl+0x18/0x2c\n"
        ),
        wants=(
            Want(
                "kernel.oops",
                {"pid": 70, "process": "irq/88-pcie", "function": "tegra_pcie_readl"},
                (1, 3),
            ),
        ),
        near_miss="Internal error: synchronous replication aborted [1]\n",
    ),
    Form(
        row="arm64: a BUG without its headline",
        text=(
            "[ 1.1] Internal error: Oops - BUG: 00000000f2000800 [#1] SMP\n"
            "[ 1.2] pc : free_unref_page+0x88/0x90\n"
        ),
        wants=(Want("kernel.oops", {"oops_number": 1, "function": "free_unref_page"}, (1, 2)),),
        near_miss="Internal error: Oops, BUG in our code\n",
    ),
    Form(
        row="POWER: bad area, NIP",
        text=POWER,
        wants=(
            Want(
                "kernel.oops",
                {
                    "what": "null_pointer", "address": "0x00000010", "pid": 71220, "cpu": 88,
                    "process": "lsf_job", "function": "nvidia_dev_get", "module": "nvidia",
                    "oops_number": 1,
                },
                (1, 15),
            ),
        ),
        near_miss="Faulting instruction address is printed on POWER only\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
