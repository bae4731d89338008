"""Patterns that run in linear time on hostile text.

All text comes from crashed machines and strangers, and one of the incidents this tool exists for
was a service hung by an exponential regular expression. So every pattern that meets a log line is
compiled here, by RE2, which cannot backtrack. No look-around, no backreferences; `(?P<name>...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, cast

import re2

from triage.sieves import sieve_of

WARM = 300
"""Calls that take about as long as finding out what a pattern's matches must have."""
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
Spans = Sequence[tuple[int, int]]
"""Start and end, in bytes, of the match (0) and of each group; -1 where a group took no part."""

_ANCHORS = {
    "search": re2._re2.RE2.Anchor.UNANCHORED,  # noqa: SLF001  see `_finder`
    "match": re2._re2.RE2.Anchor.ANCHOR_START,  # noqa: SLF001
    "fullmatch": re2._re2.RE2.Anchor.ANCHOR_BOTH,  # noqa: SLF001
}


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
        if name in _ANCHORS:
            self.__dict__[name] = self._counted(name, _finder(self.pattern, name))
        elif name == "finditer":
            self.__dict__[name] = _walker(self.pattern)
        elif name == "sub":
            self.__dict__[name] = _replacer(self.pattern)
        else:
            self.__dict__[name] = getattr(_compile(self.pattern), name)
        return self.__dict__[name]

    def _counted(self, method: str, real: Finder) -> Finder:
        """The method, until it was called so often that a sieve before it pays."""
        left = WARM

        def call(text: str) -> Match | None:
            nonlocal left
            left -= 1
            if not left:
                self.__dict__[method] = _sifted(self.pattern, method, real)
            return real(text)

        return call


class _Found:
    """A match in a text of ASCII, where the places of bytes are those of characters."""

    __slots__ = ("_names", "_spans", "_text")

    def __init__(self, text: str, spans: Spans, names: Mapping[str, int]) -> None:
        self._text = text
        self._spans = spans
        self._names = names

    def group(self, key: int | str = 0) -> str | None:
        start, end = self._spans[self._names[key] if isinstance(key, str) else key]
        return None if start < 0 else self._text[start:end]

    def groupdict(self) -> dict[str, str | None]:
        text, spans = self._text, self._spans
        return {
            name: None if spans[number][0] < 0 else text[slice(*spans[number])]
            for name, number in self._names.items()
        }

    def start(self, group: int = 0) -> int:
        return self._spans[group][0]

    def end(self, group: int = 0) -> int:
        return self._spans[group][1]


class _FoundWide:
    """A match in another text: places are told in characters, and found out when asked for."""

    __slots__ = ("_data", "_names", "_spans")

    def __init__(self, data: bytes, spans: Spans, names: Mapping[str, int]) -> None:
        self._data = data
        self._spans = spans
        self._names = names

    def group(self, key: int | str = 0) -> str | None:
        start, end = self._spans[self._names[key] if isinstance(key, str) else key]
        return None if start < 0 else self._data[start:end].decode()

    def groupdict(self) -> dict[str, str | None]:
        return {name: self.group(number) for name, number in self._names.items()}

    def start(self, group: int = 0) -> int:
        return self._place(self._spans[group][0])

    def end(self, group: int = 0) -> int:
        return self._place(self._spans[group][1])

    def _place(self, at: int) -> int:
        return at if at < 0 else len(self._data[:at].decode())


def _finder(pattern: str, method: str) -> Finder:
    """The method on texts of any kind.

    It calls the package's binding of RE2 itself: the wrapper round it, which knows of positions,
    iteration and offsets in characters, takes longer than the search.
    """
    of_bytes = _compile(pattern.encode())
    names = _names(of_bytes)
    anchor = _ANCHORS[method]
    matched = of_bytes._regexp.Match  # noqa: SLF001

    def call(text: str) -> Match | None:
        data = text.encode()
        spans = matched(anchor, data, 0, len(data))
        if spans[0][0] < 0:
            return None
        is_ascii = len(data) == len(text)
        return _Found(text, spans, names) if is_ascii else _FoundWide(data, spans, names)

    return call


def _walker(pattern: str) -> Callable[[str], Iterator[Match]]:
    """All matches in texts of any kind."""
    of_bytes = _compile(pattern.encode())
    names = _names(of_bytes)
    anchor = _ANCHORS["search"]
    matched = of_bytes._regexp.Match  # noqa: SLF001

    def walk(text: str) -> Iterator[Match]:
        if not text.isascii():
            yield from _compile(pattern).finditer(text)
            return
        data, at, size = text.encode(), 0, len(text)
        while at <= size:
            spans = matched(anchor, data, at, size)
            start, end = spans[0]
            if start < 0:
                return
            yield _Found(text, spans, names)
            at = end + (end == at)  # behind an empty match the next one begins a character later

    return walk


def _replacer(pattern: str) -> Callable[[str, str], str]:
    """All matches in texts of any kind replaced."""
    walk = _walker(pattern)

    def replaced(repl: str, text: str) -> str:
        if "\\" in repl or not text.isascii():
            whole: str = _compile(pattern).sub(repl, text)
            return whole
        pieces: list[str] = []
        end = 0
        for found in walk(text):
            pieces += (text[end : found.start()], repl)
            end = found.end()
        return "".join((*pieces, text[end:])) if pieces else text

    return replaced


def _names(of_bytes: Any) -> dict[str, int]:  # noqa: ANN401  the package has no types
    return {name.decode(): number for name, number in of_bytes.groupindex.items()}


def _sifted(pattern: str, method: str, real: Finder) -> Finder:
    """The method behind a sieve, if there is one."""
    may_match = sieve_of(pattern, anchored=method != "search")
    if may_match is None:
        return real
    return lambda text: real(text) if may_match(text) else None


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
