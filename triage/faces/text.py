"""The answer for people: verdict first, symptoms under their cause, evidence with file and line.

Everything from the bundle is appended as plain text: rich never reads it as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from triage.answer import Answer, Finding, Incident, Link, NotThis
from triage.events import Severity
from triage.faces.writer import console_of

STYLES: Mapping[str, str] = {
    "critical": "bold red",
    "warning": "bold yellow",
    "info": "cyan",
    "clean": "bold green",
}
SIGNS: Mapping[Severity, str] = {"critical": "✖", "warning": "▲", "info": "·"}
PLAIN_SIGNS: Mapping[Severity, str] = {"critical": "X", "warning": "!", "info": "-"}
SHOWN_EVIDENCE = 2
SHOWN_LINES = 3
"""Lines of one piece of evidence; a report of 60 lines is named by its range."""
TELLING_FIELDS = ("pid", "process", "exception", "exit_code", "reason", "requested", "gpu", "pod")
MAX_INFO = 5
STEP = 3
"""Columns by which an effect is set in under its cause."""
HANG = 2
"""Columns by which the later rows of a wrapped line are set in."""
MAX_RELATED = 2
MAX_OTHERS = 6
MAX_DENIALS = 2
MAX_DETAILED = 3
"""Findings of a long chain that show their evidence; the others are told by what ties them."""
PLACES = ("host", "node", "gpu", "pod", "job")
"""What the heading of an incident names."""


def render(answer: Answer, out: TextIO, *, color: str = "auto", verbose: bool = False) -> None:
    """Write the answer. `color`: auto, always, never; `verbose` shows all evidence and sources."""
    console = console_of(out, color)
    _Page(console, answer, verbose=verbose).write()


class _Page:
    def __init__(self, console: Console, answer: Answer, *, verbose: bool) -> None:
        self.console = console
        self.answer = answer
        self.verbose = verbose
        plain = not (console.encoding or "").lower().startswith("utf")
        self.signs = PLAIN_SIGNS if plain else SIGNS
        self.arrow = "<-" if plain else "←"
        self.width = max(60, console.width if console.is_terminal else 100)

    def write(self) -> None:
        """All parts, in the order in which a responder asks."""
        self._headline()
        shown: set[int] = set()
        tops = [f for f in self.answer.findings if f.severity != "info"]
        if tops:
            self._section("ROOT CAUSE")
            self._tree(tops[0], shown, 0)
        for incident in self.answer.incidents:
            self._incident(incident, tops, shown)
        self._others(tops, shown)
        self._notes([f for f in self.answer.findings if f.rank not in shown])
        self._cleared()
        self._clocks()
        self._suppressed()
        if tops:
            self._next(tops[0])
        self._sources()
        self._warnings()

    def _incident(self, incident: Incident, tops: Sequence[Finding], shown: set[int]) -> None:
        """What hangs together with the root, then each further incident under its own heading."""
        members = [f for f in tops if f.rank in incident.findings]
        if len(members) < 2 or all(f.rank in shown for f in members):  # noqa: PLR2004  one alone
            return
        if incident.number > 1:
            many = len(self.answer.incidents)
            where = ", ".join(
                f"{name} {_few(values)}"
                for name, values in incident.touched.items()
                if name in PLACES
            )
            span = _span(incident.first, incident.last)
            told = ", ".join(part for part in (span, where) if part)
            self._section(f"INCIDENT {incident.number} OF {many}" + (f"  {told}" if told else ""))
        else:
            self._section("WITH IT")
        for finding in members:
            if finding.rank not in shown:
                self._tree(finding, shown, 0)

    def _others(self, tops: Sequence[Finding], shown: set[int]) -> None:
        others = [f for f in tops if f.rank not in shown]
        if not others:
            return
        self._section("ALSO FOUND")
        listed = others if self.verbose else others[:MAX_OTHERS]
        for finding in listed:
            if finding.rank not in shown:
                self._tree(finding, shown, 0)
        shown.update(f.rank for f in others)
        if len(others) > len(listed):
            self._line((f"and {len(others) - len(listed)} more; --verbose shows them", "dim"))

    def _clocks(self) -> None:
        """Clocks that are off: joins count with it, the times above are as they are written."""
        if not self.answer.clocks:
            return
        self._section("CLOCKS")
        for clock in self.answer.clocks:
            way = "ahead of" if clock.seconds > 0 else "behind"
            self._line(
                f"{clock.source} runs {abs(clock.seconds):.3g} s {way} {clock.against}: "
                f"{' and '.join(clock.evidence)} are one moment",
                indent=2,
            )

    def _suppressed(self) -> None:
        hidden = self.answer.suppressed
        if not hidden:
            return
        self._section(f"HIDDEN ({sum(one.count for one in hidden)})")
        for one in hidden:
            self._line(
                f"{one.id} x{one.count} by {one.by} until {one.until}: {one.reason}", indent=2
            )

    def _line(self, *parts: tuple[str, str] | str, indent: int = 0) -> None:
        text = Text()
        for part in parts:
            if isinstance(part, str):
                text.append(part)
            else:
                text.append(part[0], style=part[1])
        if not self.console.is_terminal:
            self.console.print(Text(" " * indent) + text)
            return
        room = max(30, self.console.width - indent - HANG)
        for number, row in enumerate(text.wrap(self.console, room)):
            self.console.print(Text(" " * (indent + (HANG if number else 0))) + row)

    def _section(self, name: str) -> None:
        self.console.print()
        self._line((name, "bold"))

    def _headline(self) -> None:
        answer = self.answer
        verdict = answer.verdict
        style = STYLES[verdict.status]
        self._line((verdict.status.upper(), style), "  ", (verdict.headline, "bold"))
        for bundle in answer.bundles:
            read = f"{_number(bundle.sources, 'source')}, {_number(bundle.lines, 'line')}"
            span = f", {_span(bundle.first, bundle.last)}" if bundle.first else ""
            self._line((f"{bundle.name}: {read}{span}", "dim"))
        if verdict.confidence is not None:
            self._line((f"confidence {verdict.confidence:.0%}", "dim"))

    def _tree(
        self, finding: Finding, shown: set[int], depth: int, link: Link | None = None
    ) -> None:
        shown.add(finding.rank)
        indent = STEP * depth
        count = f" ×{finding.count}" if finding.count > 1 else ""
        time = f"  {_short(finding.first_seen)}" if finding.first_seen else ""
        self._line(
            (f"{self.signs[finding.severity]} {finding.severity:<8} ", STYLES[finding.severity]),
            (finding.title, "bold" if depth == 0 else ""),
            (f"{count}  [{finding.id}] {finding.confidence:.0%}{time}", "dim"),
            indent=indent,
        )
        inner = indent + 4
        if link is not None:
            self._line((f"{self.arrow} {link.id}: {link.why}", "italic"), indent=inner)
        reasons = len(finding.because) if finding.rank == 1 or self.verbose else depth == 0
        for why in finding.because[:reasons]:
            self._line(f"because {why}", indent=inner)
        ties = MAX_RELATED if finding.rank == 1 or self.verbose else 1
        for tied in finding.related[: ties if depth == 0 or self.verbose else 0]:
            apart = f" ({tied.apart})" if tied.apart else ""
            self._line(f"same {tied.same} as {tied.id}{apart}", indent=inner)
        for other in self._denials(finding, depth):
            self._line(("not ", "green"), f"{other.id}: {other.why}", indent=inner)
        if len(shown) <= MAX_DETAILED or depth == 0 or self.verbose:
            self._evidence(finding, inner)
        for effect, how in self._effects(finding):
            if effect.rank not in shown:
                self._tree(effect, shown, depth + 1, how)

    def _denials(self, finding: Finding, depth: int) -> Sequence[NotThis]:
        """What it is not: all of it for the root, the first word for what stands alone."""
        if finding.rank == 1 or self.verbose:
            return finding.not_ if self.verbose else finding.not_[:MAX_DENIALS]
        return finding.not_[: depth == 0 and finding.severity == "critical"]

    def _effects(self, finding: Finding) -> list[tuple[Finding, Link]]:
        """What this finding explains best; remarks only where everything is asked for."""
        found = []
        for other in self.answer.findings:
            best = max(other.explained_by, key=lambda link: link.strength, default=None)
            quiet = other.severity == "info" and not self.verbose
            if best is not None and best.finding == finding.rank and not quiet:
                found.append((other, best))
        return found

    def _evidence(self, finding: Finding, indent: int) -> None:
        whole = finding.rank == 1 or self.verbose
        few = SHOWN_EVIDENCE if whole else 1
        pieces = finding.evidence if self.verbose else finding.evidence[:few]
        rest = len(finding.evidence) - len(pieces) + finding.evidence_omitted
        for piece in pieces:
            place = f"{piece.source}:{piece.line}"
            if piece.line_end > piece.line:
                place += f"-{piece.line_end}"
            if rest and piece is pieces[-1]:
                place += f" and {rest} more"
            rows = piece.text.split("\n")
            shown = range(len(rows)) if self.verbose else telling_rows(rows, finding)
            first, *others = shown if self.verbose or (whole and piece is pieces[0]) else shown[:1]
            self._line(
                (place, "blue"), "  ", self._cut(rows[first], len(place) + indent), indent=indent
            )
            for row in others:
                self._line(self._cut(rows[row], indent + 2), indent=indent + 2)

    def _cut(self, text: str, used: int) -> str:
        room = max(40, self.width - used - 2 - HANG)
        return text if self.verbose or len(text) <= room else text[: room - 1] + "…"

    def _notes(self, rest: Sequence[Finding]) -> None:
        if not rest:
            return
        self._section("NOTED")
        shown = rest if self.verbose else rest[:MAX_INFO]
        for finding in shown:
            place = finding.evidence[0]
            self._line(
                (f"{self.signs[finding.severity]} ", STYLES[finding.severity]),
                f"{finding.title}  ",
                (f"[{finding.id}] {place.source}:{place.line}", "dim"),
            )
        if len(rest) > len(shown):
            self._line((f"and {len(rest) - len(shown)} more; --verbose shows them", "dim"))

    def _cleared(self) -> None:
        if self.answer.ruled_out:
            self._section("RULED OUT")
            for out in self.answer.ruled_out:
                self._line((out.id, "green"), ": " + "; ".join(out.why))
        if self.answer.undecided:
            self._section("UNDECIDED")
            for open_point in self.answer.undecided:
                self._line((open_point.id, "yellow"), f": {open_point.why}")

    def _next(self, root: Finding) -> None:
        self._section("NEXT")
        for number, step in enumerate(root.next_steps, start=1):
            self._line(f"{number}. {step}")
        self._line((f"playbook {root.playbook}: triage explain {root.id}", "dim"))

    def _sources(self) -> None:
        broken = [source for source in self.answer.sources if source.error]
        for source in broken:
            self._line((f"unread: {source.name}: {source.error}", "yellow"))
        if not self.verbose:
            return
        self._section("SOURCES")
        for source in self.answer.sources:
            unclaimed = "" if source.unclaimed is None else f", {source.unclaimed} unclaimed"
            self._line(
                f"{source.name}  ",
                (
                    ", ".join(
                        (
                            source.parser or "no parser",
                            f"{_number(source.lines, 'line')}{unclaimed}",
                            source.encoding,
                            f"time {source.time_quality}",
                        )
                    ),
                    "dim",
                ),
            )

    def _warnings(self) -> None:
        if self.answer.warnings:
            self._section("WARNINGS")
            for warning in self.answer.warnings:
                self._line((warning, "yellow"))


def telling_rows(rows: Sequence[str], finding: Finding) -> list[int]:
    """The first row of a block, and those that name most of what the finding names."""
    values = {
        str(value)
        for key in TELLING_FIELDS
        for value in finding.entities.get(key, [])
        if len(str(value)) > 1
    }
    scored = sorted(
        range(1, len(rows)), key=lambda i: (-sum(value in rows[i] for value in values), i)
    )
    return sorted({0, *scored[: SHOWN_LINES - 1]})


def _few(values: Sequence[object]) -> str:
    few = 2
    more = f" and {len(values) - few} more" if len(values) > few else ""
    return ", ".join(str(value) for value in values[:few]) + more


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def _span(first: str | None, last: str | None) -> str:
    if first is None or last is None or first == last:
        return _short(first)
    return f"{_short(first)} to {_short(last)}"


def _short(time: str | None) -> str:
    """`2024-05-14T03:02:14.550000Z` as `2024-05-14 03:02:14.550Z`."""
    if time is None:
        return ""
    text = time.replace("T", " ").removesuffix("Z")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + "Z"
