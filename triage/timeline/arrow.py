"""Rows for DuckDB as Arrow tables, column by column: events by the batch, and the answer's parts.

Text is made storable here: secrets are masked, what is endless is cut, and what UTF-8 cannot hold
(a lone surrogate from a JSON escape) is spelled out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import msgspec
import pyarrow as pa

from triage.events import Event, Fields, Value
from triage.patterns import MAX_TEXT
from triage.secrets import mask
from triage.timeline.tables import Table

TEXT_FIELDS = ("host", "node", "process", "gpu", "pod", "namespace", "container", "level")
"""Fields that have a column of text of their own."""
PROMOTED = frozenset((*TEXT_FIELDS, "pid"))
CUT = " …[cut]"
INT64 = 2**63 - 1
LOOKED_AT = 64
"""Messages that are searched for secrets at once."""
CACHED_TEXT = 200
"""Longer values are rarely met twice, and a cache must not hold megabytes."""

_TYPES = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "JSON": pa.string(),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "UINTEGER": pa.uint32(),
    "BIGINT": pa.int64(),
    "UBIGINT": pa.uint64(),
    "TIMESTAMP_NS": pa.timestamp("ns"),
}
_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, and where it belongs in the case."""

    event_id: int
    source_id: int
    event: Event


def rows(table: Table, columns: Sequence[Iterable[object]]) -> pa.Table:
    """An Arrow table in the table's types. Text in it must be storable.

    A column that is one of Arrow's already has its type.
    """
    arrays = [
        values
        if isinstance(values, pa.Array | pa.ChunkedArray)
        else pa.array(values, _TYPES[column.type.split()[0]])
        for column, values in zip(table.columns, columns, strict=True)
    ]
    return pa.table(arrays, names=[column.name for column in table.columns])


def event_rows(table: Table, batch: Sequence[Placed]) -> pa.Table:
    """One row an event, in the order of `schema.EVENTS`."""
    events = [placed.event for placed in batch]
    fields = [event.fields for event in events]
    pids = [_pid(of_event) for of_event in fields]
    return rows(
        table,
        [
            [placed.event_id for placed in batch],
            [placed.source_id for placed in batch],
            [event.line for event in events],
            [event.line_end for event in events],
            [event.offset for event in events],
            [instant(event.time_ns) for event in events],
            [event.time_quality for event in events],
            [event.uptime for event in events],
            [event.boot for event in events],
            [event.stamp and storable(event.stamp.text) for event in events],
            [storable(event.kind) for event in events],
            [event.family for event in events],
            *(_texts(name, fields) for name in TEXT_FIELDS[:2]),
            pids,
            *(_texts(name, fields) for name in TEXT_FIELDS[2:]),
            messages([event.message for event in events]),
            map(_attrs, fields, pids),
        ],
    )


def messages(texts: Sequence[str]) -> pa.Array:
    """What was said, as it is stored."""
    return pa.array([storable(cut(text)) for text in masked(texts)], pa.string_view())


def masked(texts: Sequence[str]) -> Iterator[str]:
    """The texts without secrets.

    Some at a time: one look at many costs a tenth of many looks, and a private key that was logged
    line by line is one only together. Masking keeps the lines, so what was joined can be parted.
    """
    for start in range(0, len(texts), LOOKED_AT):
        some = texts[start : start + LOOKED_AT]
        together = "\n".join(some)
        shown = mask(together)
        yield from some if shown is together else _parted(shown, some)


def _parted(shown: str, texts: Sequence[str]) -> Iterator[str]:
    rows = iter(shown.split("\n"))
    for text in texts:
        yield "\n".join(islice(rows, text.count("\n") + 1))


def cut(text: str) -> str:
    """No longer than what patterns see; the file itself still says all, at its line and offset."""
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + CUT


def storable(text: str) -> str:
    """The text itself; where it holds lone surrogates, with these spelled out."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def json_of(value: object) -> str:
    """JSON text; integers that no 64 bits hold become text."""
    try:
        return _JSON.encode(value).decode()
    except (OverflowError, UnicodeEncodeError):
        return _JSON.encode(_encodable(value)).decode()


def _encodable(value: object) -> object:
    if isinstance(value, dict):
        return {storable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int) and not -INT64 - 1 <= value <= INT64:
        return str(value)
    return value


def instant(time_ns: int | None) -> int | None:
    """NULL outside the years 1677 to 2262; the two ends mean infinity to DuckDB."""
    return time_ns if time_ns is not None and -INT64 < time_ns < INT64 else None


def _pid(fields: Fields) -> int | None:
    value = fields.get("pid")
    if isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value <= INT64:
        return value
    return None


def _texts(name: str, fields: Iterable[Fields]) -> list[str | None]:
    return [
        None if (value := of_event.get(name)) is None else str(_safe(name, value))
        for of_event in fields
    ]


def _attrs(fields: Fields, pid: int | None) -> str | None:
    if fields.keys() <= PROMOTED and pid == fields.get("pid"):
        return None
    rest = {name: _safe(name, value) for name, value in fields.items() if name not in PROMOTED}
    if pid is None and "pid" in fields:
        rest["pid"] = _safe("pid", fields["pid"])
    return json_of(rest)


def _safe(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    return _masked(name, value) if len(value) > CACHED_TEXT else _masked_again(name, value)


def _masked(name: str, value: str) -> str:
    """The value without secrets; its name counts too, since `password: tiger` is told by it."""
    return storable(cut(mask(f"{name}={value}").removeprefix(f"{name}=")))


_masked_again = lru_cache(maxsize=8192)(_masked)
