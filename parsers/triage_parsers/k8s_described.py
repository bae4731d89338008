"""What a describe says: its lines dealt out to the object, its containers and its conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from triage_parsers.k8s_container import Container, State
from triage_parsers.k8s_describe_lines import (
    Item,
    condition_of,
    opens_container,
    opens_object,
)
from triage_parsers.k8s_text import cut_width, glue

_STATE_KEYS = frozenset({"Reason", "Message", "Exit Code", "Signal", "Started", "Finished"})
_CONTAINER_KEYS = frozenset(
    {"Container ID", "Image", "Image ID", "Port", "Ports", "Host Port", "Host Ports", "Command",
     "Args", "State", "Last State", "Ready", "Restart Count", "Limits", "Requests", "Liveness",
     "Readiness", "Startup", "Environment", "Environment Variables", "Mounts",
     "Environment Variables from"}
)  # fmt: skip
_SECTIONS = frozenset(
    {"Containers", "Init Containers", "Ephemeral Containers", "Conditions", "Volumes", "Capacity",
     "Allocatable", "System Info", "Addresses", "Labels", "Annotations", "Tolerations",
     "Node-Selectors", "QoS Class", "Taints", "Non-terminated Pods", "Allocated resources",
     "Pod Template", "Involved Object", "Regarding", "Metadata", "Source", "Related", "Events"}
)  # fmt: skip
_LONG = frozenset({"Message", "Liveness", "Readiness", "Startup", "Note", "Taints", "Reason"})
"""Keys whose values are continued on the next lines when they were wrapped."""
_PROBES = {"Liveness": "liveness", "Readiness": "readiness", "Startup": "startup"}
_REFERENCES = frozenset({"Involved Object", "Regarding", "Related"})
"""Blocks with a `Name:` that is not the described object's."""
_NESTED = frozenset({"Involved Object", "Regarding", "Metadata", "Source", "Related"})
_NESTED_KEYS = frozenset(
    {"API Version", "Kind", "Name", "Namespace", "Resource Version", "UID", "Field Path",
     "Creation Timestamp", "Self Link", "Component", "Host"}
)  # fmt: skip
_AFTER_PROBES = frozenset({"Environment", "Mounts", "Environment Variables"})
_INDENTS = (
    (_CONTAINER_KEYS, 4),
    (_STATE_KEYS, 6),
)
"""Blanks before keys, which flattened text has lost."""
_CONDITION_INDENT = 2
MAX_VALUE = 8_192


@dataclass(slots=True)
class Part:
    """A container with the lines it was read from."""

    container: Container
    first: int
    last: int


@dataclass(slots=True)
class Described:
    """One described object, or the fragment of one."""

    first: int
    last: int
    values: dict[str, str] = field(default_factory=dict)
    """Keys of the object itself; those of a nested block as `Involved Object.Name`."""
    containers: list[Part] = field(default_factory=list)
    conditions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Status and the columns behind it, by type."""
    standing: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First and last line of each condition."""
    capacity: dict[str, str] = field(default_factory=dict)
    allocatable: dict[str, str] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)


def objects_of(items: Sequence[Item]) -> list[Described]:
    """The objects that these consecutive lines describe."""
    reader = _Reader(items)
    for at in range(len(items)):
        reader.take(at)
    return reader.objects


