"""Kubernetes objects as JSON or YAML: events, pods, nodes, jobs, whole, listed, framed or cut.

`kubectl get … -o json|yaml`, `List` and `PodList`, watch frames (`{"type":"ADDED","object":{…}}`,
whose type is the verb), what collectors and exporters write (`{"verb":…,"event":{…}}`), one object
a line or one over a thousand lines, `status` blocks alone, the API client's notation of Python, and
`docker inspect`. The lines round a hit that can be JSON or YAML are read by readers that refuse
nothing (`k8s_tree`, `k8s_yaml`); what is found in the tree becomes events of the same kinds that
tables and describes give, each with the lines that it stands on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from triage.events import Context, Event, Fields, Line, Parser, Stamp, make_event
from triage.patterns import compiled
from triage_parsers import k8s_object_fields as of
from triage_parsers.k8s_container import KIND as CONTAINER
from triage_parsers.k8s_container import Container, container_fields
from triage_parsers.k8s_kernel import KERNEL_KINDS, kernel_events, quoted
from triage_parsers.k8s_object_fields import inner, text
from triage_parsers.k8s_object_samples import SAMPLES
from triage_parsers.k8s_text import stamp_of
from triage_parsers.k8s_tree import Mapping, loose_json, whole_json
from triage_parsers.k8s_yaml import is_yaml_line, loose_yaml

EVENT = "k8s.event"
POD = "k8s.pod"
NODE = "k8s.node"
JOB = "k8s.job"
LIST = "k8s.list"
"""A list or a watch frame that holds objects: it stands on its lines and says how many."""
_REFERENCE_KEYS = frozenset(
    {"apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid"}
)
_LIST_KEYS = frozenset({"apiVersion", "items", "kind", "metadata"})
_VERBS = frozenset({"ADDED", "MODIFIED", "DELETED", "UPDATED", "BOOKMARK"})

_JSON_LINE = compiled(
    r"^\s*(?:[\]}\[{]|[\"'][^\"']*[\"']\s*[:,\]}]|[\"'][^\"']*[\"']\s*$|-?\d|true|false|null|None|[\"'])"
)
_JSON_STARTS = frozenset("{}[]\"'")
"""A line that begins so fits `_JSON_LINE`."""
_JSON_KEY = compiled(r"[\"'](?:\w+)[\"']\s*:")
_PAIR_LINE = compiled(r"^\s*[\"']\w+[\"']\s*:")
_YAML_KEY = compiled(r"^\s*(?:- )*(?:[\[{]\s*)*[a-z][A-Za-z]+:(?:\s|$)")
_ONE_LINE = compiled(r"^\s*[\[{].*[\]}],?\s*$")
MAX_ODD = 2
"""Lines in a row that are no JSON by their looks: the rest of a wrapped text."""
MAX_DEPTH = 40
MAX_OBJECTS = 20_000
"""Objects of one document; a tree with more is an attack or a dump of a whole cloud."""
EXCERPT = 6_000
"""Characters of evidence from a line that holds a whole document."""
LITERALS = (
    "containerStatuses", "ContainerStatuses", "container_statuses", "lastState", "last_state",
    "restartCount", "restart_count", "exitCode", "exit_code", "involvedObject",
    "involved_object", "regarding", "lastTimestamp", "firstTimestamp", "last_timestamp",
    "eventTime", "deprecatedLast", "nodeInfo", "lastHeartbeatTime", "backoffLimit", "OOMKilled",
    "unschedulable", "allocatable", "qosClass", "podIP", "PodScheduled", "Evicted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """The window, and the lines of what is being read."""

    lines: Sequence[Line]
    first: int
    last: int


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The objects in the document, or the piece of one, round each hit."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        one = _one_line(lines[hit], hit)
        if one is not None:
            yield from _walk([one], _Place(lines, hit, hit))
            done = hit + 1
            continue
        for is_ours, is_part, read in _NOTATIONS:
            source = next((s for s in _SOURCES if is_ours(s(lines[hit]))), None)
            if source is None:
                continue
            start, end = _region(lines, hit, done, source, is_part)
            roots = _rejoined(read([source(line) for line in lines[start:end]], start))
            yield from _walk(roots, _Place(lines, start, end - 1))
            done = end
            break


_SOURCES: tuple[Callable[[Line], str], ...] = (lambda line: line.text, lambda line: line.body)
"""A document's own lines are left as they are; a wrapped one is read by its bodies."""


