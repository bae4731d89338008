"""What the report cannot know: missing files, doubtful clocks, lines nobody understood, silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median

from triage.answer import Answer, SourceInfo
from triage.events import TimeQuality
from triage.report import asking
from triage.report.draft import Draft
from triage.report.ledger import merged
from triage.report.model import Statement, Unseen
from triage.report.wording import KNOWN_BY, counted, duration, iso_of, listed, shown_time

MAX_EACH, MAX_NAMED = 12, 6
MISSING_TOLD: Mapping[str, str] = {
    "kernel": "kernel log (dmesg, kern.log, journal)",
    "gpu": "output of nvidia-smi or DCGM",
    "k8s": "Kubernetes events or objects",
    "python_env": "list of Python packages (pip freeze, lock file)",
    "app": "application log",
    "bmc": "event log of the BMC",
    "whole_oom_report": "whole report of the OOM killer",
}
DOUBTFUL: tuple[TimeQuality, ...] = (
    "zone_assumed", "year_inferred", "date_inferred", "order_only",
)  # fmt: skip
MIN_UNCLAIMED, MIN_UNCLAIMED_LINES = 0.02, 3
SILENT_BINS = 5
SILENT_TIMES = 12
"""A file is silent when it stays away so many times longer than it does as a rule."""
MIN_BINS = 20


def unseen(draft: Draft, cells: Sequence[asking.Cell], width_s: int) -> Unseen:
    """All of it, each with the file or the bundle that it is said of."""
    answer = draft.answer
    return Unseen(
        missing=_missing(draft),
        clocks=[*_shifts(draft), *_clocks(draft)],
        unread=[*_unread(draft), *_unclaimed(draft)][: 2 * MAX_EACH],
        gaps=_gaps(draft, cells, width_s),
        limits=_limits(draft, answer),
    )


def _missing(draft: Draft) -> list[Statement]:
    told = []
    for one in draft.answer.undecided:
        needs = listed([MISSING_TOLD.get(need, need) for need in one.needs])
        said = f"Still needed: {needs}; `{one.id}` stays open: {one.why}"
        told.append(draft.fact(said, []))
    return told[:MAX_EACH]


def _shifts(draft: Draft) -> list[Statement]:
    """Clocks that two files show to differ."""
    told = []
    for shift in draft.answer.clocks:
        way = "ahead of" if shift.seconds > 0 else "behind"
        text = (
            f"The clock of `{shift.source}` runs {duration(shift.seconds)} {way} that of "
            f"`{shift.against}`; times are told as they are written"
        )
        places = merged(*(draft.ledger.places_in(place) for place in shift.evidence))
        told.append(draft.fact(text, places or [draft.ledger.source(shift.source)]))
    return told


def _clocks(draft: Draft) -> list[Statement]:
    """Files whose times are known with a doubt, by the kind of doubt; those with none at all."""
    by_quality: dict[TimeQuality, list[SourceInfo]] = {}
    for info in draft.answer.sources:
        if info.lines:
            by_quality.setdefault(info.time_quality, []).append(info)
    told = []
    for quality in (*DOUBTFUL, "none"):
        infos = by_quality.get(quality, [])
        if infos:
            names = listed([f"`{info.name}`" for info in infos], MAX_NAMED)
            told.append(draft.fact(f"{names}: {KNOWN_BY[quality]}", _refs(draft, infos)))
    return told


def _refs(draft: Draft, infos: Iterable[SourceInfo]) -> list[str]:
    return [draft.ledger.source(info.name) for info in infos][:MAX_NAMED]


def _unread(draft: Draft) -> list[Statement]:
    told = [
        draft.fact(f"`{info.name}` could not be read whole: {info.error}", _refs(draft, [info]))
        for info in draft.answer.sources
        if info.error
    ]
    return [
        *told,
        *(draft.fact(text, draft.ledger.places_in(text)) for text in draft.answer.warnings),
    ]


def _unclaimed(draft: Draft) -> list[Statement]:
    """Lines that no parser understood, where they are more than a few."""
    told = []
    for info in draft.answer.sources:
        count = info.unclaimed or 0
        if count >= max(MIN_UNCLAIMED_LINES, MIN_UNCLAIMED * info.lines):
            share = f"{count / info.lines:.0%}"
            text = f"No parser understood {counted(count, 'line')} of `{info.name}` ({share})"
            told.append((count, draft.fact(text, _refs(draft, [info]))))
    told.sort(key=lambda one: -one[0])
    return [fact for _, fact in told[:MAX_EACH]]


def _gaps(draft: Draft, cells: Sequence[asking.Cell], width_s: int) -> list[Statement]:
    """Files that speak regularly and then do not, within the span of the histogram."""
    told = []
    step = width_s * asking.SECOND
    for name, group in groupby(cells, key=lambda cell: cell.source):
        times = [cell.time_ns for cell in group]
        if len(times) < MIN_BINS:
            continue
        pauses = [later - earlier for earlier, later in pairwise(times)]
        usual = median(pauses)
        longest = max(pauses)
        if longest < SILENT_BINS * step or longest < SILENT_TIMES * usual:
            continue
        start = times[pauses.index(longest)]
        text = (
            f"`{name}` is silent for {duration(longest / 1e9)} from about "
            f"{shown_time(iso_of(start + step))} UTC"
        )
        told.append((longest, draft.fact(text, [draft.ledger.source(name)])))
    told.sort(key=lambda one: -one[0])
    return [fact for _, fact in told[:MAX_EACH]]


def _limits(draft: Draft, answer: Answer) -> list[Statement]:
    told = [
        draft.fact(f"Contradiction: {text}", draft.ledger.places_in(text))
        for text in answer.contradictions
    ]
    told += [
        draft.fact(
            f"{counted(one.count, 'hit')} of `{one.id}` were hidden by {one.by} until {one.until}: "
            f"{one.reason}",
            [],
        )
        for one in answer.suppressed
    ]
    omitted = sum(finding.evidence_omitted for finding in answer.findings)
    if omitted:
        text = (
            f"{counted(omitted, 'further place')} that the findings rest on are counted, not listed"
        )
        told.append(draft.fact(text, []))
    return told[:MAX_EACH]
