"""One gzip member, decoded so that a wrong checksum costs nothing but a warning.

The ready-made readers check the sum in the call that returns the last bytes, and raise instead of
returning them: a log with one flipped bit would lose its end, a small one everything. Here the
frame (RFC 1952) is taken apart by hand, and the sum is checked in a call of its own.
"""

from __future__ import annotations

import struct

from isal import igzip_lib

_FIXED_HEADER = struct.Struct("<3xB6x")
_TRAILER = struct.Struct("<II")
_MAX_HEADER = 128 * 1024
_HAS_CHECKSUM, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT = 2, 4, 8, 16


class GzipMember:
    """Decodes one member, with the interface of `bz2.BZ2Decompressor`."""

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""
        self._header: bytes | None = b""
        self._deflate = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR)
        self._trailer = b""

    @property
    def needs_input(self) -> bool:
        """Whether the next call must bring data."""
        if self._deflate.eof:
            return len(self._trailer) < _TRAILER.size
        return self._header is not None or self._deflate.needs_input

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to `max_length` bytes; raise ValueError where the frame is damaged."""
        if self._deflate.eof:
            self._check(self._trailer + data)
            return b""
        if self._header is not None:
            self._header += data
            end = _header_size(self._header)
            if end is None:
                return b""
            data, self._header = self._header[end:], None
        output = self._deflate.decompress(data, max_length)
        if self._deflate.eof:
            self._trailer = self._deflate.unused_data
        return output

    def _check(self, trailer: bytes) -> None:
        self._trailer = trailer
        if len(trailer) < _TRAILER.size:
            return
        self.eof = True
        self.unused_data = trailer[_TRAILER.size :]
        if _TRAILER.unpack_from(trailer)[0] != self._deflate.crc:
            raise ValueError("its checksum does not match what it holds")


def _header_size(data: bytes) -> int | None:
    """Return where the compressed data begins, or None while the header is incomplete."""
    if len(data) > _MAX_HEADER:
        raise ValueError("its header does not end")
    if len(data) < _FIXED_HEADER.size:
        return None
    (flags,) = _FIXED_HEADER.unpack_from(data)
    end = _FIXED_HEADER.size
    if flags & _HAS_EXTRA:
        end += 2 + int.from_bytes(data[end : end + 2], "little")
    for flag in (_HAS_NAME, _HAS_COMMENT):
        if flags & flag:
            end = data.find(b"\0", end) + 1
            if not end:
                return None
    if flags & _HAS_CHECKSUM:
        end += 2
    return end if len(data) >= end else None
