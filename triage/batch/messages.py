"""What the supervisor and its workers say to each other: one JSON object a line."""

from __future__ import annotations

from msgspec import Struct

from triage.batch.model import Cause, Recipe, Status


class Start(Struct, frozen=True):
    """To a new worker: what all its bundles have in common."""

    out: str
    recipe: Recipe


class Task(Struct, frozen=True):
    """To a worker: scan this."""

    uri: str
    attempt: int = 1
    replace: Status | None = None


class Reply(Struct, frozen=True, omit_defaults=True):
    """From a worker: ready at first, then what came of each task."""

    status: Status | None = None
    """It is committed."""
    cause: Cause | None = None
    """Nothing is committed, and why."""
    message: str = ""
