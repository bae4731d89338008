"""Finishes what a program that died had begun to write into a case.

DuckDB keeps a commit in a log beside the file (`NAME.wal`) until it is moved into it. A case with
such a log is opened for writing once, which moves it; that fails while another program writes.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from triage.errors import CaseError
from triage.timeline.sealed import SEALED, explained


def log_of(case: Path) -> Path:
    """Where DuckDB keeps what is not in the file yet."""
    return case.with_name(f"{case.name}.wal")


def finish(case: Path) -> None:
    """Move what is in the log into the case. Raises `CaseError` that says what to do."""
    log = log_of(case)
    if not log.exists():
        return
    try:
        database = duckdb.connect(str(case.resolve()), config=SEALED)
        try:
            database.execute("CHECKPOINT")
        finally:
            database.close()
        log.unlink(missing_ok=True)  # DuckDB leaves a log in which it found nothing whole
    except (duckdb.Error, OSError) as error:
        raise CaseError(
            f"{case} was changed by another program that has not finished (there is a {log.name} "
            f"beside it), and this cannot be completed: {explained(error)}"
        ) from error
