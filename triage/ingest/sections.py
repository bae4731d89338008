"""Headings inside a file that say whose lines follow.

`kubectl cluster-info dump` puts the logs of all containers of a pod, and without an output folder
those of all pods, into one file:

    ==== START logs for container trainer of pod ml/train-0 ====
    ==== END logs for container trainer of pod ml/train-0 ====

Source of fact: `staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go`. `tail -f` and
`head` of several files write `==> path <==`, whose path may tell pod and container as well.

`dshbak` and `clush -b` gather what each host said under its name between two lines of dashes (16
and 15 of them); where several hosts said the same, their names are folded (`node[1-3]`), and no
line is any one host's. Ansible puts the host into the first line of each result:

    node1 | CHANGED | rc=0 >>
    fatal: [node1]: FAILED! => {"msg": …}
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from triage.bundle.text import TextBlock
from triage.envelope import hosts_from_path
from triage.envelope.marks import RESULTS, TASK
from triage.events import Fields

_HOST = rb"(?P<host>[A-Za-z0-9][\w.-]{0,252})"
_Found = re.Match[bytes]


def _of_container(found: _Found) -> Fields:
    if found["edge"] == b"END":
        return {}
    return {name: found[name].decode() for name in ("container", "namespace", "pod")}


def _of_path(found: _Found) -> Fields:
    return hosts_from_path(found["path"].decode("utf-8", "replace").lstrip("/"))


def _of_host(found: _Found) -> Fields:
    return {"host": found["host"].decode()}


def _of_hosts(found: _Found) -> Fields:
    """Of a folded list no line is any one host's."""
    return {} if found["host"] is None else _of_host(found)


def _of_nobody(_: _Found) -> Fields:
    return {}


class _Heading(NamedTuple):
    mark: bytes
    """Stands in the heading's first line."""
    pattern: re.Pattern[bytes]
    """Of the heading, from the start of that line."""
    fields: Callable[[_Found], Fields]


_HEADINGS = (
    _Heading(
        b" logs for container ",
        re.compile(
            rb"==== (?P<edge>START|END) logs for container (?P<container>[a-z0-9-]{1,63})"
            rb" of pod (?P<namespace>[a-z0-9-]{1,63})/(?P<pod>[a-z0-9.-]{1,253}) ====$",
            re.MULTILINE,
        ),
        _of_container,
    ),
    _Heading(
        b"==> ", re.compile(rb"==> (?P<path>[^\r\n]{1,500}) <==$", re.MULTILINE), _of_path
    ),
    _Heading(
        b"---------------\n",
        re.compile(
            rb"-{15,16}\n(?:(?P<host>[a-z][a-z0-9-]{0,62}\d[a-z0-9.-]{0,189}|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9})"
            rb"|[\w.-]{0,100}[\[,][\w.,\[\]-]{1,500}(?: \(\d{1,6}\))?)\n-{15,16}$",
            re.MULTILINE,
        ),
        _of_hosts,
    ),
    _Heading(
        b" | rc=",
        re.compile(_HOST + rb" \| (?:CHANGED|SUCCESS|FAILED)!? \| rc=-?\d{1,5} >>", re.MULTILINE),
        _of_host,
    ),
    _Heading(
        b"! => {", re.compile(_HOST + rb" \| (?:FAILED|UNREACHABLE)! => \{", re.MULTILINE), _of_host
    ),
    _Heading(TASK, re.compile(rb"TASK \[[^\r\n]{0,300}\] \*{3,}"), _of_nobody),
    _Heading(b"PLAY ", re.compile(rb"PLAY (?:\[[^\r\n]{0,300}\]|RECAP) \*{3,}"), _of_nobody),
    *(
        _Heading(mark, re.compile(re.escape(mark) + _HOST + rb"(?: -> [^\]\n]{1,99})?\]"), _of_host)
        for mark in RESULTS
    ),
)  # fmt: skip


class Sections:
    """Where the headings of a file stand, and what the lines under them belong to."""

    def __init__(self) -> None:
        self._lines: list[int] = []
        self._fields: list[Fields] = []
        self._tasks = False

    def __bool__(self) -> bool:
        """Whether any heading was seen."""
        return bool(self._lines)

    def see(self, block: TextBlock) -> None:
        """Take in the headings of the next block."""
        data = block.data
        self._tasks = self._tasks or block.holds(TASK)
        headings = _HEADINGS if self._tasks else _HEADINGS[: -len(RESULTS)]
        found = [
            place
            for heading in headings
            if block.holds(heading.mark)
            for place in _found(data, heading)
        ]
        for start, fields in sorted(found, key=lambda place: place[0]):
            self._lines.append(block.first_line + block.line_at(start))
            self._fields.append(fields)

    def since(self, line: int) -> Sections:
        """Those that hold for this line and the ones after it, as far as they are known."""
        at = max(0, bisect_right(self._lines, line) - 1)
        part = Sections()
        part._lines, part._fields = self._lines[at:], self._fields[at:]
        part._tasks = self._tasks
        return part

    def of(self, line: int) -> Fields:
        """What is known of whom a line belongs to; empty outside of all sections."""
        at = bisect_right(self._lines, line) - 1
        return self._fields[at] if at >= 0 else {}


def _found(data: bytes, heading: _Heading) -> Iterator[tuple[int, Fields]]:
    """Where headings of one form begin. What was a heading's last line begins no other."""
    at = data.find(heading.mark)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        found = heading.pattern.match(data, start)
        end = at + len(heading.mark)
        if found is not None:
            yield start, heading.fields(found)
            end = found.end() + 1
        at = data.find(heading.mark, end)
