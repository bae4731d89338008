"""Network cards, InfiniBand and the network stack, in the words of drivers old and new."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read


def row(what: str, text: str, near_miss: str, **fields: Value) -> Form:
    """One line of the kernel's log."""
    return Form(
        row=f"{what}: {text[:52]}",
        text=f"Sep 14 02:10:11 gn21 kernel: [ 4120.330011] {text}\n",
        wants=(Want("kernel.net", {"what": what, "host": "gn21", **fields}, (1, 1)),),
        near_miss=f"Sep 14 02:10:11 gn21 kernel: [ 4120.330011] {near_miss}\n",
        parser="netdev",
    )


LINKS = (
    row(
        "link_down",
        "mlx5_core 0000:9b:00.0 ens4f0np0: Link down",
        "mlx5_core 0000:9b:00.0 ens4f0np0: Link up",
        driver="mlx5_core",
        device="0000:9b:00.0",
        interface="ens4f0np0",
    ),
    row(
        "link_down",
        "bnxt_en 0000:5e:00.1 eno2np1: NIC Link is Down",
        "bnxt_en 0000:5e:00.1 eno2np1: NIC Link is Up, 25000 Mbps full duplex",
        driver="bnxt_en",
        interface="eno2np1",
    ),
    row(
        "link_down",
        "e1000e: eth1 NIC Link is Down",
        "e1000e: eth1 NIC Link is Up 1000 Mbps Full Duplex",
        driver="e1000e",
        interface="eth1",
    ),
    row(
        "link_down",
        "igb 0000:01:00.1 enp1s0f1: igb: enp1s0f1 NIC Link is Down",
        "igb 0000:01:00.1 enp1s0f1: igb: enp1s0f1 NIC Link is Up 1000 Mbps",
        driver="igb",
        device="0000:01:00.1",
        interface="enp1s0f1",
    ),
    row(
        "link_down",
        "tg3 0000:02:00.0: em1: Link is down",
        "tg3 0000:02:00.0: em1: Flow control is on for TX and on for RX",
        driver="tg3",
        device="0000:02:00.0",
        interface="em1",
    ),
    row(
        "link_down",
        "mlx4_en: eth3: Link Down",
        "mlx4_en: eth3: Link Up",
        driver="mlx4_en",
        interface="eth3",
    ),
    row(
        "link_down",
        "bond1: link status definitely down for interface ens1f1, disabling it",
        "bond1: link status definitely up for interface ens1f1, 100000 Mbps full duplex",
        interface="ens1f1",
    ),
    row(
        "link_down",
        "bond1: (slave ens1f1): link status definitely down, disabling slave",
        "bond1: (slave ens1f1): link status definitely up, 100000 Mbps full duplex",
        interface="ens1f1",
    ),
    row(
        "ib_error",
        "infiniband mlx5_bond_0: Port: 1 Link DOWN",
        "infiniband mlx5_bond_0: Port: 1 Link ACTIVE",
        device="mlx5_bond_0",
    ),
)

