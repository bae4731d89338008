"""Copies what was collected into the bundle, with secrets masked unless told otherwise."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from triage.secrets import MASK, mask

CHUNK = 1 << 20
MAX_KEY = 64 << 10
"""A private key that goes on beyond a chunk is waited for so long."""
_MASK = MASK.encode()
_BEGIN, _END = b"-----BEGIN ", b"-----END "
_WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def copy_masked(source: BinaryIO, target: Path) -> tuple[int, int]:
    """Write the source with its secrets masked; gives the bytes written and how often it masked.

    Text in UTF-16 becomes UTF-8. All other bytes, valid or not, stay as they are.
    """
    written = masked = 0
    with target.open("wb") as file:
        for text in _pieces(source):
            safe = mask(text.decode("latin-1")).encode("latin-1")
            masked += max(safe.count(_MASK) - text.count(_MASK), 0)
            written += file.write(safe)
    return written, masked


def copy_plain(source: BinaryIO, target: Path) -> tuple[int, int]:
    """Write the source as it is."""
    written = 0
    with target.open("wb") as file:
        while piece := source.read(CHUNK):
            written += file.write(piece)
    return written, 0


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    """Whole lines, some at a time; a private key is never cut in two."""
    held = source.read(CHUNK)
    encoding = _WIDE.get(held[:2])
    if encoding is not None:
        decoded = (held + source.read()).decode(encoding, "replace")
        yield decoded.encode()
        return
    while held:
        more = source.read(CHUNK)
        cut = held.rfind(b"\n") + 1 if more else len(held)
        opened = held.rfind(_BEGIN, 0, cut)
        if more and opened >= 0 and held.find(_END, opened, cut) < 0 and cut - opened < MAX_KEY:
            cut = held.rfind(b"\n", 0, opened) + 1
        if not cut and more and len(held) < 4 * CHUNK:
            held += more
            continue
        yield held[: cut or len(held)]
        held = held[cut or len(held) :] + more
