"""Where a `kubectl describe` begins and ends in a text, and its lines as keys and values.

Indentation is no help: describes arrive flattened, wrapped at 80 columns, quoted, or with a key and
its sub-keys on one level. What a line is follows from its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.events import Line
from triage.patterns import compiled
from triage_parsers.k8s_event_rows import is_row_start
from triage_parsers.k8s_text import is_prompt, unquoted

KEYS = frozenset(
    """Name|Namespace|Priority|Priority Class Name|Runtime Class Name|Service Account|Node
    |Start Time|Labels|Annotations|Status|Reason|Message|IP|IPs|Controlled By|Init Containers
    |Containers|Ephemeral Containers|Conditions|Volumes|QoS Class|Node-Selectors|Tolerations|Events
    |Container ID|Image|Image ID|Image(s)|Port|Ports|Host Port|Host Ports|Command|Args|State
    |Last State|Ready|Restart Count|Limits|Requests|Liveness|Readiness|Startup|Environment
    |Environment Variables from|Environment Variables|Mounts|Exit Code|Signal|Started|Finished
    |SeccompProfile|Seccomp Profile|Replication Controllers|Security Policy|Created By
    |Nominated Node Name|Termination Grace Period|Devices|Restart Policy|Pod Template|Replicas
    |StrategyType|Pods Status
    |Roles|CreationTimestamp|Taints|Unschedulable|Lease|HolderIdentity|AcquireTime|RenewTime
    |Addresses|Capacity|Allocatable|System Info|Machine ID|System UUID|Boot ID|Kernel Version
    |OS Image|Operating System|Architecture|Container Runtime Version|Kubelet Version
    |Kube-Proxy Version|PodCIDR|PodCIDRs|ProviderID|ExternalID|Non-terminated Pods
    |Allocated resources|Hostname|InternalIP|ExternalIP|InternalDNS|ExternalDNS|Phase
    |Selector|Parallelism|Completions|Completion Mode|Backoff Limit|Suspend|Completed At|Duration
    |Pods Statuses|Active Deadline Seconds|Deletion Grace Period Seconds|TTL Seconds After Finished
    |API Version|Kind|Metadata|Involved Object|First Timestamp|Last Timestamp|Event Time|Count
    |Type|Source|Component|Host|Reporting Component|Reporting Controller|Reporting Instance
    |Note|Regarding|Field Path|Resource Version|Self Link|UID|Creation Timestamp|Related|Series
    |Action|Deprecated Count|Deprecated First Timestamp|Deprecated Last Timestamp
    |Deprecated Source|Terminating|Optional|SecretName|ConfigMapName|Medium|SizeLimit|ClaimName
    |ReadOnly|TokenExpirationSeconds|DownwardAPI|ConfigMapOptional|Path|HostPathType|Items""".replace(
        "\n", ""
    )
    .replace("    |", "|")
    .split("|")
)
"""Keys of kubectl's describers for pods, nodes, jobs and (Title Case) for what has no describer."""

OBJECT_SECOND = frozenset(
    {"Namespace", "Priority", "Priority Class Name", "Service Account", "Roles", "Image(s)",
     "Labels", "Status", "Node", "Start Time"}
)  # fmt: skip
"""One of these follows `Name:` closely when that opens an object."""
CONTAINER_FIRST = frozenset(
    {"Container ID", "Image", "Image ID", "Port", "Ports", "Host Port", "State", "Last State",
     "Ready", "Restart Count", "Limits", "Requests", "Liveness", "Readiness", "Startup",
     "Command", "Args"}
)  # fmt: skip
"""One of these follows the name of a container; the name of a volume is followed by `Type`."""

_KEY = compiled(r"^\s*([A-Z][A-Za-z0-9()/_ -]{0,45}?):(?:\s+(.*))?$")
_ITEM = compiled(r"^\s*([a-z][\w./-]{0,80}):(?:\s+(\S.*))?$")
_CONDITION = compiled(r"^\s*([A-Z]\w+)\s+(True|False|Unknown)(?:\s+(\S.*))?$")
_REST_OF_DATE = compiled(
    r"^\s*(?:(?:[A-Z][a-z]{2}, )?\d{1,2} )?(?:[A-Z][a-z]{2} )?(?:\d{4} )?"
    r"\d\d:\d\d:\d\d [+-]\d{4}(?:\s|$)"
)
"""What a terminal carries over of the stamps in a row of Conditions."""
_TABLE = compiled(
    r"^\s*(?:-{3,}\s+)+-{3,}\s*$|^\s*(?:Type\s+Status|Resource\s+Requests)\b|"
    r"\d\w* \(\d+%\)\s+\d\w* \(\d+%\)"
)
"""Heads and rows of the tables inside a describe of a node: conditions, pods, resources."""
_RULE = compiled(r"^\s*[-=*]{3,}\s*$")
_LOOSE = compiled(
    r"^\s*(?:/\S* from \S+ |[\w./-]+=\S*$|[\w./-]+(?:=\S*)?:(?:Prefer)?No(?:Schedule|Execute)\b|"
    r"[A-Z][A-Z0-9_]{2,}:\s{2,}\S|(?:cpu|memory|ephemeral-storage|pods|hugepages-\S+|[\w.-]+/\S+?):"
    r"\s+\S|[a-z0-9][a-z0-9-]*:$)"
)
"""Flush lines of a flattened describe: mounts, labels, taints, variables, resources, names."""
_OTHER_TABLE = compiled(r"^\s*(?:NAMESPACE\s+)?(?:NAME\s+(?:READY|STATUS)|LAST SEEN)\s")

