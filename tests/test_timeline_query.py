"""A case that is open sees itself and nothing else, and says what is wrong with a file."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec
import polars as pl
import pytest

from triage.answer import Answer, SourceInfo, Tool, Verdict
from triage.errors import CaseError
from triage.events import Event
from triage.timeline import is_case
from triage.timeline.query import OpenCase, open_case, write_rows
from triage.timeline.sealed import SEALED
from triage.timeline.writer import write_case

START = 1_772_424_306_000_000_000
"""2026-03-02T04:05:06Z in nanoseconds."""


def answer() -> Answer:
    info = SourceInfo(
        name="app.log", parser=None, lines=9, events=3, unclaimed=0, encoding="utf-8",
        time_quality="exact",
    )  # fmt: skip
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"), bundles=[],
        verdict=Verdict("clean", None, "Nothing", None), findings=[], undecided=[], ruled_out=[],
        environments=[], sources=[info], warnings=[],
    )  # fmt: skip


def event(line: int, message: str, time_ns: int | None) -> Event:
    return Event(
        kind="log.line", line=line, line_end=line, offset=0, text=message, message=message,
        fields={"host": "gpu-7", "rank": line}, time_ns=time_ns, time_quality="exact",
    )  # fmt: skip


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


def test_the_answer_comes_back(case: OpenCase) -> None:
    assert case.answer() == answer()


def test_the_timeline_is_a_lazy_frame_in_order_with_the_zone(case: OpenCase) -> None:
    frame = case.timeline().filter(
        pl.col("ts") > dt.datetime(2026, 3, 2, 4, 5, 6, 1, tzinfo=dt.UTC)
    )

    collected = frame.select("ts", "message").collect()

    assert collected["message"].to_list() == ["second", "third"]
    assert collected.schema["ts"] == pl.Datetime("ns", "UTC")
    assert case.timeline().select("loc").collect()["loc"].to_list() == [
        "app.log:3", "app.log:4", "app.log:1", "app.log:2",
    ]  # fmt: skip


def test_one_frame_may_be_used_twice_in_a_plan_and_by_several_threads(case: OpenCase) -> None:
    frame = case.timeline()
    found: list[int] = []

    def join() -> None:
        pair = frame.join(frame.select("event_id", twice="line"), on="event_id")
        found.append(pair.sort("line", descending=True).head(3).collect().height)

    threads = [threading.Thread(target=join) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [3, 3, 3, 3]


def test_several_may_have_a_case_open_at_once(path: Path) -> None:
    with open_case(path) as first, open_case(path) as second:
        counts = [one.query("SELECT count(*) FROM events").fetchall() for one in (first, second)]

    assert counts == [[(4,)], [(4,)]]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"does not exist; `triage scan PATH --case now.triage`"):
        open_case(tmp_path / "now.triage")


@pytest.mark.parametrize("content", [b"", b"DUCK", b"kernel: [   12.5] oops", b"\0" * 4096])
def test_another_kind_of_file_is_no_case(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "now.triage"
    file.write_bytes(content)

    with pytest.raises(CaseError, match="not a triage case"):
        open_case(file)
    assert not is_case(file)


def test_a_folder_a_pipe_and_an_impossible_name_are_no_cases(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    assert not is_case(tmp_path)
    assert not is_case(pipe)
    assert not is_case("a\0b")


def test_a_case_is_told_without_loading_duckdb(path: Path) -> None:
    code = (
        "import sys; from triage.timeline import is_case;"
        f"print(is_case({str(path)!r}), 'duckdb' in sys.modules, 'pyarrow' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "True False False\n"


def test_a_database_of_somebody_else_is_no_case(tmp_path: Path) -> None:
    file = tmp_path / "shop.duckdb"
    duckdb.connect(file).close()

    with pytest.raises(CaseError, match="is a DuckDB file, but not a triage case"):
        open_case(file)


@pytest.mark.parametrize("keep", [5000, 200_000])
def test_a_case_that_was_cut_off_is_said_to_be_unreadable(
    path: Path, tmp_path: Path, keep: int
) -> None:
    file = tmp_path / "cut.triage"
    file.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(CaseError, match=r"cut\.triage "):
        open_case(file)


def altered(path: Path, tmp_path: Path, sql: str) -> Path:
    file = tmp_path / "altered.triage"
    file.write_bytes(path.read_bytes())
    with duckdb.connect(file) as database:
        database.execute(sql)
    return file


@pytest.mark.parametrize(
    ("version", "advice"),
    [("2", "newer; upgrade: pip install -U"), ("0", "older; scan"), ("x", "older; scan")],
)
def test_another_schema_says_what_to_do(
    path: Path, tmp_path: Path, version: str, advice: str
) -> None:
    file = altered(
        path, tmp_path, f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'"
    )

    with pytest.raises(CaseError, match=f"written by triage 0.1.0, which is {advice}"):
        open_case(file)

    write_case(file, answer(), lambda _: None)  # it is ours, and may be replaced
    open_case(file).close()


@pytest.mark.parametrize("text", ["{", "{}", '{"schema": 1}'])
def test_a_damaged_answer_is_said_so(path: Path, tmp_path: Path, text: str) -> None:
    file = altered(path, tmp_path, f"UPDATE meta SET value = '{text}' WHERE key = 'answer'")

    with open_case(file) as case, pytest.raises(CaseError, match="answer in it cannot be read"):
        case.answer()


def test_a_view_that_a_stranger_planted_reads_no_file(path: Path, tmp_path: Path) -> None:
    file = altered(
        path,
        tmp_path,
        "CREATE OR REPLACE VIEW timeline AS SELECT content AS message FROM read_text('/etc/passwd')",
    )

    with open_case(file) as case, pytest.raises(CaseError, match="sees the case and nothing else"):
        case.query("FROM timeline")


def test_a_case_that_another_process_writes_to_names_the_process(
    path: Path, tmp_path: Path
) -> None:
    file = altered(path, tmp_path, "INSERT INTO meta VALUES ('touched', 'yes')")
    code = (
        f"import duckdb; database = duckdb.connect({str(file)!r});"
        "print('open', flush=True); input()"
    )

    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(CaseError, match=f"process {other.pid} is writing to it; wait"):
            open_case(file)
        other.communicate("\n")


def test_a_log_that_another_program_left_is_not_replayed(path: Path, tmp_path: Path) -> None:
    file = altered(path, tmp_path, "SELECT 1")
    file.with_name("altered.triage.wal").write_bytes(b"left over")

    with pytest.raises(CaseError, match=r"there is a altered\.triage\.wal beside it"):
        open_case(file)


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

    with open_case(path) as case, pytest.raises(CaseError, match="of memory: narrow it"):
        rows_of(case, "SELECT x FROM range(5_000_000) t(x) ORDER BY hash(x)", "csv")
