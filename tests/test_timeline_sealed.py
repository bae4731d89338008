"""SQL over a case sees the case and nothing else, and changes nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from triage.errors import CaseError
from triage.testing import plain_answer as answer
from triage.testing import plain_event as event
from triage.timeline.query import OpenCase, open_case, write_rows
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


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('https://example.com/a.parquet')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_extensions()",
        "COPY events TO '/tmp/stolen.csv'",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "WITH gone AS (COPY (SELECT 1) TO '/tmp/stolen.csv') FROM gone",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "COPY (PIVOT events ON kind USING count(*)) TO '/tmp/stolen.csv'",
        "EXPORT DATABASE '/tmp/stolen'",
        "IMPORT DATABASE '/tmp/stolen'",
        "ATTACH '/tmp/other.duckdb'",
        "ATTACH ':memory:' AS other",
        "DETACH triage_case",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD json",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "SET lock_configuration = false",
        "SET memory_limit = '1TB'",
        "SET VARIABLE a = 1",
        "PRAGMA enable_profiling",
        "PRAGMA database_list",
        "CALL enable_logging()",
        "CREATE SECRET s (TYPE s3)",
        "INSERT INTO notes VALUES (1, now(), 'me', NULL, NULL, 'hello')",
        "UPDATE events SET message = ''",
        "DELETE FROM events",
        "DROP TABLE events",
        "ALTER TABLE events ADD COLUMN a INTEGER",
        "CREATE TABLE t (a INTEGER)",
        "CREATE TEMP TABLE t (a INTEGER)",
        "CREATE TABLE memory.main.t (a INTEGER)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE MACRO f(x) AS x",
        "USE memory",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "PREPARE p AS SELECT 1",
        "SELECT 1; DROP TABLE events",
        "EXPLAIN ANALYZE DELETE FROM events",
        "WITH gone AS (DELETE FROM events RETURNING line) SELECT * FROM gone",
        "SELECT * FROM nowhere",
        "SELEC 1",
        "SELECT ?",
        "SELECT '\ud800'",
        "",
        "-- nothing",
    ],
)
def test_what_leaves_the_case_or_changes_it_is_refused(case: OpenCase, sql: str) -> None:
    with pytest.raises(CaseError, match=r"^\S[^\n]{10,}$"):
        rows_of(case, sql, "csv")

    assert case.query("SELECT count(*) FROM events").fetchall() == [(4,)]


@pytest.mark.parametrize("ending", ["", ".wal", ".wal.recovery"])
@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (COPY (SELECT 1) TO '{}') FROM gone",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{}'",
        "SELECT content FROM read_blob('{}')",
        "FROM read_duckdb('{}')",
    ],
)
def test_the_files_of_the_case_itself_are_no_way_out(path: Path, sql: str, ending: str) -> None:
    before = path.read_bytes()
    target = str(path).replace("'", "''") + ending

    with open_case(path) as case, pytest.raises(CaseError, match="sees the case and nothing else"):
        rows_of(case, sql.format(target), "csv")

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_refusal_says_why_and_what_to_do(case: OpenCase) -> None:
    said = {}
    for sql in ("DROP TABLE events", "FROM read_text('/etc/passwd')", "SELECT 1; SELECT 2"):
        with pytest.raises(CaseError) as error:
            case.query(sql)
        said[sql.split()[0]] = str(error.value)

    assert said["DROP"].startswith("DROP is refused: a case is sealed and read-only. Ask with SEL")
    assert said["FROM"].startswith("refused, since SQL here sees the case and nothing else")
    assert said["SELECT"] == "one SQL statement at a time; this text holds 2"


def test_a_python_variable_is_no_table(case: OpenCase) -> None:
    secret_frame = pl.DataFrame({"a": [1]})

    with pytest.raises(CaseError, match="secret_frame does not exist"):
        case.query("SELECT * FROM secret_frame")

    assert secret_frame.height == 1


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("FROM timeline", 4),
        ("VALUES (1), (2)", 2),
        ("WITH few AS (FROM events LIMIT 2) FROM few", 2),
        ("DESCRIBE findings", 15),
        ("SHOW TABLES", 19),
        ("SUMMARIZE links", 6),
        ("EXPLAIN SELECT 1", 1),
        ("PIVOT events ON kind IN ('log.line') USING count(*) GROUP BY host", 1),
        ("SELECT attrs->>'rank' FROM events WHERE regexp_matches(message, '^(fir|sec)')", 2),
    ],
)
def test_all_ways_of_asking_are_open(case: OpenCase, sql: str, count: int) -> None:
    rows = case.query(sql).fetchall()

    assert len(rows) == count


def test_asking_changes_no_byte_and_leaves_no_file(path: Path) -> None:
    before = path.read_bytes()

    with open_case(path) as case:
        case.query("SELECT DISTINCT host FROM timeline ORDER BY 1").fetchall()

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_view_that_a_stranger_planted_reads_no_file(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "planted.triage"
    file.write_bytes(path.read_bytes())
    with duckdb.connect(file) as database:
        database.execute(
            "CREATE OR REPLACE VIEW timeline AS SELECT * FROM read_text('/etc/passwd')"
        )

    with open_case(file) as case, pytest.raises(CaseError, match="sees the case and nothing else"):
        case.query("FROM timeline")
