"""Records of several lines and several lines in one are laid flat, exactly."""

from __future__ import annotations

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.bundle.text import text_blocks
from triage.envelope.marks import FOLDED as MARKS
from triage.envelope.unfold import Row, may_be_folded, unfolded
from triage.events import Stamp

KILL = "Memory cgroup out of memory: Killed process 51883 (ray::train) total-vm:90112kB"
TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in f\n\nValueError: x'
HEAD = (
    "__CURSOR=s=91d2;i=4f;b=77aa;m=1cce1c406;t=63032b61c2e56;x=3f\n"
    "__REALTIME_TIMESTAMP=1741835106204518\n__MONOTONIC_TIMESTAMP=7731205000\n"
    "_BOOT_ID=77aa0f6b2d9e4c51a3f0c2d4e6b8a901\n_HOSTNAME=ml-worker-07\n"
)
KERNEL = "_TRANSPORT=kernel\nPRIORITY=3\nSYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\n"
SERVICE = (
    "_TRANSPORT=stdout\nPRIORITY=6\nSYSLOG_IDENTIFIER=python3\n_PID=8123\n"
    "_SYSTEMD_UNIT=fit-llm.service\n"
)
EPOCH = Stamp("1741835106204518", "epoch")
OF_SERVICE = {
    "host": "ml-worker-07",
    "level": "info",
    "process": "python3",
    "pid": 8123,
    "unit": "fit-llm.service",
}


def is_told(text: str) -> bool:
    """Whether a block of this text says at a glance that something may be folded in it."""
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    return any(may_be_folded(block) for block in text_blocks(stream, block_size=1 << 24))


def rows_of(text: str) -> list[Row]:
    """The rows of a text that is folded; decoded and cleaned as the bundle does it."""
    rows = unfolded(text.replace("\0", "").removesuffix("\n").split("\n"))
    assert rows is not None
    assert is_told(text)
    return rows


def bodies_of(text: str) -> list[str]:
    return [row.peel(row.text).body for row in rows_of(text)]


def binary(key: str, value: str, size: int | None = None) -> str:
    """A field of the export format whose value is written behind its length."""
    length = len(value.encode()) if size is None else size
    return f"{key}\n{length.to_bytes(8, 'little').decode('latin-1')}{value}\n"


def test_a_record_in_export_form_is_its_message_with_time_host_and_speaker() -> None:
    (row,) = rows_of(HEAD + KERNEL + f"MESSAGE={KILL}\n_UID=0\n\n")

    peeled = row.peel(row.text)

    assert (row.text, row.index) == (f"MESSAGE={KILL}", 9)
    assert (peeled.body, peeled.stamp, peeled.uptime) == (KILL, EPOCH, 7731.205)
    assert peeled.fields == {"host": "ml-worker-07", "level": "error", "facility": "kern"}
    assert peeled.wrappers == ("journal_record",)


def test_records_in_export_form_follow_each_other() -> None:
    rows = rows_of((HEAD + KERNEL + f"MESSAGE={KILL}\n\n") * 3)

    assert [row.index for row in rows] == [9, 20, 31]


def test_a_record_may_begin_with_its_time() -> None:
    text = HEAD.partition("\n")[2] + KERNEL + f"MESSAGE={KILL}\n\n"

    assert bodies_of(text * 2) == [KILL, KILL]


@pytest.mark.parametrize(
    "message",
    [
        "line one\nline two\n  line three",
        TRACE,
        "first\n\n\nlast",
        "short\nline",
        "ERROR\nMESSAGE=no field\nand\n_X=neither",
        "é\nü " + "\u2713" * 40,
        "x" * 300 + "\n" + "y" * 400,
        "\n".join(f"row {number}" for number in range(200)),
        "ab\ncdefghi",
    ],
)
def test_a_message_of_several_lines_is_read_to_its_end(message: str) -> None:
    text = HEAD + SERVICE + binary("MESSAGE", message) + "_UID=0\n\n" + HEAD + "MESSAGE=next\n\n"

    assert bodies_of(text) == [*message.split("\n"), "next"]


