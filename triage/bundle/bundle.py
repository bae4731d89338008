"""What the user hands over (folder, file, archive or standard input), opened once, read safely.

This room alone opens the user's files. It writes nothing but anonymous temporary files, follows no
link, and leaves names, contents and times of the bundle as they were.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO, Self

from triage.bundle.folder import Folder, OpenFile, checked_file, open_quietly
from triage.bundle.limits import MIB, Budget, Limits
from triage.bundle.names import safe_file_name
from triage.bundle.notes import BundleWarning, Notes
from triage.bundle.remote import Remote, is_remote
from triage.bundle.source import Source, describe
from triage.bundle.stream import FileStream, OwnedFile
from triage.bundle.visible import visible
from triage.bundle.walk import Found, Walk
from triage.errors import BundleError, ReadError

_STDIN = "stdin"
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".tgz", ".tbz2", ".tbz", ".txz", ".tzst", ".tar", ".zip")
_DEFAULT_LIMITS = Limits()


class Bundle:
    """An open bundle. Close it, or use it in a `with` statement."""

    def __init__(
        self,
        file_name: str,
        content: Folder | OpenFile | Remote,
        limits: Limits,
        resources: ExitStack,
        notes: Notes | None = None,
    ) -> None:
        shown = safe_file_name(file_name).text
        packed = isinstance(content, OpenFile) or (isinstance(content, Remote) and content.is_file)
        self.name = _bundle_name(shown) if packed else shown
        """The folder's name, or the file's without what says that it is packed."""
        self.sha256: str | None = None
        """Of the file as it lies there, once `digest` was asked for; a folder has none."""
        self._file_name = shown
        self._content = content
        self._limits = limits
        self._resources = resources
        self._notes = notes or Notes()
        self._closed = False

    def __enter__(self) -> Self:
        """Return the bundle itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self.close()

    def close(self) -> None:
        """Close all files, and end the passes that are still running."""
        self._closed = True
        self._resources.close()

    @property
    def warnings(self) -> list[BundleWarning]:
        """What could not be read or is odd; complete when a pass over `sources` has ended."""
        return self._notes.warnings()

    @property
    def skipped(self) -> list[str]:
        """The files that were left out because they are clearly binary."""
        return self._notes.skipped()

    def digest(self) -> str | None:
        """Return the SHA-256 of a bundle that is one file; it costs a read of all of it."""
        if self.sha256 is None and isinstance(self._content, OpenFile):
            size = self._content.size
            budget = Budget(Limits(max_total_bytes=size))
            stream = FileStream(self._content.descriptor, size, budget)
            digest = hashlib.sha256()
            while data := stream.pull(MIB):
                digest.update(data)
            self.sha256 = digest.hexdigest()
        return self.sha256

    def sources(self) -> Iterator[Source]:
        """Begin a pass: yield every text in the bundle, always in the same order.

        A source must be read before the next one is asked for. Each call begins a new pass.
        """
        if self._closed:
            raise ValueError("this bundle is closed")
        one_pass = self._pass()
        self._resources.callback(one_pass.close)
        return one_pass

    def _pass(self) -> Generator[Source]:
        walk = Walk(self.name, self._limits, self._notes)
        for found in self._found(walk):
            yield from walk.expand(found)
            if walk.budget.exhausted:
                self._notes.warn(
                    self.name, f"a limit was reached at {found.name}; what follows it was not read"
                )
                return

    def _found(self, walk: Walk) -> Iterator[Found]:
        """Yield what lies on disk, in the order in which it is read."""
        content = self._content
        if isinstance(content, Remote):
            yield from content.found(walk, self._limits, self._notes, self._file_name)
            return
        if isinstance(content, OpenFile):
            stream = FileStream(content.descriptor, content.size, walk.budget)
            yield Found(self._file_name, "", content.size, content.mtime, lambda: stream)
            return
        for path in content.list_files(self.name, self._limits.max_members, self._notes):
            safe = safe_file_name(path)
            name = walk.names.unique(safe.text)
            if safe.oddity:
                self._notes.fold(self.name, safe.oddity, name)
            try:
                file = content.open_file(path)
            except (OSError, ReadError) as error:
                self._notes.warn(name, f"cannot be read: {describe(error)}")
                continue
            start = partial(OwnedFile, file.descriptor, file.size, walk.budget)
            yield Found(name, f"{name}!/", file.size, file.mtime, start)


def open_bundle(
    path: str | os.PathLike[str],
    limits: Limits = _DEFAULT_LIMITS,
    *,
    stdin: BinaryIO | None = None,
) -> Bundle:
    """Open a folder, a file or an archive; `-` is standard input, which is copied first.

    `s3://BUCKET/...` and the like are objects and prefixes of object stores.
    """
    place = os.fspath(path)
    if is_remote(place):
        name = place.rstrip("/").rpartition("/")[2]
        return Bundle(name, Remote(place), limits, ExitStack())
    with ExitStack() as resources:
        if place == "-":
            return _open_stdin(stdin or sys.stdin.buffer, limits, resources)
        try:
            content = _open_content(place, resources)
        except OSError as error:
            raise BundleError(f"{visible(place)}: cannot be opened: {describe(error)}") from error
        name = os.path.basename(os.path.abspath(place))  # noqa: PTH100, PTH119 - `..` resolved, links kept
        return Bundle(name or place, content, limits, resources.pop_all())


def _open_content(place: str, resources: ExitStack) -> Folder | OpenFile:
    """Open what the user named; a link is followed here, because the user chose it."""
    mode = os.stat(place).st_mode  # noqa: PTH116 - the path may hold what pathlib would tidy away
    if stat.S_ISDIR(mode):
        descriptor = open_quietly(place, os.O_DIRECTORY)
        resources.callback(os.close, descriptor)
        return Folder(descriptor)
    if not stat.S_ISREG(mode):
        raise BundleError(
            f"{visible(place)}: neither a file nor a folder. A pipe can be read from standard"
            " input: give - as the path"
        )
    file = checked_file(open_quietly(place))
    resources.callback(os.close, file.descriptor)
    return file


def _open_stdin(stdin: BinaryIO, limits: Limits, resources: ExitStack) -> Bundle:
    """Copy standard input to a file without a name: archives need seeking, passes repetition."""
    spool = resources.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the bundle
    left = limits.max_member_bytes
    while left and (data := stdin.read(min(left, MIB))):
        spool.write(data)
        left -= len(data)
    spool.flush()
    content = OpenFile(spool.fileno(), spool.tell(), mtime=None)
    notes = Notes()
    if stdin.read(1):
        notes.warn(
            _STDIN, f"read only in part: it is larger than {limits.max_member_bytes:,} bytes"
        )
    return Bundle(_STDIN, content, limits, resources.pop_all(), notes)


def _bundle_name(file_name: str) -> str:
    name = file_name
    while name.lower().endswith(_SUFFIXES) and (stem := name.rpartition(".")[0]):
        name = stem
    return name
