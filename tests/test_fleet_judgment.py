"""Judging across bundles: the same event twice is one, a spread failure accuses no card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.batch.chance import concentrated, drawn
from triage.batch.fleet_answer import Offender, Place, Thing
from triage.batch.groups import bursts, together
from triage.batch.hits import NANO, Hit, workload
from triage.batch.occasions import occasions
from triage.batch.offenders import offenders, unplaced
from triage.batch.things import Naming

HOUR = 3600 * NANO
DAY = 24 * HOUR


def card(number: int) -> Thing:
    return Thing(kind="gpu", name=f"GPU-{number}", machine=f"node-{number // 8}", gpu="0000:3b:00")


def hit(
    bundle: str,
    *,
    at: Sequence[int] = (),
    cards: Sequence[Thing] = (),
    machine: str = "node-0",
    process: str = "train",
    id_: str = "xid_31",
    causes: Sequence[str] = (),
) -> Hit:
    place = Place(bundle=bundle, uri=bundle, source="dmesg", line=1, time=None, text=f"in {bundle}")
    return Hit(
        key=bundle, run="one", newest=True, uri=bundle, bundle=bundle, rank=1, id=id_, title=id_,
        severity="critical", count=1, first=min(at, default=None), last=max(at, default=None),
        not_this=("gpu_hardware_fault",), causes=frozenset(causes), playbook=None,
        entities={"process": [process]}, times=tuple(at), machines=(machine,), cards=tuple(cards),
        place=place,
    )  # fmt: skip


def judged(hits: Sequence[Hit], gpus: int = 64) -> list[Offender]:
    return offenders(hits, {"gpu": gpus, "node": 8})


def test_a_card_that_returns_under_different_programs_is_suspected() -> None:
    hits = [
        hit(f"day-{n}", at=[n * DAY], cards=[card(1)], process=name)
        for n, name in enumerate(("train", "serve", "bench"))
    ]

    (one,) = judged(hits)

    assert (one.grade, one.occasions, one.bundles) == ("suspect", 3, 3)


def test_a_card_whose_program_no_log_names_is_suspected_less() -> None:
    named = [hit(f"{n}", at=[n * DAY], cards=[card(1)], process=f"p{n}") for n in range(3)]
    unnamed = [hit(f"{n}", at=[n * DAY], cards=[card(1)], process="python3") for n in range(3)]

    assert judged(unnamed)[0].grade == "suspect"
    assert judged(unnamed)[0].confidence < judged(named)[0].confidence


def test_the_same_event_in_three_bundles_is_no_return() -> None:
    hits = [hit(f"copy-{n}", at=[5 * DAY], cards=[card(1)]) for n in range(3)]

    assert judged(hits) == []


def test_a_log_that_repeats_old_events_counts_only_the_new_ones() -> None:
    hits = [
        hit("monday", at=[0], cards=[card(1)]),
        hit("tuesday", at=[0, DAY], cards=[card(1)]),
        hit("wednesday", at=[0, DAY, 2 * DAY], cards=[card(1)]),
    ]

    assert occasions(hits) == 3


def test_one_program_that_fails_on_many_cards_is_suspected_itself() -> None:
    hits = [
        hit(f"{number}-{n}", at=[n * DAY + number], cards=[card(number)], process="rerank")
        for number in range(4)
        for n in range(3)
    ]

    assert {one.grade for one in judged(hits)} == {"shared"}


def test_one_program_on_one_card_leaves_both_possible() -> None:
    hits = [hit(f"{n}", at=[n * DAY], cards=[card(1)], process="rerank") for n in range(4)]

    (one,) = judged(hits)

    assert one.grade == "open"
    assert any("nothing tells them apart" in reason for reason in one.because)


def test_a_failure_that_all_cards_have_accuses_none() -> None:
    hits = [
        hit(f"{number}-{n}", at=[n * DAY + number * HOUR], cards=[card(number)],
            process=f"p{number}-{n}")
        for number in range(8)
        for n in range(3)
    ]  # fmt: skip

    assert {one.grade for one in judged(hits, gpus=8)} == {"open"}


def test_a_hostile_name_stays_one_word_of_a_command() -> None:
    evil = Thing(kind="gpu", name="GPU-1; reboot", machine="a; rm -rf /", gpu="0000:3b:00")
    hits = [hit(f"{n}", at=[n * DAY], cards=[evil], process=f"p{n}") for n in range(3)]

    steps = " ".join(judged(hits)[0].next_steps)

    assert "'a; rm -rf /'" in steps
    assert "'GPU-1; reboot'" in steps


def test_a_slot_that_held_two_cards_names_neither() -> None:
    naming = Naming()
    naming.tie("monday", "a1", "0000:3b:00", "GPU-old")
    naming.tie("friday", "a1", "0000:3b:00", "GPU-new")
    naming.tie("friday", "a1", "0000:5e:00", "GPU-other")
    cards = naming.settled()

    told = cards.card("sunday", "a1", "0000:3b:00", None)
    other = cards.card("sunday", "a1", "0000:5e:00.0", None)

    assert told == Thing(kind="gpu", name="a1 0000:3b:00", machine="a1", gpu="0000:3b:00")
    assert other is not None
    assert other.name == "GPU-other"


def test_an_address_of_an_unknown_machine_is_no_card_of_the_fleet() -> None:
    assert Naming().settled().card("monday", None, "0000:3b:00", None) is None


def test_an_address_without_a_machine_is_undecided_and_no_offender() -> None:
    hits = [hit(f"{n}", at=[n * DAY], process=f"p{n}", machine="") for n in range(3)]
    nameless = [
        replace(one, machines=(), entities={**one.entities, "gpu": ["0000:3b:00.0"]})
        for one in hits
    ]

    (open_,) = unplaced(nameless)

    assert judged(nameless) == []
    assert (open_.id, open_.gpu, open_.bundles) == ("xid_31", "0000:3b:00", ["0", "1", "2"])


def test_what_a_cause_explains_makes_no_burst_of_its_own() -> None:
    effects = [hit(f"{n}", at=[n], machine=f"m{n}", causes=["switch_down"]) for n in range(4)]
    causes = [hit(f"{n}", at=[n], machine=f"m{n}", id_="switch_down") for n in range(4)]

    (burst,) = bursts([*effects, *causes])

    assert (burst.id, len(burst.machines)) == ("switch_down", 4)


def test_failures_hours_apart_are_no_burst() -> None:
    assert bursts([hit(f"{n}", at=[n * HOUR], machine=f"m{n}") for n in range(5)]) == []


def test_failures_that_share_bundles_by_rule_are_told_unless_linked() -> None:
    pairs = [hit(f"{n}", id_=id_) for n in range(6) for id_ in ("nfs_hang", "loader_dead")]
    linked = [replace(one, causes=frozenset({"nfs_hang"})) for one in pairs]

    (found,) = together(pairs, 100)

    assert (found.ids, found.both) == (["loader_dead", "nfs_hang"], 6)
    assert together(linked, 100) == []


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ("rerank-serving-6c9f7b5d48-t2vxm", "rerank-serving"),
        ("postgres-0", "postgres"),
        ("dcgm-exporter-x7k2p", "dcgm-exporter"),
        ("trainer", "trainer"),
        ("0", "0"),
    ],
)
def test_a_pod_is_counted_with_its_siblings(pod: str, expected: str) -> None:
    assert workload(pod) == expected


@given(st.integers(1, 60), st.data())
def test_chances_are_chances(population: int, data: st.DataObject) -> None:
    marked = data.draw(st.integers(0, population))
    draws = data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, min(marked, draws)))

    assert 0 <= drawn(population, marked, draws, found) <= 1
    assert drawn(population, marked, draws, max(0, draws + marked - population)) == pytest.approx(1)


def test_chances_are_those_of_the_textbook() -> None:
    assert drawn(10, 5, 5, 5) == pytest.approx(1 / 252)
    assert concentrated(6, 2, 2) == pytest.approx(6 / 36)


def test_an_offender_can_be_written_as_json() -> None:
    hits = [hit(f"{n}", at=[n * DAY], cards=[card(1)], process=f"p{n}") for n in range(3)]

    assert b'"grade":"suspect"' in msgspec.json.encode(judged(hits))
