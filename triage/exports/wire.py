"""The wire format of Protocol Buffers, as much of it as a trace needs: writing fields.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_CONTINUED = 0x80
_MASK64 = (1 << 64) - 1


def number(field: int, value: int) -> bytes:
    """An integer or an enumeration; a negative one takes ten bytes."""
    return _tag(field, _VARINT) + varint(value & _MASK64)


def fixed(field: int, value: int) -> bytes:
    """An unsigned integer of eight bytes."""
    return _tag(field, _FIXED64) + struct.pack("<Q", value & _MASK64)


def double(field: int, value: float) -> bytes:
    """A floating-point number."""
    return _tag(field, _FIXED64) + struct.pack("<d", value)


def text(field: int, value: str) -> bytes:
    """A string; what UTF-8 cannot hold is spelled out."""
    return message(field, value.encode("utf-8", "backslashreplace"))


def message(field: int, value: bytes) -> bytes:
    """A message that is encoded already."""
    return _tag(field, _BYTES) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while value >= _CONTINUED:
        out.append(value & (_CONTINUED - 1) | _CONTINUED)
        value >>= 7
    out.append(value)
    return bytes(out)


def _tag(field: int, kind: int) -> bytes:
    return varint(field << 3 | kind)
