"""The responder's words outlive the session, the process, and a rescan of the bundle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from triage.answer import Answer, Finding, SourceInfo, Tool, Verdict
from triage.errors import CaseError
from triage.events import Event
from triage.timeline.journal import journal_of
from triage.timeline.query import open_case
from triage.timeline.responder import Responder, words_of
from triage.timeline.writer import CaseWriter, copy_case, write_case

DIE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


def finding(rank: int, title: str = "GPU lost", signature: str = "xid_79") -> Finding:
    return Finding(
        id=signature, title=title, severity="critical", role="cause", rank=rank, confidence=0.9,
        count=1, first_seen=None, last_seen=None, time_quality="none", entities={}, because=[],
    )  # fmt: skip


def answer(*findings: Finding) -> Answer:
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"),
        bundles=[],
        verdict=Verdict("critical", "xid_79", "GPU lost", 0.9),
        findings=list(findings),
        undecided=[],
        ruled_out=[],
        environments=[],
        sources=[],
        warnings=[],
    )


def write(path: Path, *findings: Finding, first: str = "kern.log") -> None:
    """A case with two sources of two lines each, the first one numbered first."""

    def fill(case: CaseWriter) -> None:
        names = [first, *({"kern.log", "app.log"} - {first})]
        for name in names:
            info = SourceInfo(
                name=name, parser=None, lines=2, events=2, unclaimed=0, encoding="utf-8",
                time_quality="none",
            )  # fmt: skip
            number = case.add_source(info)
            for line in (1, 2):
                case.add_event(number, Event("log.line", line, line, 0, "", f"{name} {line}", {}))

    write_case(path, answer(*(findings or (finding(1),))), fill)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "now.triage"
    write(path)
    return path


@pytest.fixture
def case(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path))


@pytest.fixture
def responder(case: Path) -> Iterator[Responder]:
    made = Responder.at(case)
    yield made
    made.close()


def beside(case: Path) -> list[str]:
    return sorted(path.name for path in case.parent.iterdir())


def in_another_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_words_are_rows_of_the_case_once_it_is_closed(case: Path, responder: Responder) -> None:
    responder.note("cordoned the node", finding=finding(1))
    responder.tick("gpu/xid-79", 2, "Drain the node", finding=finding(1), result="done by hand")
    responder.tick("gpu/xid-79", 3, "Reset it", state="skipped", result="no access")
    responder.close()

    with open_case(case) as opened:
        notes = opened.query("SELECT text, finding, finding_id, mark FROM notes").fetchall()
        steps = opened.query("SELECT step, state, result, say FROM steps ORDER BY 1").fetchall()
    assert notes == [("cordoned the node", 1, "xid_79", False)]
    assert steps == [
        (2, "done", "done by hand", "Drain the node"),
        (3, "skipped", "no access", "Reset it"),
    ]
    assert beside(case) == ["now.triage"]


def test_a_word_is_there_at_once_for_whoever_asks(case: Path, responder: Responder) -> None:
    responder.note("first")

    assert [note.text for note in words_of(case).notes.values()] == ["first"]


def test_what_was_taken_back_stays_away(case: Path, responder: Responder) -> None:
    first = responder.note("wrong")
    responder.note("right")
    responder.drop(first.note_id)
    responder.tick("gpu/xid-79", 1, "Look")
    responder.untick("gpu/xid-79", 1)
    responder.close()

    words = words_of(case)
    assert [note.text for note in words.notes.values()] == ["right"]
    assert words.ticks == {}


def test_a_number_is_never_given_twice(case: Path) -> None:
    first = Responder.at(case)
    dropped = first.note("wrong").note_id
    first.note("kept")
    first.drop(dropped)
    first.close()

    second = Responder.at(case)
    later = second.note("later").note_id
    second.close()

    assert later == 3


def test_words_survive_the_death_of_their_process(case: Path) -> None:
    code = f"""
from triage.timeline.responder import Responder
responder = Responder.at(__import__("pathlib").Path({str(case)!r}))
responder.note("last words")
responder.tick("gpu/xid-79", 1, "Look")
{DIE}
"""
    died = in_another_process(code)

    responder = Responder.at(case)
    said = [note.text for note in responder.notes], list(responder.ticks)
    responder.close()
    assert died.returncode == -signal.SIGKILL
    assert said == (["last words"], [("gpu/xid-79", 1, None)])
    assert beside(case) == ["now.triage"]


def test_words_of_a_dead_process_are_rows_for_whoever_opens_the_case(case: Path) -> None:
    code = f"""
from triage.timeline.responder import Responder
Responder.at(__import__("pathlib").Path({str(case)!r})).note("last words")
{DIE}
"""
    in_another_process(code)
    waiting = beside(case)

    with open_case(case) as opened:
        rows = opened.query("SELECT text FROM notes").fetchall()

    assert waiting == ["now.triage", "now.triage.words"]
    assert rows == [("last words",)]
    assert beside(case) == ["now.triage"]


def test_a_torn_line_costs_itself_alone(case: Path) -> None:
    journal_of(case).write_bytes(
        b'{"word":"note","note_id":1,"noted_at":5,"author":"eve","text":"whole"}\n{"word":"no'
    )

    responder = Responder.at(case)
    responder.note("after")
    responder.close()

    assert [note.text for note in words_of(case).notes.values()] == ["whole", "after"]


def test_words_wait_for_a_case_that_is_not_written_yet(tmp_path: Path) -> None:
    path = tmp_path / "later.triage"
    responder = Responder.at(path)
    responder.note("quick", finding=finding(1))
    responder.close()
    waiting = beside(path)

    write(path)

    assert waiting == ["later.triage.words"]
    with open_case(path) as opened:
        assert opened.query("SELECT text FROM notes").fetchall() == [("quick",)]


def test_a_second_process_may_read_and_says_who_writes(case: Path, responder: Responder) -> None:
    responder.note("mine")
    code = f"""
