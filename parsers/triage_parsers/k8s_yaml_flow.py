"""YAML's flow style, `{phase: Failed, containerStatuses: [{name: main, ready: false}]}`, as a tree.

What `k8s_yaml` is for blocks: nothing is refused, each mapping knows its lines, a text that is cut
off ends where it ends. Keys and words may be bare or quoted; a bare word may hold blanks.
"""

from __future__ import annotations

from triage_parsers.k8s_tree import MAX_DEPTH, Mapping, scalar_of

OPENERS = ("{", "[")
MAX_FLOW = 65_536
"""Characters of one value; what is longer is not looked at."""
_BLANK = " \t\n,"
_AFTER_WORD = frozenset(",{}[]")
_AFTER_COLON = frozenset({"", " ", "\t", "\n", ",", "}", "]"})


class Flow:
    """A flow value that is taken line by line until its brackets are closed."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.rows: list[str] = []
        self.depth = 0
        self.quote = ""
        self.length = 0

    def take(self, text: str) -> bool:
        """Take one line; true when the value is complete."""
        self.rows.append(text)
        self.length += len(text)
        escaped = False
        for char in text:
            if escaped:
                escaped = False
            elif self.quote:
                escaped = char == "\\" and self.quote == '"'
                self.quote = "" if char == self.quote else self.quote
            elif char in "\"'":
                self.quote = char
            elif char in OPENERS:
                self.depth += 1
            elif char in "}]":
                self.depth -= 1
        return self.depth <= 0 or self.length > MAX_FLOW

    def value(self) -> object:
        """The tree of what was taken."""
        return _Reader("\n".join(self.rows)[:MAX_FLOW], self.first).value(0)


class _Reader:
    """Walks the text once."""

    def __init__(self, text: str, first: int) -> None:
        self.text = text
        self.at = 0
        self.line = first

    def value(self, depth: int) -> object:
        """The value that stands here."""
        self._skip()
        char = self.text[self.at : self.at + 1]
        if char == "{" and depth < MAX_DEPTH:
            return self._mapping(depth)
        if char == "[" and depth < MAX_DEPTH:
            return self._list(depth)
        if char in ("{", "["):
            self.at = len(self.text)
            return None
        return scalar_of(self._word()) if char not in ("'", '"') else self._quoted(char)

    def _mapping(self, depth: int) -> Mapping:
        mapping = Mapping(self.line)
        self.at += 1
        while not self._ends("}"):
            char = self.text[self.at]
            if char in "{[]":
                self.at += 1  # damaged: a bracket in the place of a key
                continue
            key = self._quoted(char) if char in "'\"" else self._word()
            self._skip()
            if self.text[self.at : self.at + 1] == ":":
                self.at += 1
                mapping[key] = self.value(depth + 1)
            elif key:
                mapping.setdefault(key, None)
        mapping.last = self.line
        return mapping

    def _list(self, depth: int) -> list[object]:
        values: list[object] = []
        self.at += 1
        while not self._ends("]"):
            if self.text[self.at] == "}":
                self.at += 1
                continue
            before = self.at
            values.append(self.value(depth + 1))
            self.at = max(self.at, before + 1)
        return values

    def _ends(self, closer: str) -> bool:
        """The container is over, or the text is."""
        self._skip()
        if self.at >= len(self.text):
            return True
        if self.text[self.at] == closer:
            self.at += 1
            return True
        return False

    def _skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self.line += self.text[self.at] == "\n"
            self.at += 1

    def _word(self) -> str:
        """A bare word, up to a comma, a bracket or the colon of a key; lines are blanks in it."""
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in _AFTER_WORD or (
                char == ":" and self.text[self.at + 1 : self.at + 2] in _AFTER_COLON
            ):
                break
            self.line += char == "\n"
            self.at += 1
        return " ".join(self.text[start : self.at].split())

    def _quoted(self, quote: str) -> str:
        self.at += 1
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if char == quote and not (quote == "'" and following == "'"):
                self.at += 1
                break
            if char == quote or (char == "\\" and quote == '"'):
                out.append({"n": "\n", "t": "\t"}.get(following, following))
                self.at += 2
                continue
            self.line += char == "\n"
            out.append(" " if char == "\n" else char)
            self.at += 1
        return "".join(out)
