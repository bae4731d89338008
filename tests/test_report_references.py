"""Every sentence of a report that states a fact leads to a line of the bundle, in every format.

`TRIAGE_BUNDLES=/path make test-slow ARGS="tests/test_report_references.py"` walks the sentences
about every bundle in a folder of yours.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

import triage
from triage import playbook
from triage.bundle.visible import visible
from triage.report.building import build
from triage.report.model import Place, Report, Statement
from triage.report.pages import page
from triage.report.references import places_of
from triage.report.summary import brief

SAMPLES = Path(__file__).parent.parent / "samples"
BUNDLES = (
    "gpu-innocent", "silent-nan.tar.gz", "unpinned-git", "drift-ignored", "panic-node", "healthy",
)  # fmt: skip
OWN = Path(os.environ.get("TRIAGE_BUNDLES", "/nonexistent"))
LABELS = "case.json"
"""What somebody wrote about a bundle is no part of it."""


@cache
def report_of(bundle: str) -> Report:
    with triage.scan(SAMPLES / bundle) as case:
        return build(case)


@cache
def files_of(bundle: str) -> dict[str, list[str]]:
    """Lines of each file, by the name that reports give it."""
    path = SAMPLES / bundle
    if path.is_dir():
        return {
            file.relative_to(path).as_posix(): file.read_text("utf-8").splitlines()
            for file in path.rglob("*")
            if file.is_file()
        }
    with tarfile.open(path) as archive:
        return {
            member.name: io.TextIOWrapper(opened, "utf-8").read().splitlines()
            for member in archive
            if (opened := archive.extractfile(member)) is not None
        }


def statements(value: object) -> Iterator[Statement]:
    """All that state a fact, wherever they stand in the model."""
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from statements(getattr(value, field))
    elif isinstance(value, list):
        for item in value:
            yield from statements(item)


def lists_of_refs(value: object) -> Iterator[list[str]]:
    """All references of the model."""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            if field in {"refs", "headline_refs"}:
                yield getattr(value, field)
            else:
                yield from lists_of_refs(getattr(value, field))
    elif isinstance(value, list):
        for item in value:
            yield from lists_of_refs(item)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_statement_of_the_model_leads_somewhere(bundle: str) -> None:
    report = report_of(bundle)

    known = places_of(report)
    assert [one.text for one in statements(report) if not one.refs] == []
    assert {ref for refs in lists_of_refs(report) for ref in refs} <= known.keys()
    assert all(refs for refs in lists_of_refs(report))


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_place_is_a_line_of_the_bundle_that_says_so(bundle: str) -> None:
    files = files_of(bundle)

    for place in report_of(bundle).evidence:
        rows = files[place.source]
        assert 1 <= place.line <= place.line_end <= len(rows)
        assert _told(place, rows), (place.ref, place.text)


def _told(place: Place, rows: list[str]) -> bool:
    """Its lines, or what they say behind their wrapper, stand in the file at these numbers."""
    there = "\n".join(visible(row, 10_000) for row in rows[place.line - 1 : place.line_end])
    shown = [row.strip() for row in f"{place.text}\n{place.tail}".split("\n")]
    return all(row.removesuffix("…[cut]").strip() in there for row in shown if row)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_offsets_are_those_of_the_lines(bundle: str) -> None:
    if not (SAMPLES / bundle).is_dir():
        pytest.skip("offsets are read from files")
    for place in report_of(bundle).evidence:
        data = (SAMPLES / bundle / place.source).read_bytes()

        assert data[: place.offset].count(b"\n") == place.line - 1


FACT_SECTIONS = (
    "Summary", "Impact", "Causes", "Other explanations, and why they fell", "Detection", "Timeline",
    "Contributing hazards", "What we did not see",
)  # fmt: skip
_HEADINGS = ("| UTC |", "| --- |", "| turn |", "`=` as written", "Without a known time")
_NOT = re.compile(r"- Not `\w+`:")
"""Its reasons follow, a line each."""


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_line_of_markdown_that_states_a_fact_is_referenced(bundle: str) -> None:
    made = page(report_of(bundle), "md")

    known = set(re.findall(r"(?m)^\[([A-Z]\d+)\]: #\S+$", made))
    assert known >= set(re.findall(r"(?<!\\)\[([ESBR]\d+)\](?!:)", _without_blocks(made)))
    for row in _rows_of(made, FACT_SECTIONS):
        if not row or "TODO(" in row or row.startswith(_HEADINGS) or _NOT.fullmatch(row):
            continue
        refs = re.findall(r"(?<!\\)\[([ESBR]\d+)\]", row)
        assert refs, row
        assert set(refs) <= known


def _without_blocks(made: str) -> str:
    made = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", made)
    return re.sub(r"`\[[^`]*\]`", "", made)  # the legend


def _rows_of(made: str, sections: tuple[str, ...]) -> Iterator[str]:
    inside = False
    for row in _without_blocks(made).split("\n"):
        if row.startswith("#"):
            inside = row.lstrip("# ") in sections
        elif inside:
            yield row.strip()


@pytest.mark.parametrize("template", ["srebook", "brief", "cmr"])
@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_fact_of_html_leads_to_its_place(bundle: str, template: str) -> None:
    report = report_of(bundle)
    reader = Facts()

    reader.feed(page(report, "html", template))
    reader.close()

    assert reader.facts
    for fact in reader.facts:
        assert fact.refs, fact.text
        assert set(fact.refs) <= set(reader.ids)
    told = " ".join(" ".join(fact.text.split()) for fact in reader.facts)
    for one in brief(report.summary):
        assert " ".join(one.text.replace("`", "").split()) in told


class Fact:
    """An element that states a fact."""

    def __init__(self) -> None:
        self.text = ""
        self.refs: list[str] = []
        self.depth = 1


class Facts(HTMLParser):
    """Elements of the class `fact`, their own words and references."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = []
        self.ids: list[str] = []
        self._open: list[Fact] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "meta"}:
            return
        values = {name: value or "" for name, value in attrs}
        for fact in self._open:
            fact.depth += 1
        if "id" in values:
            self.ids.append(values["id"])
        if "fact" in values.get("class", "").split():
            self._open.append(Fact())
            self.facts.append(self._open[-1])
        elif self._open and values.get("class") == "ref":
            self._open[-1].refs.append(values["href"].removeprefix("#"))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        for fact in self._open:
            fact.depth -= 1
        self._open = [fact for fact in self._open if fact.depth]

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_timeline_has_at_most_25_rows_in_order(bundle: str) -> None:
    rows = report_of(bundle).timeline.rows

    assert len(rows) <= 25
    assert [row.time for row in rows] == sorted(row.time or "" for row in rows)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_nothing_below_ninety_percent_is_told_as_certain(bundle: str) -> None:
    report = report_of(bundle)

    for node in report.causes.nodes:
        hedged = f"({node.confidence:.0%} sure)" in node.fact.text
        assert hedged == (node.confidence < 0.9)
    for edge in report.causes.edges:
        sure = {node.finding for node in report.causes.nodes if node.confidence >= 0.9}
        certain = edge.strength >= 0.9 and {edge.cause, edge.effect} <= sure
        assert ("was caused by" in edge.fact.text) == certain == edge.certain


