"""`triage explain` for people: rows of tables, the signature, the playbook, what a bundle says."""

from __future__ import annotations

import re
from typing import TextIO

from rich.text import Text

from triage.explaining import words
from triage.explaining.explanation import Card, Explanation, Page
from triage.explaining.judged import gives
from triage.faces.explain_bundle import write_bundle
from triage.faces.explain_rows import listed, write_row, write_units
from triage.faces.text import STYLES
from triage.faces.writer import Writer

FENCE = "```"
_OPTIONAL = re.compile(r"\[\[.*?\]\]")
_ITEM = re.compile(r" *((?:\d+\.|[-*]) +)")
_FIELD = re.compile(r"\{(\w+)\}")


def render(made: Explanation, out: TextIO, *, color: str = "auto", verbose: bool = False) -> None:
    """Write the explanation; with a bundle, what happened there instead of the playbook."""
    writer = Writer(out, color)
    if made.whole and made.rows:
        listed(writer, made)
        return
    facts = bool(made.rows or made.units or made.notes)
    if facts:
        _head(writer, made)
        _rows(writer, made)
        write_units(writer, made.units, made.legend)
    if made.bundle is None:
        _meaning(writer, made)
        return
    if facts:
        writer.blank()
    write_bundle(writer, made, made.bundle, verbose=verbose)
    writer.blank()
    writer.line((f"triage explain {made.asked} tells what it means and what to do", "dim"))


def plain_title(template: str) -> str:
    """A title without its optional parts: `Xid 31: invalid memory access`."""
    return " ".join(_FIELD.sub(r"<\1>", _OPTIONAL.sub("", template)).split())


def _meaning(writer: Writer, made: Explanation) -> None:
    """The signatures, the playbook, where to read on."""
    if made.kind in {"signature", "xid"}:
        for number, card in enumerate(made.signatures):
            if number or made.rows:
                writer.blank()
            _card(writer, card)
    elif made.signatures:
        _names(writer, made)
    _page(writer, made.page)
    for reference in dict.fromkeys(one for card in made.signatures[:1] for one in card.references):
        writer.line(f"See: {reference}")
    if made.sources:
        writer.line((f"Sources: {'; '.join(made.sources.values())}", "dim"), hang=9)


def _head(writer: Writer, made: Explanation) -> None:
    names = dict.fromkeys(str(getattr(row, "name", "")) for row in made.rows)
    others = " / ".join(name for name in names if name and name not in made.name)
    others = "" if made.kind == "exit" else others
    writer.line((made.name, "bold"), (f"  {others}" if others else "", "dim"))
    for note in made.notes:
        writer.line(note, indent=2)


def _rows(writer: Writer, made: Explanation) -> None:
    """The rows that hold: all, or those for the bundle's driver and cards where it tells them."""
    bundle = made.bundle
    shown = list(range(len(made.rows)))
    if bundle is not None and bundle.rows:
        shown = bundle.rows
    for number in shown:
        if number != shown[0]:
            writer.blank()
        write_row(writer, made.rows[number], made, brief=bundle is not None)
    left_out = len(made.rows) - len(shown)
    if left_out and bundle is not None:
        told = ", ".join([*bundle.drivers, *bundle.cards])
        many = "meanings are" if left_out > 1 else "meaning is"
        writer.line(
            (f"{left_out} other {many} left out: the bundle tells of {told}", "dim"), indent=2
        )


def _card(writer: Writer, card: Card) -> None:
    writer.line((card.id, "bold"), f": {plain_title(card.title)}")
    writer.line(
        (card.severity, STYLES[card.severity]),
        (f", {card.role}, confidence {card.confidence:.0%}, {card.origin}", "dim"),
    )
    writer.blank()
    writer.line(card.explain, hang=0)
    if card.grades:
        writer.section("Judged by history")
        for grade in card.grades:
            rule = " and ".join(words.condition(grade.if_).values())
            style = STYLES.get(grade.severity or "", "")
            writer.line(f"{writer.dot} {rule}: ", (gives(grade), style))
    if card.not_:
        writer.section("What it is not")
        for other in card.not_:
            writer.line(f"{writer.dot} ", (other.id, "green"), f": {plain_title(other.why)}")
    if card.caused_by:
        writer.section("Often explained by")
        writer.line(", ".join(dict.fromkeys(cause.id for cause in card.caused_by)), hang=0)
    if card.undecided:
        writer.section("May stay undecided")
        for open_point in card.undecided:
            why = plain_title(open_point.why)
            writer.line(f"{writer.dot} ", (open_point.id, "yellow"), f": {why}")


def _names(writer: Writer, made: Explanation) -> None:
    suspicion = made.kind == "suspicion"
    if suspicion:
        writer.line(
            (made.name, "bold"), ": no signature of its own, what other failures are taken for"
        )
    writer.section("Named by" if suspicion else "Signatures that cover it")
    for card in made.signatures:
        told = _said(card, made.name) if suspicion else card.title
        writer.line((card.id, "bold"), f": {plain_title(told)}", indent=2)
    writer.line((f"triage explain {made.signatures[0].id} tells more", "dim"), indent=2)


def _said(card: Card, suspicion: str) -> str:
    """What a signature says of a suspicion."""
    said = [rule.why for rule in card.not_ if rule.id == suspicion]
    said += [rule.why for rule in card.undecided if rule.id == suspicion]
    return said[0]


def _page(writer: Writer, page: Page | None) -> None:
    """The Markdown as it is; on a terminal with headings and commands set off."""
    if page is None:
        return
    writer.blank()
    if not writer.console.is_terminal:
        writer.line(page.text)
        writer.blank()
        return
    in_fence = False
    for row in page.text.splitlines():
        stripped = row.strip()
        if stripped.startswith(FENCE):
            in_fence = not in_fence
        elif in_fence:
            writer.command(stripped, indent=6)
        elif row.startswith("|"):  # a table keeps its rows
            writer.console.print(Text(row))
        elif row.startswith("#"):
            writer.line((row.lstrip("# "), "bold"))
        else:
            item = _ITEM.match(row)
            writer.line(
                stripped, indent=len(row) - len(row.lstrip()), hang=len(item[1]) if item else 0
            )
    writer.blank()
