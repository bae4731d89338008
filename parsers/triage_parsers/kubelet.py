r"""Log lines of the kubelet and of what works beside it: runtimes, scheduler, node controller.

    E0514 03:02:15.1 1234 pod_workers.go:1298] "Error syncing pod, skipping" err="failed to
      \"StartContainer\" for \"server\" with CrashLoopBackOff: \"back-off 5m0s …" pod="ml/a-0"

Field `what` says which of a closed list happened (`kubelet_rules.WHATS`); pod, namespace, uid,
container, image, node and the like come from the wording and from the structured `key="value"`
pairs. The same record as JSON (`--logging-format=json`) is read as if klog had written it. A value
of several lines (`err=<` … ` >`) belongs to its line, in either direction, because
`journalctl -r` turns logs upside down. A node that is ready again is `node.recovered`. Normal lines
of the same components are passed over: a container that finished with 0, an eviction manager that
starts, a pod *named* back-off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Value, make_event
from triage.patterns import compiled
from triage_parsers.cgroup_path import identity_of
from triage_parsers.k8s_event_rows import is_row_start
from triage_parsers.k8s_text import DNS_NAME, pod_reference, slashed
from triage_parsers.k8s_tree import whole_json
from triage_parsers.klog_pairs import pairs
from triage_parsers.kubelet_rules import LITERALS, matches
from triage_parsers.kubelet_samples import SAMPLES

KIND = "k8s.kubelet"
READY = "node.recovered"
_EVENT = compiled(r"Event occurred|ObjectReference\{|event for ")
_METADATA = compiled(
    r"&PodSandboxMetadata\{Name:(?P<pod>[^,]+),Uid:(?P<pod_uid>[^,]+),Namespace:(?P<namespace>[^,]+),"
)
_POD_JSON = compiled(
    r"\"pod\":\{\"name\":\"(?P<pod>[^\"]+)\",\"namespace\":\"(?P<namespace>[^\"]+)\""
)
_CONTAINER = compiled(r"&Container(?:Metadata)?\{Name:(?P<container>[^,]+),")
_NAME = compiled(DNS_NAME)
_DOCKER = compiled(r"io\.kubernetes\.(container\.name|pod\.name|pod\.namespace|pod\.uid)=([^,)]+)")
_IN_POD = compiled(r"(?:in pod|for pod) \\*\"?([a-z0-9][a-z0-9.-]*_[a-z0-9-]+\([0-9A-Za-z-]+\))")
_SYNCED = compiled(r"Error syncing pod ([0-9a-f-]{32,36}) \(\\*\"?([^\s\"()\\]+_[^\s\"()\\]+)\(")
_OPEN = compiled(r"(?:^|\s)\w+=<\s*$")
_CLOSE = compiled(r"^\s*>(?:\s+\w+=|\s*$)")
_RECORD = compiled(r"\{\s*\"(?:ts|caller|msg|v|level)\":")
_HEAD_KEYS = frozenset({"ts", "caller", "msg", "v", "level"})
_UID = compiled(
    r"\(UID: \\*\"(?P<uid>[0-9a-f-]{32,36})\\*\"\)|podName:(?P<name>[0-9a-f]{8}-[0-9a-f-]{27})"
)
_CGROUP = compiled(r"(?:Victim)?ContainerName:(/\S*pod[0-9a-f]\S*)")
_DOCKER_FIELDS = {
    "container.name": "container",
    "pod.name": "pod",
    "pod.namespace": "namespace",
    "pod.uid": "pod_uid",
}
_PAIR_FIELDS = {
    "podUID": "pod_uid",
    "podUid": "pod_uid",
    "podID": "pod_uid",
    "containerName": "container",
    "containerID": "container_id",
    "image": "image",
    "imageName": "image",
    "node": "node",
    "nodeName": "node",
    "resourceName": "resource",
    "volumeName": "volume",
    "exitCode": "exit_code",
}
MAX_BLOCK = 80
"""Lines of a value that holds newlines: a container's last output."""
MAX_TEXT = 16_384


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event for a line that a rule knows, with the lines of its long value."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start, end = _extent(lines, hit, done)
        text = "\n".join(line.body for line in lines[start:end])[:MAX_TEXT]
        raw = lines[hit].text[:MAX_TEXT] if end - start == 1 else ""
        record = _klog(raw)
        of_record = _fields(record)
        fields = of_record or _fields(text) or _fields(raw)
        if fields:
            kind = READY if fields["what"] == "node_ready" else KIND
            event = make_event(kind, lines[start:end], fields)
            event.message = record if of_record else event.message
            yield event
            done = end


def _extent(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int]:
    """The lines of the record that the hit stands in."""
    up = range(hit - 1, max(floor, hit - MAX_BLOCK) - 1, -1)
    down = range(hit + 1, min(len(lines), hit + MAX_BLOCK))
    at: int | None = hit
    if not _opens(lines[hit]):
        if not _inside(lines[hit]):
            return hit, hit + 1
        at = next(
            (n for n in (_border(lines, up), _border(lines, down)) if _starts(lines, n)), None
        )
    if at is None:
        return hit, hit + 1
    below = _close(lines, range(at + 1, min(len(lines), at + MAX_BLOCK)))
    if below is not None and below > at + 1:  # right below, it belongs to the next block
        return at, below + 1
    above = _close(lines, range(at - 1, max(floor, at - MAX_BLOCK) - 1, -1))
    return (hit, hit + 1) if above is None else (above, at + 1)


