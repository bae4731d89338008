"""Event tables with columns of the user's own (`kubectl get events -o custom-columns=…`).

Only the header says what stands where: cells are cut at the offsets of the header's names, moved to
the nearest gap of two blanks, because a long cell pushes its row to the right.
"""

from __future__ import annotations

from dataclasses import dataclass

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.k8s_container import number
from triage_parsers.k8s_event_message import container_of, message_fields
from triage_parsers.k8s_event_rows import Row, object_of_event, source_fields, time_fields
from triage_parsers.k8s_text import kind_word, object_fields

_CELL = compiled(r"\S+(?: \S+)*")
_NAMES = {
    "lastseen": "last", "last": "last", "lasttimestamp": "last", "time": "last",
    "timestamp": "last", "eventtime": "last", "created": "first", "creationtimestamp": "first",
    "age": "last", "firstseen": "first", "first": "first", "firsttimestamp": "first",
    "count": "count", "type": "type", "reason": "reason", "object": "object", "name": "name",
    "kind": "kind", "involvedobject": "object", "subobject": "subobject",
    "subobjectpath": "subobject", "source": "source", "from": "source", "component": "source",
    "node": "node", "host": "node", "pod": "pod", "message": "message", "note": "message",
    "namespace": "namespace", "ns": "namespace", "event": "verb",
}  # fmt: skip
"""Column names without blanks, dots and case, and what they hold."""
_OF_OBJECT = frozenset({"kind", "name", "namespace", "node", "host", "component"})
"""Last words of a path into the event that may stand for a column: `OBJ.KIND`, `SOURCE.HOST`."""
POD_REASONS = frozenset(
    {"Scheduled", "FailedScheduling", "Pulling", "Pulled", "Created", "Started", "BackOff",
     "Unhealthy", "Killing", "Evicted", "FailedMount", "FailedAttachVolume", "SandboxChanged",
     "FailedCreatePodSandBox", "FailedKillPod", "Preempted", "Preempting", "ExceededGracePeriod",
     "FailedPostStartHook", "FailedPreStopHook", "ErrImageNeverPull", "InspectFailed",
     "UnexpectedAdmissionError", "TaintManagerEviction"}
)  # fmt: skip
"""Reasons that only pods have: they tell the kind where no column does."""
MIN_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a header."""

    name: str
    start: int


def columns_of(header: str) -> tuple[Column, ...]:
    """The columns of an event table's header; empty for any other line."""
    if "eason" not in header and "REASON" not in header:
        return ()
    columns: list[Column] = []
    for cell in _CELL.finditer(header):
        name = _column(cell.group() or "")
        if name is None:
            return ()
        columns.append(Column(name, cell.start()))
    names = {column.name for column in columns}
    complete = {"reason", "message"} <= names and len(columns) >= MIN_COLUMNS
    return tuple(columns) if complete else ()


def _column(header: str) -> str | None:
    """What a column of this name holds."""
    words = header.lower().replace("_", ".").split(".")
    last = words[-1].strip()
    whole = _NAMES.get("".join(c for c in header.lower() if c.isalpha()))
    return whole or (_NAMES[last] if len(words) > 1 and last in _OF_OBJECT else None)


def custom_row(columns: tuple[Column, ...], text: str) -> Row | None:
    """The row under these columns, or None when the line does not stand under them."""
    cells = _cells(columns, text)
    reason = cells.get("reason", "")
    if not reason or not reason[0].isalpha() or " " in reason or not cells.get("message"):
        return None
    if cells.get("type", "Normal") not in ("Normal", "Warning"):
        return None
    kind, name = cells.get("kind", ""), cells.get("name", "")
    if "object" in cells:
        kind_part, slash, rest = cells["object"].rpartition("/")
        kind, name = (kind or kind_part, rest) if slash else (kind, name or rest)
    if "pod" in cells:
        kind, name = "pod", cells["pod"]
    elif name and not kind and reason in POD_REASONS:
        kind = "pod"
    fields: Fields = object_fields(kind, object_of_event(name), cells.get("namespace", ""))
    if not kind_word(kind):
        fields.pop("object_kind", None)
    for key in ("type", "reason", "node"):
        fields[key] = cells.get(key) or fields.get(key)
    fields["count"] = number(cells.get("count", ""))
    fields.update(source_fields(cells.get("source", "")))
    fields["container"] = container_of(cells.get("subobject", "")) or None
    last = cells.get("last", "")
    fields.update(time_fields(last, cells.get("first", ""), ""))
    message = cells["message"]
    for key, value in message_fields(message).items():
        if not fields.get(key):
            fields[key] = value
    kept: Fields = {k: v for k, v in fields.items() if v not in (None, "", "<none>", "<nil>")}
    return Row("get", message, kept, last)


def _cells(columns: tuple[Column, ...], text: str) -> dict[str, str]:
    """Cells by column name; the last column takes the rest of the line."""
    cells: dict[str, str] = {}
    pieces = [(m.start(), m.group() or "") for m in compiled(r"\S+(?: \S+)*").finditer(text)]
    if len(pieces) == len(columns):
        return {c.name: piece for c, (_, piece) in zip(columns, pieces, strict=True)}
    for index, column in enumerate(columns):
        end = columns[index + 1].start if index + 1 < len(columns) else len(text)
        if column.name == "message" and index + 1 == len(columns):
            end = len(text)
        cell = text[column.start : end].strip()
        if cell:
            cells[column.name] = cell
    return cells
