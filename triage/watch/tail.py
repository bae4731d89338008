"""One file that grows, followed through all that happens to logs.

Asked several times a second for its size and its name: no events of the file system are used, so
that it is the same on network and overlay file systems. What may happen, and what is done:

- Renamed, and a new file made: another inode stands at the path. The old file is read on until it
  has been quiet for `LINGER_S`.
- Copied, then cut (copytruncate): it is smaller, or other bytes stand before our place. The rest is
  read from the copy, then the file from its start.
- Cut without a copy, or deleted and there again: read from its start.
- Any of these while nobody watched: the old file is looked for beside it, by inode and by content,
  and those that were rotated between are read too.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes

from msgspec import Struct, field

from triage.bundle.encoding import detect_encoding
from triage.bundle.folder import open_quietly
from triage.bundle.source import describe
from triage.bundle.visible import visible
from triage.watch.feeds import Note, Streams
from triage.watch.followed import COUNT_BYTES, READ_BYTES, Followed, first_data, last_line
from triage.watch.rotated import Mark, find, siblings
from triage.watch.stream import Resume
from triage.watch.turned import Turned

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

LINGER_S = 60.0
"""A program may write to a file that was renamed until it is told to open the new one."""
MAX_DONE = 32
LONG_AGO = 0.0
"""What lay there before the watch began is complete."""


class FileState(Struct):
    """Where the watch of a file stands."""

    mark: Mark
    resume: Resume
    older: list[tuple[Mark, Resume]] = field(default_factory=list)
    """Files that were renamed away and may still be written to."""
    written: int = 0
    """When somebody last wrote to any of these, in nanoseconds since 1970; 0: nobody knows."""
    done: list[Mark] = field(default_factory=list)
    """What was put away and read."""


def written(path: Path) -> str:
    """A path as text for the state, whatever bytes its name has."""
    return quote_from_bytes(os.fsencode(path.absolute()))


def read_back(text: str) -> Path:
    """The path that was so written."""
    return Path(os.fsdecode(unquote_to_bytes(text)))


class FileFeed:
    """One path."""

    ended = False

    def __init__(
        self,
        path: Path,
        streams: Streams,
        note: Note,
        *,
        known: FileState | None = None,
        from_start: bool = False,
    ) -> None:
        """`known`: where an earlier watch stood; `from_start`: else begin with the first line."""
        self.path = path
        self._streams = streams
        self._note = note
        self._file: Followed | None = None
        self._older: list[Followed] = []
        self._turned = Turned(path, streams)
        self._done: list[Mark] = []
        self._written = 0
        self._missing = False
        if known is not None:
            self._take_up(known)
        elif not from_start:
            self._begin_at_end()

    def shown(self) -> str:
        """Its path."""
        return visible(str(self.path), 300)

    @property
    def gone(self) -> bool:
        """No file is there, and nothing is left of what was."""
        return self._missing and self._file is None and not self._older

    def inodes(self) -> set[tuple[int, int]]:
        """Files that are, or lately were, this one."""
        held = [*self._older, *([self._file] if self._file else [])]
        return {(file.device, file.inode) for file in held}

    def state(self) -> FileState:
        """From where another process goes on; a file that is missing is read from its start."""
        older = [(file.mark(), file.where()) for file in self._older]
        done = [*self._done, *self._turned.marks()][-MAX_DONE:]
        if self._file is None:
            return FileState(Mark.none(), Resume(), older, self._written, done)
        return FileState(self._file.mark(), self._file.where(), older, self._written, done)

    def note_state(self, state: State) -> None:
        """Under its path."""
        state.files[written(self.path)] = self.state()

    def close(self) -> None:
        """Close all files."""
        for file in [*self._older, *([self._file] if self._file else [])]:
            os.close(file.descriptor)
        self._older, self._file = [], None

    def poll(self, now: float) -> bool:
        """Take what was written, wherever it lies by now."""
        more = False
        for file in list(self._older):
            more |= self._read(file, now)
            if file.changed is None:
                file.changed = now
            elif now - file.changed > LINGER_S:
                self._let_go(file)
        self._look(now)
        if self._file is not None:
            more |= self._read(self._file, now)
        return more

    def _look(self, now: float) -> None:
        """Whether the path still means the file that we hold."""
        try:
            status = self.path.stat()
        except OSError as error:
            if self._file is not None:
                self._retire(now)
            if not self._missing:
                self._note(f"{self.shown()}: {describe(error)}; waiting for it")
                self._missing = True
            return
        held = self._file
        if held is not None and (status.st_dev, status.st_ino) == (held.device, held.inode):
            return
        opened = self._open(str(self.path))
        if opened is None:
            return
        if self._missing:
            self._note(f"{self.shown()}: it is there")
        self._missing = False
        if held is not None:
            self._retire(now)
        self._file = opened
        self._read_between(self._written)

    def _open(self, path: str, flags: int = 0) -> Followed | None:
        try:
            descriptor = open_quietly(path, flags)
        except OSError as error:
            if not self._missing:
                self._note(f"{self.shown()}: {describe(error)}")
                self._missing = True
            return None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            self._note(f"{self.shown()}: it is not a regular file")
            return None
        return Followed(path, descriptor, status.st_dev, status.st_ino)

    def _read(self, file: Followed, now: float) -> bool:
        """Take the next bytes, after a look at those before them."""
        status = os.fstat(file.descriptor)
        size = status.st_size
        if size == file.at and status.st_mtime_ns == file.written:
            return False
        seen = len(file.tail)
        data = os.pread(file.descriptor, seen + READ_BYTES, file.at - seen)
        if size < file.at or data[:seen] != file.tail:
            self._restart(file, now)
            return True
        file.written = status.st_mtime_ns
        self._written = max(self._written, file.written)
        data = data[seen:]
        if not data:
            return False
        if file.stream is None and data.startswith(b"\0"):
            start = first_data(file.descriptor, file.at)
            if start > file.at:  # a writer that was not told of a cut goes on behind a hole
                file.at, file.resume = start, Resume(1, start)
                return True
        file.changed = now
        self._accept(file, data, now)
        return file.at < size

    def _accept(self, file: Followed, data: bytes, now: float) -> None:
        if file.stream is None:
            encoding = detect_encoding(data)
            if encoding.unit > 1:
                if not file.is_odd:
                    self._note(f"{self.shown()}: {encoding.name} is not followed; scan the file")
                file.is_odd = True
                file.at = os.fstat(file.descriptor).st_size
                return
            file.stream = self._streams.open(file.name, encoding=encoding, resume=file.resume)
        file.accepted(data)
        file.stream.take(data, now)

    def _restart(self, file: Followed, now: float) -> None:
        """The file was cut: read what was copied before, then begin anew."""
        found = find(self.path, file.mark())
        copy = None if found is None else self._open(str(found), os.O_NOFOLLOW)
        if copy is not None:
            while data := os.pread(copy.descriptor, READ_BYTES, file.at):
                self._accept(file, data, now)
            os.close(copy.descriptor)
        if file.stream is not None:
            self._streams.end(file.stream)
        device, inode = (0, 0) if copy is None else (copy.device, copy.inode)
        self._turned.add(replace(file, device=device, inode=inode))
        file.go_on(Resume())
        file.name, file.stream = str(self.path), None

    def _retire(self, now: float) -> None:
        """The path means another file: this one is read on under the name that it has now."""
        file = self._file
        assert file is not None
        file.changed = now
        self._older.append(file)
        self._file = None
        self._turned.add(file)

    def _let_go(self, file: Followed) -> None:
        self._older.remove(file)
        os.close(file.descriptor)
        if file.stream is not None:
            self._streams.end(file.stream)

    def _begin_at_end(self) -> None:
        """What stands there already was not asked for; its lines are counted."""
        if not self.path.exists():
            return
        opened = self._open(str(self.path))
        if opened is None:
            return
        size = os.fstat(opened.descriptor).st_size
        line, offset = last_line(opened.descriptor, size)
        if size > COUNT_BYTES:
            self._note(f"{self.shown()}: too large to count; its lines are numbered from here")
        opened.go_on(Resume(line, offset, line - 1))
        self._file = opened

    def _take_up(self, known: FileState) -> None:
        """Go on where an earlier watch stood, in whatever files that is by now."""
        for mark, resume in known.older:
            path = find(self.path, mark)
            if path is not None:
                self._reopen(path, mark, resume)
        self._file = opened = self._open(str(self.path))
        is_same = opened is not None and opened.inode == known.mark.inode
        path = None if is_same else find(self.path, known.mark)
        if opened is not None and path is None and known.mark.fits(opened.descriptor):
            opened.go_on(known.resume)
        elif (path := find(self.path, known.mark)) is not None:
            self._reopen(path, known.mark, known.resume)
        elif known.mark.end:
            self._note(
                f"{self.shown()}: it was replaced while nobody watched, and the old file is not"
                f" beside it; what was written there after byte {known.mark.end} was not read"
            )
        self._done = known.done
        self._read_between(known.written)

    def _reopen(self, path: Path, mark: Mark, resume: Resume) -> None:
        opened = self._open(str(path), os.O_NOFOLLOW)
        if opened is None or not mark.fits(opened.descriptor):
            return
        opened.go_on(resume)
        self._drain(opened)

    def _read_between(self, since: int) -> None:
        """Logs that were begun and put away before anybody saw them at their own place."""
        done = {(mark.device, mark.inode): mark for mark in (*self._done, *self._turned.marks())}
        for one in sorted(siblings(self.path), key=lambda one: one.status.st_mtime_ns):
            inode = (one.status.st_dev, one.status.st_ino)
            if not since or one.status.st_mtime_ns < since or inode in self.inodes():
                continue
            opened = self._open(str(one.path), os.O_NOFOLLOW)
            if opened is None:
                continue
            if inode in done and done[inode].fits(opened.descriptor):  # inodes are used again
                os.close(opened.descriptor)
            else:
                self._drain(opened)

    def _drain(self, file: Followed) -> None:
        """Read a file that was put away to its end; it may still be written to."""
        while self._read(file, LONG_AGO):
            pass
        file.changed = None
        self._older.append(file)
        self._turned.add(file)
