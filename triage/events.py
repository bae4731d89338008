"""What flows through the house: lines, events, parsers and their samples.

Everything below this file's names depends on it and it depends on nothing of ours. A `Line` is one
line of one source with its wrapper peeled off; an `Event` is what a parser made of one or more
lines; a `Parser` says which literals announce its form, and proves itself with samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

Value = str | int | float | bool | None
Fields = dict[str, Value]

Severity = Literal["critical", "warning", "info"]
Role = Literal["cause", "mechanism", "symptom", "context"]
Family = Literal["kernel", "gpu", "k8s", "python_env", "app", "document"]
"""What a source is a witness of. `undecided` names the family that is missing."""

TimeQuality = Literal[
    "exact", "zone_assumed", "year_inferred", "anchored", "date_inferred", "order_only", "none"
]
"""How a time was known: as written with a zone; zone taken as UTC; year from other evidence;
kernel uptime plus an anchor; bare clock time on a date from other evidence; only the order inside
the file; nothing."""
QUALITY_ORDER: tuple[TimeQuality, ...] = (
    "exact", "anchored", "zone_assumed", "year_inferred", "date_inferred", "order_only", "none",
)  # fmt: skip
"""The best first."""

FIELD_TYPES: Mapping[str, type] = {
    "pid": int,
    "tgid": int,
    "uid": int,
    "xid": int,
    "sxid": int,
    "exit_code": int,
    "signal": int,
    "rank": int,
    "gpu_index": int,
    "restarts": int,
    "count": int,
}
"""Fields that are numbers wherever they come from. All others are text as written unless a parser
gives them another type."""

ENTITY_FIELDS: tuple[str, ...] = (
    "pid", "process", "host", "node", "gpu", "gpu_uuid", "gpu_index", "xid", "sxid", "pod",
    "pod_uid", "container", "container_id", "namespace", "image", "job", "unit", "rank", "package",
    "module", "symbol", "exception", "exit_code", "signal", "device", "volume", "driver", "path",
    "table", "requested", "cgroup", "service", "server", "feature", "metric", "reason", "mount",
    "address", "interface", "other_pid", "holder", "holder_pid", "invoked_by",
)  # fmt: skip
"""Fields that name a thing in the world; findings list their values under `entities`."""
SECOND: Mapping[str, str] = {
    "other_pid": "pid", "holder_pid": "pid", "holder": "process", "invoked_by": "process",
}  # fmt: skip
"""Those of a second process, and what its names are elsewhere: it holds the memory of a card or
what a task waits for, or it asked for memory and another was killed. They join no findings: it is
not the one that failed."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as written, not yet understood: only the clock turns it into UTC."""

    text: str
    """The characters of the stamp alone, without brackets."""
    form: str
    """Name of its layout, one of `triage.clock`'s forms: `iso`, `syslog`, `ctime`, `epoch` …"""


@dataclass(slots=True)
class Peeled:
    """A line without its wrappers."""

    body: str
    """What the program said; typography repaired; inner indentation kept."""
    stamp: Stamp | None = None
    """The outermost stamp that says most (a year and a zone beat none)."""
    uptime: float | None = None
    """Seconds since boot, where the kernel wrote them."""
    fields: Fields = field(default_factory=dict)
    """From the wrapper: host, process, pid, level, container, pod, namespace, rank, unit …"""
    wrappers: tuple[str, ...] = ()
    """Names of the wrappers that were peeled, outermost first; empty for a bare line."""


class Line:
    """One line of one source. Peeled on first use, because most lines are never looked at."""

    __slots__ = ("_peeled", "number", "offset", "peel", "text")

    def __init__(self, number: int, offset: int, text: str, peel: Callable[[str], Peeled]) -> None:
        self.number = number
        """From 1."""
        self.offset = offset
        """Byte offset of the line in the decompressed source."""
        self.text = text
        """As the source says it, without the newline and escape sequences."""
        self.peel = peel
        self._peeled: Peeled | None = None

    @property
    def peeled(self) -> Peeled:
        """The line without its wrappers."""
        if self._peeled is None:
            self._peeled = self.peel(self.text)
        return self._peeled

    @property
    def body(self) -> str:
        """Shorthand for `peeled.body`."""
        return self.peeled.body

    def __repr__(self) -> str:
        return f"Line({self.number}: {self.text[:60]!r})"


