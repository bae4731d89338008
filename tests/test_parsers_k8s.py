"""The Kubernetes parsers together: their samples, their borders, and text that means no good."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage.events import Context, Event, Parser, Sample
from triage.testing import events_of, hits_of, lines_of, sample_events
from triage_parsers import (
    k8s_describe,
    k8s_events,
    k8s_exit,
    k8s_objects,
    k8s_pods,
    kubelet,
)

PARSERS = (
    k8s_objects.PARSER,
    k8s_describe.PARSER,
    k8s_pods.PARSER,
    k8s_events.PARSER,
    kubelet.PARSER,
    k8s_exit.PARSER,
)
CASES = [pytest.param(p, s, id=f"{p.name}:{s.text[:40]!r}") for p in PARSERS for s in p.samples]
LITERALS = sorted({literal for parser in PARSERS for literal in parser.literals})
PIECES = (
    *("Normal", "Warning", "pod/web-0", "3m2s", "(x3 over 2h)", "kubelet,", "0/1", "Running"),
    *("Name:", "Namespace:", "Containers:", "  web:", "State:", "Reason:", "Exit Code:", "137"),
    *('"', "'", "{", "}", "[", "]", ":", ",", "\\", "- ", "|", "> ", "#", "<none>", "…", "\t"),
    *("kind: Pod", "status:", "  ", "---", "err=<", " >", "NAME", "READY", "STATUS", "AGE"),
)
WORDS = st.sampled_from((*LITERALS, *PIECES))
TEXTS = st.lists(st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join), max_size=12).map(
    "\n".join
)


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_a_parser_reads_its_own_samples(parser: Parser, sample: Sample) -> None:
    events = sample_events(parser, sample)

    assert [event.kind for event in events[:1]] == ([sample.kind] if sample.kind else [])
    assert all(sample.fields.items() <= event.fields.items() for event in events[:1])
    assert sample.count is None or len(events) == sample.count


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_no_other_kubernetes_parser_claims_a_sample(parser: Parser, sample: Sample) -> None:
    claims = {other.name for other in PARSERS if sample_events(other, sample)}

    assert claims <= {parser.name}


@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
def test_literals_are_long_and_survive_typography(parser: Parser) -> None:
    short = [literal for literal in parser.literals if len(literal) < 5]
    fragile = [text for text in parser.literals if set(text) & set("\"'<>&") or "--" in text]

    assert not short
    assert not fragile
    assert len(set(parser.literals)) == len(parser.literals)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
@example(text='{"lastState": {"terminated": {"exitCode": ' + "9" * 5000)
@example(text="lastState:" + "\n" + "  " * 300 + "- " * 300 + "a: &x *x")
@example(text='"lastState": ' + "[{" * 3000)
@example(text="Exit Code: " + "9" * 6000 + "\nRestart Count: ٣\nLimits:\n memory: x")
@example(text="9" * 400 + "d Warning BackOff pod/x y\n" + "1m " * 30)
def test_hostile_text_is_survived_and_every_event_stands_on_its_lines(
    parser: Parser, text: str
) -> None:
    rows = text.split("\n")

    for event in events_of(parser, text):
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(rows)
        assert event.message
        assert all(value is not None and value != "" for value in event.fields.values())


@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
def test_many_hits_without_a_form_are_passed_over(parser: Parser) -> None:
    text = "".join(f"some {literal} in a log line\n" for literal in parser.literals * 30)

    assert len(events_of(parser, text)) < 200


def test_a_report_of_all_forms_gives_each_line_to_one_parser() -> None:
    texts = [s.text.rstrip("\n") for p in PARSERS for s in p.samples if s.kind is not None]
    report = "\n\n\n".join(texts) + "\n"

    lines = lines_of(report)
    taken: dict[int, str] = {}
    events: list[Event] = []
    for parser in PARSERS:
        free = [hit for hit in hits_of(parser, lines) if hit + 1 not in taken]
        for event in list(parser.parse(lines, free, Context(source="report.md"))):
            numbers = range(event.line, event.line_end + 1)
            if all(taken.get(number, parser.name) == parser.name for number in numbers):
                taken.update(dict.fromkeys(numbers, parser.name))
                events.append(event)
    kinds = {event.kind for event in events}

    assert len(events) >= len(texts)
    own = {kind for parser in PARSERS for kind in parser.kinds if kind.startswith("k8s.")}
    assert own <= kinds