class _Reader:
    """Walks the lines once and remembers where it stands."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.objects: list[Described] = []
        self.section = ""
        self.init = False
        self.state: State | None = None
        self.resources: dict[str, str] | None = None
        self.long: tuple[dict[str, str] | Container | State, str] | None = None
        """Where the rest of a wrapped value belongs: a mapping and its key, or a field."""
        self.condition = ""
        self.width = cut_width([len(item.raw) for item in items])
        self.before = ""
        """The line above, where a terminal cut it."""

    @property
    def current(self) -> Described:
        if not self.objects:
            index = self.items[0].index
            self.objects.append(Described(index, index))
        return self.objects[-1]

    def take(self, at: int) -> None:
        """Deal out one line."""
        item = self.items[at]
        if not item.text.strip():
            return
        if self.section not in _REFERENCES and opens_object(self.items, at):
            self.objects.append(Described(item.index, item.index))
            self._leave_container("")
        self.current.last = item.index
        self.before = self._cut(self.items[at - 1]) if at else ""
        if opens_container(self.items, at):
            self._open(item.key, item.index)
        elif item.known:
            self._known(item)
        elif item.key and self.resources is not None and item.value:
            self.resources.setdefault(item.key, item.value)
            self._stretch(item)
        else:
            self._loose(item)
            self._stretch(item)

    def _cut(self, item: Item) -> str:
        """The line, if it is as long as the terminal is wide; without its indentation, too."""
        lost = 0
        if item.raw[:1] not in (" ", "\t"):
            own = (indent for keys, indent in _INDENTS if item.key in keys)
            lost = next(own, _CONDITION_INDENT if condition_of(item.text) else 0)
        return item.raw if self.width in (len(item.raw), len(item.raw) + lost) else ""

    def _open(self, name: str, index: int) -> None:
        self.current.containers.append(Part(Container(name, init=self.init), index, index))
        self.section, self.state, self.resources, self.long = "container", None, None, None

    def _part(self, item: Item) -> Part:
        """The container of the line; a fragment may begin inside one."""
        if self.section != "container" or not self.current.containers:
            self._open("", item.index)
        return self.current.containers[-1]

    def _stretch(self, item: Item) -> None:
        if self.section == "container" and self.current.containers:
            self.current.containers[-1].last = item.index

    def _known(self, item: Item) -> None:
        key = item.key
        self.condition = ""
        self.current.sections.add(key)
        if key in _SECTIONS:
            self._leave_container(key)
            self._own(item)
        elif self.section in _NESTED and key in _NESTED_KEYS and self._nested(item):
            return
        elif key in _CONTAINER_KEYS and self.section not in ("Volumes", "Metadata"):
            self._of_container(item)
        elif key in _STATE_KEYS and (self.state is not None or self._is_state_fragment(item)):
            self._of_state(item)
        else:
            if self.section in _NESTED:
                self.section = ""
            self._own(item)

    def _leave_container(self, section: str) -> None:
        self.section, self.state, self.resources, self.long = section, None, None, None
        if section in ("Containers", "Init Containers", "Ephemeral Containers"):
            self.init = section == "Init Containers"
        if section == "Capacity":
            self.resources = self.current.capacity
        elif section == "Allocatable":
            self.resources = self.current.allocatable

    def _nested(self, item: Item) -> bool:
        name = f"{self.section}.{item.key}"
        if name in self.current.values:
            self.section = ""  # flattened: the second `Kind:` is the object's own
            return False
        self.current.values[name] = item.value
        return True

    def _own(self, item: Item) -> None:
        if self.section in ("Volumes", "container") and item.key not in ("Reason", "Message"):
            return
        if item.value and item.key not in self.current.values:
            self.current.values[item.key] = item.value
            self.long = (self.current.values, item.key) if item.key in _LONG else None

    def _is_state_fragment(self, item: Item) -> bool:
        """A state without its own line, where the text was cut above it."""
        ended = item.key == "Reason" and item.value in ("OOMKilled", "ContainerCannotRun")
        return ended or item.key in ("Exit Code", "Signal", "Finished")

    def _of_container(self, item: Item) -> None:
        part = self._part(item)
        part.last = item.index
        container, key, value = part.container, item.key, item.value
        self.state = self.resources = self.long = None
        if key in ("State", "Last State"):
            self.state = container.state if key == "State" else container.last
            self.state.name = value
        elif key in ("Limits", "Requests"):
            self.resources = container.limits if key == "Limits" else container.requests
        elif key in _PROBES:
            container.probes[_PROBES[key]] = value
            self.long = (container.probes, _PROBES[key])
        elif key == "Ready":
            container.ready = {"True": True, "False": False}.get(value)
        elif key == "Restart Count":
            container.restarts = value
            container.probes_shown = True
        elif key in ("Image", "Image ID", "Container ID"):
            name = {"Image": "image", "Image ID": "image_id"}.get(key, "container_id")
            setattr(container, name, value)
            self.long = (container, name)
        if key in _AFTER_PROBES:
            container.probes_shown = True

    def _of_state(self, item: Item) -> None:
        part = self._part(item)
        part.last = item.index
        if self.state is None:
            self.state = part.container.last
        name = item.key.lower().replace(" ", "_")
        setattr(self.state, name, item.value)
        self.long = (self.state, name) if item.key in _LONG else None

    def _loose(self, item: Item) -> None:
        """A line without a key: a condition, or the rest of a long value."""
        condition = condition_of(item.text)
        if condition is not None and self.section != "container":
            name, status, rest = condition
            self.current.conditions.setdefault(name, (status, rest))
            self.current.standing.setdefault(name, (item.index, item.index))
            self.long, self.condition = None, name
            return
        if self.condition:
            status, rest = self.current.conditions[self.condition]
            self.current.conditions[self.condition] = (status, self._joined(rest, item))
            first, _ = self.current.standing[self.condition]
            self.current.standing[self.condition] = (first, item.index)
        elif self.long is not None:
            target, key = self.long
            if isinstance(target, dict):
                target[key] = self._joined(target[key], item)
            else:
                whole = isinstance(target, Container)  # images hold no blanks
                setattr(target, key, self._joined(str(getattr(target, key)), item, whole=whole))

    def _joined(self, text: str, item: Item, *, whole: bool = False) -> str:
        """The value with its next line; a terminal cuts inside words, people between them."""
        cut = bool(self.before) or whole
        between = glue("" if whole else self.before, item.raw, cut=cut) if text else ""
        return f"{text}{between}{item.text.strip()}"[:MAX_VALUE]
