"""Network devices and stacks that the kernel complains about.

Kind `kernel.net`; `what` is one of `netdev_rules.WHATS`. `interface` is the network interface,
`device` the PCI address or InfiniBand device as written, `driver` the driver's name. A NETDEV
WATCHDOG is a transmit queue that timed out, no CPU lockup: its trace belongs to it, unless it
stands in a WARNING block, which `kernel_warning` owns (and yields this event with it). A link that
goes down while machine or driver start is `starting`. Bridges and `SATA link down` are healthy; so
are mlx5's ACCESS_REG complaints (a monitoring agent).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, Value
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import dump_end, forged, kernel_event, named
from triage_parsers.netdev_rules import BDF, LITERALS, RULES

WATCHDOG = compiled(
    r"NETDEV WATCHDOG: (?:(?P<interface>[^\s:]+) \((?P<driver>[^)]*)\)|CPU: \d+): transmit queue "
    r"(?P<queue>\d+),? timed out(?: (?P<ms>\d+) ms)?"
)
FRONT = compiled(rf"(?P<driver>[\w-]+) {BDF} (?P<interface>[\w.@-]+): ")
DRIVER_OF = {"mlx5": "mlx5_core"}
STARTS = compiled(r": renamed from |[Ff]irmware version|enabling device|: registered ")
BOOT_SECONDS = 120.0
BEFORE = 8
"""Lines above a link that went down in which its driver may have announced it."""
WARNED = compiled(r"WARNING: (?:CPU: |at )|\[ cut here \]|\.[ch]:\d+ at ")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a complaint; a watchdog's trace belongs to it."""
    del context
    done = 0
    for hit in hits:
        if hit < done or (forged(lines[hit]) and "carrier" not in lines[hit].body):
            continue  # systemd-networkd speaks of carriers, through the kernel's ring buffer too
        if "NETDEV WATCHDOG" in lines[hit].body:
            if in_warning(lines, hit):
                continue
            done = dump_end(lines, hit)
            event = watchdog_event(lines[hit:done])
            if event:
                yield event
            continue
        for what, pattern in RULES:
            found = pattern.search(lines[hit].body)
            if found:
                fields = _fields(what, found)
                if what == "link_down" and starting(lines, hit, fields):
                    fields["starting"] = True
                yield kernel_event("kernel.net", lines[hit : hit + 1], fields)
                break


def starting(lines: Sequence[Line], hit: int, fields: Fields) -> bool:
    """Whether the machine or the driver has just started: drivers report `down` before `up`."""
    uptime = lines[hit].peeled.uptime
    if uptime is not None:
        return uptime < BOOT_SECONDS
    names = {str(fields[key]) for key in ("interface", "device") if key in fields}
    return any(
        STARTS.search(line.body) and any(name in line.body for name in names)
        for line in lines[max(0, hit - BEFORE) : hit]
    )


def in_warning(lines: Sequence[Line], hit: int) -> bool:
    """True when a WARNING's headline stands just above."""
    return any(WARNED.search(line.body) for line in lines[max(0, hit - 2) : hit])


def watchdog_event(lines: Sequence[Line]) -> Event | None:
    """The event of a transmit queue that timed out; `lines[0]` names it."""
    body = lines[0].body
    found = WATCHDOG.search(body)
    if found is None:
        return None
    fields: Fields = {"what": "tx_timeout"}
    front = FRONT.search(body)
    for match in (front, found):
        if match:
            fields.update(named(match, "queue", "ms"))
    return kernel_event("kernel.net", lines, fields)


def _fields(what: str, found: Match) -> Fields:
    fields: Fields = {"what": what, **named(found, "code", "port", "count", "pid")}
    if "member" in fields:
        fields["interface"] = fields.pop("member")
    if "device" in fields:
        fields["device"] = str(fields["device"]).lower()
    driver = DRIVER_OF.get(what.split("_", 1)[0])
    if driver:
        fields.setdefault("driver", driver)
    return fields


def _one(text: str, what: str, **fields: Value) -> Sample:
    return Sample(text, kind="kernel.net", fields={"what": what, **fields}, count=1)


