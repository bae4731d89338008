"""What holds for every parser of environments on any text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.derive import derive
from triage.derive.compat import difference
from triage.events import Context, Line, Parser
from triage.testing import hits_of, lines_of
from triage_parsers import PARSERS as ALL
from triage_parsers import freeze

PARSERS = tuple(parser for parser in ALL if parser.family == "python_env")

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}([-_.][a-z0-9]{1,5})?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?(\+cu118)?", fullmatch=True)
LINES = st.one_of(
    st.builds("{}=={}".format, NAMES, VERSIONS),
    st.builds("{} >= {}".format, NAMES, st.from_regex(r"[0-9]\.[0-9]", fullmatch=True)),
    st.builds("{} @ https://example.org/{}.zip".format, NAMES, NAMES),
    st.builds("git+https://example.org/{}/{}@main".format, NAMES, NAMES),
    NAMES,
    st.builds("# {}".format, NAMES),
    st.just("-r base.txt"),
    st.just(""),
)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(LINES, max_size=20))
def test_each_line_of_a_requirements_file_is_one_event_or_says_nothing(rows: list[str]) -> None:
    text = "\n".join(["torch==2.0.1", *rows])
    lines = lines_of(text)
    context = Context("requirements.txt")
    events = list(freeze.PARSER.parse(lines, hits_of(freeze.PARSER, lines), context))

    told = [e.line for e in events if e.kind != "env.listing"]
    spoken = [n for n, row in enumerate(["x", *rows], start=1) if row and not row.startswith("#")]
    assert told == spoken


ALPHABET = st.sampled_from(
    [
        "numpy==1.2.3", "torch==2.0.1 \\", "    --hash=sha256:00", "# via torch", "pip freeze",
        "Package Version", "------- -------", "numpy   1.2", "numpy (1.2)", "dependencies:",
        "- pip:",
        "  - numpy=1.2=py_0", "# packages in environment at /x:", "@EXPLICIT", "[[package]]",
        'name = "numpy"', 'version = "1.2"', "[metadata]", '{"_meta": {"pipfile-spec": 6}}', "[{",
        '{"name": "numpy", "version": "1.2"}', "PyTorch version: 2.1", "[pip3] torch==2.1", "}]",
        ">>> torch.__version__", "'2.1.0'", "[conda] torch 2.1 py pypi", "git+https://x.y/z@", ";",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
@pytest.mark.parametrize("name", ["requirements.txt", "app.log", "x.json"])
@given(text=st.lists(ALPHABET | st.text(max_size=30), max_size=20).map("\n".join))
def test_no_text_raises_and_every_event_stands_on_its_own_lines(
    parser: Parser, name: str, text: str
) -> None:
    lines = lines_of(text)
    events = list(parser.parse(lines, hits_of(parser, lines), Context(name)))

    for event in events:
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(lines)
        assert all(key and value is not None for key, value in event.fields.items())
    list(derive(events))


@settings(max_examples=100, deadline=None)
@given(one=VERSIONS, other=VERSIONS)
def test_a_difference_does_not_depend_on_the_order(one: str, other: str) -> None:
    assert difference(one, other) == difference(other, one)
    assert difference(one, one) is None


class Counted(Sequence[Line]):
    """Lines that count how often somebody looks at one."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.looks = 0

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        found = self.lines[index]
        self.looks += len(found) if isinstance(found, list) else 1
        return found


def looks(parser: Parser, row: str, count: int) -> int:
    lines = Counted(lines_of("\n".join([row] * count)))
    for _ in parser.parse(lines, range(count), Context("app.log")):
        pass
    return lines.looks


@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
def test_work_grows_with_the_lines_and_not_faster(parser: Parser) -> None:
    rows = {row for sample in parser.samples for row in sample.text.split("\n") if row.strip()}

    steep = [
        row
        for row in sorted(rows | set(parser.literals[:20]))
        if looks(parser, row, 1200) > 4.5 * looks(parser, row, 300) + 10_000
    ]
    assert steep == []
