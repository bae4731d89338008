"""The 512-byte header of a tar member, read with distrust.

The reader is our own because `tarfile` of Python 3.11.7 can be made to loop or to read a header of
any size into memory (CVE-2024-6232, CVE-2025-8194), and cannot go on behind a damaged header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BLOCK = 512
_CHECKSUM = slice(148, 156)
_MAGIC = slice(257, 262)
_SIGN_BIT = 0x80
_NEGATIVE = 0xFF
_NUMBER = re.compile(rb"[ \0]*([0-7]*)[ \0]*\Z")


@dataclass(frozen=True, slots=True)
class TarHeader:
    """What one header block says."""

    name: str
    type: str
    size: int
    mtime: float | None
    block: bytes
    """The block itself: sparse members keep their map in it."""


def is_tar(head: bytes) -> bool:
    """Whether a file begins as a tar does; a damaged first header still shows its magic."""
    return len(head) >= BLOCK and (
        head[_MAGIC] == b"ustar" or parse_header(head[:BLOCK]) is not None
    )


def is_end_mark(block: bytes) -> bool:
    """Whether this block is one of the zero blocks that end a tar."""
    return not block.strip(b"\0")


def parse_header(block: bytes) -> TarHeader | None:
    """Read one header block; None where its checksum or its size is wrong."""
    size = parse_number(block[124:136])
    if size is None or not _checksum_matches(block):
        return None
    name = _text(block[:100])
    if block[_MAGIC] == b"ustar" and block[262:263] == b"\0" and block[345] != 0:
        name = f"{_text(block[345:500])}/{name}"
    kind = chr(block[156])
    if kind in "\x007":
        kind = "0"
    if kind == "0" and name.endswith("/"):
        kind = "5"  # as tar wrote folders before POSIX
    return TarHeader(name, kind, size, parse_number(block[136:148]), block)


def parse_number(field: bytes) -> int | None:
    """Read an octal or a base-256 number; None where it is neither, or negative."""
    if field[0] & _SIGN_BIT:
        if field[0] == _NEGATIVE:
            return None
        return int.from_bytes(bytes([field[0] & ~_SIGN_BIT]) + field[1:])
    match = _NUMBER.match(field)
    return int(match[1] or b"0", 8) if match else None


def _checksum_matches(block: bytes) -> bool:
    stored = parse_number(block[_CHECKSUM])
    total = sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")
    high = sum(1 for byte in block[:148] + block[156:] if byte & _SIGN_BIT)
    return bool(block.strip(b"\0")) and stored in {
        total,
        total - 256 * high,
    }  # some sum signed bytes


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
