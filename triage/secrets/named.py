"""Secrets that are told by their name: `password=`, `"apiKey": `, `--token`, environment dumps.

The words of a name decide: a `client_secret` is one, a `secretName` is the name of one, a
`max_new_tokens` is a number. Where a name alone says too little (`token`, `secret`), the value must
look random. Values that stand for others (`None`, `${DB_PASSWORD}`, `<set to the key …>`) stay.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from triage.patterns import Match, compiled
from triage.secrets.spans import MASK, Span

Sureness = Literal["sure", "if long", "if random", "no"]

WORDS = ("pass", "pwd", "secret", "token", "key", "auth", "credential")
NAMED = tuple(form for word in WORDS for form in (word, word.capitalize(), word.upper()))

QUERIED = (
    "key=",
    "token=",
    "secret=",
    "sid=",
    "session=",
    "code=",
    "ignature=",
    "redential=",
    "auth=",
    "pass=",
    "pw=",
    "-Token=",
    "%3D",
    "%3d",
)
TOLD = ("ookie",)

_KEY = r"[\w.-]{0,80}(?i:pass|pwd|secret|token|key|auth|credential)[\w.-]{0,40}"
_VALUE = (
    r"(?:[rbfu]?\\{0,3}\"(?P<dq>[^\"\\\n]+)|[rbfu]?\\{0,3}'(?P<sq>[^'\\\n]+)"
    r"|(?P<bare>[^\s\"'\\`,;&=][^\s\"'\\`,;&]*))"
)
_ASSIGNED = compiled(
    rf"(?P<key>{_KEY})(?:\\{{0,3}}[\"'])?\]?[ \t]{{0,40}}(?:=>|:=|=|:)[ \t]{{0,60}}{_VALUE}"
)
_FLAG = compiled(rf"(?:^|\s)(?P<key>--?{_KEY})[ \t]+{_VALUE}")
_MARK = r"\\?[\"']?"
_PAIR = compiled(
    rf"(?i)\bname{_MARK}[ \t]*:[ \t]*{_MARK}(?P<key>{_KEY}){_MARK},?\s*"
    rf"{_MARK}value{_MARK}[ \t]*:[ \t]*{_VALUE}"
)
_TUPLE = compiled(rf"\(b?[\"'](?P<key>{_KEY})[\"'],[ \t]*{_VALUE}")
"""A header as Python lists write it: `(b'x-api-key', b'…')`."""
_ELEMENT = compiled(rf"<(?P<key>{_KEY})>[ \t]*(?:<!\[CDATA\[)?([^<\s\]]+)(?:\]\]>)?[ \t]*</")
_NAMING = ((_ASSIGNED, ""), (_FLAG, "-"), (_PAIR, "alue"), (_TUPLE, ","), (_ELEMENT, "</"))
"""Each with what stands in all that it matches."""
_QUERY = compiled(
    r"(?i)[?&](?:key|token|secret|sid|session|code|x-amz-(?:credential|security-token|signature)"
    r"|x-goog-(?:credential|signature)|apikey|auth|pass|pw)=(?P<bare>[^\s\"'\\&#<>]{8,})"
)
_QUERY_TWICE = compiled(
    r"(?i)%(?:3f|26)(?:[a-z]{1,20}_)?(?:key|token|sid|session|code|apikey|auth|pass|pw|signature)%3d"
    r"(?P<bare>[A-Za-z0-9._~-]{8,})"
)
"""In a URL that is itself the value of a query."""
_COOKIES = compiled(
    r"(?i)\b(?:set-)?cookie\\?[\"']?:[ \t]*\\?[\"']?"
    r"([^\s\"'\\=;]{1,80}=(?:\"[^\"\n]+\"|[^\s\"'\\;,]+)"
    r"(?:; ?[\w.-]{1,60}=(?:\"[^\"\n]+\"|[^\s\"'\\;,]+)){0,9})"
)
NAMED_BY = tuple(pattern for pattern, _ in _NAMING)
QUERIED_BY = (_QUERY, _QUERY_TWICE)
TOLD_BY = (_COOKIES,)
"""All patterns of each finder."""
_COOKIE = re.compile(r"[^\s=;]+=(\"[^\"]{16,}\"|[^;\s\"]{16,})")
_SPLIT = re.compile(r"[_.\-]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_PASSWORDS = frozenset(("password", "passwd", "passphrase", "passwort", "passcode", "pwd"))
_JOINED = (
    "password", "passwd", "apikey", "accesskey", "secretkey", "authtoken", "accesstoken",
    "accountkey", "privatekey", "refreshtoken", "clientsecret", "sharedaccesskey",
)  # fmt: skip
_TAILS = frozenset(
    (
        "value",
        "data",
        "text",
        "plain",
        "plaintext",
        "b64",
        "base64",
        "hash",
        "new",
        "old",
        "enc",
        "base",
    )
)
_KEYS = frozenset(
    (
        "api", "access", "secret", "private", "account", "signing", "encryption", "master", "auth",
        "service", "license", "storage", "deploy", "admin", "fernet", "app", "bearer", "hmac",
        "shared", "subscription", "integration", "ingestion", "write", "application",
    )
)  # fmt: skip
"""A key of these opens something; others sort, cache and index."""
_LOOKED_UP = frozenset(
    (
        "cache", "sort", "partition", "primary", "foreign", "index", "lookup", "routing", "shard",
        "group", "dedup", "idempotency", "state", "row", "column", "object", "hash", "graph",
    )
)  # fmt: skip
"""A key of these finds something, and may be a digest."""
_AZURE = "account.key."
"""Hadoop's name for a storage key goes on with the name of the account."""
_VAGUE = frozenset(("secret", "auth", "credential", "credentials", "pass"))
"""Where a name says no more than this, the value must look random."""
_NUMBERS = frozenset(
    (
        "pad", "eos", "bos", "unk", "mask", "sep", "cls", "special", "next", "page", "continuation",
        "continue", "stop", "end", "start", "first", "last", "new", "max", "min", "num", "n", "per",
        "image", "prompt", "completion", "input", "output", "cached", "total", "resume", "sync",
        "consistency", "cancel", "cancellation", "fencing", "time", "decode", "prefill", "added",
        "unexpected", "current", "previous", "prev", "generated", "avg", "bad", "begin", "boi",
        "eoi", "video", "audio", "think", "target", "draft",
    )
)  # fmt: skip
"""A token of these is a piece of text or of a list."""
_NOTHING = frozenset(
    (
        "none", "null", "nil", "true", "false", "str", "string", "bytes", "bool", "int", "object",
        "optional", "secretstr", "undefined", "unset", "empty", "redacted", "hidden", "masked",
        "files", "compat", "sss", "systemd", "nis", "ldap", "required", "optional", "invalid",
        "missing", "expired", "yes", "no", "on", "off", "any", "default", "file", "env", "prompt",
        "n/a", "basic", "bearer", "text",
    )
)  # fmt: skip
STANDS_FOR = re.compile(
    r"[<{(\[%]|\$(?!\w{1,2}\$)|[*.x•_#-]+$|(?:os|self|settings|config|cfg|args|environ|env|opts?|ctx"
    r"|request|kwargs|process|secrets|params|options|conf)(?:[.\[(]|$)|file:|~?/[a-z][a-z0-9._-]*(?:/|$)|\w+://[^:@\s]*$"
)
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[]")
_NAME_OF_ONE = re.compile(
    r"(?i)[a-z_.]*(?:pass(?:word|wd)?|pwd|secret|token|[a-z]_?key|credential)(?:s|types?)?"
)
_KUBE_NAME = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9]+(?:-[a-z0-9]+)+")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~%-]{16,}")
_SEPARATORS = "_./-"
_MAX_SEPARATORS = 2
_ENTROPY = 3.2
"""Bits a character: above it stand keys, below it words."""
_DRAWN_LENGTH, _DRAWN_ENTROPY = 32, 4.5
_SURE, _LONG = 4, 8
"""Fewest characters of a value."""


