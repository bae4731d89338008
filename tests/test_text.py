"""Bytes become lines: decoded, cleaned, counted and traceable, whatever the bytes are."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.bundle.text import TextBlock, text_blocks, visible

MIB = 1 << 20
PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\0", b"\b", b"\x1b", b"\x1b[31m", b"\x1b]0;t\x07", b"\xff", b"\xe9"),
    *(b"a", b"word ", "ø€😀".encode(), b"\xe2\x82", b"\x0b\x0c\x85", "\u2028".encode(), b"n\0"),
]
NASTY = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
ANY_BYTES = st.one_of(st.binary(max_size=300), NASTY)
UTF16_TEXT = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("\n\r\u0a00\u000a\u0a0a")), max_size=80
)


class Drip(io.BytesIO):
    """A stream that returns less than it is asked for, as decompressors do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7))


def blocks(data: bytes, block_size: int = 8 * MIB, max_line: int = 64 * MIB) -> list[TextBlock]:
    return list(text_blocks(io.BytesIO(data), block_size=block_size, max_line=max_line))


def lines(data: bytes) -> list[str]:
    return [block.line(i) for block in blocks(data) for i in range(block.line_count)]


def rows(found: Iterable[TextBlock]) -> list[tuple[int, int, str, str]]:
    """Everything that a block says of a line, so that two ways of reading can be compared."""
    return [
        (block.first_line + i, block.source_offset(i), block.line(i), block.raw_line(i))
        for block in found
        for i in range(block.line_count)
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb\n", ["a", "b"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\r\nb\n", ["a", "b"]),
        (b"10%\r20%\rdone\nb\n", ["10%\r20%\rdone", "b"]),
        (b"one\rtwo\rthree", ["one", "two", "three"]),
        (b"a\x0bb\x0cc\xc2\x85d\xe2\x80\xa8e\n", ["a\x0bb\x0cc\x85d\u2028e"]),
        (b"\0\0\0\0kernel: \0oops\n", ["kernel: oops"]),
        (b"bad \xff byte\nok \xe2\x82\xac\n", ["bad \ufffd byte", "ok €"]),
    ],
)
def test_lines_are_what_a_reader_expects(data: bytes, expected: list[str]) -> None:
    assert lines(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x1b[0;1;31mOut of memory\x1b[0m", "Out of memory"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b(Bplain\x1b)0", "plain"),
        (b"\x1bPq#0\x1b\\after", "after"),
        (b"\x1b]0;never closed, evidence", "]0;never closed, evidence"),
        (b"\x1bOut of memory", "Out of memory"),
        (b"\x1b\x1b[1mbold", "bold"),
        (b"50%\x1b[K\r", "50%"),
        (b"N\bNA\bAM\bME\bE", "NAME"),
        (b"_\bx_\by", "xy"),
        ("ø\bå€\b\b!".encode(), "!"),
        (b"\b\bstart", "start"),
        (b"\x1b[3\x001mred", "red"),
    ],
)
def test_terminal_codes_leave_no_trace_in_the_text(data: bytes, expected: str) -> None:
    assert lines(data + b"\n") == [expected]


@pytest.mark.parametrize(
    ("data", "encoding", "first"),
    [
        (b"plain\n", "utf-8", "plain"),
        ("nvidia: ü\n".encode(), "utf-8", "nvidia: ü"),
        ("\ufeffmarked\n".encode(), "utf-8", "marked"),
        ("GPU æøå\nnext\n".encode("utf-16"), "utf-16-le", "GPU æøå"),
        (b"\xfe\xff" + "GPU 日本\n".encode("utf-16-be"), "utf-16-be", "GPU 日本"),
        ("no mark here\n".encode("utf-16-le"), "utf-16-le", "no mark here"),
        ("no mark here\n".encode("utf-16-be"), "utf-16-be", "no mark here"),
        ("Tilgang nektet på æøå\n".encode("latin-1"), "cp1252", "Tilgang nektet på æøå"),
        (
            "it\u2019s — caf\u00e9s and caf\u00e9\n".encode("cp1252"),
            "cp1252",
            "it\u2019s — cafés and café",
        ),
        ("one \u20ac and ".encode() + b"\xe9 bad\n", "utf-8", "one € and \ufffd bad"),
        (bytes(range(128, 256)) + b"\n", "utf-8", None),
        (b"cut in a character \xe2\x82", "utf-8", "cut in a character \ufffd"),
    ],
)
def test_the_encoding_is_told_from_the_head(data: bytes, encoding: str, first: str | None) -> None:
    (block,) = blocks(data)

    assert block.encoding == encoding
    assert first is None or block.line(0) == first


