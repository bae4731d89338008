"""All that a report asks a case beyond its answer. Numbers alone go into the SQL, never text."""

# ruff: noqa: S608  numbers and words of our own alone go into the SQL

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from triage.events import TimeQuality
from triage.timeline.schema import SOURCE_BITS

if TYPE_CHECKING:  # the case brings DuckDB; whoever calls holds one already
    from triage.case import Case

QUALITIES = frozenset(get_args(TimeQuality))
DAY_S = 86400
BINS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY_S)
MAX_BINS = 240
MAX_GROUPS = 200_000
"""Cells of sources and bins that are looked at; more files than that are no longer told apart."""
MAX_READINGS = 200_000
SECOND = 1_000_000_000

_ERROR = (
    "('error', 'err', 'e', 'critical', 'crit', 'fatal', 'f', 'alert', 'emerg', 'panic', 'severe')"
)
_WARNING = "('warning', 'warn', 'w')"
_PLACE = (
    "e.event_id, s.path, e.line, e.line_end, e.byte_off, epoch_ns(e.ts), e.ts_quality, e.family, "
    "e.kind, e.level, e.message"
)
_FROM = "FROM events e JOIN sources s USING (source_id)"

STATES = (
    "e.kind IN ('kernel.boot', 'gpu.driver_loaded', 'gpu.driver_unloaded') OR (e.kind = "
    "'k8s.container') OR (e.kind = 'k8s.event' AND e.attrs->>'reason' IN ('Killing', 'Started', "
    "'NodeNotReady', 'NodeReady', 'Evicted', 'Rebooted', 'NodeHasSufficientMemory', 'Scheduled', "
    "'TaintManagerEviction', 'ScalingReplicaSet', 'SuccessfulDelete', 'Cordoned', "
    "'NodeNotSchedulable', 'NodeSchedulable'))"
)
"""Events that say that a machine, a driver or a pod came, went or was moved."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the timeline."""

    event_id: int
    source: str
    line: int
    line_end: int
    offset: int
    time_ns: int | None
    time_quality: TimeQuality
    family: str
    kind: str
    level: str | None
    message: str
    times: int = 1
    """How often something like it was said."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one snapshot says of a GPU."""

    gpu: str
    time_ns: int
    used_mib: int | None
    total_mib: int | None
    temp_c: int | None
    source_id: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What one file says in one stretch of time."""

    source: str
    time_ns: int
    error: int
    warning: int
    other: int


def ask(case: Case, sql: str) -> list[tuple[object, ...]]:
    """The rows of one SELECT. Raises `CaseError`."""
    return cast("list[tuple[object, ...]]", case.sql(sql).fetchall())


def source_ids(case: Case) -> dict[str, int]:
    """The id of each file."""
    return {
        str(path): _int(number) for number, path in ask(case, "SELECT source_id, path FROM sources")
    }


def near(case: Case, source_id: int, first: int, last: int) -> list[tuple[int, int, str]]:
    """First line, last line and words of the events between two lines of a file."""
    rows = ask(
        case,
        "SELECT line, line_end, left(message, 2000) FROM events "
        f"WHERE source_id = {source_id:d} AND line BETWEEN {first:d} AND {last:d} "
        "ORDER BY line, event_id",
    )
    return [(_int(line), _int(end), str(text)) for line, end, text in rows]


def event(case: Case, event_id: int) -> Said:
    """The event with this id."""
    return _said(case, f"e.event_id = {event_id:d}", "e.event_id", 1)[0]


def at(case: Case, source_id: int, line: int) -> Said | None:
    """The event that stands at a line."""
    found = _said(
        case,
        f"e.source_id = {source_id:d} AND e.line <= {line:d} AND e.line_end >= {line:d}",
        "e.line DESC",
        1,
    )
    return found[0] if found else None


def again(case: Case, like: Said, time_ns: int) -> Said | None:
    """An event of the same kind and file at another moment."""
    found = _said(
        case,
        f"e.source_id = {like.event_id >> SOURCE_BITS:d} AND e.ts = make_timestamp_ns({time_ns:d}) "
        f"AND e.kind = (SELECT kind FROM events WHERE event_id = {like.event_id:d})",
        "e.event_id",
        1,
    )
    return found[0] if found else None


def states(case: Case, first_ns: int, last_ns: int, limit: int) -> list[Said]:
    """Comings and goings between two moments."""
    return _said(case, f"({STATES}) AND {_between(first_ns, last_ns)}", "e.ts, e.event_id", limit)


def first_alert(case: Case, first_ns: int, last_ns: int) -> Said | None:
    """The first line that speaks of an alert, or an event in which a check failed."""
    condition = (
        "(e.kind = 'k8s.event' AND e.attrs->>'reason' IN ('Unhealthy', 'NodeNotReady')) OR "
        "contains(lower(e.message), 'alert')"
    )
    found = _said(case, f"{_between(first_ns, last_ns)} AND ({condition})", "e.ts, e.event_id", 1)
    return found[0] if found else None


def complaints(case: Case, first_ns: int, last_ns: int, limit: int) -> list[Said]:
    """Errors and warnings that no parser knows, the rare ones first, each once."""
    rows = ask(
        case,
        "SELECT min(e.event_id), count(*), min(lower(e.level)) "
        "FROM events e WHERE e.kind = 'log.line' "
        f"AND lower(e.level) IN ({_ERROR[1:-1]}, {_WARNING[1:-1]}) "
        f"AND {_between(first_ns, last_ns)} "
        "GROUP BY e.source_id, regexp_replace(left(e.message, 200), '[0-9]+', '#', 'g') "
        f"ORDER BY lower(min(e.level)) IN {_ERROR} DESC, 2, 1 LIMIT {limit:d}",
    )
    times = {_int(number): _int(count) for number, count, _ in rows}
    if not times:
        return []
    chosen = ", ".join(f"{number:d}" for number in times)
    found = _said(case, f"e.event_id IN ({chosen})", "e.ts, e.event_id", limit)
    return [_with_times(said, times[said.event_id]) for said in found]


def span(case: Case) -> tuple[int, int] | None:
    """The first and the last moment that any line is dated."""
    rows = ask(case, "SELECT epoch_ns(min(ts)), epoch_ns(max(ts)) FROM events WHERE ts IS NOT NULL")
    first, last = rows[0]
    return None if first is None or last is None else (_int(first), _int(last))


def cells(case: Case, first_ns: int, last_ns: int) -> tuple[int, list[Cell]]:
    """Width of a bin in seconds, and how much each file says in each bin, in order."""
    least = -(-(last_ns - first_ns) // (MAX_BINS * SECOND))
    width = next((step for step in BINS_S if step >= least), -(-least // DAY_S) * DAY_S)
    step = width * SECOND
    rows = ask(
        case,
        "SELECT s.path, b.bin, b.error, b.warning, b.other FROM (SELECT source_id, "
        f"epoch_ns(ts) // {step:d} * {step:d} AS bin, "
        f"count(*) FILTER (lower(level) IN {_ERROR}) AS error, "
        f"count(*) FILTER (lower(level) IN {_WARNING}) AS warning, "
        f"count(*) FILTER (level IS NULL OR lower(level) NOT IN ({_ERROR[1:-1]}, {_WARNING[1:-1]}))"
        f" AS other FROM events e WHERE {_between(first_ns, last_ns)} GROUP BY ALL) b "
        f"JOIN sources s USING (source_id) ORDER BY s.path, b.bin LIMIT {MAX_GROUPS:d}",
    )
    return width, [
        Cell(str(path), _int(start), _int(error), _int(warning), _int(other))
        for path, start, error, warning, other in rows
    ]


def gpu_readings(case: Case) -> list[Reading]:
    """All readings of GPUs that have a time, in order of GPU and time."""
    rows = ask(
        case,
        "SELECT gpu, epoch_ns(ts), memory_used_mib, memory_total_mib, temp_c, event_id FROM gpus "
        "WHERE gpu IS NOT NULL AND ts IS NOT NULL AND (memory_used_mib IS NOT NULL "
        f"OR temp_c IS NOT NULL) ORDER BY gpu, ts, event_id LIMIT {MAX_READINGS:d}",
    )
    return [
        Reading(
            str(gpu), _int(ts), _maybe(used), _maybe(total), _maybe(temp),
            _int(event) >> SOURCE_BITS,
        )
        for gpu, ts, used, total, temp, event in rows
    ]  # fmt: skip


def _said(case: Case, condition: str, order: str, limit: int) -> list[Said]:
    rows = ask(
        case,
        f"SELECT {_PLACE} {_FROM} WHERE {condition} ORDER BY {order} LIMIT {limit:d}",
    )
    return [said_of(row) for row in rows]


def said_of(row: Sequence[object]) -> Said:
    """A row of `_PLACE`."""
    event_id, path, line, end, offset, ts, quality, family, kind, level, message = row
    return Said(
        _int(event_id), str(path), _int(line), _int(end), _int(offset), _maybe(ts),
        cast("TimeQuality", quality if quality in QUALITIES else "none"), str(family), str(kind),
        None if level is None else str(level), str(message),
    )  # fmt: skip


def _with_times(said: Said, times: int) -> Said:
    return Said(
        said.event_id, said.source, said.line, said.line_end, said.offset, said.time_ns,
        said.time_quality, said.family, said.kind, said.level, said.message, times,
    )  # fmt: skip


def _between(first_ns: int, last_ns: int) -> str:
    return f"e.ts BETWEEN make_timestamp_ns({first_ns:d}) AND make_timestamp_ns({last_ns:d})"


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _maybe(value: object) -> int | None:
    return None if value is None else _int(value)
