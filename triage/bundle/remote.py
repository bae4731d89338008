"""Bundles in object stores: an object is a file, a prefix is a folder. Needs the extra `s3`.

Objects are read in ranges, one ahead, so that an archive is never copied to this machine (a zip is:
its directory stands at the end). A store that does not answer is a `StoreError`: unlike damage, it
says nothing about the bundle, and a later try may succeed.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from triage.bundle.limits import MIB, Budget, Limits
from triage.bundle.names import safe_file_name
from triage.bundle.notes import Notes
from triage.bundle.stream import Stream
from triage.bundle.visible import visible
from triage.bundle.walk import Found, Walk
from triage.errors import BundleError, ReadError, StoreError, UsageError

if TYPE_CHECKING:  # an extra, and what only it needs
    from concurrent.futures import Future

    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_URL = re.compile(r"(?P<scheme>s3a?|gs|az|abfss?)://(?P<top>[^/]+)/?(?P<path>.*)", re.DOTALL)
_MAGIC = re.compile(r"[*?\[]")
RANGE_BYTES = 8 * MIB
MISSING = "object stores need the extra s3: pip install 'incident-triage[s3]'"
TIMEOUT = "TRIAGE_STORE_TIMEOUT"
"""Environment variable: seconds after which a request is tried again, 30 unless set."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A URL, taken apart."""

    top: str
    """Scheme and bucket."""
    path: str

    @property
    def store(self) -> ObjectStore:
        """The bucket."""
        return store_of(self.top)


def is_remote(path: str) -> bool:
    """Whether it is the URL of an object store."""
    return _URL.match(path) is not None


def place_of(url: str) -> Place:
    """Take a URL apart."""
    found = _URL.match(url)
    if found is None:
        raise UsageError(f"{visible(url)} is no URL of an object store; s3://, gs:// or az://")
    return Place(f"{found['scheme']}://{found['top']}", found["path"])


@lru_cache(maxsize=64)
def store_of(top: str) -> ObjectStore:
    """The client of a bucket; keys, region and endpoint come from the environment, as in AWS_*."""
    try:
        from obstore.store import from_url  # noqa: PLC0415  an extra
    except ImportError as error:
        raise UsageError(MISSING) from error
    seconds = float(os.environ.get(TIMEOUT) or 30)
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    return from_url(
        top,
        client_options={
            "timeout": timedelta(seconds=seconds),
            "connect_timeout": timedelta(seconds=min(10, seconds)),
            "allow_http": endpoint.startswith("http://"),
        },
        retry_config={
            "max_retries": TRIES,
            "retry_timeout": timedelta(seconds=seconds * TRIES),
        },
    )


def explained(error: Exception, where: str) -> BundleError | StoreError:
    """What a store's complaint means for us: the object is not to be had, or try again later."""
    from obstore.exceptions import (  # noqa: PLC0415  an extra
        InvalidPathError,
        NotFoundError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )

    shown = visible(where)
    if isinstance(error, NotFoundError | FileNotFoundError):
        return BundleError(f"{shown}: there is no such object or prefix")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
        return BundleError(f"{shown}: the store refuses access; check AWS_* or its like")
    if isinstance(error, PreconditionError):
        return BundleError(f"{shown}: it was replaced while it was read. Scan it again")
    if isinstance(error, InvalidPathError):
        return BundleError(f"{shown}: this is no name of an object")
    first = str(error).strip().split("\n", 1)[0]
    return StoreError(f"{shown}: the store does not answer ({visible(first, 300)})")


def list_objects(place: Place) -> list[ObjectMeta]:
    """What lies at a prefix, or the one object of this name; sorted. Empty where nothing is."""
    import obstore  # noqa: PLC0415  an extra
    from obstore.exceptions import BaseError, NotFoundError  # noqa: PLC0415  an extra

    try:
        if place.path and not place.path.endswith("/"):
            try:
                return [obstore.head(place.store, place.path)]
            except (NotFoundError, FileNotFoundError):  # a prefix, then
                pass
        found = [meta for batch in obstore.list(place.store, place.path or None) for meta in batch]
    except (BaseError, OSError) as error:
        raise explained(error, f"{place.top}/{place.path}") from error
    return sorted(found, key=lambda meta: meta["path"])


def remote_children(url: str) -> list[str]:
    """What lies directly below a prefix: objects, and prefixes with a `/` at their end."""
    import obstore  # noqa: PLC0415  an extra
    from obstore.exceptions import BaseError  # noqa: PLC0415  an extra

    place = place_of(url)
    try:
        result = obstore.list_with_delimiter(place.store, place.path or None)
    except (BaseError, OSError) as error:
        raise explained(error, url) from error
    names = [meta["path"] for meta in result["objects"]]
    names += [f"{prefix}/" for prefix in result["common_prefixes"]]
    return sorted(f"{place.top}/{name}" for name in names if name.rstrip("/") != place.path)


