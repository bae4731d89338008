"""Reads the tables: TOML in, checked rows out, each table once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

import triage_playbooks
from triage.errors import SignatureError
from triage.tables.rows import ExceptionRow, ExitRow, ReasonRow, Row, SignalRow, SxidRow, XidRow

R = TypeVar("R", bound=Row)


class Table(Struct, Generic[R], frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file: what its sources are called, and its rows."""

    sources: dict[str, str]
    legend: dict[str, str] = {}
    """What the words of a column mean."""
    row: tuple[R, ...]


NAMES = ("xid", "sxid", "exit", "signals", "k8s_reasons", "python_exceptions")
"""The files, without `.toml`."""


@cache
def xids() -> Table[XidRow]:
    """What NVIDIA's driver reports of a GPU."""
    return _read("xid", Table[XidRow])


@cache
def sxids() -> Table[SxidRow]:
    """What NVIDIA's driver reports of an NVSwitch."""
    return _read("sxid", Table[SxidRow])


@cache
def exits() -> Table[ExitRow]:
    """Exit codes."""
    return _read("exit", Table[ExitRow])


@cache
def signals() -> Table[SignalRow]:
    """Signals."""
    return _read("signals", Table[SignalRow])


@cache
def reasons() -> Table[ReasonRow]:
    """Reasons of Kubernetes."""
    return _read("k8s_reasons", Table[ReasonRow])


@cache
def exceptions() -> Table[ExceptionRow]:
    """Python exceptions."""
    return _read("python_exceptions", Table[ExceptionRow])


def _read(name: str, form: type[Table[R]]) -> Table[R]:
    entry = files(triage_playbooks) / "tables" / f"{name}.toml"
    try:
        return msgspec.convert(tomllib.loads(entry.read_text("utf-8")), form)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"tables/{name}.toml: {error}"
        raise SignatureError(message) from error
