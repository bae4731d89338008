"""The answer for a fleet: what fails, where, since when, what is new, what keeps coming back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from triage.answer import Tool
from triage.batch import groups
from triage.batch.fleet_answer import (
    BadBundle,
    Counts,
    FailedBundle,
    Failure,
    Flap,
    FleetAnswer,
    NewThing,
    Offender,
    RunInfo,
    Thing,
)
from triage.batch.hits import Hit, Holdings, iso, load
from triage.batch.model import Status
from triage.batch.offenders import offenders, unplaced
from triage.batch.opened import opened
from triage.batch.slices import slices
from triage.batch.store import Run, Store, newest_of
from triage.batch.wording import headline_of
from triage.bundle.visible import visible
from triage.version import __version__

MAX_DAYS = 366
SEVERITY = {"critical": 0, "warning": 1, "info": 2}


def fleet_of(store: Store) -> FleetAnswer:
    """Read a store and judge across its bundles. Raises `UsageError` where there is none."""
    committed = store.everything()
    with opened(store, committed) as tables:
        every, holdings = load(tables)
    newest = list(newest_of(status for _, status in committed).values())
    return judged(store.storage.place, committed, newest, every, holdings)


def judged(
    place: str,
    committed: Sequence[tuple[Run, Status]],
    newest: Sequence[Status],
    every: Sequence[Hit],
    holdings: Holdings,
) -> FleetAnswer:
    """The answer, from what the store holds. `every`: findings of all runs, `newest`: of now."""
    hits = [hit for hit in every if hit.newest]
    done = [status for status in newest if status.done]
    runs = _runs(committed)
    known = _known(hits, holdings)
    days = _days(done)
    order = {status.key: (status.last is None, status.last or "", status.uri) for status in newest}
    guilty = offenders(hits, known)
    compared = runs[-2].name if len(runs) > 1 else None
    fresh = _new(every, runs) if compared else []
    new_ids = {one.id for one in fresh if one.thing is None}
    failures = _failures(hits, days, order, {s.key: s for s in done}, new_ids)
    counts = _counts(newest, known)
    bursts = groups.bursts(hits)
    return FleetAnswer(
        tool=Tool("triage", __version__, done[-1].knowledge if done else ""),
        store=visible(place, 500),
        headline=headline_of(counts, guilty, bursts, failures),
        status=_status(counts),
        counts=counts,
        runs=runs,
        first=min((s.first for s in done if s.first), default=None),
        last=max((s.last for s in done if s.last), default=None),
        days=days,
        verdicts=_verdicts(done, days),
        offenders=guilty,
        undecided=unplaced(hits),
        failures=failures,
        bursts=bursts,
        traits=groups.traits(hits, holdings),
        together=groups.together(hits, len(done)),
        flapping=_without(groups.flapping(hits, holdings, order), guilty),
        new=fresh,
        compared_with=compared,
        by=slices(hits, holdings, done),
        bundles=_bad(done),
        failed=[_failed(status) for status in newest if not status.done],
        partly=[_failed(status) for status in newest if status.outcome == "partly"],
    )


def _runs(committed: Sequence[tuple[Run, Status]]) -> list[RunInfo]:
    """The runs that scanned something, the oldest first."""
    bundles: Counter[tuple[str, str]] = Counter((run.started, run.name) for run, _ in committed)
    return [
        RunInfo(name=name, started=started, bundles=count)
        for (started, name), count in sorted(bundles.items())
    ]


def _known(hits: Sequence[Hit], holdings: Holdings) -> dict[str, int]:
    cards = set[Thing]().union(*holdings.cards.values(), *(hit.cards for hit in hits))
    machines = set[str]().union(*holdings.machines.values(), *(hit.machines for hit in hits))
    return {"gpu": len(cards), "node": len(machines)}


def _counts(newest: Sequence[Status], known: Mapping[str, int]) -> Counts:
    outcomes = Counter(status.outcome for status in newest)
    verdicts = Counter(status.verdict for status in newest)
    return Counts(
        bundles=len(newest),
        ok=outcomes["ok"],
        partly=outcomes["partly"],
        failed=outcomes["failed"],
        critical=verdicts["critical"],
        warning=verdicts["warning"],
        clean=verdicts["clean"],
        machines=known["node"],
        gpus=known["gpu"],
    )


def _status(counts: Counts) -> str:
    if counts.critical or counts.warning:
        return "critical" if counts.critical else "warning"
    return "clean" if counts.clean else "unknown"


def _day(status: Status) -> str | None:
    """The day that a bundle speaks of last."""
    return status.last[:10] if status.last else None


def _days(done: Sequence[Status]) -> list[str]:
    found = sorted({day for status in done if (day := _day(status))})
    if not found:
        return []
    last = date.fromisoformat(found[-1])
    first = max(date.fromisoformat(found[0]), last - timedelta(days=MAX_DAYS - 1))
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _verdicts(done: Sequence[Status], days: Sequence[str]) -> dict[str, list[int]]:
    counts = Counter((status.verdict, _day(status)) for status in done)
    return {
        verdict: [counts[verdict, day] for day in days]
        for verdict in ("critical", "warning", "clean")
    }


def _failures(
    hits: Sequence[Hit],
    days: Sequence[str],
    order: Mapping[str, tuple[object, ...]],
    statuses: Mapping[str, Status],
    new_ids: set[str],
) -> list[Failure]:
    by_id: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_id[hit.id].append(hit)
    found = []
    for id_, of in by_id.items():
        bundles = {hit.key for hit in of}
        per_day = Counter(_day(statuses[key]) for key in bundles if key in statuses)
        oldest = min(of, key=lambda hit: order[hit.key])
        worst = min(of, key=lambda hit: SEVERITY[hit.severity])
        found.append(
            Failure(
                id=id_,
                title=worst.title,
                severity=worst.severity,
                bundles=len(bundles),
                roots=sum(hit.rank == 1 for hit in of),
                count=sum(hit.count for hit in of),
                machines=sorted({name for hit in of for name in hit.machines}),
                gpus=len({card for hit in of for card in hit.cards}),
                first_seen=iso(min((h.first for h in of if h.first is not None), default=None)),
                last_seen=iso(max((h.last for h in of if h.last is not None), default=None)),
                first_bundle=oldest.bundle,
                new=id_ in new_ids,
                days=[per_day[day] for day in days],
                playbook=worst.playbook,
            )
        )
    return sorted(found, key=lambda one: (SEVERITY[one.severity], -one.roots, -one.bundles, one.id))


def _new(every: Sequence[Hit], runs: Sequence[RunInfo]) -> list[NewThing]:
    """What the last run found and none before it: failures, and known ones at new things."""
    last = runs[-1].name
    before_ids = {hit.id for hit in every if hit.run != last}
    before_things = {(hit.id, thing) for hit in every if hit.run != last for thing in hit.things}
    found: dict[tuple[str, Thing | None], list[Hit]] = defaultdict(list)
    for hit in every:
        if hit.run != last or hit.severity == "info":
            continue
        if hit.id not in before_ids:
            found[hit.id, None].append(hit)
            continue
        for thing in hit.things:
            if (hit.id, thing) not in before_things:
                found[hit.id, thing].append(hit)
    new = [
        NewThing(
            id=id_,
            title=of[0].title,
            severity=of[0].severity,
            thing=thing,
            bundles=len({hit.key for hit in of}),
            place=of[0].place,
        )
        for (id_, thing), of in found.items()
    ]
    return sorted(new, key=lambda n: (n.thing is not None, SEVERITY[n.severity], -n.bundles, n.id))


def _without(flaps: Sequence[Flap], guilty: Sequence[Offender]) -> list[Flap]:
    """What is named as an offender already is not said twice."""
    named = {(one.id, one.thing) for one in guilty if one.grade == "suspect"}
    return [flap for flap in flaps if (flap.id, flap.thing) not in named]


def _bad(done: Sequence[Status]) -> list[BadBundle]:
    bad = sorted((s for s in done if s.verdict != "clean"), key=lambda s: s.uri)
    bad.sort(key=lambda s: s.last or "", reverse=True)
    bad.sort(key=lambda s: SEVERITY[s.verdict or "info"])
    return [
        BadBundle(
            name=status.name,
            uri=visible(status.uri, 1000),
            verdict=status.verdict or "",
            root_cause=status.root_cause,
            headline=status.headline,
            last=status.last,
        )
        for status in bad
    ]


def _failed(status: Status) -> FailedBundle:
    return FailedBundle(
        uri=visible(status.uri, 1000),
        cause=status.cause or "",
        message=status.message,
        attempts=status.attempts,
    )
