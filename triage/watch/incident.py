"""What is told of an incident, field by field: one JSON object a line, `triage.watch/1`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from triage.answer import Finding
from triage.bundle.visible import visible
from triage.events import Severity
from triage.secrets import mask

SCHEMA = "triage.watch/1"
LINE_LIMIT = 600

What = Literal["new", "worse", "cause", "consequence"]
"""A first finding; one that was told with a lower severity; one that explains what was told before;
one that is explained by what was told before."""


class Incident(Struct, frozen=True, kw_only=True):
    """One thing that is told. Field names and meanings are public; new fields may be added."""

    schema: str = SCHEMA
    what: What
    incident: str
    """The same for all that is told of one incident, and after a restart."""
    told: str
    """When this was written, ISO 8601 UTC."""
    host: str
    severity: Severity
    id: str
    """Of the signature."""
    title: str
    source: str
    line: int
    line_end: int
    offset: int
    time: str | None
    """When it happened, as far as that is known."""
    because_of: str | None = None
    """What explains it, or what it explains, in words."""
    text: str
    """All of it in one line for people; chats take it as their message."""
    finding: Finding
    """As in `triage.scan/1`; ranks are those of the moment."""

    @property
    def pages(self) -> bool:
        """Whether somebody has to be called: a consequence of what was told is no new incident."""
        return self.what != "consequence"


def line_of(
    finding: Finding, place: str, times: tuple[str | None, str], what: What, because_of: str | None
) -> str:
    """`2024-05-14 03:02:14Z CRITICAL kern.log:812 The kernel killed … [oom_kill]`.

    `times`: when it happened, and when it was told, which stands in for an unknown one.
    """
    happened, told = times
    when = (happened or told).replace("T", " ").partition(".")[0].removesuffix("Z")
    words = [f"{when}Z" if happened else f"(seen {when}Z)"]
    words += [finding.severity.upper(), place, finding.title]
    if finding.count > 1:
        words.append(f"x{finding.count}")
    words.append(f"[{finding.id}]")
    if what == "worse":
        words.append("(worse than told before)")
    if because_of:
        words.append(f"({because_of})")
    return visible(mask(" ".join(words)), LINE_LIMIT)
