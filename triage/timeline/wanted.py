"""What somebody wants to see of a timeline, as a condition on its events.

    Wanted(equal=(Equal("host", ("gpu-a07",)),), text="xid|oom").condition()

Values and patterns are parameters, never part of the SQL. Patterns are RE2, so that no text and no
pattern can hang a query; one in lower case ignores case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from triage.events import Value
from triage.patterns import PatternError, check, compiled
from triage.timeline.order import LEVELS

FACETS = ("path", "host", "node", "namespace", "pod", "container", "process", "pid", "gpu", "kind")
"""Columns that rows may be chosen by, in the order in which they are offered."""
WORDED = ("kind", "process", "host", "node", "namespace", "pod", "container", "gpu")
"""Columns beside the message that a pattern sees. They have few values, so a pattern is tried on
the values once and not on every row."""
Known = Mapping[str, Sequence[str]]
"""The values of the `WORDED` columns; one that has too many to try them all is missing."""
MIN_MENTION = 3
"""A shorter value is met in every text."""
MAX_DIGITS = 19
"""A longer number is no process id."""

Condition = tuple[str, list[object]]
"""SQL with question marks, and their values."""


@dataclass(frozen=True, slots=True)
class Equal:
    """A column holds one of some values."""

    column: str
    """One of `FACETS`."""
    values: tuple[Value, ...]
    """None: the rows where it is unknown."""

    @property
    def names(self) -> list[str]:
        """The values as text."""
        return ["unknown" if value is None else str(value) for value in self.values]


@dataclass(frozen=True, slots=True)
class About:
    """Everything about one thing: rows that name it in a field, or mention it in their text."""

    field: str
    """One of `FACETS`, or a field in `attrs`."""
    value: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows that meet all of this; nothing asked means all."""

    equal: tuple[Equal, ...] = ()
    about: About | None = None
    level: int = 0
    """Index into `LEVELS`: that severe or worse, and what a finding cites."""
    text: str = ""
    """A pattern."""

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.equal or self.about or self.level or self.text)

    def condition(self, known: Known, cited: Iterable[int] = ()) -> Condition:
        """SQL over the events and the path of their source, and its parameters.

        `cited`: row ids that stay whatever their level. Raises `PatternError`.
        """
        parts = [_equal(equal) for equal in self.equal]
        if self.about is not None:
            parts.append(_about(self.about))
        if self.level:
            worse = list(LEVELS[self.level :])
            parts.append(
                (
                    "(list_contains(?, level) OR events.rowid IN (SELECT unnest(?::BIGINT[])))",
                    [worse, list(cited)],
                )
            )
        if self.text:
            parts.append(speaks(self.text, known))
        sql = " AND ".join(part for part, _ in parts) or "true"
        return sql, [value for _, values in parts for value in values]

    def words(self) -> list[str]:
        """Each part in a few words, for a face."""
        said = [f"{equal.column} {' or '.join(equal.names)}" for equal in self.equal]
        if self.about is not None:
            said.append(f"about {self.about.field} {self.about.value}")
        if self.level:
            said.append(f"{LEVELS[self.level]} or worse")
        return [*said, f"&{self.text}"] if self.text else said


def whole_pattern(text: str) -> str:
    """A pattern as it is run: by lines, and without case unless it has capitals.

    Raises `PatternError` on what RE2 cannot run.
    """
    flags = "" if any(map(str.isupper, _unescaped(text))) else "i"
    if "^" in text or "$" in text:
        flags += "m"  # only then: DuckDB runs a plain text without flags as a substring search
    pattern = f"(?{flags}){text}" if flags else text
    check(pattern)
    return pattern


def speaks(text: str, known: Known) -> Condition:
    """The rows that a pattern is found in: in the message, or in a column that is shown with it."""
    pattern = whole_pattern(text)
    parts = ["regexp_matches(message, ?)"]
    values: list[object] = [pattern]
    found = compiled(pattern).search
    for column in WORDED:
        if column not in known:
            parts.append(f"coalesce(regexp_matches({column}, ?), false)")
            values.append(pattern)
            continue
        hit = [value for value in known[column] if found(value)]
        if hit:
            parts.append(f"coalesce(list_contains(?, {column}), false)")
            values.append(hit)
    if text.isdecimal() and len(text) < MAX_DIGITS:
        parts.append("coalesce(pid = ?, false)")
        values.append(int(text))
    return f"({' OR '.join(parts)})", values


def _unescaped(text: str) -> str:
    r"""Without `\S`, `\W` and the like, whose capitals say nothing about case."""
    return "".join(part[1:] if number else part for number, part in enumerate(text.split("\\")))


def _equal(equal: Equal) -> Condition:
    if equal.column not in FACETS:
        raise ValueError(equal.column)
    known = [str(value) for value in equal.values if value is not None]
    parts: list[str] = []
    values: list[object] = []
    if known:
        parts.append(f"list_contains(?, CAST({equal.column} AS VARCHAR))")
        values.append(known)
    if None in equal.values:
        parts.append(f"{equal.column} IS NULL")
    return f"({' OR '.join(parts)})", values


def _about(about: About) -> Condition:
    """By the field, or by its name in the text as a word of its own."""
    parts, values = [f"CAST({about.field} AS VARCHAR) = ?"], [about.value]
    if about.field not in FACETS:
        pointer = about.field.replace("~", "~0").replace("/", "~1")
        parts, values = ["json_extract_string(attrs, ?) = ?"], [f"/{pointer}", about.value]
    if len(about.value) >= MIN_MENTION:
        parts.append("(contains(message, ?) AND regexp_matches(message, ?))")
        values += [about.value, rf"(?:^|[^\w]){quoted(about.value)}(?:[^\w]|$)"]
    return f"({' OR '.join(parts)})", [*values]


def quoted(text: str) -> str:
    """The text as a pattern that matches it alone."""
    return "".join(c if c.isalnum() or c == "_" or ord(c) > 127 else f"\\{c}" for c in text)  # noqa: PLR2004 - ASCII


__all__ = [
    "FACETS", "WORDED", "About", "Equal", "Known", "PatternError", "Wanted", "quoted", "speaks",
    "whole_pattern",
]  # fmt: skip