SAMPLES = (
    _one(
        "NETDEV WATCHDOG: eth2 (ixgbe): transmit queue 3 timed out\n"
        "Modules linked in: cmac ecdh_generic ecc\n"
        "CPU: 3 PID: 0 Comm: swapper/3 Tainted: G         C        5.10.17-v7l+ #1414",
        "tx_timeout",
        interface="eth2",
        driver="ixgbe",
        queue=3,
    ),
    _one(
        "mlx5_core 0000:65:00.0 ens15np0: NETDEV WATCHDOG: CPU: 94: transmit queue 3 timed out "
        "5032 ms",
        "tx_timeout",
        interface="ens15np0",
        driver="mlx5_core",
        ms=5032,
    ),
    _one(
        "mlx5_core 0000:65:00.0 ens15np0: TX timeout detected", "tx_timeout", device="0000:65:00.0"
    ),
    _one(
        "ixgbe 0000:03:00.0 eth2: NIC Link is Down", "link_down", interface="eth2", driver="ixgbe"
    ),
    _one(
        "bond0: link status definitely down for interface eth4, disabling it",
        "link_down",
        interface="eth4",
    ),
    _one(
        "mlx5_core 0000:61:00.0: wait_func:1132:(pid 14118): CREATE_DCT(0x710) timeout. Will "
        "cause a "
        "leak of a command resource",
        "mlx5_cmd_timeout",
        device="0000:61:00.0",
        pid=14118,
        command="CREATE_DCT",
    ),
    _one(
        "mlx5_core 0000:5e:00.0: poll_health:174: device's health compromised - reached miss "
        "count.",
        "mlx5_health",
        driver="mlx5_core",
    ),
    _one(
        "mlx5_core 0000:01:00.0: mlx5_load_one failed with error code -22",
        "mlx5_probe_failed",
        code=-22,
        device="0000:01:00.0",
    ),
    _one("mlx5_core: probe of 0000:01:00.0 failed with error -22", "mlx5_probe_failed", code=-22),
    _one(
        "mlx5_core 0000:5c:00.0: mlx5_pcie_event:299:(pid 2682): Detected insufficient power "
        "on the "
        "PCIe slot (25W).",
        "mlx5_insufficient_power",
        watts="25",
        device="0000:5c:00.0",
    ),
    _one(
        "rack7-n3 | mlx5_core 0000:9a:00.0: mlx5_pcie_event:301:(pid 1207): Detected insufficient "
        "power on the PCIe slot (27W).",
        "mlx5_insufficient_power",
        watts="27",
        device="0000:9a:00.0",
    ),
    _one(
        "infiniband mlx5_2: mlx5_poll_one:527:(pid 0): Responder error cqe on cqn 0x406:",
        "ib_error",
        device="mlx5_2",
    ),
    _one("nf_conntrack: nf_conntrack: table full, dropping packet", "conntrack_full"),
    _one(
        "unregister_netdevice: waiting for lo to become free. Usage count = 5",
        "unregister_netdevice",
        interface="lo",
        count=5,
    ),
    _one("neighbour: arp_cache: neighbor table overflow!", "neighbor_overflow", table="arp_cache"),
    _one(
        "TCP: request_sock_TCPv6: Possible SYN flooding on port 20002. Sending cookies.",
        "syn_flood",
        port=20002,
    ),
    _one(
        "mlx5_core 0000:86:00.0 ens6f0np0: renamed from eth2\n"
        "mlx5_core 0000:86:00.0 ens6f0np0: Link down",
        "link_down",
        interface="ens6f0np0",
        starting=True,
    ),
    Sample("ata5: SATA link down (SStatus 0 SControl 300)", kind=None),
    Sample("e1000: eth0: e1000_watchdog: NIC Link is Up 1000 Mbps Full Duplex", kind=None),
    Sample("IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready", kind=None),
    Sample(
        "mlx5_core 0000:d2:00.0: mlx5_cmd_out_err:838:(pid 144): ACCESS_REG(0x805) op_mod(0x1) "
        "failed",
        kind=None,
    ),
    Sample("mlx5_core 0000:41:00.1: Port module event: module 1, Cable unplugged", kind=None),
)

PARSER = Parser(
    name="netdev",
    family="kernel",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.net",),
    before=BEFORE,
    after=100,
)
