"""Composed incidents with known truth: the root cause is found, and what may be doubted is."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from tests.incidents import INCIDENTS
from tests.incidents.bystander import is_bystander, on_another_node, on_the_same_node
from tests.incidents.model import Incident
from tests.incidents.variants import (
    Files,
    beside,
    drifted,
    mixed,
    retold,
    skewed,
    whole,
    without,
)
from triage.answer import Answer, Finding
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
CASES = [pytest.param(incident, id=incident.name) for incident in INCIDENTS]
WITH_KERNEL = [
    pytest.param(incident, id=incident.name)
    for incident in INCIDENTS
    if any(source.more for source in incident.sources)
]
MISSING = [
    pytest.param(incident, name, id=f"{incident.name} [without {name}]")
    for incident in INCIDENTS
    for name in incident.names
]
CLOCKS = [
    pytest.param(incident, clock, id=f"{incident.name} [{clock} is off]")
    for incident in INCIDENTS
    for clock in incident.clocks
]
FORMS = [
    pytest.param(incident, form, id=f"{incident.name} [{form}]")
    for incident in INCIDENTS
    for form in incident.forms
]
PAIRS = [
    pytest.param(one, INCIDENTS[(at + step) % len(INCIDENTS)], id=f"{one.name} [and {step} on]")
    for step in (7, 19)
    for at, one in enumerate(INCIDENTS)
]


def answer_to(files: Files) -> Answer:
    """What a scan of a bundle says."""
    return scan_texts(files, KNOWLEDGE)


@cache
def answer_to_both(one: str, other: str) -> Answer:
    """What a scan of two incidents says, by their names."""
    told_by = {incident.name: incident for incident in INCIDENTS}
    return answer_to(mixed(told_by[one], told_by[other]))


def leads(answer: Answer, cause: str, effect: str) -> bool:
    """Whether a chain of explanations goes from one id to the other."""
    causes: defaultdict[int, set[int]] = defaultdict(set)
    for finding in answer.findings:
        causes[finding.rank] |= {link.finding for link in finding.explained_by}
    ids = {finding.rank: finding.id for finding in answer.findings}
    open_ = [rank for rank, found in ids.items() if found == effect]
    seen = set(open_)
    while open_:
        rank = open_.pop()
        if ids[rank] == cause and effect != cause:
            return True
        open_ += causes[rank] - seen
        seen |= causes[rank]
    return False


def told(answer: Answer) -> list[str]:
    """The findings and what explains them, for a failed test's message."""
    return [
        f"{one.rank} {one.id} <- {[(link.id, link.strength) for link in one.explained_by]}"
        for one in answer.findings
    ]


def across(answer: Answer) -> list[str]:
    """Links between findings that stand in different parts of a mixed bundle."""
    ranks = {finding.rank: finding for finding in answer.findings}
    return [
        f"{link.id} -> {finding.id}: {link.why}"
        for finding in answer.findings
        for link in finding.explained_by
        if folders(finding).isdisjoint(folders(ranks[link.finding]))
    ]


def folders(finding: Finding) -> set[str]:
    """The parts of a mixed bundle that a finding stands in."""
    return {piece.source.split("/", 1)[0] for piece in finding.evidence}


@pytest.mark.parametrize("incident", CASES)
def test_the_root_cause_of_a_whole_bundle_is_found(incident: Incident) -> None:
    answer = answer_to(whole(incident))

    root = answer.findings[0]
    assert answer.verdict.root_cause == incident.root, told(answer)
    for name, value in incident.entities.items():
        assert value in root.entities.get(name, []), root.entities


@pytest.mark.parametrize("incident", CASES)
def test_the_chain_leads_from_the_cause_to_its_effects(incident: Incident) -> None:
    answer = answer_to(whole(incident))

    missing = [link for link in incident.chain if not leads(answer, *link)]
    assert missing == [], told(answer)


@pytest.mark.parametrize("incident", CASES)
def test_the_usual_suspects_are_not_accused(incident: Incident) -> None:
    answer = answer_to(whole(incident))

    accused = {finding.id for finding in answer.findings if finding.severity != "info"}
    assert accused.isdisjoint(incident.innocent), told(answer)
    assert {one.id for one in answer.ruled_out} >= set(incident.ruled_out)


