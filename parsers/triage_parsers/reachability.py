"""Machines that others lost sight of: `net.unreachable`, with the `node` as written.

`node.recovered` is said of one that answers again.

Training launchers, Ray, Slurm, ssh and home-made supervisors say it; Kubernetes has conditions and
taints of its own for it, which are no business of this parser; nor are the kernel's words on its
file servers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample, make_event
from triage.patterns import compiled

MAX_WIDTH = 4000

_ROLE = r"(?:[Ww]orker|[Cc]ompute|[Hh]ead|[Gg][Pp][Uu]|[Rr]emote|[Pp]eer)"
_HOST = r"['\"`(]?(?P<node>[A-Za-z0-9][\w.-]*[A-Za-z0-9]|\d{1,3}(?:\.\d{1,3}){3})['\"`)]?"
_PLACE = rf"(?:(?:{_ROLE} )?(?:[Nn]ode|[Hh]ost|[Ww]orker|[Pp]eer)|{_ROLE} [Ss]erver)"
"""A bare `server` is a service (of files, time, names, licenses), whose silence loses no node."""
_PATTERNS = (
    compiled(
        rf"(?:^|[\s\]:]){_PLACE}:? {_HOST} "
        r"(?:is |became |has become |was |went )?(?:now )?"
        r"(?:unreachable|not reachable|not responding)\b"
    ),
    compiled(rf"[Ll]ost (?:connection|contact|connectivity) (?:to|with) {_PLACE} {_HOST}"),
    compiled(rf"connect to host {_HOST} port \d+: (?:No route to host|Connection timed out)"),
    compiled(
        r"[Nn]ode with node id: \w+ and address: (?P<node>[\w.:-]+?)(?: and node name: \S+)? has"
        r" been marked dead"
    ),
    compiled(r"error: Nodes? (?P<node>[\w\[\],.-]+) not responding"),
)
_BACK = compiled(r"\b[Nn]odes? (?P<node>[A-Za-z][\w\[\],.-]*) now responding\b")
_NO_NAMES = frozenset(
    {
        "is", "was", "are", "that", "which", "to", "and", "the", "will", "name", "as", "in", "on",
        "or", "of", "has", "have", "not", "if", "when", "be", "becomes", "seems",
    }
)  # fmt: skip


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each report."""
    del context
    for hit in hits:
        back = _BACK.search(lines[hit].body[:MAX_WIDTH])
        if back is not None:
            yield make_event("node.recovered", [lines[hit]], {"node": back.group("node")})
            continue
        node = _node(lines[hit].body[:MAX_WIDTH])
        if node is not None and lines[hit].peeled.fields.get("facility") != "kern":
            yield make_event("net.unreachable", [lines[hit]], {"node": node})


def _node(body: str) -> str | None:
    for pattern in _PATTERNS:
        found = pattern.search(body)
        if found is not None and (found.group("node") or "").lower() not in _NO_NAMES:
            return found.group("node")
    return None


SAMPLES = (
    Sample("Visitor that flags all imports nested within a node as unreachable.", kind=None),
    Sample(
        "CONNECTION_LOST: Worker node ip-10-3-7-20.ec2.internal unreachable.",
        kind="net.unreachable",
        fields={"node": "ip-10-3-7-20.ec2.internal"},
    ),
    Sample(
        "watchdog: host gpu-17 is not responding, draining its jobs",
        kind="net.unreachable",
        fields={"node": "gpu-17"},
    ),
    Sample(
        "ssh: connect to host 10.0.7.3 port 22: No route to host",
        kind="net.unreachable",
        fields={"node": "10.0.7.3"},
    ),
    Sample(
        "The node with node id: 9a1b2c and address: 10.2.0.5 and node name: 10.2.0.5 has been"
        " marked dead because the detector has missed too many heartbeats from it.",
        kind="net.unreachable",
        fields={"node": "10.2.0.5"},
    ),
    Sample(
        "slurmctld: error: Nodes gpu[03-04] not responding",
        kind="net.unreachable",
        fields={"node": "gpu[03-04]"},
    ),
    Sample("taint node.kubernetes.io/unreachable: the probe found it unreachable", kind=None),
    Sample("If a node is unreachable, drain it first.", kind=None),
    Sample("connect: Network is unreachable", kind=None),
    Sample("slurmctld: Node gpu03 now responding", kind="node.recovered", fields={"node": "gpu03"}),
    Sample("ntpd: server 10.0.0.1 not responding", kind=None),
    Sample("nfs: server nas-3 not responding, still trying", kind=None),
)

PARSER = Parser(
    name="reachability",
    family="app",
    literals=(
        " now responding",
        " unreachable",
        "not reachable",
        "not responding",
        "No route to host",
        "Connection timed out",
        "marked dead",
        "ost connection to",
        "ost contact with",
        "ost connectivity",
        "ost connection with",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("net.unreachable", "node.recovered"),
    claims=False,
)