def _one_line(line: Line, index: int) -> object | None:
    """The JSON value that stands whole on this line, after whatever comes before it."""
    for source in _SOURCES:
        told = source(line)
        start = told.find("{")
        if start < 0 or "}" not in told[start:] or _PAIR_LINE.match(told) is not None:
            continue
        value = whole_json(told, start)
        if isinstance(value, dict) and value:
            return value
        if value is None and _ONE_LINE.match(told) is not None:
            return next(iter(loose_json([told], index)), None)
        if value is None and told.count('":') + told.count("':") > MAX_ODD:
            return next(iter(loose_json([told[start:]], index)), None)
    return None


def _is_json(told: str) -> bool:
    return _JSON_KEY.search(told) is not None and _JSON_LINE.match(told) is not None


def _is_json_part(told: str) -> bool:
    # the rest of the pattern is for what stands alone on its line: numbers and words
    return told.lstrip(" \t")[:1] in _JSON_STARTS or _JSON_LINE.match(told) is not None


def _is_yaml(told: str) -> bool:
    return _YAML_KEY.match(told) is not None


_NOTATIONS = (
    (_is_json, _is_json_part, loose_json),
    (_is_yaml, is_yaml_line, loose_yaml),
)


def _region(
    lines: Sequence[Line],
    hit: int,
    floor: int,
    source: Callable[[Line], str],
    is_part: Callable[[str], bool],
) -> tuple[int, int]:
    start = _edge(lines, range(hit - 1, floor - 1, -1), source, is_part, hit)
    end = _edge(lines, range(hit + 1, len(lines)), source, is_part, hit)
    return start, end + 1


def _edge(
    lines: Sequence[Line],
    way: range,
    source: Callable[[Line], str],
    is_part: Callable[[str], bool],
    last: int,
) -> int:
    """The last line on the way that still belongs to the document."""
    odd = blank = 0
    for at in way:
        told = source(lines[at])
        if not told.strip():
            blank += 1
        elif is_part(told):
            odd = blank = 0
            last = at
        else:
            odd += 1
        if blank > 1 or odd > MAX_ODD or (odd and blank):
            break
    return last


def _rejoined(roots: list[object]) -> list[object]:
    """Give an event back the object that it is about, where the page begins between the two."""
    for above, event in pairwise(roots):
        if not isinstance(above, Mapping) or not isinstance(event, Mapping):
            continue
        if not {"reason", "message"} <= event.keys() or "involvedObject" in event:
            continue
        if "name" in above and above.keys() <= _REFERENCE_KEYS:
            if text(above, "fieldPath").startswith("spec."):
                above.setdefault("kind", "Pod")
            event["involvedObject"], event.first = above, above.first
    return roots


def _walk(roots: Sequence[object], place: _Place) -> Iterator[Event]:
    """Every object in the trees; what is inside a recognized one belongs to it."""
    left: list[tuple[object, int]] = [(root, 0) for root in reversed(roots)]
    frames: list[Mapping] = []
    seen = 0
    while left and seen < MAX_OBJECTS:
        value, depth = left.pop()
        if isinstance(value, dict):
            read = _reader_of(value)
            if read is not None:
                seen += 1
                yield from read(value, place)
                continue
            if isinstance(value, Mapping) and _is_frame(value):
                frames.append(value)
            inside = list(value.values())
        elif isinstance(value, list):
            inside = value
        else:
            continue
        if depth < MAX_DEPTH:
            left.extend(
                (one, depth + 1) for one in reversed(inside) if isinstance(one, (dict, list))
            )

    if seen:
        yield from (_frame(frame, place) for frame in frames if frame.last > frame.first)


def _is_frame(value: of.Object) -> bool:
    """A list of objects, or one object with the verb of a watch."""
    listed = isinstance(value.get("items"), list) and value.keys() <= _LIST_KEYS
    return listed or text(value, "type") in _VERBS or text(value, "verb") in _VERBS


def _frame(frame: Mapping, place: _Place) -> Event:
    """The list or frame over its lines; its text is the first one, its objects say the rest."""
    listed = frame.get("items")
    fields: Fields = {"items": len(listed) if isinstance(listed, list) else 1}
    event = make_event(LIST, place.lines[frame.first : frame.first + 1], fields)
    event.line_end = place.lines[frame.last].number
    words = (text(frame, key) for key in ("kind", "type", "verb"))
    event.message = next(filter(None, words), event.message)
    return event


def _reader_of(value: of.Object) -> Callable[[of.Object, _Place], Iterator[Event]] | None:
    """How the mapping is read, if it is one of ours."""
    return next((read for is_it, read in _KINDS if is_it(value)), None)


def _is_event(value: of.Object) -> bool:
    about = "involvedObject" in value or "regarding" in value or text(value, "kind") == "Event"
    told = text(value, "reason") or text(value, "message") or text(value, "note")
    return (about and bool(told)) or {"reason", "message", "lastTimestamp"} <= value.keys()


def _is_node(value: of.Object) -> bool:
    status = inner(value, "status")
    return "nodeInfo" in status or (text(value, "kind") == "Node" and bool(status))


