"""Decompression in small steps, with every byte that comes out paid for."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from typing import Protocol

import zstandard
from isal import igzip_lib

from triage.bundle.gzip_member import GzipMember
from triage.bundle.kinds import Kind, sniff
from triage.bundle.limits import KIB, MIB, Budget
from triage.bundle.stream import Stream
from triage.bundle.zstd_frame import ZstdFrame
from triage.errors import LimitExceeded, ReadError

_FIRST_INPUT, _MAX_INPUT = 4 * KIB, 64 * KIB
_FIRST_OUTPUT, _MAX_OUTPUT = 512, 8 * KIB
"""What one step returns, and so the most that damage can take with it from before itself."""
_MAX_PULL = MIB
_MAGIC_BYTES = 16
_MAX_XZ_MEMORY = 256 * MIB

# gzip members raise ValueError, bz2 OSError.
_DAMAGE: tuple[type[Exception], ...] = (
    ValueError,
    OSError,
    EOFError,
    lzma.LZMAError,
    zstandard.ZstdError,
    igzip_lib.error,  # type: ignore[assignment]  # a class, which its stub declares as an instance
)


class Decoder(Protocol):
    """One compressed stream, decoded in steps: the interface of `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool:
        """Whether the compressed stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether the next step must bring data."""

    @property
    def unused_data(self) -> bytes:
        """What was fed and lies behind the compressed stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take one step."""


DECODERS: dict[Kind, Callable[[], Decoder]] = {
    Kind.GZIP: GzipMember,
    Kind.BZIP2: bz2.BZ2Decompressor,
    Kind.XZ: lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_XZ_MEMORY),
    Kind.ZSTD: ZstdFrame,
}
"""How each kind of compressed file is decoded."""


def raw_deflate() -> Decoder:
    """Make a decoder for a zip member: deflate without any frame."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)


class Inflated(Stream):
    """What a compressed stream holds.

    Files written in several goes (`gzip >> log.gz`, pigz, pzstd) are several compressed streams one
    after the other: `again` names their kind, None where there can be only one.
    """

    def __init__(
        self, inner: Stream, make: Callable[[], Decoder], budget: Budget, again: Kind | None
    ) -> None:
        super().__init__()
        self._inner = inner
        self._make = make
        self._budget = budget
        self._again = again
        self._decoder = make()
        self._ended = False
        self._damage: Exception | None = None
        self._input_size = _FIRST_INPUT
        self._output_size = _FIRST_OUTPUT

    def pull(self, size: int) -> bytes:
        """Decode on; what came out before damage is returned first, the damage raised after."""
        wanted = min(size, _MAX_PULL)
        pieces: list[bytes] = []
        while wanted and not self._ended and not self._damage:
            try:
                piece = self._step(min(wanted, self._output_size))
            except (ReadError, LimitExceeded, OSError) as error:
                self._damage = error
                break
            self._output_size = min(2 * self._output_size, _MAX_OUTPUT)
            pieces.append(piece)
            wanted -= len(piece)
        data = b"".join(pieces)
        if self._damage and not data:
            raise self._damage
        self._budget.charge_inflated(len(data))
        return data

    def _step(self, size: int) -> bytes:
        data = b""
        if self._decoder.eof:
            data = self._next_stream()
            if not data:
                self._ended = True
                return b""
        elif self._decoder.needs_input:
            data = self._inner.pull(self._input_size)
            if not data:
                raise ReadError("its compressed data was cut short. Fetch it again")
            self._input_size = min(2 * self._input_size, _MAX_INPUT)
        try:
            return self._decoder.decompress(data, size)
        except _DAMAGE as error:
            raise ReadError(f"its compressed data is damaged ({error}). Fetch it again") from error

    def _next_stream(self) -> bytes:
        """Begin the compressed stream that follows, and return its first bytes; b"" at the end.

        Zeros between and behind are padding. The small first step keeps a file of a million empty
        streams from being copied a million times.
        """
        if self._again is None:
            return b""
        data = self._decoder.unused_data.lstrip(b"\0")
        while len(data) < _MAGIC_BYTES and (more := self._inner.pull(_FIRST_INPUT)):
            data = (data + more).lstrip(b"\0")
        if data and sniff(data) is not self._again:
            raise ReadError("other data follows its compressed data and was not read")
        self._decoder = self._make()
        self._input_size = _FIRST_INPUT
        return data
