"""Patterns that run in linear time on hostile text.

All text comes from crashed machines and strangers, and one of the incidents this tool exists for
was a service hung by an exponential regular expression. So every pattern that meets a log line is
compiled here, by RE2, which cannot backtrack. No look-around, no backreferences; `(?P<name>...)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

import re2

MAX_TEXT = 65_536
"""Characters of one message that patterns see; a longer line is matched on its head."""


class Match(Protocol):
    """The part of a match object that we use."""

    def group(self, key: int | str = 0) -> str | None: ...
    def groupdict(self) -> dict[str, str | None]: ...
    def start(self, group: int = 0) -> int: ...
    def end(self, group: int = 0) -> int: ...


class Pattern(Protocol):
    """The part of a compiled pattern that we use."""

    @property
    def pattern(self) -> str: ...
    @property
    def groups(self) -> int: ...
    @property
    def groupindex(self) -> dict[str, int]: ...
    def search(self, text: str) -> Match | None: ...
    def match(self, text: str) -> Match | None: ...
    def fullmatch(self, text: str) -> Match | None: ...
    def finditer(self, text: str) -> Iterator[Match]: ...
    def sub(self, repl: str, text: str) -> str: ...


@cache
def compiled(pattern: str) -> Pattern:
    """A pattern that is compiled when it is first used, once per process.

    Most of the hundreds of patterns never meet their literal in a scan, and compiling all of them
    would cost more than reading a small bundle. Raises `PatternError` at first use on what RE2
    cannot run; `check` asks at once.
    """
    return cast("Pattern", _Lazy(pattern))


def check(pattern: str) -> None:
    """Raise `PatternError` if RE2 cannot run this."""
    _compile(pattern)


class _Lazy:
    """Stands in for a compiled pattern until somebody uses it; then it has the real methods."""

    __slots__ = ("__dict__", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __getattr__(self, name: str) -> object:
        real = _compile(self.pattern)
        for method in ("search", "match", "fullmatch", "finditer", "sub", "groups", "groupindex"):
            self.__dict__[method] = getattr(real, method)
        return getattr(real, name)


def _compile(pattern: str) -> object:
    return re2.compile(pattern, options=_options())


@cache
def _options() -> object:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return options


PatternError = re2.error
