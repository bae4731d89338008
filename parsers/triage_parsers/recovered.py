"""What the kernel and its daemons say when a trouble is over.

Kind `kernel.recovered`; `what` is one of `WHATS`. `interface`, `device` and `server` name what is
well again. These lines stand in healthy logs as well (every boot brings links up): alone they mean
nothing, after a failure of the same thing they end it. Source of the forms: the kernel's own
messages (drivers/net, fs/lustre, arch/x86 therm_throt) and those of iscsid and multipathd.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import compiled
from triage_parsers.kernel_dump import kernel_event

RULES = (
    ("link_up", compiled(r"\b(?P<interface>[a-z][\w.@-]{1,14})(?:: |\s+)NIC Link is Up\b")),
    ("link_up", compiled(r"\b(?P<interface>[a-z][\w.@-]{1,14}): Link up\b")),
    ("link_up", compiled(r"\b(?P<interface>[a-z][\w.@-]{1,14}): link becomes ready\b")),
    ("link_up", compiled(r"\(slave (?P<interface>[\w.@-]+)\): link status definitely up\b")),
    ("lustre_back", compiled(r"\bLustre: .*Connection restored to (?P<server>\S+)")),
    ("cpu_cool", compiled(r"\bCPU\d+: (?:Core|Package) temperature(?:/speed)? normal\b")),
    ("iscsi_back", compiled(r"\bconnection\d+:\d+ is operational after recovery\b")),
    ("path_back", compiled(r"\bmultipathd\b.*\b(?P<device>\d+:\d+): reinstated\b")),
    ("path_back", compiled(r"^(?:\w+: )?(?P<device>\w+|\d+:\d+)(?: -|:) reinstated\b")),
)
WHATS = tuple(dict.fromkeys(what for what, _ in RULES))


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line."""
    del context
    for hit in hits:
        for what, pattern in RULES:
            found = pattern.search(lines[hit].body)
            if found is not None:
                fields: Fields = {"what": what}
                fields.update({k: v for k, v in found.groupdict().items() if v is not None})
                yield kernel_event("kernel.recovered", lines[hit : hit + 1], fields)
                break


def _sample(text: str, what: str, **fields: str) -> Sample:
    return Sample(text, kind="kernel.recovered", fields={"what": what, **fields}, count=1)


SAMPLES = (
    _sample("ixgbe 0000:3b:00.0 ens3f0: NIC Link is Up 10 Gbps", "link_up", interface="ens3f0"),
    _sample("mlx5_core 0000:9f:00.1 rdma3: Link up", "link_up", interface="rdma3"),
    _sample("IPv6: ADDRCONF(NETDEV_CHANGE): eno2: link becomes ready", "link_up", interface="eno2"),
    _sample(
        "bond1: (slave eno2): link status definitely up, 25000 Mbps full duplex",
        "link_up",
        interface="eno2",
    ),
    _sample(
        "Lustre: scratch-OST0007-osc-ffff9a: Connection restored to 10.9.0.7@o2ib",
        "lustre_back",
        server="10.9.0.7@o2ib",
    ),
    _sample("CPU12: Core temperature/speed normal", "cpu_cool"),
    _sample("iscsid: connection4:0 is operational after recovery (2 attempts)", "iscsi_back"),
    _sample("multipathd[881]: mpathc: 65:32: reinstated", "path_back", device="65:32"),
    Sample("ixgbe 0000:3b:00.0 ens3f0: NIC Link is Down", kind=None),
    Sample("CPU12: Core temperature above threshold, cpu clock throttled", kind=None),
    Sample("the link becomes ready when somebody plugs it in", kind=None),
)

PARSER = Parser(
    name="recovered",
    family="kernel",
    literals=(
        "NIC Link is Up",
        ": Link up",
        "link becomes ready",
        "link status definitely up",
        "Connection restored to",
        "temperature/speed normal",
        "temperature normal",
        "is operational after recovery",
        ": reinstated",
    ),
    parse=parse,
    kinds=("kernel.recovered",),
    samples=SAMPLES,
)
