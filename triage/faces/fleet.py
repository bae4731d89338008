"""The fleet's answer for people: who keeps coming back first, then what, where and since when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO, TypeVar

import msgspec

from triage.batch.fleet_answer import BadBundle, FleetAnswer, Offender, Place, Slice
from triage.batch.wording import named, number
from triage.faces import fleet_html
from triage.faces.writer import Writer

STYLES = {
    "critical": "bold red", "warning": "bold yellow", "info": "cyan", "clean": "bold green",
    "unknown": "bold yellow", "suspect": "bold red", "open": "bold yellow", "shared": "cyan",
}  # fmt: skip
SIGNS = {"critical": "X", "warning": "!", "info": "-"}
_T = TypeVar("_T")
SHOWN = 10
SHOWN_OFFENDERS = 5
SHOWN_SLICES = 5
SEVERAL = 2
"""Bad bundles from which on something in common is worth a line."""
SHOWN_TEXT = 120
GRADES = {
    "suspect": "suspect it",
    "shared": "suspect what runs on it",
    "open": "cannot be told yet",
}


def write(
    answer: FleetAnswer,
    fmt: str,
    out: TextIO,
    *,
    color: str = "auto",
    verbose: bool = False,
) -> None:
    """Write it as `text`, `json` or `html`."""
    if fmt == "json":
        out.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
    elif fmt == "html":
        out.write(fleet_html.page(answer))
    else:
        _Page(answer, Writer(out, color), verbose=verbose).write()


class _Page:
    def __init__(self, answer: FleetAnswer, writer: Writer, *, verbose: bool) -> None:
        self.answer = answer
        self.out = writer
        self.verbose = verbose

    def write(self) -> None:
        answer = self.answer
        status = answer.status
        self.out.line((f"{status.upper()}  ", STYLES[status]), (answer.headline, "bold"))
        counts = answer.counts
        parts = [
            f"{number(counts.bundles, 'bundle')}: {counts.critical:,} critical",
            f"{counts.warning:,} warning",
            f"{counts.clean:,} clean",
            f"{number(counts.machines, 'machine')}, {number(counts.gpus, 'GPU')}",
        ]
        if answer.first and answer.last:
            parts.append(f"{answer.first[:10]} to {answer.last[:10]}")
        self.out.line(("; ".join(parts), "dim"))
        for section in (
            self._offenders, self._bursts, self._traits, self._failures, self._new,
            self._flapping, self._together, self._undecided, self._slices, self._bundles,
            self._unread,
        ):  # fmt: skip
            section()

    def _some(self, items: Sequence[_T], shown: int, show: Callable[[_T], None]) -> None:
        some = items if self.verbose else items[:shown]
        for item in some:
            show(item)
        if len(items) > len(some):
            self.out.line((f"and {len(items) - len(some):,} more; --verbose shows them", "dim"))

    def _offenders(self) -> None:
        if self.answer.offenders:
            self.out.section("COMES BACK")
            self._some(self.answer.offenders, SHOWN_OFFENDERS, self._offender)

    def _offender(self, one: Offender) -> None:
        self.out.line(
            (GRADES[one.grade], STYLES[one.grade]),
            (f"  {named(one.thing)}", "bold"),
            f": {one.title}",
            (f"  [{one.id}] {one.confidence:.0%}", "dim"),
        )
        self.out.line(f"because {'; '.join(one.because)}", indent=4)
        if one.cleared_alone and one.grade == "suspect":
            self.out.line((f"each bundle alone says: not {', '.join(one.cleared_alone)}", "dim"),
                          indent=4)  # fmt: skip
        self._places(one.evidence)
        for step in one.next_steps[:2]:
            self.out.line((f"next: {step}", "cyan"), indent=4)

    def _undecided(self) -> None:
        if self.answer.undecided:
            self.out.section("UNDECIDED")
        for one in self.answer.undecided if self.verbose else self.answer.undecided[:SHOWN]:
            self.out.line(
                (f"{one.id} at {one.gpu} in {len(one.bundles)} bundles", "yellow"),
                f": one card or several? {one.why} ({_few(one.bundles)})",
            )

    def _places(self, places: Sequence[Place]) -> None:
        for place in places if self.verbose else places[:5]:
            text = place.text.split("\n", 1)[0]
            if not self.verbose and len(text) > SHOWN_TEXT:
                text = text[: SHOWN_TEXT - 1] + "…"
            where = f"{place.bundle}  {place.source}:{place.line}"
            self.out.line((where, "blue"), f"  {text}", indent=4)

    def _bursts(self) -> None:
        if self.answer.bursts:
            self.out.section("AT THE SAME TIME")
        for burst in self.answer.bursts if self.verbose else self.answer.bursts[:SHOWN]:
            self.out.line(
                (f"{burst.id} on {len(burst.machines)} machines", "bold"),
                f" within {burst.seconds:,.0f} s from {_short(burst.first)}: ",
                _few(burst.machines),
            )
            self._places(burst.evidence[:3])

    def _traits(self) -> None:
        if self.answer.traits:
            self.out.section("WHAT THE AFFECTED SHARE")
        for trait in self.answer.traits:
            self.out.line(
                (f"{trait.id}: {trait.trait}", "bold"),
                f"  {trait.affected_with} of {trait.affected} affected {trait.unit}s have it, "
                f"{trait.others_with} of {trait.others} others",
                (f"  chance {trait.chance:.1g}", "dim"),
            )

    def _failures(self) -> None:
        found = self.answer.failures
        if not found:
            return
        self.out.section("FAILURES")
        self.out.line((f"  {'bundles':>8} {'root':>6} {'nodes':>6} {'GPUs':>6}  first seen", "dim"))
        notable = [one for one in found if self.verbose or one.severity != "info"]
        for one in notable if self.verbose else notable[: 2 * SHOWN]:
            self.out.line(
                (SIGNS[one.severity], STYLES[one.severity]),
                f" {one.bundles:>8,} {one.roots:>6,} {len(one.machines):>6,} {one.gpus:>6,}  "
                f"{(one.first_seen or 'unknown')[:10]}  ",
                (one.id, "bold"),
                ("  NEW" if one.new else "", "magenta"),
            )
        rest = len(found) - len(notable if self.verbose else notable[: 2 * SHOWN])
        if rest:
            self.out.line((f"and {rest:,} more; --verbose shows them", "dim"))

    def _new(self) -> None:
        if self.answer.compared_with is None:
            return
        self.out.section(f"NEW SINCE RUN {self.answer.compared_with}")
        if not self.answer.new:
            self.out.line("nothing")
        for new in self.answer.new if self.verbose else self.answer.new[:SHOWN]:
            where = f" at {named(new.thing)}" if new.thing else ", never seen before"
            place = new.place
            self.out.line(
                (new.id, "bold"),
                f"{where}  ",
                (f"{place.bundle}  {place.source}:{place.line}", "blue"),
            )
        if len(self.answer.new) > SHOWN and not self.verbose:
            self.out.line((f"and {len(self.answer.new) - SHOWN:,} more", "dim"))

    def _flapping(self) -> None:
        if self.answer.flapping:
            self.out.section("COMES AND GOES")
        for flap in self.answer.flapping if self.verbose else self.answer.flapping[:SHOWN]:
            self.out.line(
                (flap.id, "bold"), f" at {named(flap.thing)}  {flap.pattern}",
                (f"  back {flap.returns} times", "dim"),
            )  # fmt: skip

    def _together(self) -> None:
        if self.answer.together:
            self.out.section("COME TOGETHER")
        for pair in self.answer.together:
            first, second = pair.ids
            self.out.line(
                (f"{first} and {second}", "bold"),
                f"  in {pair.both} bundles; alone in {pair.each[0] - pair.both} and "
                f"{pair.each[1] - pair.both}",
                (f"  chance {pair.chance:.1g}", "dim"),
            )

    def _slices(self) -> None:
        for dimension, slices in self.answer.by.items():
            worst = [one for one in slices if self.verbose or one.bad >= SEVERAL]
            if not worst or (dimension in {"gpu", "package"} and not self.verbose):
                continue
            self.out.section(f"BY {dimension.upper()}")
            self._some(worst, SHOWN_SLICES, self._slice)

    def _slice(self, one: Slice) -> None:
        failures = ", ".join(f"{id_} {n}" for id_, n in list(one.failures.items())[:4])
        self.out.line(f"{one.bad:>6,} of {one.bundles:,}  ", (one.value, "bold"), f"  {failures}")

    def _bundles(self) -> None:
        if self.answer.bundles:
            self.out.section("BUNDLES")
            self._some(self.answer.bundles, SHOWN, self._bundle)

    def _bundle(self, one: BadBundle) -> None:
        text = one.headline
        if not self.verbose and len(text) > SHOWN_TEXT:
            text = text[: SHOWN_TEXT - 1] + "…"
        self.out.line(
            (SIGNS[one.verdict], STYLES[one.verdict]), " ", (one.name, "blue"), f"  {text}"
        )

    def _unread(self) -> None:
        if self.answer.failed:
            self.out.section("NOT SCANNED")
            for bad in self.answer.failed if self.verbose else self.answer.failed[:SHOWN]:
                self.out.line((f"{bad.uri}: {bad.cause}: {bad.message}", "yellow"))
            if len(self.answer.failed) > SHOWN and not self.verbose:
                self.out.line((f"and {len(self.answer.failed) - SHOWN:,} more", "dim"))
            self.out.line(("`triage batch ... --retry-failed` tries them again", "dim"))
        if self.answer.partly:
            self.out.section("READ IN PART")
            for bad in self.answer.partly if self.verbose else self.answer.partly[:SHOWN]:
                self.out.line((f"{bad.uri}: {bad.message}", "yellow"))


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"  # noqa: PLR2004  a line


def _short(time: str) -> str:
    return time[:19].replace("T", " ") + "Z" if time else "an unknown time"
