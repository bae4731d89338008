"""Results in an object store. Needs the extra `s3`.

A status is created only if none is there (`If-None-Match: *`), which the store itself decides: two
writers of one bundle cannot both win.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from triage.bundle.remote import TRIES, explained, place_of
from triage.errors import StoreError

if TYPE_CHECKING:  # an extra
    from obstore.store import ObjectStore


PAUSE = 0.2
"""Seconds before a request is sent again, doubled each time."""


NOT_IMPLEMENTED = "501 Not Implemented"


class ObjectStorage:
    """A prefix of a bucket. Raises `StoreError` where the store does not do what it is asked."""

    def __init__(self, place: str) -> None:
        self.place = place
        found = place_of(place)
        self._store: ObjectStore = found.store
        self._prefix = found.path.strip("/")
        self._conditions = True
        """Whether the store can create only what is not there: not all that speak S3 can."""

    def put(self, path: str, data: bytes) -> None:
        """Write, or replace what is there."""
        import obstore  # noqa: PLC0415  an extra

        with self._explained(path):
            obstore.put(self._store, self._full(path), data)

    def create(self, path: str, data: bytes) -> bool:
        """Write unless something is there already; whether it was written.

        A request that nobody answered may have been done all the same, so the client does not send
        it again by itself. What is there then tells whose it is. Where the store knows no
        conditions at all, the look before is all there is: give each bundle to one call only.
        """
        for attempt in range(TRIES):
            try:
                return self._create(path, data) or self.get(path) == data
            except StoreError:
                there = self.get(path)
                if there is not None:
                    return there == data
                if attempt == TRIES - 1:
                    raise
                time.sleep(PAUSE * 2**attempt)
        return False

    def _create(self, path: str, data: bytes) -> bool:
        import obstore  # noqa: PLC0415  an extra
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415  an extra

        if not self._conditions:
            if self.get(path) is not None:
                return False
            self.put(path, data)
            return True
        try:
            with self._explained(path):
                obstore.put(self._store, self._full(path), data, mode="create")
        except AlreadyExistsError:
            return False
        except StoreError as error:
            if NOT_IMPLEMENTED not in str(error):
                raise
            self._conditions = False
            return self._create(path, data)
        return True

    def get(self, path: str) -> bytes | None:
        """What is there; None where nothing is."""
        import obstore  # noqa: PLC0415  an extra

        try:
            with self._explained(path):
                return bytes(obstore.get(self._store, self._full(path)).bytes())
        except FileNotFoundError:
            return None

    def paths(self, prefix: str) -> list[str]:
        """All that lies below a folder, sorted."""
        import obstore  # noqa: PLC0415  an extra

        with self._explained(prefix):
            batches = obstore.list(self._store, self._full(prefix) + "/")
            return sorted(self._relative(meta["path"]) for batch in batches for meta in batch)

    def folders(self) -> list[str]:
        """The folders at the top, sorted."""
        import obstore  # noqa: PLC0415  an extra

        with self._explained(""):
            prefix = f"{self._prefix}/" if self._prefix else None
            found = obstore.list_with_delimiter(self._store, prefix)
            return sorted(self._relative(name).rstrip("/") for name in found["common_prefixes"])

    def delete(self, paths: Iterable[str]) -> None:
        """Remove what is there."""
        import obstore  # noqa: PLC0415  an extra

        full = [self._full(path) for path in paths]
        if full:
            with self._explained(""):
                obstore.delete(self._store, full)

    def _full(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    def _relative(self, path: str) -> str:
        return path.removeprefix(f"{self._prefix}/") if self._prefix else path

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        from obstore.exceptions import (  # noqa: PLC0415  an extra
            AlreadyExistsError,
            BaseError,
            NotFoundError,
        )

        try:
            yield
        except AlreadyExistsError:
            raise
        except (NotFoundError, FileNotFoundError) as error:
            raise FileNotFoundError(path) from error
        except (BaseError, OSError) as error:
            raise StoreError(str(explained(error, f"{self.place}/{path}"))) from error
