"""Logs of programs: what each runtime and framework puts before its words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from tests.incidents.model import At, Row, Source

Said = tuple[float, str]
"""Seconds after the start of the incident, and a message, of one line or several."""
Form = Literal["python", "iso", "cri", "nginx", "slurm", "klog", "syslog", "bracketed", "sel"]


def log(
    name: str, clock: str, said: Sequence[Said], form: Form = "python", tag: str = ""
) -> Source:
    """A log with one stamp a message. `tag` is the program and pid of a syslog line."""

    def rows(at: At) -> list[Row]:
        return [(at(second), _stamped(form, clock, at(second), tag, text)) for second, text in said]

    return Source(name, clock, rows)


def _stamped(form: Form, host: str, when: datetime, tag: str, text: str) -> str:
    millis = f"{when.microsecond // 1000:03d}"
    if form == "cri":
        return "\n".join(
            f"{when:%Y-%m-%dT%H:%M:%S.%f}000Z stderr F {line}" for line in text.split("\n")
        )
    stamps: dict[Form, str] = {
        "python": f"{when:%Y-%m-%d %H:%M:%S},{millis} ",
        "iso": f"{when:%Y-%m-%dT%H:%M:%S}.{millis}Z ",
        "nginx": f"{when:%Y/%m/%d %H:%M:%S} ",
        "slurm": f"[{when:%Y-%m-%dT%H:%M:%S}.{millis}] ",
        "klog": f"{text[:1]}{when:%m%d %H:%M:%S.%f}    2164 ",
        "syslog": f"{when:%b} {when.day:2d} {when:%H:%M:%S} {host} {tag}: ",
        "sel": f"  4c | {when:%m/%d/%Y} | {when:%H:%M:%S} | ",
        "bracketed": f"[{when:%Y-%m-%d %H:%M:%S},{millis}] ",
    }
    body = text[1:].lstrip() if form == "klog" else text
    return stamps[form] + body


def abroad(hours: float, source: Source) -> Source:
    """The same by a clock that stands some hours ahead and does not say so."""
    ahead = timedelta(hours=hours)
    return replace(
        source,
        rows=lambda at: source.rows(lambda second: at(second) + ahead),
        more=None,
        forms={},
    )


def json_log(name: str, clock: str, said: Sequence[tuple[float, Mapping[str, object]]]) -> Source:
    """A structured log: one JSON object a line, its time under `ts`."""

    def rows(at: At) -> list[Row]:
        return [
            (
                at(second),
                json.dumps({"ts": f"{at(second):%Y-%m-%dT%H:%M:%S.%f}Z", **record}),
            )
            for second, record in said
        ]

    return Source(name, clock, rows)


def page(name: str, text: str, clock: str = "", second: float = 0.0) -> Source:
    """A document without times of its own, or with `{time}` where it says when it was made."""

    def rows(at: At) -> list[Row]:
        when = at(second)
        stamp = f"{when:%a %b} {when.day:2d} {when:%H:%M:%S %Y}"
        return [(when, text.replace("{time}", stamp))]

    return Source(name, clock, rows)


def traceback(path: str, line: int, function: str, code: str, error: str) -> str:
    """An unhandled Python exception of one frame."""
    return (
        "Traceback (most recent call last):\n"
        f'  File "{path}", line {line}, in {function}\n'
        f"    {code}\n"
        f"{error}"
    )
