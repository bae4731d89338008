"""Which machine a file was taken from, where its lines do not say.

`dmesg` names no host. The folder that it lies in often does: by its own name (`gpu-07/dmesg`), or
because all other files in it are of one machine. A file whose lines name several machines, or that
lies beside files of several, belongs to none. Logs of pods lie together wherever their pods ran:
they lend their machine to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from triage.entities import is_machine_name, machine_key

ARCHIVES = (".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tar", ".zip")


class Machines:
    """The machines of a bundle's files."""

    def __init__(
        self,
        hosts: Mapping[str, Iterable[str]],
        nodes: Iterable[str] = (),
        of_a_pod: Callable[[str], object] = lambda _: False,
    ) -> None:
        """`hosts`: source to the names in its lines; `nodes`: other names of machines.

        `of_a_pod`: whether a source is what a pod wrote.
        """
        self._own = {
            source: _by_key(name for name in names if is_machine_name(name))
            for source, names in hosts.items()
        }
        self._known = _by_key(name for name in nodes if is_machine_name(name))
        self._under: dict[str, dict[str, str]] = defaultdict(dict)
        for source, names in self._own.items():
            self._known.update(names)
            if of_a_pod(source):
                continue
            for folder, _ in _folders(source):
                self._under[folder].update(names)

    def of(self, source: str) -> str | None:
        """The one machine that a file speaks of, as it is written; None where none is known.

        Where the bundle names one machine only, nothing is to be told apart: then only a folder
        that is called like it speaks.
        """
        own = self._own.get(source, {})
        several = len(self._known) > 1
        if own:
            return next(iter(own.values())) if several and len(own) == 1 else None
        for folder, name in _folders(source):
            known = self._known.get(machine_key(name))
            if known is not None:
                return known
            if not several:
                continue
            under = self._under.get(folder, {})
            if under:
                return next(iter(under.values())) if len(under) == 1 else None
        return None


def _by_key(names: Iterable[str]) -> dict[str, str]:
    return {machine_key(name): name for name in names}


def _folders(source: str) -> Iterator[tuple[str, str]]:
    """Folders and archives round a file, the nearest first: the path, and the name alone."""
    parts = source.replace("!", "").split("/")[:-1]
    while parts:
        if parts[-1]:
            yield "/".join(parts), _without_suffix(parts[-1])
        parts.pop()


def _without_suffix(name: str) -> str:
    return next((name.removesuffix(end) for end in ARCHIVES if name.endswith(end)), name)
