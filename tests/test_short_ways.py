"""The short way through a common case gives what the long one gives."""

from __future__ import annotations

import io
import json

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.bundle.text import text_blocks
from triage.ingest.lines import Window
from triage.patterns import compiled
from triage.signatures.match import satisfies
from triage.signatures.model import Test as Asked
from triage_parsers.k8s_tree import Mapping, loose_json

KEYS = st.sampled_from(["name", "exit_code", "a/b", "x.y_z", "", "é"])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**19),
    st.sampled_from(["", "Running", 'say "no"', "C:\\tmp", "two words, and", "it's", "{", "é: 3"]),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def spans_of(value: object) -> object:
    """A tree with the lines that its mappings stand on."""
    if isinstance(value, Mapping):
        return value.first, value.last, [(key, spans_of(one)) for key, one in value.items()]
    return [spans_of(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
def test_a_document_reads_the_same_however_its_colons_are_set(document: dict[str, object]) -> None:
    printed = json.dumps(document, indent=1, ensure_ascii=False).split("\n")
    spread = json.dumps(document, indent=1, ensure_ascii=False, separators=(",", "  : "))

    assert spans_of(loose_json(printed, 7)) == spans_of(loose_json(spread.split("\n"), 7))


@pytest.mark.parametrize(
    "text",
    [
        '"a": "b",,',
        '"a": "b" "c"',
        '"a":"b"',
        '"a": b c,',
        '"a": ,',
        '"a": }',
        '"a", "b"',
        '"a": 3',
    ],
)
def test_a_line_in_a_mapping_reads_the_same_with_a_blank_behind_its_bracket(text: str) -> None:
    alone = loose_json(["{", text, "}"], 0)
    together = loose_json(["{ " + text, "}"], 0)

    assert alone == together


def window_of(head: bytes, rest: bytes) -> Window:
    """Lines that wait for those of the next block."""
    (before,) = text_blocks(io.BytesIO(head))
    (block,) = text_blocks(io.BytesIO(rest))
    return Window(Window((), before).held(1), block)


@pytest.mark.parametrize(
    "rest",
    [
        b"one\r\ntwo \xe2\x80\x94 dash\n\n\x1b[31mred\x1b[0m\nlast",
        b"2024-05-14T03:02:14.5Z stdout P half \n2024-05-14T03:02:14.6Z stdout F and half\nend\n",
    ],
)
def test_all_lines_of_a_window_at_once_are_its_lines_one_by_one(rest: bytes) -> None:
    one_by_one, at_once = window_of(b"gone\nwaits\n", rest), window_of(b"gone\nwaits\n", rest)
    looked_at = at_once[2]

    told = [(line.number, line.offset, line.text) for line in at_once.every()]

    assert told == [(line.number, line.offset, line.text) for line in one_by_one]
    assert at_once.every()[2] is looked_at


@pytest.mark.parametrize("pattern", [r"^\s*(?:NVRM:? ?)?", "x*", r"\s+", "(?P<a>b)|c$", ""])
@pytest.mark.parametrize("text", ["", "NVRM: axxb  c", "xx", "caé bb", "bcb c"])
@pytest.mark.parametrize("new", ["", "-", r"<\0>"])
def test_what_matches_is_replaced_as_re2_does(pattern: str, text: str, new: str) -> None:
    replaced = compiled(pattern).sub(new, text)

    assert replaced == re2.compile(pattern).sub(new, text)


@pytest.mark.parametrize(
    ("asked", "is_so"),
    [
        (Asked(), True),
        (Asked(ne="a"), True),
        (Asked(not_in=["a"]), True),
        (Asked(ne="a", not_in=["b"]), False),
        (Asked(ne="a", gte=1), False),
        (Asked(not_in=["a"], contains="b"), False),
        (Asked(exists=False, gte=1), True),
        (Asked(exists=True, ne="a"), False),
    ],
)
def test_a_field_that_is_absent_satisfies_only_what_denies(asked: Asked, *, is_so: bool) -> None:
    holds = satisfies({"other": 1}, {"field": asked})

    assert holds == is_so
