"""What people did and noted, by role; and what is left to ask them."""

from __future__ import annotations

from triage.report.draft import Draft
from triage.report.model import Entry, Lesson, Response, Todo
from triage.report.timeline import in_order, moment_of, refs_of_words
from triage.report.wording import iso_of
from triage.timeline.words import Note, Tick

QUESTIONS = (
    "What went well, that we want to keep?",
    "What made this harder than it had to be: missing signals, access, knowledge, tools?",
    "Where were we lucky?",
    "What surprised us, and what did we believe at the time that made our actions sensible?",
    "Where else does the same hazard stand?",
)


def response(draft: Draft) -> Response:
    """Notes, marks and steps in order of time. Who said them is told by number alone."""
    words = in_order([*draft.words.notes.values(), *draft.words.ticks.values()])
    roles: dict[str, str] = {}
    for word in words:
        roles.setdefault(word.author, f"responder {len(roles) + 1}")
    refs = refs_of_words(draft)
    entries = [_entry(word, ref, roles) for word, ref in zip(words, refs, strict=True)]
    todos = [
        Todo("responder", "what was tried and in which order, with times (UTC)"),
        Todo("responder", "what ended the impact, and how that was seen"),
    ]
    return Response(entries, todos)


def _entry(word: Note | Tick, ref: str, roles: dict[str, str]) -> Entry:
    by, time = roles[word.author], iso_of(moment_of(word))
    if isinstance(word, Tick):
        return Entry(
            ref=ref, time=time, sort=word.state, by=by, text=word.say, result=word.result,
            about=word.finding_id, playbook=word.playbook,
        )  # fmt: skip
    place = f"{word.path}:{word.line}" if word.path else word.finding_id
    return Entry(
        ref=ref, time=time, sort="mark" if word.mark else "note", by=by,
        text=word.text or "Marked this place", result=None, about=place, playbook=None,
    )  # fmt: skip


def lessons() -> list[Lesson]:
    """Questions for the review; a tool cannot answer them."""
    return [Lesson(question, Todo("review", "answer together")) for question in QUESTIONS]
