"""Which package versions fit each other: the table of facts, strictly decoded and ready to ask.

The facts are data (`triage_parsers/data/compat.toml`), one row with its source each; this module
knows how to read them and nothing else. A typo in the table is an error, not a lost row.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

Level = Literal["local", "patch", "minor", "major"]
LEVELS: tuple[Level, ...] = ("local", "patch", "minor", "major")
"""Differences of two versions, the smallest first."""


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`package` in `versions` needs `other` in `requires`."""

    package: str
    versions: str
    other: str
    requires: str
    source: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pairs that hold for one reason."""

    id: str
    why: str
    pairs: tuple[Pair, ...]
    unless_tag: tuple[str, ...] = ()
    """Builds of the package (beginnings of their local tag) of which the pairs do not speak."""


class NotNewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`package` may not be newer than another one that has the same numbering."""

    package: str
    than: str
    why: str
    rule: str
    source: str


class Builds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Packages whose builds must be for the same CUDA."""

    packages: tuple[str, ...]
    why: str
    rule: str
    source: str


class Nightly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Packages whose nightly builds fit only nightlies of the same days."""

    packages: tuple[str, ...]
    max_days: int
    why: str
    rule: str
    source: str


class Matter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which difference on two environments do not behave alike."""

    package: str
    level: Level
    why: str
    source: str


class Compat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    matters: tuple[Matter, ...]
    sources: dict[str, str]
    aliases: dict[str, str]
    rule: tuple[Rule, ...]
    not_newer: tuple[NotNewer, ...]
    local_tags: tuple[Builds, ...]
    nightly: tuple[Nightly, ...]


@cache
def compat() -> Compat:
    """The table that is shipped."""
    path = files("triage_parsers") / "data" / "compat.toml"
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Compat)


@cache
def pairs_of(package: str) -> tuple[tuple[Rule, Pair], ...]:
    """All pairs that speak of a package."""
    return _pairs().get(package, ())


@cache
def _pairs() -> dict[str, tuple[tuple[Rule, Pair], ...]]:
    found: defaultdict[str, list[tuple[Rule, Pair]]] = defaultdict(list)
    for rule in compat().rule:
        for pair in rule.pairs:
            found[pair.package].append((rule, pair))
    return {package: tuple(pairs) for package, pairs in found.items()}


@cache
def matter_of(package: str) -> Matter | None:
    """The row that says when a package's difference matters."""
    return next((row for row in compat().matters if row.package == package), None)


def library(package: str) -> str:
    """The library behind a package name: conda's `pytorch` is `torch`."""
    return compat().aliases.get(package, package)


@cache
def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(text)


def within(version: Version, specifier: str) -> bool:
    """Whether a version is in a specifier set; pre-releases count, local tags do not."""
    return _specifier(specifier).contains(version, prereleases=True)


def parsed(text: str) -> Version | None:
    """The version, if PEP 440 knows it."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def difference(one: str, other: str) -> Level | None:
    """How far two versions are apart; None when they are the same."""
    a, b = parsed(one), parsed(other)
    if a is None or b is None:
        return None if one == other else _loose(one, other)
    if a == b:
        return None
    if a.epoch != b.epoch or a.major != b.major:
        return "major"
    if a.minor != b.minor:
        return "minor"
    return "local" if a.public == b.public else "patch"


def _loose(one: str, other: str) -> Level:
    """Versions that only a distribution's packager understands: compared field by field."""
    a, b = one.split(".", 2), other.split(".", 2)
    if a[0] != b[0]:
        return "major"
    return "minor" if a[1:2] != b[1:2] else "patch"
