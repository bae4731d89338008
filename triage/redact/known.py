"""Names that have no form of their own, from what is already known about a bundle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self

from triage.answer import Answer
from triage.events import Value

HOST_FIELDS = ("host", "node")
USER_FIELDS = ("user",)
POD_FIELDS = ("pod",)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?")
_VERSION = re.compile(r"v?\d+(?:[.:-]\d+)*")
_POD_SUFFIX = re.compile(r".*-[bcdfghjklmnpqrstvwxz2456789]{5}")
_WORDS = frozenset(
    (
        "localhost", "localhost.localdomain", "kernel", "none", "null", "unknown", "node", "host",
        "server", "info", "warning", "error", "debug", "root", "systemd", "kubelet", "containerd",
        "docker", "nvidia", "python", "python3", "default", "linux",
    )
)  # fmt: skip
"""What a wrapper may have taken for a host, or what tells nothing."""


class Rows(Protocol):
    """What a query gives: a DuckDB relation is one."""

    def fetchall(self) -> list[tuple[object, ...]]:
        """All rows."""


@dataclass(slots=True)
class Known:
    """Hosts, pods and users by name."""

    hosts: set[str] = field(default_factory=set)
    pods: set[str] = field(default_factory=set)
    """Names that end in a suffix which a controller appended."""
    users: set[str] = field(default_factory=set)

    @classmethod
    def of_answer(cls, answer: Answer) -> Self:
        """Those that findings name: enough for the answer, not for the whole timeline."""
        known = cls()
        for finding in answer.findings:
            for key, values in finding.entities.items():
                known.add(key, values)
        return known

    @classmethod
    def of_case(cls, query: Callable[[str], Rows]) -> Self:
        """Those of the whole timeline; `query` is `OpenCase.query` or `Case.sql`."""
        known = cls()
        for key in (*HOST_FIELDS, *POD_FIELDS):
            known.add(key, _column(query, key))
        for key in USER_FIELDS:
            known.add(key, _column(query, f"attrs->>'{key}'"))
        return known

    def add(self, key: str, values: Iterable[Value]) -> None:
        """Values of a field."""
        texts = [value for value in values if isinstance(value, str)]
        if key in HOST_FIELDS:
            self.hosts.update(filter(is_host, texts))
        elif key in POD_FIELDS:
            self.pods.update(text for text in texts if _POD_SUFFIX.fullmatch(text))
        elif key in USER_FIELDS:
            self.users.update(texts)


def _column(query: Callable[[str], Rows], column: str) -> list[str]:
    sql = f"SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL ORDER BY 1"  # noqa: S608  our names
    rows = query(sql)
    return [str(row[0]) for row in rows.fetchall()]


def is_host(name: str) -> bool:
    """Whether this can be a machine's own name: neither a word, a number nor an address."""
    return (
        len(name) > 1
        and _HOST.fullmatch(name) is not None
        and name.lower() not in _WORDS
        and _VERSION.fullmatch(name) is None
    )
