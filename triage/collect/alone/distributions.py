"""What is installed in the folders of a Python environment, read and never executed.

Gives rows as `pip inspect` does: name, version, requirements, origin (PEP 376, 610, 627). A folder
that comes earlier in the import path hides what a later one holds under the same name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

MAX_FILE = 1 << 20
"""Bytes of one METADATA; descriptions come after what is read here."""
MAX_DISTRIBUTIONS = 5000
"""Of one folder."""
_NAME = re.compile(r"[-_.]+")
_SINGLE = {"name": "name", "version": "version", "requires-python": "requires_python"}
_EGG_SECTION = re.compile(r"^\[([^:\]]*)(?::([^\]]*))?\]$")


def installed(folders: Sequence[str]) -> list[dict[str, Any]]:
    """Every distribution in the folders, in the order of the import path, then by name."""
    found: list[dict[str, Any]] = []
    hidden: set[str] = set()
    for folder in folders:
        here = sorted(_of_folder(folder), key=lambda one: one["metadata"]["name"].lower())
        here = [one for one in here if _key(one) not in hidden]
        hidden.update(_key(one) for one in here)
        found += here
    return found


def _key(one: dict[str, Any]) -> str:
    return _NAME.sub("-", one["metadata"]["name"]).lower()


def _of_folder(folder: str) -> Iterator[dict[str, Any]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    names = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
    for name in names[:MAX_DISTRIBUTIONS]:
        one = distribution(os.path.join(folder, name))
        if one is not None:
            yield one


def distribution(path: str) -> dict[str, Any] | None:
    """One `.dist-info` or `.egg-info`; None where it holds no name and version."""
    text = text_of(os.path.join(path, "METADATA"))
    if text is None:
        text = text_of(os.path.join(path, "PKG-INFO"))
    if text is None:
        text = text_of(path)  # an .egg-info may be a single file
    metadata = headers(text or "")
    if "name" not in metadata or "version" not in metadata:
        return None
    told = text_of(os.path.join(path, "requires.txt"))
    if told is not None and "requires_dist" not in metadata:
        metadata["requires_dist"] = egg_requires(told)
    one: dict[str, Any] = {"metadata": metadata, "metadata_location": path}
    origin = _json(os.path.join(path, "direct_url.json"))
    if origin is not None:
        one["direct_url"] = origin
    installer = text_of(os.path.join(path, "INSTALLER"))
    if installer and installer.strip():
        one["installer"] = installer.strip()
    if os.path.exists(os.path.join(path, "REQUESTED")):
        one["requested"] = True
    return one


def headers(text: str) -> dict[str, Any]:
    """The fields of a METADATA file that say what it is and what it needs."""
    found: dict[str, Any] = {}
    requires: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        key, value = key.lower(), value.strip()
        if not colon or not value:
            continue
        if key in _SINGLE:
            found.setdefault(_SINGLE[key], value)
        elif key == "requires-dist":
            requires.append(value)
    if requires:
        found["requires_dist"] = requires
    return found


def egg_requires(text: str) -> list[str]:
    """The lines of a `requires.txt`, with their sections as markers."""
    requires: list[str] = []
    marker = ""
    for line in map(str.strip, text.splitlines()):
        section = _EGG_SECTION.match(line)
        if section is not None:
            extra, condition = section.group(1), section.group(2) or ""
            parts = [f'extra == "{extra}"'] if extra else []
            marker = " and ".join(parts + ([condition] if condition else []))
        elif line and not line.startswith("#"):
            requires.append(f"{line} ; {marker}" if marker else line)
    return requires


def text_of(path: str, most: int = MAX_FILE) -> str | None:
    """What a file says; None where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(most)
    except OSError:
        return None


def _json(path: str) -> object | None:
    try:
        return json.loads(text_of(path) or "null")  # type: ignore[no-any-return]
    except ValueError:
        return None
