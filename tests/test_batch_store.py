"""A store of results: each bundle once, whoever wrote it, and whatever became of the machine."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from tests.fleets import files, findings, outcomes, rows, scan_here, write_good
from triage.batch.compact import compact
from triage.batch.job import scan_bundle
from triage.batch.model import Recipe, Status
from triage.batch.storage import FolderStorage, open_storage
from triage.batch.store import Store, choose_run
from triage.errors import CaseError, UsageError

RECIPE = Recipe(run="one")


def test_a_job_can_be_pickled_and_gives_a_small_summary(tmp_path: Path) -> None:
    (bundle,) = write_good(tmp_path / "in", 1, lines=50)
    job = pickle.loads(pickle.dumps((scan_bundle, str(bundle), str(tmp_path / "out"), RECIPE)))

    status = job[0](*job[1:])

    assert (status.outcome, status.root_cause, status.lines) == ("ok", "xid_79", 50)
    assert len(msgspec.json.encode(status)) < 2000


def test_results_are_parquet_in_a_hive_layout_that_others_can_read(tmp_path: Path) -> None:
    (bundle,) = write_good(tmp_path / "in", 1)
    status = scan_bundle(str(bundle), str(tmp_path / "out"), RECIPE)

    table = pq.read_table(tmp_path / "out/run=one/table=findings")

    assert table["id"].to_pylist() == ["xid_79"]
    assert table["bundle"].to_pylist() == [status.key]
    assert table["evidence"].to_pylist()[0][0]["line"] == 1


def test_two_writers_of_one_bundle_leave_one_result(tmp_path: Path) -> None:
    (bundle,) = write_good(tmp_path / "in", 1)
    first = scan_bundle(str(bundle), str(tmp_path / "out"), RECIPE)

    second = scan_bundle(str(bundle), str(tmp_path / "out"), RECIPE)

    assert second == first
    assert len(files(tmp_path / "out", "table=findings/**/*.parquet")) == 1
    assert len(findings_after_begin(tmp_path / "out")) == 1


def test_rows_without_a_status_do_not_count(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", write_good(tmp_path / "in", 2))
    killed = next(iter(files(tmp_path / "out", "status/*.json")))
    killed.unlink()

    assert len(findings(tmp_path / "out")) == 1


def test_what_a_killed_call_left_is_cleared_for_its_own_bundles_only(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", write_good(tmp_path / "in", 3))
    store = _store(tmp_path / "out")
    first, second, _ = sorted(store.committed("one"))
    for key in (first, second):
        folder = tmp_path / f"out/run=one/table=findings/bundle={key}"
        (folder / "killed.parquet").write_bytes(b"half")
        (folder / ".tmp-1").write_bytes(b"half")

    store.clear("one", [first])

    left = [path.parent.name for path in files(tmp_path / "out", "*killed*")]
    assert left == [f"bundle={second}"]
    assert len(findings(tmp_path / "out")) == 3


def test_the_same_call_again_scans_nothing_and_a_changed_bundle_alone(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 3)
    scan_here(tmp_path / "out", good)
    (good[1] / "more.txt").write_text("another line\n")

    again = scan_here(tmp_path / "out", good)

    assert [status.name for status in again] == ["good-1"]
    assert scan_here(tmp_path / "out", good) == []
    assert len(outcomes(tmp_path / "out")) == 3


def test_what_failed_is_tried_again_only_when_asked(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 1)
    (tmp_path / "in/empty").mkdir()
    both = [*good, tmp_path / "in/empty"]
    scan_here(tmp_path / "out", both)
    assert scan_here(tmp_path / "out", both) == []

    again = scan_here(tmp_path / "out", both, retry_failed=True)

    assert [status.name for status in again] == ["empty"]
    assert outcomes(tmp_path / "out") == {
        "good-0": ("ok", None), "empty": ("failed", "unreadable"),
    }  # fmt: skip


def test_a_bundle_that_went_away_keeps_its_result(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 2)
    scan_here(tmp_path / "out", good)
    shutil.rmtree(good[0])

    again = scan_here(tmp_path / "out", good)

    assert again == []
    assert len(findings(tmp_path / "out")) == 2


def test_a_result_that_a_loss_of_power_emptied_is_made_again(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 3)
    scan_here(tmp_path / "out", good)
    files(tmp_path / "out", "table=findings/**/*.parquet")[0].write_bytes(b"")
    files(tmp_path / "out", "status/*.json")[2].write_bytes(b"\0" * 100)
    assert len(findings(tmp_path / "out")) < 3

    scan_here(tmp_path / "out", good)

    assert len(findings(tmp_path / "out")) == 3


def test_shards_together_find_what_one_call_finds(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 7)
    scan_here(tmp_path / "whole", good)
    scanned = [
        len(scan_here(tmp_path / "parts", good, shard=f"{number}/3")) for number in (1, 2, 3)
    ]

    assert sum(scanned) == 7
    assert findings(tmp_path / "parts") == findings(tmp_path / "whole")


def test_a_bundle_counts_with_its_newest_result(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 2)
    scan_here(tmp_path / "out", good, run="monday")
    (good[0] / "dmesg.txt").write_text("all is well\n")

    scan_here(tmp_path / "out", good, run="tuesday")

    assert [row["bundle"] for row in findings(tmp_path / "out")] == ["good-1"]
    told = rows(tmp_path / "out", "SELECT name, run FROM history ORDER BY name, run")
    assert [(row["name"], row["run"]) for row in told] == [
        ("good-0", "monday"), ("good-0", "tuesday"), ("good-1", "monday"),
    ]  # fmt: skip


def test_compacting_changes_no_answer(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 6)
    scan_here(tmp_path / "out", good)
    before = findings(tmp_path / "out")

    compact(_store(tmp_path / "out"))

    assert findings(tmp_path / "out") == before
    assert len(files(tmp_path / "out", "*.parquet")) == 1
    assert scan_here(tmp_path / "out", good) == []


def test_results_after_compacting_are_compacted_too(tmp_path: Path) -> None:
    good = write_good(tmp_path / "in", 4)
    scan_here(tmp_path / "out", good[:2])
    compact(_store(tmp_path / "out"))
    (good[0] / "more.txt").write_text("another line\n")
    scan_here(tmp_path / "out", good)
    before = findings(tmp_path / "out")

    compact(_store(tmp_path / "out"))

    assert findings(tmp_path / "out") == before
    assert len(before) == 4
    assert len(files(tmp_path / "out", "*.parquet")) == 1


def test_whoever_dies_while_compacting_leaves_the_same_answer(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", write_good(tmp_path / "in", 4))
    before = findings(tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "old")
    compact(_store(tmp_path / "out"))

    shutil.copytree(tmp_path / "old", tmp_path / "out", dirs_exist_ok=True)  # nothing was deleted

    assert findings(tmp_path / "out") == before


def test_only_an_unfinished_run_is_continued(tmp_path: Path) -> None:
    store = _store(tmp_path / "out")
    store.begin("monday")

    assert choose_run(store, named=None, shared=False) == "monday"
    store.finish("monday")
    assert choose_run(store, named=None, shared=False) != "monday"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", "é", "x" * 101])
def test_a_run_cannot_be_named_like_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        _store(tmp_path).begin(name)


def test_sql_sees_the_store_and_nothing_else(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", write_good(tmp_path / "in", 1))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")

    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"COPY findings TO '{tmp_path / 'stolen'}'",
        f"WITH c AS (COPY (SELECT 1) TO '{tmp_path / 'stolen'}') FROM c",
        "INSTALL httpfs",
        "SET memory_limit = '90GB'",
        "DROP VIEW findings",
    ):
        with pytest.raises(CaseError):
            rows(tmp_path / "out", sql)

    assert not (tmp_path / "stolen").exists()
    assert rows(tmp_path / "out", "SELECT line FROM evidence") == [{"line": 1}]


def test_the_case_of_each_bundle_is_kept_when_asked(tmp_path: Path) -> None:
    scan_here(tmp_path / "out", write_good(tmp_path / "in", 1), cases=True)

    (case,) = files(tmp_path / "out", "*.triage")
    assert case.read_bytes()[8:12] == b"DUCK"


def _store(out: Path) -> Store:
    storage = open_storage(str(out))
    assert isinstance(storage, FolderStorage)
    return Store(storage)


def findings_after_begin(out: Path) -> list[object]:
    """The findings of a store whose jobs ran without a batch round them."""
    _store(out).begin("one")
    return list(findings(out))


def test_a_status_can_be_read_by_later_versions() -> None:
    text = b'{"uri":"a","key":"b","run":"c","outcome":"ok","what_comes_later":1}'

    assert msgspec.json.decode(text, type=Status).outcome == "ok"
