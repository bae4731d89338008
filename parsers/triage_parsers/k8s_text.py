"""Words that all Kubernetes texts share: ages, stamps, object and pod references, prompts.

Ages are `HumanDuration` of k8s.io/apimachinery (`12s`, `7h40m`, `2d3h`), relative to the moment the
command ran; `kubectl describe` prints RFC 1123 stamps, objects carry RFC 3339. A pod is written
`ns/name` by kubectl and structured logs, `name_ns(uid)` by the kubelet.
"""

from __future__ import annotations

from functools import lru_cache

from triage.events import Fields, Line, Stamp
from triage.patterns import compiled

DURATION = r"(?:\d+(?:\.\d+)?(?:ms|us|[smhdwy]))+"
RFC1123 = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
NO_TIME = r"<unknown>|<invalid>|<nil>|<none>"
DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
DNS_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"

_DURATION_PART = compiled(r"(\d+(?:\.\d+)?)(ms|us|[smhdwy])")
_DURATION_ONLY = compiled(DURATION)
_RFC1123_ONLY = compiled(RFC1123)
_RFC3339_ONLY = compiled(RFC3339)
_REFERENCE = compiled(
    rf"(?P<pod>{DNS_NAME})_(?P<namespace>{DNS_LABEL})(?:\((?P<pod_uid>[0-9A-Za-z-]*)\)?)?"
)
_QUOTE = compiled(r"^\s*(?:>\s?|[#|│]\s)+")
_PROMPT_NAMESPACE = compiled(r"(?:\s-n[ =]?|\s--namespace[ =])([a-z0-9][a-z0-9-]*)")
_PROMPT = compiled(r"(?:^|[\s#$>%])(?:kubectl|oc|k|k3s|microk8s(?:\.kubectl)?)(?:\.sh)?\s+\S")

_SECONDS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_ENTITY_OF_KIND = {
    "pod": "pod",
    "node": "node",
    "job": "job",
    "deployment": "deployment",
    "replicaset": "replicaset",
    "statefulset": "statefulset",
    "daemonset": "daemonset",
    "persistentvolumeclaim": "volume_claim",
    "persistentvolume": "volume",
    "horizontalpodautoscaler": "autoscaler",
}
_SHORT_KINDS = {
    "po": "pod",
    "pods": "pod",
    "no": "node",
    "nodes": "node",
    "jobs": "job",
    "deploy": "deployment",
    "rs": "replicaset",
    "sts": "statefulset",
    "ds": "daemonset",
    "pvc": "persistentvolumeclaim",
    "hpa": "horizontalpodautoscaler",
}
_CLUSTER_WIDE = frozenset({"node", "persistentvolume", "nodeclaim", "namespace"})
"""Kinds that live in no namespace; their events are kept in `default`."""
_BARS = ("|", "│")
_MARKS = (*_BARS, ">", "#")
MIN_CELLS = 3
MIN_STAMP = len("2024-05-14T03:02:14Z")
MAX_PROMPT = 600
"""Characters; a longer line is no command that somebody typed."""
TERMINAL = 80
"""Columns of a terminal that nobody resized."""
WIDTHS = (80, 100, 120, 132, 160, 200)
"""Columns of the terminals that people have; flattened text has lost up to two of them."""
MIN_WIDTH = 60
LOST = 2


@lru_cache(maxsize=4096)
def seconds_of(age: str) -> float | None:
    """`7h40m` is 27600 seconds; None for `<unknown>` and what is no duration."""
    if not age[:1].isdigit() or age[-1:] not in _SECONDS:
        return None
    if _DURATION_ONLY.fullmatch(age) is None:
        return None
    total = 0.0
    for part in _DURATION_PART.finditer(age):
        total += float(part.group(1) or 0) * _SECONDS[part.group(2) or "s"]
    return total


