"""A gauge that keeps its last value is believed less than a line that was written then."""

from __future__ import annotations

from triage.answer import Finding
from triage.scanner import scan_texts
from triage.signatures.load import load

GAUGE = (
    'DCGM_FI_DEV_XID_ERRORS{gpu="3",UUID="GPU-0c0d0e0f-1111-2222-3333-444455556666",'
    'pci_bus_id="00000000:4B:00.0",device="nvidia3",Hostname="g-7"} 79\n'
)
KERNEL = (
    "[81224.112201] NVRM: Xid (PCI:0000:4b:00): 79, pid='<unknown>', name=<unknown>, GPU has "
    "fallen off the bus.\n"
)


def xid(files: dict[str, str]) -> Finding:
    return next(f for f in scan_texts(files, load()).findings if f.id == "xid_79")


def test_a_gauge_alone_is_believed_less_than_the_kernel() -> None:
    told = xid({"metrics.prom": GAUGE})

    assert told.confidence < xid({"dmesg.txt": KERNEL}).confidence
    assert any("gauge keeps the last value" in reason for reason in told.because)


def test_a_gauge_beside_the_kernel_takes_nothing_from_it() -> None:
    both = xid({"metrics.prom": GAUGE, "dmesg.txt": KERNEL})

    assert both.confidence >= xid({"dmesg.txt": KERNEL}).confidence
    assert not any("gauge keeps" in reason for reason in both.because)
