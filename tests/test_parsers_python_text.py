"""Single lines of tracebacks, prefixes, and rows in any order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.testing import events_of, lines_of
from triage_parsers.traceback import PARSER
from triage_parsers.traceback_rows import cut
from triage_parsers.traceback_text import frame_of, lone_exception, raised_of

ROWS = (
    "Traceback (most recent call last):",
    '  File "/srv/app/run.py", line 10, in <module>',
    "    main()",
    '  File "/srv/app/core.py", line 20, in main',
    "    go(x)",
    "    ~~^^^",
    "ValueError: bad 1",
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", "torch.cuda.OutOfMemoryError"),
        ("E       ray.exceptions.OutOfMemoryError: killed", "ray.exceptions.OutOfMemoryError"),
        ("Exception: scale at minimum", "Exception"),
        ("MemoryError : Unable to allocate", "MemoryError"),
        ("Error: no", None),
        ("An ImportError: no", None),
        ("ValueError", None),
    ],
)
def test_an_exception_alone_must_be_well_shaped(text: str, name: str | None) -> None:
    raised = lone_exception(text)

    assert (raised.name if raised else None) == name


def test_levels_are_no_exceptions() -> None:
    assert raised_of("WARNING: disk", proven=True) is None
    assert raised_of("ERROR: disk", proven=True) is None
    assert raised_of("queue.Empty", proven=True) is not None
    assert raised_of("Hello") is None


def test_a_frame_is_known_by_its_shape() -> None:
    frame = frame_of("File “/a/b.py”, line 7, in <listcomp>")

    assert frame is not None
    assert (frame.path, frame.line, frame.function) == ("/a/b.py", 7, "<listcomp>")
    assert frame_of('File "/a/b.py", line 7 in f') is not None
    assert frame_of("Open the File menu, line by line") is None


@given(
    prefix=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30),
    text=st.text(max_size=40),
)
def test_a_prefix_is_cut_from_what_carries_it(prefix: str, text: str) -> None:
    if prefix[-1:].isdigit() and text[:1].isdigit():
        return

    rest = cut(prefix, prefix + text)

    assert rest is not None
    assert rest == text or prefix[-1:].isspace() or text[:1].isspace() or prefix.strip() == ""


def test_digits_in_a_prefix_may_differ() -> None:
    assert cut("step 12 | ", "step 7 |   File") == "  File"
    assert cut("step 12 | ", "loss 7 |   File") is None
    assert cut("    ", "  File") is None
    assert cut("    ", "") == ""


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.one_of(
            st.sampled_from((*ROWS, "", "  + Exception Group Traceback (most recent call last):")),
            st.sampled_from(
                ("  | x", "╭── Traceback (most recent call last) ──╮", "│ a.py:3 in f │")
            ),
            st.sampled_from(
                ("[rank1]: " + ROWS[1], "During handling of the above exception", "╰───")
            ),
            st.sampled_from(("Fatal Python error: x", '  File "a", line 3 in f', "---> 12 x")),
            st.text(max_size=30).map(lambda text: text.replace("\n", " ")),
        ),
        max_size=25,
    )
)
def test_any_order_of_rows_is_read_without_raising_and_without_double_claims(
    rows: list[str],
) -> None:
    text = "\n".join(rows)

    events = events_of(PARSER, text)

    count = len(lines_of(text))
    assert all(1 <= event.line <= event.line_end <= count for event in events)
    assert all(event.fields.get("frames", 0) != "" for event in events)
    starts = [event.line for event in events]
    assert len(starts) == len(set(starts))


def test_time_grows_with_the_text_and_not_faster() -> None:
    text = "\n".join([*ROWS[:3]] * 3000) + "\n" + "x.py in f(a)\n" * 5000

    events = events_of(PARSER, text)

    assert len(events) <= 3000
