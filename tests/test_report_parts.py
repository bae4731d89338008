"""The parts that a report is made of: escaping, times, the scale of the pictures, gaps."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from triage.bundle.visible import visible
from triage.report import html, markdown
from triage.report.pictures.scale import SECOND, Scale
from triage.report.wording import duration, listed, offset, shown_time

START = 1_700_000_000 * SECOND
TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("`*_[]()<>|\\#-+=~&!@:/.$ 1a\n"), st.characters(codec="utf-8")
    ),
    max_size=60,
).map(lambda text: "\n".join(visible(row) for row in text.split("\n")))
"""As the texts of a report are: nothing invisible in them."""


def shown(made: str) -> str:
    """What a renderer shows of a line of Markdown."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parseInline(made)
    assert len(tokens) == 1
    assert all(child.type in {"text", "code_inline"} for child in tokens[0].children or ())
    return "".join(child.content for child in tokens[0].children or ())


@given(TEXT)
@settings(max_examples=300, deadline=None)
def test_prose_renders_to_its_own_text(text: str) -> None:
    expected = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"\1", " ".join(text.split()))

    assert shown(markdown.prose(text)) == " ".join(expected.split()) or "`" in text
    assert MarkdownIt("commonmark").parse(markdown.prose(text))[0:1] == [] or (
        MarkdownIt("commonmark").parse(markdown.prose(text))[0].type == "paragraph_open"
    )


@given(TEXT)
@example("a\n```\nb\n`````")
@settings(max_examples=300, deadline=None)
def test_a_fence_holds_whatever_it_is_given(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(markdown.fence(text) + "\n\nafter")

    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].content == text + "\n"


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_a_cell_never_ends_early(text: str) -> None:
    made = f"| a | b |\n| --- | --- |\n| {markdown.prose(text)} | {markdown.code(text)} |\n"

    tokens = MarkdownIt("commonmark").enable("table").parse(made)

    assert [token.type for token in tokens].count("td_open") == 2


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(alphabet="<>&\"'` abc/!-", max_size=40))
@settings(deadline=None)
def test_html_shows_its_own_text(text: str) -> None:
    reader = Words()

    reader.feed(html.prose(text))
    reader.close()

    assert reader.tags <= {"code"}
    assert reader.text.replace("`", "") == text.replace("`", "")


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
@settings(deadline=None)
def test_a_scale_keeps_the_order_and_stays_on_the_page(seconds: list[int]) -> None:
    times = sorted(START + second * SECOND for second in seconds)
    scale = Scale(times, 100, 900)

    places = [scale.x(time) for time in times]

    assert places == sorted(places)
    assert all(100 <= place <= 900.001 for place in places)
    ticks = [tick.x for tick in scale.ticks]
    assert all(later - earlier > 60 for earlier, later in pairwise(ticks))


def test_a_silent_stretch_is_cut_short() -> None:
    scale = Scale([START, START + 60 * SECOND, START + 9 * 86400 * SECOND], 0, 1000)

    assert len(scale.breaks) == 1
    assert scale.x(START + 60 * SECOND) - scale.x(START) > 300


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "250 ms"), (1.842, "1.84 s"), (59.96, "60 s"), (618, "10 min 18 s"), (3600, "1 h"),
        (90061, "1 d 1 h"), (-30, "30 s"),
    ],
)  # fmt: skip
def test_durations_are_told_in_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-0.2, "-0.2 s"),
        (2.4489, "+2.45 s"),
        (618.7, "+0:10:19"),
        (-90061, "-1 d 1:01:01"),
        (None, ""),
    ],
)
def test_offsets_are_columns(seconds: float | None, words: str) -> None:
    assert offset(seconds) == words


def test_times_show_no_more_than_milliseconds() -> None:
    assert shown_time("2024-05-14T03:02:14.550000Z") == "2024-05-14 03:02:14.55"
    assert shown_time("2024-05-14T03:02:14.000000Z", date=False) == "03:02:14"
    assert shown_time(None) == "unknown"


def test_lists_end_in_a_count() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcde")) == "a, b, c and 2 more"