def test_the_same_bundle_gives_the_same_report() -> None:
    with triage.scan(SAMPLES / "panic-node") as case:
        again = build(case)

    assert page(again, "html") == page(report_of("panic-node"), "html")
    assert again == report_of("panic-node")


@pytest.mark.parametrize("bundle", BUNDLES)
def test_actions_are_steps_of_playbooks_that_answer_to_a_finding(bundle: str) -> None:
    report = report_of(bundle)

    assert bool(report.actions) == (report.header.root_cause is not None)
    for action in report.actions:
        text = playbook.load(action.advice.playbook).text
        assert action.advice.text.split(" ", 4)[0] in text
        assert action.finding in {1, *(node.finding for node in report.causes.nodes)} | {
            hazard.finding for hazard in report.hazards
        }
        assert action.refs


@pytest.mark.slow
@pytest.mark.skipif(not OWN.is_dir(), reason="TRIAGE_BUNDLES names no folder")
def test_every_sentence_about_the_bundles_of_a_folder_leads_to_a_line(tmp_path: Path) -> None:
    wrong, walked = [], 0
    for bundle in sorted(path for path in OWN.iterdir() if path.is_dir()):
        copy = tmp_path / bundle.name
        shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns(LABELS))
        with triage.scan(copy) as case:
            report = build(case)
        known = places_of(report)
        facts = list(statements(report))
        walked += len(facts)
        wrong += [(bundle.name, one.text) for one in facts if not {*one.refs} & known.keys()]
        wrong += [
            (bundle.name, place.ref)
            for place in report.evidence
            if (copy / place.source).is_file() and not _stands(copy / place.source, place)
        ]

    assert wrong == []
    assert walked


def _stands(file: Path, place: Place) -> bool:
    """Whether the place is a line of the file, and says so where the file is plain UTF-8."""
    try:
        rows = file.read_text("utf-8").split("\n")
    except UnicodeDecodeError:
        return True
    return place.line_end <= len(rows) and _told(place, rows)
