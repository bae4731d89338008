"""Structured log text of Kubernetes components: `"Message" key="value" other=[…]`.

klog v2 (`klog.InfoS`) quotes messages and strings with Go escapes, leaves numbers, booleans and
some strings bare, and writes what holds newlines as `key=<`, tabs, ` >`. logrus (containerd, CRI-O)
writes the same pairs with `msg=` for the message.
"""

from __future__ import annotations

from triage.patterns import compiled

_PAIR = compiled(
    r"(?:^|[\s,(])([A-Za-z][\w./-]*)="
    r"(\"(?:[^\"\\]|\\.)*\"?|\[[^\]]*\]?|\{[^}]*\}?|&\w[^\s]*|[^\s\"\[{][^\s]*)"
)
_MESSAGE = compiled(r"^\s*\"((?:[^\"\\]|\\.)*)\"?")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "r": ""}
MAX_PAIRS = 64
"""More pairs than that are a dump of an object; what follows is not looked at."""


def pairs(text: str) -> dict[str, str]:
    """Keys and values of a structured line; of a repeated key the first value."""
    found: dict[str, str] = {}
    for match in _PAIR.finditer(text):
        key = match.group(1) or ""
        if key not in found:
            found[key] = unescaped(match.group(2) or "")
        if len(found) >= MAX_PAIRS:
            break
    return found


def quoted_message(text: str) -> str:
    """The quoted message that a klog line opens with; empty when it has none."""
    found = _MESSAGE.match(text)
    return unescaped(found.group(1) or "") if found is not None else ""


def unescaped(value: str) -> str:
    """A Go string literal without its quotes and escapes; other text as it is."""
    if value.startswith('"'):
        value = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
    if "\\" not in value:
        return value
    out: list[str] = []
    rest = iter(value)
    for char in rest:
        if char == "\\":
            following = next(rest, "")
            out.append(_ESCAPES.get(following, following))
        else:
            out.append(char)
    return "".join(out)
