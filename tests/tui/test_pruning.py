"""Kept cases go when they are old or too many, and words never go."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from triage.timeline.responder import Responder
from triage.tui import places, reader
from triage.tui.pruning import DAY_S, pruned, used


@pytest.fixture
def kept() -> Path:
    return places.state_folder() / places.CASES


def copied(case: Path, target: Path, days: float) -> Path:
    """The case, last opened so many days ago."""
    shutil.copy(case, target)
    moment = time.time() - days * DAY_S
    os.utime(target, (moment, moment))
    return target


def test_a_case_that_nobody_opened_for_long_goes(case: Path, kept: Path) -> None:
    old = copied(case, kept / "a-1.triage", 31)
    young = copied(case, kept / "b-1.triage", 29)
    places.keep_place(old, {"screen": "walk"})

    removed = pruned(kept / "c-1.triage")

    assert removed == [old]
    assert sorted(kept.iterdir()) == [young]
    assert places.place_of(old) == {}


def test_the_oldest_go_while_all_are_too_large(case: Path, kept: Path) -> None:
    paths = [copied(case, kept / f"{days}-1.triage", days) for days in (3, 2, 1)]
    size = case.stat().st_size

    removed = pruned(kept / "c-1.triage", most=2 * size)

    assert removed == paths[:1]


def test_the_case_that_is_read_now_stays(case: Path, kept: Path) -> None:
    now = copied(case, kept / "a-1.triage", 99)

    assert pruned(now, most=0) == []


@pytest.mark.parametrize("what", ["note", "mark", "tick"])
def test_a_case_that_holds_words_stays(case: Path, kept: Path, what: str) -> None:
    old = copied(case, kept / "a-1.triage", 99)
    responder = Responder.at(old)
    if what == "tick":
        responder.tick("memory/oom-kill", 1, "Read it")
    else:
        responder.note("drained", mark=what == "mark", event_id=1)
    responder.close()
    os.utime(old, (1, 1))

    assert pruned(kept / "c-1.triage", most=0) == []
    assert old.exists()


def test_words_that_wait_beside_a_case_keep_it(case: Path, kept: Path) -> None:
    old = kept / "a-1.triage"
    responder = Responder.at(old)
    responder.note("said before it was written")
    copied(case, old, 99)

    removed = pruned(kept / "c-1.triage", most=0)
    responder.close()

    assert removed == []


def test_a_case_that_another_has_open_stays(case: Path, kept: Path) -> None:
    old = copied(case, kept / "a-1.triage", 99)
    other = Responder.at(old)

    removed = pruned(kept / "c-1.triage", most=0)
    other.close()

    assert removed == []
    assert old.exists()


def test_what_is_no_case_of_ours_and_what_lies_elsewhere_stay(
    case: Path, kept: Path, tmp_path: Path
) -> None:
    odd = kept / "odd.triage"
    odd.write_text("no case")
    os.utime(odd, (1, 1))
    elsewhere = copied(case, tmp_path / "mine.triage", 99)
    link = kept / "link.triage"
    link.symlink_to(elsewhere)
    used(elsewhere)

    pruned(kept / "c-1.triage", most=0)

    assert odd.exists()
    assert link.is_symlink()
    assert elsewhere.exists()
    assert time.time() - elsewhere.stat().st_mtime > 98 * DAY_S


def test_a_paste_goes_after_its_case(case: Path, kept: Path) -> None:
    lonely, cited = kept / "paste-1.log", kept / "paste-2.log"
    for path in (lonely, cited):
        path.write_text("pasted\n")
        os.utime(path, (1, 1))
    copied(case, kept / "paste-2.log-9.triage", 1)

    removed = pruned(kept / "c-1.triage")

    assert removed == [lonely]
    assert cited.exists()


def test_a_session_tidies_and_its_own_case_counts_as_used(case: Path, kept: Path) -> None:
    old = copied(case, kept / "a-1.triage", 99)
    mine = copied(case, kept / "b-1.triage", 99)

    reader._tidied(mine)

    assert sorted(kept.iterdir()) == [mine]
    assert not old.exists()
    assert time.time() - mine.stat().st_mtime < DAY_S