from triage.timeline.responder import Responder
other = Responder.at(__import__("pathlib").Path({str(case)!r}))
print(other.read_only)
print([note.text for note in other.notes])
other.close()
"""

    done = in_another_process(code)

    assert done.stdout.splitlines() == [
        f"process {os.getpid()} has this case open; close it there to write here",
        "['mine']",
    ]
    assert responder.note("still mine").note_id == 2


def test_nothing_is_noted_where_another_one_writes(case: Path, responder: Responder) -> None:
    other = Responder.at(case)

    with pytest.raises(CaseError, match="nothing was noted: process"):
        other.note("lost?")

    assert responder.read_only is None


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "now.triage.words").symlink_to(tmp_path / "elsewhere")

    responder = Responder.at(tmp_path / "now.triage")

    assert "nothing can be written beside now.triage" in str(responder.read_only)
    assert not (tmp_path / "elsewhere").exists()


def test_words_wait_while_another_program_reads_the_case(case: Path, responder: Responder) -> None:
    responder.note("patient")
    code = (
        f"import duckdb; database = duckdb.connect({str(case)!r}, read_only=True);"
        "print('open', flush=True); input()"
    )

    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        responder.close()
        waiting = beside(case)
        other.communicate("\n")
    Responder.at(case).close()

    assert waiting == ["now.triage", "now.triage.words"]
    assert beside(case) == ["now.triage"]
    assert [note.text for note in words_of(case).notes.values()] == ["patient"]


def test_a_rescan_keeps_words_and_ties_them_to_the_new_numbers(case: Path) -> None:
    responder = Responder.at(case)
    responder.note("about it", finding=finding(1))
    responder.note("", mark=True, path="kern.log", line=2, event_id=(1 << 40) + 1)
    responder.tick("gpu/xid-79", 1, "Look", finding=finding(1))
    responder.close()

    write(case, finding(1, "A kill", "oom_kill"), finding(2), first="app.log")

    with open_case(case) as opened:
        notes = opened.query("SELECT text, finding, event_id FROM notes ORDER BY 1").fetchall()
        steps = opened.query("SELECT step, finding FROM steps").fetchall()
    assert notes == [("", None, (2 << 40) + 1), ("about it", 2, None)]
    assert steps == [(1, 2)]


def test_a_copy_over_a_case_keeps_what_was_said_about_both(case: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(case, tmp_path / "other.triage"))
    for path, text in ((case, "new"), (other, "old")):
        responder = Responder.at(path)
        responder.note(text)
        responder.tick("gpu/xid-79", 1, "Look", result=text)
        responder.close()

    copy_case(case, other)
    copy_case(other, other)

    words = words_of(other)
    assert [note.text for note in words.notes.values()] == ["new", "old"]
    assert [tick.result for tick in words.ticks.values()] == ["old"]


def test_words_about_a_finding_that_is_gone_are_kept(case: Path) -> None:
    responder = Responder.at(case)
    responder.note("about it", finding=finding(1))
    responder.close()

    write(case, finding(1, "A kill", "oom_kill"))

    with open_case(case) as opened:
        rows = opened.query("SELECT text, finding, finding_id FROM notes").fetchall()
    assert rows == [("about it", None, "xid_79")]


def test_of_findings_of_one_signature_the_title_decides(case: Path) -> None:
    one, two = finding(1, "GPU 1 lost"), finding(2, "GPU 2 lost")
    write(case, one, two)
    responder = Responder.at(case)
    responder.note("about two", finding=two)
    responder.settle([finding(1, "GPU 2 lost"), finding(2, "GPU 1 lost")])
    settled = responder.notes[0].finding
    responder.close()

    assert settled == 1


def test_a_case_of_an_older_version_gets_the_columns_that_it_lacks(case: Path) -> None:
    with duckdb.connect(str(case)) as database:
        for table, column in (("notes", "mark"), ("notes", "path"), ("steps", "state")):
            database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        database.execute(
            "INSERT INTO steps (playbook, step, done_at) VALUES ('a/b', 1, make_timestamp_ns(5))"
        )

    responder = Responder.at(case)
    before = list(responder.ticks.values())
    responder.note("new", path="kern.log", line=1)
    responder.close()

    assert [(tick.playbook, tick.state, tick.done_at) for tick in before] == [("a/b", "done", 5)]
    words = words_of(case)
    assert [note.event_id for note in words.notes.values()] == [1 << 40]
    assert list(words.ticks) == [("a/b", 1, None)]


def test_a_commit_that_waits_beside_a_case_is_finished(case: Path) -> None:
    code = f"""
import duckdb
database = duckdb.connect({str(case)!r})
database.execute("INSERT INTO notes (note_id, noted_at, text) SELECT 1, make_timestamp_ns(5), 'w'")
{DIE}
"""
    in_another_process(code)
    waiting = beside(case)

    said = [note.text for note in words_of(case).notes.values()]

    assert waiting == ["now.triage", "now.triage.wal"]
    assert said == ["w"]
    assert beside(case) == ["now.triage"]


def test_hostile_words_stay_words(case: Path) -> None:
    text = "'); DROP TABLE notes; -- [/] \x1b[2J \u202e"
    responder = Responder.at(case)
    responder.note(text)
    responder.close()

    assert [note.text for note in words_of(case).notes.values()] == [text]
