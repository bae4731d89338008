"""Bundles made of incidents: whole, with a source missing, with a wrong clock, mixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from tests.incidents.model import At, Incident, Row, Source

START = datetime(2026, 3, 12, 8, 14, 2, 310_000, tzinfo=UTC)
Files = dict[str, str]


def whole(incident: Incident) -> Files:
    """All sources, all clocks right."""
    return written(incident.sources)


def without(incident: Incident, name: str) -> Files:
    """One file is not in the bundle."""
    return written([source for source in incident.sources if source.name != name])


def skewed(incident: Incident, clock: str, seconds: float) -> Files:
    """One machine's clock is off."""
    return written(incident.sources, wrong=lambda source: source.clock == clock, by=seconds)


def drifted(incident: Incident, seconds: float) -> Files:
    """The kernel's clock has drifted from that of the programs on the same machine."""
    return written(incident.sources, wrong=lambda source: source.more is not None, by=seconds)


def retold(incident: Incident, form: str) -> Files:
    """What can be told in a form is told in it."""
    return written([s.forms[form]() if form in s.forms else s for s in incident.sources])


def mixed(first: Incident, second: Incident, later: float = 11.0) -> Files:
    """Two incidents in one bundle, each in a folder, almost at once."""
    ours = written(first.sources)
    theirs = written(second.sources, start=START + timedelta(seconds=later))
    return {f"a/{name}": text for name, text in ours.items()} | {
        f"b/{name}": text for name, text in theirs.items()
    }


def beside(incident: Incident, bystander: Sequence[Source]) -> Files:
    """Something else went wrong elsewhere a little earlier."""
    return written([*incident.sources, *bystander])


def written(
    sources: Sequence[Source],
    *,
    start: datetime = START,
    wrong: Callable[[Source], bool] = lambda _: False,
    by: float = 0.0,
) -> Files:
    """The files: rows of sources of one name in order of time."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for source in sources:
        off = by if wrong(source) else 0.0
        rows[source.name] += source.rows(_clock(start + timedelta(seconds=off)))
    return {
        name: "\n".join(text for _, text in sorted(own, key=lambda row: row[0])) + "\n"
        for name, own in rows.items()
    }


def _clock(start: datetime) -> At:
    return lambda second: start + timedelta(seconds=second)
