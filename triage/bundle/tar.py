"""The members of a tar archive, one after the other, from any stream.

Reads v7, ustar, GNU and pax archives, several packed one behind the other too. Headers that
describe other headers are bounded, links and devices are named and never followed, and the reading
goes on behind a damaged header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from triage.bundle.limits import KIB, MIB, Budget
from triage.bundle.member import Member, MemberKind
from triage.bundle.stream import Extent, Stream
from triage.bundle.tar_header import BLOCK, TarHeader, is_end_mark, parse_header
from triage.bundle.tar_sparse import Sparse, is_pax_sparse, open_pax_sparse, read_gnu_map
from triage.errors import ReadError

_MAX_EXTENSION_BYTES = {"L": 64 * KIB, "x": MIB, "K": 0, "g": 0, "X": 0}
"""Headers about the next member: long name, pax record; link names and global pax are of no use."""
_KINDS = {
    **dict.fromkeys("12", MemberKind.LINK),
    **dict.fromkeys("346", MemberKind.DEVICE),
    **dict.fromkeys("5DVM", MemberKind.FOLDER),  # D, V, M: folder list, label, end of a volume
}
"""What is not listed is a file: POSIX asks for that."""
_WITHOUT_DATA = frozenset("123456")
_PAX_TIME = re.compile(r"\d{1,12}(?:\.\d*)?")
_PAX_SIZE = re.compile(r"\d{1,18}")
_MAX_LENGTH_DIGITS = 8


class TarReader:
    """Iterates over the members; each must be read before the next one is asked for."""

    def __init__(self, archive: Stream, budget: Budget, warn: Callable[[str], None]) -> None:
        self._archive = archive
        self._budget = budget
        self._warn = warn
        self._ended = False
        self._damaged = False
        self._long_name = ""
        self._pax: dict[str, str] = {}

    def __iter__(self) -> Iterator[Member]:
        """Yield each member with its data still to be read."""
        while header := self._next_header():
            if header.type in _MAX_EXTENSION_BYTES:
                self._read_extension(header)
                continue
            size = 0 if header.type in _WITHOUT_DATA else self._stored_size(header)
            data = Extent(self._archive, size)
            yield self._member(header, data, size)
            self._long_name, self._pax = "", {}
            if not data.finish():
                raise ReadError("it was cut short in the middle of a member. Fetch it again")
            self._archive.skip(-size % BLOCK)

    def _next_header(self) -> TarHeader | None:
        while len(block := self._archive.read_exactly(BLOCK)) == BLOCK:
            if is_end_mark(block):
                self._ended = True
            elif header := parse_header(block):
                self._ended = False
                return header
            elif not self._ended and not self._damaged:
                self._damaged = True
                self._warn(
                    "a header in it is damaged; the members up to the next good header are lost."
                    " Fetch it again"
                )
        if not self._ended:
            raise ReadError("it has no end mark and may have been cut short. Fetch it again")
        return None

    def _read_extension(self, header: TarHeader) -> None:
        wanted = _MAX_EXTENSION_BYTES[header.type]
        if wanted and header.size > wanted:
            self._warn("a name in it is absurdly long; the member has its short name here")
        data = b""
        if header.size <= wanted:
            data = self._archive.read_exactly(header.size)
        else:
            self._archive.skip(header.size)
        self._archive.skip(-header.size % BLOCK)
        if header.type == "L":
            self._long_name = data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
        elif header.type == "x":
            self._pax = parse_pax(data)

    def _stored_size(self, header: TarHeader) -> int:
        size = self._pax.get("size", "")
        return int(size) if _PAX_SIZE.fullmatch(size) else header.size

    def _member(self, header: TarHeader, data: Extent, size: int) -> Member:
        pax = self._pax
        mtime = pax.get("mtime", "")
        start: Callable[[], Stream] = lambda: data  # noqa: E731 - replaced below for sparse files
        if header.type == "S":
            gnu_map = read_gnu_map(self._archive, header)
            start, size = partial(Sparse, data, gnu_map, self._budget), gnu_map.size
        elif is_pax_sparse(pax):
            start = partial(open_pax_sparse, data, pax, self._budget)
        return Member(
            pax.get("GNU.sparse.name") or pax.get("path") or self._long_name or header.name,
            _KINDS.get(header.type, MemberKind.FILE),
            size,
            float(mtime) if _PAX_TIME.fullmatch(mtime) else header.mtime,
            start,
        )


def parse_pax(data: bytes) -> dict[str, str]:
    """Read the records of a pax header, `length key=value`, up to the first that is damaged."""
    records: dict[str, str] = {}
    at = 0
    while (space := data.find(b" ", at, at + _MAX_LENGTH_DIGITS)) > 0:
        length = data[at:space]
        if not length.isdigit() or at + int(length) <= space + 1:
            break
        record = data[space + 1 : at + int(length)].removesuffix(b"\n")
        key, _, value = record.decode("utf-8", "surrogateescape").partition("=")
        records[key] = value
        at += int(length)
    return records
