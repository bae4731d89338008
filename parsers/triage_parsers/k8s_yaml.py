"""YAML as kubectl prints it, whole or in pieces, as a tree that knows its lines.

Only the part of YAML that the Kubernetes tools write is read: block mappings and sequences, plain,
quoted and block scalars, and values in flow style (`k8s_yaml_flow`). There are no
anchors, aliases, tags or types to be afraid of, nothing is refused, and an excerpt may begin and
end anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.patterns import compiled
from triage_parsers.k8s_tree import MAX_DEPTH, Mapping, scalar_of
from triage_parsers.k8s_yaml_flow import OPENERS, Flow

_KEY = compiled(r"^(\"[^\"]*\"|'[^']*'|[A-Za-z_.~/][\w./~*-]*):(?:\s+(.*))?$")
_BLOCK = compiled(r"^[|>][+-]?\d?[+-]?\s*(?:#.*)?$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "", "0": "", '"': '"', "\\": "\\", "/": "/"}
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Keys of `kubectl describe` begin with one, those of the API never."""
MAX_SCALAR = 65_536


def is_yaml_line(text: str) -> bool:
    """The line may stand in a YAML document: a key, an item, or the inside of something."""
    if text.startswith((" ", "#", "---", "- ", "\t")):
        return True
    return text[:1] not in _CAPITALS and _KEY.match(text) is not None


def loose_yaml(texts: Sequence[str], first: int) -> list[object]:
    """The outermost mappings and lists of these lines; the first of them is line `first`."""
    reader = _Reader()
    for offset, text in enumerate(texts):
        reader.line(first + offset, text.expandtabs().rstrip())
    return reader.finish(first + max(len(texts) - 1, 0))


class _Level:
    """An open mapping or sequence and the column where its keys or dashes stand."""

    __slots__ = ("indent", "key", "value")

    def __init__(self, indent: int, value: Mapping | list[object]) -> None:
        self.indent = indent
        self.value = value
        self.key = ""


