"""Lines that state an event: one sentence, its continuation, or the stream of JupyterHub's spawner.

The spawner prints the events of the one pod that it starts, and only the scheduler's line names it:
the other lines of the same stream are about that pod, in that namespace, on that node.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Event, Fields, Line, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.k8s_event_free import CONTINUATION, Free, free_event
from triage_parsers.k8s_text import object_fields, views

KIND = "k8s.event"
_TYPED = compiled(r"\[(?:Normal|Warning)\] ")
"""The type of an event, which a wrapper takes for a level."""
_SPAWNED = compiled(r"^\s*(?:[\dT:.+-]+Z?\s+)?\[(?:Normal|Warning)\]\s")
_CARRIED = ("object_kind", "object", "pod", "namespace", "node")


def said(lines: Sequence[Line], hit: int, floor: int) -> tuple[list[Event], int]:
    """The events that line `hit` states, or is part of a stream of, and where they end."""
    if _is_spawned(lines[hit]):
        return _stream(lines, hit, floor)
    event, end = _one(lines, hit)
    return ([] if event is None else [event]), end


def event_of(lines: Sequence[Line], fields: Fields, message: str, stamp: Stamp | None) -> Event:
    """An event whose own message and time beat those of its lines."""
    event = make_event(KIND, lines, fields)
    if message:
        event.message = message
    if stamp is not None:
        event.stamp = stamp
    return event


def _one(lines: Sequence[Line], at: int) -> tuple[Event | None, int]:
    """The event that the line states, and where its last sentence ends."""
    texts = views(lines[at])
    for text in reversed(texts) if "]" in texts[-1] and _TYPED.search(texts[-1]) else texts:
        free = free_event(text)
        if free is None:
            continue
        end = at + 1
        while end < len(lines) and CONTINUATION.match(lines[end].body) is not None:
            end += 1
        if end > at + 1:
            free = _longer(free, lines[at + 1 : end])
        return event_of(lines[at:end], free.fields, free.message, free.stamp), end
    return None, at


def _longer(free: Free, more: Sequence[Line]) -> Free:
    text = " ".join([free.message.strip(), *(line.body.strip() for line in more)])
    again = free_event(text)
    fields = {**again.fields, **free.fields} if again is not None else free.fields
    return Free(text, fields, free.stamp)


def _is_spawned(line: Line) -> bool:
    return "] " in line.text and _SPAWNED.match(line.text) is not None


def _stream(lines: Sequence[Line], hit: int, floor: int) -> tuple[list[Event], int]:
    """The consecutive lines of a spawner round the hit."""
    start = hit
    while start > floor and _is_spawned(lines[start - 1]):
        start -= 1
    events: list[Event] = []
    at = start
    while at < len(lines) and (at == hit or _is_spawned(lines[at])):
        event, end = _one(lines, at)
        if event is None:
            at += 1
            continue
        events.append(event)
        at = end
    _carry(events)
    return events, max(at, hit + 1)


def _carry(events: Sequence[Event]) -> None:
    """Each line is about the pod that was scheduled last, the first ones about the first pod."""
    subject: Fields = {}
    waiting: list[Event] = []
    for event in events:
        pod = event.fields.get("pod")
        if isinstance(pod, str) and "uccessfully assigned" in event.message:
            node = event.fields.get("node")
            subject = {**object_fields("pod", pod, str(event.fields.get("namespace", "")))}
            if node is not None:
                subject["node"] = node
            for early in waiting:
                _about(early, {k: v for k, v in subject.items() if k != "node"})
            waiting = []
        if subject:
            _about(event, subject)
        else:
            waiting.append(event)


def _about(event: Event, subject: Fields) -> None:
    """An event that names another pod itself keeps it."""
    if event.fields.get("pod", subject.get("pod")) != subject.get("pod"):
        return
    for key in _CARRIED:
        if key in subject:
            event.fields.setdefault(key, subject[key])