def test_lines_that_only_go_on_have_the_record_s_time_and_no_wrapper_of_their_own() -> None:
    first, *others = rows_of(HEAD + SERVICE + binary("MESSAGE", TRACE))

    assert first.peel(first.text).wrappers == ("journal_record",)
    assert [row.peel(row.text).wrappers for row in others] == [(), (), ()]
    assert [row.peel(row.text).stamp for row in others] == [EPOCH] * 3
    assert others[0].peel(others[0].text).fields == OF_SERVICE


def test_bytes_that_are_no_text_do_not_end_a_message() -> None:
    message = "line two \ufffd binary\nline three"
    size = len(message.encode()) - 2

    text = HEAD + KERNEL + binary("MESSAGE", message, size) + "\n"

    assert bodies_of(text) == ["line two \ufffd binary", "line three"]


def test_a_value_of_bytes_beside_the_message_is_not_said() -> None:
    text = HEAD + binary("_CMDLINE", "python3\n-c\nx") + SERVICE + "MESSAGE=hello\n\n"

    assert bodies_of(text) == ["hello"]


def test_wrappers_inside_of_a_message_come_off_too() -> None:
    (row,) = rows_of(HEAD + SERVICE + "MESSAGE=[rank3]: ERROR:fit.loop:lost it\n")

    peeled = row.peel(row.text)

    assert peeled.body == "lost it"
    assert peeled.fields == {**OF_SERVICE, "rank": 3, "level": "error", "logger": "fit.loop"}
    assert peeled.wrappers == ("journal_record", "torch_rank", "python_basic")


VERBOSE = (
    "Thu 2025-03-13 04:05:06.204518 CET [s=91d2;i=4f;b=77aa0f6b2d9e4c51a3f0c2d4e6b8a901;"
    "m=1ccd0d1a6;t=6303096c33b66;x=3f]\n"
)


def test_a_record_in_verbose_form_is_its_message_with_time_host_and_speaker() -> None:
    text = (
        VERBOSE
        + "    _HOSTNAME=ml-worker-07\n    _TRANSPORT=kernel\n    PRIORITY=3\n"
        + f"    SYSLOG_IDENTIFIER=kernel\n    MESSAGE={KILL}\n    _UID=0\n"
    )

    (row,) = rows_of(text)
    peeled = row.peel(row.text)

    assert row.index == 5
    assert (peeled.body, peeled.stamp) == (KILL, EPOCH)
    assert peeled.uptime == 7731.204518
    assert peeled.fields == {"host": "ml-worker-07", "level": "error", "facility": "kern"}


def test_a_message_in_verbose_form_goes_on_below_its_key() -> None:
    text = (
        VERBOSE
        + "    _HOSTNAME=n1\n    MESSAGE=first\n              indented\n            last\n"
        + "-- Boot 77aa0f6b2d9e4c51a3f0c2d4e6b8a901 --\n"
        + VERBOSE
        + "    MESSAGE=next\n"
    )

    assert bodies_of(text) == [
        "first",
        "  indented",
        "last",
        "-- Boot 77aa0f6b2d9e4c51a3f0c2d4e6b8a901 --",
        "next",
    ]


def test_a_record_in_pretty_json_is_its_message() -> None:
    record = {
        "__REALTIME_TIMESTAMP": "1741835106204518",
        "_HOSTNAME": "ml-worker-07",
        "_TRANSPORT": "kernel",
        "MESSAGE": f"{KILL}\nand more",
        "PRIORITY": "3",
    }
    text = f"{json.dumps(record, indent=1)}\n" * 2

    rows = rows_of(text)

    assert [(row.text, row.index) for row in rows] == [
        (KILL, 4),
        ("and more", 4),
        (KILL, 11),
        ("and more", 11),
    ]
    assert rows[0].peel(rows[0].text).stamp == EPOCH
    assert rows[0].peel(rows[0].text).fields["facility"] == "kern"