def named(text: str) -> Iterator[Span]:
    """Values whose name says that they are secret."""
    for pattern, needs in _NAMING:
        if needs not in text:
            continue
        for found in pattern.finditer(text):
            start, end = _trimmed(text, _value(found, pattern.groups))
            if is_secret(found.group("key") or "", text[start:end]):
                yield start, end


def queried(text: str) -> Iterator[Span]:
    """Values of a URL's query."""
    for pattern in (_QUERY, _QUERY_TWICE):
        for found in pattern.finditer(text):
            value = found.group("bare") or ""
            if MASK not in value and is_random(value):
                yield found.start(1), found.end(1)


def told(text: str) -> Iterator[Span]:
    """What stands behind each name in a header of cookies."""
    for found in _COOKIES.finditer(text):
        value = found.group(1) or ""
        if MASK not in value and STANDS_FOR.match(value) is None:
            for piece in _COOKIE.finditer(value):
                yield found.start(1) + piece.start(1), found.start(1) + piece.end(1)


def _value(found: Match, groups: int) -> Span:
    """The part that took part: in double quotes, in single ones, or bare."""
    group = next(group for group in range(2, groups + 1) if found.group(group) is not None)
    return found.start(group), found.end(group)


def _trimmed(text: str, span: Span) -> Span:
    """Without the brackets that close what the value stands in."""
    start, end = span
    while end - start > 1 and text[end - 1] in ")]}>":
        end -= 1
    return start, end


