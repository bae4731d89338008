"""The life of a boot, and single lines on slots, modules and lost records.

`kernel.boot`: the banner of a boot (`kernel`: its release), its end, sleep and waking: kernel
uptimes do not compare across a boot, and stand still while the machine sleeps. `kernel.lost`: the
kernel says that it did not say everything (`count` records): what is missing is no proof. Audit's
own records (`kauditd_printk_skb`) are left out on every machine, and of no interest here.
`kernel.module`: a module that does not fit this kernel, or taints it. `kernel.pcie`: a slot lost
its link or card, a link runs narrower or slower than it could, the IOMMU refused an access. `what`
says which. AER's own reports are `aer`'s.
Sources: init/version.c, kernel/reboot.c, kernel/power, kernel/printk, kernel/module,
drivers/pci/hotplug/pciehp, drivers/pci/pci.c, drivers/iommu.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Pattern, compiled
from triage_parsers.kernel_dump import believed, kernel_event, named

BDF = r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
RULES: tuple[tuple[str, str, Pattern], ...] = tuple(
    (kind, what, compiled(pattern))
    for kind, what, pattern in (
        ("kernel.boot", "boot", r"^Linux version (?P<kernel>\d\S*) \("),
        (
            "kernel.boot",
            "reboot",
            r"^reboot: (?:Restarting system|machine restart)|^Restarting system\.\s*$",
        ),
        ("kernel.boot", "power_off", r"^reboot: (?:Power down|System halted)|^Power down\.\s*$"),
        ("kernel.boot", "suspend", r"^PM: (?:suspend entry|hibernation: hibernation entry)"),
        ("kernel.boot", "resume", r"^PM: (?:suspend exit|hibernation: hibernation exit)"),
        ("kernel.lost", "records", r"\*\* (?P<count>\d+) printk messages dropped"),
        (
            "kernel.lost",
            "suppressed",
            r"\b(?P<function>[a-jl-z]\w+|k[b-z]\w+): (?P<count>\d+) callbacks suppressed",
        ),
        ("kernel.lost", "records", r"\bMissed (?P<count>\d+) kernel messages"),
        (
            "kernel.module",
            "mismatch",
            (
                r"(?P<module>\w+): version magic .(?P<built_for>\d\S*) [^\n]{0,80}should be "
                r".(?P<running>\d\S*) "
            ),
        ),
        (
            "kernel.module",
            "mismatch",
            r"(?P<module>\w+): disagrees about version of symbol (?P<symbol>\w+)",
        ),
        (
            "kernel.module",
            "unknown_symbol",
            r"(?P<module>\w+): Unknown symbol (?P<symbol>\w+) \(err (?P<code>-?\d+)\)",
        ),
        (
            "kernel.module",
            "taint",
            (
                r"(?P<module>\w+): (?:module license .(?P<license>[\w/ .-]+). taints kernel"
                r"|loading out-of-tree module taints kernel|module verification failed: .*taint)"
            ),
        ),
        (
            "kernel.pcie",
            "link_down",
            rf"(?P<device>{BDF}):?\S* (?:pciehp: )?Slot\((?P<slot>[^)]*)\): Link Down",
        ),
        (
            "kernel.pcie",
            "card_removed",
            rf"(?P<device>{BDF}):?\S* (?:pciehp: )?Slot\((?P<slot>[^)]*)\): Card not present",
        ),
        (
            "kernel.pcie",
            "link_degraded",
            (
                rf"(?P<device>{BDF}): (?P<bandwidth>[\d.]+) Gb/s available PCIe bandwidth, limited "
                rf"by (?P<limit>[\d.]+ GT/s PCIe x\d+) link at (?P<limited_at>{BDF})"
                r"(?: \(capable of [\d.]+ Gb/s with (?P<capable>[\d.]+ GT/s PCIe x\d+) link\))?"
            ),
        ),
        (
            "kernel.pcie",
            "iommu_fault",
            (
                r"DMAR: \[(?P<access>DMA (?:Read|Write)|INTR-REMAP)[^\]]*\] Request device "
                r"\[(?P<device>[0-9a-f:.]+)\].{0,8} fault (?:addr|index) (?P<address>\w+)"
            ),
        ),
        (
            "kernel.pcie",
            "iommu_fault",
            (
                rf"(?:(?P<device>{BDF}): )?AMD-Vi: Event logged \[IO_PAGE_FAULT (?:device=\S+ )?"
                r"domain=0x[0-9a-f]+ address=(?P<address>0x[0-9a-f]+)"
            ),
        ),
    )
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line."""
    del context
    for hit in believed(lines, hits):
        body = lines[hit].body
        for kind, what, pattern in RULES:
            found = pattern.search(body)
            if found:
                fields: Fields = {"what": what, **named(found, "count", "code")}
                yield kernel_event(kind, lines[hit : hit + 1], fields)
                break


SAMPLES = (
    Sample(
        "Linux version 5.15.0-105-generic (buildd@lcy02-amd64-007) (gcc 11.4.0) #115-Ubuntu SMP",
        kind="kernel.boot",
        fields={"what": "boot", "kernel": "5.15.0-105-generic"},
    ),
    Sample("** 93 printk messages dropped **", kind="kernel.lost", fields={"count": 93}),
    Sample(
        "pcieport 0000:40:01.1: pciehp: Slot(7): Link Down",
        kind="kernel.pcie",
        fields={"what": "link_down", "device": "0000:40:01.1", "slot": "7"},
    ),
    Sample(
        "nvidia: disagrees about version of symbol module_layout",
        kind="kernel.module",
        fields={"what": "mismatch", "module": "nvidia"},
    ),
    Sample("Linux version is shown by uname -r", kind=None),
    Sample("pcieport 0000:40:01.1: pciehp: Slot(7): Link Up", kind=None),
    Sample("nvidia-nvlink: Nvlink Core is being initialized, major device number 510", kind=None),
)

PARSER = Parser(
    name="kernel_state",
    family="kernel",
    literals=(
        "Linux version ", "reboot: Restarting", "reboot: machine restart", "reboot: Power down",
        "reboot: System halted", "Restarting system.", "Power down.", "PM: suspend e",
        "PM: hibernation: ", "printk messages dropped", " callbacks suppressed", " kernel messages",
        ": version magic ", "disagrees about version", ": Unknown symbol ", "taints kernel",
        "tainting kernel", "): Link Down", "): Card not present", "PCIe bandwidth, limited",
        "DMAR: [", "[IO_PAGE_FAULT",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.boot", "kernel.lost", "kernel.module", "kernel.pcie"),
)  # fmt: skip
