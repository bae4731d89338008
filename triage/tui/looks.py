"""How things look on every screen: severities, times, text from a bundle that nothing interprets.

Textual reads plain strings as markup, so what came from a bundle is only ever shown as `Content`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from textual.content import Content

from triage.answer import Answer, Evidence, Finding
from triage.bundle.visible import visible
from triage.events import Value
from triage.faces.text import PLAIN_SIGNS, SIGNS

STYLES: Mapping[str, str] = {
    "critical": "bold $text-error",
    "warning": "bold $text-warning",
    "info": "$text-accent",
    "clean": "bold $text-success",
}
DIM = "$foreground 70%"
HEAD = "bold $text-primary"
COMMAND = "$text-accent"
PLACE = "$text-primary"
MAX_LINE = 1000
"""Characters of one line that are shown; the source view shows all of it."""
TAB = "    "
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What is drawn, for terminals that show Unicode and for those that do not."""

    signs: Mapping[str, str]
    cause: str
    branch: str
    done: str
    skipped: str
    todo: str
    dash: str
    times: str
    more: str


UNICODE = Glyphs(dict(SIGNS) | {"clean": "✓"}, "←", "└ ", "✓", "–", "·", "–", "×", "…")
ASCII = Glyphs(dict(PLAIN_SIGNS) | {"clean": "+"}, "<-", "` ", "+", "-", ".", "-", "x", "...")


def glyphs(*, plain: bool) -> Glyphs:
    """The set that the terminal can show."""
    return ASCII if plain else UNICODE


def text(said: object, style: str = "", limit: int = MAX_LINE) -> Content:
    """One line of anything, as it is: control characters spelled out, tabs widened."""
    return Content.styled(visible(str(said).replace("\t", TAB), limit), style)


def lines(parts: Iterable[Content]) -> Content:
    """One below the other."""
    return Content("\n").join(list(parts))


def severity(name: str, drawn: Glyphs) -> Content:
    """A sign, the word, and the color: none of them alone."""
    return Content.styled(f"{drawn.signs[name]} {name}", STYLES[name])


def instant(time: str | None, *, day: bool = True) -> str:
    """`2024-05-14T03:02:14.550000Z` as `05-14 03:02:14`, or without its day; blanks if unknown."""
    if time is None:
        return " " * (14 if day else 8)
    return f"{time[5:10]} {time[11:19]}" if day else time[11:19]


def exact(time: str | None) -> str:
    """`2024-05-14T03:02:14.550000Z` as `2024-05-14 03:02:14.55Z`."""
    if time is None:
        return "time unknown"
    said = time.replace("T", " ").removesuffix("Z")
    return (said.rstrip("0").rstrip(".") if "." in said else said) + "Z"


def nanoseconds(time: str) -> int:
    """An instant of an answer as nanoseconds since 1970."""
    return (datetime.fromisoformat(time) - _EPOCH) // _MICROSECOND * 1000


def several_days(answer: Answer) -> bool:
    """Whether the findings of one answer lie on more than one day."""
    times = [time for one in answer.findings for time in (one.first_seen, one.last_seen) if time]
    return len({time[:10] for time in times}) > 1


def spot(evidence: Evidence) -> str:
    """`kern.log:12-16`."""
    last = f"-{evidence.line_end}" if evidence.line_end > evidence.line else ""
    return f"{evidence.source}:{evidence.line}{last}"


def where(finding: Finding, keys: Sequence[str]) -> str:
    """`host gpu-a07, gpu 0000:31:00`: the first value of each, and how many more."""
    told = []
    for key in keys:
        values: Sequence[Value] = finding.entities.get(key, [])
        if values:
            more = f" (+{len(values) - 1})" if len(values) > 1 else ""
            told.append(f"{key} {values[0]}{more}")
    return ", ".join(told)
