"""JSON that may be damaged, as a tree that knows its lines.

Objects reach a bundle whole, as the middle of a page, or cut off; `json` reads only the first kind.
This reader walks line by line, takes what it finds and never refuses: what closes without having
been opened was opened above the excerpt, what is still open at the end was cut. Python's own
notation (`'exit_code': 137, 'message': None`), as clients of the API log it, is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in typeshed

Scalar = str | int | float | bool | None

MAX_DEPTH = 100
"""Levels; deeper ones are passed over."""
MAX_NUMBER = 18
_CONSTANTS: dict[str, Scalar] = {
    "true": True, "True": True, "false": False, "False": False,
    "null": None, "None": None, "~": None,
}  # fmt: skip
_SPACE = " \t\r\n,:;"
_ENDS = ",}]) \t\r\n"
_OPENERS = ("{", "[")
_BRACKETS = (*_OPENERS, "}", "},", "]", "],")
_PAIRS = (3, 5)
"""Parts into which quotes cut `"key": 3` and `"key": "text"`."""


class Mapping(dict[str, object]):
    """A mapping with the first and the last line that it stands on."""

    __slots__ = ("first", "last")

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first
        self.last = first


def scalar_of(text: str) -> Scalar:
    """A bare word as JSON, YAML or Python means it."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < MAX_NUMBER:
        return int(text)
    return text


def whole_json(text: str, start: int = 0) -> object | None:
    """The JSON value that stands at `start`, or None when it is damaged."""
    try:
        value: object = _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None
    return value


_DECODER = json.JSONDecoder(strict=False)


def loose_json(texts: Sequence[str], first: int) -> list[object]:
    """The outermost mappings and lists of these lines; the first of them is line `first`."""
    reader = _Reader(first)
    for offset, text in enumerate(texts):
        reader.line(first + offset, text)
    return reader.finish(first + max(len(texts) - 1, 0))


class _Frame:
    """An open mapping or list."""

    __slots__ = ("closer", "key", "value")

    def __init__(self, value: Mapping | list[object], closer: str) -> None:
        self.value = value
        self.closer = closer
        self.key: str | None = None


class _Reader:
    """Takes lines and builds the tree."""

    def __init__(self, first: int) -> None:
        self.root = _Frame(Mapping(first), "")
        self.done: list[object] = []
        self.stack = [self.root]
        self.index = first
        self.skipped = 0
        self.partial: str | None = None
        self.quote = '"'

    def line(self, index: int, text: str) -> None:
        """Take the tokens of one line."""
        self.index = index
        text = text.strip()
        at = 0
        if self.partial is not None:
            at = self._continue(text)
        elif self._plain(text):
            return
        while at < len(text):
            char = text[at]
            if char in _SPACE:
                at += 1
            elif char in "\"'":
                at = self._string(text, at)
            elif char in "{[":
                self._open(char)
                at += 1
            elif char in "}]":
                self._close(char)
                at += 1
            else:
                at = self._bare(text, at)

    def _plain(self, text: str) -> bool:
        """Take a line as programs print it: one bracket, or a key with its value."""
        if text in _BRACKETS:
            (self._open if text in _OPENERS else self._close)(text[0])
            return True
        parts = text.removesuffix(",").split('"')
        if len(parts) not in _PAIRS or parts[0] or "\\" in text:
            return False
        _, key, word, *quoted = parts
        word = word.removeprefix(": ") if word.startswith(": ") else ","
        is_text = bool(quoted) and not word and not quoted[1]
        if not (is_text or (not quoted and (word in _OPENERS or word.isalnum()))):
            return False
        self.stack[-1].key = _camel(key)
        if word in _OPENERS:
            self._open(word)
        else:
            self._value(quoted[0] if is_text else scalar_of(word))
        return True

    def finish(self, last: int) -> list[object]:
        """Close what is open and give the outermost mappings and lists."""
        if self.partial is not None:
            self._value(self.partial)
        for frame in self.stack:
            if isinstance(frame.value, Mapping):
                frame.value.last = last
        if self.root.value:
            assert isinstance(self.root.value, Mapping)
            self.done.append(self.root.value)
        return self.done

    def _string(self, text: str, at: int) -> int:
        """A key or a text; one without an end on this line may go on below."""
        value, end = _scan(text, at)
        if end < 0:
            self.partial, self.quote = value, text[at]
            return len(text)
        after = end
        while after < len(text) and text[after] == " ":
            after += 1
        if text[after : after + 1] == ":":
            self.stack[-1].key = _camel(value)
            return after + 1
        self._value(value)
        return end

    def _continue(self, text: str) -> int:
        """The rest of a text that a terminal wrapped; a line of JSON means that it was cut."""
        assert self.partial is not None
        if text[:1] in ('"', "}", "]", "{"):
            self._value(self.partial)
            self.partial = None
            return 0
        value, end = _scan(f"{self.quote}{text}", 0)
        if end < 0:
            self.partial = f"{self.partial}{value}"
            return len(text)
        self._value(f"{self.partial}{value}")
        self.partial = None
        return end - 1

    def _bare(self, text: str, at: int) -> int:
        end = at + 1
        while end < len(text) and text[end] not in _ENDS:
            end += 1
        if self.stack[-1].key is not None or not isinstance(self.stack[-1].value, Mapping):
            self._value(scalar_of(text[at:end]))
        return end

    def _open(self, char: str) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self.skipped += 1
            return
        value: Mapping | list[object] = Mapping(self.index) if char == "{" else []
        frame = self.stack[-1]
        if frame is self.root and frame.key is None:
            self._new_root(value)
        else:
            self._value(value)
        self.stack.append(_Frame(value, "}" if char == "{" else "]"))

    def _new_root(self, value: Mapping | list[object]) -> None:
        """A mapping or list on its own; what stood before it was the end of another one."""
        if self.root.value:
            self._cut_root()
        self.done.append(value)

    def _cut_root(self) -> None:
        assert isinstance(self.root.value, Mapping)
        self.root.value.last = self.index
        self.done.append(self.root.value)
        self.root.value = Mapping(self.index)
        self.root.key = None

    def _close(self, char: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        if self.stack[-1].closer != char and all(frame.closer != char for frame in self.stack):
            if char == "}" and len(self.stack) == 1 and self.root.value:
                self._cut_root()
            return
        while True:
            frame = self.stack.pop()
            if isinstance(frame.value, Mapping):
                frame.value.last = self.index
            if frame.closer == char:
                return

    def _value(self, value: object) -> None:
        frame = self.stack[-1]
        if not isinstance(frame.value, Mapping):
            frame.value.append(value)
        elif frame.key is not None:
            if frame is self.root and not frame.value:
                frame.value.first = self.index
            frame.value[frame.key] = value
            frame.key = None


def _scan(text: str, at: int) -> tuple[str, int]:
    """The string that opens at `at` and where it ends; -1 when it does not end."""
    quote = text[at]
    if quote == '"':
        try:
            value, end = scanstring(text, at + 1, False)  # noqa: FBT003 (positional in C)
            return str(value), int(end)
        except ValueError:
            pass  # cut, or with an escape that JSON does not know
    end = at + 1
    while True:
        end = text.find(quote, end)
        if end < 0:
            return text[at + 1 :], -1
        before = end - 1
        while text[before] == "\\":
            before -= 1
        if (end - 1 - before) % 2 == 0:
            return text[at + 1 : end].replace(f"\\{quote}", quote), end + 1
        end += 1


def _camel(key: str) -> str:
    """`exit_code`, as the Python client says it, is `exitCode`."""
    if "_" not in key or "/" in key or "." in key:
        return key
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest) if head else key
