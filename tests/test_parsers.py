"""What holds for every parser there will ever be."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import triage_parsers
from triage.events import Context, Parser, Sample
from triage.testing import events_of, lines_of, sample_events
from triage_parsers import PARSERS

CASES = [
    pytest.param(parser, sample, id=f"{parser.name}-{number}")
    for parser in PARSERS
    for number, sample in enumerate(parser.samples)
]
PARSER_PARAMS = [pytest.param(parser, id=parser.name) for parser in PARSERS]


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_a_parser_reads_its_own_samples(parser: Parser, sample: Sample) -> None:
    events = sample_events(parser, sample)

    if sample.kind is None:
        assert events == []
        return
    assert events, "nothing was recognized"
    assert events[0].kind == sample.kind
    assert sample.fields.items() <= events[0].fields.items()
    if sample.count is not None:
        assert len(events) == sample.count


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_events_lie_inside_the_text_and_are_of_a_declared_kind(
    parser: Parser, sample: Sample
) -> None:
    lines = lines_of(sample.text)

    for event in sample_events(parser, sample):
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(lines)
        assert event.offset == lines[event.line - 1].offset


@pytest.mark.parametrize("parser", PARSER_PARAMS)
def test_a_parser_has_samples_and_near_misses(parser: Parser) -> None:
    assert sum(sample.kind is not None for sample in parser.samples) >= 3
    assert sum(sample.kind is None for sample in parser.samples) >= 3


@pytest.mark.parametrize("parser", PARSER_PARAMS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_parser_never_raises(parser: Parser, data: st.DataObject) -> None:
    pieces = [
        piece
        for sample in parser.samples
        for row in sample.text.split("\n")
        for piece in (row, row[: len(row) // 2])
    ] + list(parser.literals)
    rows = data.draw(
        st.lists(st.one_of(st.sampled_from(pieces), st.text(max_size=40)), max_size=12)
    )
    text = "\n".join(row.replace("\n", " ") for row in rows)

    count = len(lines_of(text))
    for event in events_of(parser, text):
        assert 1 <= event.line <= event.line_end <= count


@pytest.mark.parametrize("parser", PARSER_PARAMS)
def test_hits_that_are_none_of_its_business_are_passed_over(parser: Parser) -> None:
    lines = lines_of("nothing here\n\nnor here")

    assert list(parser.parse(lines, [0, 1, 2], Context("x.log"))) == []


def test_every_module_with_a_parser_is_listed() -> None:
    found = set()
    for module in pkgutil.iter_modules(triage_parsers.__path__):
        loaded = importlib.import_module(f"triage_parsers.{module.name}")
        for name in dir(loaded):
            value = getattr(loaded, name)
            if isinstance(value, Parser) and loaded.__name__ != "triage_parsers":
                found.add(value.name)

    assert found == {parser.name for parser in PARSERS}


def test_names_are_unique() -> None:
    names = [parser.name for parser in PARSERS]

    assert len(names) == len(set(names))
