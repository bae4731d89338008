"""Bytes that flow one way: the one shape in which every file, member and decompressor is read.

Unlike Python's own readers, a stream hands out what it got before an error and raises on the next
call: what stands before the damage is evidence.
"""

from __future__ import annotations

import io
import os
from abc import abstractmethod

from triage.bundle.limits import MIB, Budget
from triage.errors import LimitExceeded, ReadError

HEAD_BYTES = 8 * 1024
"""How much of a file is looked at to tell what it is."""


class Stream(io.RawIOBase):
    """A forward-only reader; `read` may return less than asked, and b"" only at the end."""

    @abstractmethod
    def pull(self, size: int) -> bytes:
        """Return 1 to `size` bytes, or b"" at the end."""

    def readable(self) -> bool:
        """Say yes, as wrappers such as `io.BufferedReader` ask."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes; all that is left when no size is given."""
        if self.closed:
            raise ValueError("this source is closed: the bundle has moved on to the next one")
        if size is None or size < 0:
            return b"".join(iter(lambda: self.pull(MIB), b""))
        return self.pull(size) if size else b""

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # io passes a memoryview
        """Fill a buffer, for wrappers."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read_exactly(self, size: int) -> bytes:
        """Return `size` bytes, less only where the stream ends."""
        pieces: list[bytes] = []
        while size and (piece := self.pull(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def skip(self, size: int) -> int:
        """Pass over `size` bytes and return how many there were."""
        left = size
        while left and (piece := self.pull(min(left, MIB))):
            left -= len(piece)
        return size - left


class FileStream(Stream):
    """A part of an open file: read by position, so that several readers can share one descriptor.

    The part is fixed when the file is opened: a log that grows meanwhile is read to its size then.
    """

    def __init__(self, descriptor: int, size: int, budget: Budget, start: int = 0) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._budget = budget
        self._start = start
        self._position = start
        self._end = start + size

    @property
    def size(self) -> int:
        """How many bytes this part holds."""
        return self._end - self._start

    def pull(self, size: int) -> bytes:
        """Read on from the current position."""
        data = os.pread(self._descriptor, min(size, self._end - self._position), self._position)
        self._position += len(data)
        self._budget.charge_read(len(data))
        return data

    def skip(self, size: int) -> int:
        """Pass over bytes without reading them."""
        skipped = min(size, self._end - self._position)
        self._position += skipped
        return skipped

    def seekable(self) -> bool:
        """Say yes: zip archives are read from their end."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move within this part."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._position, os.SEEK_END: self._end}
        self._position = min(max(self._start, base[whence] + offset), self._end)
        return self.tell()

    def tell(self) -> int:
        """Return the position within this part."""
        return self._position - self._start

    def window(self, start: int, size: int) -> FileStream:
        """Return a reader of its own for some of these bytes."""
        start = min(start, self.size)
        return FileStream(
            self._descriptor, min(size, self.size - start), self._budget, self._start + start
        )


class OwnedFile(FileStream):
    """A whole file that is closed with its reader."""

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Peeked(Stream):
    """A stream whose first bytes were looked at and are still to be read."""

    def __init__(self, inner: Stream) -> None:
        super().__init__()
        self.inner = inner
        self.head = self._peek()
        self._unread = self.head

    def _peek(self) -> bytes:
        pieces = b""
        while len(pieces) < HEAD_BYTES:
            try:
                piece = self.inner.pull(HEAD_BYTES - len(pieces))
            except (ReadError, LimitExceeded, OSError):
                if not pieces:
                    raise
                break  # the inner stream raises again, after what it could deliver was read
            if not piece:
                break
            pieces += piece
        return pieces

    def pull(self, size: int) -> bytes:
        """Return the head first, then what follows."""
        if self._unread:
            data, self._unread = self._unread[:size], self._unread[size:]
            return data
        return self.inner.pull(size)

    def skip(self, size: int) -> int:
        """Pass over bytes, the head first."""
        from_head = min(size, len(self._unread))
        self._unread = self._unread[from_head:]
        return from_head + self.inner.skip(size - from_head)


class Extent(Stream):
    """The next `size` bytes of another stream: one member of an archive."""

    def __init__(self, inner: Stream, size: int) -> None:
        super().__init__()
        self._inner = inner
        self._left = size

    def pull(self, size: int) -> bytes:
        """Read on, and raise where the archive ends before the member does."""
        if not self._left:
            return b""
        data = self._inner.pull(min(size, self._left))
        if not data:
            raise ReadError(
                f"the archive ends {self._left:,} bytes before the end of this member: it was"
                " cut short. Fetch it again"
            )
        self._left -= len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over bytes of this member."""
        skipped = self._inner.skip(min(size, self._left))
        self._left -= skipped
        return skipped

    def finish(self) -> bool:
        """Pass over what was not read; False where the archive ends before the member does."""
        self.skip(self._left)
        return not self._left
