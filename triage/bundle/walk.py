"""One pass over a bundle: from the files that lie in it to the texts that are in them.

Every file goes the same way, however deep it lies: look at its head; if it is compressed or an
archive, open that and go the same way with what is inside; if it is text, hand it out.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from triage.bundle.inflate import DECODERS, Inflated
from triage.bundle.kinds import Kind, sniff
from triage.bundle.limits import GIB, MIB, Budget, Limits
from triage.bundle.member import NOT_FOLLOWED, Member, MemberKind
from triage.bundle.names import Names, safe_member_name
from triage.bundle.notes import Notes
from triage.bundle.source import Guarded, Source, describe
from triage.bundle.stream import FileStream, Peeked, Stream
from triage.bundle.tar import TarReader
from triage.bundle.zip import zip_members
from triage.errors import LimitExceeded, ReadError

_ZIP_BASED_BINARY = re.compile(
    r".*\.(?:apk|ckpt|docx|egg|jar|keras|npz|odt|pptx|ptl?|pth|war|whl|xlsx)", re.IGNORECASE
)
"""Zips that hold programs, weights or office files: no logs, but text that looks like some."""
_JOURNALS = (
    "binary systemd journals that were not read (turn each into text with"
    " journalctl --file FILE -o short-iso-precise)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was met on the way and not yet looked into."""

    name: str
    """Unique in the bundle and safe to print."""

    inside: str
    """What the names of its members begin with, should it be an archive."""

    size: int | None
    mtime: float | None
    open: Callable[[], Stream]

    depth: int = 0
    """How many archives it lies in."""

    inflated: bool = False
    """It was compressed, and this is what came out."""

    @property
    def on_disk(self) -> bool:
        """Whether this is a file as it lies on disk."""
        return not self.depth and not self.inflated


class Walk:
    """One pass: what it has spent, and which names it has given."""

    def __init__(self, bundle: str, limits: Limits, notes: Notes) -> None:
        self.budget = Budget(limits)
        self.names = Names()
        self._bundle = bundle
        self._limits = limits
        self._notes = notes

    def expand(self, found: Found) -> Iterator[Source]:
        """Yield the texts in one file; what cannot be read becomes a warning."""
        try:
            with found.open() as stream:
                if found.on_disk:
                    self.budget.start_file(found.size or 0)
                peeked = Peeked(stream)
                yield from self._expand_as(sniff(peeked.head), found, peeked)
        except (ReadError, LimitExceeded, OSError) as error:
            self._notes.warn(found.name, describe(error))

    def _expand_as(self, kind: Kind, found: Found, stream: Peeked) -> Iterator[Source]:
        if kind is Kind.TEXT:
            yield from self._text(found, stream)
        elif kind in DECODERS:
            yield from self._compressed(found, stream, kind)
        elif kind is Kind.TAR:
            reader = TarReader(
                stream, self.budget, lambda message: self._notes.warn(found.name, message)
            )
            yield from self._members(found, reader)
        elif kind is Kind.ZIP and not _ZIP_BASED_BINARY.fullmatch(found.name):
            yield from self._zip(found, stream)
        elif kind is Kind.JOURNAL:
            self._notes.fold(self._bundle, _JOURNALS, found.name, lost=True)
        elif kind is Kind.FOREIGN:
            raise ReadError("it is an archive of a kind that is not supported. Unpack it first")
        else:
            self._notes.skip(found.name)

    def _text(self, found: Found, stream: Peeked) -> Iterator[Source]:
        guarded = Guarded(stream, found.name, self._notes, self._limits.max_member_bytes)
        size = None if found.inflated else found.size
        source = Source(found.name, size, found.mtime, guarded)
        try:
            yield source
        finally:
            source.close()

    def _compressed(self, found: Found, stream: Peeked, kind: Kind) -> Iterator[Source]:
        depth = found.depth + found.inflated
        self._check_depth(depth)
        yield from self.expand(
            replace(
                found,
                open=lambda: Inflated(stream, DECODERS[kind], self.budget, kind),
                depth=depth,
                inflated=True,
            )
        )

    def _zip(self, found: Found, stream: Peeked) -> Iterator[Source]:
        if isinstance(stream.inner, FileStream):
            yield from self._members(found, zip_members(stream.inner, self.budget))
            return
        with tempfile.TemporaryFile() as spool:
            while piece := stream.read(MIB):
                if spool.tell() + len(piece) > self._limits.max_spool_bytes:
                    raise LimitExceeded(
                        "it is a zip in an archive and larger than"
                        f" {self._limits.max_spool_bytes / GIB:.3g} GiB. Unpack the outer archive"
                        " and scan the folder"
                    )
                spool.write(piece)
            spool.flush()
            archive = FileStream(spool.fileno(), spool.tell(), self.budget)
            yield from self._members(found, zip_members(archive, self.budget))

    def _members(self, found: Found, members: Iterable[Member]) -> Iterator[Source]:
        self._check_depth(found.depth)
        for member in members:
            self.budget.count_member()  # also ends the archive once a limit was passed
            safe = safe_member_name(member.name)
            if safe.oddity:
                self._notes.fold(found.name, safe.oddity, f"{found.inside}{safe.text}")
            if member.kind is MemberKind.FILE:
                name = self.names.unique(f"{found.inside}{safe.text}")
                yield from self.expand(
                    Found(
                        name, f"{name}!/", member.size, member.mtime, member.open, found.depth + 1
                    )
                )
            elif member.kind in NOT_FOLLOWED:
                self._notes.fold(
                    found.name, NOT_FOLLOWED[member.kind], f"{found.inside}{safe.text}"
                )

    def _check_depth(self, depth: int) -> None:
        if depth > self._limits.max_depth:
            raise LimitExceeded(
                f"it lies more than {self._limits.max_depth} archives deep and was not opened."
                " Unpack the outer archives and scan the folder"
            )
