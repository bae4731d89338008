"""The first page answers what a reader asks, in that order, and says what it does not know."""

from __future__ import annotations

from functools import partial

import msgspec

from tests.night import as_it_is, at, evidence, fill, found, night, report_of
from triage.answer import Finding, Link, NotThis
from triage.case import Case
from triage.report.building import build
from triage.report.model import Report
from triage.report.summary import brief


def report_on(*findings: Finding) -> Report:
    """The report of the same night with other findings."""
    answer = msgspec.structs.replace(night(as_it_is), findings=list(findings))
    with Case(answer, partial(fill, as_it_is)) as case:
        return build(case)


def lost(**more: object) -> Finding:
    """The root cause of the night."""
    fields: dict[str, object] = {
        "evidence": [evidence(as_it_is, "kern.log", 3, 0, "NVRM: Xid 79, lost")]
    }
    return found(as_it_is, 1, "xid_79", "GPU 0000:3b:00 fell off the bus", **{**fields, **more})


def leads(report: Report) -> list[str]:
    return list(dict.fromkeys(one.lead for one in report.summary))


def told(report: Report, lead: str) -> list[str]:
    return [one.text for one in report.summary if one.lead == lead]


def test_the_questions_are_answered_in_the_order_in_which_they_are_asked() -> None:
    assert leads(report_of()) == [
        "What broke", "Known by", "Since when", "What was hit", "What led to it", "What followed",
        "Ruled out", "Still open",
    ]  # fmt: skip


def test_a_title_is_the_root_cause_alone_and_short() -> None:
    long = lost()
    long = msgspec.structs.replace(long, title="GPU fell " + "very far " * 40)

    assert report_of().header.title == "GPU 0000:3b:00 fell off the bus"
    title = report_on(long).header.title
    assert len(title) < 120
    assert title.endswith("far…")


def test_a_root_cause_without_a_time_lends_none_from_others() -> None:
    root = lost(
        first_seen=None, last_seen=None, time_quality="none",
        evidence=[evidence(as_it_is, "kern.log", 3, None, "lost")],
    )  # fmt: skip
    other = found(
        as_it_is, 2, "oom_kill", "The kernel killed python3",
        evidence=[evidence(as_it_is, "app.log", 2, 600, "killed")],
    )  # fmt: skip

    report = report_on(root, other)

    (since,) = told(report, "Since when")
    assert since.startswith("it has no time of its own; the first dated finding is at ")
    assert report.timeline.zero == "the earliest finding that has a time"


def test_what_led_to_the_root_cause_is_told_before_it() -> None:
    root = lost(explained_by=[Link("aer_fatal", "same slot", 2.0, 0.8, 2)])
    cause = found(
        as_it_is, 2, "aer_fatal", "Fatal PCIe error", confidence=0.8,
        evidence=[evidence(as_it_is, "kern.log", 2, -2, "fatal")],
    )  # fmt: skip

    report = report_on(root, cause)

    assert told(report, "What led to it") == [
        "Fatal PCIe error (80% sure): same slot; consistent with having led to it, not proven."
    ]
    assert [node.id for node in report.causes.nodes] == ["aer_fatal", "xid_79"]


def test_a_hazard_that_explains_nothing_stands_among_the_hazards_alone() -> None:
    report = report_of()

    assert [one.id for one in report.hazards] == ["unpinned_dependency"]
    assert "unpinned_dependency" not in {node.id for node in report.causes.nodes}
    assert report.timeline.undated == []
    assert report.timeline.omitted == 0


def test_packages_that_came_apart_and_broke_something_are_a_cause() -> None:
    apart = found(
        as_it_is, 2, "env_skew", "Environments differ", severity="warning", role="context",
        playbook="dependencies/env-skew",
        evidence=[evidence(as_it_is, "requirements.txt", 1, None, "torch>=2.2,<3")],
    )  # fmt: skip
    broken = found(
        as_it_is, 3, "pickle_version_mismatch", "A model does not load",
        explained_by=[Link("env_skew", "same package", None, 0.8, 2)],
        evidence=[evidence(as_it_is, "app.log", 2, 600, "cannot load")],
    )  # fmt: skip

    report = report_on(lost(), apart, broken)

    assert report.hazards == []
    assert "env_skew" in {node.id for node in report.causes.nodes}


def test_reasons_against_one_explanation_stand_together_each_once() -> None:
    root = lost(not_=[NotThis("xid_31", "no page fault"), NotThis("xid_31", "no page fault")])

    report = report_on(root)

    assert [(one.id, [why.text for why in one.reasons]) for one in report.causes.fallen] == [
        ("oom_kill", ["the kernel reports no kill.", "kern.log:2 is calm."]),
        ("xid_31", ["no page fault."]),
    ]


def test_what_only_shows_how_a_graver_finding_looks_gets_no_row() -> None:
    looks = found(
        as_it_is, 2, "traceback", "Python ended", severity="info", role="symptom",
        explained_by=[Link("xid_79", "same lines", 0.0, 0.9, 1)],
        evidence=[evidence(as_it_is, "kern.log", 3, 0, "lost")],
    )  # fmt: skip

    rows = report_on(lost(), looks).timeline.rows

    assert [row.finding for row in rows if row.sort == "finding"] == [1]
    assert {row.time for row in rows if row.finding == 1} == {at(0)}


def test_a_brief_tells_less_of_each() -> None:
    facts = report_of().summary

    kept = brief([*facts, *facts, *facts])

    counts = {lead: sum(one.lead == lead for one in kept) for lead in leads(report_of())}
    assert counts["What broke"] == counts["Since when"] == 1
    assert counts["What followed"] == counts["Ruled out"] == 2
    assert counts["Known by"] == 0
