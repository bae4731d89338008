"""The tables of facts are well formed, complete, and agree with the signatures and the pages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from triage import playbook
from triage.signatures.load import load as signatures
from triage.tables import load
from triage.tables.ranges import (
    GENERATIONS,
    covers_driver,
    covers_generation,
    generation_of,
    holds,
    is_version,
    version_key,
)
from triage.tables.rows import Row, Span, SxidRow, XidRow, signatures_of
from triage.tables.switch import sxid_row
from triage_parsers.xid_nvlink5 import table as nvlink5

ROWS: list[Row] = [
    *load.xids().row, *load.sxids().row, *load.exits().row, *load.signals().row,
    *load.reasons().row, *load.exceptions().row,
]  # fmt: skip
SOURCES = {
    "XidRow": load.xids().sources, "SxidRow": load.sxids().sources,
    "ExitRow": load.exits().sources, "SignalRow": load.signals().sources,
    "ReasonRow": load.reasons().sources, "ExceptionRow": load.exceptions().sources,
}  # fmt: skip
CODED: list[XidRow | SxidRow] = [*load.xids().row, *load.sxids().row]
IDS = {signature.id for signature in signatures().signatures}
KNOWLEDGE = Path(__file__).parents[2] / "shared" / "knowledge"


def test_every_row_says_what_it_means_in_one_line_and_who_says_so() -> None:
    for row in ROWS:
        assert row.meaning
        assert "\n" not in row.meaning
        assert row.source
        assert set(row.source) <= set(SOURCES[type(row).__name__])


@pytest.mark.parametrize("name", load.NAMES)
def test_every_source_of_a_table_is_used_and_names_no_registry(name: str) -> None:
    sources = SOURCES[
        {
            "xid": "XidRow", "sxid": "SxidRow", "exit": "ExitRow", "signals": "SignalRow",
            "k8s_reasons": "ReasonRow", "python_exceptions": "ExceptionRow",
        }[name]
    ]  # fmt: skip
    used = {key for row in ROWS if SOURCES[type(row).__name__] is sources for key in row.source}

    assert used == set(sources)
    assert not any("://" in text or "pypi" in text.lower() for text in sources.values())


def test_every_page_that_a_row_names_is_there() -> None:
    assert {row.page for row in ROWS if row.page and playbook.find(row.page) is None} == set()


def test_every_signature_that_a_row_names_is_there() -> None:
    assert {one for row in ROWS for one in signatures_of(row)} - IDS == set()


def test_every_xid_and_sxid_names_a_page_and_the_signature_that_covers_it() -> None:
    for row in CODED:
        assert row.page
        own = f"xid_{row.code}"
        assert row.signature == own if isinstance(row, XidRow) else row.signature.startswith("sxid")


def test_every_xid_with_a_signature_of_its_own_stands_in_the_table() -> None:
    codes = {row.code for row in load.xids().row}

    assert {one for one in IDS if one.startswith("xid_") and one[4:].isdigit()} == {
        f"xid_{code}" for code in codes
    }


def test_a_reused_number_is_told_apart_by_driver_or_card() -> None:
    for table in (load.xids().row, load.sxids().row):
        for code, count in Counter(row.code for row in table).items():
            rows = [row for row in table if row.code == code]
            if count > 1:
                assert all(row.drivers or getattr(row, "cards", None) for row in rows)
            for driver in ("450.80.02", "535.104.05", "550.90.07", "570.86.15", "595.45.04"):
                for generation in GENERATIONS:
                    assert sum(holds(row, driver, generation) for row in rows) <= 1


def test_ranges_name_versions_and_generations_in_order() -> None:
    for row in CODED:
        if row.drivers is not None:
            both = [one for one in (row.drivers.from_, row.drivers.before) if one]
            assert all(is_version(one) for one in both)
            assert both == sorted(both, key=version_key)
        if isinstance(row, XidRow) and row.cards is not None:
            named = [one for one in (row.cards.from_, row.cards.before) if one]
            assert named == sorted(named, key=GENERATIONS.index)
        assert not row.since or is_version(row.since)


def test_every_word_of_advice_has_its_meaning_and_every_meaning_its_word() -> None:
    units = {word for unit in nvlink5().unit for row in unit.rows for word in (row[1], row[2])}
    xid = {row.advice for row in load.xids().row if row.advice}
    sxid = {row.advice for row in load.sxids().row if row.advice}

    assert xid | units == set(load.xids().legend)
    assert sxid == set(load.sxids().legend)


def test_an_sxid_without_a_word_is_fatal_where_the_driver_says_only_fatal() -> None:
    for row in load.sxids().row:
        if row.says == ("Fatal",):
            assert row.fatal
        if "Non-fatal" in row.says:
            assert not row.fatal
        assert row.signature == ("sxid_fatal" if row.fatal else "sxid_nonfatal")


def test_exit_codes_are_told_once_by_each_owner() -> None:
    owners = Counter((row.code, row.by) for row in load.exits().row)

    assert [pair for pair, count in owners.items() if count > 1] == []


def test_names_are_not_shared_between_rows() -> None:
    reasons = Counter(row.reason.lower() for row in load.reasons().row)
    signals = Counter(row.number for row in load.signals().row)
    exceptions = Counter(one for row in load.exceptions().row for one in (row.name, *row.also))

    for counted in (reasons, signals, exceptions):
        assert max(counted.values()) == 1


def test_signals_are_numbered_without_a_gap() -> None:
    assert [row.number for row in load.signals().row] == list(range(1, 32))


@pytest.mark.skipif(not KNOWLEDGE.is_dir(), reason="the facts that the tables were made from")
def test_nothing_of_the_facts_was_left_out() -> None:
    xids = json.loads((KNOWLEDGE / "xid.json").read_text())["xids"]
    sxids = json.loads((KNOWLEDGE / "sxid.json").read_text())["sxids"]
    units = json.loads((KNOWLEDGE / "nvlink5_decode.json").read_text())

    assert {row.code for row in load.xids().row} == {one["code"] for one in xids}
    assert {row.code for row in load.sxids().row} == {one["code"] for one in sxids}
    assert len(xids) == 177
    assert len(sxids) == 400
    assert {unit.xid for unit in nvlink5().unit} == set(range(144, 151))
    assert units
    for one in xids:
        rows = [row for row in load.xids().row if row.code == one["code"]]
        assert one["name"] in {row.name for row in rows}
        assert (one["catalog_immediate_action"] or "") in {row.advice for row in rows}
    for one in sxids:
        meant = [row for row in load.sxids().row if row.code == one["code"]]
        assert any(one["name"].endswith(row.name.removeprefix("HW_")) for row in meant)
        assert one["switch_fatal"] in {row.whole_switch for row in meant}


@pytest.mark.skipif(not KNOWLEDGE.is_dir(), reason="the facts that the tables were made from")
def test_the_sentences_are_ours() -> None:
    """No meaning or action is a sentence of the sources."""
    told = set()
    for name, key in (("xid.json", "xids"), ("sxid.json", "sxids")):
        for one in json.loads((KNOWLEDGE / name).read_text())[key]:
            told |= {one["summary"].lower(), one["first_action"].lower()}
    long = {text for text in told if len(text.split()) > 3}

    assert {row.meaning.lower() for row in ROWS} & long == set()
    assert {row.action.lower() for row in ROWS} & long == set()


@pytest.mark.parametrize(
    ("card", "generation"),
    [
        ("NVIDIA A100-SXM4-80GB", "ampere"),
        ("NVIDIA A10G", "ampere"),
        ("NVIDIA H100 80GB HBM3", "hopper"),
        ("NVIDIA GH200 480GB", "hopper"),
        ("NVIDIA B200", "blackwell"),
        ("NVIDIA GB200", "blackwell"),
        ("NVIDIA L40S", "ada"),
        ("NVIDIA RTX 6000 Ada Generation", "ada"),
        ("Quadro RTX 6000", "turing"),
        ("NVIDIA RTX A6000", "ampere"),
        ("Tesla T4", "turing"),
        ("Tesla V100-SXM2-32GB", "volta"),
        ("Tesla K80", "kepler"),
        ("AMD Instinct MI300X", None),
        ("python3", None),
    ],
)
def test_a_card_s_name_tells_its_generation(card: str, generation: str | None) -> None:
    assert generation_of(card) == generation


@pytest.mark.parametrize(
    ("driver", "inside"),
    [
        ("535.42", False),
        ("535.43.09", True),
        ("545.29.06", True),
        ("550", False),
        ("560.28", False),
    ],
)
def test_the_beginning_of_a_span_counts_and_its_end_does_not(driver: str, *, inside: bool) -> None:
    assert covers_driver(Span(from_="535.43.09", before="550"), driver) is inside


def test_a_span_without_an_end_goes_on() -> None:
    assert covers_generation(Span(from_="ampere"), "blackwell")
    assert not covers_generation(Span(before="ampere"), "ampere")


@pytest.mark.parametrize(
    ("code", "text", "meaning"),
    [
        (
            28001,
            "Non-fatal, Link 12 MC TS tag store single-bit threshold",
            "tracking of multicasts",
        ),
        (28001, "OSFP Thermal Warn Activated", "an optics module"),
        (29006, "Non-fatal, Link 1 Red TS crumbstore RTO (First)", "tracking of in-network"),
        (29006, "Non-fatal, Link 1 MC TS crumbstore MCTO (First)", "tracking of multicasts"),
        (20034, "anything", "a link's physical layer"),
    ],
)
def test_the_text_behind_a_number_that_moved_decides(code: int, text: str, meaning: str) -> None:
    row = sxid_row(code, text)

    assert row is not None
    assert row.meaning.startswith(meaning)


@pytest.mark.parametrize(("code", "text"), [(28001, "Severity 1 Engine instance"), (99999, "")])
def test_a_number_that_cannot_be_told_has_no_row(code: int, text: str) -> None:
    assert sxid_row(code, text) is None
