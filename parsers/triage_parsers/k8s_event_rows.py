"""One row of an event table: every column set that kubectl has printed since 2015.

| command | columns |
|---|---|
| `get events` since 1.14, `kubectl events` | LAST SEEN, TYPE, REASON, OBJECT, MESSAGE |
| `get events` 1.13 | the same, the kind alone in place of the object |
| `get events -o wide` | … OBJECT, SUBOBJECT, SOURCE, MESSAGE, FIRST SEEN, COUNT, NAME |
| `get events` until 1.12 | LAST SEEN, FIRST SEEN, COUNT, NAME, KIND, SUBOBJECT, TYPE, REASON, … |
| `describe` | Type, Reason, Age, From, Message |
| `describe` until 1.6 | FirstSeen, LastSeen, Count, From, SubObjectPath, Type, Reason, Message |

Both `get events` forms may open with NAMESPACE. The forms of 2015 have no TYPE, reasons in lower
case and RFC 1123 stamps with blanks and commas in place of ages. `--output-watch-events` puts the
verb of the watch first; a CI log puts its own stamp before the rows of a `describe`. Columns are
recognized by what stands in them and not by their offsets: rows arrive flattened, quoted and
without a header.
Sources: kubectl `pkg/describe`, `pkg/cmd/events`, kubernetes `pkg/printers`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from triage.events import Fields
from triage.patterns import Match, compiled
from triage_parsers.k8s_event_message import container_of, message_fields, without_subobject
from triage_parsers.k8s_text import (
    DNS_LABEL,
    DURATION,
    NO_TIME,
    RFC1123,
    RFC3339,
    object_fields,
    seconds_of,
    stamp_of,
)

TIME = rf"(?:{DURATION}|{NO_TIME}|{RFC3339}|{RFC1123})"
REPEAT = r"(?: *\((?P<repeat>x\d+ [^)]*)\))?"
TYPE = r"(?P<type>Normal|Warning)"
VERB = r"(?:(?:ADDED|MODIFIED|DELETED)\s+)?"
REASON = r"(?P<reason>[A-Za-z]\w*)"
SOURCE = r"(?P<source>\{[^}]*\}|[\w./-]+(?:, ?[\w.:/-]+)?)"
SUBOBJECT = r"(?:(?P<subobject>spec\.\w+\{[^}]*\}|implicitly required container POD)\s+)?"
KIND_ONLY = r"[A-Z][a-z]+(?:Set|Job|Claim|Volume|Autoscaler|Budget|Map|Account|Slice|Class|Policy)?"

_START = compiled(
    rf"^\s*{VERB}(?:(?:{DNS_LABEL}\s+)?{TIME}(?: *\(x\d+ [^)]*\))?\s+)?"
    r"(?:Normal|Warning)\s+[A-Za-z]\w*(?:\s|$)"
)
_START_OLD = compiled(rf"^\s*(?:{DNS_LABEL}\s+)?{TIME}\s+{TIME}\s+\d+\s+\S")
_GET = compiled(
    rf"^\s*{VERB}(?:(?P<namespace>{DNS_LABEL})\s+)?(?P<last>{TIME}){REPEAT}\s+{TYPE}\s+{REASON}\s+"
    rf"(?P<object>[A-Za-z][\w.]*/[^\s/]+|{KIND_ONLY})(?:\s+(?P<message>.*))?$"
)
_WIDE = compiled(
    rf"^(?P<message>.*?)\s{{2,}}(?P<first>{TIME})\s{{2,}}(?P<count>\d+)\s{{2,}}\S+\.[0-9a-f]{{8,}}\s*$"
)
_WIDE_SOURCE = compiled(
    rf"^{SUBOBJECT}(?P<source>[\w./-]+(?:, ?[\w.:-]+)?)\s{{2,}}(?P<message>.*)$"
)
_DESCRIBE = compiled(
    rf"^\s*(?:{RFC3339}\s+)?{TYPE}\s+{REASON}\s+(?P<last>{TIME}){REPEAT}\s+{SOURCE}"
    r"(?:\s+(?P<message>.*))?$"
)
_DESCRIBE_NO_AGE = compiled(
    rf"^\s*{TYPE}\s+{REASON}\s+(?P<source>kubelet|[a-z][\w.-]*-(?:scheduler|controller(?:-manager)?|"
    r"autoscaler|operator|manager|detector|monitor|plugin|provisioner|attacher|resizer)"
    r"(?:, ?[\w.:-]+)?)\s+(?P<message>\S.*)$"
)
_OLD = compiled(
    rf"^\s*(?:(?P<namespace>{DNS_LABEL})\s+)?(?P<one>{TIME})\s+(?P<two>{TIME})\s+(?P<count>\d+)\s+"
    r"(?P<rest>\S.*)$"
)
_OLD_DESCRIBE = compiled(rf"^{SOURCE}\s+{SUBOBJECT}{TYPE}\s+{REASON}\s+(?P<message>.*)$")
_OLD_DESCRIBE_2015 = compiled(
    rf"^(?P<source>\{{[^}}]*\}})\s+{SUBOBJECT}{REASON}\s+(?P<message>.*)$"
)
_OLD_GET = compiled(
    rf"^(?P<name>\S+)\s+(?P<kind>[A-Z][A-Za-z]+)\s+{SUBOBJECT}(?:{TYPE}\s+)?{REASON}\s+{SOURCE}\s+"
    r"(?P<message>.*)$"
)
_REPEAT_PARTS = compiled(r"^x(\d+) (?:over|starting) (.*?)(?: ago)?$")
_SOURCE_PARTS = compiled(r"^\{?([^\s,{}]*)[\s,]*([^\s}]*)\s*\}?$")
_EVENT_NAME = compiled(r"^(.*)\.[0-9a-f]{14,16}$")

_MAY_BE_OLD = compiled(r"^\s*(?:[a-z0-9-]+\s+)?(?:\d|<|[MTWFS][a-z]{2},)")

MAX_HEAD = 400
"""Characters within which a row shows its type, or its two times and its count."""
MAX_ROW = 32_768
"""Characters of one row, its continuation lines included."""


@dataclass(slots=True)
class Row:
    """One row as it was read, not yet an event."""

    layout: str
    """`get`, `describe`: a `describe` block is about one object, which its rows do not name."""
    message: str
    fields: Fields = field(default_factory=dict)
    last: str = ""
    """Last seen, as written: an age or a stamp."""


@lru_cache(maxsize=256)  # asked for a line, and again as the line that follows another
def is_row_start(text: str) -> bool:
    """The text opens as a row of an event table does, whether or not it is complete."""
    head = text[:MAX_HEAD]
    if ("Normal" in head or "Warning" in head) and _START.match(head) is not None:
        return True
    return _MAY_BE_OLD.match(head) is not None and _START_OLD.match(head) is not None


def row_of(text: str) -> Row | None:
    """The row that the whole text is, or None."""
    text = text[:MAX_ROW].rstrip()
    found = _GET.match(text)
    if found is not None:
        return _get_row(found)
    found = _DESCRIBE.match(text)
    if found is not None:
        return _described_row(found)
    found = _DESCRIBE_NO_AGE.match(text)
    if found is not None:
        return _finish("describe", found.groupdict(), {}, found.group("message") or "")
    found = _OLD.match(text)
    return _old_row(found) if found is not None else None


def _get_row(found: Match) -> Row:
    groups = found.groupdict()
    kind, _, name = (groups["object"] or "").partition("/")
    message = groups["message"] or ""
    wide = _WIDE.match(message)
    if wide is not None:
        message = wide.group("message") or ""
        groups.update(first=wide.group("first"), count=wide.group("count"))
        source = _WIDE_SOURCE.match(message)
        if source is not None:
            groups.update(source=source.group("source"), subobject=source.group("subobject"))
            message = source.group("message") or ""
    return _finish("get", groups, object_fields(kind, name, groups["namespace"] or ""), message)


def _described_row(found: Match) -> Row:
    groups = found.groupdict()
    message = groups["message"] or ""
    source = groups["source"] or ""
    text = found.group() or ""
    start = found.start(_DESCRIBE.groupindex["source"])
    before, after = text[:start], text[start + len(source) :]
    if source[:1].isupper() and before.endswith("  ") and after and not after.startswith("  "):
        message, groups["source"] = text[start:], None  # no From: it was the message's first word
    return _finish("describe", groups, {}, message)


def _old_row(found: Match) -> Row | None:
    groups = found.groupdict()
    rest = groups["rest"] or ""
    groups["first"], groups["last"] = _first_last(groups["one"] or "", groups["two"] or "")
    inner = _OLD_DESCRIBE.match(rest) or _OLD_DESCRIBE_2015.match(rest)
    if inner is not None:
        groups.update(inner.groupdict())
        return _finish("describe", groups, {}, groups["message"] or "")
    inner = _OLD_GET.match(rest)
    if inner is None:
        return None
    groups.update(inner.groupdict())
    name = object_of_event(groups["name"] or "")
    fields = object_fields(groups["kind"] or "", name, groups["namespace"] or "")
    return _finish("get", groups, fields, groups["message"] or "")


def object_of_event(name: str) -> str:
    """An event is named `<object>.<16 hex digits>`; any other name is the object's own."""
    found = _EVENT_NAME.match(name)
    return (found.group(1) or name) if found is not None else name


