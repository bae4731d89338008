"""Where cases of bundles are kept between sessions, and where the responder was in each.

All of it lies in the user's state folder, readable by that user alone: a case holds what the logs
say.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

CASES = "cases"
MAX_FILES = 50_000
"""Files of a folder whose size and time are looked at to tell whether it changed."""
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = 40
_PARTIAL = re.compile(r"\.partial-(\d{1,10})")


def state_folder() -> Path:
    """The folder for what outlives a session; a temporary one where none can be made."""
    try:
        home = Path.home()
        if sys.platform == "darwin":
            folder = home / "Library" / "Application Support" / "triage"
        else:
            folder = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "triage"
        for part in (folder, folder / CASES):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder / CASES, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: no home
        pass
    folder = Path(tempfile.mkdtemp(prefix="triage-"))
    (folder / CASES).mkdir(mode=0o700)
    return folder


def swept() -> int:
    """Remove what processes that died left half-written; returns how many files that were."""
    removed = 0
    for path in (state_folder() / CASES).glob(".*.partial-*"):
        found = _PARTIAL.search(path.name)
        if found is None or _lives(int(found[1])):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed += 1
    return removed


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def case_for(paths: Sequence[str], asked: str) -> Path:
    """The case of these bundles as they are now, under what was asked; it need not exist yet."""
    told = hashlib.sha256(asked.encode("utf-8", "surrogateescape"))
    for path in paths:
        for fact in _facts(Path(path)):
            told.update(fact.encode("utf-8", "surrogateescape") + b"\0")
    name = _SAFE.sub("_", Path(os.path.realpath(paths[0])).name)[:_NAME] or "bundle"
    return state_folder() / CASES / f"{name}-{told.hexdigest()[:16]}.triage"


def _facts(path: Path) -> Iterator[str]:
    """What changes when the bundle does: names, sizes and times of its files."""
    yield os.path.realpath(path)
    if not path.is_dir():
        yield _stamp(path)
        return
    seen = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            yield f"{os.path.relpath(folder, path)}/{name} {_stamp(Path(folder, name))}"
            seen += 1
        if seen > MAX_FILES:
            return


def _stamp(path: Path) -> str:
    try:
        found = path.lstat() if path.is_symlink() else path.stat()
    except OSError:
        return "?"
    return f"{found.st_size} {found.st_mtime_ns}"


def _place_file(case: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(case))).hexdigest()[:32]
    return state_folder() / "places" / f"{name}.json"


def place_of(case: Path) -> dict[str, str]:
    """Where the responder was in this case; empty when nobody was here."""
    try:
        return msgspec.json.decode(_place_file(case).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def keep_place(case: Path, place: dict[str, str]) -> None:
    """Remember it, where that is possible."""
    with contextlib.suppress(OSError):
        file = _place_file(case)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        partial.write_bytes(msgspec.json.encode(place))
        partial.replace(file)


def forget_place(case: Path) -> None:
    """The case is gone."""
    with contextlib.suppress(OSError):
        _place_file(case).unlink()
