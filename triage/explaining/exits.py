"""Exit codes and signals: what is written in one form and means the other."""

from __future__ import annotations

from triage.errors import UsageError
from triage.explaining import near
from triage.explaining.topic import Topic
from triage.signatures.model import Scalar
from triage.tables import load
from triage.tables.rows import ExitRow, Row, SignalRow

SIGNALED = 128
"""A shell adds the number of the signal to this."""
LAST_SIGNAL = 64
BYTE = 255
WORD = 1 << 32


def exit_topic(code: int, signal: int = 0) -> Topic:
    """An exit code. `signal`: the second number of Slurm's `0:9`.

    Raises `UsageError` for a number that no exit code can be.
    """
    if signal:
        topic = signal_topic(str(signal))
        return _noted(topic, f"{code}:{signal} is Slurm's form: code {code}, signal {signal}")
    rows = _rows(code)
    if rows:
        signal_row = _signal(code - SIGNALED) if SIGNALED < code <= SIGNALED + LAST_SIGNAL else None
        return _topic(code, (*rows, signal_row) if signal_row else rows)
    if code < 0:
        return _negative(code)
    if code > BYTE:
        return _large(code)
    if SIGNALED < code <= SIGNALED + LAST_SIGNAL:
        row = _signal(code - SIGNALED)
        note = f"{code} is 128 + {code - SIGNALED}: ended by that signal"
        return _noted(_topic(code, (row,) if row else ()), note)
    note = (
        f"no convention gives {code} a meaning: the program chose it. Read the end of its own log"
    )
    return Topic(
        "exit", f"exit code {code}", signatures=("container_exit_nonzero",),
        seen_as={"exit_code": code}, notes=(note,),
    )  # fmt: skip


def _negative(code: int) -> Topic:
    """`-9`: as Python and torchrun write a signal; or a 32-bit code of Windows."""
    row = _signal(-code)
    if row is not None:
        note = f"{code} is how Python and torchrun write signal {-code}; a shell says {128 - code}"
        return _noted(_topic(code, (row,)), note)
    rows = _rows(code + WORD)
    if rows:
        return _noted(_topic(code, rows), f"{code} is {code + WORD} without a sign")
    known = sorted(row.code for row in load.exits().row if row.code < 0)
    message = (
        f"no exit code {code} is known: -1 to -31 are signals, {known[0]} to {known[-1]} are YARN's"
    )
    raise UsageError(message)


def _large(code: int) -> Topic:
    """A wait status that nobody decoded: the code stands in its upper byte."""
    if code % (BYTE + 1) == 0 and code >> 8 <= BYTE:
        topic = exit_topic(code >> 8)
        return _noted(topic, f"{code} is a wait status: exit code {code >> 8}")
    known = {row.code for row in load.exits().row}
    raise UsageError(near.unknown_code("exit", f"exit code {code}", code, known))


def signal_topic(name: str) -> Topic:
    """A signal by number or name, with or without SIG. Raises `UsageError` for another."""
    wanted = name.upper().removeprefix("SIG")
    for row in load.signals().row:
        if wanted in (str(row.number), row.name.removeprefix("SIG")):
            return Topic(
                "signal",
                f"signal {row.number}, {row.name}",
                (row,),
                signatures=row.signatures,
                seen_as={
                    "signal": [row.number, row.name],
                    "exit_code": [SIGNALED + row.number, -row.number],
                },
            )
    if wanted.isdigit() and LAST_SIGNAL >= int(wanted) > load.signals().row[-1].number:
        message = f"signal {wanted} is a real-time signal: programs define it for themselves"
        raise UsageError(message)
    names = [row.name for row in load.signals().row]
    shown = name if wanted.isdigit() else f"SIG{wanted}"
    raise UsageError(near.unknown_name("signal", shown, names))


def _topic(code: int, rows: tuple[Row, ...]) -> Topic:
    covers = dict.fromkeys(one for row in rows for one in _covers(row))
    seen: list[Scalar] = [code]
    if -LAST_SIGNAL <= code < 0 or SIGNALED < code <= SIGNALED + LAST_SIGNAL:
        seen.append(SIGNALED - code)  # the other way to write it: 137 and -9
    return Topic(
        "exit", f"exit code {code}", rows, signatures=tuple(covers), seen_as={"exit_code": seen}
    )


def _covers(row: Row) -> tuple[str, ...]:
    return row.signatures if isinstance(row, ExitRow | SignalRow) else ()


def _rows(code: int) -> tuple[Row, ...]:
    return tuple(row for row in load.exits().row if row.code == code)


def _signal(number: int) -> SignalRow | None:
    return next((row for row in load.signals().row if row.number == number), None)


def _noted(topic: Topic, note: str) -> Topic:
    return Topic(
        topic.kind, topic.name, topic.rows, topic.units, topic.signatures, topic.seen_as,
        (note, *topic.notes),
    )  # fmt: skip
