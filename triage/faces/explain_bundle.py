"""What became of a signature in a bundle, for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from triage.explaining.explanation import (
    CauseTried,
    Explanation,
    Found,
    InBundle,
    NotTried,
    Outcome,
    Spot,
    Tried,
)
from triage.faces.text import STYLES
from triage.faces.writer import Writer

WORDS = {
    "fired": ("FIRED", "bold red"),
    "silent": ("STAYED SILENT", "bold green"),
    "ruled out": ("RULED OUT", "bold green"),
    "undecided": ("COULD NOT BE DECIDED", "bold yellow"),
    "hidden": ("FIRED AND IS HIDDEN", "bold yellow"),
}
FULL = 1
"""So many signatures are told in full; of more, only what became of them."""
SHOWN_LITERALS = 6


def write_bundle(writer: Writer, made: Explanation, bundle: InBundle, *, verbose: bool) -> None:
    """What the bundle says of the topic, then what became of each signature."""
    place = "standard input" if bundle.path == "-" else bundle.path
    told = [*(f"driver {one}" for one in bundle.drivers), *bundle.cards]
    if told and made.kind in {"xid", "sxid", "nvlink5"}:
        writer.line((f"{place} tells of {', '.join(told)}", "dim"))
    if made.kind not in {"signature", "suspicion"}:
        times = "once" if bundle.seen == 1 else f"{bundle.seen} times"
        said = f"seen {times}" if bundle.seen else "not seen"
        writer.line((made.name, "bold"), f": {said} in {place}")
        _spots(writer, bundle.spots, 2)
    full = verbose or len(bundle.outcomes) <= FULL
    for number, outcome in enumerate(bundle.outcomes):
        if full and (number or made.kind not in {"signature", "suspicion"}):
            writer.blank()
        _outcome(writer, outcome, place, full=full)
    if bundle.kept:
        writer.line(("a case keeps the answer, not what was tried: give its bundle", "dim"))
    elif not full:
        writer.line(("--verbose tells of each what was tried", "dim"))
    if bundle.unread:
        writer.line(("some input could not be read: triage scan lists it", "yellow"))


def _outcome(writer: Writer, outcome: Outcome, path: str, *, full: bool) -> None:
    word, style = WORDS[outcome.status]
    count = sum(found.count for found in outcome.found)
    often = f" ({writer.times}{count})" if count > 1 else ""
    why = f": {'; '.join(outcome.why)}" if outcome.why else ""
    if not full and outcome.found:
        why = f": {outcome.found[0].title}"
    where = f"{often} in {path}" if full else ""
    writer.line((outcome.id, "bold"), " ", (word, style), f"{where}{why}")
    if not full:
        return
    for found in outcome.found:
        _found(writer, found)
    fired = any(way.fired for way in outcome.ways)
    ways = [way for way in outcome.ways if way.fired or not fired]
    if ways:
        _ways(writer, ways, len(outcome.ways))


def _found(writer: Writer, found: Found) -> None:
    writer.blank()
    writer.line((found.title, "bold"))
    writer.line(
        (found.severity, STYLES[found.severity]),
        (f", {found.role}, confidence {found.confidence:.0%}", "dim"),
    )
    _spots(writer, found.evidence, 2)
    _grades(writer, found)
    _nots(writer, found.nots)
    if found.causes:
        writer.section("What might explain it")
        _causes(writer, found.causes)
    for open_point in found.undecided:
        writer.line(("undecided ", "yellow"), open_point)


def _grades(writer: Writer, found: Found) -> None:
    if not (found.grades or found.because):
        return
    writer.section("Judged by history")
    for grade in found.grades:
        if grade.applied:
            writer.line((f"{writer.tick} ", "green"), f"{grade.if_}: ", (grade.gives, "bold"))
        elif grade.failed:
            writer.line(f"{writer.dot} no: {'; '.join(grade.failed)}")
        else:
            writer.line(f"{writer.dot} not asked, an earlier one holds: {grade.if_}")
    for because in found.because:
        writer.line((f"because {because}", "dim"), indent=2)


def _nots(writer: Writer, nots: Sequence[NotTried]) -> None:
    if not nots:
        return
    writer.section("What it is not")
    for rule in nots:
        if rule.said:
            writer.line((f"{writer.tick} {rule.id}", "green"), f": {rule.why}")
        else:
            writer.line(f"{writer.dot} {rule.id}: not said, {rule.why}")


def _causes(writer: Writer, causes: Sequence[CauseTried]) -> None:
    absent = []
    for cause in causes:
        if cause.explains:
            writer.line((f"{writer.tick} {cause.id}", "green"), f" explains it: {cause.why}")
        elif cause.why:
            writer.line(f"{writer.dot} {cause.id} is there and does not explain it: {cause.why}")
        else:
            absent.append(cause.id)
    if absent:
        writer.line(f"{writer.dot} not found: {', '.join(dict.fromkeys(absent))}")


def _ways(writer: Writer, ways: Sequence[Tried], total: int) -> None:
    shown = f"{len(ways)} of {total} ways" if len(ways) < total else _plural(total, "way")
    writer.section(f"How it is recognized ({shown})")
    for way in ways:
        read = _plural(way.read, "event")
        writer.line(f"{writer.dot} {way.way}")
        if way.fired:
            writer.line((f"{writer.tick} ", "green"), f"{read} read, {way.fired} fit", indent=2)
        elif way.read:
            writer.line(f"{read} read, none fits", indent=2)
        elif not way.literals:
            writer.line("no such event was read", indent=2)
        _literals(writer, way)
        for refused in way.refused:
            where = ", ".join(f"{place.source}:{place.line}" for place in refused.places)
            writer.line(
                f"{refused.count} {writer.times} {refused.why}  ", (where, "blue"), indent=4
            )


def _literals(writer: Writer, way: Tried) -> None:
    """Which of the texts that announce it were seen; what nobody saw needs no further reason."""
    seen = [f"{text!r} {writer.times}{n}" for text, n in way.literals.items() if n]
    if seen:
        writer.line(f"seen: {', '.join(seen[:SHOWN_LITERALS])}", indent=2)
    spellings = {text.lower(): text for text, n in way.literals.items() if not n}
    unseen = [repr(text) for text in spellings.values()]
    if unseen and not seen:
        more = len(unseen) - SHOWN_LITERALS
        rest = f" and {more} more" if more > 0 else ""
        writer.line(f"never seen: {', '.join(unseen[:SHOWN_LITERALS])}{rest}", indent=2)


def _spots(writer: Writer, spots: Sequence[Spot], indent: int) -> None:
    for source, group in groupby(spots, key=lambda place: place.source):
        for place in group:
            where = (f"{source}:{place.line}", "blue")
            writer.line(where, f"  {_cut(writer, place)}", indent=indent)


def _cut(writer: Writer, place: Spot) -> str:
    """On a terminal a place is one line."""
    room = max(40, writer.console.width - len(place.source) - 12)
    if not writer.console.is_terminal or len(place.text) <= room:
        return place.text
    return place.text[: room - 1] + "…"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
