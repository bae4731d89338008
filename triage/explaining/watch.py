"""Looks over the shoulder of the first pass: what ways of recognizing made of each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from triage.bundle.text import visible
from triage.events import Event, Value
from triage.explaining import words
from triage.explaining.explanation import Refused, Spot, Tried
from triage.explaining.topic import SeenAs
from triage.patterns import MAX_TEXT
from triage.secrets import mask
from triage.signatures.compiled import Plan, Way, anchors_of
from triage.signatures.grade import matches_any
from triage.signatures.match import SignatureHit, attempt, evaluate, kind_fits, satisfies
from triage.signatures.model import Signature, Where
from triage.tables.ranges import generation_of, is_version

KEPT_SPOTS = 3
KEPT_REASONS = 8
"""Different reasons of one way; further ones are counted together."""
KEPT_VERSIONS = 8
TEXT = 200
"""Characters of a place that are shown."""
OTHER_VALUES = "other values"


@dataclass(slots=True)
class _Reason:
    count: int = 0
    spots: list[Spot] = field(default_factory=list)


@dataclass(slots=True)
class _Trial:
    """One way, and what it saw."""

    way: Way
    literals: dict[str, int]
    read: int = 0
    fired: int = 0
    spots: list[Spot] = field(default_factory=list)
    reasons: dict[str, _Reason] = field(default_factory=dict)

    def refuse(self, why: str, event: Event) -> None:
        if why not in self.reasons and len(self.reasons) >= KEPT_REASONS:
            why = OTHER_VALUES
        reason = self.reasons.setdefault(why, _Reason())
        reason.count += 1
        _keep(reason.spots, event)


class Watch:
    """Told of every event of a bundle."""

    def __init__(self, plan: Plan, signatures: Iterable[Signature], seen_as: SeenAs) -> None:
        self.plan = plan
        self.trials: dict[str, list[_Trial]] = {}
        self._by_literal: dict[int, list[_Trial]] = {}
        self._by_kind: list[_Trial] = []
        self.asked: list[Where] = [{name: value} for name, value in seen_as.items()]
        self.looked_at: Counter[str] = Counter()
        """Events that some way of a signature looked at, by its id."""
        self.seen = 0
        self.spots: list[Spot] = []
        self.drivers: dict[str, None] = {}
        self.cards: dict[str, None] = {}
        for signature in signatures:
            self._add(signature)

    def _add(self, signature: Signature) -> None:
        own = self.trials[signature.id] = []
        for number, match in enumerate(signature.match):
            way = Way(signature, match, number)
            texts = anchors_of(match, signature.id) if match.pattern else ()
            trial = _Trial(way, dict.fromkeys(sorted(texts), 0))
            own.append(trial)
            if not match.pattern:
                self._by_kind.append(trial)
            for text in texts:
                self._by_literal.setdefault(self.plan.gate.index[text], []).append(trial)

    def __call__(self, event: Event, literals: frozenset[int]) -> None:
        """One event, and the literals of the gate that stand in it."""
        self._learn(event)
        for literal in literals:
            for trial in self._by_literal.get(literal, ()):
                trial.literals[self.plan.gate.literals[literal]] += 1
        woken = {id(t): t for one in literals for t in self._by_literal.get(one, ())}
        for trial in self._by_kind:
            if kind_fits(trial.way.match.kind or "", event.kind):
                woken[id(trial)] = trial
        self.looked_at.update({trial.way.signature.id for trial in woken.values()})
        for trial in woken.values():
            self._try(trial, event, literals)

    def _learn(self, event: Event) -> None:
        """Note what speaks of the topic, and which driver and cards the bundle tells of."""
        if any(satisfies(event.fields, asked) for asked in self.asked):
            self.seen += 1
            _keep(self.spots, event)
        driver, card = event.fields.get("driver"), event.fields.get("name")
        if isinstance(driver, str) and is_version(driver) and len(self.drivers) < KEPT_VERSIONS:
            self.drivers[driver] = None
        if (
            isinstance(card, str)
            and event.kind.startswith("gpu.")
            and generation_of(card) is not None
            and len(self.cards) < KEPT_VERSIONS
        ):
            self.cards[visible(card, 80)] = None

    def _try(self, trial: _Trial, event: Event, literals: frozenset[int]) -> None:
        trial.read += 1
        made = attempt(trial.way, event)
        if isinstance(made, SignatureHit):
            stronger = self._stronger(trial.way.signature, event, literals)
            if stronger:
                trial.refuse(f"{words.several(stronger)} fired there and is more specific", event)
                return
            trial.fired += 1
            _keep(trial.spots, event)
        elif made == "where":
            trial.refuse(_unfit(trial.way, event), event)
        elif made == "unless":
            trial.refuse(f"it matches what must not be there: {trial.way.match.unless}", event)
        elif made == "kind":
            trial.refuse(f"the event is {event.kind}, not {trial.way.match.kind}", event)
        else:
            trial.refuse("the text that announces it is there, the pattern does not fit", event)

    def _stronger(self, signature: Signature, event: Event, literals: frozenset[int]) -> list[str]:
        """More specific signatures that fired on the same event, where this one yields to some."""
        if not signature.yields_to:
            return []
        fired = {hit.signature.id for hit in evaluate(self.plan, event, literals)}
        if signature.id in fired:
            return []
        return sorted(one for one in fired if matches_any(one, signature.yields_to)) or list(
            signature.yields_to
        )

    def tried(self, signature_id: str) -> list[Tried]:
        """What became of each way, in the order of the file."""
        return [
            Tried(
                way=words.way(trial.way.match),
                read=trial.read,
                fired=trial.fired,
                literals=trial.literals,
                refused=[Refused(why, r.count, r.spots) for why, r in trial.reasons.items()],
                places=trial.spots,
            )
            for trial in self.trials[signature_id]
        ]


def _unfit(way: Way, event: Event) -> str:
    """The first field that is not as it must be: `xid is 31, not 119`."""
    fields: dict[str, Value] = dict(event.fields)
    if way.pattern is not None:
        found = way.pattern.search(event.message[:MAX_TEXT])
        if found is not None:
            fields.update({k: v for k, v in found.groupdict().items() if v})
    for name, value in way.match.where.items():
        if not satisfies(fields, {name: value}):
            have = fields.get(name)
            said = "is not given" if have is None else f"is {visible(str(have), 60)}"
            return f"{name} {said}, it must be {words.wanted(value)}"
    return "its fields do not fit"


def _keep(spots: list[Spot], event: Event) -> None:
    if len(spots) < KEPT_SPOTS:
        spots.append(spot(event.source, event.line, event.text))


def spot(source: str, line: int, text: str) -> Spot:
    """A place with the first line of its text, fit to be shown."""
    rows: Sequence[str] = text.split("\n", 1)
    return Spot(visible(source, 1024), line, visible(mask(rows[0][: 4 * TEXT]), TEXT))
