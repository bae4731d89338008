"""Python environments of a machine, read and never executed.

Those that are given, the active one, and those of running Python processes; each as the document of
`pip inspect`: name, version, requirements, origin (PEP 376, 610, 627), with `found` beside it: why
it was taken. A folder that comes earlier in the import path hides what a later one holds under the
same name. Packages that the operating system brings for its own services are left out, unless they
are all that there is.

    environments.py [--skip PID]… [--only-given] [PATH]…

A process to skip is the one that asks, with its children.

Prints one JSON document: `{"environments": […], "unread": […]}`, with `label`, `given`, `found` and
`report` of each environment.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from triage.collect.alone.distributions import installed, text_of

MAX_BINARY = 64 << 20
_PYTHON = re.compile(r"^(?:python|pypy)(\d(?:\.\d+)?)?[dmtw]*$")
_LIB = re.compile(r"/(?:python|pypy)(\d\.\d+)t?$")
_OF_SYSTEM = "/usr"
_OWN_FOLDERS = re.compile(r"/site-packages/|/usr/local/lib/python")
"""In the memory map of a process: it uses more than what the operating system brings."""


def main(arguments: Sequence[str]) -> int:
    """Find them, read them, print them."""
    given, skip, only_given = [], {os.getpid()}, False
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--skip":
            skip.add(int(rest.pop(0)))
        elif argument == "--only-given":
            only_given = True
        else:
            given.append(argument)
    search = Search()
    for path in given:
        search.add(path, f"given: {path}")
    if not only_given:
        search.active()
        search.running(skip)
    json.dump(search.document(), sys.stdout)
    return 0


class Search:
    """Environments by where they lie, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: dict[str, Environment] = {}
        self.of_system: dict[str, Environment] = {}
        self.unread: list[str] = []

    def add(self, path: str, why: str, root: str = "", extra: Sequence[str] = ()) -> None:
        """A prefix, an interpreter, or a folder of packages; `root`: the process's own `/`."""
        environment = Environment.at(path, root)
        if environment is None:
            self.unread.append(f"{path}: no Python environment ({why})")
            return
        self._keep(self.found, environment, why, extra)

    def _keep(
        self,
        into: dict[str, Environment],
        environment: Environment,
        why: str,
        extra: Sequence[str],
    ) -> None:
        kept = into.setdefault(environment.key(), environment)
        kept.found.append(why)
        kept.extra += [folder for folder in extra if folder not in kept.extra]

    def active(self) -> None:
        """The one that this shell would use."""
        for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            if os.environ.get(name):
                self.add(os.environ[name], f"active: {name}")
                return
        python = shutil.which("python3") or shutil.which("python")
        environment = Environment.at(python) if python else None
        if environment is not None:
            system = environment.prefix == _OF_SYSTEM
            into = self.of_system if system else self.found
            self._keep(into, environment, f"active: {python}", _python_path(os.environ))

    def running(self, skip: set[int]) -> None:
        """Those of running Python processes."""
        for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdecimal()):
            if pid in skip or _parent(pid) in skip:
                continue
            process = Process(pid)
            if process.is_python:
                self._take(process)

    def _take(self, process: Process) -> None:
        why = f"process {process.pid}: {' '.join(' '.join(process.arguments[:3]).split())[:120]}"
        environment = None
        for place in process.interpreters():
            environment = Environment.at(place, process.root)
            if environment is not None:
                break
        if environment is None:
            self.unread.append(f"{why}: its environment cannot be seen from here")
            return
        plain = environment.prefix == _OF_SYSTEM and not process.uses_more_than_the_system
        into = self.of_system if plain else self.found
        self._keep(into, environment, why, _python_path(process.environment))

    def document(self) -> dict[str, Any]:
        """All that was found; the operating system's own only where there is nothing else."""
        chosen = self.found or self.of_system
        labels: dict[str, int] = {}
        rows: list[dict[str, Any]] = []
        same: dict[str, dict[str, Any]] = {}
        for environment in chosen.values():
            report = environment.report()
            packages = [one["metadata"] for one in report["installed"]]
            twin = same.get(json.dumps([environment.prefix, packages]))
            if twin is not None:  # containers of one image
                twin["found"] += environment.found
                continue
            label = environment.label()
            labels[label] = labels.get(label, 0) + 1
            if labels[label] > 1:
                label = f"{label}-{labels[label]}"
            rows.append(
                {
                    "label": label,
                    "given": environment.found[0].startswith("given: "),
                    "found": environment.found,
                    "report": report,
                }
            )
            same[json.dumps([environment.prefix, packages])] = rows[-1]
        return {"environments": rows, "unread": self.unread}


