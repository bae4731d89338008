"""What the kernel says when a network fails: one rule a wording, the more particular first.

A rule is `what` and a pattern; its named groups become fields. No parser stands here; `netdev`
reads the lines. Sources: drivers/net/ethernet (mellanox, intel, broadcom, amazon), drivers/net/
bonding, drivers/infiniband, net/core, net/ipv4, nf_conntrack; issue threads of ucx, charm,
libfabric; NetworkManager's and systemd-networkd's own words on a carrier.
"""

from __future__ import annotations

from triage.patterns import Pattern, compiled

BDF = r"(?P<device>[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])"
NAME = r"[\w.@-]+"
MLX5 = rf"mlx5_core {BDF}: "
CARD = rf"(?P<driver>\w+) {BDF}(?: (?P<interface>{NAME}))?: "
DOWN = r"(?:NIC )?Link (?:is [Dd]own|[Dd]own)\b"

LINKS: tuple[tuple[str, str], ...] = (
    (
        "link_down",
        (
            rf"(?P<driver>\w+) {BDF}(?:: (?P<member>{NAME})| (?P<interface>{NAME}))?: "
            rf"(?:\w+: )?(?:{NAME} )?{DOWN}"
        ),
    ),
    ("link_down", rf"\(slave (?P<member>{NAME})\): link status (?:definitely )?down"),
    ("link_down", rf"link status definitely down for interface (?P<member>{NAME})"),
    ("link_down", rf"(?:^|\] )(?P<driver>\w+): (?P<interface>{NAME}):? {DOWN}"),
    ("link_down", rf"(?P<interface>{NAME}): (?:NIC )?Link is [Dd]own\b"),
    ("link_down", rf"(?P<interface>{NAME}): Lost carrier\b"),
    ("link_down", rf"device \((?P<interface>{NAME})\): (?:carrier: )?link disconnected"),
)

CARDS: tuple[tuple[str, str], ...] = (
    (
        "tx_timeout",
        (
            CARD + r"(?:TX timeout detec|RX timeout|Detected (?:Hardware|Tx) Unit Hang|initiating "
            r"reset due to tx timeout|tx hang \d+ detected on queue|Keep alive watchdog timeout"
            r"|netif tx timeout|tx_timeout: VSI_|tx_timeout recovery level)"
        ),
    ),
    (
        "mlx5_cmd_timeout",
        (
            MLX5
            + r"wait_func\w*:\d+:\(pid (?P<pid>\d+)\): (?:cmd\[\d+\]: )?(?P<command>\w+)"
            + r"\(0x[0-9a-f]+\) (?:timeout|No done completion)"
        ),
    ),
    ("mlx5_cmd_timeout", MLX5 + r".*will cause a leak of a command resource"),
    (
        "mlx5_cmd_timeout",
        MLX5 + r"cmd_work_handler:\d+:\(pid (?P<pid>\d+)\): failed to allocate command entry",
    ),
    (
        "mlx5_health",
        (
            MLX5 + r".*(?:health compromised|irisc not responding|synd 0x[0-9a-f]+: (?P<detail>.+)"
            r"|unrecoverable hardware error|poll_health:.*Fatal error \d+ detected)"
        ),
    ),
    (
        "mlx5_probe_failed",
        (
            MLX5
            + r"(?:mlx5_load_one|mlx5_init_one|probe_one|init_one).*failed.*?(?P<code>-?\d+)\s*$"
        ),
    ),
    ("mlx5_probe_failed", rf"mlx5_core: probe of {BDF} failed with error (?P<code>-?\d+)"),
    ("mlx5_probe_failed", MLX5 + r"probe with driver mlx5_core failed with error"),
    ("mlx5_probe_failed", MLX5 + r"(?P<detail>handle_hca_cap|wait_fw_init).* failed"),
    (
        "mlx5_probe_failed",
        MLX5 + r".*(?P<detail>Firmware over \d+ MS in (?:pre-)?initializing state, aborting)",
    ),
    (
        "mlx5_insufficient_power",
        (
            rf"(?:{MLX5}.*)?[Dd]etected insufficient power on the PCIe slot"
            r"(?: \((?P<watts>[\d.]+) ?W\))?"
        ),
    ),
    (
        "mlx5_module",
        rf"(?:{MLX5}.*)?Port module event\[error\]: module \d+, (?P<detail>.+)",
    ),
    (
        "ib_error",
        (
            r"infiniband (?P<device>\S+): .*(?:[Rr]equestor error cqe|[Rr]esponder error cqe"
            r"|error cqe|dump error cqe|[Pp]ort (?:is )?(?:down|error)|failed)"
        ),
    ),
    ("ib_error", MLX5 + r".*CQ error on CQN (?P<detail>0x[0-9a-f]+)"),
    ("ib_error", r"(?P<device>mlx[45]_(?:bond_)?\d+): Port: \d+ Link DOWN"),
)

STACK: tuple[tuple[str, str], ...] = (
    ("conntrack_full", r"(?:nf|ip)_conntrack: (?:nf_conntrack: )?table full"),
    (
        "unregister_netdevice",
        (
            r"unregister_netdevice: waiting for (?P<interface>\S+) to become free"
            r"(?:\. Usage count = (?P<count>-?\d+))?"
        ),
    ),
    ("neighbor_overflow", r"neighbou?r: (?P<table>\S+): neighbou?r table overflow"),
    ("neighbor_overflow", r"Neighbou?r table overflow"),
    ("tcp_memory", r"TCP: (?:out of memory|too many orphaned sockets)"),
    ("syn_flood", r"[Pp]ossible SYN flooding on port (?:\S+:)?(?P<port>\d+)"),
)

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern)) for what, pattern in (*LINKS, *CARDS, *STACK)
)
WHATS: tuple[str, ...] = tuple(dict.fromkeys(what for what, _ in RULES))
"""The closed list of `what`."""

LITERALS = (
    "NETDEV WATCHDOG", "TX timeout detected", "RX timeout on channel", "Unit Hang",
    "due to tx timeout", "detected on queue", "Keep alive watchdog", "netif tx timeout",
    "tx_timeout: VSI_", "tx_timeout recovery",
    "Link is Down", "Link is down", ": Link down", "Link Down", "link status definitely down",
    "link status down", "Lost carrier", "link disconnected", ": wait_func",
    "leak of a command resource", "cmd_work_handler", "health compromised",
    "irisc not responding", "unrecoverable hardware error", ": synd 0x", "poll_health:",
    "mlx5_load_one", "mlx5_init_one", "probe_one", "mlx5_core: probe of",
    "driver mlx5_core failed", "handle_hca_cap", "wait_fw_init", "initializing state, abort",
    "insufficient power", "Port module event[", "error cqe", "infiniband mlx", "CQ error on CQN",
    "Link DOWN", "conntrack: table full", "unregister_netdevice: waiting", "able overflow",
    "TCP: out of memory", "too many orphaned", "SYN flooding",
)  # fmt: skip
