"""Is this file a DuckDB database? Told from its head, without loading DuckDB."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

MAGIC = b"DUCK"
MAGIC_OFFSET = 8
"""A checksum of 8 bytes stands before it (DuckDB, `main_header.hpp`)."""


def is_case(path: str | PathLike[str]) -> bool:
    """Whether the file looks like a case: cheap, and no promise that it can be opened."""
    path = Path(path)
    try:
        if not path.is_file():  # a pipe would block, and what it holds could be read only once
            return False
        with path.open("rb") as file:
            return file.read(MAGIC_OFFSET + len(MAGIC))[MAGIC_OFFSET:] == MAGIC
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False
