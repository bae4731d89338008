"""The fleet's answer in one line."""

from __future__ import annotations

from collections.abc import Sequence

from triage.batch.fleet_answer import Burst, Counts, Failure, Offender, Thing


def headline_of(
    counts: Counts, guilty: Sequence[Offender], bursts: Sequence[Burst], failures: Sequence[Failure]
) -> str:
    """What most needs somebody, and how bad it is over all."""
    bad = counts.critical + counts.warning
    done = counts.bundles - counts.failed
    if not done:
        return "no bundle could be scanned"
    if not bad:
        sums = f"nothing was found in {number(done, 'bundle')}"
    else:
        sums = f"{counts.critical:,} of {number(done, 'bundle')} critical"
        if counts.warning:
            sums += f", {counts.warning:,} with warnings"
    if counts.failed:
        sums += f"; {counts.failed:,} could not be scanned"
    suspects = [one for one in guilty if one.grade == "suspect"]
    if suspects:
        one = suspects[0]
        more = f" (and {len(suspects) - 1} more)" if len(suspects) > 1 else ""
        where = f"{number(one.bundles, 'bundle')}{more}"
        return f"{named(one.thing)} came back with {one.id} in {where}; {sums}"
    if bursts:
        one_burst = bursts[0]
        return f"{one_burst.id} on {len(one_burst.machines)} machines within minutes; {sums}"
    if failures and failures[0].severity != "info":
        return f"{failures[0].id} leads, in {number(failures[0].bundles, 'bundle')}; {sums}"
    return sums[0].upper() + sums[1:]


def number(count: int, word: str) -> str:
    """Such as `1 bundle`, `1,204 bundles`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def named(thing: Thing) -> str:
    """Such as `GPU 0000:9d:00 of gpu-00-00 (GPU-9531985d-…)`."""
    if thing.kind != "gpu":
        return f"node {thing.name}"
    uuid = thing.name if thing.name.startswith("GPU-") else ""
    if thing.gpu is None:
        return f"GPU {uuid}"
    where = f" of {thing.machine}" if thing.machine else ""
    return f"GPU {thing.gpu}{where}" + (f" ({uuid})" if uuid else "")