def matching(url: str) -> list[str]:
    """The objects and prefixes that a pattern names; `*` does not cross a `/`."""
    place = place_of(url)
    wanted = place.path.strip("/").split("/")
    fixed = next((i for i, part in enumerate(wanted) if _MAGIC.search(part)), len(wanted))
    level = ["/".join([place.top, *wanted[:fixed]]) + "/"]
    for depth in range(fixed, len(wanted)):
        last = depth == len(wanted) - 1
        level = [
            child
            for folder in level
            for child in remote_children(folder)
            if fnmatch.fnmatchcase(child.rstrip("/").rpartition("/")[2], wanted[depth])
            and (last or child.endswith("/"))
        ]
    return level


def has_magic(url: str) -> bool:
    """Whether it is a pattern."""
    return _MAGIC.search(place_of(url).path) is not None


def is_object(url: str) -> bool:
    """Whether it is one object; a prefix that objects lie under is none."""
    place = place_of(url)
    return [meta["path"] for meta in list_objects(place)] == [place.path]


def remote_fingerprint(url: str) -> str:
    """Differs when an object was replaced. Raises `BundleError` where nothing is."""
    found = list_objects(place_of(url))
    if not found:
        raise BundleError(f"{visible(url)}: there is no such object or prefix")
    digest = hashlib.sha256()
    for meta in found:
        entry = f"{meta['path']}\0{meta['size']}\0{meta['e_tag'] or meta['last_modified']}\n"
        digest.update(entry.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


class Remote:
    """The objects of one bundle."""

    def __init__(self, url: str) -> None:
        """Raises `BundleError` where there is nothing, `StoreError` when the store is away."""
        self.place = place_of(url)
        self.objects = list_objects(self.place)
        if not self.objects:
            raise BundleError(f"{visible(url)}: there is no such object or prefix")

    @property
    def is_file(self) -> bool:
        """One object, not a prefix."""
        return [meta["path"] for meta in self.objects] == [self.place.path]

    def found(self, walk: Walk, limits: Limits, notes: Notes, name: str) -> Iterator[Found]:
        """Each object, to be looked into."""
        top = self.place.path.rstrip("/")
        for meta in self.objects[: limits.max_members]:
            relative = meta["path"].removeprefix(top).lstrip("/") if not self.is_file else name
            safe = safe_file_name(relative)
            if safe.oddity:
                notes.fold(name, safe.oddity, safe.text)
            shown = walk.names.unique(safe.text)
            inside = "" if self.is_file else f"{shown}!/"
            start = partial(RemoteFile, self.place.store, meta, walk.budget, shown)
            yield Found(shown, inside, meta["size"], meta["last_modified"].timestamp(), start)
        if len(self.objects) > limits.max_members:
            notes.warn(
                name, f"it has more than {limits.max_members:,} objects; the rest is left out"
            )


class RemoteFile(Stream):
    """One object, read range by range; while one is looked at, the next one is on its way."""

    def __init__(self, store: ObjectStore, meta: ObjectMeta, budget: Budget, name: str) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  only objects need it

        super().__init__()
        self._store = store
        self._meta = meta
        self._budget = budget
        self._name = name
        self._data = memoryview(b"")
        self._position = 0
        """Of the first byte that was not asked for."""
        self._pool = ThreadPoolExecutor(1)
        self._next: Future[bytes] | None = None

    def pull(self, size: int) -> bytes:
        """Read on."""
        if not self._data:
            self._data = memoryview(self._take())
        piece = bytes(self._data[:size])
        self._data = self._data[len(piece) :]
        self._budget.charge_read(len(piece))
        return piece

    def skip(self, size: int) -> int:
        """Pass over bytes; what was not asked for is never fetched."""
        from_data = min(size, len(self._data))
        self._data = self._data[from_data:]
        left = size - from_data
        if left > RANGE_BYTES:
            self._next = None
            jump = min(left, self._meta["size"] - self._position)
            self._position += jump
            return from_data + jump
        return from_data + super().skip(left)

    def close(self) -> None:
        """Ask for nothing more."""
        if not self.closed:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _take(self) -> bytes:
        waiting = self._next or self._ask()
        if waiting is None:
            return b""
        data = waiting.result()
        self._next = self._ask()
        return data

    def _ask(self) -> Future[bytes] | None:
        start, end = self._position, min(self._position + RANGE_BYTES, self._meta["size"])
        if start >= end:
            return None
        self._position = end
        return self._pool.submit(self._fetch, start, end)

    def _fetch(self, start: int, end: int) -> bytes:
        import obstore  # noqa: PLC0415  an extra
        from obstore.exceptions import BaseError  # noqa: PLC0415  an extra

        tag = self._meta["e_tag"]
        try:
            result = obstore.get(
                self._store,
                self._meta["path"],
                options={"range": (start, end), "if_match": tag},
            )
            data = bytes(result.bytes())
        except (BaseError, OSError) as error:
            found = explained(error, self._name)
            raise found if isinstance(found, StoreError) else ReadError(str(found)) from error
        if len(data) != end - start:
            raise StoreError(f"{self._name}: the store sent {len(data):,} of {end - start:,} bytes")
        return data
