"""Rows of a relation as text: a table to look at, CSV and JSON to work with.

Rows stream: the memory in use does not grow with their number. Instants are written as
`2024-05-14T03:02:14.550000Z`, with nine digits where microseconds do not say all.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import TextIO

import duckdb
import msgspec

from triage.bundle.visible import visible
from triage.errors import CaseError
from triage.timeline.arrow import json_of
from triage.timeline.sealed import explained

FORMATS = ("table", "csv", "json", "jsonl")
BATCH = 2048
CELL = 400
"""Characters of one cell of a table."""
NULL = "NULL"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - arithmetic alone; all instants of a case are UTC
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

_AS_THEY_ARE = frozenset(
    {
        "boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger",
        "ubigint", "hugeint", "uhugeint", "decimal", "float", "double", "varchar",
    }
)  # fmt: skip
_NESTED = frozenset({"list", "array", "struct", "map", "union", "variant"})

Row = tuple[object, ...]


def write_rows(
    relation: duckdb.DuckDBPyRelation,
    fmt: str,
    out: TextIO,
    *,
    limit: int | None = None,
    color: bool = False,
) -> int:
    """Write the rows in one of `FORMATS`; returns how many.

    `limit` cuts them, which a table says below them. Raises `CaseError` when the query fails.
    """
    if limit is not None:
        relation = relation.limit(limit + 1)
    write = {"table": _table, "csv": _csv, "json": _json, "jsonl": _jsonl}[fmt]
    return write(_Rows(relation, limit), out, color)


def texts(relation: duckdb.DuckDBPyRelation, limit: int) -> tuple[list[str], list[list[str]]]:
    """Names of the columns and some rows, as a table shows them. Raises `CaseError`."""
    rows = _Rows(relation.limit(limit), limit)
    return [_shown(name) for name in rows.names], [[_shown(value) for value in row] for row in rows]


class _Rows:
    """The rows of a relation as Python values."""

    def __init__(self, relation: duckdb.DuckDBPyRelation, limit: int | None) -> None:
        self.limit = limit
        self.names = _unique(relation.columns)
        kinds = [str(kind.id) for kind in relation.types]
        self.are_json = [
            kind in _NESTED or str(whole) == "JSON"
            for kind, whole in zip(kinds, relation.types, strict=True)
        ]
        # By position, since two columns may have one name.
        self.relation = relation.project(
            ", ".join(_column(f"#{number}", kind) for number, kind in enumerate(kinds, start=1))
        )
        self.count = 0
        self.cut = False
        """More rows than the limit were there."""

    def __iter__(self) -> Iterator[Row]:
        for row in self._all():
            if self.count == self.limit:
                self.cut = True
                return
            self.count += 1
            yield row

    def _all(self) -> Iterator[Row]:
        try:
            with closing(self.relation.to_arrow_reader(BATCH)) as reader:
                readers = [_reader(field.type) for field in reader.schema]
                for batch in reader:
                    columns = [
                        read(column) for read, column in zip(readers, batch.columns, strict=True)
                    ]
                    yield from zip(*columns, strict=True)
        except duckdb.Error as error:
            raise CaseError(explained(error)) from error


def _column(name: str, kind: str) -> str:
    """The SQL that turns a column into something that Arrow hands over whole."""
    if kind in _AS_THEY_ARE or kind.startswith("timestamp"):
        return name
    return f"to_json({name})" if kind in _NESTED else f"CAST({name} AS VARCHAR)"


def _reader(kind: object) -> Callable[..., list[object]]:
    """What makes Python values of an Arrow column of this type."""
    unit = getattr(kind, "unit", None)
    if not str(kind).startswith("timestamp") or unit not in _PER_SECOND:
        return _values
    scale = 10**9 // _PER_SECOND[unit]

    def instants(column: object) -> list[object]:
        numbers: list[int | None] = column.cast("int64").to_pylist()  # type: ignore[attr-defined]  # pyarrow ships no types
        return [None if number is None else _instant(number * scale) for number in numbers]

    return instants


def _values(column: object) -> list[object]:
    values: list[object] = column.to_pylist()  # type: ignore[attr-defined]  # pyarrow ships no types
    return values


def _instant(time_ns: int) -> str:
    seconds, nanos = divmod(time_ns, 10**9)
    try:
        head = (_EPOCH + timedelta(seconds=seconds)).isoformat()
    except OverflowError:  # infinity, or a year that no calendar of ours has
        return f"{time_ns} ns"
    micros, rest = divmod(nanos, 1000)
    return f"{head}.{micros:06d}{f'{rest:03d}' if rest else ''}Z"


def _unique(names: Sequence[str]) -> list[str]:
    """`a, a` becomes `a, a_1`: the keys of an object must differ."""
    seen: set[str] = set()
    unique = []
    for name in names:
        candidates = itertools.chain([name], (f"{name}_{n}" for n in itertools.count(1)))
        unique.append(next(candidate for candidate in candidates if candidate not in seen))
        seen.add(unique[-1])
    return unique


def _csv(rows: _Rows, out: TextIO, color: bool) -> int:  # noqa: ARG001, FBT001 - one form for all
    # A file gets the data as they are; a terminal must not be steered by them.
    clean = _shown if out.isatty() else _text
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.names)
    for row in rows:
        writer.writerow(["" if value is None else clean(value) for value in row])
    return rows.count


def _json(rows: _Rows, out: TextIO, color: bool) -> int:  # noqa: ARG001, FBT001 - one form for all
    out.write("[")
    for line in _objects(rows):
        out.write(",\n " if rows.count > 1 else "\n ")
        out.write(line)
    out.write("\n]\n" if rows.count else "]\n")
    return rows.count


def _jsonl(rows: _Rows, out: TextIO, color: bool) -> int:  # noqa: ARG001, FBT001 - one form for all
    out.writelines(line + "\n" for line in _objects(rows))
    return rows.count


def _objects(rows: _Rows) -> Iterator[str]:
    for row in rows:
        values = (
            _parsed(value) if is_json else value
            for value, is_json in zip(row, rows.are_json, strict=True)
        )
        yield json_of(dict(zip(rows.names, values, strict=True)))


def _parsed(value: object) -> object:
    """The JSON in a text; DuckDB writes NaN in lists, which is none and stays text."""
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _shown(value: object) -> str:
    return NULL if value is None else visible(_text(value), CELL).replace("\t", "    ")


def _table(rows: _Rows, out: TextIO, color: bool) -> int:  # noqa: FBT001 - one form for all
    from rich.cells import cell_len  # noqa: PLC0415  the other forms measure no widths

    stream = iter([_shown(value) for value in row] for row in rows)
    head = list(itertools.islice(stream, BATCH))  # widths come from the first rows
    names = [_shown(name) for name in rows.names]
    columns = zip(names, *head, strict=True)
    widths = [max(map(cell_len, column)) for column in columns]
    widths[-1] = cell_len(names[-1])  # nothing stands right of it

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
        )
        return "  ".join(padded).rstrip() + "\n"

    header = line(names)
    out.write(f"{_BOLD}{header[:-1]}{_PLAIN}\n" if color else header)
    out.write(line(["-" * width for width in widths]))
    out.writelines(line(cells) for cells in itertools.chain(head, stream))
    if rows.cut:
        out.write(f"... only the first {rows.count:,} rows are shown\n")
    return rows.count
