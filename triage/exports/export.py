"""One case, one format, one place: redacts, writes, and puts the file there when it is whole."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from triage.errors import UsageError
from triage.exports import otlp, parquet, perfetto, timesketch
from triage.exports.rows import Rows
from triage.redact import Known, Level, Pseudonyms, Redactor, pseudonyms_path
from triage.timeline.query import OpenCase

Write = Callable[[Rows, BinaryIO], int]
"""Writes all rows; returns how many it had to leave out because they have no time."""
FORMATS: Mapping[str, Write] = {
    "timesketch": timesketch.write,
    "otlp": otlp.write,
    "perfetto": perfetto.write,
    "parquet": parquet.write,
}
BINARY = ("perfetto", "parquet")
CSV = ".csv"


def export(
    case: OpenCase,
    fmt: str,
    target: Path | None,
    level: Level = "secrets",
    names: Path | None = None,
) -> list[str]:
    """Write the timeline; returns what the caller should be told. Raises `UsageError`.

    Without a target it goes to standard output. Pseudonyms are kept in `names`, or beside the case.
    """
    if target is None and fmt in BINARY and sys.stdout.isatty():
        raise UsageError(f"{fmt} is no text: name a file with -o, or pipe it")
    write = FORMATS[fmt]
    if fmt == "timesketch" and target is not None and target.suffix.lower() == CSV:
        write = timesketch.write_csv
    kept = names or pseudonyms_path(case.path)
    shared = level == "share"
    pseudonyms = Pseudonyms.load(kept) if shared else Pseudonyms()
    known = Known.of_case(case.query) if shared else Known()
    redactor = Redactor(level, known, pseudonyms)
    with whole(target, case.path) as out:
        skipped = write(Rows(case, redactor), out)
    notes = []
    if skipped:
        notes.append(
            f"{skipped:,} events without a time were left out: {fmt} has no place for them"
        )
    if shared:
        pseudonyms.save(kept)
        notes += redactor.footer()
        notes.append(f"What stands for what is kept in {kept}; do not share that file.")
    return notes


@contextlib.contextmanager
def whole(target: Path | None, case: Path) -> Iterator[BinaryIO]:
    """Where to write to; a file appears under its name only when it is whole."""
    if target is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.exists() and target.samefile(case):
        raise UsageError(f"{target} is the case itself; name another file")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
