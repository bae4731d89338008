"""Which bundles were meant: folders, globs, lists, prefixes of object stores. Nothing is opened.

A path is a bundle, unless it is the only one and a folder that holds only bundles: folders and
archives. What was understood is told, and `--each` or `--whole` settles it.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from triage.bundle.remote import (
    has_magic,
    is_object,
    is_remote,
    matching,
    remote_children,
    remote_fingerprint,
)
from triage.bundle.source import describe
from triage.bundle.visible import visible
from triage.errors import BundleError, UsageError

Layout = Literal["auto", "each", "whole"]
"""`each`: what lies in a folder are the bundles; `whole`: the folder is one."""

_ARCHIVE = re.compile(
    r".*\.(?:tar|tgz|tbz2?|txz|tzst|zip|triage|(?:tar\.)?(?:gz|bz2|xz|zst))", re.IGNORECASE
)
_BESIDE = re.compile(
    r"\.|readme|manifest|license|.*(?:\.md|\.sha\d*|\.md5|\.sig|sums(?:\.txt)?)$", re.IGNORECASE
)
"""Files about the bundles, which lie beside them and are none."""
_FILE = "file://"
MAX_WALK = 200_000


def find_bundles(paths: Sequence[str], layout: Layout = "auto") -> list[str]:
    """The bundles, sorted, each once. Raises `UsageError` where there is none."""
    found: dict[str, None] = {}
    for path in paths:
        for uri in _expanded(path, layout, alone=len(paths) == 1):
            found[uri_of(uri)] = None
    if not found:
        where = ", ".join(map(visible, paths[:3])) or "the list"
        raise UsageError(f"no bundle was found in {where}")
    return sorted(found)


def read_list(lines: Iterable[str]) -> list[str]:
    """One path a line; empty lines and comments are left out."""
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]


def uri_of(path: str) -> str:
    """The path, or a `file://` URL where its bytes are no UTF-8: every name must fit into JSON."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _FILE + quote(os.fsencode(path))
    return path


def path_of(uri: str) -> str:
    """What `uri_of` was given, to be opened; other URLs stay as they are."""
    if not uri.startswith(_FILE):
        return uri
    return os.fsdecode(unquote_to_bytes(uri.removeprefix(_FILE)))


def fingerprint_of(uri: str) -> str:
    """Differs when the bundle was changed: sizes and times, or what the object store says.

    Raises `BundleError` where there is nothing.
    """
    if is_remote(uri):
        return remote_fingerprint(uri)
    digest = hashlib.sha256()
    try:
        for name, status in _walk(path_of(uri)):
            entry = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(entry.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise BundleError(f"{visible(uri)}: cannot be opened: {describe(error)}") from error
    return digest.hexdigest()[:32]


def _expanded(path: str, layout: Layout, *, alone: bool) -> Iterator[str]:
    path = path_of(path)
    if is_remote(path):
        yield from _remote(path, layout, alone=alone)
        return
    if not os.path.lexists(path) and glob.has_magic(path):
        yield from (os.path.abspath(name) for name in glob.iglob(path, recursive=True))  # noqa: PTH100, PTH207  a bundle's name may hold what pathlib would tidy away
        return
    place = os.path.abspath(path)  # noqa: PTH100  links stay as they are
    if not os.path.isdir(place) or layout == "whole":  # noqa: PTH112  as above
        yield place
    elif layout == "each" or (alone and _holds_bundles(place)):
        yield from _children(place)
    else:
        yield place


def _remote(url: str, layout: Layout, *, alone: bool) -> Iterator[str]:
    if has_magic(url):
        yield from matching(url)
    elif layout == "whole" or is_object(url):
        yield url
    else:
        inside = [child for child in remote_children(url) if not _BESIDE.match(_last_name(child))]
        packed = all(child.endswith("/") or _ARCHIVE.fullmatch(child) for child in inside)
        yield from inside if layout == "each" or (alone and packed) else [url]


def _last_name(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def _holds_bundles(folder: str) -> bool:
    names = _children(folder)
    return len(names) > 0 and all(
        os.path.isdir(name) or _ARCHIVE.fullmatch(name)  # noqa: PTH112  as above
        for name in names
    )


def _children(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  as above
    except OSError as error:
        raise UsageError(f"{visible(folder)}: cannot be listed: {describe(error)}") from error
    return [os.path.join(folder, name) for name in names if not _BESIDE.match(name)]  # noqa: PTH118


def _walk(place: str) -> Iterator[tuple[str, os.stat_result]]:
    """Every file of a bundle with what the file system says, in a fixed order."""
    top = os.stat(place)  # noqa: PTH116  as above
    if not stat.S_ISDIR(top.st_mode):
        yield "", top
        return
    count = 0
    for folder, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            yield str(path.relative_to(place)), path.lstat()
            count += 1
        if count > MAX_WALK:
            return
