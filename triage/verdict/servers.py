"""A server that several machines miss: what its clients say is one incident, not one for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from triage.signatures.grade import Graded, entity_keys

NO_SERVER = frozenset({"_", "localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  told, not bound
"""What a line says where it means no server that others know too."""


def of_one_server(findings: Sequence[Graded]) -> Iterator[tuple[int, int]]:
    """Pairs of findings of one signature, by index, that miss one server: enough to tie all.

    A symptom names the server that its proxy serves as, which two incidents share.
    """
    named: dict[tuple[str, str], list[int]] = {}
    for index, finding in enumerate(findings):
        if finding.role == "symptom":
            continue
        for server in entity_keys(finding.group, "server"):
            if server not in NO_SERVER:
                named.setdefault((finding.id, server), []).append(index)
    for indexes in named.values():
        yield from pairwise(indexes)
