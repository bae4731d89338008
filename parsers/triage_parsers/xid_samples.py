"""Samples of `xid`: real forms with other values. No parser stands here."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "NVRM: Xid (PCI:0000:c7:00): 31, pid=5127, name=python3, Ch 0000001c, intr 00000000. "
        "MMU Fault: ENGINE GRAPHICS GPC3 GPCCLIENT_T1_4 faulted @ 0x7f31_0a2c4000. "
        "Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE",
        kind="gpu.xid",
        fields={
            "xid": 31,
            "gpu": "0000:c7:00",
            "pid": 5127,
            "process": "python3",
            "channel": "0000001c",
            "engine": "GRAPHICS",
            "client": "GPCCLIENT_T1_4",
            "fault_address": "0x7f310a2c4000",
            "gpc": 3,
            "fault_type": "FAULT_PDE",
            "access": "ACCESS_TYPE_VIRT_WRITE",
        },
        count=1,
    ),
    Sample(
        "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x0255 0x0000)",
        kind="gpu.xid",
        fields={"gpu": "0018:01:00", "sub": "NETIR_LINK_EVT", "fatality": "fatal", "link": 9},
    ),
    Sample(
        "NVRM: Xid (PCI:0000:4e:00): 119, pid=7001, name=nvc:[driver], Timeout after 6s of waiting "
        "for RPC response from GPU4 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2080 0x4).\n"
        "NVRM: GPU4 RPC history (CPU -> GSP):\n"
        "NVRM:     -1    103  GSP_RM_ALLOC          0x0000000000002080 0x0000000000000004\n"
        "CPU: 3 PID: 7001 Comm: nvc:[driver] Tainted: P           OE     5.15.0-91-generic #101\n"
        "Call Trace:\n"
        " os_dump_stack+0xe/0x14 [nvidia]\n"
        "audit: backlog limit exceeded",
        kind="gpu.xid",
        fields={"process": "nvc:[driver]", "function": "GSP_RM_CONTROL", "gsp": "GPU4 GSP"},
        count=1,
    ),
    Sample(
        "NVRM: Xid (PCI:0000:21:00): 154, GPU recovery action changed from 0x0 (None) to 0x2 (Node "
        "Reboot Required)",
        kind="gpu.xid",
        fields={"xid": 154, "recovery_action": "Node Reboot Required", "recovery_from": "None"},
    ),
    Sample(
        "NVRM: Xid (PCI:0000:5a:00): 63, pid='<unknown>', name=<unknown>, Row Remapper: New row "
        "(0x00000000121d5d80) marked for remapping, reset gpu to activate.",
        kind="gpu.xid",
        fields={"xid": 63, "row": "0x00000000121d5d80", "gpu": "0000:5a:00"},
    ),
    Sample(
        "NVRM: Xid (PCI:...): 94, pid=881, Contained: CE User Channel (0x9). RST: No, D-RST: No",
        kind="gpu.xid",
        fields={"xid": 94, "pid": 881, "containment": "contained", "unit": "CE User Channel"},
    ),
    Sample(
        "NVRM: Xid (PCI:0000:3a:00): 31, pid=77, name=Web Content, b, channel 0x00000009, intr "
        "00000000. MMU Fault:\n"
        "ENGINE CE2 HUBCLIENT_CE0 faulted @ 0x0_00000010. Fault is of type FAULT_PTE\n"
        "ACCESS_TYPE_VIRT_READ\n"
        "something else",
        kind="gpu.xid",
        fields={"process": "Web Content, b", "fault_address": "0x10", "fault_type": "FAULT_PTE"},
        count=1,
    ),
    Sample(
        "NVRM: GPU at PCI:0000:6b:00: GPU-00112233-4455-6677-8899-aabbccddeeff\n"
        "NVRM: Xid (PCI:0000:6b:00 GPU-I:01 GPU-CI:00): 43, pid=9, name=x, Ch 00000012",
        kind="gpu.xid",
        fields={
            "gpu": "0000:6b:00",
            "gpu_uuid": "GPU-00112233-4455-6677-8899-aabbccddeeff",
            "mig_gpu": "01",
            "mig_compute": "00",
        },
        count=1,
    ),
    Sample("12,9,5140900,-;NVRM: Xid (PCI:0000:03:00): 79, GPU has fallen off the bus.", kind=None),
    Sample("nvidia-nvswitch0: SXid (PCI:0000:06:00.0): 20009, Non-fatal, Link 04 RX", kind=None),
    Sample("dhclient: DHCPDISCOVER on eth0 to 255.255.255.255 xid (0x3fb1a2)", kind=None),
    Sample("NVRM: GPU 0000:91:00.0: GPU serial number is 1653723000001.", kind=None),
    Sample("status 0x00000062 is no NVRM: Xid (", kind=None),
)