CARDS = (
    row(
        "tx_timeout",
        "NETDEV WATCHDOG: ens5 (ena): transmit queue 12 timed out",
        "ens5: NETDEV_UP, link is not ready",
        interface="ens5",
        driver="ena",
        queue=12,
    ),
    row(
        "tx_timeout",
        "mlx5_core 0000:9b:00.0 ens4f0np0: NETDEV WATCHDOG: CPU: 31: transmit queue 7 timed out "
        "10012 ms",
        "mlx5_core 0000:9b:00.0 ens4f0np0: hw tls queue is fine",
        interface="ens4f0np0",
        device="0000:9b:00.0",
        queue=7,
        ms=10012,
    ),
    row(
        "tx_timeout",
        "mlx5_core 0000:9b:00.0 ens4f0np0: RX timeout on channel: 4, ICOSQ: 0x1ee0, RQ: 0x1e43",
        "mlx5_core 0000:9b:00.0 ens4f0np0: Enabling LRO",
        interface="ens4f0np0",
    ),
    row(
        "tx_timeout",
        "e1000e 0000:00:1f.6 eno1: Detected Hardware Unit Hang:",
        "e1000e 0000:00:1f.6 eno1: Detected speed 1000",
        driver="e1000e",
        device="0000:00:1f.6",
        interface="eno1",
    ),
    row(
        "tx_timeout",
        "ixgbe 0000:18:00.0 eth4: initiating reset due to tx timeout",
        "ixgbe 0000:18:00.0 eth4: detected SFP+: 5",
        interface="eth4",
    ),
    row(
        "tx_timeout",
        "ice 0000:31:00.0 ens2f0: tx hang 2 detected on queue 9, resetting adapter",
        "ice 0000:31:00.0 ens2f0: VSI is up",
        driver="ice",
    ),
    row(
        "tx_timeout",
        "ena 0000:00:06.0: Keep alive watchdog timeout.",
        "ena 0000:00:06.0: ENA device version: 0.10",
        driver="ena",
        device="0000:00:06.0",
    ),
    row(
        "mlx5_cmd_timeout",
        "mlx5_core 0000:9b:00.0: wait_func_handle_exec_timeout:1110:(pid 71120): cmd[0]: "
        "QUERY_VPORT_COUNTER(0x770) No done completion",
        "mlx5_core 0000:9b:00.0: wait_func is a function",
        pid=71120,
        command="QUERY_VPORT_COUNTER",
        device="0000:9b:00.0",
    ),
    row(
        "mlx5_cmd_timeout",
        "mlx5_core 0000:9b:00.0: cmd_work_handler:887:(pid 904): failed to allocate command entry",
        "mlx5_core 0000:9b:00.0: cmd_work_handler: done",
        pid=904,
        device="0000:9b:00.0",
    ),
    row(
        "mlx5_health",
        "mlx5_core 0000:d2:00.1: poll_health:801:(pid 0): device's health compromised - reached "
        "miss count",
        "mlx5_core 0000:d2:00.1: firmware version: 22.35.3006",
        device="0000:d2:00.1",
    ),
    row(
        "mlx5_health",
        "mlx5_core 0000:d2:00.1: print_health_info:431:(pid 0): synd 0x1: firmware internal error",
        "mlx5_core 0000:d2:00.1: print_health_info: fw_ver 22.35.3006",
        detail="firmware internal error",
    ),
    row(
        "mlx5_health",
        "mlx5_core 0000:d2:00.1: poll_health:828:(pid 0): Fatal error 3 detected",
        "mlx5_core 0000:d2:00.1: fatal error reporter registered",
        device="0000:d2:00.1",
    ),
    row(
        "mlx5_probe_failed",
        "mlx5_core 0000:d2:00.1: wait_fw_init:199:(pid 411): Waiting for FW initialization failed",
        "mlx5_core 0000:d2:00.1: wait_fw_init took 3 s",
        device="0000:d2:00.1",
    ),
    row(
        "mlx5_probe_failed",
        "mlx5_core 0000:d2:00.1: mlx5_function_setup:1237:(pid 8): Firmware over 120000 MS in "
        "pre-initializing state, aborting",
        "mlx5_core 0000:d2:00.1: mlx5_function_setup done",
        device="0000:d2:00.1",
    ),
    row(
        "mlx5_insufficient_power",
        "mlx5_core 0000:d2:00.1: mlx5_pcie_event:299:(pid 1120): Detected insufficient power on "
        "the PCIe slot (24W).",
        "mlx5_core 0000:d2:00.1: mlx5_pcie_event: PCIe slot advertised sufficient power (75W).",
        watts="24",
    ),
    row(
        "mlx5_module",
        "mlx5_core 0000:d2:00.1: mlx5_port_module_event:1131:(pid 0): Port module event[error]: "
        "module 1, Cable error, Bus stuck (I2C or data shorted)",
        "mlx5_core 0000:d2:00.1: Port module event: module 1, Cable plugged",
        detail="Cable error, Bus stuck (I2C or data shorted)",
        device="0000:d2:00.1",
    ),
    row(
        "ib_error",
        "infiniband mlx5_3: dump_cqe:277:(pid 4120): dump error cqe",
        "infiniband mlx5_3: registered",
        device="mlx5_3",
    ),
)

STACK = (
    row(
        "conntrack_full",
        "nf_conntrack: nf_conntrack: table full, dropping packet",
        "nf_conntrack: default automatic helper assignment has been turned off",
    ),
    row(
        "conntrack_full",
        "ip_conntrack: table full, dropping packet.",
        "ip_conntrack version 2.4 (8192 buckets, 65536 max)",
    ),
    row(
        "neighbor_overflow",
        "neighbour: arp_cache: neighbor table overflow!",
        "neighbour: arp_cache is sized for a small net",
        table="arp_cache",
    ),
    row(
        "neighbor_overflow",
        "Neighbour table overflow.",
        "Neighbour table of node 3",
    ),
    row(
        "tcp_memory",
        "TCP: out of memory -- consider tuning tcp_mem",
        "TCP: Hash tables configured (established 524288 bind 65536)",
    ),
    row(
        "tcp_memory",
        "TCP: too many orphaned sockets",
        "TCP: cubic registered",
    ),
    row(
        "syn_flood",
        "TCP: request_sock_TCP: Possible SYN flooding on port [::]:8000. Sending cookies.",
        "TCP: SYN cookies are on for port 8000",
        port=8000,
    ),
    row(
        "unregister_netdevice",
        "unregister_netdevice: waiting for veth9a1b to become free. Usage count = 2",
        "unregister_netdevice: veth9a1b is free",
        interface="veth9a1b",
        count=2,
    ),
)


@pytest.mark.parametrize("form", [*LINKS, *CARDS, *STACK], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "text",
    [
        "systemd-networkd[812]: ib0: Lost carrier",
        "NetworkManager[990]: <info>  [1718000123.1] device (ib0): carrier: link disconnected",
    ],
)
def test_what_a_network_manager_says_of_a_carrier_is_a_link(text: str) -> None:
    events, _ = read(f"Sep 14 02:10:11 gn21 {text}\n")

    found = [event.fields for event in events if event.kind == "kernel.net"]
    assert [(f["what"], f["interface"]) for f in found] == [("link_down", "ib0")]


@pytest.mark.parametrize(
    "text",
    [
        "ata5: SATA link down (SStatus 0 SControl 300)",
        "docker0: port 3(veth77) entered disabled state",
        "mlx5_core 0000:d2:00.0: mlx5_cmd_out_err:838:(pid 9): ACCESS_REG(0x805) failed",
        "r8169 0000:03:00.0 eth0: Link is Up - 1Gbps/Full - flow control rx/tx",
    ],
)
def test_healthy_lines_are_no_complaint(text: str) -> None:
    events, _ = read(f"[ 9.1] {text}\n")

    assert [event.kind for event in events if event.kind == "kernel.net"] == []