class _Reader:
    """Takes lines and builds the tree."""

    def __init__(self) -> None:
        self.roots: list[object] = []
        self.stack: list[_Level] = []
        self.index = 0
        self.previous = 0
        self.scalar: list[str] = []
        """The lines of a text that goes on."""
        self.style = ""
        """`'` and `"` until the quote ends, `|` while indented, `+` for a plain text."""
        self.column = 0
        """Where the key of that text stands."""
        self.flow: Flow | None = None
        """A value in flow style whose brackets are still open."""

    def line(self, index: int, text: str) -> None:
        """Take one line."""
        self.previous, self.index = self.index, index
        if self.flow is not None:
            self._flow(text)
            return
        content = text.lstrip()
        indent = len(text) - len(content)
        if self.style and self._goes_on(indent, content):
            return
        self._end_scalar()
        if not content or content.startswith(("#", "...")):
            return
        if content.startswith("---"):
            self._pop(-1)
            return
        while content == "-" or content.startswith("- "):
            self._item(indent)
            rest = content[1:].lstrip()
            indent += len(content) - len(rest)
            content = rest
        if content:
            self._pair(indent, content)

    def finish(self, last: int) -> list[object]:
        """Close what is open and give the outermost mappings and lists."""
        self._end_scalar()
        self._end_flow()
        self.previous = self.index = last
        self._pop(-1)
        return self.roots

    def _goes_on(self, indent: int, content: str) -> bool:
        """The line belongs to the text that was begun above."""
        if not content:
            self.scalar.append("")
            return True
        if indent <= self.column and not (self.style in "'\"" and indent == self.column == 0):
            return False
        if self.style == "+" and (_KEY.match(content) or content.startswith("- ")):
            return False
        if self.style in "'\"" and indent <= self.column and _KEY.match(content):
            return False
        self.scalar.append(content)
        if self.style in "'\"" and _closed(content, self.style):
            self._end_scalar()
        return True

    def _end_scalar(self) -> None:
        if not self.style:
            return
        glue = "\n" if self.style == "|" else " "
        text = glue.join(self.scalar).strip()[:MAX_SCALAR]
        if self.style == "+":
            self._put(scalar_of(text))
        elif self.style == "|":
            self._put(text)
        else:
            self._put(_unquoted(text, self.style))
        self.style, self.scalar = "", []

    def _item(self, indent: int) -> None:
        """A dash: the next item of the sequence that stands in this column."""
        self._pop(indent, keep_list=True)
        top = self.stack[-1] if self.stack else None
        if top is None or isinstance(top.value, Mapping) or top.indent < indent:
            if len(self.stack) >= MAX_DEPTH:
                return
            items: list[object] = []
            if top is None:
                self.roots.append(items)
            self._put(items)
            self.stack.append(_Level(indent, items))

    def _flow(self, text: str) -> None:
        """Take a line of a value in flow style."""
        if self.flow is not None and self.flow.take(text):
            self._end_flow()

    def _end_flow(self) -> None:
        if self.flow is None:
            return
        value = self.flow.value()
        self.flow = None
        if not self.stack and isinstance(value, (Mapping, list)):
            self.roots.append(value)
        self._put(value)

    def _pair(self, indent: int, content: str) -> None:
        found = _KEY.match(content)
        if found is None:
            self._begin(indent, content)
            return
        self._pop(indent)
        top = self.stack[-1] if self.stack else None
        if top is None or not isinstance(top.value, Mapping) or top.indent < indent:
            if len(self.stack) >= MAX_DEPTH:
                return
            top = self._mapping(indent, top)
        top.key = (found.group(1) or "").strip("\"'")
        value = (found.group(2) or "").strip()
        if not value or value.startswith("#"):
            assert isinstance(top.value, Mapping)
            top.value.setdefault(top.key, None)
            return
        self.column = indent
        self._begin(indent, value)

    def _mapping(self, indent: int, above: _Level | None) -> _Level:
        mapping = Mapping(self.index)
        inside = above is not None and (not isinstance(above.value, Mapping) or above.key)
        if inside:
            self._put(mapping)
        else:
            self.roots.append(mapping)
        level = _Level(indent, mapping)
        self.stack.append(level)
        return level

    def _begin(self, indent: int, value: str) -> None:
        """A scalar, which may go on below."""
        if _BLOCK.match(value) is not None:
            self.style, self.scalar = "|", []
        elif value[0] in "'\"":
            if _closed(value[1:], value[0]):
                self._put(_unquoted(value[1:], value[0]))
            else:
                self.style, self.scalar = value[0], [value[1:]]
        elif value[0] in OPENERS and not value.startswith("{{"):
            self.flow = Flow(self.index)
            self._flow(value)
        else:
            self.style, self.scalar = "+", [value]
            self.column = min(self.column, indent)

    def _put(self, value: object) -> None:
        if not self.stack:
            return
        top = self.stack[-1]
        if not isinstance(top.value, Mapping):
            top.value.append(value)
        elif top.key:
            top.value[top.key] = value

    def _pop(self, indent: int, *, keep_list: bool = False) -> None:
        """Leave what stands further right; a key also ends a sequence in its own column."""
        while self.stack:
            top = self.stack[-1]
            is_list = not isinstance(top.value, Mapping)
            if top.indent < indent or (top.indent == indent and (not is_list or keep_list)):
                return
            self.stack.pop()
            if isinstance(top.value, Mapping):
                top.value.last = max(self.previous, top.value.first)


def _closed(text: str, quote: str) -> bool:
    """The quote that was opened before `text` is closed in it."""
    if quote == "'":
        return text.replace("''", "").rstrip().endswith("'")
    body = text.rstrip()
    if not body.endswith('"'):
        return False
    slashes = len(body) - 1 - len(body[:-1].rstrip("\\"))
    return slashes % 2 == 0


def _unquoted(text: str, quote: str) -> str:
    """The text of a quoted scalar; its closing quote may be missing."""
    text = text.rstrip()
    if text.endswith(quote):
        text = text[:-1]
    if quote == "'":
        return text.replace("''", "'")
    if "\\" not in text:
        return text
    out: list[str] = []
    rest = iter(text)
    for char in rest:
        if char == "\\":
            following = next(rest, "")
            out.append(_ESCAPES.get(following, following))
        else:
            out.append(char)
    return "".join(out)
