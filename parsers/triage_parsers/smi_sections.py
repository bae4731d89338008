"""Where a key of `nvidia-smi -q` stands: the sections it lies in, told by indentation or by name.

The same key stands in many sections (`Pending` in five), so a value is known only by its path. The
report indents by four; a paste may have lost some blanks or all of them, and then the names must
do: what a section can lie in is known, and a key that only the whole GPU has ends every section.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triage_parsers.smi_keys import QUERY_PATHS, QUERY_REASONS

PARENTS: dict[str, tuple[str, ...]] = {
    "volatile": ("ecc errors",),
    "aggregate": ("ecc errors",),
    "aggregate uncorrectable sram sources": ("ecc errors",),
    "single bit": ("volatile", "aggregate"),
    "double bit": ("volatile", "aggregate"),
    "gpu link info": ("pci",),
    "pcie generation": ("gpu link info",),
    "link width": ("gpu link info",),
    "bridge chip": ("pci",),
    "bank remap availability histogram": ("remapped rows",),
    "health": ("fabric",),
    "gpu ceiling power limit": ("gpu power readings",),
    "device attributes": ("mig device",),
    "shared": ("device attributes",),
    "shared fb memory usage": ("mig device",),
    "shared bar1 memory": ("mig device",),
}
"""Sections that lie in another one, and in which."""
TOP = frozenset(path for path in QUERY_PATHS if "/" not in path)


@dataclass(slots=True)
class Sections:
    """The sections that are open, outermost first."""

    indent: int
    """Indentation of the GPU's own line; -1: there is none."""
    steps: list[tuple[int, str]] = field(default_factory=list)
    """Open sections, and the last key, with their indentation."""
    flat: bool = False
    """Indentation tells nothing here."""
    _section: int = -1
    """Indentation of the line before, if that was a section."""

    def open(self, indent: int, key: str, *, is_pair: bool) -> str:
        """Make the key the innermost, and return its path."""
        if not self.flat and (indent <= self.indent or (is_pair and self._section == indent)):
            self._flatten()
        self._section = -1 if is_pair else indent
        if self.flat:
            return self._flat_pair(key) if is_pair else self._flat_section(key)
        while self.steps and self.steps[-1][0] >= indent:
            self.steps.pop()
        self.steps.append((indent, key))
        if not is_pair and len(self.steps) == 1 and key in PARENTS:
            self.steps = [(-1, name) for name in _above(key)] + self.steps
        return self._path()

    def _path(self) -> str:
        return "/".join(name for _, name in self.steps)

    def _flatten(self) -> None:
        """Keep the section above, which is one although nothing is deeper than it."""
        self.flat = True
        self.steps = self.steps[-1:] if self._section >= 0 else []

    def _flat_section(self, key: str) -> str:
        wanted = PARENTS.get(key, ())
        if key == "ecc errors" and any(name == "mig device" for _, name in self.steps):
            wanted = ("mig device",)
        while self.steps and self.steps[-1][1] not in wanted:
            self.steps.pop()
        if not self.steps:
            self.steps = [(0, name) for name in _above(key)]
        self.steps.append((0, key))
        return self._path()

    def _flat_pair(self, key: str) -> str:
        if key in TOP:
            self.steps = []
            return key
        path = f"{self._path()}/{key}" if self.steps else key
        # a section's own keys may go on after a section inside it: `Replays Since Reset` of PCI
        heir = f"{self.steps[0][1]}/{key}" if self.steps else key
        return heir if path not in QUERY_PATHS and heir in QUERY_PATHS else path


def _above(key: str) -> list[str]:
    """What a section lies in, as far as that is certain; `Single Bit` alone may be either."""
    wanted = PARENTS.get(key, ())
    return [*_above(wanted[0]), wanted[0]] if len(wanted) == 1 else []


def is_reason(path: str) -> bool:
    """Whether a path stands in the section of clock event reasons."""
    return path.startswith(tuple(f"{name}/" for name in QUERY_REASONS))
