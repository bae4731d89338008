"""How rows become cells: whatever a log says, a row stays on its lines and steers nothing."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from triage.patterns import compiled
from triage.timeline.order import NO_TIME, Order
from triage.timeline.pages import Row
from triage.tui.timeline import times
from triage.tui.timeline.density import BLOCKS, bars_of
from triage.tui.timeline.layout import GAP, Layout
from triage.tui.timeline.look import COMPONENTS, Look
from triage.tui.timeline.painted import PAINTED, WRAPPED, fitted, one_line, wrapped
from triage.tui.timeline.rowline import NOTHING, Manner, height, row_lines
from triage.tui.timeline.rowmap import Shown, row_map
from triage.tui.timeline.words import copied, details

STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f]")
LOOK = Look(dict.fromkeys(COMPONENTS, Style()), 20, several_hosts=True, ascii=False)
NASTY = (
    "[/red] [bold]x[/] [link=http://x]y[/link] [/",
    "\x1b[2J\x1b]0;owned\x07 gone",
    "a\u202egnp.exe\u2066 \u200bzero",
    "NUL\x00 BEL\x07 CR\rover",
    "\t\ttabs\tand 漢字漢字 wide 🤦🏽‍♀️ e\u0301\u0301 combined \ud800 alone",
    "x" * 3000,
    "漢" * 3000,
    "\n" * 500,
    "{{7*7}} ${jndi:ldap://x} %s %n =cmd|'/c calc'!A0",
)
TEXT = st.one_of(st.sampled_from(NASTY), st.text(max_size=300))


def row(message: str, name: str = "trainer") -> Row:
    return Row(
        row=0, event_id=1, path=f"logs/{name}.log", line=7, line_end=9, byte_off=0,
        ts=1_930_366_800_123_000_000, ts_quality="anchored", uptime_s=1.5, stamp=name, kind=name,
        host=name, node=None, pid=4711, process=name, gpu=None, pod=name, namespace=None,
        container=None, level="error", message=message, length=len(message),
    )  # fmt: skip


def text_of(strips: list[Strip]) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in strips]


@given(TEXT, TEXT, st.integers(1, 200), st.integers(0, 60), st.sampled_from(("wrap", "cut")))
@settings(max_examples=150, deadline=None)
@example("x", "", 1, 0, "cut")
def test_a_row_fills_its_lines_exactly_and_holds_nothing_that_steers(
    message: str, name: str, width: int, shift: int, way: str
) -> None:
    manner = Manner(width, shift, way == "wrap", pattern=compiled("x|a"))

    lines = text_of(row_lines(row(message, name), NOTHING, LOOK, manner, cursor=True))

    assert len(lines) == height(row(message, name), LOOK, manner)
    assert 1 <= len(lines) <= WRAPPED
    for line in lines:
        assert cell_len(line) == width
        assert not STEERING.search(line)


@pytest.mark.parametrize("message", NASTY[:5])
def test_markup_and_escapes_are_shown_as_they_are_written(message: str) -> None:
    (line,) = text_of(row_lines(row(message), NOTHING, LOOK, Manner(400), cursor=False))

    shown = message.encode("unicode_escape").decode()
    assert shown[:4] in line or message[:4] in line or "\\x" in line or "\\u" in line
    for visible in re.findall(r"[A-Za-z0-9\[\]/]{2,}", STEERING.sub(" ", message)):
        assert visible in line


@given(TEXT)
@settings(max_examples=100, deadline=None)
def test_one_line_is_one_bounded_line(text: str) -> None:
    shown = one_line(text)

    assert "\n" not in shown
    assert "\t" not in shown
    assert len(shown) <= 6 * PAINTED


@given(TEXT, st.integers(1, 120))
@settings(max_examples=100, deadline=None)
def test_wrapped_lines_fit_and_lose_nothing_that_is_short(text: str, width: int) -> None:
    lines = wrapped(text, width)

    assert all(cell_len(line) <= max(2, width) for line in lines)
    if len(lines) < WRAPPED and len(text) < PAINTED and text.isascii() and text.isprintable():
        assert "".join(lines) == text


@given(st.text(max_size=40), st.integers(1, 60))
def test_a_fitted_name_has_its_width_and_keeps_its_end(text: str, width: int) -> None:
    shown = fitted(text, width)

    assert cell_len(shown) in {width, width - 1} or cell_len(text) == 0
    if text.isascii() and text.isprintable() and len(text) > width > 1:
        assert shown == f"…{text[1 - width :]}"


def test_hits_are_shown_in_place() -> None:
    look = dataclasses.replace(LOOK, styles=LOOK.styles | {"hit": Style(bold=True)})
    manner = Manner(120, pattern=compiled("(?i)ecc"))

    (strip,) = row_lines(row("an ECC and an ecc"), NOTHING, look, manner, cursor=False)

    bold = [segment.text for segment in strip if segment.style and segment.style.bold]
    assert bold == ["ECC", "ecc"]


@given(TEXT)
@settings(max_examples=50, deadline=None)
def test_details_and_copies_hold_nothing_that_steers(text: str) -> None:
    shown = details(row(text, text), text, '{"why": "\\u001b[2J"}', None).plain

    assert not STEERING.search(shown.replace("\n", ""))
    assert not STEERING.search(copied(row(text), text).replace("\n", ""))


# Where rows stand


def order_of(times_s: list[int | None]) -> Order:
    known = sorted(time for time in times_s if time is not None)
    stamps = [time * times.SECOND for time in known] + [NO_TIME] * (len(times_s) - len(known))
    count = len(times_s)
    levels = np.zeros(count, np.uint8)
    return Order(np.arange(count, dtype=np.int32), np.array(stamps, np.int64), levels, {})


def layout_of(order: Order, heights: list[int]) -> Layout:
    rows = [dataclasses.replace(row("x"), row=at) for at in range(len(order))]
    return Layout(order, lambda a, b: rows[max(0, a) : b], lambda one: heights[one.row])


@given(
    st.lists(st.tuples(st.integers(1, 6), st.one_of(st.none(), st.integers(0, 10**6))),
             min_size=1, max_size=40),
    st.integers(0, 39), st.integers(1, 20),
)  # fmt: skip
@settings(deadline=None)
def test_a_window_holds_whole_rows_in_order_from_its_top(
    rows: list[tuple[int, int | None]], top: int, lines: int
) -> None:
    order = order_of([time for _, time in rows])
    layout = layout_of(order, [height for height, _ in rows])
    top = min(top, len(rows) - 1)

    window = layout.window(top, lines)

    positions = [line.position for line in window.lines]
    assert positions[0] == top
    assert positions == sorted(positions)
    assert len(window.lines) <= lines + 1
    assert top <= window.last < len(rows)
    for line in window.lines[:lines]:
        if line.position in window.rows and line.part != GAP:
            assert line.part < rows[line.position][0]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 10**6)), min_size=1, max_size=40),
    st.integers(0, 39), st.integers(5, 20),
)  # fmt: skip
@settings(deadline=None)
def test_the_window_that_ends_with_a_row_shows_it_whole(
    rows: list[tuple[int, int]], last: int, lines: int
) -> None:
    order = order_of([time for _, time in rows])
    layout = layout_of(order, [height for height, _ in rows])
    last = min(last, len(rows) - 1)

    window = layout.window(layout.top_for(last, lines), lines)

    assert window.last >= last


def test_silences_days_and_the_undated_are_said_once() -> None:
    day = times.DAY // times.SECOND
    seconds: list[int | None] = [*range(day - 40, day - 20), *range(day + 7200, day + 7220)]
    layout = layout_of(order_of([*seconds, None, None]), [1] * 42)

    said = [layout.gap(position) for position in range(42)]

    assert said[20] == "1970-01-02, nothing for 2 h"
    assert said[40] == "2 without a time, in file order"
    assert [words for at, words in enumerate(said) if at not in {20, 40} and words] == []


def test_the_bars_show_where_most_was_said_and_what_broke() -> None:
    order = order_of([*[0] * 50, 100, 200, None])
    order.levels[50] = 6

    bars = bars_of(order, {}, 20)

    assert bars is not None
    assert bars.heights[0] == len(BLOCKS) - 1
    assert sum(height > 0 for height in bars.heights) == 3
    assert bars.troubled.index(True) == 9 or bars.troubled.index(True) == 10
    assert bars_of(order_of([None]), {}, 20) is None


def test_the_map_shows_marks_over_hits_over_errors() -> None:
    order = order_of(list(range(100)))
    order.levels[[5, 55]] = 6
    hits, marks = np.array([55, 95], np.int32), np.array([95], np.int32)

    signs = row_map(order, Shown({}, hits, marks), LOOK, 10).signs

    assert [sign for sign, _ in signs] == ["E", "│", "│", "│", "│", "━", "│", "│", "│", "*"]


@pytest.mark.parametrize(
    ("span", "said"),
    [(0, "0 s"), (90 * times.SECOND, "1 min 30 s"), (2 * times.HOUR, "2 h"),
     (26 * times.HOUR + 5, "1 d 2 h"), (1_500_000_000, "1 s 500 ms"), (999, "0 s")],
)  # fmt: skip
def test_a_length_is_told_in_two_units(span: int, said: str) -> None:
    assert times.length(span) == said


def test_instants_are_told_in_utc_and_no_more_exactly_than_they_are_known() -> None:
    moment = 1_930_366_800_123_456_700

    assert times.full(moment) == "2031-03-04 05:00:00.1234567Z"
    assert times.full(moment // times.SECOND * times.SECOND) == "2031-03-04 05:00:00Z"
    assert times.clock(moment) == "05:00:00.123"
    assert times.offset(-61_500_000_000) == "-00:01:01.500"
    assert times.offset(3 * times.DAY + times.HOUR) == "+3d01:00:00"
