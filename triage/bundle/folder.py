"""A folder as a bundle: lists and opens what lies in it, never what it points to.

Every open goes down from the root one component at a time and refuses links, so that nobody can
swap a folder for a link between the listing and the reading. Only regular files are opened for
reading: opening a FIFO would wait for a writer for ever.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from heapq import nsmallest

from triage.bundle.member import NOT_FOLLOWED, MemberKind
from triage.bundle.names import safe_file_name
from triage.bundle.notes import Notes
from triage.bundle.source import describe
from triage.errors import ReadError

_BASE = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_NO_ATIME = getattr(os, "O_NOATIME", 0)  # Linux only, and only for the file's owner

_MAX_FOLDER_DEPTH = 256
"""Every open goes down from the root, so depth costs time; dependency trees reach about 30."""
_TOO_MANY = (
    "it holds more than {:,} files and folders; the rest is left out. Scan its parts one by one"
)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, open, with what the file system says of it."""

    descriptor: int
    size: int
    mtime: float | None


def open_quietly(path: str, flags: int = 0, parent: int | None = None) -> int:
    """Open for reading without changing the time of last access, where the system lets us."""
    try:
        return os.open(path, _BASE | _NO_ATIME | flags, dir_fd=parent)
    except PermissionError:
        return os.open(path, _BASE | flags, dir_fd=parent)


def checked_file(descriptor: int) -> OpenFile:
    """Return an open regular file; close it and raise when it is anything else."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ReadError("it is not a regular file")
    return OpenFile(descriptor, status.st_size, status.st_mtime)


class Folder:
    """The files below one folder."""

    def __init__(self, descriptor: int) -> None:
        self._root = descriptor

    def open_file(self, path: str) -> OpenFile:
        """Open one file that `list_files` named."""
        return checked_file(self._descend(path, os.O_NOFOLLOW))

    def list_files(self, bundle: str, max_members: int, notes: Notes) -> list[str]:
        """Return the relative paths of all regular files, sorted; note what else lies there."""
        files: list[str] = []
        waiting = [""]
        left = max_members
        while waiting:
            folder = waiting.pop()
            try:
                entries = self._entries(folder, left + 1)
            except OSError as error:
                notes.warn(_shown(folder) or bundle, f"cannot list this folder: {describe(error)}")
                continue
            for entry in entries[:left]:
                if entry.kind in NOT_FOLLOWED:
                    notes.fold(bundle, NOT_FOLLOWED[entry.kind], _shown(entry.path))
                elif entry.kind is MemberKind.FILE:
                    files.append(entry.path)
            waiting += [e.path for e in entries[:left] if e.kind is MemberKind.FOLDER][::-1]
            left -= len(entries)
            if left < 0:
                notes.warn(bundle, _TOO_MANY.format(max_members))
                break
        return sorted(files)

    def _entries(self, folder: str, most: int) -> list[_Entry]:
        """Return what lies in one folder, by name; the first ones where there is too much."""
        if folder.count("/") >= _MAX_FOLDER_DEPTH:
            raise OSError(errno.ENAMETOOLONG, f"it lies {_MAX_FOLDER_DEPTH} folders deep")
        descriptor = self._descend(folder, os.O_NOFOLLOW | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as entries:
                return nsmallest(most, (_classify(folder, entry) for entry in entries))
        finally:
            os.close(descriptor)

    def _descend(self, path: str, flags: int) -> int:
        """Open what lies at a relative path, with no link on the way."""
        *folders, last = path.split("/")
        parent = self._root
        try:
            for name in folders:
                child = open_quietly(name, os.O_NOFOLLOW | os.O_DIRECTORY, parent)
                if parent != self._root:
                    os.close(parent)
                parent = child
            return open_quietly(last or ".", flags, parent)
        finally:
            if parent != self._root:
                os.close(parent)


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    path: str
    kind: MemberKind


def _classify(folder: str, entry: os.DirEntry[str]) -> _Entry:
    path = f"{folder}/{entry.name}" if folder else entry.name
    if entry.is_symlink():
        return _Entry(path, MemberKind.LINK)
    if entry.is_dir(follow_symlinks=False):
        return _Entry(path, MemberKind.FOLDER)
    is_file = entry.is_file(follow_symlinks=False)
    return _Entry(path, MemberKind.FILE if is_file else MemberKind.DEVICE)


def _shown(path: str) -> str:
    return safe_file_name(path).text
