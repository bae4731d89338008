"""What a call asks for, as each bundle is scanned by it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from triage.batch.model import Recipe
from triage.bundle.limits import Limits
from triage.clock import BundleClock, corrections_of
from triage.errors import UsageError
from triage.reading import Options
from triage.signatures.load import load
from triage.verdict import suppress
from triage.version import __version__


def recipe_of(options: Options, run: str, *, seconds: float, memory: int, cases: bool) -> Recipe:
    """Check the options once, before a thousand bundles fail of them.

    Raises `UsageError`, `SignatureError` or `SuppressionError`.
    """
    try:
        BundleClock(options.zone, corrections_of(options.corrections))
    except ValueError as error:
        raise UsageError(str(error)) from error
    suppress.load(options.suppressions)
    standard = Limits()
    changed = {
        field.name: getattr(options.limits, field.name)
        for field in fields(Limits)
        if getattr(options.limits, field.name) != getattr(standard, field.name)
    }
    return Recipe(
        run=run,
        since=options.since,
        until=options.until,
        zone=options.zone,
        signatures=tuple(map(_absolute, options.signatures)),
        suppressions=tuple(map(_absolute, options.suppressions)),
        today=datetime.now(UTC).date().isoformat(),
        limits=changed,
        max_hits=options.max_hits,
        corrections=options.corrections,
        knowledge=_knowledge(options),
        seconds=seconds,
        memory=memory,
        cases=cases,
    )


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  links stay as they are


def _knowledge(options: Options) -> str:
    digest = hashlib.sha256(f"{__version__} {load(options.signatures).digest}".encode())
    for path in options.suppressions:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
