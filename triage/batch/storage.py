"""Where results lie: a folder, or a prefix in an object store. Paths are relative, with `/`.

Whatever is put is there whole or not at all, also when the writer is killed. When the machine
loses its power, a folder may keep files whose content is gone (to wait for the disk would take
longer than many a scan): `is_whole` tells.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from triage.bundle.visible import visible
from triage.errors import StoreError

TEMPORARY = ".tmp-"
AT_ONCE = 16
"""Requests that are under way together."""


class Storage(Protocol):
    """What a store of results needs from the place where it lies."""

    place: str
    """As the user wrote it."""

    def put(self, path: str, data: bytes) -> None:
        """Write, or replace what is there."""

    def create(self, path: str, data: bytes) -> bool:
        """Write unless something is there already; whether it was written."""

    def get(self, path: str) -> bytes | None:
        """What is there; None where nothing is."""

    def paths(self, prefix: str) -> list[str]:
        """All that lies below a folder, sorted."""

    def folders(self) -> list[str]:
        """The folders at the top, sorted."""

    def delete(self, paths: Iterable[str]) -> None:
        """Remove what is there."""


class FolderStorage:
    """A folder on a local or shared file system."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.root = Path(place)

    def put(self, path: str, data: bytes) -> None:
        """Write beside the place, then into it in one step."""
        with self._explained(path), self._written(path, data) as (temporary, target):
            temporary.replace(target)

    def create(self, path: str, data: bytes) -> bool:
        """Write beside the place, then link into it, which fails where something is."""
        with self._explained(path), self._written(path, data) as (temporary, target):
            try:
                os.link(temporary, target)
            except FileExistsError:
                return False
        return True

    def get(self, path: str) -> bytes | None:
        """What is there; None where nothing is."""
        with self._explained(path):
            try:
                return (self.root / path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def paths(self, prefix: str) -> list[str]:
        """All that lies below a folder, sorted."""
        found = []
        for folder, _, names in os.walk(self.root / prefix):
            below = Path(folder).relative_to(self.root).as_posix()
            found += [f"{below}/{name}" for name in names]
        return sorted(found)

    def folders(self) -> list[str]:
        """The folders at the top, sorted."""
        with self._explained(""):
            try:
                return sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir())
            except FileNotFoundError:
                return []

    def delete(self, paths: Iterable[str]) -> None:
        """Remove files, and the folders that this leaves empty."""
        parents = set()
        for path in paths:
            with self._explained(path):
                (self.root / path).unlink(missing_ok=True)
            parents.add((self.root / path).parent)
        for parent in parents:
            with contextlib.suppress(OSError):  # it is not empty
                parent.rmdir()

    def is_whole(self, path: str, ending: bytes) -> bool:
        """Whether a file is there and ends as it must."""
        try:
            with (self.root / path).open("rb") as file:
                file.seek(-len(ending), os.SEEK_END)
                return file.read() == ending
        except OSError:
            return False

    def local(self, path: str) -> Path:
        """Where a path lies on this machine."""
        return self.root / path

    @contextlib.contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
        try:
            temporary.write_bytes(data)
            yield temporary, target
        finally:
            temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = visible(f"{self.place}/{path}")
            raise StoreError(f"{where}: the system says {error.strerror or error}") from error


def open_storage(place: str) -> FolderStorage | Storage:
    """A folder, or an object store where the place is a URL. Raises `StoreError`, `UsageError`."""
    if "://" not in place:
        return FolderStorage(place)
    from triage.batch.objects import ObjectStorage  # noqa: PLC0415  an extra

    return ObjectStorage(place)


def get_all(storage: Storage, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """What lies at these paths, in their order; what is gone is left out."""
    wanted = list(paths)
    if isinstance(storage, FolderStorage):
        read = map(storage.get, wanted)
        yield from ((path, data) for path, data in zip(wanted, read, strict=True) if data)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path, data in zip(wanted, pool.map(storage.get, wanted), strict=True):
            if data:
                yield path, data


def copy_out(storage: Storage, paths: Iterable[str], folder: Path) -> list[Path]:
    """The files at these paths, on this machine: where they lie, or copies in `folder`."""
    if isinstance(storage, FolderStorage):
        return [storage.local(path) for path in paths]
    copies = []
    for path, data in get_all(storage, paths):
        copy = folder / path.replace("/", "_")
        copy.write_bytes(data)
        copies.append(copy)
    return copies
