"""From the words of a call to what is meant: `xid 119`, `exit -9`, `OOMKilled`, `oom_kill`.

A signature's id wins, then what a leading word names (`exit 137`), then a bare name that only one
table knows. Blanks, underscores, dashes, case and `=` do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from triage.errors import UsageError
from triage.explaining import near, nvlink5, status
from triage.explaining.exits import exit_topic, signal_topic
from triage.explaining.topic import Topic
from triage.signatures.load import KnowledgeBase
from triage.signatures.model import Scalar
from triage.tables import load
from triage.tables.rows import ExceptionRow, ReasonRow, Row

_CODE = re.compile(r"(s?xid)[ _:=#-]*(\d{1,9})")
_EXIT = re.compile(
    r"(?:exit(?:ed)?|(?:exit[ _-]?)?(?:code|status))[ _:=]*(-?\d{1,10})(?::(\d{1,3})|/[a-z]+)?"
)
_SIGNAL = re.compile(r"(?:signal[ _:=]*|(?=sig))(\d{1,3}|[a-z]+\d?)")
_NAMED = re.compile(r"(reason|exception)[ _:=]+([A-Za-z_][\w./-]*)", re.IGNORECASE)
CLASSES = ("sxid_fatal", "sxid_nonfatal")
"""The word in the line decides which of them a code is."""
_NUMBER = re.compile(r"-?\d+")
_TABLES: dict[str, Callable[[], tuple[Row, ...]]] = {
    "xid": lambda: load.xids().row,
    "sxid": lambda: load.sxids().row,
    "exit": lambda: load.exits().row,
    "signal": lambda: load.signals().row,
    "reason": lambda: load.reasons().row,
    "exception": lambda: load.exceptions().row,
}


def topic_of(words: Sequence[str], knowledge: KnowledgeBase) -> Topic:
    """What the words mean. Raises `UsageError` that names what comes near."""
    asked = " ".join(" ".join(words).split())
    finders = (
        _code, _signature, _whole, nvlink5.topic, status.topic, _exit, _signal, _named, _bare,
        _suspicion,
    )  # fmt: skip
    for find in finders:
        topic = find(asked, knowledge)
        if topic is not None:
            return topic
    raise UsageError(_unknown(asked, knowledge))


def _code(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    found = _CODE.fullmatch(asked.lower())
    if found is None:
        return None
    word, code = found[1], int(found[2])
    own = f"{word}_{code}"
    rows: tuple[Row, ...]
    if word == "xid":
        rows = tuple(row for row in load.xids().row if row.code == code)
        known = {row.code for row in load.xids().row}
        covers: tuple[str, ...] = (own,)
    else:
        sxids = tuple(row for row in load.sxids().row if row.code == code)
        known = {row.code for row in load.sxids().row}
        covers = tuple(dict.fromkeys([*(row.signature for row in sxids), *CLASSES]))
        rows = sxids
    name = f"{'Xid' if word == 'xid' else 'SXid'} {code}"
    if knowledge.get(own) is not None:  # a user's own pack may know it
        covers = (own,)
    elif not rows:
        raise UsageError(near.unknown_code(word, name, code, known))
    return Topic(word, name, rows, signatures=covers, seen_as={word: code})


def _signature(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    name = _plain(asked)
    if knowledge.get(name) is None:
        return None
    return Topic("signature", name, signatures=(name,))


def _exit(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    del knowledge
    found = _EXIT.fullmatch(asked.lower())
    return None if found is None else exit_topic(int(found[1]), int(found[2] or 0))


def _signal(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    del knowledge
    found = _SIGNAL.fullmatch(asked.lower())
    return None if found is None else signal_topic(found[1])


def _named(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    del knowledge
    found = _NAMED.fullmatch(asked)
    if found is None:
        return None
    word, name = found[1].lower(), found[2]
    topic = _reason(name) if word == "reason" else _exception(name)
    if topic is None:
        names = near.reason_names() if word == "reason" else near.exception_names()
        raise UsageError(near.unknown_name(word, name, names))
    return topic


def _bare(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    del knowledge
    return _reason(asked) or _exception(asked)


def _reason(name: str) -> Topic | None:
    rows = tuple(row for row in load.reasons().row if _same(row.reason, name))
    return _one("reason", rows[0].reason, rows) if rows else None


def _exception(name: str) -> Topic | None:
    """By full name, an other name, or the last part of one of these."""
    rows = load.exceptions().row
    last = name.rsplit(".", 1)[-1]
    found = [row for row in rows if any(_same(one, name) for one in (row.name, *row.also))]
    found = found or [
        row
        for row in rows
        if any(_same(one.rsplit(".", 1)[-1], last) for one in (row.name, *row.also))
    ]
    shown = found[0].name if len(found) == 1 else last
    return _one("exception", shown, tuple(found)) if found else None


def _one(kind: str, name: str, rows: tuple[ReasonRow, ...] | tuple[ExceptionRow, ...]) -> Topic:
    covers = tuple(dict.fromkeys(one for row in rows for one in row.signatures))
    seen: list[Scalar] = [name]
    for row in rows:
        if isinstance(row, ExceptionRow):
            seen += [*row.also, row.name.rsplit(".", 1)[-1], row.name]
    return Topic(kind, name, rows, signatures=covers, seen_as={kind: list(dict.fromkeys(seen))})


def _whole(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    del knowledge
    name = asked.lower()
    name = name if name in _TABLES else name.removesuffix("s")
    table = _TABLES.get(name)
    if table is None:
        return None
    return Topic(name, name, table(), whole=True)


def _suspicion(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    """An id that only `not` and `undecided` name: what others are often taken for."""
    name = _plain(asked)
    covers = tuple(
        signature.id
        for signature in knowledge.signatures
        if name in {*(rule.id for rule in signature.not_), *(o.id for o in signature.undecided)}
    )
    return Topic("suspicion", name, signatures=covers) if covers else None


def _unknown(asked: str, knowledge: KnowledgeBase) -> str:
    if _NUMBER.fullmatch(asked):
        number = int(asked)
        means = [f"exit {number}"]
        means += [f"xid {number}"] if any(r.code == number for r in load.xids().row) else []
        means += [f"sxid {number}"] if any(r.code == number for r in load.sxids().row) else []
        means += [f"signal {number}"] if any(r.number == number for r in load.signals().row) else []
        return f"{asked} alone is not clear: say {' or '.join(means)}"
    return near.unknown(asked, _plain(asked), knowledge)


def _plain(text: str) -> str:
    return re.sub(r"[ _-]+", "_", text.lower())


def _same(a: str, b: str) -> bool:
    return a.lower() == b.lower()
