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
    "sid=",
    "session=",
    "code=",
    "ignature=",
    "redential=",
    "auth=",
    "pass=",
    "pw=",
    "-Token=",
)
TOLD = (
    "curl ", "wget ", "etcdctl ", "ipmitool ", "redis-cli", "sshpass", " login ", "mysql", "mongo",
    "ssword", "SSWORD", "ookie", "identified by", "IDENTIFIED BY",
)  # fmt: skip

_KEY = r"[\w.-]{0,80}(?i:pass|pwd|secret|token|key|auth|credential)[\w.-]{0,40}"
_VALUE = (
    r"(?:[rbfu]?\\{0,3}\"(?P<dq>[^\"\\\n]+)|[rbfu]?\\{0,3}'(?P<sq>[^'\\\n]+)"
    r"|(?P<bare>[^\s\"'\\`,;&=][^\s\"'\\`,;&]*))"
)
_ASSIGNED = compiled(
    rf"(?P<key>{_KEY})(?:\\{{0,3}}[\"']|\])?[ \t]{{0,40}}(?:=>|:=|=|:)[ \t]{{0,60}}{_VALUE}"
)
_FLAG = compiled(rf"(?:^|\s)(?P<key>--?{_KEY})[ \t]+{_VALUE}")
_MARK = r"\\?[\"']?"
_PAIR = compiled(
    rf"(?i)\bname{_MARK}[ \t]*:[ \t]*{_MARK}(?P<key>{_KEY}){_MARK},?\s*"
    rf"{_MARK}value{_MARK}[ \t]*:[ \t]*{_VALUE}"
)
_QUERY = compiled(
    r"(?i)[?&](?:key|token|sid|session|code|x-amz-(?:credential|security-token|signature)"
    r"|x-goog-(?:credential|signature)|apikey|auth|pass|pw)=(?P<bare>[^\s\"'\\&#<>]{8,})"
)
_SAID = compiled(
    r"(?i)(?:\bidentified by|\bwith (?:encrypted )?password|\bset password(?: for \S+)?(?: =)?)"
    r"\s+'([^'\n]+)'"
    r"|\blogin\s+\S+\s+password\s+(\S{4,})"
    r"|\b(?:sshpass|docker login|podman login|helm registry login|mysql\w*|mongo\w*)\b[^\n]{0,160}?"
    r"\s-p[ \t]?([^\s\"'-][^\s\"']{3,})"
    r"|\bredis-cli\b[^\n]{0,80}?\s-a[ \t]([^\s\"']{4,})"
    r"|\bipmitool\b[^\n]{0,120}?\s-P[ \t]([^\s\"']{4,})"
    r"|\b(?:curl|wget|etcdctl|http)\b[^\n]{0,200}?\s(?:-u|--user)[ \t=]?"
    r"[\"']?[^\s:\"']{1,80}:([^\s\"']{4,})"
    r"|\b(?:set-)?cookie\\?[\"']?:[ \t]*\\?[\"']?"
    r"([^\s\"'\\=;]{1,80}=(?:\"[^\"\n]+\"|[^\s\"'\\;,]+)"
    r"(?:; ?[\w.-]{1,60}=(?:\"[^\"\n]+\"|[^\s\"'\\;,]+)){0,9})"
)
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
_AZURE = "account.key."
"""Hadoop's name for a storage key goes on with the name of the account."""
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
_STANDS_FOR = re.compile(
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
_VALUES = (2, 3, 4)
"""Groups of `_VALUE` behind that of the name."""
_SURE, _LONG = 4, 8
"""Fewest characters of a value."""


def named(text: str) -> Iterator[Span]:
    """Values whose name says that they are secret."""
    for pattern in (_ASSIGNED, _FLAG, _PAIR):
        for found in pattern.finditer(text):
            start, end = _trimmed(text, _value(found))
            if is_secret(found.group("key") or "", text[start:end]):
                yield start, end


def queried(text: str) -> Iterator[Span]:
    """Values of a URL's query."""
    for found in _QUERY.finditer(text):
        value = found.group("bare") or ""
        if MASK not in value and is_random(value):
            yield found.start(1), found.end(1)


def told(text: str) -> Iterator[Span]:
    """What commands, SQL and cookies say in ways of their own."""
    for found in _SAID.finditer(text):
        for group in range(1, _SAID.groups + 1):
            value = found.group(group)
            if value and MASK not in value and _STANDS_FOR.match(value) is None:
                yield from _parts(value, found.start(group))


def _parts(value: str, start: int) -> Iterator[Span]:
    """The value; of cookies, what stands behind each name."""
    if "=" not in value:
        yield start, start + len(value)
        return
    for piece in _COOKIE.finditer(value):
        yield start + piece.start(1), start + piece.end(1)


def _value(found: Match) -> Span:
    """The part that took part: in double quotes, in single ones, or bare."""
    group = next(group for group in _VALUES if found.group(group) is not None)
    return found.start(group), found.end(group)


def _trimmed(text: str, span: Span) -> Span:
    """Without the brackets that close what the value stands in."""
    start, end = span
    while end - start > 1 and text[end - 1] in ")]}>":
        end -= 1
    return start, end


def is_secret(key: str, value: str) -> bool:
    """Whether a value under this name is one."""
    if MASK[:-1] in value or value.lower().rstrip(").]}") in _NOTHING or _STANDS_FOR.match(value):
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
    return "if random" if before else "no"


def _of_others(last: str, before: str) -> Sureness:
    if last == "pass" and before:
        return "if long"
    if last == "secret" and before:
        return "sure"
    return "if random" if last in ("secret", "auth", "credential", "credentials") else "no"


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


def entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
