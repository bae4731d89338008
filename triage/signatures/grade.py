"""What history makes of a group: alone, in bursts, with others, against facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from string import Formatter

from triage.entities import gpu_key, is_pci, machine_key, package_name
from triage.events import ENTITY_FIELDS, Event, Family, Role, Severity, Value
from triage.signatures.coverage import Coverage
from triage.signatures.fold import Group
from triage.signatures.match import satisfies
from triage.signatures.model import Condition, Fact, Grade, Signature

ALIASES = {
    "node": ("node", "host"),
    "host": ("host", "node"),
    "gpu": ("gpu", "device"),
    "pod": ("pod", "upstream_pod"),
}
"""One machine goes by either name; the PCI layer calls a GPU a device; a proxy speaks of a pod."""
MACHINES = ("node", "host")
UNDATED = "undated"
"""Set by parsers on a value that may be of long ago."""
UNDATED_TRUST = 0.7


@dataclass(slots=True)
class Graded:
    """A group with its judgment; what the verdict links and ranks."""

    group: Group
    severity: Severity
    role: Role
    confidence: float
    title_template: str
    because: list[str] = field(default_factory=list)
    outcome: str | None = None
    """`recovered` where later evidence shows that it is over."""

    @property
    def id(self) -> str:
        """The signature's id."""
        return self.group.signature.id

    @property
    def title(self) -> str:
        """The title with the finding's own values."""
        return fill(self.title_template, self.group)


@dataclass(frozen=True)
class Surroundings:
    """What a condition may look at beside its own group."""

    groups: Sequence[Group]
    facts: Sequence[Event]
    coverage: Coverage
    signatures: Mapping[str, Signature]
    """All that are known, by id."""
    when: Callable[[Event], int | None] = lambda _: None
    """UTC nanoseconds of a fact."""

    @property
    def families(self) -> frozenset[Family]:
        """What the bundle has sources of."""
        return self.coverage.families

    @cached_property
    def facts_of(self) -> Mapping[str, Sequence[Event]]:
        """The facts by their kind."""
        found: dict[str, list[Event]] = {}
        for event in self.facts:
            found.setdefault(event.kind, []).append(event)
        return found

    @cached_property
    def ids(self) -> frozenset[str]:
        """The signatures of the groups."""
        return frozenset(group.signature.id for group in self.groups)


def graded(group: Group, around: Surroundings) -> Graded:
    """Apply the first grade that holds."""
    signature = group.signature
    result = Graded(
        group, signature.severity, signature.role, signature.confidence, signature.title
    )
    chosen = next((g for g in signature.grade if holds(g.if_, group, around)), None)
    if chosen is not None:
        _apply(chosen, result)
    if group.kept and all(hit.fields.get(UNDATED) for hit in group.kept):
        result.confidence *= UNDATED_TRUST
        result.because.append("a gauge keeps the last value: when it came is not told")
    return result


def _apply(grade: Grade, result: Graded) -> None:
    result.severity = grade.severity or result.severity
    result.role = grade.role or result.role
    if grade.confidence is not None:
        result.confidence = grade.confidence
    result.title_template = grade.title or result.title_template
    if grade.because:
        result.because.append(fill(grade.because, result.group))


def holds(condition: Condition, group: Group, around: Surroundings) -> bool:
    """Whether everything that the condition names is so."""
    return all(is_so for _, is_so in _checked(condition, group, around))


def checks(condition: Condition, group: Group, around: Surroundings) -> dict[str, bool]:
    """Each part of a condition by its key, and whether it is so; what is not asked is."""
    return dict(_checked(condition, group, around))


def _checked(
    condition: Condition, group: Group, around: Surroundings
) -> Iterator[tuple[str, bool]]:
    least, same = condition.count_at_least, condition.same
    yield "count_at_least", least is None or group.count >= least
    distinct = condition.distinct.items()
    yield "distinct", all(len(group.values.get(name, ())) >= n for name, n in distinct)
    where = condition.where
    yield "where", not where or any(satisfies(kept.fields, where) for kept in group.kept)
    yield "found", not condition.found or bool(found(condition.found, same, group, around))
    yield "absent", not condition.absent or not found(condition.absent, same, group, around)
    yield "fact", condition.fact is None or bool(facts(condition.fact, group, around))
    yield "no_fact", condition.no_fact is None or not facts(condition.no_fact, group, around)
    yield "alone", condition.alone is None or condition.alone == _alone(group, around)
    yield "missing", condition.missing is None or condition.missing not in around.families


def _alone(group: Group, around: Surroundings) -> bool:
    """No cause is there that may have to do with it: in its file, on its machine, in its pod."""
    return not any(
        other is not group
        and other.signature.severity != "info"
        and other.signature.role in {"cause", "mechanism"}
        and other.signature.id != group.signature.id
        and not _elsewhere(other, group)
        for other in around.groups
    )


