"""What a store of results holds, and how a result gets into it exactly once.

    run=RUN/run.json                                when the run began
    run=RUN/table=TABLE/bundle=KEY/PART.parquet     rows of one bundle, written by one attempt
    run=RUN/status/KEY.json                         written last, only if nothing is there
    run=RUN/compacted.json                          after `compact`: the statuses that it took in
    run=RUN/table=TABLE/bundle=compacted/*.parquet  and their rows

A status names the files that hold its rows, so rows of an attempt that died never count.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from triage.batch.model import Status
from triage.batch.storage import FolderStorage, Storage, get_all
from triage.bundle.visible import visible
from triage.errors import StoreError, UsageError
from triage.timeline.store_schema import TABLES

RUN = "run="
COMPACTED = "compacted"
PARQUET_END = b"PAR1"
CASE = "case"
"""Beside the tables: the full timeline of one bundle."""
_T = TypeVar("_T")
_OF_BUNDLE = re.compile(r"/bundle=([0-9a-f]+)/")
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Run(Struct, frozen=True, kw_only=True):
    """One call of `triage batch`, or several that share a name."""

    name: str
    started: str
    shared: bool = False
    """Shards have a part in it, none of which knows whether the others are done."""


class Compacted(Struct, frozen=True, kw_only=True):
    """Statuses whose rows were put together."""

    statuses: list[Status]


@dataclass(frozen=True, slots=True)
class Committed:
    """A status that counts, and where it stands."""

    status: Status
    compacted: bool


class Store:
    """The results at one place. Safe for several processes at once."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        names = [f"{name}/run.json" for name in self.storage.folders() if name.startswith(RUN)]
        found = [_decoded(data, Run, path) for path, data in get_all(self.storage, names)]
        return sorted(found, key=lambda run: (run.started, run.name))

    def begin(self, name: str, *, shared: bool = False) -> Run:
        """Enter a run; the first one to do so begins it."""
        check_run(name)
        run = Run(name=name, started=now(), shared=shared)
        path = f"{RUN}{name}/run.json"
        if self.storage.create(path, msgspec.json.encode(run)):
            return run
        there = self.storage.get(path)
        return run if there is None else _decoded(there, Run, path)

    def finish(self, run: str) -> None:
        """Mark that nothing of a run is left to do."""
        self.storage.put(_finished(run), msgspec.json.encode({"finished": now()}))

    def reopen(self, run: str) -> None:
        """Something is to do again."""
        self.storage.delete([_finished(run)])

    def is_finished(self, run: str) -> bool:
        """Whether a run came to its end."""
        return self.storage.get(_finished(run)) is not None

    def committed(self, run: str) -> dict[str, Committed]:
        """The statuses of a run by key."""
        path = f"{RUN}{run}/{COMPACTED}.json"
        data = self.storage.get(path)
        old = [] if data is None else _decoded(data, Compacted, path).statuses
        found = {status.key: Committed(status, compacted=True) for status in old}
        paths = self.storage.paths(f"{RUN}{run}/status")
        for _, data in get_all(self.storage, (p for p in paths if p.endswith(".json"))):
            status = _status(data)
            if status is not None:
                found[status.key] = Committed(status, compacted=False)
        whole: dict[str, bool] = {}
        return {key: one for key, one in found.items() if self._is_whole(one.status, whole)}

    def _is_whole(self, status: Status, known: dict[str, bool]) -> bool:
        """Whether the rows of a result survived what the machine went through since."""
        if not isinstance(self.storage, FolderStorage):
            return True
        for table, path in status.tables.items():
            if table in TABLES and path not in known:
                known[path] = self.storage.is_whole(path, PARQUET_END)
        return all(known.get(path, True) for path in status.tables.values())

    def everything(self) -> list[tuple[Run, Status]]:
        """All that counts, in the order of the runs."""
        return [
            (run, there.status)
            for run in self.runs()
            for _, there in sorted(self.committed(run.name).items())
        ]

    def newest(self) -> dict[str, Status]:
        """Of each bundle, by key, what counts today."""
        return newest_of(status for _, status in self.everything())

    def write(
        self, status: Status, tables: Mapping[str, bytes], case: bytes | None = None
    ) -> Status:
        """Write the rows of a bundle, which do not count yet; the status names them."""
        top, place = f"{RUN}{status.run}", f"bundle={status.key}/{status.part}"
        paths = {table: f"{top}/table={table}/{place}.parquet" for table in tables}
        for table, data in tables.items():
            self.storage.put(paths[table], data)
        if case is not None:
            paths[CASE] = f"{top}/cases/{place}.triage"
            self.storage.put(paths[CASE], case)
        return msgspec.structs.replace(status, tables=paths)

    def commit(self, status: Status, *, replace: Status | None = None) -> Status:
        """Make a result count, unless somebody else has one; the status that counts.

        `replace`: the status that this one stands in for, if it is still the one there.
        """
        path = _status_path(status.run, status.key)
        data = msgspec.json.encode(status)
        if replace is not None and replace.run == status.run:
            self.storage.put(path, data)
            self.storage.delete(own_paths(replace))
            return status
        if self.storage.create(path, data):
            return status
        there = self.status(status.run, status.key)
        if there is None or (status.done and not there.done):
            self.storage.put(path, data)
            return status
        self.storage.delete(own_paths(status))
        return there

    def status(self, run: str, key: str) -> Status | None:
        """What came of a bundle in a run."""
        path = _status_path(run, key)
        data = self.storage.get(path)
        status = None if data is None else _status(data)
        return status if status is not None and self._is_whole(status, {}) else None

    def clear(self, run: str, keys: Iterable[str]) -> None:
        """Remove what is left of attempts at these bundles by calls that nobody could end well."""
        wanted = set(keys)
        kept = {
            path for there in self.committed(run).values() for path in there.status.tables.values()
        }
        self.storage.delete(
            path
            for path in self.storage.paths(f"{RUN}{run}")
            if (found := _OF_BUNDLE.search(path)) and found[1] in wanted and path not in kept
        )

    def sweep(self, run: str, key: str) -> None:
        """Remove the rows of attempts at a bundle that came to nothing."""
        status = self.status(run, key)
        kept = set() if status is None else set(status.tables.values())
        places = [f"{RUN}{run}/table={table}/bundle={key}" for table in TABLES]
        places.append(f"{RUN}{run}/cases/bundle={key}")
        self.storage.delete(
            path for place in places for path in self.storage.paths(place) if path not in kept
        )


