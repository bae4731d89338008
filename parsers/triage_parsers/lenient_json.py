"""JSON as logs and pastes hold it: NaN, trailing commas, typographic quotes, Python's repr.

Strict JSON is for files; this reads what an object's author meant. Linear in the text: one pass of
tokens, a bounded depth, no going back. It never raises; what it cannot read is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from triage.patterns import compiled

Json: TypeAlias = "JsonObject | JsonArray | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"
JsonArray: TypeAlias = "list[Json]"

MAX_DEPTH = 40
MAX_TOKENS = 100_000
MAX_DIGITS = 300

_TOKEN = compiled(
    r"\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^'\\]|\\.)*)'"
    r"|(?P<number>[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[+-]?[A-Za-z_][\w.]*)|(?P<mark>[{}\[\]():,])|(?P<other>\S)"
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "none": None}
_NUMBERS = frozenset({"nan", "inf", "infinity"})
_ESCAPE = compiled(r"\\(?:u[0-9a-fA-F]{4}|.)")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class _UnreadableError(ValueError):
    """The text is no object in any dialect known here."""


def read_object(text: str) -> JsonObject | None:
    """The object at the start of the text; what follows it is ignored."""
    tokens = _Tokens(text.translate(_QUOTES))
    try:
        value = _value(tokens, 0)
    except _UnreadableError:
        return None
    return value if isinstance(value, dict) else None


class _Tokens:
    """Tokens with one in hand."""

    def __init__(self, text: str) -> None:
        self.found = self._all(text)
        self.count = 0
        self.kind = ""
        self.text = ""
        self.step()

    @staticmethod
    def _all(text: str) -> Iterator[tuple[str, str]]:
        for match in _TOKEN.finditer(text):
            for kind, value in match.groupdict().items():
                if value is not None:
                    yield kind, value
                    break

    def step(self) -> None:
        """Take the next token in hand; kind `end` after the last."""
        self.count += 1
        if self.count > MAX_TOKENS:
            raise _UnreadableError
        self.kind, self.text = next(self.found, ("end", ""))

    def is_mark(self, marks: str) -> bool:
        """One of these brackets or separators is in hand."""
        return self.kind == "mark" and self.text in marks


def _value(tokens: _Tokens, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise _UnreadableError
    kind, text = tokens.kind, tokens.text
    tokens.step()
    if kind == "mark" and text == "{":
        return _object(tokens, depth)
    if kind == "mark" and text in "[(":
        return _array(tokens, depth)
    if kind in {"double", "single"}:
        return _unescaped(text)
    if kind == "number":
        return _number(text)
    if kind == "word":
        return _word(tokens, text, depth)
    raise _UnreadableError


def _object(tokens: _Tokens, depth: int) -> JsonObject:
    fields: JsonObject = {}
    while not tokens.is_mark("}"):
        if tokens.kind not in {"double", "single", "word", "number"}:
            raise _UnreadableError
        key = tokens.text
        tokens.step()
        if not tokens.is_mark(":"):
            raise _UnreadableError
        tokens.step()
        fields[key] = _value(tokens, depth + 1)
        if tokens.is_mark(","):
            tokens.step()
        elif not tokens.is_mark("}"):
            raise _UnreadableError
    tokens.step()
    return fields


def _array(tokens: _Tokens, depth: int) -> JsonArray:
    items: JsonArray = []
    while not tokens.is_mark("])"):
        items.append(_value(tokens, depth + 1))
        if tokens.is_mark(","):
            tokens.step()
        elif not tokens.is_mark("])"):
            raise _UnreadableError
    tokens.step()
    return items


def _word(tokens: _Tokens, text: str, depth: int) -> Json:
    """A literal, a number that is none, or a call such as `array([0.1, nan])`."""
    lower = text.lower()
    if lower in _WORDS:
        return _WORDS[lower]
    number = lower.lstrip("+-").rsplit(".", 1)[-1]
    if number in _NUMBERS:
        return float(("-" if lower.startswith("-") else "") + number)
    if tokens.is_mark("("):
        tokens.step()
        items = _call(tokens, depth + 1)
        return items[0] if items else None
    raise _UnreadableError


def _call(tokens: _Tokens, depth: int) -> JsonArray:
    """The arguments of `np.float32(0.3)`; `dtype=float32` and the like are passed over."""
    items: JsonArray = []
    while not tokens.is_mark(")"):
        if tokens.kind in {"end", "other"} and tokens.text != "=":
            raise _UnreadableError
        if tokens.kind == "word" and not items:
            items.append(_value(tokens, depth))
        elif tokens.kind in {"word", "other"} or tokens.is_mark(",:"):
            tokens.step()
        else:
            items.append(_value(tokens, depth))
    tokens.step()
    return items


def _number(text: str) -> Json:
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        return None
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    parts: list[str] = []
    end = 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[end : match.start()])
        escape = (match.group() or "")[1:]
        parts.append(chr(int(escape[1:], 16)) if len(escape) > 1 else _SIMPLE.get(escape, escape))
        end = match.end()
    return "".join((*parts, text[end:]))