@dataclass(slots=True)
class Event:
    """One thing that was said, with where it was said."""

    kind: str
    """Dotted, `area.thing`: `kernel.oom_kill`, `gpu.xid`, `k8s.pod`, `py.traceback`, `log.line`."""
    line: int
    line_end: int
    offset: int
    text: str
    """As the source says it: the evidence. Several lines are joined by newlines."""
    message: str
    """The bodies, joined by newlines: what patterns are matched against."""
    fields: Fields
    stamp: Stamp | None = None
    uptime: float | None = None
    source: str = ""
    """Path inside the bundle; set by ingest, not by parsers."""
    family: Family = "app"
    """Set by ingest from the parser."""
    time_ns: int | None = None
    """UTC, nanoseconds since 1970; set by the clock once the bundle's evidence is complete."""
    time_quality: TimeQuality = "none"
    boot: int = 0
    """Ordinal of the boot inside the source; kernel uptimes compare only within one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A real-shaped text and what a parser must make of it. A near miss has `kind=None`."""

    text: str
    kind: str | None
    """Kind of the FIRST event; None: the parser must claim nothing here."""
    fields: Mapping[str, Value] = field(default_factory=dict)
    """Fields that the first event must carry (a subset)."""
    count: int | None = None
    """How many events in all, where that matters."""
    name: str = "sample.log"
    """File name, where the form depends on it (requirements.txt)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a parser may know of the source beside its lines."""

    source: str
    """Path inside the bundle, with `/`."""
    whole: bool = True
    """The window is the whole source (documents need that)."""


Parse = Callable[[Sequence[Line], Sequence[int], Context], Iterator[Event]]
"""`parse(lines, hits, context)`: `lines` is a window of consecutive lines, `hits` the indexes into
it where one of the parser's literals stands, in order. Yields events for what it recognizes round
those hits; silently passes over hits that are none of its business; never raises on text."""


@dataclass(frozen=True, slots=True)
class Parser:
    """One format: how it announces itself, how it is read, and the proof."""

    name: str
    family: Family
    literals: tuple[str, ...]
    """At least one of these stands in the first lines of whatever this parser claims. Matched on
    raw text, case-sensitive; no quotes, dashes between blanks, `<`, `>`, `&` (typography)."""
    parse: Parse
    samples: tuple[Sample, ...]
    kinds: tuple[str, ...] = ()
    """All kinds it can yield."""
    before: int = 0
    """Lines before a hit that it may need to see."""
    after: int = 0
    """Lines after a hit that it may need to see."""
    document: bool = False
    """It needs the whole source in one window (JSON, XML, YAML); a too large one is not given."""
    claims: bool = True
    """Its events take their lines from later parsers. False for what lies inside another block,
    such as a CUDA out-of-memory message inside a traceback."""
    names: tuple[str, ...] = ()
    """Glob patterns, in lower case, of names whose files are of this format even where no literal
    stands in them: then line 0 counts as a hit. `requirements/*.txt` asks for the folder too."""

    def is_named(self, source: str) -> bool:
        """Whether the path of a source says that it is of this format."""
        parts = source.lower().replace("!", "/").split("/")
        parts[-1] = _plain_name(parts[-1])
        for pattern in self.names:
            globs = pattern.split("/")
            tail = parts[-len(globs) :]
            if len(tail) == len(globs) and all(map(fnmatchcase, tail, globs)):
                return True
        return False


PACKED = (".gz", ".bz2", ".xz", ".zst")


def _plain_name(name: str) -> str:
    """A file name without what tells namesakes apart (`#2`) and what says that it was packed."""
    stem, mark, number = name.rpartition("#")
    name = stem if mark and number.isdecimal() else name
    while name.endswith(PACKED) and (rest := name.rpartition(".")[0]):
        name = rest
    return name


MAX_DIGITS = 18
"""A longer number is an identifier that happens to have no letters."""


def make_event(
    kind: str, lines: Sequence[Line], fields: Mapping[str, Value] | None = None
) -> Event:
    """An event over consecutive lines; what the body says beats what the wrapper says."""
    first, last = lines[0], lines[-1]
    peeled = first.peeled
    merged: Fields = dict(peeled.fields)
    if fields:
        for key, value in fields.items():
            if value is not None and value != "":
                merged[key] = typed(key, value) if key in FIELD_TYPES else value
    if first is last:
        text, message = first.text, peeled.body
    else:
        text = "\n".join([line.text for line in lines])
        message = "\n".join([line.body for line in lines])
    return Event(
        kind=kind,
        line=first.number,
        line_end=last.number,
        offset=first.offset,
        text=text,
        message=message,
        fields=merged,
        stamp=peeled.stamp,
        uptime=peeled.uptime,
    )


def typed(key: str, value: Value) -> Value:
    """The value in its field's type; text that does not fit stays text."""
    wanted = FIELD_TYPES.get(key)
    if wanted is int and isinstance(value, str):
        digits = value.strip()
        if digits.removeprefix("-").isdecimal() and len(digits) <= MAX_DIGITS:
            return int(digits)
    return value