MAX_UP = 700
MAX_DOWN = 1500
"""Lines above and below a hit: a node with a hundred pods."""
MAX_ODD = 3
"""Flush lines in a row that belong to no key: the rest of a wrapped value."""
WIDTHS = frozenset({79, 80, 100, 120, 132})
"""Line lengths at which terminals cut."""
LOOK_AHEAD = 4
INDENT = 2


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a describe."""

    index: int
    """Of the line in the window."""
    key: str
    """`Restart Count`, `nvidia.com/gpu`; empty for a line without a key."""
    value: str
    text: str
    known: bool = False
    """The key is one of kubectl's own."""
    raw: str = ""
    """With the blanks at its end, which tell where a terminal cut."""


def item_of(index: int, line: Line) -> Item:
    """The line as key and value."""
    raw = unquoted(_said(line))
    text = raw.rstrip()
    found = _KEY.match(text)
    if found is not None:
        key = found.group(1) or ""
        return Item(index, key, (found.group(2) or "").strip(), text, key in KEYS, raw)
    found = _ITEM.match(text)
    if found is not None:
        return Item(index, found.group(1) or "", (found.group(2) or "").strip(), text, raw=raw)
    return Item(index, "", "", text, raw=raw)


def _said(line: Line) -> str:
    """The body; but the second half of a wrapped date is no wrapper."""
    return line.text if _REST_OF_DATE.match(line.text) is not None else line.body


def condition_of(text: str) -> tuple[str, str, str] | None:
    """Type, status and the rest of a row of a Conditions table."""
    found = _CONDITION.match(text)
    if found is None:
        return None
    return found.group(1) or "", found.group(2) or "", found.group(3) or ""


def opens_object(items: Sequence[Item], at: int) -> bool:
    """Item `at` is the `Name:` of an object and not that of a volume's source."""
    item = items[at]
    if item.key != "Name" or not item.value:
        return False
    following = items[at + 1 : at + 1 + LOOK_AHEAD]
    return any(other.key in OBJECT_SECOND for other in following)


def opens_container(items: Sequence[Item], at: int) -> bool:
    """Item `at` is the name of a container: a bare lower-case key above keys of a container."""
    item = items[at]
    if not item.key or item.value or item.known or not item.key.replace("-", "").isalnum():
        return False
    if not item.key.islower() and not item.key.isdecimal():
        return False
    following = next((o for o in items[at + 1 : at + 1 + LOOK_AHEAD] if o.text.strip()), None)
    return following is not None and following.key in CONTAINER_FIRST


def region(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int]:
    """First and one-past-last line of the describe round the hit."""
    wrappers = lines[hit].peeled.wrappers
    start = _edge(lines, range(hit - 1, max(floor, hit - MAX_UP) - 1, -1), wrappers, hit)
    end = _edge(lines, range(hit + 1, min(len(lines), hit + MAX_DOWN)), wrappers, hit)
    return start, end + 1


def _edge(lines: Sequence[Line], way: range, wrappers: tuple[str, ...], last: int) -> int:
    """The last line on the way that still belongs to a describe."""
    odd = blank = 0
    for index in way:
        line = lines[index]
        if not line.text.strip():
            blank += 1
            if blank > 1:
                break
            continue
        item = item_of(index, line)
        if way.step > 0 and item.key == "Events" and item.value == "<none>":
            return index
        carried = index > 0 and _carried_rule(item.text, lines[index - 1])
        if not carried and (_ends(line, item, wrappers) or (blank and not item.known)):
            break
        if item.known or _belongs(item):
            odd = blank = 0
            last = index
            continue
        odd += 1
        if odd > MAX_ODD:
            break
        if way.step > 0 and len(lines[index - 1].text) in WIDTHS:
            last = index
    return last


def _carried_rule(text: str, above: Line) -> bool:
    """The end of the dashes below a table's head, which a terminal carried over."""
    return _RULE.match(text) is not None and above.body.lstrip().startswith("--")


def _belongs(item: Item) -> bool:
    indented = len(item.text) - len(item.text.lstrip()) >= INDENT
    return (
        indented
        or _LOOSE.match(item.text) is not None
        or condition_of(item.text) is not None
        or _TABLE.search(item.text) is not None
        or _REST_OF_DATE.match(item.text) is not None
    )


def _ends(line: Line, item: Item, wrappers: tuple[str, ...]) -> bool:
    text = item.text
    carried = _REST_OF_DATE.match(line.text) is not None
    if (
        (line.peeled.wrappers != wrappers and not carried)
        or text.startswith("```")
        or is_prompt(text)
    ):
        return True
    if item.key == "Events" or _OTHER_TABLE.match(text) is not None:
        return True
    return is_row_start(text) or _RULE.match(text) is not None
