"""Which names were said of one thing, where, and where two lines contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.events import Value

Name = tuple[str, ...]
"""What kind of name it is, where it holds, and the name."""
MAX_CONFLICTS = 50


@dataclass(frozen=True, slots=True)
class Said:
    """A value, and the line that ties it to a name."""

    value: Value
    place: str
    """`source:line`"""
    ambiguous: bool = False
    """Another line says another value: the name completes nothing."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A name that was said of two things."""

    name: Name
    key: str
    values: tuple[Value, Value]
    places: tuple[str, str]


@dataclass(slots=True)
class Names:
    """For each name of one sort, the one value of a field that goes with it."""

    known: dict[tuple[Name, str], Said] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def tie(self, name: Name, key: str, value: Value, place: str) -> None:
        """Both were said of one thing; a second value makes the name ambiguous."""
        old = self.known.get((name, key))
        if old is None:
            self.known[name, key] = Said(value, place)
            return
        if old.value == value or old.ambiguous:
            return
        self.known[name, key] = Said(old.value, old.place, ambiguous=True)
        if len(self.conflicts) < MAX_CONFLICTS:
            places = (old.place, place)
            self.conflicts.append(Conflict(name, key, (old.value, value), places))

    def of(self, name: Name, key: str) -> Value:
        """The value, if there is exactly one."""
        said = self.known.get((name, key))
        return None if said is None or said.ambiguous else said.value
