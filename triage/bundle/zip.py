"""The members of a zip archive.

The standard library reads the directory at the end; the data is decoded here, with isal and in
steps, so that members share the bounds of every other compressed file and are read up to their
damage.
"""

from __future__ import annotations

import bz2
import datetime as dt
import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial

from isal import isal_zlib

from triage.bundle.inflate import Decoder, Inflated, raw_deflate
from triage.bundle.limits import MIB, Budget
from triage.bundle.member import Member, MemberKind
from triage.bundle.stream import Extent, FileStream, Stream
from triage.bundle.zstd_frame import ZstdFrame
from triage.errors import ReadError

_MAX_DIRECTORY_BYTES = 24 * MIB
"""About 220,000 members with names of 60 characters; `zipfile` keeps them all in memory."""
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_LOCAL_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_ZSTD = 93
_DECODERS: dict[int, Callable[[], Decoder]] = {
    zipfile.ZIP_DEFLATED: raw_deflate,
    zipfile.ZIP_BZIP2: bz2.BZ2Decompressor,
    _ZSTD: ZstdFrame,
}
_EXTRA = struct.Struct("<HH")
_MTIME = struct.Struct("<xi")
_UNIX_TIME, _HAS_MTIME = 0x5455, 1
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError)


def zip_members(archive: FileStream, budget: Budget) -> Iterator[Member]:
    """Yield the members in the order of the directory."""
    try:
        directory = zipfile.ZipFile(_DirectoryReader(archive)).infolist()
    except _DAMAGE as error:
        raise ReadError(
            f"its directory cannot be read ({error}): it is cut short or damaged. Fetch it again"
        ) from error
    for info in directory:
        yield Member(
            info.orig_filename,
            _kind(info),
            info.file_size,
            _mtime(info),
            partial(_open, archive, info, budget),
        )


class _DirectoryReader(io.RawIOBase):
    """What `zipfile` reads the directory through: it asks for any size that the file claims."""

    def __init__(self, archive: FileStream) -> None:
        super().__init__()
        self._archive = archive

    def seekable(self) -> bool:
        """Say yes: the directory is found from the end."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move within the archive."""
        return self._archive.seek(offset, whence)

    def tell(self) -> int:
        """Return the position within the archive."""
        return self._archive.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on, if that is a sane amount."""
        if size is not None and size > _MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("it claims more members than a zip of logs has")
        return self._archive.read(size)


class _Checked(Stream):
    """A member whose checksum is compared at its end, after all of it was delivered."""

    def __init__(self, inner: Stream, checksum: int) -> None:
        super().__init__()
        self._inner = inner
        self._expected = checksum
        self._checksum = 0

    def pull(self, size: int) -> bytes:
        """Read on, and raise at the end where the checksum is wrong."""
        data = self._inner.pull(size)
        self._checksum = isal_zlib.crc32(data, self._checksum)
        if not data and self._checksum != self._expected:
            raise ReadError("its checksum does not match what it holds: it is damaged")
        return data


def _open(archive: FileStream, info: zipfile.ZipInfo, budget: Budget) -> Stream:
    if info.flag_bits & _ENCRYPTED:
        raise ReadError("it is encrypted. Unpack it with its password and scan the folder")
    header = archive.window(info.header_offset, _LOCAL_HEADER.size).read_exactly(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MAGIC):
        raise ReadError("the directory of the zip points to a wrong place: the zip is damaged")
    _, name_size, extra_size = _LOCAL_HEADER.unpack(header)
    start = info.header_offset + _LOCAL_HEADER.size + name_size + extra_size
    stored = archive.window(start, info.compress_size)
    if info.compress_type == zipfile.ZIP_STORED:
        return _Checked(Extent(stored, info.compress_size), info.CRC)
    if info.compress_type not in _DECODERS:
        raise ReadError(
            f"its compression (method {info.compress_type}) is not supported. Unpack the zip and"
            " scan the folder"
        )
    make = _DECODERS[info.compress_type]
    return _Checked(Inflated(stored, make, budget, again=None), info.CRC)


def _kind(info: zipfile.ZipInfo) -> MemberKind:
    mode = stat.S_IFMT(info.external_attr >> 16)
    if info.filename.endswith(("/", "\\")) or mode == stat.S_IFDIR:
        return MemberKind.FOLDER
    if mode == stat.S_IFLNK:
        return MemberKind.LINK
    return MemberKind.FILE if mode in {0, stat.S_IFREG} else MemberKind.DEVICE


def _mtime(info: zipfile.ZipInfo) -> float | None:
    """Return the time in the Unix extra field, else the DOS time read as UTC.

    A DOS time has no zone, so it is up to 14 hours off: good enough to tell the year.
    """
    extra = info.extra
    while len(extra) >= _EXTRA.size:
        tag, size = _EXTRA.unpack_from(extra)
        field = extra[_EXTRA.size : _EXTRA.size + size]
        if tag == _UNIX_TIME and len(field) >= _MTIME.size and field[0] & _HAS_MTIME:
            return float(_MTIME.unpack_from(field)[0])
        extra = extra[_EXTRA.size + size :]
    if info.date_time == _NO_TIME:
        return None
    try:
        return dt.datetime(*info.date_time, tzinfo=dt.UTC).timestamp()
    except ValueError:
        return None
