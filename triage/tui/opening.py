"""From a path to a session, in a thread that only tells: the app changes the screen.

A bundle is read by a process (`reader`), a case is opened here; what comes out is the same.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from triage.answer import Answer
from triage.errors import CaseError
from triage.timeline.responder import Responder
from triage.tui import reader, views

if TYPE_CHECKING:  # DuckDB is loaded by the thread that opens a case, after the first paint
    from triage.timeline.query import OpenCase


class Progressed(Message):
    """The reading came further."""

    def __init__(self, what: str, name: str, done: int, total: int | None) -> None:
        self.what = what
        self.name = name
        self.done = done
        self.total = total
        super().__init__()


class Answered(Message):
    """The verdict stands."""

    def __init__(self, answer: Answer, responder: Responder) -> None:
        self.answer = answer
        self.responder = responder
        super().__init__()


class Ready(Message):
    """The case is open."""

    def __init__(self, case: OpenCase) -> None:
        self.case = case
        super().__init__()


class Failed(Message):
    """There will be no answer; or, after one, no timeline."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__()


Tell = Callable[[Message], object]


def open_finished(path: Path, tell: Tell) -> None:
    """A case that was written before."""
    from triage.timeline.query import open_case  # noqa: PLC0415  loads DuckDB

    try:
        responder = Responder.at(path)
        case = open_case(path)
        answer = case.answer()
    except CaseError as error:
        tell(Failed(str(error)))
        return
    tell(Answered(answer, responder))
    views.preload()
    tell(Ready(case))


def follow(process: subprocess.Popen[bytes], path: Path, tell: Tell) -> None:
    """What the reading process tells, and the case that it writes at the path."""
    try:
        responder = Responder.at(path)
    except CaseError as error:
        responder = Responder.mute(path, str(error))
    last: reader.Message | None = None
    assert process.stdout is not None
    with process.stdout as stream:
        for last in reader.messages(stream):
            _pass_on(last, path, responder, tell)
    if not isinstance(last, reader.Written | reader.Failed):
        tell(Failed(f"the reading process ended early (status {process.wait()})"))


def _pass_on(message: reader.Message, path: Path, responder: Responder, tell: Tell) -> None:
    match message:
        case reader.Read(name=name, done=done):
            tell(Progressed("reading", name, done, None))
        case reader.Writing(done=done, total=total):
            tell(Progressed("writing", "", done, total))
        case reader.Answered(answer=answer):
            responder.settle(answer.findings)
            tell(Answered(answer, responder))
            views.preload()
        case reader.Written():
            _open_written(path, responder, tell)
        case reader.Failed(why=why):
            tell(Failed(why))


def _open_written(path: Path, responder: Responder, tell: Tell) -> None:
    from triage.timeline.query import open_case  # noqa: PLC0415  loads DuckDB

    responder.fold()
    try:
        tell(Ready(open_case(path)))
    except CaseError as error:
        tell(Failed(str(error)))
