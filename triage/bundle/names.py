"""Names as the report shows them: made safe to print, and told apart from each other.

Nothing is ever written under these names, so they are cleaned for the eye: a name must not move a
cursor, pose as a path outside the bundle, or stand for two files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.bundle.visible import visible

_MAX_CHARACTERS = 1024
_UNSHOWABLE = "names that cannot be shown as they are (control characters, no UTF-8, too long)"
_DRIVE = re.compile(r"[A-Za-z]:(?=/)")


@dataclass(frozen=True, slots=True)
class SafeName:
    """A name that can be shown, and what was wrong with the original."""

    text: str
    oddity: str | None


def safe_member_name(raw: str) -> SafeName:
    """Clean the name of an archive member."""
    path = raw.replace("\\", "/")
    drive = _DRIVE.match(path)
    path = path[drive.end() :] if drive else path
    parts = [part for part in path.split("/") if part not in {"", "."}]
    inner = "/".join(part for part in parts if part != "..") or "unnamed"
    shown = visible(inner, _MAX_CHARACTERS)
    oddity = None
    if ".." in parts:
        oddity = "members whose names climb out of the archive (..)"
    elif drive or path.startswith("/"):
        oddity = "members with absolute names"
    elif shown != inner:
        oddity = _UNSHOWABLE
    return SafeName(shown, oddity)


def safe_file_name(path: str) -> SafeName:
    """Clean the path of a file in a folder, which can be odd only in its characters."""
    shown = visible(path, _MAX_CHARACTERS)
    return SafeName(shown, None if shown == path else _UNSHOWABLE)


class Names:
    """Tells apart sources that have the same name: the second becomes `name#2`."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """Return the name, numbered if it was given before."""
        candidate = name
        while candidate in self._uses:
            self._uses[name] += 1
            candidate = f"{name}#{self._uses[name]}"
        self._uses[candidate] = 1
        return candidate
