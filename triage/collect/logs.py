"""A program: copies the logs that the user named, packed and rotated ones too, unpacked and masked.

    logs.py [--plain] [--max BYTES] PATH FOLDER

A path is a file or a folder, read by the room that opens bundles, with its limits. Of a file that
is too long the end is kept. Prints one JSON document: `{"files": [[name, bytes, masked, cut]],
"warnings": […]}`.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from triage.bundle import Limits, open_bundle
from triage.collect.masking import CHUNK, copy_masked, copy_plain
from triage.collect.probe import ABSENT, DENIED
from triage.errors import TriageError

MAX_BYTES = 128 << 20
"""Of one log."""
MAX_FILES = 2000


def main() -> int:
    """Copy them, and say what was copied."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--max", type=int, default=MAX_BYTES)
    parser.add_argument("path")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    path = Path(arguments.path)
    if not path.exists():
        sys.stderr.write(f"{arguments.path}: no such file or folder\n")
        return ABSENT
    copy = copy_plain if arguments.plain else copy_masked
    files: list[tuple[str, int, int, int]] = []
    try:
        with open_bundle(path, replace(Limits(), max_members=MAX_FILES)) as bundle:
            for source in bundle.sources():
                name = source.name.replace("!/", "/")
                target = arguments.folder / (name if path.is_dir() else Path(name).name)
                if ".." in target.parts:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with source.open() as stream:
                    end, cut = ending(stream, arguments.max)
                    written, masked = copy(end, target)
                files.append(
                    (target.relative_to(arguments.folder).as_posix(), written, masked, cut)
                )
            warnings = [f"{note.source}: {note.message}".strip(": ") for note in bundle.warnings]
    except TriageError as error:
        sys.stderr.write(f"{error}\n")
        return DENIED if "ermission" in str(error) else 1
    sys.stdout.buffer.write(msgspec.json.encode({"files": files, "warnings": warnings}))
    return 0


def ending(stream: BinaryIO, most: int) -> tuple[BinaryIO, int]:
    """The whole stream, or whole lines of its end; and how many bytes were left out."""
    kept: deque[bytes] = deque()
    size = total = 0
    while piece := stream.read(CHUNK):
        kept.append(piece)
        size += len(piece)
        total += len(piece)
        while size - len(kept[0]) > most:
            size -= len(kept.popleft())
    data = b"".join(kept)
    if total > most:
        data = data[-most:]
        data = data[data.find(b"\n") + 1 :]
    return io.BytesIO(data), total - len(data)


if __name__ == "__main__":
    sys.exit(main())
