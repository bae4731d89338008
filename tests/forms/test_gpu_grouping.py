"""Reports that belong together: one incident, one root, the others its mechanism or its echo.

Each row is a log of one node; what must come out is the root and how the others stand to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from triage.scanner import scan_texts
from triage.signatures.load import load

UNKNOWN = "pid='<unknown>', name=<unknown>"


HEARTBEAT = (
    "NVRM: GPU2 _kgspIsHeartbeatTimedOut: Heartbeat timed out, currentTimeMs 1 heartbeat 1 "
    "heartbeatWithOffsetMs 1 diff 6070 timeout 5200"
)


def xid(bus: str, code: int, body: str) -> str:
    """A report of the card on this bus."""
    return f"NVRM: Xid (PCI:0000:{bus}:00): {code}, {body}"


@dataclass(frozen=True)
class Incident:
    """A node's log as seconds and messages, and how its findings must stand."""

    row: str
    log: tuple[tuple[int, str], ...]
    root: str
    roles: dict[str, str]


INCIDENTS = (
    Incident(
        "a burst of exceptions is one",
        (
            (1, xid("2b", 13, "pid=8, name=p, Graphics SM Warp Exception on (GPC 1, TPC 1, SM 0): "
                    "Out Of Range Address")),
            (1, xid("2b", 13, "pid=8, name=p, Graphics SM Global Exception on (GPC 1, TPC 1, SM 0):"
                    " Multiple Warp Errors")),
            (1, xid("2b", 13, "pid=8, name=p, Graphics Exception: ESR 0x514730=0x1000b")),
        ),
        "xid_13",
        {"xid_13": "cause"},
    ),
    Incident(
        "a page fault, the reset channel, the removed channel",
        (
            (1, xid("2b", 31, "pid=8, name=p, Ch 00000008, intr 00000000. MMU Fault: ENGINE "
                    "GRAPHICS GPCCLIENT_T1_2 faulted @ 0x7e01_0c000000. Fault is of type FAULT_PDE "
                    "ACCESS_TYPE_VIRT_READ")),
            (2, xid("2b", 43, "pid=8, name=p, Ch 00000008")),
            (3, xid("2b", 45, "pid=8, name=p, Ch 00000009")),
        ),
        "xid_31",
        {"xid_31": "cause", "xid_43": "symptom", "xid_45": "symptom"},
    ),
    Incident(
        "a memory error, its remapping, the contained program, the advice",
        (
            (1, xid("2b", 48, f"{UNKNOWN}, An uncorrectable double bit error (DBE) has been "
                    "detected on GPU in the framebuffer at partition 3, subpartition 0")),
            (1, xid("2b", 63, f"{UNKNOWN}, Row Remapper: New row marked for remapping, reset gpu "
                    "to activate.")),
            (2, xid("2b", 94, "pid=8, name=p, Contained: CE User Channel (0x9). RST: No, D-RST: "
                    "No")),
            (2, xid("2b", 45, "pid=8, name=p, Ch 00000009")),
            (3, xid("2b", 154, "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset "
                    "Required)")),
        ),
        "xid_48",
        {"xid_48": "cause", "xid_63": "mechanism", "xid_45": "symptom", "xid_154": "symptom"},
    ),
    Incident(
        "a card off the bus, and what its peers and its switch say seconds later",
        (
            (1, xid("2b", 79, f"{UNKNOWN}, GPU has fallen off the bus.")),
            (12, "nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up"),
            (12, xid("4c", 74, f"{UNKNOWN}, NVLink: fatal error detected on link 6(0x0, 0x0, "
                     "0x10000, 0x0, 0x0, 0x0, 0x0)")),
            (13, xid("5d", 45, "pid=8, name=p, Ch 00000009")),
        ),
        "xid_79",
        {"xid_79": "cause", "sxid_fatal": "symptom", "xid_74": "symptom", "xid_45": "symptom"},
    ),
    Incident(
        "the firmware hangs first",
        (
            (1, HEARTBEAT),
            (2, xid("2b", 119, "pid=8, name=p, Timeout after 6s of waiting for RPC response from "
                    "GPU2 GSP! Expected function 76 (GSP_RM_CONTROL) (0x2 0x4).")),
            (3, xid("2b", 8, "pid=8, name=p, channel 0x00000007")),
            (4, xid("2b", 109, "pid=8, name=p, channel 0x00000007, CTX SWITCH TIMEOUT, Info 0x1")),
            (5, xid("2b", 154, "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot "
                    "Required)")),
        ),
        "gsp_heartbeat_timeout",
        {"xid_8": "mechanism", "xid_109": "mechanism", "xid_154": "symptom"},
    ),
)  # fmt: skip


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.row)
def test_reports_of_one_incident_come_to_one_root(incident: Incident) -> None:
    log = "".join(
        f"Mar  4 05:06:{second:02d} gpu-3 kernel: [{100 + second}.000001] {said}\n"
        for second, said in incident.log
    )

    answer = scan_texts({"kern.log": log}, load())

    roles = {finding.id: finding.role for finding in answer.findings}
    assert answer.verdict.root_cause == incident.root
    assert {name: roles.get(name) for name in incident.roles} == incident.roles
