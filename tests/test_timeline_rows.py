"""Rows are written as they are: whole, in order, and harmless to look at."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from triage.errors import CaseError
from triage.testing import plain_answer as answer
from triage.testing import plain_event as event
from triage.timeline.query import OpenCase, open_case, write_rows
from triage.timeline.sealed import SEALED
from triage.timeline.writer import write_case

START = 1_772_424_306_000_000_000
"""2026-03-02T04:05:06Z in nanoseconds."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("case") / "it's a case?.triage"
    events = [
        event(1, "third", START + 2_000_000_001),
        event(2, "unknown", None),
        event(3, "first\x1b[2J", START),
        event(4, "second", START + 1_000_000_000),
    ]
    write_case(file, answer(), lambda case: case.add_events(1, events))
    return file


@pytest.fixture
def case(path: Path) -> Iterator[OpenCase]:
    with open_case(path) as opened:
        yield opened


def rows_of(case: OpenCase, sql: str, fmt: str, limit: int | None = None) -> str:
    out = io.StringIO()
    write_rows(case.query(sql), fmt, out, limit=limit)
    return out.getvalue()


def test_a_table_is_aligned_and_spells_out_what_is_invisible(case: OpenCase) -> None:
    text = rows_of(case, "SELECT ts, line, message, host FROM timeline", "table")

    assert text.splitlines() == [
        "ts                              line  message       host",
        "------------------------------  ----  ------------  ----",
        "2026-03-02T04:05:06.000000Z     3     first\\x1b[2J  gpu-7",
        "2026-03-02T04:05:07.000000Z     4     second        gpu-7",
        "2026-03-02T04:05:08.000000001Z  1     third         gpu-7",
        "NULL                            2     unknown       gpu-7",
    ]


def test_csv_and_json_say_the_same(case: OpenCase) -> None:
    sql = "SELECT ts, line, message, attrs, [line, 2] AS pair FROM timeline WHERE line < 3"

    lines = [json.loads(line) for line in rows_of(case, sql, "jsonl").splitlines()]

    assert lines == [
        {
            "ts": "2026-03-02T04:05:08.000000001Z", "line": 1, "message": "third",
            "attrs": {"rank": 1}, "pair": [1, 2],
        },
        {"ts": None, "line": 2, "message": "unknown", "attrs": {"rank": 2}, "pair": [2, 2]},
    ]  # fmt: skip
    assert json.loads(rows_of(case, sql, "json")) == lines
    assert rows_of(case, sql, "csv") == (
        "ts,line,message,attrs,pair\n"
        '2026-03-02T04:05:08.000000001Z,1,third,"{""rank"":1}","[1,2]"\n'
        ',2,unknown,"{""rank"":2}","[2,2]"\n'
    )


def test_no_rows_are_still_a_document(case: OpenCase) -> None:
    texts = [rows_of(case, "FROM links", fmt) for fmt in ("json", "jsonl", "csv")]

    assert texts == ["[]\n", "", "effect,cause,cause_id,why,seconds,strength\n"]


@pytest.mark.parametrize(("limit", "cut"), [(0, True), (3, True), (4, False), (None, False)])
def test_a_limit_is_kept_and_told(case: OpenCase, limit: int | None, *, cut: bool) -> None:
    text = rows_of(case, "SELECT line FROM events", "table", limit)

    assert len(text.splitlines()) == 2 + min(4, 4 if limit is None else limit) + cut
    assert ("only the first" in text) is cut


def test_all_types_of_duckdb_can_be_written(case: OpenCase) -> None:
    for fmt in ("table", "csv", "jsonl"):
        text = rows_of(case, "FROM test_all_types()", fmt)

        assert len(text.splitlines()) >= 3
    for line in text.splitlines():
        msgspec.json.decode(line)


def test_columns_of_one_name_are_told_apart(case: OpenCase) -> None:
    text = rows_of(case, "SELECT 1 AS a, 2 AS a, sum(line) AS s FROM events", "jsonl")

    assert json.loads(text) == {"a": 1, "a_1": 2, "s": 10}


def test_a_query_that_fails_while_it_runs_says_why(case: OpenCase) -> None:
    with pytest.raises(CaseError, match="Could not convert string"):
        rows_of(case, "SELECT message::INTEGER FROM events", "csv")


def test_a_query_that_needs_too_much_memory_says_what_to_do(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SEALED, "memory_limit", "32MB")

    with open_case(path) as case, pytest.raises(CaseError, match=r"more memory than .* narrow"):
        rows_of(case, "SELECT x FROM range(5_000_000) t(x) ORDER BY hash(x)", "csv")
