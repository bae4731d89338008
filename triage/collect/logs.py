"""A program: copies the logs that the user named, packed and rotated ones too, unpacked and masked.

    logs.py [--plain] [--max BYTES] [--total BYTES] PATH FOLDER

A path is a file or a folder, read by the room that opens bundles, with its limits. Of a file that
is too long the end is kept, and where all of them together are too much, less of the later ones.
It says how far it came, one JSON object a line, so that what it copied before its time was up is
known: `{"begun": name}`, `{"begun": "", "done": [name, bytes, masked, cut]}`, and `{"notes": […]}`.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from triage.bundle import Limits, Source, open_bundle
from triage.collect.masking import CHUNK, copy_masked, copy_plain
from triage.collect.probe import ABSENT, DENIED
from triage.collect.room import WHY, is_lack
from triage.errors import TriageError

MAX_BYTES = 128 << 20
"""Of one log."""
MAX_TOTAL = 1 << 30
"""Of all logs of one path."""
LEAST = 1 << 20
"""Kept of each log, however many there are."""
LONG_LINE = 64 << 10
"""A line that is longer is kept in part, rather than lose what follows."""
LIMITS = replace(Limits(), max_members=2000, max_member_bytes=1 << 50, max_total_bytes=1 << 50)
"""Of a log of any length the end is wanted; what that may cost is bounded by time."""


def main() -> int:
    """Copy them, and say what was copied."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--max", type=int, default=MAX_BYTES)
    parser.add_argument("--total", type=int, default=MAX_TOTAL)
    parser.add_argument("path")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    path = Path(arguments.path)
    if not path.exists():
        sys.stderr.write(f"{arguments.path}: no such file or folder\n")
        return ABSENT
    left = arguments.total
    try:
        with open_bundle(path, LIMITS) as bundle:
            for source in bundle.sources():
                name = source.name.replace("!/", "/")
                target = arguments.folder / (name if path.is_dir() else Path(name).name)
                if ".." in target.parts:
                    continue
                most = min(arguments.max, max(left, LEAST))
                left -= _copied(source, target, arguments.folder, most, plain=arguments.plain)
            notes = [f"{note.source}: {note.message}".strip(": ") for note in bundle.warnings]
    except TriageError as error:
        sys.stderr.write(f"{error}\n")
        return DENIED if "ermission" in str(error) else 1
    _say({"notes": notes})
    return 0


def _copied(source: Source, target: Path, folder: Path, most: int, *, plain: bool) -> int:
    """Copy one log; gives its bytes in the bundle."""
    name = target.relative_to(folder).as_posix()
    _say({"begun": name})
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open() as stream:
            passed = 0
            if source.size is not None and source.size > most:
                passed = source.skip(source.size - most)
            end, cut = ending(stream, most, passed=passed)
            written, masked = (copy_plain if plain else copy_masked)(end, target)
    except OSError as error:
        if not is_lack(error):
            raise
        target.unlink(missing_ok=True)  # a smaller one may have room
        _say({"begun": "", "notes": [f"{name}: {WHY}"]})
        return 0
    _say({"begun": "", "done": (name, written, masked, cut)})
    return written


def _say(word: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


def ending(stream: BinaryIO, most: int, *, passed: int = 0) -> tuple[BinaryIO, int]:
    """The whole stream, or whole lines of its end; and how many bytes were left out.

    `passed`: bytes of it that were left out already, so that `most` are left. Only where nothing
    is known of its length is the end of it held in memory.
    """
    pieces = _so_many(stream, most)
    cut = passed
    if not passed:
        kept, cut = _last(stream, most)
        pieces = iter(kept)
    first = b""
    if cut:  # zeros are the hole of a log that was cut under its writer
        for first in pieces:
            begins = first.lstrip(b"\0")
            cut += len(first) - len(begins)
            first = begins  # noqa: PLW2901  the rest of it
            if first:
                break
        at = first.find(b"\n", 0, LONG_LINE) + 1
        first, cut = first[at:], cut + at
    return cast("BinaryIO", _Pieces(chain((first,), pieces))), cut


def _so_many(stream: BinaryIO, most: int) -> Iterator[bytes]:
    while most > 0 and (piece := stream.read(min(CHUNK, most))):
        most -= len(piece)
        yield piece


def _last(stream: BinaryIO, most: int) -> tuple[deque[bytes], int]:
    """The last bytes of a stream, and how many came before them."""
    kept: deque[bytes] = deque()
    size = cut = 0
    while piece := stream.read(CHUNK):
        kept.append(piece)
        size += len(piece)
        while size > most:
            over = min(size - most, len(kept[0]))
            kept[0] = kept[0][over:]
            size, cut = size - over, cut + over
            if not kept[0]:
                kept.popleft()
    return kept, cut


class _Pieces:
    """Pieces as a file that can be read once; none is longer than what is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = filter(None, pieces)

    def read(self, size: int = -1) -> bytes:
        return b"".join(self._pieces) if size < 0 else next(self._pieces, b"")


if __name__ == "__main__":
    sys.exit(main())
