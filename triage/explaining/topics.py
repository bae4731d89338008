"""From the words of a call to what is meant: `xid 119`, `exit -9`, `OOMKilled`, `oom_kill`.

A signature's id wins, then what a leading word names (`exit 137`), then a bare name that only one
table knows. Blanks, underscores, case and `=` do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from triage.errors import UsageError
from triage.explaining import codes, near
from triage.explaining.nvlink5 import Unit5, nvlink5_units
from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Scalar
from triage.tables import load
from triage.tables.rows import Row, signatures_of


@dataclass(frozen=True, slots=True)
class Topic:
    """What is to be explained."""

    kind: str
    """`signature`, `suspicion`, `nvlink5`, `status`, or the word of a table: `xid`, `exit` …"""
    name: str
    """As it is called: `Xid 119`, `oom_kill`."""
    rows: tuple[Row, ...] = ()
    units: tuple[Unit5, ...] = ()
    """Rows of NVLink 5, which the parsers keep."""
    signatures: tuple[str, ...] = ()
    """The signatures that cover it, the nearest first."""
    seen_as: dict[str, Scalar | list[Scalar]] = field(default_factory=dict)
    """Fields of events that speak of it."""
    note: str = ""
    whole: bool = False
    """A whole table was asked for, not one row of it."""


Finder = Callable[[str, KnowledgeBase], Topic | None]

_CODE = re.compile(r"(s?xid)[ _:=#-]*(\d{1,6})")
_EXIT = re.compile(
    r"(?:exit(?:ed)?|exit[ _-]?(?:code|status)|status)[ _:=]*(-?\d{1,10})(?::(\d{1,3})|/[a-z]+)?"
)
_SIGNAL = re.compile(r"(?:signal[ _:=]*(\d{1,2}|[a-z]+\d?)|(sig[a-z]+\d?))")
_NAMED = re.compile(r"(reason|exception)[ _:=]*([A-Za-z][\w./-]*)", re.IGNORECASE)
_WHOLE = {
    "xid": load.xids, "sxid": load.sxids, "exit": load.exits, "signal": load.signals,
    "reason": load.reasons, "exception": load.exceptions,
}  # fmt: skip


def topic_of(words: Sequence[str], knowledge: KnowledgeBase) -> Topic:
    """What the words mean. Raises `UsageError` that names what comes near."""
    asked = " ".join(" ".join(words).split())
    for finder in (_signature, _code, _nvlink5, _status, _exit, _signal, _named, _bare, _suspicion):
        topic = finder(asked, knowledge)
        if topic is not None:
            return topic
    if asked.lower() in _WHOLE:
        rows: tuple[Row, ...] = _WHOLE[asked.lower()]().row
        return Topic(asked.lower(), asked.lower(), rows, whole=True)
    raise UsageError(near.unknown(asked, knowledge))


def _signature(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    name = re.sub(r"[ -]+", "_", asked.lower())
    if knowledge.get(name) is None or _CODE.fullmatch(asked.lower()):
        return None
    return Topic("signature", name, signatures=(name,))


def _code(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    found = _CODE.fullmatch(asked.lower())
    if found is None:
        return None
    word, code = found[1], int(found[2])
    table = load.xids() if word == "xid" else load.sxids()
    rows = tuple(row for row in table.row if row.code == code)
    name = f"{'Xid' if word == 'xid' else 'SXid'} {code}"
    own = f"{word}_{code}"
    if not rows and knowledge.get(own) is not None:
        return Topic("signature", own, signatures=(own,))
    if not rows:
        raise UsageError(near.unknown_code(name, code, {row.code for row in table.row}))
    covers = tuple(dict.fromkeys(one for row in rows for one in signatures_of(row)))
    if word == "sxid":
        covers = ("sxid_fatal", "sxid_nonfatal") if "sxid_fatal" in covers else covers
        said = {one for row in rows if hasattr(row, "says") for one in row.says}
        covers = ("sxid_fatal", "sxid_nonfatal") if "Fatal" in said else covers
    return Topic(word, name, rows, signatures=covers, seen_as={word: code})
