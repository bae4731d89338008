"""Things that the same failure comes back to, and whether the thing itself is to blame.

One bundle with an Xid 31 clears the card. Three, weeks apart, under different programs, while no
other card of the fleet has any, accuse it. The same program failing on many cards accuses the
program.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from triage.batch.chance import concentrated
from triage.batch.fleet_answer import Offender, Place, Thing, Unplaced
from triage.batch.hits import NANO, Hit
from triage.batch.occasions import occasions
from triage.entities import gpu_key

RETURNS = 3
"""Bundles, and occasions, from which on it is no coincidence to be looked into."""
RARE = 0.01
"""A chance below which the failure picks this thing and not any."""
SPREAD = 2
"""Other things with the same failure of the same program from which on the program is suspected."""
FEW = 8
"""Things below which concentration proves nothing."""
DAY = 86_400 * NANO
GRADES = ("suspect", "open", "shared")
MAX_EVIDENCE = 20

WHY_UNPLACED = (
    "the bundles name neither the card's UUID nor the machine: add `nvidia-smi -q` to them"
)

At = Mapping[Thing, Sequence[Hit]]


def offenders(hits: Iterable[Hit], known: Mapping[str, int]) -> list[Offender]:
    """The worst first. `known`: how many GPUs and nodes the bundles speak of, healthy ones too."""
    by_id: dict[tuple[str, str], dict[Thing, list[Hit]]] = defaultdict(lambda: defaultdict(list))
    for hit in hits:
        if hit.severity == "info":
            continue
        for thing in hit.things:
            by_id[hit.id, thing.kind][thing].append(hit)
    found = []
    for (_, kind), at in by_id.items():
        counts = {thing: occasions(of) for thing, of in at.items()}
        for thing, of in at.items():
            if len({hit.key for hit in of}) >= RETURNS and counts[thing] >= RETURNS:
                found.append(_judged(thing, of, at, counts, max(known[kind], len(at))))
    return sorted(
        found,
        key=lambda one: (
            GRADES.index(one.grade),
            -one.confidence,
            -one.occasions,
            one.id,
            one.thing,
        ),
    )


def unplaced(hits: Iterable[Hit]) -> list[Unplaced]:
    """What may be a card that keeps failing, and may be as many cards as bundles."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for hit in hits:
        if hit.severity != "info" and not hit.cards:
            for address in hit.entities.get("gpu", ()):
                found[hit.id, gpu_key(address)][hit.key] = hit.bundle
    return [
        Unplaced(id=id_, gpu=gpu, bundles=sorted(bundles.values()), why=WHY_UNPLACED)
        for (id_, gpu), bundles in sorted(found.items())
        if len(bundles) >= RETURNS
    ]


def _judged(
    thing: Thing, hits: Sequence[Hit], at: At, counts: Mapping[Thing, int], known: int
) -> Offender:
    programs = frozenset[str]().union(*(hit.programs for hit in hits))
    others = [other for other in at if other != thing]
    same_program = [other for other in others if any(hit.programs & programs for hit in at[other])]
    chance = concentrated(known, sum(counts.values()), counts[thing])
    cleared = sorted({name for hit in hits for name in hit.not_this})
    because = [_how_often(hits, counts[thing]), *_who_else(thing, known, others)]
    if programs:
        named = ", ".join(sorted(programs)[:4])
        many = "different programs" if len(programs) > 1 else "always the same program"
        because.append(f"{many}: {named}")
    elif any(hit.entities.get("process") for hit in hits):
        because.append("the logs name an interpreter and not the program")
    picked = chance < RARE and known >= FEW
    if picked:
        because.append(f"chance alone would do this about once in {_times(chance)}")
    if len(same_program) >= SPREAD and len(programs) == 1:
        because.append(
            f"the same program failed so on {len(same_program)} others: suspect it first"
        )
        grade, confidence = "shared", 0.7
    elif len(programs) != 1 and (picked or (not others and (programs or known > 1))):
        grade, confidence = "suspect", (0.85 if programs else 0.7) if picked else 0.6
    else:
        because.append(_why_open(thing, programs, picked=picked))
        grade, confidence = "open", 0.5 if picked else 0.35
    return Offender(
        id=hits[0].id,
        title=_title(hits),
        thing=thing,
        grade=grade,
        confidence=confidence,
        bundles=len({hit.key for hit in hits}),
        occasions=counts[thing],
        because=because,
        cleared_alone=cleared,
        next_steps=_steps(thing, grade, sorted(programs)),
        evidence=_evidence(hits),
    )


def _why_open(thing: Thing, programs: frozenset[str], *, picked: bool) -> str:
    what = "card" if thing.kind == "gpu" else "machine"
    if len(programs) == 1:
        return f"{what} or program ({', '.join(programs)}): nothing tells them apart yet"
    if not picked:
        return "too few to compare with, or too many with the same failure"
    return f"nothing tells yet whether the {what} is at fault"


def _how_often(hits: Sequence[Hit], count: int) -> str:
    bundles = len({hit.key for hit in hits})
    times = [time for hit in hits for time in (hit.first, hit.last) if time is not None]
    days = (max(times) - min(times)) / DAY if times else 0
    over = f" over {days:.0f} days" if days >= 1 else ""
    return f"{count} occasions{over}, in {bundles} bundles"


def _who_else(thing: Thing, known: int, others: Sequence[Thing]) -> list[str]:
    what = "GPUs" if thing.kind == "gpu" else "machines"
    if known <= 1:
        return [f"no other {what} are in the bundles to compare with"]
    if not others:
        return [f"none of the {known - 1:,} other {what} in the bundles has it"]
    return [f"{len(others):,} of the {known - 1:,} other {what} in the bundles have it too"]


def _times(chance: float) -> str:
    times = 1 / max(chance, 1e-9)
    return "a million times or more" if times > 1e6 else f"{times:,.0f} times"  # noqa: PLR2004


def _title(hits: Sequence[Hit]) -> str:
    return max(hits, key=lambda hit: (hit.first or 0, hit.key)).title


def _steps(thing: Thing, grade: str, programs: Sequence[str]) -> list[str]:
    steps = []
    if grade == "suspect":
        if thing.machine:
            node = shlex.quote(thing.machine)
            steps.append(f"Take it out of service: `kubectl cordon {node}`")
        if thing.kind == "gpu":
            steps.append(f"Test the card, not the node's others: `{_diagnose(thing)}`")
            steps.append(
                "Swap it with a card of another node: a fault that moves with it is its own"
            )
    elif grade == "shared" and programs:
        steps.append(
            f"Compare versions of {programs[0]} and its libraries before touching hardware"
        )
    else:
        steps.append("Run the same program on another one, and another program on this one")
    return steps


def _diagnose(thing: Thing) -> str:
    if thing.name.startswith("GPU-"):
        return f"nvidia-smi -q -d ECC,ROW_REMAPPER,PAGE_RETIREMENT -i {shlex.quote(thing.name)}"
    return f"nvidia-smi -q -d ECC,ROW_REMAPPER,PAGE_RETIREMENT -i {shlex.quote(thing.gpu or '')}"


def _evidence(hits: Sequence[Hit]) -> list[Place]:
    """One place a bundle, in the order of time."""
    places: dict[str, Place] = {}
    for hit in sorted(hits, key=lambda hit: (hit.first is None, hit.first or 0, hit.uri)):
        places.setdefault(hit.key, hit.place)
    return list(places.values())[:MAX_EVIDENCE]
