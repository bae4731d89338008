"""Writes a case: beside its place first, then into it in one step, so that none is ever half there.

    with CaseWriter(path) as case:
        number = case.add_source(info)
        case.add_events(number, events)
        case.add_answer(answer)

Leaving the block without an exception puts the file in place; any exception, an interrupt too,
leaves nothing behind and an older case of that name untouched.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from triage.answer import Answer, SourceInfo
from triage.errors import CaseError
from triage.events import Event
from triage.timeline import schema
from triage.timeline.arrow import Placed, event_rows
from triage.timeline.bulk import merged, plain_rows
from triage.timeline.filler import Filler, Part
from triage.timeline.folding import fold, fold_into, words_in
from triage.timeline.plain import PlainRecords, PlainTimes
from triage.timeline.query import open_case
from triage.timeline.responder import words_of
from triage.timeline.sealed import SEALED, explained
from triage.timeline.told import answer_rows, source_rows
from triage.timeline.words import Words

BATCH_ROWS = 50_000
BATCH_CHARACTERS = 32 << 20
"""Messages can be megabytes long: a batch ends at either limit."""
WRITER_MEMORY = "256MB"

_serial = itertools.count()


class CaseWriter:
    """A case that is being written. Use it in a `with` statement; it is not for two threads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises `CaseError` when the path cannot become a case; nothing is written yet."""
        # Resolved: replacing a link would leave the case that it points to as it was.
        self.path = Path(os.path.realpath(path))
        check_target(self.path)
        self.partial = _partial(self.path)
        self._database: duckdb.DuckDBPyConnection | None = None
        self._sources: list[SourceInfo] = []
        self._ids: dict[str, int] = {}
        self._ordinals: list[int] = []
        self._batch: list[Placed] = []
        self._filler: Filler | None = None
        self._characters = 0
        self._answered = False
        self._words = Words()

    def __enter__(self) -> Self:
        """Open the file that becomes the case."""
        try:
            with self._explaining():
                _remove(self.partial)
                self._database = duckdb.connect(self.partial, config=self._config())
                self._database.execute("BEGIN")  # or each of some 300 statements waits for the disk
                for statement in schema.statements():
                    self._database.execute(statement)
                self._database.execute("COMMIT")
        except BaseException:
            self.abort()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the case in place, or leave no trace of it."""
        if kind is None:
            self.close()
        else:
            self.abort()

    def add_source(self, info: SourceInfo) -> int:
        """The id of a source; asked again for the same name, the same id."""
        known = self._ids.get(info.name)
        if known is not None:
            return known
        self._sources.append(info)
        self._ordinals.append(0)
        self._ids[info.name] = len(self._sources)
        return len(self._sources)

    def add_event(self, source_id: int, event: Event) -> None:
        """Write one event, sooner or later; sources may be mixed."""
        ordinal = self._ordinals[source_id - 1]
        self._ordinals[source_id - 1] = ordinal + 1
        event_id = source_id << schema.SOURCE_BITS | ordinal
        self._batch.append(Placed(event_id, source_id, event))
        self._characters += len(event.message)
        if len(self._batch) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS:
            self._flush()

    def add_events(self, source_id: int, events: Iterable[Event]) -> None:
        """Write events of one source in their order."""
        for event in events:
            self.add_event(source_id, event)

    def add_plain(self, source_id: int, records: PlainRecords, times: PlainTimes) -> None:
        """Write plain records of one source, and the others among them, in the order of lines."""
        first = self._ordinals[source_id - 1]
        plain, others = merged(records)
        self._ordinals[source_id - 1] = first + len(plain) + len(others)
        self._flush()
        base = (source_id << schema.SOURCE_BITS) + first
        self._batch = [
            Placed(base + at, source_id, event)
            for at, event in zip(others.tolist(), records.others, strict=True)
        ]
        self._flush()
        if len(plain):
            part = partial(plain_rows, schema.EVENTS, source_id, plain + base, records, times)
            self._fill(part, int(records.messages.str.len_bytes().sum()))

    def add_answer(self, answer: Answer) -> None:
        """Write the answer, its parts and the sources that nobody added. Once."""
        if self._answered:
            raise CaseError(f"{self.path}: the answer was already written")
        self._answered = True
        self._words = _said(self.path)
        self._words.settle(answer.findings)
        for info in answer.sources:
            self.add_source(info)
        for name, table in answer_rows(answer, self._ids):
            self._insert(name, table)

    def close(self) -> None:
        """Finish the file and put it in place."""
        try:
            self._finish()
            with self._explaining():
                put_in_place(self.partial, self.path)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Forget everything that was written."""
        if self._filler is not None:
            self._filler.close()
            self._filler = None
        if self._database is not None:
            self._database.close()
            self._database = None
        self._batch.clear()
        with contextlib.suppress(OSError):
            _remove(self.partial)

    def _finish(self) -> None:
        if not self._answered:
            raise CaseError(f"{self.path}: a case needs an answer; call add_answer")
        self._flush()
        self._insert(schema.SOURCES.name, source_rows(self._sources))
        with self._explaining():
            database = self._opened()
            if self._filler is not None:
                self._filler.finish()
                self._filler.close()
                self._filler = None
            if self._words:
                fold_into(database, self._words)
            database.execute("CHECKPOINT")  # nothing stays in a log beside the file
            database.close()
        self._database = None
        shutil.rmtree(_spill(self.partial), ignore_errors=True)

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        """Long messages outgrow the memory: the writer may spill, beside its own file."""
        return {
            **SEALED,
            "memory_limit": WRITER_MEMORY,
            "temp_directory": str(_spill(self.partial)),
            "threads": 1,  # two write a part of the rows twice, and leave its place free
        }

    def _flush(self) -> None:
        if self._batch:
            self._fill(partial(event_rows, schema.EVENTS, self._batch), self._characters)
            self._batch = []
            self._characters = 0

    def _fill(self, events: Part, characters: int) -> None:
        with self._explaining():
            if self._filler is None:
                self._filler = Filler(self._opened(), schema.EVENTS.name)
            self._filler.add(events, characters)

    def _insert(self, name: str, table: pa.Table) -> None:
        with self._explaining():
            database = self._opened()
            # Each in a transaction of its own: DuckDB holds on to an Arrow table until the commit.
            database.register("arriving", table)
            database.execute(f"INSERT INTO {name} SELECT * FROM arriving")  # noqa: S608 - our names
            database.unregister("arriving")

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._database is None:
            raise CaseError(f"{self.path}: the writer is closed; use it in a `with` statement")
        return self._database

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            raise CaseError(f"{self.path} cannot be written: {explained(error)}") from error


def write_case(
    path: str | os.PathLike[str], answer: Answer, fill: Callable[[CaseWriter], None]
) -> None:
    """Write a whole case: the sources of the answer are known by name when `fill` adds events."""
    with CaseWriter(path) as case:
        for info in answer.sources:
            case.add_source(info)
        fill(case)
        case.add_answer(answer)


def copy_case(source: Path, path: str | os.PathLike[str]) -> None:
    """Copy a finished case, with the same promises as `CaseWriter`."""
    target = Path(os.path.realpath(path))
    check_target(target)
    partial = _partial(target)
    try:
        said = Words() if Path(source).resolve() == target else _said(target)
        shutil.copyfile(source, partial)
        if said:
            _fold_beside(partial, said)
        put_in_place(partial, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            _remove(partial)
        if isinstance(error, OSError):
            raise CaseError(f"{target} cannot be written: {explained(error)}") from error
        raise


def _said(path: Path) -> Words:
    """What a responder said about the case that is being replaced: it outlives a rescan."""
    try:
        return words_of(path)
    except CaseError:  # of another version: it may be replaced, and its tables are not ours to read
        return Words()


def _fold_beside(copy: Path, said: Words) -> None:
    """What was said about the case that the copy replaces comes to what the copy holds."""
    with open_case(copy) as case:
        words, findings = words_in(case), case.answer().findings
    said.settle(findings)
    words.join(said)
    fold(copy, words)


def check_target(path: Path) -> None:
    """Raise `CaseError` unless a case may be put there: a new name, or a case of ours."""
    if not path.parent.is_dir():
        raise CaseError(f"{path}: the folder {path.parent} does not exist; create it first")
    if not os.path.lexists(path):
        return
    try:
        open_case(path, any_version=True).close()
    except CaseError as error:
        raise CaseError(f"{path} is not overwritten: {error}") from error


def put_in_place(partial: Path, path: Path) -> None:
    """Make the finished file durable, then give it its name, replacing an older case only."""
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    check_target(path)  # it may have appeared while we were writing
    partial.replace(path)
    with contextlib.suppress(OSError):  # not all systems let a folder be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _partial(path: Path) -> Path:
    """A name beside the target that no other writer uses, in this process or another."""
    name = f".{path.name}.partial-{os.getpid()}"
    number = next(_serial)
    return path.with_name(f"{name}-{number}" if number else name)


def _remove(partial: Path) -> None:
    shutil.rmtree(_spill(partial), ignore_errors=True)
    for path in (partial, partial.with_name(f"{partial.name}.wal")):
        path.unlink(missing_ok=True)


def _spill(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.tmp")
