"""Packs the folder into the file that is handed on; it appears whole or not at all."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import zstandard

from triage.collect.room import is_lack
from triage.collect.scratch import places
from triage.errors import UsageError

SUFFIXES = (".tar.zst", ".tzst", ".tar.gz", ".tgz", ".tar")


def check_name(path: Path) -> None:
    """Raises `UsageError` where the name says no format that we write, or nothing can lie there."""
    if not path.name.endswith(SUFFIXES):
        raise UsageError(f"{path}: name it {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path.parent}: cannot be written to; choose another place with -o")


def pack(folder: Path, path: Path) -> int:
    """Write the archive; gives its size in bytes. Only its owner may read it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            _packer(path)(folder, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def pack_somewhere(folder: Path, path: Path) -> tuple[Path, int | None]:
    """Write the archive to `path`, or elsewhere where there is no room; gives place and size.

    What was collected while it hurt must not be lost for a full disk: where no place has room for
    the archive, the folder itself is kept, which has no size as a file.
    """
    try:
        return path, pack(folder, path)
    except OSError as error:
        if not is_lack(error):
            raise
        for place in map(Path, places()):
            other = place / path.name
            if place != path.parent and not other.exists():
                with suppress(OSError):
                    return other, pack(folder, other)
        return _kept(folder, path), None


def _kept(folder: Path, path: Path) -> Path:
    """The folder under the archive's name, beside the one that is about to go; only its owner's."""
    suffix = next(one for one in SUFFIXES if path.name.endswith(one))
    name = f"{path.name.removesuffix(suffix)}-"
    place = Path(tempfile.mkdtemp(prefix=name, dir=folder.parents[1]))
    folder.chmod(0o700)
    return folder.replace(place)


def _packer(path: Path) -> Callable[[Path, BinaryIO], None]:
    if path.name.endswith(("zst", ".tzst")):
        return _zstd
    return _gzip if path.name.endswith("gz") else _plain


def _zstd(folder: Path, file: BinaryIO) -> None:
    compressor = zstandard.ZstdCompressor(level=9, threads=-1)
    with (
        compressor.stream_writer(file, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        _fill(folder, tar)


def _gzip(folder: Path, file: BinaryIO) -> None:
    with tarfile.open(fileobj=file, mode="w|gz") as tar:
        _fill(folder, tar)


def _plain(folder: Path, file: BinaryIO) -> None:
    with tarfile.open(fileobj=file, mode="w|") as tar:
        _fill(folder, tar)


def _fill(folder: Path, tar: tarfile.TarFile) -> None:
    for path in sorted(folder.rglob("*")):
        tar.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
