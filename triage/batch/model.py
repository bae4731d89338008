"""What a batch hands round: what to do with a bundle, and what came of it.

    RUN/status/KEY.json     a `Status`, written last: with it the bundle is done, without it not

`Status` is public (`triage.batch/1`); new fields may be added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from triage.bundle.limits import Limits
from triage.reading import Options

SCHEMA = "triage.batch/1"
KEY_DIGITS = 16

Outcome = Literal["ok", "partly", "failed"]
"""`partly`: something in the bundle could not be read; the rest is judged."""

Cause = Literal["unreadable", "raised", "crashed", "timeout", "memory", "lost"]
"""Why a bundle has no result: nothing in it could be read; our own code raised; the worker died;
it took longer than the time limit; it needed more memory than the limit; its machine or a store
went away, time and again."""


class Recipe(Struct, frozen=True, kw_only=True):
    """How each bundle of a batch is scanned. It can be pickled, and sent as JSON."""

    run: str
    since: str | None = None
    until: str | None = None
    zone: str | None = None
    signatures: tuple[str, ...] = ()
    suppressions: tuple[str, ...] = ()
    today: str | None = None
    """Against which suppressions expire, ISO 8601: the same day for all bundles of a run."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Those of `Limits` that are not as they come."""
    max_hits: int | None = None
    """Places of one log that may be a failure and are all read; None: what its size bears."""
    corrections: tuple[str, ...] = ()
    """Of clocks that were off."""
    knowledge: str = ""
    """Content hash of the signatures, and the version of the program, that the results are of."""
    memory: int = 0
    """Bytes that one bundle may take; 0 for no limit."""
    seconds: float = 0
    """Time that one bundle may take; 0 for no limit."""
    cases: bool = False
    """Keep the full timeline of each bundle as a case file."""

    def options(self) -> Options:
        """The same, as a scan takes it."""
        return Options(
            limits=replace(Limits(), **self.limits),
            since=self.since,
            until=self.until,
            zone=self.zone,
            signatures=tuple(map(Path, self.signatures)),
            suppressions=tuple(map(Path, self.suppressions)),
            today=None if self.today is None else date.fromisoformat(self.today),
            max_hits=self.max_hits,
            corrections=self.corrections,
            workers=1,  # there is a scan a core already
        )

    def digest(self) -> str:
        """Equal for recipes that give the same results."""
        judging = msgspec.structs.replace(self, run="", today=None, memory=0, seconds=0)
        return hashlib.sha256(msgspec.json.encode(judging)).hexdigest()[:KEY_DIGITS]


class Status(Struct, frozen=True, kw_only=True):
    """What came of one bundle: all that a batch keeps in memory of it."""

    schema: str = SCHEMA
    uri: str
    key: str
    """Names the bundle in the store: a hash of `uri`."""
    run: str
    part: str = ""
    """Names this attempt: its rows carry it, and only rows of a part with a status count."""
    outcome: Outcome
    cause: Cause | None = None
    message: str = ""
    """Why it failed or what could not be read; one line, harmless to print."""
    attempts: int = 1
    fingerprint: str = ""
    """Of the bundle as it was then: sizes and times of its files, or the store's own tag."""
    recipe: str = ""
    """`Recipe.digest`."""
    name: str = ""
    seconds: float = 0
    finished: str = ""
    host: str = ""
    """The machine that scanned it."""
    sources: int = 0
    lines: int = 0
    bytes: int = 0
    first: str | None = None
    last: str | None = None
    verdict: str | None = None
    """`critical`, `warning` or `clean`; null where the bundle failed."""
    root_cause: str | None = None
    headline: str = ""
    confidence: float | None = None
    findings: int = 0
    version: str = ""
    knowledge: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Table to the path of its rows in the store."""

    @property
    def done(self) -> bool:
        """There is a result."""
        return self.outcome != "failed"


def key_of(uri: str) -> str:
    """The name of a bundle in a store."""
    return hashlib.sha256(uri.encode("utf-8", "surrogateescape")).hexdigest()[:KEY_DIGITS]
