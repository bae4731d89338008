"""Rows that are made in a thread of their own: they take no more room, and what fails is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from triage.answer import Answer, BundleInfo, SourceInfo, Tool, Verdict
from triage.clock.civil import UNKNOWN
from triage.events import QUALITY_ORDER, Event, Stamp
from triage.timeline.filler import ROWS
from triage.timeline.plain import PlainRecords, PlainTimes
from triage.timeline.query import open_case
from triage.timeline.writer import CaseWriter

SOURCE = SourceInfo(
    name="syslog", parser=None, lines=1, events=0, unclaimed=0, encoding="utf-8",
    time_quality="exact",
)  # fmt: skip
ANSWER = Answer(
    tool=Tool("triage", "0.1.0", "feed"),
    bundles=[BundleInfo("night", None, 1, 9, 600, None, None)],
    verdict=Verdict("healthy", None, "Nothing broke", None),
    findings=[],
    undecided=[],
    ruled_out=[],
    sources=[SOURCE],
    environments=[],
    warnings=[],
)
IN_ORDER = "SELECT count(*), count(*) FILTER (event_id - (1::UBIGINT << 40) = line - 1) FROM events"
SPEAKERS = [
    Event("log.line", 0, 0, 0, "", "", {"host": "n1", "process": "sshd", "rank": 3}),
    Event("log.line", 0, 0, 0, "", "", {"host": "n1", "pid": 77}),
]


def records(first: int, count: int, spoken_by: Sequence[int] = (0, 1)) -> PlainRecords:
    """Lines that two speakers take turns with; every second has a process id of its own."""
    turns = np.arange(count) % 2
    return PlainRecords(
        source="syslog",
        lines=np.arange(first, first + count),
        offsets=np.arange(first, first + count) * 50,
        messages=pl.Series([f"step {line} is done" for line in range(first, first + count)]),
        uptimes=np.where(turns == 0, np.nan, 1.5),
        stamps=pl.Series(["Nov 18 00:00:01"] * count),
        moments=[Stamp("Nov 18 00:00:00", "syslog")],
        moment=np.zeros(count, np.int64),
        late=np.full(count, 10**9),
        pids=np.where(turns == 0, 1000 + turns, -1),
        spoken_by=np.array(spoken_by)[turns],
        speakers=SPEAKERS,
        others=[],
    )


def times(count: int) -> PlainTimes:
    known = np.where(np.arange(count) % 2 == 0, 10**18, UNKNOWN)
    return PlainTimes(known, np.zeros(count, np.int64), np.ones(count, np.int64))


def write(path: Path, rows: PlainRecords) -> None:
    """A case with these rows."""
    with CaseWriter(path) as writer:
        writer.add_plain(writer.add_source(SOURCE), rows, times(len(rows.lines)))
        writer.add_answer(ANSWER)


def test_a_row_has_what_its_line_and_its_speaker_say(tmp_path: Path) -> None:
    write(tmp_path / "night.triage", records(1, 4))

    with open_case(tmp_path / "night.triage") as case:
        rows = case.rows(
            "SELECT line, epoch_ns(ts), ts_quality, uptime_s, boot, stamp, host, pid, process, "
            "message, attrs FROM events WHERE line < 3 ORDER BY line"
        )

    best, stamp = QUALITY_ORDER[0], "Nov 18 00:00:01"
    assert rows == [
        (1, 10**18, best, None, 1, stamp, "n1", 1000, "sshd", "step 1 is done", '{"rank":3}'),
        (2, None, best, 1.5, 1, stamp, "n1", 77, None, "step 2 is done", None),
    ]


def test_many_rows_are_written_once_and_in_order(tmp_path: Path) -> None:
    path, part = tmp_path / "night.triage", 50_000
    with CaseWriter(path) as writer:
        source_id = writer.add_source(SOURCE)
        for first in range(1, 3 * ROWS, part):
            writer.add_plain(source_id, records(first, part), times(part))
        writer.add_answer(ANSWER)

    with open_case(path) as case:
        ids = case.rows(IN_ORDER)
    with duckdb.connect(path, read_only=True) as database:
        free = database.execute("SELECT free_blocks FROM pragma_database_size()").fetchall()
        lines = database.execute("SELECT line FROM events").fetchnumpy()["line"]

    assert ids == [(8 * part, 8 * part)]
    assert free[0][0] <= 1
    assert (np.diff(lines.astype(np.int64)) == 1).all()


def test_what_fails_while_rows_are_made_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(IndexError):
        write(tmp_path / "night.triage", records(1, 4, (0, 9)))

    assert list(tmp_path.iterdir()) == []