def _is_job(value: of.Object) -> bool:
    return text(value, "kind") == "Job" and bool(inner(value, "status") or inner(value, "spec"))


def _is_pod(value: of.Object) -> bool:
    status = inner(value, "status")
    whole = text(value, "kind") == "Pod" and bool(status or inner(value, "spec"))
    return whole or _is_pod_status(status)


def _is_pod_status(value: of.Object) -> bool:
    listed = any(key in value for key in of.STATUS_LISTS)
    placed = any(key in value for key in ("qosClass", "startTime", "podIP", "hostIP"))
    return listed or (placed and text(value, "phase") in of.PHASES)


def _is_container(value: of.Object) -> bool:
    states = _is_state(value.get("lastState")) or _is_state(value.get("state"))
    return states or isinstance(value.get("restartCount"), int)


def _is_terminated(value: of.Object) -> bool:
    ended = "finishedAt" in value or "containerID" in value
    return "exitCode" in value and (ended or text(value, "reason") in of.END_REASONS)


def _is_docker(value: of.Object) -> bool:
    return "OOMKilled" in value and "ExitCode" in value


def _is_state(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(value.get(s), dict) for s in of.STATES)


def _event(value: of.Object, place: _Place) -> Iterator[Event]:
    fields, message, stamp = of.event_fields(value)
    event = _made(EVENT, value, place, fields, message=message, stamp=stamp)
    yield event
    yield from kernel_events(event)


def _pod(value: of.Object, place: _Place) -> Iterator[Event]:
    fields, message = of.pod_fields(value)
    stamp = stamp_of(str(fields.get("deleted_at", "")))
    yield _made(POD, value, place, fields, message=message, stamp=stamp)
    owner = of.owner_fields(value)
    inside = _place_of(value, place)
    for container, told in of.containers_of(value):
        yield _of_container(container, told, inside, owner)


def _status(value: of.Object, place: _Place) -> Iterator[Event]:
    """The `status` of a pod whose name was cut off."""
    yield from _pod({"status": value}, _place_of(value, place))


def _container(value: of.Object, place: _Place) -> Iterator[Event]:
    yield _of_container(of.status_of(value), value, place, {})


def _terminated(value: of.Object, place: _Place) -> Iterator[Event]:
    yield _of_container(of.terminated_of(value), value, place, {})


def _docker(value: of.Object, place: _Place) -> Iterator[Event]:
    yield _of_container(of.docker_state(value), value, place, {})


def _of_container(container: Container, value: of.Object, place: _Place, owner: Fields) -> Event:
    fields = container_fields(container, owner)
    return _made(CONTAINER, value, place, fields, stamp=container.stamp)


def _node(value: of.Object, place: _Place) -> Iterator[Event]:
    fields = of.node_fields(value)
    event = _made(NODE, value, place, fields, message=str(fields.get("ready_message", "")))
    yield event
    for condition in of.items(of.inner(value, "status"), "conditions"):
        if text(condition, "status") == "True" and text(condition, "type") != "Ready":
            where = _made(NODE, condition, place, {})
            yield from quoted(text(condition, "message"), where, str(fields.get("node", "")))


def _job(value: of.Object, place: _Place) -> Iterator[Event]:
    fields, message = of.job_fields(value)
    yield _made(JOB, value, place, fields, message=message)


def _place_of(value: of.Object, place: _Place) -> _Place:
    if isinstance(value, Mapping):
        return _Place(place.lines, value.first, value.last)
    return place


def _made(
    kind: str,
    value: of.Object,
    place: _Place,
    fields: Fields,
    *,
    message: str = "",
    stamp: Stamp | None = None,
) -> Event:
    """The event over the lines of the mapping; its evidence is the mapping's own text."""
    place = _place_of(value, place)
    lines = place.lines
    event = make_event(kind, lines[place.first : place.first + 1], fields)
    event.line_end = lines[place.last].number
    if place.last > place.first:
        event.text = "\n".join(line.text for line in lines[place.first : place.last + 1])
    elif len(event.text) > EXCERPT:
        event.text = json.dumps(value, ensure_ascii=False, default=str)[:EXCERPT]
    event.message = message or event.text
    if stamp is not None:
        event.stamp = stamp
    return event


_KINDS = (
    (_is_event, _event),
    (_is_node, _node),
    (_is_job, _job),
    (_is_pod, _pod),
    (_is_pod_status, _status),
    (_is_container, _container),
    (_is_terminated, _terminated),
    (_is_docker, _docker),
)

PARSER = Parser(
    name="k8s_objects",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(EVENT, POD, CONTAINER, NODE, JOB, LIST, *KERNEL_KINDS),
    before=500,
    after=500,
)
