"""Clocks that disagree: found where two files tell of one moment, or said by the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.answer import Answer, Finding
from triage.errors import UsageError
from triage.scanner import Options, scan_paths, scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
KILLED = (
    "Out of memory: Killed process 7741 (featurizer) total-vm:90210044kB, anon-rss:61220012kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:120044kB oom_score_adj:0"
)


def kern(minute: str, body: str = KILLED) -> str:
    return f"2025-09-03T04:{minute}+00:00 trn-02 kernel: {body}\n"


def quiet(minute: str) -> str:
    return f"2025-09-03T04:{minute}+00:00 trn-02 systemd[1]: Started Session 9 of user root.\n"


def worker(minute: str) -> str:
    return (
        f"2025-09-03T04:{minute}+00:00 trn-02 gunicorn[12]: [ERROR] Worker (pid:7741) was sent "
        "SIGKILL! Perhaps out of memory?\n"
    )


def scan(files: dict[str, str]) -> Answer:
    return scan_texts(files, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


TWO_CLOCKS = {
    "kern.log": kern("10:30.000000") + quiet("13:00.000000"),
    "journal.txt": kern("09:00.100000") + worker("09:00.300000") + quiet("12:00.000000"),
}


def test_one_kill_that_two_files_date_differently_shows_how_far_their_clocks_stand_apart() -> None:
    answer = scan(TWO_CLOCKS)

    assert [(abs(one.seconds), set(one.evidence)) for one in answer.clocks] == [
        (89.9, {"kern.log:1", "journal.txt:1"})
    ]


def test_one_kill_on_two_clocks_is_counted_once() -> None:
    answer = scan(TWO_CLOCKS)

    assert finding(answer, "oom_kill").count == 1


def test_joins_use_the_aligned_clock() -> None:
    answer = scan(TWO_CLOCKS)

    (link,) = finding(answer, "worker_sigkill").explained_by
    assert link.id == "oom_kill"
    assert link.seconds == pytest.approx(0.2)


def test_times_are_shown_as_they_are_written() -> None:
    answer = scan(TWO_CLOCKS)

    times = {one.source: one.time for one in finding(answer, "oom_kill").evidence}
    assert times["kern.log"] == "2025-09-03T04:10:30.000000Z"
    assert times["journal.txt"] == "2025-09-03T04:09:00.100000Z"


def test_clocks_that_agree_within_seconds_need_no_word() -> None:
    answer = scan({"kern.log": kern("10:30.000000"), "journal.txt": kern("10:31.200000")})

    assert answer.clocks == []


def test_a_log_and_the_next_of_its_rotation_tell_of_different_events() -> None:
    xid = "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus."
    answer = scan(
        {
            "messages": kern("50:00.000000", xid) + quiet("55:00.000000"),
            "messages-1": kern("10:00.000000", xid) + quiet("15:00.000000"),
        }
    )

    assert answer.clocks == []


def test_the_user_may_say_how_far_a_clock_was_off(tmp_path: Path) -> None:
    for name, text in TWO_CLOCKS.items():
        (tmp_path / name).write_text(text)

    answer = scan_paths([tmp_path], Options(corrections=("journal*=+1m29.9s",))).answer

    assert answer.clocks == []
    kill = finding(answer, "oom_kill")
    assert kill.first_seen == kill.last_seen == "2025-09-03T04:10:30.000000Z"


@pytest.mark.parametrize("text", ["journal.txt", "journal.txt=3s", "=+3s", "a=+3 parsecs"])
def test_what_corrects_no_clock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.log").write_text("nothing\n")

    with pytest.raises(UsageError, match="corrects no clock"):
        scan_paths([tmp_path], Options(corrections=(text,)))


def test_one_process_on_clocks_that_nothing_aligns_is_linked_all_the_same() -> None:
    answer = scan({"kern.log": kern("10:30.000000"), "web.log": worker("09:10.000000")})

    (link,) = finding(answer, "worker_sigkill").explained_by
    assert link.id == "oom_kill"
    assert "stamped 80 s earlier, by another clock" in link.why


def test_three_minutes_are_the_most_that_two_clocks_may_differ_unnoticed() -> None:
    answer = scan({"kern.log": kern("10:30.000000"), "web.log": worker("05:10.000000")})

    assert finding(answer, "worker_sigkill").explained_by == []
