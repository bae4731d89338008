"""A question to a case can be called off at any moment, and a case can be closed while one runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage.errors import CaseError
from triage.testing import plain_answer, plain_event
from triage.timeline.asking import Question
from triage.timeline.query import OpenCase, open_case
from triage.timeline.writer import write_case

ENDLESS = "SELECT count(*) FROM range(9999999) a, range(9999999) b WHERE a.range * b.range % 7 = 3"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[OpenCase]:
    events = [plain_event(line, f"said {line}", None) for line in range(1, 8)]
    write_case(tmp_path / "x.triage", plain_answer(), lambda to: to.add_events(1, events))
    with open_case(tmp_path / "x.triage") as opened:
        yield opened


def started(question: Question) -> tuple[threading.Thread, list[str]]:
    """The question runs in a thread; what it failed with."""
    failed: list[str] = []

    def run() -> None:
        try:
            question.answer(10)
        except CaseError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


def test_rows_come_as_text_and_a_cut_is_told(case: OpenCase) -> None:
    table = Question(case, "SELECT line, message FROM events ORDER BY line").answer(3)

    assert table.names == ["line", "message"]
    assert table.rows == [["1", "said 1"], ["2", "said 2"], ["3", "said 3"]]
    assert table.cut
    assert not Question(case, "SELECT 1 LIMIT 7").answer(7).cut


def test_what_runs_is_called_off(case: OpenCase) -> None:
    question = Question(case, ENDLESS)
    thread, failed = started(question)

    question.call_off()
    thread.join(30)

    assert not thread.is_alive()
    assert failed == ["called off"]


def test_what_is_called_off_before_it_runs_ends_too(case: OpenCase) -> None:
    question = Question(case, ENDLESS)
    question.call_off()

    thread, failed = started(question)
    thread.join(30)

    assert not thread.is_alive()
    assert failed == ["called off"]


def test_a_case_is_closed_once_what_runs_has_ended(case: OpenCase) -> None:
    question = Question(case, ENDLESS)
    thread, _ = started(question)
    question.call_off()

    case.close()
    thread.join(30)

    assert not thread.is_alive()
    with pytest.raises(CaseError):
        case.rows("SELECT 1")


def test_what_is_no_select_is_refused_and_leaves_nothing_running(case: OpenCase) -> None:
    with pytest.raises(CaseError, match="sealed and read-only"):
        Question(case, "DELETE FROM events").answer(1)
    with pytest.raises(CaseError, match="nothing"):
        Question(case, "SELECT nothing FROM events").answer(1)
