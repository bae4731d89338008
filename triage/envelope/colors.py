r"""Color codes that lost their escape character, or in which it was spelled out.

Browsers, chats and collectors drop the ESC of `ESC[31m`; terminals and editors show it as `^[[31m`,
`\x1b[31m`, `\033[31m` or, by rsyslog, `#033[31m`. A code in brackets is a color only in a line that
switches colors off again (`[0m`): `rate(x[5m])` is a span of time.
"""

from __future__ import annotations

import re

SPELLED = r"(?:\x1b|\^\[|\\x1[bB]|\\0?33|\\e|\\u001[bB]|#033)"
_OFF = re.compile(r"\[(?:0;)?0m(?!\])")
_ON = re.compile(rf"{SPELLED}?\[(?:\d{{1,3}}(?:;\d{{1,3}}){{0,8}})m(?![\]:]\d|\])")
_ALONE = re.compile(rf"{SPELLED}\[(?:[0-9;]{{0,24}}[mK])")
_ESCAPED = ("\x1b[", "^[[", "\\x1b[", "\\x1B[", "\\033[", "\\e[", "\\u001b[", "\\u001B[", "#033[")


def uncolored(text: str) -> str:
    """The text without its color codes."""
    if any(mark in text for mark in _ESCAPED):
        text = _ALONE.sub("", text)
    return _ON.sub("", text) if _OFF.search(text) is not None else text
