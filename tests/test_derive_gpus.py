"""What readings of GPUs show only beside each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.derive import DERIVED_KINDS
from triage.derive.gpus import derive
from triage.events import Event, Parser
from triage.testing import events_of
from triage_parsers import k8s_describe, smi_csv, smi_list, smi_query, smi_table, smi_topology

SPIN = ("100", "88")
WORK = ("100", "371")
IDLE = ("0", "66")
HEAD = (
    "+-----------------------------------------------------------------------------+\n"
    "| NVIDIA-SMI 525.85.12    Driver Version: 525.85.12    CUDA Version: 12.0     |\n"
    "|-------------------------------+----------------------+----------------------+\n"
)
LINE = "+-------------------------------+----------------------+----------------------+\n"
PROCESSES = (
    "\n+-----------------------------------------------------------------------------+\n"
    "| Processes:                                                                  |\n"
    "|  GPU   GI   CI        PID   Type   Process name                  GPU Memory |\n"
    "|=============================================================================|\n"
)


def card(index: int, util: str, power: str, used: int = 30101) -> str:
    bus = f"{16 * (index + 1):02X}"
    return (
        f"|   {index}  NVIDIA A100-SXM...  On   | 00000000:{bus}:00.0 Off | {0:>20} |\n"
        f"| N/A   31C    P0   {power:>3}W / 400W | {used:>6}MiB / 81920MiB |    {util:>3}%      "
        "Default |\n"
        "|                               |                      |             Disabled |\n" + LINE
    )


def table(*cards: tuple[str, str], processes: str = "") -> str:
    rows = "".join(card(index, *loads) for index, loads in enumerate(cards))
    return HEAD + rows + PROCESSES + processes + "+" + "-" * 77 + "+\n"


def process(index: int, pid: int, mib: int) -> str:
    return f"|    {index}   N/A  N/A   {pid:>7}      C   python3{mib:>28}MiB |\n"


def read(parser: Parser, text: str, name: str) -> list[Event]:
    events = list(events_of(parser, text, name))
    for event in events:
        event.source = name
    return events


def derived(*events: Event) -> list[Event]:
    return list(derive(sorted(events, key=lambda event: (event.source, event.line))))


def of_kind(kind: str, events: list[Event]) -> list[Event]:
    return [event for event in events if event.kind == kind]


def listed(count: int, name: str, first: int = 0) -> list[Event]:
    rows = (
        f"GPU {index}: NVIDIA L4 (UUID: GPU-0000000{index}-1111-2222-3333-444455556666)\n"
        for index in range(first, first + count)
    )
    return read(smi_list.PARSER, "".join(rows), name)


def matrix(count: int, name: str) -> list[Event]:
    names = [f"GPU{index}" for index in range(count)]
    rows = (
        "\t".join([one, *(" X " if one == other else "PHB" for other in names), "0-47", "0"])
        for one in names
    )
    head = "\t".join(["", *names, "CPU Affinity", "NUMA Affinity"])
    return read(smi_topology.PARSER, "\n".join([head, *rows]) + "\n", name)


def test_all_kinds_are_announced() -> None:
    events = derived(*read(smi_table.PARSER, table(SPIN, SPIN, IDLE), "smi.txt"))

    assert {event.kind for event in events} <= set(DERIVED_KINDS)


def test_cards_that_are_busy_on_little_power_spin_and_the_odd_one_is_named() -> None:
    text = table(IDLE, SPIN, SPIN, SPIN, processes=process(0, 811, 30000) + process(1, 812, 30000))

    (event,) = of_kind("gpu.spinning", derived(*read(smi_table.PARSER, text, "smi.txt")))

    assert event.fields["spinning"] == 3
    assert (event.fields["gpu"], event.fields["pid"]) == ("0000:10:00.0", 811)
    assert (event.fields["power_w"], event.fields["power_cap_w"]) == (88.0, 400.0)
    assert (event.line, event.line_end) == (8, 18)


def test_without_a_card_at_rest_nobody_is_named() -> None:
    (event,) = of_kind("gpu.spinning", derived(*read(smi_table.PARSER, table(SPIN, SPIN), "s")))

    assert "gpu" not in event.fields


@pytest.mark.parametrize(
    "cards",
    [
        pytest.param((WORK, WORK), id="they work"),
        pytest.param((IDLE, SPIN), id="one alone"),
        pytest.param((SPIN, SPIN, ("55", "210")), id="another one works"),
        pytest.param((IDLE, IDLE), id="nothing runs"),
    ],
)
def test_other_readings_do_not_spin(cards: tuple[tuple[str, str], ...]) -> None:
    events = derived(*read(smi_table.PARSER, table(*cards), "smi.txt"))

    assert of_kind("gpu.spinning", events) == []


def test_small_cards_do_not_spin_since_they_idle_at_a_third_of_their_cap() -> None:
    text = (
        "index, power.draw [W], power.limit [W], utilization.gpu [%], memory.used [MiB]\n"
        "0, 20.1 W, 72.0 W, 100 %, 9000 MiB\n1, 20.3 W, 72.0 W, 100 %, 9000 MiB\n"
    )

    assert derived(*read(smi_csv.PARSER, text, "smi.csv")) == []


def test_without_a_cap_a_card_at_rest_is_the_measure() -> None:
    head = "power.draw [W], utilization.gpu [%], temperature.gpu\n"
    spin = head + "66.1 W, 0 %, 29\n84.4 W, 100 %, 31\n86.0 W, 100 %, 30\n"
    work = head + "66.1 W, 0 %, 29\n294.4 W, 100 %, 61\n286.0 W, 100 %, 60\n"

    assert len(of_kind("gpu.spinning", derived(*read(smi_csv.PARSER, spin, "a.csv")))) == 1
    assert of_kind("gpu.spinning", derived(*read(smi_csv.PARSER, work, "b.csv"))) == []


def test_a_reading_that_comes_again_is_one_event_that_counts_it() -> None:
    text = table(IDLE, SPIN, SPIN) + "\n" + table(IDLE, SPIN, SPIN)

    (event,) = of_kind("gpu.spinning", derived(*read(smi_table.PARSER, text, "smi.txt")))

    assert event.fields["readings"] == 2


def test_a_list_with_a_card_less_than_the_matrix_of_the_same_folder_differs() -> None:
    (event,) = derived(*listed(7, "node/L.txt"), *matrix(8, "node/topo.txt"))

    assert (event.kind, event.source, event.line) == ("gpu.count_differs", "node/L.txt", 1)
    assert (event.fields["counted"], event.fields["expected"]) == (7, 8)
    assert event.fields["other_source"] == "node/topo.txt"


def test_a_table_before_and_after_in_one_file_differs() -> None:
    text = table(WORK, WORK, WORK, WORK) + "\n" + table(WORK, WORK, WORK)

    (event,) = of_kind("gpu.count_differs", derived(*read(smi_table.PARSER, text, "smi.txt")))

    assert (event.fields["counted"], event.fields["expected"]) == (3, 4)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([*listed(8, "n/L.txt"), *matrix(8, "n/topo.txt")], id="they agree"),
        pytest.param([*listed(4, "a/L.txt"), *listed(8, "b/L.txt")], id="two machines"),
        pytest.param([*listed(7, "a-L.txt"), *listed(8, "b-L.txt")], id="two files of one form"),
        pytest.param(
            [*listed(1, "n/L.txt"), *matrix(8, "n/topo.txt")], id="one card was asked for"
        ),
        pytest.param(
            [*listed(3, "n/L.txt", first=2), *matrix(8, "n/topo.txt")], id="the end of a list"
        ),
    ],
)
def test_other_counts_do_not_differ(events: list[Event]) -> None:
    assert derived(*events) == []


def test_a_kubernetes_node_that_offers_fewer_than_it_has_differs() -> None:
    text = (
        "Name:               gpu-11\nRoles:              worker\n"
        "Capacity:\n  cpu:                96\n  nvidia.com/gpu:     8\n"
        "Allocatable:\n  cpu:                95\n  nvidia.com/gpu:     7\n"
    )

    (event,) = derived(*read(k8s_describe.PARSER, text, "describe.txt"))

    assert (event.fields["counted"], event.fields["expected"]) == (7, 8)
    assert (event.fields["form"], event.fields["node"]) == ("node", "gpu-11")


def test_memory_that_the_listed_processes_do_not_own_is_told() -> None:
    text = table(("31", "120"), processes=process(0, 811, 6508))

    (event,) = of_kind("gpu.memory_unowned", derived(*read(smi_table.PARSER, text, "smi.txt")))

    assert (event.fields["owned_mib"], event.fields["unowned_mib"]) == (6508, 23593)


def test_memory_that_the_processes_own_is_not_told() -> None:
    text = table(("31", "120"), processes=process(0, 811, 6508) + process(0, 812, 22600))

    assert derived(*read(smi_table.PARSER, text, "smi.txt")) == []


LINKS = "name, pci.bus_id, pcie.link.width.current, pcie.link.width.max, utilization.gpu [%]\n"


@pytest.mark.parametrize(
    ("rows", "narrow"),
    [
        pytest.param(("16, 16", "8, 16"), ["0000:20:00.0"], id="its neighbor has all lanes"),
        pytest.param(("8, 16", "8, 16"), [], id="a virtual machine"),
        pytest.param(("16, 16", "16, 16"), [], id="all lanes"),
        pytest.param(("4, 16", "4, 16"), ["0000:10:00.0", "0000:20:00.0"], id="a quarter"),
    ],
)
def test_a_link_is_narrow_beside_its_neighbor(rows: tuple[str, str], narrow: list[str]) -> None:
    text = LINKS + "".join(
        f"NVIDIA L40S, 00000000:{bus}:00.0, {row}, 0 %\n"
        for bus, row in zip(("10", "20"), rows, strict=True)
    )

    events = derived(*read(smi_csv.PARSER, text, "smi.csv"))

    assert [event.fields["gpu"] for event in of_kind("gpu.link_narrow", events)] == narrow


def test_a_card_at_its_limit_is_told_by_temperature_or_by_the_degrees_left() -> None:
    report = (
        "GPU 00000000:3D:00.0\n    Temperature\n"
        "        GPU Current Temp                  : 95 C\n"
        "        GPU Slowdown Temp                 : 95 C\n"
    )
    rows = "pci.bus_id, temperature.gpu, temperature.gpu.tlimit\n00000000:17:00.0, 88, -1\n"

    by_temperature = derived(*read(smi_query.PARSER, report, "q.txt"))
    by_margin = derived(*read(smi_csv.PARSER, rows, "smi.csv"))

    assert [event.kind for event in by_temperature + by_margin] == ["gpu.at_limit"] * 2


@settings(max_examples=60, deadline=None)
@given(
    loads=st.lists(
        st.tuples(st.integers(0, 100), st.integers(1, 400), st.integers(0, 81920)), max_size=5
    ),
    owned=st.integers(0, 81920),
)
def test_no_reading_raises_and_every_event_lies_in_its_source(
    loads: list[tuple[int, int, int]], owned: int
) -> None:
    rows = "".join(
        card(index, str(util), str(power), used) for index, (util, power, used) in enumerate(loads)
    )
    text = HEAD + rows + PROCESSES + process(0, 811, owned)

    for event in derived(*read(smi_table.PARSER, text, "smi.txt")):
        assert event.kind in DERIVED_KINDS
        assert 1 <= event.line <= event.line_end <= text.count("\n") + 1
        assert None not in event.fields.values()
