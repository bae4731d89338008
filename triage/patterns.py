"""Patterns that run in linear time on hostile text.

All text comes from crashed machines and strangers, and one of the incidents this tool exists for
was a service hung by an exponential regular expression. So every pattern that meets a log line is
compiled here, by RE2, which cannot backtrack. No look-around, no backreferences; `(?P<name>...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol, cast

import re2

from triage.literals import certain_literals

WARM = 64
"""Calls after which a pattern's literals are worth finding."""
FEW = 6
"""Literals that are looked for one by one."""
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


Finder = Callable[[str], Match | None]
SpanOf = Callable[[int], tuple[int, int]]
"""Start and end of the match (0) and of each group; -1 where a group took no part."""


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
    """Stands in for a compiled pattern until somebody uses it; then it has the real methods.

    A pattern that is used often looks for its literal first: most patterns meet most texts in
    vain, and `in` finds that out in a thirtieth of the time of a call to RE2.
    """

    __slots__ = ("__dict__", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __getattr__(self, name: str) -> object:
        for method in ("search", "match"):
            self.__dict__[method] = self._counted(method, _finder(self.pattern, method))
        if name not in self.__dict__:
            real = _compile(self.pattern)
            for method in ("fullmatch", "finditer", "sub", "groups", "groupindex"):
                self.__dict__[method] = getattr(real, method)
        return self.__dict__[name]

    def _counted(self, method: str, real: Finder) -> Finder:
        """The method until it was called so often that its literals are worth finding."""
        left = WARM

        def call(text: str) -> Match | None:
            nonlocal left
            left -= 1
            if not left:
                self.__dict__[method] = _filtered(self.pattern, real)
            return real(text)

        return call


class _Found:
    """A match in a text of ASCII, where the places of bytes are those of characters."""

    __slots__ = ("_names", "_span", "_text")

    def __init__(self, text: str, span: SpanOf, names: Mapping[str, int]) -> None:
        self._text = text
        self._span = span
        self._names = names

    def group(self, key: int | str = 0) -> str | None:
        start, end = self._span(key if isinstance(key, int) else self._names[key])
        return None if start < 0 else self._text[start:end]

    def groupdict(self) -> dict[str, str | None]:
        return {name: self.group(number) for name, number in self._names.items()}

    def start(self, group: int = 0) -> int:
        return self._span(group)[0]

    def end(self, group: int = 0) -> int:
        return self._span(group)[1]


def _finder(pattern: str, method: str) -> Finder:
    """The method on texts of any kind: RE2's own wrapper spends most of its time on offsets."""
    of_bytes = _compile(pattern.encode())
    on_bytes = getattr(of_bytes, method)
    names = {name.decode(): number for name, number in of_bytes.groupindex.items()}

    def call(text: str) -> Match | None:
        if not text.isascii():
            found: Match | None = getattr(_compile(pattern), method)(text)
            return found
        found_bytes = on_bytes(text.encode())
        return None if found_bytes is None else _Found(text, found_bytes.span, names)

    return call


def _filtered(pattern: str, real: Finder) -> Finder:
    """The method behind a look for the literals, one of which each match must hold."""
    literals = certain_literals(pattern)
    if not literals or len(literals) > FEW:
        return real
    if len(literals) == 1:
        (only,) = literals
        return lambda text: real(text) if only in text else None

    def call(text: str) -> Match | None:
        for literal in literals:
            if literal in text:
                return real(text)
        return None

    return call


@cache
def _compile(pattern: str | bytes) -> Any:  # noqa: ANN401  the package has no types
    return re2.compile(pattern, options=_options())


@cache
def _options() -> object:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return options


PatternError = re2.error
