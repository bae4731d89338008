"""What `schema` is made of: tables that are filled, views that are derived, documented columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table (`type`) or of a view (`sql`)."""

    name: str
    doc: str
    type: str = ""
    """DuckDB type and constraints, for a table."""
    sql: str = ""
    """The expression that gives it, for a view; its own name unless given."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that the writer puts there."""

    name: str
    doc: str
    columns: tuple[Column, ...]

    def statements(self) -> Iterator[str]:
        """The SQL that makes it."""
        columns = ", ".join(f"{_name(column.name)} {column.type}" for column in self.columns)
        yield f"CREATE TABLE {self.name} ({columns})"
        yield from _comments("TABLE", self.name, self.doc, self.columns)


@dataclass(frozen=True, slots=True)
class View:
    """Rows that follow from other tables."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    source: str
    """All of the query from FROM on."""

    def statements(self) -> Iterator[str]:
        """The SQL that makes it."""
        columns = ", ".join(
            f"{column.sql or _name(column.name)} AS {_name(column.name)}" for column in self.columns
        )
        yield f"CREATE VIEW {self.name} AS SELECT {columns} {self.source}"
        yield from _comments("VIEW", self.name, self.doc, self.columns)


def _comments(what: str, name: str, doc: str, columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"COMMENT ON {what} {name} IS {_text(doc)}"
    for column in columns:
        yield f"COMMENT ON COLUMN {name}.{_name(column.name)} IS {_text(column.doc)}"


def _name(text: str) -> str:
    return f'"{text}"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
