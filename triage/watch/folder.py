"""All logs below a folder; those that are made later are read from their start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from triage.bundle.visible import visible
from triage.watch.feeds import Note, Streams
from triage.watch.rotated import is_turned
from triage.watch.tail import FileFeed, FileState, read_back

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

MAX_FILES = 500
MAX_DEPTH = 12
LOOK_EVERY_S = 1.0
HEAD_BYTES = 4096


class FolderFeed:
    """One folder. Links are not followed; what rotation put away and what is packed is left out."""

    ended = False

    def __init__(
        self,
        path: Path,
        streams: Streams,
        note: Note,
        *,
        known: Mapping[str, FileState],
        from_start: bool = False,
    ) -> None:
        """`known`: where an earlier watch of these files stood."""
        self.path = path
        self._streams = streams
        self._note = note
        self._feeds: dict[Path, FileFeed] = {}
        self._looked = 0.0
        self._too_many = False
        folder = path.absolute()
        seen_before = False
        for name, state in known.items():
            was = read_back(name)
            if was.is_relative_to(folder):
                seen_before = True
                own = path / was.relative_to(folder)
                self._feeds[own] = FileFeed(own, streams, self._quietly, known=state)
        self._look(from_start=from_start or seen_before)

    def shown(self) -> str:
        """The folder, and how many files."""
        return f"{visible(str(self.path), 300)}/ ({len(self._feeds)} files)"

    def note_state(self, state: State) -> None:
        """Of each file."""
        for feed in self._feeds.values():
            feed.note_state(state)

    def poll(self, now: float) -> bool:
        """Take what was written to any of them."""
        if now - self._looked >= LOOK_EVERY_S:
            self._look(from_start=True)
            self._looked = now
        more = False
        for path, feed in list(self._feeds.items()):
            more |= feed.poll(now)
            if feed.gone:
                del self._feeds[path]
        return more

    def close(self) -> None:
        """Close all files."""
        for feed in self._feeds.values():
            feed.close()

    def _look(self, *, from_start: bool) -> None:
        held = {inode for feed in self._feeds.values() for inode in feed.inodes()}
        for entry in _logs(str(self.path), 0):
            path = Path(entry.path)
            if path in self._feeds:
                continue
            status = entry.stat(follow_symlinks=False)
            if (status.st_dev, status.st_ino) in held or _is_binary(path):
                continue
            if len(self._feeds) >= MAX_FILES:
                self._say_too_many()
                return
            feed = FileFeed(path, self._streams, self._quietly, from_start=from_start)
            self._feeds[path] = feed

    def _say_too_many(self) -> None:
        if not self._too_many:
            self._too_many = True
            self._note(f"{visible(str(self.path))}: more than {MAX_FILES} files; name the others")

    def _quietly(self, text: str) -> None:
        """That a file of a folder comes and goes is nothing to tell."""
        if "waiting for it" not in text and "it is there" not in text:
            self._note(text)


def _logs(folder: str, depth: int) -> Iterator[os.DirEntry[str]]:
    """Files that may be logs, folder by folder, by name."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    yield from _logs(entry.path, depth + 1)
            elif entry.is_file(follow_symlinks=False) and not is_turned(entry.name):
                yield entry
        except OSError:
            continue


def _is_binary(path: Path) -> bool:
    """NUL at its head: a database, `wtmp`, a journal file."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(HEAD_BYTES)
    except OSError:
        return True