def _border(lines: Sequence[Line], way: range) -> int | None:
    """The next line that is not inside a long value."""
    return next((n for n in way if not _inside(lines[n])), None)


def _starts(lines: Sequence[Line], at: int | None) -> bool:
    return at is not None and _opens(lines[at])


def _close(lines: Sequence[Line], way: range) -> int | None:
    """The line that closes the value, with nothing but the value on the way to it."""
    for at in way:
        if _closes(lines[at]):
            return at
        if not _inside(lines[at]):
            return None
    return None


def _opens(line: Line) -> bool:
    return _OPEN.search(line.body) is not None


def _closes(line: Line) -> bool:
    return line.body.lstrip()[:1] == ">" and _CLOSE.match(line.body) is not None


def _inside(line: Line) -> bool:
    """Inside a long value lines are indented by a tab; journald keeps it, pastes make it blanks."""
    return line.body[:1] in ("\t", " ") or not line.body


def _klog(text: str) -> str:
    """A JSON record of a component as klog writes it in text; empty for any other line."""
    start = text.find("{")
    if start < 0 or _RECORD.search(text) is None:
        return ""
    record = whole_json(text, start)
    if not isinstance(record, dict) or not isinstance(record.get("msg"), str):
        return ""
    words = [json.dumps(record["msg"], ensure_ascii=False)]
    for key, value in record.items():
        told = _named(value) if isinstance(value, dict) else value
        if isinstance(told, (str, int)) and key not in _HEAD_KEYS:
            words.append(f"{key}={json.dumps(told, ensure_ascii=False)}")
    return " ".join(words)


def _named(value: Mapping[str, object]) -> str | None:
    """An object of the API, as text: `namespace/name`."""
    if not isinstance(value.get("name"), str):
        return None
    return "/".join(str(value[key]) for key in ("namespace", "name") if value.get(key))


def _fields(text: str) -> Fields:
    """What happened and to whom; empty when no rule knows the line."""
    if (
        not text
        or is_row_start(text)
        or _EVENT.search(text) is not None
        or text.startswith("docker: ")
    ):
        return {}
    for rule, found in matches(text):
        told = {key: value for key, value in found.groupdict().items() if value}
        if rule.shared and not _is_component_line(text):
            continue
        fields: Fields = {"what": rule.what}
        _keep(fields, pod_reference(told.pop("ref", "")) if "ref" in told else {})
        _keep(fields, slashed(told.pop("slashed")) if "slashed" in told else {})
        _keep(fields, told)
        _keep(fields, _told_by_pairs(text))
        _keep(fields, _told_by_structs(text))
        for key, tidy in (("probe", str.lower), ("image", _without_comma)):
            if key in fields:
                fields[key] = tidy(str(fields[key]))
        return fields
    return {}


def _without_comma(text: str) -> str:
    return text.rstrip(",")


def _is_component_line(text: str) -> bool:
    """Structured pairs, a source position or an error string: not a bare event message."""
    return _COMPONENT.search(text) is not None


_COMPONENT = compiled(
    r"^\s*\"|(?:^|\s)(?:err|error|pod|msg|podUID|time|level|caller)=|^[\w./-]+\.go:\d+\]|^\[?\w+\.go:\d+|"
    r"\\\"|nestedpendingoperations|^E\d{4} |^(?:Couldn't|Unable to update|Operation for|failed to|"
    r"container start failed|container &Container|Error syncing|desc = |rpc error)"
)


def _told_by_pairs(text: str) -> Fields:
    values = pairs(text)
    fields: Fields = {}
    pod = values.get("pod", "")
    if "/" in pod:
        fields.update(slashed(pod))
    else:
        fields.update(pod_reference(pod) or ({"pod": pod} if _NAME.fullmatch(pod) else {}))
    for key, name in _PAIR_FIELDS.items():
        if values.get(key):
            fields.setdefault(name, values[key])
    if values.get("probeType"):
        fields["probe"] = values["probeType"]
    return fields


def _told_by_structs(text: str) -> Fields:
    fields: Fields = {}
    for pattern in (_METADATA, _CONTAINER, _POD_JSON):
        found = pattern.search(text)
        if found is not None:
            _keep(fields, found.groupdict())
    reference = _IN_POD.search(text)
    if reference is not None:
        _keep(fields, pod_reference(reference.group(1) or ""))
    synced = _SYNCED.search(text)
    if synced is not None:
        _keep(fields, {"pod_uid": synced.group(1)})
        _keep(fields, pod_reference(synced.group(2) or ""))
    uid = _UID.search(text)
    if uid is not None:
        _keep(fields, {"pod_uid": uid.group("uid") or uid.group("name")})
    cgroup = _CGROUP.search(text)
    if cgroup is not None:
        _keep(fields, identity_of(cgroup.group(1) or ""))
    if "io.kubernetes." in text:
        for found in _DOCKER.finditer(text):
            _keep(fields, {_DOCKER_FIELDS[found.group(1) or ""]: found.group(2)})
    return fields


def _keep(fields: Fields, new: Mapping[str, Value]) -> None:
    for key, value in new.items():
        if value not in (None, ""):
            fields.setdefault(key, value)


PARSER = Parser(
    name="kubelet",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(KIND, READY),
    before=MAX_BLOCK,
    after=MAX_BLOCK,
)