def test_a_newline_that_rsyslog_spelled_out_ends_a_line() -> None:
    text = (
        "Mar 13 04:05:06 n1 app[8123]: Traceback (most recent call last):#012  File "
        '"/srv/a.py", line 3, in f#012#011x()#012ValueError: #033[31mx#033[0m#012\n'
        "Mar 13 04:05:07 n1 app[8123]: fine\n"
    )

    rows = rows_of(text)

    assert [(row.text, row.index) for row in rows] == [
        ("Mar 13 04:05:06 n1 app[8123]: Traceback (most recent call last):", 0),
        ('  File "/srv/a.py", line 3, in f', 0),
        ("\tx()", 0),
        ("ValueError: x", 0),
        ("Mar 13 04:05:07 n1 app[8123]: fine", 1),
    ]
    assert [row.peel(row.text).fields for row in rows] == [
        {"host": "n1", "process": "app", "pid": 8123}
    ] * 5
    assert rows[3].peel(rows[3].text).stamp == Stamp("Mar 13 04:05:06", "syslog")


def test_a_newline_that_the_kernel_spelled_out_ends_a_line() -> None:
    rows = rows_of("4,1234,5678901234,-;first \\xe2\\x9c\\x93\\x0asecond\\x09third\n")

    assert [row.peel(row.text).body for row in rows] == ["first \u2713", "second\tthird"]
    assert [row.peel(row.text).uptime for row in rows] == [5678.901234] * 2


def test_outside_of_syslog_the_same_characters_are_a_number() -> None:
    assert unfolded(["fixed in issue #012", "2025-03-13T04:05:06Z see #012 and #011"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain text\nMESSAGE=x",
        '{\n "name": "x",\n "MESSAGE": 3\n}',
        "__CURSOR=s=91d2\nMESSAGE=without a time",
        "Thu 2025-03-13 04:05:06.204518 CET [s=too short]",
    ],
)
def test_what_is_not_folded_is_left_alone(text: str) -> None:
    assert unfolded(text.splitlines()) is None


LINES = st.lists(
    st.sampled_from(
        [
            *HEAD.splitlines(), *KERNEL.splitlines(), *SERVICE.splitlines(), "MESSAGE=x", "MESSAGE",
            "\x05abcde", "\x0cline one", "line two", "", "{", "}", ' "__REALTIME_TIMESTAMP": "1",',
            ' "MESSAGE": "a\\nb"', VERBOSE.strip(), "    MESSAGE=x", "            y", "    _PID=3",
            "Mar 13 04:05:06 n1 a[7]: x#012y#012", "4,1,2,-;a\\x0ab", "text",
        ]
    )
    | st.text(max_size=20),
    max_size=40,
)  # fmt: skip


@given(LINES)
def test_no_lines_make_it_raise_and_every_row_comes_from_where_it_says(texts: list[str]) -> None:
    rows = unfolded(texts)

    for row in rows or []:
        assert 0 <= row.index < len(texts)
        assert isinstance(row.peel(row.text).body, str)
    places = [row.index for row in rows or []]
    assert places == sorted(places)
    if rows is not None:
        assert is_told("\n".join(texts))


@given(LINES)
def test_a_line_that_is_not_folded_comes_through_as_it_is(texts: list[str]) -> None:
    rows = unfolded(texts)

    kept = [text for text in texts if text == "text"]
    if rows is not None and "MESSAGE" not in texts and "" not in texts:
        assert [row.text for row in rows if row.text == "text"] == kept


@pytest.mark.parametrize(
    "unit",
    ["__CURSOR=s=1\n", "__REALTIME_TIMESTAMP=1\nMESSAGE\nBB\n", "A\n", '{\n "_a": 1,\n',
     VERBOSE, VERBOSE + "    MESSAGE=x\n", "MESSAGE\n",
     "Mar 13 04:05:06 n1 a[7]: x#012y\n", "Mar 13 04:05:06 n1 a[7]: " + "#012" * 400 + "\n"],
    ids=lambda unit: unit[:20],
)  # fmt: skip
def test_hostile_repetition_costs_no_more_than_its_length(unit: str) -> None:
    text = "__REALTIME_TIMESTAMP=1\nMESSAGE\n" + unit * (400_000 // len(unit))
    texts = text.splitlines()

    start = time.perf_counter()
    unfolded(texts)

    assert time.perf_counter() - start < 3


def test_every_mark_is_one_of_something_that_is_folded() -> None:
    assert len(set(MARKS)) == len(MARKS)
