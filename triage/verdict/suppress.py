"""Suppressions: findings that somebody has looked at and does not want to see again for now.

A suppression is a document of its own, never a switch in a signature. It names what it hides (an
id or a glob), on what condition, why, and until when; all four are required. It hides single hits,
not whole findings: one that also happened elsewhere stays. The answer lists what was hidden, by
which file and for which reason, and an expired suppression hides nothing and says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from msgspec import Struct

from triage.answer import Suppressed
from triage.entities import gpu_key
from triage.errors import SuppressionError
from triage.signatures.fold import Group, KeptHit

FORMAT = 1
MAX_FILE_BYTES = 1 << 20
SOURCE, TEXT = "source", "text"
"""Conditions on where a hit stands and what the line says; all others name a field of the hit."""


class Suppression(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision of somebody."""

    id: str
    """Of the signature, or a glob."""
    when: dict[str, str | int]
    """Field to value or glob; all must hold. `source` is the file, `text` a part of the line."""
    reason: str
    until: date
    """The last day on which it hides."""


class SuppressionFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file holds."""

    suppress: list[Suppression]
    format: int = FORMAT


@dataclass(slots=True)
class Rule:
    """A suppression, where it stands, and what it has hidden."""

    suppression: Suppression
    origin: str
    hits: int = 0
    titles: dict[str, int] = field(default_factory=dict)

    def hides(self, group: Group, hit: KeptHit) -> bool:
        """The id fits and every condition holds."""
        wanted = self.suppression
        return fnmatchcase(group.signature.id, wanted.id) and all(
            _holds(name, str(value), hit) for name, value in wanted.when.items()
        )


def load(paths: Iterable[Path]) -> list[Rule]:
    """The suppressions of all files, in their order. Raises `SuppressionError`."""
    return [Rule(one, path.name) for path in paths for one in _read(path)]


def _read(path: Path) -> Sequence[Suppression]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            message = f"{path}: over {MAX_FILE_BYTES >> 20} MiB; is this a file of suppressions?"
            raise SuppressionError(message)
        read = msgspec.convert(tomllib.loads(path.read_text("utf-8")), SuppressionFile)
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {error}"
        raise SuppressionError(message) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{path}: {error}; each [[suppress]] needs id, when, reason and until"
        raise SuppressionError(message) from error
    for number, one in enumerate(read.suppress, start=1):
        missing = [
            name
            for name, value in (("id", one.id), ("when", one.when), ("reason", one.reason))
            if not (value.strip() if isinstance(value, str) else value)
        ]
        if missing:
            message = f"{path}: suppression {number}: {missing[0]} is empty; say what is meant"
            raise SuppressionError(message)
    if read.format != FORMAT:
        message = f"{path}: format {read.format} is unknown to this version (it reads {FORMAT})"
        raise SuppressionError(message)
    return read.suppress


def hide(
    groups: Sequence[Group], rules: Sequence[Rule], today: date
) -> tuple[list[Group], list[Suppressed], list[str]]:
    """What is left, what was hidden, and warnings about suppressions that hide no more."""
    live = [rule for rule in rules if rule.suppression.until >= today]
    left = [group for group in groups if not live or _keep(group, live)]
    hidden = [
        Suppressed(
            id=signature_id,
            count=count,
            by=rule.origin,
            reason=rule.suppression.reason,
            until=rule.suppression.until.isoformat(),
        )
        for rule in live
        for signature_id, count in sorted(rule.titles.items())
    ]
    expired = [
        f"{rule.origin}: the suppression of {rule.suppression.id} ended on"
        f" {rule.suppression.until.isoformat()} and hides nothing any more: renew or delete it"
        for rule in rules
        if rule.suppression.until < today
    ]
    return left, hidden, expired


def _keep(group: Group, rules: Sequence[Rule]) -> bool:
    """Take the hidden hits out of a group; false when nothing is left of it."""

    def stays(hit: KeptHit) -> bool:
        rule = next((rule for rule in rules if rule.hides(group, hit)), None)
        if rule is not None:
            titles = rule.titles
            titles[group.signature.id] = titles.get(group.signature.id, 0) + 1
        return rule is None

    return group.filter(stays)


def _holds(name: str, wanted: str, hit: KeptHit) -> bool:
    if name == SOURCE:
        return fnmatchcase(hit.place.source, wanted)
    if name == TEXT:
        return wanted in hit.text
    return _fits(name, wanted, hit.fields)


def _fits(name: str, wanted: str, fields: Mapping[str, object]) -> bool:
    value = fields.get(name)
    if value is None:
        return False
    if name == "gpu":
        return gpu_key(str(value)) == gpu_key(wanted) or fnmatchcase(str(value), wanted)
    return fnmatchcase(str(value), wanted)