def check_run(name: str) -> None:
    """Raise `UsageError` on a name that could not stand in a path."""
    if not _RUN_NAME.fullmatch(name) or name == "." * len(name):
        raise UsageError(
            f"{name!r} cannot name a run: letters, digits, `.`, `_` and `-`, at most 100"
        )


def choose_run(store: Store, *, named: str | None, shared: bool) -> str:
    """The name of the run: the given one, else one that was not finished, else a new one.

    `shared`: other shards, which cannot be asked, must come to the same name: the day.
    """
    if named is not None:
        check_run(named)
        return named
    if shared:
        return datetime.now(UTC).strftime("%Y-%m-%d")
    runs = store.runs()
    if runs and not runs[-1].shared and not store.is_finished(runs[-1].name):
        return runs[-1].name
    new = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    taken = {run.name for run in runs}
    while new in taken:
        new += "-2"
    return new


def newest_of(statuses: Iterable[Status]) -> dict[str, Status]:
    """Of each bundle, by key, its newest result; where there is none, its newest failure.

    The statuses come in the order of their runs.
    """
    found: dict[str, Status] = {}
    for status in statuses:
        if status.done or status.key not in found or not found[status.key].done:
            found[status.key] = status
    return found


def own_paths(status: Status) -> list[str]:
    """The files that hold rows of this attempt and of no other."""
    return [path for path in status.tables.values() if f"/bundle={status.key}/" in path]


def rows_of(statuses: Sequence[Status]) -> dict[str, list[str]]:
    """Table to the files that hold the rows of these statuses."""
    paths: dict[str, dict[str, None]] = {}
    for status in statuses:
        for table, path in status.tables.items():
            paths.setdefault(table, {})[path] = None
    return {table: list(found) for table, found in paths.items()}


def new_part() -> str:
    """A name that no other attempt has."""
    return uuid.uuid4().hex[:16]


def now() -> str:
    """The present instant, ISO 8601 UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _status_path(run: str, key: str) -> str:
    return f"{RUN}{run}/status/{key}.json"


def _finished(run: str) -> str:
    return f"{RUN}{run}/finished.json"


def _status(data: bytes) -> Status | None:
    """None for what a loss of power left of one: the bundle is scanned again."""
    try:
        return msgspec.json.decode(data, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _decoded(data: bytes, kind: type[_T], path: str) -> _T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"{visible(path)}: cannot be read as {kind.__name__}: {error}") from error