def is_secret(key: str, value: str) -> bool:
    """Whether a value under this name is one."""
    if MASK[:-1] in value or value.lower().rstrip(").]}") in _NOTHING or STANDS_FOR.match(value):
        return False
    sure = sureness(key)
    if sure == "no" or _CALL.match(value):
        return False
    if not key.isupper() and _NAME_OF_ONE.fullmatch(value):
        return False  # code that hands one on: `password=db_password`
    if sure == "sure":
        return len(value) >= _SURE
    if sure == "if long":
        return len(value) >= _LONG and not value.isdecimal() and not value.isalpha()
    return is_random(value)


def sureness(key: str) -> Sureness:
    """How much a name says about its value."""
    if _AZURE in key.lower():
        return "if long"
    words = [word.lower() for word in _SPLIT.split(key) if word]
    while len(words) > 1 and words[-1] in _TAILS:
        words.pop()
    last, before = words[-1] if words else "", words[-2] if len(words) > 1 else ""
    if last in _PASSWORDS or last.endswith(_JOINED):
        return "sure"
    if last == "token":
        return _of_token(before, is_option=key.startswith("-"))
    if last.endswith("token"):  # `identitytoken`
        return _of_token(last.removesuffix("token"), is_option=False)
    if last == "key":
        return _of_key(before, is_client=words[0] == "client")
    return _of_others(last, before)


def _of_token(before: str, *, is_option: bool) -> Sureness:
    if before in _NUMBERS:
        return "no"
    return "if long" if before or is_option else "if random"


def _of_key(before: str, *, is_client: bool) -> Sureness:
    if before in _KEYS or is_client:
        return "sure"
    if before in _LOOKED_UP:
        return "no"
    return "if random" if before else "no"


def _of_others(last: str, before: str) -> Sureness:
    if last == "pass" and before:
        return "if long"
    if last == "secret" and before:
        return "sure"
    return "if random" if last in _VAGUE else "no"


def is_random(value: str) -> bool:
    """Whether a value looks drawn, not chosen: no name of a pod, a path, a layer, a version."""
    if _is_basic(value) or _HEX.fullmatch(value):
        return True
    if _RANDOM.fullmatch(value) is None or _KUBE_NAME.fullmatch(value):
        return False
    kinds = (any(c.isdecimal() for c in value), any(c.isalpha() for c in value))
    separators = sum(value.count(c) for c in _SEPARATORS)
    return all(kinds) and separators <= _MAX_SEPARATORS and entropy(value) >= _ENTROPY


def _is_basic(value: str) -> bool:
    """Whether it is a user and a password in base64."""
    if len(value) < _LONG or len(value) % 4:
        return False
    try:
        text = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return False
    return ":" in text[1:-1] and text.isprintable()


def is_drawn(value: str) -> bool:
    """Whether it looks random, also where base64 has slashes like a path."""
    return is_random(value) or (len(value) >= _DRAWN_LENGTH and entropy(value) >= _DRAWN_ENTROPY)


def entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
