"""One readable file of a bundle, as the later rooms get it."""

from __future__ import annotations

from typing import BinaryIO, cast

from triage.bundle.limits import GIB
from triage.bundle.notes import Notes
from triage.bundle.stream import Peeked, Stream
from triage.errors import LimitExceeded, ReadError


class Source:
    """A text file of the bundle, to be read before the next one is asked for."""

    __slots__ = ("_opened", "_stream", "head", "mtime", "name", "size")

    def __init__(self, name: str, size: int | None, mtime: float | None, stream: Guarded) -> None:
        self.name = name
        """Path inside the bundle, unique and safe to print."""
        self.size = size
        """Bytes when decompressed; None where that is known only after reading."""
        self.mtime = mtime
        """Seconds since 1970, as the file system or the archive says; None where nobody does."""
        self.head = stream.head
        """The first bytes, for those who choose how to read on."""
        self._stream = stream
        self._opened = False

    def __repr__(self) -> str:
        """Show the name and the size."""
        return f"Source({self.name!r}, size={self.size})"

    def open(self) -> BinaryIO:
        """Return the decompressed bytes, once: many sources are streams that cannot go back.

        Reading never raises for what is wrong with the bundle: the stream ends where the damage or
        the limit is, and a warning says so.
        """
        if self._opened or self._stream.closed:
            raise ReadError(f"{self.name}: a source can be read once, before the next one")
        self._opened = True
        return cast("BinaryIO", self._stream)  # RawIOBase is one in all but its declared type

    def skip(self, size: int) -> int:
        """Pass over bytes of an open source, without reading them where it is a plain file."""
        return self._stream.skip(size)

    def close(self) -> None:
        """End the reading, because the bundle moves on."""
        self._stream.close()


class Guarded(Stream):
    """The last layer: turns what goes wrong below into a warning and an early end."""

    def __init__(self, inner: Peeked, name: str, notes: Notes, max_bytes: int) -> None:
        super().__init__()
        self.head = inner.head
        self._inner = inner
        self._name = name
        self._notes = notes
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._ended = False

    def pull(self, size: int) -> bytes:
        """Read on; b"" from the first error on."""
        if self._ended:
            return b""
        try:
            data = self._inner.pull(min(size, self._left) if self._left else 1)
        except (ReadError, LimitExceeded, OSError) as error:
            data = b""
            self._notes.warn(self._name, f"read only in part: {describe(error)}")
        if data and not self._left:
            data = b""
            self._notes.warn(
                self._name,
                f"read only in part: it is larger than {self._max_bytes / GIB:,.3g} GiB."
                " Split it and scan the parts",
            )
        self._left -= len(data)
        self._ended = not data
        return data

    def skip(self, size: int) -> int:
        """Pass over bytes; the limit counts them, errors end it as they end reading."""
        if self._ended:
            return 0
        try:
            skipped = self._inner.skip(min(size, self._left))
        except (ReadError, LimitExceeded, OSError) as error:
            self._notes.warn(self._name, f"read only in part: {describe(error)}")
            self._ended = True
            return 0
        self._left -= skipped
        return skipped


def describe(error: Exception) -> str:
    """Word an error for a warning: our own are sentences, the system's need a hint."""
    if isinstance(error, PermissionError):
        return "permission denied. Run as a user who may read it, or copy the bundle first"
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, OSError):
        return f"the system says {error.strerror or error}"
    return str(error)