@pytest.mark.parametrize("incident", [i for i in INCIDENTS if i.touched], ids=lambda i: i.name)
def test_the_answer_tells_what_the_incident_reached(incident: Incident) -> None:
    answer = answer_to(whole(incident))

    reached = answer.incidents[0].touched
    assert {name: sorted(map(str, reached.get(name, []))) for name in incident.touched} == {
        name: sorted(map(str, values)) for name, values in incident.touched.items()
    }


@pytest.mark.parametrize(("incident", "name"), MISSING)
def test_without_a_source_the_answer_is_the_next_honest_one(incident: Incident, name: str) -> None:
    answer = answer_to(without(incident, name))

    left = incident.lost.get(name)
    assert answer.verdict.root_cause == (left.root if left else incident.root), told(answer)
    if left and left.undecided:
        needs = [need for one in answer.undecided for need in one.needs]
        assert any(left.undecided in need for need in needs), answer.undecided


@pytest.mark.parametrize("seconds", [90.0, -90.0])
@pytest.mark.parametrize(("incident", "clock"), CLOCKS)
def test_a_clock_that_is_wrong_does_not_change_the_root(
    incident: Incident, clock: str, seconds: float
) -> None:
    answer = answer_to(skewed(incident, clock, seconds))

    assert answer.verdict.root_cause == incident.root, told(answer)


@pytest.mark.parametrize("seconds", [90.0, -90.0])
@pytest.mark.parametrize("incident", WITH_KERNEL)
def test_a_kernel_clock_that_drifted_does_not_change_the_root(
    incident: Incident, seconds: float
) -> None:
    answer = answer_to(drifted(incident, seconds))

    assert answer.verdict.root_cause == incident.root, told(answer)


@pytest.mark.parametrize(("incident", "form"), FORMS)
def test_the_form_of_a_source_does_not_change_the_root(incident: Incident, form: str) -> None:
    answer = answer_to(retold(incident, form))

    assert answer.verdict.root_cause == incident.retold.get(form, incident.root), told(answer)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_incidents_are_both_found_and_not_linked(one: Incident, other: Incident) -> None:
    answer = answer_to_both(one.name, other.name)

    ranks = {finding.rank: finding for finding in answer.findings}
    roots = {
        (folder, incident.root_cause)
        for incident in answer.incidents
        for folder in folders(ranks[incident.root])
    }
    assert across(answer) == []
    assert {("a", one.root), ("b", other.root)} <= roots, told(answer)
    assert answer.verdict.root_cause in {one.root, other.root}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_incidents_are_two_groups(one: Incident, other: Incident) -> None:
    answer = answer_to_both(one.name, other.name)

    ranks = {finding.rank: finding for finding in answer.findings}
    for incident in answer.incidents:
        stands = [folders(ranks[rank]) for rank in incident.findings]
        assert len(set.union(*(where for where in stands if len(where) == 1), set())) <= 1


@pytest.mark.parametrize("incident", CASES)
def test_a_kill_on_another_node_is_not_blamed(incident: Incident) -> None:
    answer = answer_to(beside(incident, on_another_node()))

    assert answer.verdict.root_cause == incident.root, told(answer)
    assert not is_bystander(answer.findings[0])
    assert accusing(answer) == []


@pytest.mark.parametrize("incident", WITH_KERNEL)
def test_a_kill_of_a_neighbor_on_the_node_is_not_blamed(incident: Incident) -> None:
    answer = answer_to(beside(incident, on_the_same_node(incident)))

    assert answer.verdict.root_cause == incident.root, told(answer)
    assert not is_bystander(answer.findings[0])
    assert accusing(answer) == []


def accusing(answer: Answer) -> list[str]:
    """Links that lead from the bystander's trouble into the incident."""
    blamed = {finding.rank for finding in answer.findings if is_bystander(finding)}
    return [
        f"{link.id} -> {finding.id}: {link.why}"
        for finding in answer.findings
        if finding.rank not in blamed
        for link in finding.explained_by
        if link.finding in blamed
    ]
