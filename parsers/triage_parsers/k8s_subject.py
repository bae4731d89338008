"""Which object a `kubectl describe` is about, seen from a line inside it.

A describe's Events block does not name its object: the keys above it do, or the command line that
was pasted with it. Keys are found by name at any indentation, because describes arrive flattened.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Fields, Line
from triage.patterns import compiled
from triage_parsers.k8s_text import is_prompt, kind_word, object_fields, prompt_namespace, unquoted

REACH = 500
"""Lines that are walked up: the describe of a pod with long environments."""
_KEY = compiled(r"^\s*([A-Z][A-Za-z()/ -]{1,40}?):(?:\s+(.*))?$")
_DESCRIBE = compiled(r"\sdescribe\s+([a-z][a-z.]*)(?:\s+|/)([a-z0-9][a-z0-9.-]*)")
_KIND_OF_KEY = {
    "Controlled By": "pod",
    "Replication Controllers": "pod",
    "QoS Class": "pod",
    "Service Account": "pod",
    "Start Time": "pod",
    "Init Containers": "pod",
    "Tolerations": "pod",
    "Roles": "node",
    "Allocatable": "node",
    "Non-terminated Pods": "node",
    "System Info": "node",
    "Pods Statuses": "job",
    "Parallelism": "job",
    "Completions": "job",
    "StrategyType": "deployment",
    "RollingUpdateStrategy": "deployment",
    "StorageClass": "persistentvolumeclaim",
    "Min replicas": "horizontalpodautoscaler",
}
_SECOND_KEYS = frozenset(
    {"Namespace", "Priority", "Labels", "Roles", "Image(s)", "Status", "Node", "Selector"}
)
"""One of them follows the `Name:` of the object; nested `Name:` keys are followed by others."""


def subject_above(lines: Sequence[Line], start: int, floor: int) -> Fields:
    """Object, namespace and node of the describe that contains line `start`; empty when unknown.

    Not above line `floor`, where the previous block ended: so no line is walked twice.
    """
    seen: dict[str, str] = {}
    for at in range(start - 1, max(floor, start - REACH) - 1, -1):
        text = unquoted(lines[at].body)
        if is_prompt(text):
            return _from_command(text, seen)
        found = _KEY.match(text)
        if found is None:
            continue
        key, value = found.group(1) or "", (found.group(2) or "").strip()
        if key == "Name" and value and not seen.keys().isdisjoint(_SECOND_KEYS):
            fields = _fields(value, seen)
            if at > floor and "object_kind" not in fields:
                fields = {**fields, **_from_command(unquoted(lines[at - 1].body), seen)}
            return fields
        seen[key] = value
    return {}


def _fields(name: str, seen: dict[str, str]) -> Fields:
    kinds = [_KIND_OF_KEY[key] for key in seen if key in _KIND_OF_KEY]
    kind = "job" if "job" in kinds else (kinds[-1] if kinds else "")
    fields = object_fields(kind, name.split(maxsplit=1)[0], seen.get("Namespace", ""))
    node = seen.get("Node", "").partition("/")[0]
    if kind == "pod" and node and node != "<none>":
        fields["node"] = node
    return fields


def _from_command(text: str, seen: dict[str, str]) -> Fields:
    found = _DESCRIBE.search(text)
    if found is None:
        return {}
    kind = kind_word(found.group(1) or "")
    namespace = seen.get("Namespace", "") or prompt_namespace(text)
    return object_fields(kind, found.group(2) or "", namespace)