def _first_last(one: str, two: str) -> tuple[str, str]:
    """Ages came as first and last until 1.5, then the other way round; stamps as first, last."""
    ages = seconds_of(one), seconds_of(two)
    if ages[0] is not None and ages[1] is not None and ages[0] < ages[1]:
        return two, one
    return one, two


def _finish(layout: str, groups: dict[str, str | None], fields: Fields, message: str) -> Row:
    message, about = without_subobject(message.strip())
    fields.update(about)
    fields["type"] = groups.get("type")
    fields["reason"] = groups.get("reason")
    container = container_of(groups.get("subobject") or "")
    if container:
        fields["container"] = container
    fields.update(source_fields(groups.get("source") or ""))
    last = groups.get("last") or ""
    fields.update(time_fields(last, groups.get("first") or "", groups.get("repeat") or ""))
    if groups.get("count"):
        fields["count"] = groups["count"]
    for key, value in message_fields(message).items():
        fields.setdefault(key, value)
    kept: Fields = {key: value for key, value in fields.items() if value not in (None, "")}
    return Row(layout, message, kept, last)


def source_fields(text: str) -> Fields:
    """Component and node out of `kubelet, node-1`, `{kubelet node-1}` or `kubelet`."""
    found = _SOURCE_PARTS.match(text.strip())
    if found is None:
        return {}
    component, node = found.group(1), found.group(2)
    fields: Fields = {}
    if component:
        fields["component"] = component
    if node and node != component and not node.startswith(f"{component}-"):
        fields["node"] = node  # the scheduler gives itself as its own host
    return fields


def time_fields(last: str, first: str, repeat: str) -> Fields:
    """Ages and stamps: `age`, `age_s`, `first_age`, `last_seen`, `first_seen`, and `count`."""
    fields: Fields = {}
    parts = _REPEAT_PARTS.match(repeat)
    if parts is not None:
        fields["count"] = parts.group(1)
        first = first or parts.group(2) or ""
    for key, text in (("last", last), ("first", first)):
        seconds = seconds_of(text)
        if seconds is not None:
            fields["age" if key == "last" else "first_age"] = text
            fields["age_s" if key == "last" else "first_age_s"] = int(seconds)
        elif stamp_of(text) is not None:
            fields[f"{key}_seen"] = text
    return fields
