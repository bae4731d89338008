"""A case is written whole or not at all, and never over a file that is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from triage.answer import (
    Answer,
    SourceInfo,
    Tool,
    Verdict,
)
from triage.errors import CaseError
from triage.events import Event
from triage.timeline.query import OpenCase, open_case
from triage.timeline.writer import CaseWriter, write_case


def source(name: str) -> SourceInfo:
    return SourceInfo(
        name=name, parser="nvrm", lines=9, events=2, unclaimed=1, encoding="utf-8",
        time_quality="exact", parsers=["nvrm", "oom"], first="2026-03-02T04:05:06.000000Z",
    )  # fmt: skip


def event(message: str, line: int = 1, **changes: object) -> Event:
    made = Event(
        kind="log.line",
        line=line,
        line_end=line,
        offset=0,
        text=message,
        message=message,
        fields={},
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def answer(sources: Sequence[SourceInfo] = ()) -> Answer:
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"), bundles=[],
        verdict=Verdict("clean", None, "Nothing", None), findings=[], undecided=[], ruled_out=[],
        environments=[], sources=list(sources), warnings=[],
    )  # fmt: skip


def written(path: Path, events: Sequence[Event] = ()) -> OpenCase:
    write_case(path, answer([source("kern.log")]), lambda case: case.add_events(1, events))
    return open_case(path)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    def fill(case: CaseWriter) -> None:
        case.add_events(1, [event("one")])
        raise error

    with pytest.raises(error):
        write_case(tmp_path / "a.triage", answer([source("kern.log")]), fill)

    assert list(tmp_path.iterdir()) == []


def test_an_older_case_survives_a_failure_and_yields_to_success(tmp_path: Path) -> None:
    path = tmp_path / "a.triage"
    written(path, [event("old")]).close()

    def fail(_: CaseWriter) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_case(path, answer(), fail)
    with open_case(path) as old, written(path, [event("new")]) as new:
        messages = [case.query("SELECT message FROM events").fetchall() for case in (old, new)]

    assert messages == [[("old",)], [("new",)]]
    assert [file.name for file in tmp_path.iterdir()] == ["a.triage"]


def test_an_interrupted_process_leaves_nothing_behind(tmp_path: Path) -> None:
    code = f"""
import os, signal
from triage.answer import *
from triage.timeline.writer import write_case
empty = Answer(tool=Tool("triage", "0", ""), bundles=[], verdict=Verdict("clean", None, "", None),
               findings=[], undecided=[], ruled_out=[], environments=[], sources=[], warnings=[])
write_case({str(tmp_path / "a.triage")!r}, empty, lambda _: os.kill(os.getpid(), signal.SIGINT))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "KeyboardInterrupt" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"Mar  2 04:05:06 gpu-7 kernel: hello\n", b"x" * 12])
def test_what_is_no_case_is_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kern.log"
    path.write_bytes(content)

    with pytest.raises(CaseError, match=r"kern\.log is not overwritten: .* is not a triage case"):
        CaseWriter(path)

    assert path.read_bytes() == content


def test_a_database_of_somebody_else_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as database:
        database.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")

    with pytest.raises(CaseError, match=r"not overwritten: .* but not a triage case"):
        CaseWriter(path)

    assert path.stat().st_size > 0


def test_a_file_that_appears_while_writing_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.triage"

    def fill(_: CaseWriter) -> None:
        path.write_text("mine")

    with pytest.raises(CaseError, match="not overwritten"):
        write_case(path, answer(), fill)

    assert path.read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["a.triage"]


def test_a_case_behind_a_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    path, link = tmp_path / "real.triage", tmp_path / "link.triage"
    written(path, [event("old")]).close()
    link.symlink_to(path)

    written(link, [event("new")]).close()

    with open_case(path) as case:
        assert case.query("SELECT message FROM events").fetchall() == [("new",)]
    assert link.is_symlink()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"folder .*nowhere does not exist"):
        CaseWriter(tmp_path / "nowhere" / "a.triage")


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="not overwritten"):
        CaseWriter(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(CaseError, match="cannot be written"):
        written(tmp_path / "a.triage")


def test_a_case_without_an_answer_is_not_put_in_place(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="needs an answer"), CaseWriter(tmp_path / "a.triage"):
        pass

    assert list(tmp_path.iterdir()) == []
