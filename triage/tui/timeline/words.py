"""What the screen says about rows: the line below the list, the details of one row."""

from __future__ import annotations

import json
from collections.abc import Sequence

from textual.content import Content

from triage.answer import Answer, Finding
from triage.bundle.visible import visible
from triage.timeline.order import Order
from triage.timeline.pages import Row
from triage.tui.timeline import times
from triage.tui.timeline.painted import one_line

SHOWN = 65_600
"""Characters of a message in the details."""
NAMED = 120
NAMES = ("level", "host", "node", "process", "pid", "gpu", "namespace", "pod", "container")


def standing(
    order: Order, position: int, row: Row, finding: Finding | None, extra: Sequence[str]
) -> Content:
    """Where the cursor is: time and how well it is known, place, what else there is to say."""
    time = "no time" if row.ts is None else times.full(row.ts)
    known = "" if row.ts_quality == "exact" else f" {times.IN_SHORT[row.ts_quality]}"
    parts: list[tuple[str, str]] = [
        (time, "bold"),
        (f"{known}  ", "$text-muted"),
        (f"{position + 1:,}/{len(order):,}", "$text-muted"),
    ]
    if finding is not None:
        parts.append((f"  {finding.severity}: {visible(finding.title, NAMED)}", "$text-warning"))
    parts += [(f"  {visible(words, 200)}", "$text-accent") for words in extra if words]
    return Content.assemble(*parts)


def chips(order: Order, wanted: list[str], total: int) -> Content:
    """What is shown of how much."""
    if not wanted:
        return Content.assemble(("timeline  ", "bold"), f"{total:,} events")
    said = Content("  ").join(
        [Content.styled(f" {visible(words, NAMED)} ", "reverse") for words in wanted]
    )
    hidden = f"  {len(order):,} of {total:,} events, {total - len(order):,} not shown"
    return Content.assemble(("only  ", "bold"), said, (hidden, "$text-muted"))


def details(row: Row, message: str, attrs: str | None, finding: Finding | None) -> Content:
    """Everything that the case holds about one row, what names things on as few lines as may be."""
    time = "time unknown" if row.ts is None else times.full(row.ts)
    known = f"{time}, {times.QUALITY[row.ts_quality][1]}"
    if row.stamp:
        known += f", written {row.stamp}"
    if row.uptime_s is not None:
        known += f", uptime {row.uptime_s:.6f} s"
    lines = [Content.styled(_harmless(f"{row.path}:{row.line}{_end(row)}"), "bold")]
    if finding is not None:
        said = f"{finding.rank}. {finding.title} [{finding.id}]"
        lines.append(_pair("finding", said))
    lines.append(Content(_harmless(known)))
    named = [("kind", row.kind)]
    named += [(name, str(getattr(row, name))) for name in NAMES if getattr(row, name) is not None]
    pairs = [_pair(name, value) for name, value in [*named, *_rest(attrs)]]
    lines.append(Content("   ").join(pairs))
    lines += [Content(_harmless(part)) for part in message[:SHOWN].split("\n")]
    return Content("\n").join(lines)


def copied(row: Row, message: str) -> str:
    """One row for the clipboard, as text that steers no terminal."""
    time = "" if row.ts is None else f"{times.full(row.ts)} "
    text = "\n".join(map(_harmless, message.split("\n")))
    return f"{time}{visible(row.path, 1024)}:{row.line} {text}"


def shift_of(answer: Answer, path: str) -> str:
    """What is known of a source's clock being off."""
    for shift in answer.clocks:
        if shift.source == path:
            way = "ahead of" if shift.seconds > 0 else "behind"
            return f"clock {abs(shift.seconds):g} s {way} {one_line(shift.against, NAMED)}"
    return ""


def _end(row: Row) -> str:
    return f"-{row.line_end}" if row.line_end > row.line else ""


def _rest(attrs: str | None) -> list[tuple[str, str]]:
    found = json.loads(attrs) if attrs else {}
    if not isinstance(found, dict):
        return []
    return [
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
        if value is not None
    ]


def _pair(name: str, value: str) -> Content:
    return Content.assemble((f"{_harmless(name)} ", "$text-muted"), Content(_harmless(value)))


def _harmless(text: str) -> str:
    return visible(text.replace("\t", "    "), SHOWN)
