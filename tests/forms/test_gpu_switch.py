"""NVSwitch and the daemons: SXid lines of the switch driver, fabric manager, persistenced, MPS.

A report of a switch and its follow-up lines are one event, also where switches interleave. The near
miss is an Xid, a healthy line of the same daemon, or a sentence about it.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read


def switch(row: str, text: str, near_miss: str, last: int, /, **fields: Value) -> Form:
    """One `gpu.sxid` on lines 1 to `last`."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.sxid", fields, (1, last)),),
        near_miss=near_miss + "\n",
        parser="sxid",
    )


def service(row: str, text: str, near_miss: str, /, **fields: Value) -> Form:
    """One `gpu.service` on the first line."""
    return Form(
        row=row,
        text=text + "\n",
        wants=(Want("gpu.service", fields, (1, 1)),),
        near_miss=near_miss + "\n",
        parser="nvidia_services",
        unclaimed=0,
    )


WORDS = "0x10000000, 0x10000000, 0x00000000, 0x10000000, 0x00000000, 0x00000000, 0x00000000"
SWITCHES = (
    switch(
        "fatal with its severity and its data",
        "[5781753.400584] nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 47 LTSSM "
        "Fault Up\n"
        "[5781753.404848] nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Severity 1 Engine "
        "instance 47 Sub-engine instance 00\n"
        f"[5781753.406566] nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Data {{{WORDS}}}\n"
        f"[5781753.406570] nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Data {{{WORDS}}}",
        "[5781753.400584] NVRM: Xid (PCI:0000:06:00): 74, NVLink: fatal error detected on link 4",
        4,
        sxid=20034,
        device="nvidia-nvswitch1",
        switch="0000:06:00.0",
        fatality="fatal",
        link=47,
        severity_level=1,
        engine_instance=47,
        data=WORDS,
        detail="Link 47 LTSSM Fault Up",
    ),
    switch(
        "severity line alone",
        "[5781753.404848] nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Severity 1 Engine "
        "instance 59 Sub-engine instance 00",
        "[5781753.404848] nvidia-nvswitch2: Severity 1 Engine instance 59",
        1,
        severity_level=1,
        engine_instance=59,
        fatality=None,
    ),
    switch(
        "data line alone",
        f"[5781753.406566] nvidia-nvswitch0: SXid (PCI:0000:05:00.0): 20034, Data {{{WORDS}}}",
        f"[5781753.406566] nvidia-nvswitch0: Data {{{WORDS}}}",
        1,
        sxid=20034,
        data=WORDS,
    ),
    switch(
        "not fatal",
        "nvidia-nvswitch0: SXid (PCI:0000:06:00.0): 20009, Non-fatal, Link 03 RX Short Error Rate",
        "nvidia-nvswitch0: Link 03 is up",
        1,
        fatality="nonfatal",
        link=3,
    ),
    switch(
        "corrected",
        "nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 22013, Correctable, Link 11 crumbstore ECC",
        "nvidia-nvswitch2: open (major=510)",
        1,
        fatality="corrected",
        link=11,
    ),
    switch(
        "first in the hardware",
        "nvidia-nvswitch0: SXid (PCI:0000:c4:00.0): 24007, Fatal, Link 27 sourcetrack timeout "
        "error (First)",
        "nvidia-nvswitch0: using MSI (First)",
        1,
        link=27,
        first=True,
    ),
    switch(
        "multicast, code of driver 550",
        "nvidia-nvswitch3: SXid (PCI:0000:c2:00.0): 29006, Non-fatal, Link 45 MC TS crumbstore "
        "MCTO (First)",
        "nvidia-nvswitch3: MC TS crumbstore",
        1,
        sxid=29006,
        detail="Link 45 MC TS crumbstore MCTO (First)",
    ),
    switch(
        "the switch's own controller",
        "nvidia-nvswitch0: SXid (PCI:0004:00:00.0): 26006, SOE HALTED\n"
        "nvidia-nvswitch0: SXid (PCI:0004:00:00.0): 26006, SOE HALT data[0] = 0x               0",
        "nvidia-nvswitch0: SOE is running",
        2,
        sxid=26006,
        fatality=None,
        detail="SOE HALTED",
    ),
    switch(
        "register access",
        "nvidia-nvswitch0: SXid (PCI:0000:c4:00.0): 10003, Non-fatal, PRI WRITE SYS error, "
        "instance=3, chiplet=1",
        "nvidia-nvswitch0: PRI WRITE SYS, instance=3, chiplet=1",
        1,
        instance=3,
        chiplet=1,
    ),
    switch(
        "unhandled interrupt",
        "nvidia-nvswitch0: SXid (PCI:0000:c4:00.0): 10004, Fatal, unhandled interrupt in "
        "_nvswitch_service_npg_fatal_lr10(1411)",
        "irq: unhandled interrupt in handler(1411)",
        1,
        fatality="fatal",
        detail="unhandled interrupt in _nvswitch_service_npg_fatal_lr10(1411)",
    ),
    switch(
        "fabric manager, fatal",
        "[Jul 24 2024 08:54:56] [ERROR] [tid 941] detected NVSwitch fatal error 20034 on fid 0 on "
        "NVSwitch pci bus id 00000000:87:00.0 physical id 4 port 31",
        "[Jul 24 2024 08:54:56] [INFO] [tid 941] detected NVSwitch with physical id 4",
        1,
        sxid=20034,
        fatality="fatal",
        switch="0000:87:00.0",
        link=31,
        fid=0,
        physical_id=4,
    ),
    switch(
        "fabric manager, not fatal",
        "[Feb 28 2025 16:11:03] [ERROR] [tid 11727] detected NVSwitch non-fatal error 12028 on fid "
        "1",
        "[Feb 28 2025 16:11:03] [ERROR] [tid 11727] detected no NVSwitch",
        1,
        sxid=12028,
        fatality="nonfatal",
        fid=1,
        switch=None,
    ),
)
SERVICES = (
    service(
        "multicast team",
        "[Apr 18 2024 02:52:40] [ERROR] [tid 1999877] failed to find the GPU handle "
        "9187860174420860981 in the multicast team request setup 4653964288847403984.",
        "[Feb 26 2025 15:02:19] [INFO] [tid 1808] successfully setup multicast team for request id "
        "7331980469606044544.",
        service="fabricmanager",
        what="multicast_failed",
        handle="9187860174420860981",
        level="error",
    ),
    service(
        "wrong number of switches",
        "Mar  4 05:06:07 dgx-2 nv-fabricmanager[2201]: detected number of NVSwitches don't match "
        "with any supported system topology, aborting fabric manager",
        "Mar  4 05:06:07 dgx-2 nv-fabricmanager[2201]: detected number of NVSwitches: 6",
        what="topology_mismatch",
        host="dgx-2",
        pid=2201,
    ),
    service(
        "no switch in the box",
        "Sep 19 04:47:36 ws-1 nvidia-fabricmanager-start.sh[8387]: request to query NVSwitch "
        "device information from NVSwitch driver failed with error:WARNING Nothing to do "
        "[NV_WARN_NOTHING_TO_DO]",
        "Sep 19 04:47:36 ws-1 nvidia-fabricmanager-start.sh[8387]: Detected Pre-NVL5 system",
        what="no_switch",
        host="ws-1",
    ),
    service(
        "start failed",
        'Sep 19 04:47:36 ws-1 nvidia-fabricmanager-start.sh[6794]: "/usr/bin/nv-fabricmanager -c '
        '/usr/share/nvidia/nvswitch/fabricmanager.cfg" failed! Exit code: 1',
        "Sep 19 04:47:36 ws-1 systemd[1]: Started NVIDIA fabric manager service.",
        what="start_failed",
        exit_code=1,
    ),
    service(
        "version mismatch",
        "Mar  4 05:06:07 dgx-2 nv-fabricmanager[2201]: fabric manager NVIDIA GPU driver interface "
        "version 570.86.15 don't match with driver version 570.133.20. Please update with matching "
        "NVIDIA driver package.",
        "Mar  4 05:06:07 dgx-2 nv-fabricmanager[2201]: fabric manager version 570.86.15 started",
        what="version_mismatch",
        fm_version="570.86.15",
        driver="570.133.20",
    ),
    service(
        "link training",
        "[Mar 04 2025 05:06:07] [ERROR] [tid 2201] NVLink training failed between GPU 3 link 4 and "
        "NVSwitch 1 port 21",
        "[Mar 04 2025 05:06:07] [INFO] [tid 2201] NVLink training completed",
        what="link_failed",
    ),
    service(
        "any other error of its log",
        "[Mar 04 2025 05:06:07] [CRITICAL] [tid 2201] failed to initialize the fabric node",
        "[Mar 04 2025 05:06:07] [NOTICE] [tid 2201] initialized the fabric node",
        service="fabricmanager",
        what="error",
    ),
    service(
        "IMEX",
        "[Mar 04 2025 05:06:07] [ERROR] [tid 3301] IMEX daemon lost its connection to node 3",
        "[Mar 04 2025 05:06:07] [INFO] [tid 3301] IMEX daemon connected to node 3",
        service="imex",
        what="error",
    ),
    service(
        "persistenced failed",
        "nvidia-persistenced failed to initialize. Check syslog for more details.",
        "nvidia-persistenced: Started (1201)",
        service="persistenced",
        what="init_failed",
    ),
    service(
        "persistenced without device files",
        "Mar  4 05:06:07 n1 nvidia-persistenced: Failed to query NVIDIA devices. Please ensure "
        "that the NVIDIA device files (/dev/nvidia*) exist, and that user 118 has read and write "
        "permissions for those files.",
        "Mar  4 05:06:07 n1 nvidia-persistenced: device 0000:3e:00.0 - registered",
        service="persistenced",
        what="no_device_files",
        uid=118,
    ),
    service(
        "MPS client gone",
        "[2025-03-04 05:06:07.123 Control    77] Receive command failed, assuming client exit",
        "[2025-03-04 05:06:07.123 Control    77] NEW CLIENT 88 from user 1000",
        service="mps",
        what="client_lost",
    ),
)


@pytest.mark.parametrize("form", [*SWITCHES, *SERVICES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_reports_of_interleaved_switches_keep_their_own_severity() -> None:
    text = "\n".join(
        f"[9.{number:06d}] nvidia-nvswitch{minor}: SXid (PCI:0000:0{minor}:00.0): 20034, {said}"
        for number, (minor, said) in enumerate(
            [
                (5, "Fatal, Link 30 LTSSM Fault Up"),
                (6, "Fatal, Link 31 LTSSM Fault Up"),
                (5, "Severity 1 Engine instance 30 Sub-engine instance 00"),
                (6, "Severity 0 Engine instance 31 Sub-engine instance 00"),
            ]
        )
    )

    events, _ = read(text + "\n")

    reports = [event.fields for event in events if event.kind == "gpu.sxid"]
    assert [(one["link"], one["severity_level"]) for one in reports] == [(30, 1), (31, 0)]
