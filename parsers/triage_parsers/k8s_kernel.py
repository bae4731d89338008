"""What the kernel said, where a Kubernetes event repeats it.

The node problem detector makes an event of each line of the kernel's log that one of its rules
knows, and quotes it (`OOMKilling`, `TaskHung`, `KernelOops`, `Ext4Error`; its conditions, such as
`KernelDeadlock`, quote one too). The quotation is read by the kernel's own parsers. No parser
stands here. Source: kubernetes/node-problem-detector `config/kernel-monitor.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from triage.envelope import peel
from triage.events import Context, Event, Line
from triage_parsers import (
    aer,
    kernel_warning,
    limits,
    lockup,
    mce,
    netdev,
    nvrm,
    oom,
    oops,
    storage,
    xid,
)

_PARSERS = (
    oom.PARSER,
    oops.PARSER,
    lockup.PARSER,
    kernel_warning.PARSER,
    xid.PARSER,
    aer.PARSER,
    mce.PARSER,
    nvrm.PARSER,
    storage.PARSER,
    netdev.PARSER,
    limits.PARSER,
)
KERNEL_KINDS = tuple(kind for parser in _PARSERS for kind in parser.kinds)
MAX_LINES = 64


def kernel_events(event: Event) -> Iterator[Event]:
    """The events of the kernel that the message of a node's event quotes; usually none."""
    fields = event.fields
    if fields.get("object_kind") != "node" and "monitor" not in str(fields.get("component", "")):
        return
    yield from quoted(event.message, event, str(fields.get("node", "")))


def quoted(message: str, event: Event, node: str) -> Iterator[Event]:
    """The events in a message, standing where `event` stands, on `node`."""
    rows = message.split("\n")[:MAX_LINES]
    lines = [Line(number, 0, row, peel) for number, row in enumerate(rows, start=1)]
    for parser in _PARSERS:
        hits = [
            index
            for index, row in enumerate(rows)
            if any(literal in row for literal in parser.literals)
        ]
        found = list(parser.parse(lines, hits, Context(event.source))) if hits else []
        for inner in found:
            inner.line, inner.line_end = event.line, event.line_end
            inner.offset, inner.text = event.offset, event.text
            inner.stamp = event.stamp or inner.stamp
            for key in ("node", "host"):
                if node:
                    inner.fields.setdefault(key, node)
            yield inner
        if found:
            return