class Environment:
    """One prefix with its folders of packages."""

    def __init__(self, prefix: str, version: str, root: str = "") -> None:
        self.prefix = prefix
        self.version = version
        """Two numbers."""
        self.root = root
        self.found: list[str] = []
        self.extra: list[str] = []
        """Folders of PYTHONPATH."""
        self.config = _config(f"{root}{prefix}/pyvenv.cfg")

    @classmethod
    def at(cls, path: str, root: str = "") -> Environment | None:
        """From a prefix, an interpreter in it, or a folder of packages."""
        path = os.path.normpath(path)
        for prefix in dict.fromkeys((path, _up(path, 2), _up(path, 3), _real_prefix(path, root))):
            libraries = sorted(
                folder
                for folder in glob.glob(f"{glob.escape(root + prefix)}/lib*/*[yp]y*[0-9].[0-9]*")
                if _LIB.search(folder) and os.path.isdir(folder)
            )
            named = _LIB.search("/" + os.path.basename(os.path.realpath(root + path)))
            own = [lib for lib in libraries if named and lib.endswith(named.group(0))]
            for library in own or libraries[::-1]:
                found = _LIB.search(library)
                if found is not None and (prefix != "/" or own):
                    return cls(prefix, found.group(1), root)
        return None

    def key(self) -> str:
        """The same folder is one environment, whatever name a process has for it."""
        try:
            status = os.stat(self.root + self.prefix)
        except OSError:
            return self.root + self.prefix
        return f"{status.st_dev}:{status.st_ino}"

    def folders(self) -> list[str]:
        """Where its packages lie, in the order of the import path."""
        found = [f"{self.root}{folder}" for folder in self.extra]
        found += self._own_folders(self.prefix)
        if self.config.get("include-system-site-packages") == "true":
            found += self._own_folders(_up(self.config.get("home", "/usr/bin"), 1))
        return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder)]

    def _own_folders(self, prefix: str) -> list[str]:
        prefixes = ["/usr/local", "/usr"] if prefix == _OF_SYSTEM else [prefix]
        kinds = ("site-packages", "dist-packages")
        found = [
            f"{self.root}{one}/{lib}/python{self.version}/{kind}"
            for one in prefixes
            for lib in ("lib", "lib64")
            for kind in kinds
        ]
        if prefix == _OF_SYSTEM:
            found.append(f"{self.root}/usr/lib/python3/dist-packages")
        return found

    def label(self) -> str:
        """A name for a folder that says interpreter and place."""
        place = re.sub(r"[^A-Za-z0-9.]+", "-", self.prefix).strip("-.")
        return f"py{self.version}-{place or 'root'}"

    def report(self) -> dict[str, Any]:
        """The document of `pip inspect`."""
        full = self._full_version()
        markers = {
            "implementation_name": "cpython",
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": "CPython",
            "platform_system": platform.system(),
            "python_version": self.version,
            "sys_platform": sys.platform,
        }
        if full is not None:
            markers["python_full_version"] = full
        packages = installed(self.folders())
        versions = [
            one["metadata"]["version"] for one in packages if one["metadata"]["name"] == "pip"
        ]
        return {
            "version": "1",
            "pip_version": (versions or [""])[0],
            "installed": packages,
            "environment": markers,
        }

    def _full_version(self) -> str | None:
        told = self.config.get("version", self.config.get("version_info", ""))
        if told.startswith(f"{self.version}."):
            return ".".join(told.split(".")[:3])
        for path in glob.glob(f"{glob.escape(self.root + self.prefix)}/conda-meta/python-3*.json"):
            return os.path.basename(path).split("-")[1]
        names = (f"bin/python{self.version}", f"lib/libpython{self.version}.so.1.0")
        for name in names:
            found = _version_in(f"{self.root}{self.prefix}/{name}", self.version)
            if found is not None:
                return found
        return None


class Process:
    """A running process, as far as /proc tells."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exe = _link(f"/proc/{pid}/exe")
        self.arguments = [
            part for part in (text_of(f"/proc/{pid}/cmdline") or "").split("\0") if part
        ]
        shown = [self.exe, *self.arguments[:1]]
        self.is_python = any(_PYTHON.match(os.path.basename(name)) for name in shown if name)
        self.root, self.environment = "", {}
        if self.is_python:
            elsewhere = _link(f"/proc/{pid}/ns/mnt") != _link("/proc/self/ns/mnt")
            self.root = f"/proc/{pid}/root" if elsewhere else ""
            pairs = (text_of(f"/proc/{pid}/environ") or "").split("\0")
            self.environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    @property
    def uses_more_than_the_system(self) -> bool:
        """Whether it has libraries loaded that the operating system's packages do not bring."""
        maps = text_of(f"/proc/{self.pid}/maps", 8 << 20) or ""
        return bool(_OWN_FOLDERS.search(maps)) or "PYTHONPATH" in self.environment

    def interpreters(self) -> Iterator[str]:
        """Where its interpreter may lie: as it was called, then what that is a link to."""
        name = self.arguments[0] if self.arguments else ""
        if "/" in name:
            yield os.path.join(_link(f"/proc/{self.pid}/cwd"), name)
        elif name:
            for folder in self.environment.get("PATH", "").split(":"):
                if folder and os.path.exists(f"{self.root}{folder}/{name}"):
                    yield f"{folder}/{name}"
        if self.exe:
            yield self.exe.replace(" (deleted)", "")


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _parent(pid: int) -> int:
    words = (text_of(f"/proc/{pid}/stat") or "").rpartition(") ")[2].split()
    return int(words[1]) if words[1:] else 0


def _up(path: str, levels: int) -> str:
    for _ in range(levels):
        path = os.path.dirname(path)
    return path


def _real_prefix(path: str, root: str) -> str:
    """What an interpreter is a link to; links of a container would lead out of it."""
    return path if root else _up(os.path.realpath(path), 2)


def _config(path: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in (text_of(path) or "").splitlines() if "=" in line)
    return {key.strip().lower(): value.strip() for key, value in pairs}


def _python_path(environment: Mapping[str, str]) -> list[str]:
    return [part for part in environment.get("PYTHONPATH", "").split(":") if part[:1] == "/"]


def _version_in(path: str, version: str) -> str | None:
    """The full version that stands in an interpreter or its library."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BINARY)
    except OSError:
        return None
    found = re.search(rb"\0(" + re.escape(version.encode()) + rb"\.\d{1,2})\+?\0", data)
    return found.group(1).decode() if found else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
