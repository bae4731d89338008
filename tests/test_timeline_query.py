"""A case comes back as it was written, and a file that is none is said to be none."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from triage.errors import CaseError
from triage.testing import plain_answer as answer
from triage.testing import plain_event as event
from triage.timeline import is_case
from triage.timeline.query import OpenCase, open_case
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


def test_a_log_that_holds_nothing_whole_costs_nothing(path: Path, tmp_path: Path) -> None:
    file = altered(path, tmp_path, "SELECT 1")
    log = file.with_name("altered.triage.wal")
    log.write_bytes(b"left over")

    with open_case(file) as case:
        assert case.meta()["format"] == "triage.case"
    assert not log.exists()
