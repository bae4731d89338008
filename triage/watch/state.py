"""Where a watch stands, in a file: what was read, what was told, what is still to be delivered.

Written beside its place and put there in one step, so that a killed process leaves either the old
state or the new one. A lock beside it keeps two watches from sharing it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field

from triage.errors import UsageError
from triage.watch.incident import Incident
from triage.watch.journal import JournalState
from triage.watch.kmsg import KmsgState
from triage.watch.ledger import Seen
from triage.watch.tail import FileState

FORMAT = 1


class State(Struct):
    """All that another process needs to go on."""

    format: int = FORMAT
    files: dict[str, FileState] = field(default_factory=dict)
    kmsg: KmsgState | None = None
    journal: JournalState | None = None
    seen: dict[str, Seen] = field(default_factory=dict)
    pending: dict[str, list[Incident]] = field(default_factory=dict)
    """Told, but not yet taken by the command or the web hook."""


def default_path(paths: Sequence[str]) -> Path:
    """One file for each set of watched paths, in the user's folder for such things."""
    base = os.environ.get("XDG_STATE_HOME")
    try:
        folder = Path(base) if base else Path.home() / ".local" / "state"
    except RuntimeError as error:  # a container's user need not have a home
        message = "there is no home folder for the state; give --state FILE, or --no-state"
        raise UsageError(message) from error
    names = "\0".join(sorted(os.path.abspath(path) for path in paths))  # noqa: PTH100  keeps links
    digest = hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()
    return folder / "triage" / f"watch-{digest[:12]}.json"


class StateFile:
    """The state, kept for one process. Use it in a `with` statement or close it."""

    def __init__(self, path: Path) -> None:
        """Raises `UsageError` when another process has it, or nothing can be written there."""
        self.path = path
        self._last = b""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_name(f"{path.name}.lock")
            self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be written ({error.strerror}); choose a place with --state FILE,"
                " or go without: --no-state"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise UsageError(
                f"{path}: another `triage watch` of the same paths is running; end it, or give"
                " this one a place of its own with --state FILE"
            ) from None

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)

    def read(self) -> State | None:
        """What was saved; none where there is nothing. Raises `UsageError` on what is no state."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be read: {error.strerror}") from error
        try:
            state = msgspec.json.decode(data, type=State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{self.path} is no state of `triage watch` ({error}); remove it to begin anew"
            ) from error
        if state.format != FORMAT:
            raise UsageError(f"{self.path}: format {state.format} is unknown; remove it")
        return state

    def write(self, state: State) -> None:
        """Save it, if it differs from what was saved. Raises `OSError`."""
        data = msgspec.json.encode(state)
        if data == self._last:
            return
        partial = self.path.with_name(f"{self.path.name}.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            partial.replace(self.path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        self._last = data
