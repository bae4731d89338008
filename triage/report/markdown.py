"""Text as Markdown that renders to that text and nothing else, on GitHub, GitLab and in wikis.

What a renderer would act on is escaped, or put into a code span where escaping does not help: bare
links, mails, mentions (`@team` would call people), issue numbers, emoji. Code spans never hold a
pipe, which would end a table's cell; fences are longer than any run of backticks inside.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_ACTED_ON = re.compile(
    r"://|www\.|@|#\d|(?<![0-9a-f]):[a-z_+-][\w+-]*:|^(?:GH-\d|mailto:|xmpp:)", re.IGNORECASE
)
_SPECIAL = re.compile(r"[\\`*{}\[\]$~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_OPENS_BLOCK = re.compile(r"^(?:[#+\-=>:]|\d+(?=[.)](?:\s|$)))")
_ENDING = re.compile(r"[.,;:!?)\]]*$")
_BACKTICKS = re.compile(r"`+")
_BLANKS = re.compile(r"(\s+)")


def prose(text: str) -> str:
    """One line of prose; `code` in single backticks stays code, all else is text."""
    text = " ".join(text.split())
    parts = []
    end = 0
    for match in _CODE.finditer(text):
        parts += [_words(text[end : match.start()], first=not end), code(match[1])]
        end = match.end()
    parts.append(_words(text[end:], first=not end))
    return "".join(parts)


def code(text: str) -> str:
    """A code span on one line, cut at pipes so that it can stand in a table."""
    text = " ".join(text.splitlines())
    return r"\|".join(_span(part) if part.strip() else part for part in text.split("|"))


def strong(text: str) -> str:
    """Prose that stands out."""
    return f"**{prose(text)}**"


def fence(text: str) -> str:
    """A block of lines as they are."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}text\n{text}\n{ticks}"


def _span(text: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _words(text: str, *, first: bool) -> str:
    shown = "".join(map(_word, _BLANKS.split(text)))
    opening = _OPENS_BLOCK.match(shown) if first else None
    if opening is None:
        return shown
    end = opening.end() if opening[0].isdigit() else 0
    return f"{shown[:end]}\\{shown[end:]}"


def _word(word: str) -> str:
    """As code where a renderer would act on it, without the stops behind it."""
    ending = _ENDING.search(word)
    stem = word[: ending.start()] if ending is not None else word
    if not stem or not _ACTED_ON.search(word):
        return _escaped(word)
    return code(stem) + _escaped(word[len(stem) :])


def _escaped(word: str) -> str:
    word = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", word)
