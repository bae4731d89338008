"""Lines that a container runtime cut are read as one, whichever way the file is read."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from triage.ingest.pieces import joined
from triage.testing_forms import read

TRACE = (
    'Traceback (most recent call last):\\n  File \\"/app/serve.py\\", line 71, in load\\n'
    "    model = build()\\nRuntimeError: shape '[8, 4]' is invalid for input of size 31"
)
LONG = "m" * 5000
RECORD = (
    '{"logger": "'
    + LONG
    + '", "levelname": "ERROR", "asctime": "2026-03-02 10:00:01", "message": "'
    + TRACE
    + '"}'
)
CUTS = (4200, 5040, 5091, 5098, len(RECORD) - 30, len(RECORD) - 1)


def cri(pieces: list[str], stream: str = "stderr") -> list[str]:
    """The pieces as containerd writes them."""
    stamp = "2026-03-02T10:00:01.000000001Z"
    tags = ["P"] * (len(pieces) - 1) + ["F"]
    return [f"{stamp} {stream} {tag} {piece}" for tag, piece in zip(tags, pieces, strict=True)]


def docker(pieces: list[str], stream: str = "stderr") -> list[str]:
    """The pieces as Docker's JSON driver writes them."""
    logs = [*pieces[:-1], pieces[-1] + "\n"]
    return [
        json.dumps(
            {"log": log, "stream": stream, "time": "2026-03-02T10:00:01.0Z"},
            separators=(",", ":"),
        )
        for log in logs
    ]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("runtime", [cri, docker])
@pytest.mark.parametrize("filler", [0, 30_000])
def test_a_record_in_two_pieces_is_one_event(
    runtime: Callable[..., list[str]], cut: int, filler: int
) -> None:
    calm = runtime(["all is well, step 12 took 31 ms"], "stdout")
    rows = calm * 3 + runtime([RECORD[:cut], RECORD[cut:]]) + calm * (2 + filler)

    events, report = read("\n".join(rows) + "\n", "app.log")

    assert [(e.kind, e.line, e.line_end, e.fields["exception"]) for e in events] == [
        ("py.traceback", 4, 5, "RuntimeError")
    ]
    assert report.lines == len(rows)


def test_streams_interleave() -> None:
    first, second = cri(["Traceback (most ", "recent call last):"])
    between = cri(["step 9 done"], "stdout")[0]

    found = joined([first, between, second])

    assert found.texts == {0: first + "recent call last):", 2: ""}
    assert found.first == {2: 0}


def test_a_line_whose_end_is_missing_is_read_as_far_as_it_goes() -> None:
    rows = cri(["out of ", "memory ", "x"])[:2]

    found = joined(rows)

    assert found.texts[0] == rows[0] + "memory "


def test_prose_that_looks_like_a_tag_is_no_piece() -> None:
    rows = ["we saw stdout P lines in it", "2026-03-02 stdout is a P thing"]

    assert joined(rows).texts == {}


def test_the_last_word_of_a_process_is_not_joined_with_its_next_life() -> None:
    died, begins = docker(["no newline here"]), docker(["Starting up"])

    rows = [died[0].replace("\\n", ""), begins[0]]

    assert joined(rows).texts == {}


def test_an_escaped_backslash_before_an_n_is_no_newline() -> None:
    rows = docker([LONG + "C:\\", "ew"])

    assert joined(rows).last == {0: 1}


def test_tags_behind_the_letter_are_no_part_of_the_text() -> None:
    rows = [row.replace(" P ", " P:k=v ") for row in cri(["out of ", "memory"])]

    assert joined(rows).texts[0] == rows[0] + "memory"


def test_nothing_is_joined_where_every_line_is_whole() -> None:
    assert joined(cri(["a"]) + docker(["b"]) + cri(["c"], "stdout")).texts == {}