def _elsewhere(one: Group, other: Group) -> bool:
    """Both name a pod, or both a machine, none of them the same, and no file holds both."""
    if one.moments.sources & other.moments.sources:
        return False
    return any(
        (mine := entity_keys(one, name))
        and (theirs := entity_keys(other, name))
        and mine.keys().isdisjoint(theirs)
        for name in ("pod", "host")
    )


def found(
    ids: Sequence[str], same: Sequence[str], group: Group, around: Surroundings
) -> list[Group]:
    """The other groups of these ids (or globs) that share one of the entities, if any are named."""
    wanted = _named(tuple(ids), around.ids)
    if not wanted:
        return []
    return [
        other
        for other in around.groups
        if other.signature.id in wanted
        and other is not group
        and (not same or shared(group, other, same) is not None)
    ]


@lru_cache(maxsize=1024)
def _named(globs: tuple[str, ...], ids: frozenset[str]) -> frozenset[str]:
    return frozenset(one for one in ids if matches_any(one, globs))


def matches_any(signature_id: str, globs: Iterable[str]) -> bool:
    """Whether an id is one of these ids or globs."""
    for glob in globs:
        if signature_id == glob or ("*" in glob and fnmatchcase(signature_id, glob)):
            return True
    return False


def shared(a: Group, b: Group, names: Sequence[str]) -> tuple[str, Value] | None:
    """The first entity, in the order given, that both have with the same value."""
    for name in names:
        mine, others = entity_keys(a, name), entity_keys(b, name)
        for key, value in mine.items():
            if key in others:
                return name, value
    return None


def entity_keys(group: Group, name: str) -> Mapping[str, Value]:
    """Comparable form to value as written, for one entity."""
    keys = group.keys.get(name)
    if keys is None:
        keys = group.keys[name] = {
            key: value
            for alias in ALIASES.get(name, (name,))
            for value in group.entities.get(alias, group.values.get(alias, {}))
            if (key := _comparable(name, alias, value)) is not None
        }
    return keys


def _comparable(name: str, alias: str, value: Value) -> str | None:
    """A form in which equal things are equal; none for what is no such thing."""
    text = str(value).lower()
    if name == "gpu":  # a disk is a device too
        return gpu_key(text) if alias == "gpu" or is_pci(text) else None
    if name in MACHINES:
        return machine_key(text)
    return package_name(text) if name == "package" else text


def facts(fact: Fact, group: Group, around: Surroundings) -> list[Event]:
    """The events that say this fact about the same thing."""
    return [
        event
        for event in around.facts_of.get(fact.kind, ())
        if satisfies(event.fields, fact.where)
        and all(_shares(name, group, event) for name in fact.same)
    ]


def _shares(name: str, group: Group, event: Event) -> bool:
    if name == "source":
        return event.source in group.moments.sources
    wanted = entity_keys(group, name)
    return any(
        _comparable(name, alias, value) in wanted
        for alias in ALIASES.get(name, (name,))
        if (value := event.fields.get(alias)) is not None
    )


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def fill(template: str, group: Group, extra: dict[str, Value] | None = None) -> str:
    """Fill `{field}` with the group's values: one as it is, several as `a, b and 3 more`.

    Where a `[...]` part of the template has a field that is unknown, the part is left out.
    """
    values = _Blank({name: _several(list(v)) for name, v in group.values.items()})
    values["count"] = str(group.count)
    for name, value in (extra or {}).items():
        values[name] = str(value)
    return _fill_parts(template, values)


def _fill_parts(template: str, values: dict[str, str]) -> str:
    out: list[str] = []
    rest = template
    while rest:
        start = rest.find("[[")
        end = rest.find("]]", start + 2)
        if start < 0 or end < 0:
            out.append(_format(rest, values))
            break
        out.append(_format(rest[:start], values))
        part = rest[start + 2 : end]
        names = [name for _, name, _, _ in Formatter().parse(part) if name]
        if all(name in values for name in names):
            out.append(_format(part, values))
        rest = rest[end + 2 :]
    return " ".join("".join(out).split())


def _format(template: str, values: dict[str, str]) -> str:
    return "".join(
        literal + (values[name] if name else "")
        for literal, name, _, _ in Formatter().parse(template)
    )


def _several(values: list[Value]) -> str:
    few = 3
    texts = [str(value) for value in values]
    if len(texts) <= 1:
        return texts[0] if texts else "?"
    if len(texts) <= few:
        return ", ".join(texts[:-1]) + " and " + texts[-1]
    return ", ".join(texts[:2]) + f" and {len(texts) - 2} more"


def entity_lists(group: Group) -> dict[str, list[Value]]:
    """Entities in the order of `ENTITY_FIELDS`, values in the order they were seen."""
    return {name: list(group.entities[name]) for name in ENTITY_FIELDS if group.entities.get(name)}
