"""One zstd frame, decoded in steps of bounded size (Python 3.11 has no zstd of its own).

`zstandard` offers no bound on what one call returns, and 4 bytes can stand for 128 KiB; so it is
fed little at a time. Its stream reader has bounds but cannot tell a whole file from a truncated
one.
"""

from __future__ import annotations

import io

import zstandard

from triage.bundle.limits import MIB

_STEP_BYTES = 512
_MAX_WINDOW = 128 * MIB


class ZstdFrame:
    """Decodes one frame, with the interface of `bz2.BZ2Decompressor`."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        self._input = b""
        self._output = io.BytesIO()
        self._left = 0

    @property
    def eof(self) -> bool:
        """Whether the frame has ended and all of it was handed out."""
        return self._frame.eof and not self._left

    @property
    def needs_input(self) -> bool:
        """Whether the next call must bring data."""
        return not self._left and not self._input

    @property
    def unused_data(self) -> bytes:
        """What was fed and lies behind the frame."""
        return self._frame.unused_data + self._input

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to `max_length` bytes; raise ZstdError where the frame is damaged."""
        self._input += data
        if not self._left:
            step, self._input = self._input[:_STEP_BYTES], self._input[_STEP_BYTES:]
            decoded = self._frame.decompress(step)
            self._output, self._left = io.BytesIO(decoded), len(decoded)
        output = self._output.read(max_length)
        self._left -= len(output)
        return output
