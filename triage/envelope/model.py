"""What a wrapper is: how it begins, what it says, and the proof.

A wrapper is anchored at the place where the one before it ended, and sees a bounded head of the
rest. That is why the standard library's `re` may be used in this room: no pattern has nested
quantifiers, and none can run longer than the head allows. What follows a wrapper depends on it:
behind a stamp stands a logger's header, behind the kernel's stamp the kernel speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from triage.events import Peeled, Stamp, Value

HEAD = 512
"""Characters behind the last wrapper in which the next one must end."""

Place = Literal["start", "stamped", "kernel"]
"""Where a wrapper may stand: at the start of a line or behind a finished wrapper; right behind the
characters of a stamp (before the blank); behind the kernel's own stamp or tag, where text that
looks like a prefix is the kernel's."""
Next = Literal["start", "stamped", "kernel", "source"]
"""What stands behind a wrapper; `source`: whatever the one it names as speaker would write."""

REFUSED = -1
"""What `apply` answers when it was not the wrapper after all."""
REWRITTEN = -2
"""The text of the line stands in `Peeled.body` now (JSON, logfmt)."""
WHOLE = -3
"""The line says its time and stays as it is (access logs)."""

Apply = Callable[["re.Match[str]", Peeled], int]
"""Takes what the wrapper says into the `Peeled`, and answers where the rest begins."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A line in a real form, and what must come out."""

    text: str
    body: str
    stamp: str | None = None
    form: str | None = None
    uptime: float | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    """A subset."""
    wrappers: tuple[str, ...] | None = None
    """All of them, where that matters."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One form of prefix."""

    name: str
    heads: str
    """Pattern for the first three characters, so that most wrappers are never tried."""
    pattern: str
    """Anchored where the wrapper begins; ends behind the blank that belongs to it."""
    samples: tuple[Wrapped, ...]
    misses: tuple[str, ...] = ()
    """Lines that look alike and stay as they are."""
    apply: Apply | None = None
    places: tuple[Place, ...] = ("start",)
    then: Next = "start"
    guard: re.Pattern[str] | None = None
    """Shared by neighbors in the tables, so that one look spares trying them all."""


_RANKS = {
    "epoch": 3, "tai64n": 3, "clf": 3, "rfc1123": 3,
    "iso": 2, "ctime": 2, "us": 2, "dmy": 2, "spark": 2,
    "syslog": 1, "klog": 1, "month_day": 1,
    "time": 0, "clock": 0,
}  # fmt: skip
"""How much a form says: year and zone, year, day, time of day."""
_ZONED = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?| [A-Z]{2,5})(?: \d{4})?$")
_YEAR = re.compile(r" \d{4} ")


def rank(stamp: Stamp) -> int:
    """Which stamp of several to believe: the one that says most."""
    said = _RANKS.get(stamp.form, 0)
    if stamp.form in ("iso", "ctime") and _ZONED.search(stamp.text) is not None:
        return said + 1
    if stamp.form == "syslog" and _YEAR.search(stamp.text) is not None:
        return said + 1
    return said


def note_stamp(peeled: Peeled, text: str, form: str) -> None:
    """Keep the outermost of the stamps that say most."""
    stamp = Stamp(text, form)
    if peeled.stamp is None or rank(stamp) > rank(peeled.stamp):
        peeled.stamp = stamp


_BY_LEVEL = {
    "trace": "trace finest finer",
    "debug": "debug debu dbg verbose fine d t",
    "info": "info information inf informational i config",
    "notice": "notice success n",
    "warning": "warning warn wrn w wa",
    "error": "error err erro severe failure e er",
    "critical": "critical crit alert c cr",
    "fatal": "fatal fata panic pani emerg emergency f",
}
LEVELS = {word: level for level, words in _BY_LEVEL.items() for word in words.split()}
"""Words and letters for a level, in lower case, to the eight that we tell apart."""
SEVERITIES = ("fatal", "critical", "critical", "error", "warning", "notice", "info", "debug")
"""Of a syslog priority, by its number."""
FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp",
)  # fmt: skip

LEVEL = (
    "(?:TRACE|DEBUG|VERBOSE|INFO(?:RMATION)?|NOTICE|SUCCESS|WARN(?:ING)?|ERR(?:OR)?|SEVERE"
    "|CRIT(?:ICAL)?|ALERT|EMERG(?:ENCY)?|FATAL|PANIC)"
)
"""Pattern for a level written as a word."""
ISO = (
    r"(?:19|20)\d\d[-/.]\d\d?[-/.]\d\d?(?:[Tt _]|, )\d\d?:\d\d(?::\d\d(?:[.,]\d{1,9})?)?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)|[+-]\d\d(?![\d-])"
    r"| (?:(?:CE|EE|WE)S?T|[ECMP][SD]T|MSK|[JK]ST|A[EC][SD]T|BST|IST|HKT|SGT)\b)?"
)
UPTIME = r"\[ *\d{1,10}\.\d{3,9}[ \]<]"
WORD = re.compile(
    r"[A-Za-z0-9][\w.@-]{0,80}(?: login| kernel)?"
    r"(?:: (?:[<\[kud]|20\d\d-|[A-Z][a-z]{2} [ \d]\d )|(?<=\d): | *\| "
    r"|(?: [a-z0-9-]{1,63})? [\u203a\u2502]| \[ {0,5}\d)"
    r"|[\w./@+-]{1,160}:(?:\d{1,8}:)?(?:[A-Z][a-z]{2} [ \d]\d \d|\[ {0,5}\d|20\d\d-)"
    r"|[A-Za-z_][\w.-]{0,40}+(?:=[^\s=]|\[\d{1,9}\]: )|[A-Z][\w ]{1,30}+: {1,3}\d{1,3}%\|"
    r"|[^\W\d_]{1,5}\.? 20\d\d-|\S{2,45} \S{1,40} \S{1,60} \[\d\d/[A-Z]"
)
"""A word and a colon, a bar, a bracket or a year: guards the wrappers that begin with any word."""
CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
NOT_KERNEL = (
    "(?!(?:task |rcu|possible |suspicious |CPU: |at |inconsistent |trying |NMI |lockdep|bad "
    "|recursive |Object |Allocated |Freed |Slab |stack |kernel ))"
)
"""Behind `INFO: ` and `WARNING: ` these make the kernel's own headlines."""


def note_level(peeled: Peeled, word: str | None) -> None:
    """Keep the innermost level: what the program itself says."""
    if word:
        level = LEVELS.get(word.lower())
        if level is not None:
            peeled.fields["level"] = level


def note_priority(peeled: Peeled, number: int) -> None:
    """Level and facility of a syslog priority."""
    facility = number >> 3
    peeled.fields["level"] = SEVERITIES[number & 7]
    if facility < len(FACILITIES):
        peeled.fields["facility"] = FACILITIES[facility]


def note_source(peeled: Peeled, tag: str, pid: str | None) -> bool:
    """Keep who speaks, by its syslog tag; true where it is the kernel."""
    fields = peeled.fields
    if tag == "kernel":
        fields["facility"] = "kern"
        return True
    if tag.endswith((".service", ".scope", ".slice", ".socket", ".mount", ".timer")):
        fields["unit"] = tag
    else:
        fields["process"] = tag
    if pid:
        fields["pid"] = int(pid)
    return False
