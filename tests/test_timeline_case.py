"""A case in a notebook: the answer at once, the timeline when it is asked for."""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from triage.answer import Answer, Evidence, Finding, RuledOut, SourceInfo, Tool, Undecided, Verdict
from triage.case import Case
from triage.errors import CaseError
from triage.events import Event
from triage.timeline.query import open_case
from triage.timeline.writer import CaseWriter


def finding(rank: int, title: str) -> Finding:
    return Finding(
        id="xid_79", title=title, severity="critical", role="cause", rank=rank, confidence=0.9,
        count=1, first_seen=None, last_seen=None, time_quality="none", entities={}, because=[],
        evidence=[Evidence("kern.log", 40 + rank, 40 + rank, 0, None, "none", "NVRM: Xid 79")],
    )  # fmt: skip


def answer(*findings: Finding) -> Answer:
    info = SourceInfo(
        name="kern.log", parser="nvrm", lines=2, events=2, unclaimed=0, encoding="utf-8",
        time_quality="exact",
    )  # fmt: skip
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"),
        bundles=[],
        verdict=Verdict("critical", "xid_79", "GPU 0000:9b:00 fell off the bus", 0.93),
        findings=list(findings) or [finding(1, "GPU lost")],
        undecided=[Undecided("thermal_shutdown", ["gpu"], "no nvidia-smi output")],
        ruled_out=[RuledOut("oom_kill", ["no OOM report", "memory was free"])],
        environments=[],
        sources=[info],
        warnings=["b.gz: cut off"],
    )


def fill(case: CaseWriter) -> None:
    for line in (1, 2):
        event = Event("log.line", line, line, 0, "", f"line {line}", {}, time_ns=100 - line)
        case.add_event(1, event)


def test_a_scan_reads_the_timeline_once_and_only_when_asked() -> None:
    reads: list[CaseWriter] = []

    def counted(writer: CaseWriter) -> None:
        reads.append(writer)
        fill(writer)

    with Case(answer(), counted) as case:
        before = len(reads), case.verdict.root_cause, case.sources[0].name
        messages = case.timeline.collect()["message"].to_list()
        found = case.sql("SELECT message FROM events WHERE line = 2").fetchall()

    assert before == (0, "xid_79", "kern.log")
    assert messages == ["line 2", "line 1"]
    assert found == [("line 2",)]
    assert len(reads) == 1


def test_all_parts_of_the_answer_are_at_hand() -> None:
    case = Case(answer())

    assert (case.findings[0].id, case.ruled_out[0].id) == ("xid_79", "oom_kill")
    assert (case.undecided[0].id, case.warnings) == ("thermal_shutdown", ["b.gz: cut off"])
    assert case.environments == []


@pytest.mark.parametrize("drop", [Case.close, lambda _: None])
def test_a_temporary_timeline_is_gone_with_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drop: Callable[[Case], None]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    case = Case(answer(), fill)
    case.sql("SELECT 1")
    while_open = len(list(tmp_path.iterdir()))

    drop(case)
    del case
    gc.collect()

    assert while_open == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failed_reading_leaves_no_temporary_file_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    failures = iter([KeyboardInterrupt()])

    def interrupted_once(writer: CaseWriter) -> None:
        for failure in failures:
            raise failure
        fill(writer)

    with Case(answer(), interrupted_once) as case:
        with pytest.raises(KeyboardInterrupt):
            case.sql("SELECT 1")
        left = list(tmp_path.iterdir())
        rows = case.sql("SELECT count(*) FROM events").fetchall()

    assert left == []
    assert rows == [(2,)]


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_saved_case_opens_as_it_was(tmp_path: Path, *, asked_before: bool) -> None:
    path = tmp_path / "night.triage"
    with Case(answer(), fill) as case:
        if asked_before:
            case.sql("SELECT 1")
        case.save(path)

    with Case.open(path) as saved:
        assert saved.answer == answer()
        assert saved.timeline.collect().height == 2
    assert list(tmp_path.iterdir()) == [path]


def test_an_opened_case_is_saved_under_another_name_and_under_its_own(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.triage", tmp_path / "b.triage"
    Case(answer(), fill).save(path)

    with Case.open(path) as case:
        case.save(copy)
        case.save(path)

    for file in (path, copy):
        with open_case(file) as opened:
            assert opened.query("SELECT count(*) FROM events").fetchall() == [(2,)]


def test_saving_overwrites_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "kern.log"
    path.write_text("evidence")

    with Case(answer(), fill) as case:
        case.sql("SELECT 1")
        with pytest.raises(CaseError, match="not overwritten"):
            case.save(path)

    assert path.read_text() == "evidence"


def test_a_case_that_is_saved_over_an_open_one_is_seen_when_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.triage"
    Case(answer(), fill).save(path)

    with Case.open(path) as old:
        Case(answer(), lambda _: None).save(path)
        with Case.open(path) as new:
            counts = [case.sql("SELECT count(*) FROM events").fetchall() for case in (old, new)]

    assert counts == [[(2,)], [(0,)]]


def test_an_answer_without_a_timeline_says_so() -> None:
    with pytest.raises(CaseError, match="no timeline; scan the bundle again"):
        Case(answer()).sql("SELECT 1")


def test_sql_is_sealed() -> None:
    with Case(answer(), fill) as case, pytest.raises(CaseError, match="sees the case and nothing"):
        case.sql("FROM read_text('/etc/passwd')")


def test_a_terminal_shows_the_verdict_and_where_to_look() -> None:
    text = repr(Case(answer(*(finding(n, f"GPU {n} lost") for n in range(1, 8)))))

    assert text.splitlines() == [
        "CRITICAL    GPU 0000:9b:00 fell off the bus",
        "root cause  xid_79 (93% sure)",
        "1. critical GPU 1 lost [xid_79]  kern.log:41",
        "2. critical GPU 2 lost [xid_79]  kern.log:42",
        "3. critical GPU 3 lost [xid_79]  kern.log:43",
        "4. critical GPU 4 lost [xid_79]  kern.log:44",
        "5. critical GPU 5 lost [xid_79]  kern.log:45",
        "            and 2 more in .findings",
        "ruled out   oom_kill: no OOM report; memory was free",
        "undecided   thermal_shutdown: no nvidia-smi output",
        "warning     b.gz: cut off",
    ]


def test_hostile_text_neither_steers_the_terminal_nor_becomes_markup() -> None:
    case = Case(answer(finding(1, "<img src=x onerror=alert(1)>\x1b[2J & 'quotes'")))

    assert "\x1b" not in repr(case)
    assert "\x1b" not in case._repr_html_()
    assert "<img" not in case._repr_html_()
    assert (
        "&lt;img src=x onerror=alert(1)&gt;\\x1b[2J &amp; &#x27;quotes&#x27;" in case._repr_html_()
    )


def test_an_answer_alone_loads_no_data_frame_engine() -> None:
    code = (
        "import sys, triage.case;"
        "print([m for m in ('duckdb', 'polars', 'pyarrow') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