def stamp_of(text: str) -> Stamp | None:
    """An absolute time as `kubectl` and the API write it; None for ages, `null` and year 1."""
    text = text.strip()
    if len(text) < MIN_STAMP:
        return None
    if text.startswith(("0001-", "1970-01-01")) or " 0001 " in text or " 1970 " in text:
        return None  # the zero time of Go, and containerd's start time of what never started
    if _RFC3339_ONLY.fullmatch(text):
        return Stamp(text, "iso")
    if _RFC1123_ONLY.fullmatch(text):
        return Stamp(text, "rfc1123")
    return None


def pod_reference(text: str) -> Fields:
    """Pod, namespace and uid out of `web-7f_default(70a6b852-…)`; empty when it is none."""
    found = _REFERENCE.fullmatch(text.strip("\"'\\,;: "))
    if found is None:
        return {}
    return {key: value for key, value in found.groupdict().items() if value}


def slashed(text: str) -> Fields:
    """Pod and namespace out of `ns/name`; only the pod out of `name`."""
    namespace, slash, name = text.strip("\"'\\").partition("/")
    if not slash:
        return {"pod": namespace} if namespace else {}
    return {"namespace": namespace, "pod": name} if name else {}


def kind_word(text: str) -> str:
    """One spelling of an object's kind: `Pod`, `pods` and `po` are `pod`, `deployment.apps` too."""
    word = text.strip().lower().partition(".")[0]
    return _SHORT_KINDS.get(word, word)


def object_fields(kind: str, name: str, namespace: str = "") -> Fields:
    """What an event or table row says about its object, under the name of its kind where known."""
    fields: Fields = {}
    word = kind_word(kind)
    if word:
        fields["object_kind"] = word
    if name:
        fields["object"] = name
        entity = _ENTITY_OF_KIND.get(word)
        if entity:
            fields[entity] = name
    if namespace and namespace not in {"<none>", "<nil>"} and word not in _CLUSTER_WIDE:
        fields["namespace"] = namespace
    return fields


def unquoted(text: str) -> str:
    """The text with tabs expanded and without the marks of quotes, comments and tables."""
    text = text.expandtabs()
    mark = text.lstrip()[:1]
    if mark not in _MARKS:
        return text
    if mark in _BARS and sum(text.count(bar) for bar in _BARS) > MIN_CELLS:
        return text.replace("|", "  ").replace("│", "  ")  # a row of a table in Markdown
    found = _QUOTE.match(text)
    return text if found is None else text[found.end() :]


def views(line: Line) -> tuple[str, ...]:
    """The line as a row of a table: its body first, then the raw text where that differs.

    A row may open with a stamp or a level word of its own (`2024-03-14T…Z`, `Warning`), which
    looks like a wrapper when the line is seen alone.
    """
    body = unquoted(line.body)
    text = body if line.text == line.body else unquoted(line.text)
    return (body,) if body == text else (body, text)


def is_prompt(text: str) -> bool:
    """A command line of kubectl or oc, with or without its prompt."""
    return len(text) < MAX_PROMPT and _PROMPT.search(text) is not None


def prompt_namespace(text: str) -> str:
    """The namespace that a typed `kubectl -n NAMESPACE …` names; empty without one."""
    if not is_prompt(text):
        return ""
    found = _PROMPT_NAMESPACE.search(text)
    return (found.group(1) or "") if found is not None else ""


def cut_width(lengths: list[int]) -> int:
    """The column at which a terminal cut these lines: their greatest length, where several have it.

    One long line alone tells nothing: the usual 80 columns are assumed.
    """
    longest = max(lengths, default=0)
    if longest < MIN_WIDTH or lengths.count(longest) == 1:
        return TERMINAL
    return next((width for width in WIDTHS if 0 <= width - longest <= LOST), longest)


def glue(before: str, after: str, *, cut: bool) -> str:
    """What stood between two pieces of a wrapped text: nothing where a word was cut."""
    return "" if cut and before[-1:] != " " and after[:1] != " " else " "
