"""What was told already: one incident is told once, over restarts too."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct, structs

from triage.answer import Answer, Evidence, Finding
from triage.clock import iso_utc
from triage.events import Severity
from triage.verdict.rank import EXPLAINED
from triage.watch.incident import Incident, What, line_of
from triage.watch.recent import Key, Recent

ORDER: Sequence[Severity] = ("info", "warning", "critical")
MAX_SEEN = 5000
"""Identities that are remembered; the ones that were quiet longest go first."""


class Seen(Struct):
    """What was told of one identity."""

    incident: str
    severity: Severity
    """The worst that was told; below the threshold nothing is."""
    latest: float
    """When it was last seen, in seconds since 1970."""
    mark: str = ""
    """Of what several events together show: how far it had come."""


class Ledger:
    """Compares answers with what was told."""

    def __init__(
        self, threshold: Severity, again_s: float, seen: Mapping[str, Seen] | None = None
    ) -> None:
        self.seen: dict[str, Seen] = dict(seen or {})
        self._threshold = ORDER.index(threshold)
        self._again_s = again_s

    def _refresh(self, fresh: Collection[Key], now: float) -> None:
        """These identities were seen again: what is still going on is not told anew."""
        for key in fresh:
            seen = self._known(_text(key), now)
            if seen is not None:
                seen.latest = now

    def _is_stale(
        self,
        finding: Finding,
        keys: Sequence[Key],
        recent: Recent,
        fresh: Collection[Key],
        now: float,
    ) -> bool:
        """Nothing was added to it; where it got worse by what stands around, that is news."""
        if any(key in recent.bursts for key in keys):
            return self._told(keys, now) is None and not any(key in fresh for key in keys)
        seen = self.seen.get(_text(keys[0]))
        if seen is not None and seen.mark == _mark(finding):
            seen.latest = now
        return False

    def news(
        self,
        answer: Answer,
        recent: Recent,
        fresh: Collection[Key],
        now: float,
        alone: Callable[[Collection[Key]], Answer],
    ) -> list[Incident]:
        """What nobody was told of yet, the most telling first; it counts as told from here on.

        `fresh`: bursts that something was added to. Others are old news, told or not. `alone`
        answers over some bursts only.
        """
        self._refresh(fresh, now)
        keys = _Keys(answer, recent)
        found = []
        for finding in answer.findings:
            own = keys.of[finding.rank]
            if ORDER.index(finding.severity) < self._threshold:
                continue
            if self._is_stale(finding, own, recent, fresh, now):
                continue
            told = self._told(own, now)
            shown, counted, why = finding, own, None
            if told is None:
                what, name, why = self._relation(finding, answer, keys, now)
            elif others := self._other_things(own, fresh, now):
                what, name, shown, counted = "new", None, _of(finding, alone(others)), others
            elif ORDER.index(finding.severity) > ORDER.index(told.severity):
                what, name = "worse", told.incident
            else:
                continue
            name = name or _name(shown)
            for key in own:
                self.seen[_text(key)] = Seen(name, finding.severity, now, _mark(finding))
            found.append(_incident(_counted(shown, counted, recent), what, name, why, now))
        self._forget(now)
        return found

    def _other_things(self, keys: Sequence[Key], fresh: Collection[Key], now: float) -> list[Key]:
        """Fresh bursts about another thing than all that was told: another pod, another host."""
        told = [key for key in keys if self._known(_text(key), now) is not None]
        return [
            key
            for key in keys
            if key in fresh and key not in told and all(_differ(key, other) for other in told)
        ]

    def _told(self, keys: Sequence[Key], now: float) -> Seen | None:
        known = [seen for key in keys if (seen := self._known(_text(key), now)) is not None]
        return max(known, key=lambda seen: ORDER.index(seen.severity), default=None)

    def _known(self, key: str, now: float) -> Seen | None:
        seen = self.seen.get(key)
        if seen is not None and now - seen.latest > self._again_s:
            del self.seen[key]
            return None
        return seen

    def _relation(
        self, finding: Finding, answer: Answer, keys: _Keys, now: float
    ) -> tuple[What, str | None, str | None]:
        """Whether what was told explains it, or is explained by it."""
        by_rank = {other.rank: other for other in answer.findings}
        for link in sorted(finding.explained_by, key=lambda link: -link.strength):
            cause = by_rank[link.finding]
            told = self._told(keys.of[cause.rank], now)
            if told is not None and link.strength * cause.confidence >= EXPLAINED:
                return "consequence", told.incident, f"explained by {link.id}: {link.why}"
        for other in answer.findings:
            for link in other.explained_by:
                if link.finding != finding.rank or link.strength * finding.confidence < EXPLAINED:
                    continue
                told = self._told(keys.of[other.rank], now)
                if told is not None:
                    return "cause", told.incident, f"explains {other.id}: {link.why}"
        return "new", None, None

    def _forget(self, now: float) -> None:
        gone = [key for key, seen in self.seen.items() if now - seen.latest > self._again_s]
        by_age = sorted(self.seen, key=lambda key: self.seen[key].latest)
        for key in {*gone, *by_age[: max(0, len(by_age) - MAX_SEEN)]}:
            del self.seen[key]


def _differ(key: Key, other: Key) -> bool:
    """Both name a thing of one sort, and it is not the same."""
    (sort, _, name), (other_sort, _, other_name) = key[-1].partition("="), other[-1].partition("=")
    return bool(sort) and sort == other_sort and name != other_name


def _of(finding: Finding, answer: Answer) -> Finding:
    """The same finding as another answer has it, with what this one says of its causes."""
    for other in answer.findings:
        if other.id == finding.id:
            return structs.replace(
                other,
                rank=finding.rank,
                explained_by=finding.explained_by,
                related=finding.related,
            )
    return finding


def _text(key: Key) -> str:
    return "\x1f".join(key)


class _Keys:
    """The bursts that each finding is made of, by its rank."""

    def __init__(self, answer: Answer, recent: Recent) -> None:
        self._places = recent.places()
        self._of_all: dict[str, list[Key]] = {}
        for key in recent.bursts:
            self._of_all.setdefault(key[0], []).append(key)
        self._per = {one.id: one.per for one in recent.plan.knowledge.signatures}
        self.of = {finding.rank: self._keys(finding) for finding in answer.findings}

    def _keys(self, finding: Finding) -> list[Key]:
        """A derived finding has no burst and goes by what it names."""
        per = self._per[finding.id]
        if not per and finding.id in self._of_all:
            return self._of_all[finding.id]
        places = self._places
        found = {places.get((finding.id, piece.source, piece.line)) for piece in finding.evidence}
        keys = sorted(key for key in found if key is not None)
        named = [finding.entities.get(name, [""])[0] for name in per]
        return keys or [(finding.id, *map(str, named), "")]


def _counted(finding: Finding, keys: Sequence[Key], recent: Recent) -> Finding:
    """With the number of all hits, where not all were kept."""
    bursts = [recent.bursts[key] for key in keys if key in recent.bursts]
    if all(burst.count == burst.size for burst in bursts):
        return finding
    return structs.replace(finding, count=sum(burst.count for burst in bursts))


def _mark(finding: Finding) -> str:
    return f"{finding.count} {finding.last_seen}"


def _name(finding: Finding) -> str:
    """The same for one hit whenever it is read."""
    place = _place(finding)
    words = f"{platform.node()}\0{finding.id}\0{place.source}\0{place.offset}\0{place.text}"
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]


def _place(finding: Finding) -> Evidence:
    return finding.evidence[0]


def _incident(
    finding: Finding, what: What, name: str, because_of: str | None, now: float
) -> Incident:
    place, told = _place(finding), iso_utc(round(now * 1e9))
    return Incident(
        what=what,
        incident=name,
        told=told,
        host=platform.node(),
        severity=finding.severity,
        id=finding.id,
        title=finding.title,
        source=place.source,
        line=place.line,
        line_end=place.line_end,
        offset=place.offset,
        time=place.time,
        because_of=because_of,
        text=line_of(finding, f"{place.source}:{place.line}", (place.time, told), what, because_of),
        finding=finding,
    )