def test_a_character_across_the_edge_of_the_head_does_not_change_the_encoding() -> None:
    data = b"x" * (MIB - 1) + "é\n".encode()

    assert {block.encoding for block in blocks(data)} == {"utf-8"}


def test_clean_text_is_handed_over_as_it_was_read() -> None:
    data = b"Oct 24 04:12:01 node1 kernel: fine\n" * 10

    (block,) = blocks(data)

    assert block.data is block._raw.data


def test_a_position_in_a_match_leads_to_its_line_and_its_place_in_the_file() -> None:
    data = b"first\r\n\x1b[31msecond\x1b[0m\r\nthird Xid\r\n"
    (block,) = blocks(data)

    index = block.line_at(block.data.index(b"Xid"))

    assert index == 2
    assert block.first_line + index == 3
    assert block.source_offset(index) == data.index(b"third")


def test_the_raw_line_keeps_what_the_file_said() -> None:
    (block,) = blocks(b"\xef\xbb\xbf\x1b[31mred\0\xff\x1b[0m\r\n")

    assert block.raw_line(0) == "\x1b[31mred\0\\xff\x1b[0m"
    assert visible(block.raw_line(0)) == "\\x1b[31mred\\x00\\xff\\x1b[0m"


@given(data=ANY_BYTES)
def test_no_line_is_lost_or_made_up(data: bytes) -> None:
    newline = b"\r" if b"\r" in data and b"\n" not in data else b"\n"
    found = blocks(data)
    if found and found[0].encoding.startswith("utf-16"):
        return  # has a test of its own

    ends = data.count(newline)

    assert sum(block.line_count for block in found) == ends + (
        not data.endswith(newline) and data != b""
    )
    assert all(block.data.count(b"\n") == block.line_count for block in found)
    assert all(block.data.endswith(b"\n") for block in found)
    assert sum(block.source_size for block in found) == len(data)


@given(data=ANY_BYTES)
def test_text_is_utf8_without_bytes_that_act_on_a_terminal(data: bytes) -> None:
    for block in blocks(data):
        block.data.decode()
        assert not {0, 8, 27} & set(block.data)
        assert b"\r\n" not in block.data


@given(data=ANY_BYTES, block_size=st.integers(1, 40), max_line=st.sampled_from([8, 64 * MIB]))
def test_the_block_size_never_changes_the_result(
    data: bytes, block_size: int, max_line: int
) -> None:
    small = blocks(data, block_size, max_line)
    dripping = text_blocks(Drip(data), block_size=block_size, max_line=max_line)
    large = blocks(data, max_line=max_line)

    assert rows(small) == rows(large)
    assert rows(dripping) == rows(large)
    assert sum(b.truncated for b in small) == sum(b.truncated for b in large)


@given(data=ANY_BYTES, block_size=st.integers(1, 40))
def test_every_offset_points_at_the_start_of_its_line(data: bytes, block_size: int) -> None:
    found = blocks(data, block_size)
    if found and found[0].encoding.startswith("utf-16"):
        return
    starts = [offset for _, offset, _, _ in rows(found)]

    assert all(offset == 0 or data[offset - 1 : offset] in {b"\n", b"\r"} for offset in starts)
    assert starts == sorted(set(starts))


