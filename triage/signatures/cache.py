"""The decoded knowledge base, kept in the user's cache folder under the hash of its content.

Reading TOML takes a large part of a second; reading this takes milliseconds. It is typed data, not
code: a file that was tampered with is at worst refused. A folder that cannot be written is no
error, and a file is put in place in one step, so that parallel runs never see half of one.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from triage.signatures.model import Signature
from triage.version import __version__


class Stored(Struct, frozen=True):
    """What is kept."""

    origins: dict[str, str]
    signatures: list[Signature]
    literals: dict[str, list[str]]
    """Pattern to the literals found in it: walking its syntax tree takes longer than reading."""


def folder() -> Path | None:
    """The user's cache folder for this program; none where there is no home."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "triage"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "triage"


def read(key: str) -> Stored | None:
    """What was kept under this hash by this version; none when there is nothing usable."""
    path = _path(key)
    if path is None:
        return None
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Stored)
    except (OSError, msgspec.MsgspecError):
        return None


def write(key: str, stored: Stored) -> None:
    """Keep it, where that is possible."""
    path = _path(key)
    if path is None:
        return
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
            partial = Path(out.name)
            out.write(msgspec.msgpack.encode(stored))
        partial.replace(path)
        _drop_others(path)
    except OSError:
        if partial is not None:
            with contextlib.suppress(OSError):
                partial.unlink()


def _path(key: str) -> Path | None:
    base = folder()
    return None if base is None else base / f"signatures-{__version__}-{key}.msgpack"


def _drop_others(path: Path) -> None:
    """One knowledge base is enough: what an older one left is removed."""
    for other in path.parent.glob("signatures-*.msgpack"):
        if other != path:
            with contextlib.suppress(OSError):
                other.unlink()
