"""Secrets that are told by the block they stand in: private keys, Kubernetes Secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from triage.patterns import compiled
from triage.secrets.spans import MASK, Span

PRIVATE_KEYS = ("PRIVATE KEY",)
PUTTY = ("Private-Lines:",)
SECRETS = ("Secret",)
_BEGIN = compiled(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_MARK = "-----"
_FLAT = re.compile(r"[\s\"']*(?:\\{1,4}[nr])*(?:Proc-Type|[A-Za-z0-9+/=]{16})")
"""The whole key in one line, its newlines spelled out or gone."""
_HEADERS = ("Proc-Type:", "DEK-Info:", "Version:", "Comment:")
_BASE64 = rf"([A-Za-z0-9+/=]{{4,}}|{re.escape(MASK)})"
_BODY = re.compile(rf"{_BASE64}(?:\\{{1,2}}[nr]|\r)*[\"',]*\s*$|\"log\":\"{_BASE64}\\n\"")
_PUTTY = compiled(r"Private-Lines: (\d{1,3})[ \t\r]*\n")
_LONG = 16
"""Base64 characters that a line of a key has where nothing says that the key goes on."""
_MOST_LINES = 200
"""A key of 16,384 bits has 198."""
_IS_SECRET = compiled(r"(?m)^\s*(?:- )?kind: Secret\s*$|\\*\"kind\\*\":\s*\\*\"Secret\\*\"")
_IN_JSON = compiled(r"\\*\"(?:data|stringData)\\*\":\s*\{([^{}]*)\}")
_JSON_VALUE = compiled(r":\s*\\*\"([^\"\\]+)")
_YAML_MAP = re.compile(r"(\s*)(?:- )?(?:data|stringData):\s*$")
_YAML_VALUE = re.compile(r"(\s*)[\w.-]+:\s*(\S.*?)\s*$")
_DOCUMENT = "\n---"


def private_keys(text: str) -> Iterator[Span]:
    """What stands between the first and the last line of a private key."""
    done = 0
    for found in _BEGIN.finditer(text):
        if found.start() >= done:
            spans, done = _key(text, found.end())
            yield from spans


def putty_keys(text: str) -> Iterator[Span]:
    """The lines that the head of a PuTTY key counts."""
    for found in _PUTTY.finditer(text):
        start = found.end()
        for _ in range(min(int(found.group(1) or "0"), _MOST_LINES)):
            end = _line_end(text, start)
            yield from _unless_masked(text, start, end)
            start = end + 1


def _key(text: str, start: int) -> tuple[list[Span], int]:
    """What is secret behind the mark of the first line, and where the key ends.

    A key that is closed is masked whole; of one that is torn, the lines that go on like a key.
    """
    line_end = _line_end(text, start)
    close = text.find(_MARK, start, line_end)
    if close >= 0 or MASK in text[start:line_end] or _FLAT.match(text, start, line_end):
        end = close if close >= 0 else line_end
        return list(_unless_masked(text, start, end)), end
    spans: list[Span] = []
    sure: int | None = None
    for _ in range(_MOST_LINES):
        if line_end >= len(text):
            break
        line_start, line_end = line_end + 1, _line_end(text, line_end + 1)
        line = text[line_start:line_end]
        if _MARK in line:
            return spans, line_end
        span = _body(line)
        body = "" if span is None else line[span[0] : span[1]]
        if sure is None and not _goes_on(line, body):
            sure = len(spans)
        if span is not None and body != MASK:
            spans.append((line_start + span[0], line_start + span[1]))
    return spans[:sure], line_end


def _body(line: str) -> Span | None:
    """The base64 of a line of a key, behind and before what wraps the line."""
    found = _BODY.search(line)
    if found is None:
        return None
    group = 1 if found[1] is not None else 2
    return found.start(group), found.end(group)


def _goes_on(line: str, body: str) -> bool:
    """Whether a key may go on with this line, though nothing says where it ends."""
    if len(body) >= _LONG or body == MASK or not line.strip():
        return True
    return any(head in line for head in _HEADERS)


def kubernetes_secrets(text: str) -> Iterator[Span]:
    """The values of `data` and `stringData` of a Secret, in YAML or JSON."""
    if _IS_SECRET.search(text) is None:
        return
    for found in _IN_JSON.finditer(text):
        inner, at = found.group(1) or "", found.start(1)
        for value in _JSON_VALUE.finditer(inner):
            yield from _unless_masked(text, at + value.start(1), at + value.end(1))
    at = 0
    for document in text.split(_DOCUMENT):
        if _IS_SECRET.search(document) is not None:
            yield from _yaml_values(document, at)
        at += len(document) + len(_DOCUMENT)


def _yaml_values(document: str, at: int) -> Iterator[Span]:
    inside: int | None = None
    for line in document.split("\n"):
        opened = _YAML_MAP.fullmatch(line)
        value = _YAML_VALUE.fullmatch(line)
        if opened is not None:
            inside = len(opened[1])
        elif inside is not None and value is not None and len(value[1]) > inside:
            yield from _masked_value(value, at)
        elif line.strip() and inside is not None and len(line) - len(line.lstrip()) <= inside:
            inside = None
        at += len(line) + 1


def _masked_value(value: re.Match[str], at: int) -> Iterator[Span]:
    if MASK not in value[2] and value[2] not in ("|", ">", "|-", ">-", "{}"):
        yield at + value.start(2), at + value.end(2)


def _unless_masked(text: str, start: int, end: int) -> Iterator[Span]:
    if end > start and MASK not in text[start:end] and text[start:end].strip():
        yield start, end


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