@given(text=UTF16_TEXT, order=st.sampled_from(["le", "be"]), block_size=st.integers(1, 40))
def test_utf16_has_the_lines_of_its_text(text: str, order: str, block_size: int) -> None:
    data = ("\ufeff" + text).encode(f"utf-16-{order}")
    found = rows(blocks(data, block_size))

    assert len(found) == text.count("\n") + (not text.endswith("\n"))
    assert found == rows(blocks(data))
    assert all(offset % 2 == 0 for _, offset, _, _ in found)
    for _, offset, _, _ in found[1:]:
        assert data[offset - 2 : offset].decode(f"utf-16-{order}") == "\n"


@given(tail=st.binary(max_size=9))
def test_damaged_utf16_is_read_without_losing_lines(tail: bytes) -> None:
    data = (
        b"\xff\xfe" + "good\n".encode("utf-16-le") + b"\x00\xd8" + "x\n".encode("utf-16-le") + tail
    )

    assert lines(data)[:2] == ["good", "\ufffdx"]


@given(text=st.text(max_size=50), limit=st.integers(0, 60))
def test_visible_text_is_printable_and_bounded(text: str, limit: int) -> None:
    shown = visible(text, limit)

    shown.encode()
    assert len(shown) <= limit + len(" …[cut]")
    assert not set(shown) & set("\x00\x1b\r\n\x7f\x9b\u202e\u2066\u200b\ufeff\ud800")


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("tab\tstays, ø too", 100, "tab\tstays, ø too"),
        ("\x1b[31mred\r\n", 100, "\\x1b[31mred\\x0d\\x0a"),
        ("a\u202eb\U000e0041\ud800", 100, "a\\u202eb\\U000e0041\\ud800"),
        ("abcdef", 3, "abc …[cut]"),
        ("ab\x1b", 3, "ab …[cut]"),
        ("abc", 3, "abc"),
    ],
)
def test_invisible_characters_are_spelled_out(text: str, limit: int, expected: str) -> None:
    assert visible(text, limit) == expected


def test_a_line_that_is_too_long_is_cut_and_stays_one_line() -> None:
    data = b"before\n" + b"x" * 100 + b"\nafter\n"

    found = blocks(data, block_size=16, max_line=32)

    assert [row[2] for row in rows(found)] == ["before", "x" * 32, "after"]
    assert [row[0] for row in rows(found)] == [1, 2, 3]
    assert [row[1] for row in rows(found)] == [0, 7, 108]
    assert sum(block.truncated for block in found) == 1
    assert sum(block.source_size for block in found) == len(data)


def test_the_text_behind_a_hole_of_nul_bytes_is_kept() -> None:
    data = bytes(1000) + b"first line after the crash\nsecond\n"

    found = blocks(data, block_size=16, max_line=64)

    assert [row[2] for row in rows(found)] == ["first line after the crash", "second"]
    assert sum(block.truncated for block in found) == 0


class Endless(io.RawIOBase):
    """Produces one pattern for ever, up to a size, without holding it."""

    def __init__(self, pattern: bytes, size: int) -> None:
        super().__init__()
        self._pattern = pattern * (MIB // len(pattern))
        self._left = size

    def read(self, size: int | None = -1, /) -> bytes:
        piece = self._pattern[: min(self._left, size or 0)]
        self._left -= len(piece)
        return piece


@pytest.mark.parametrize("pattern", [b"x", b"\0", b"line of a log\n", b"\xff", b"\n"])
def test_memory_is_bounded_by_block_and_line_not_by_the_file(pattern: bytes) -> None:
    stream = Endless(pattern, 96 * MIB)
    tracemalloc.start()

    count = sum(b.line_count for b in text_blocks(stream, block_size=MIB, max_line=4 * MIB))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count >= 1
    assert peak < 48 * MIB


@pytest.mark.parametrize(
    "unit",
    [
        b"\r",
        b"\r\r\n",
        b"\x1b]",
        b"\x1b[",
        b"\x1b[0",
        b"\x1bP",
        b"\b",
        b"x\b",
        b"ab\b\b\b",
        b"\0\xff",
    ],
)
def test_cleaning_takes_linear_time(unit: bytes) -> None:
    began = time.perf_counter()

    blocks(b"\n" + unit * (MIB // len(unit)) + b"x\n")

    assert time.perf_counter() - began < 5
