"""Turns what the children answered into files of the bundle and entries of the manifest."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from triage.collect.manifest import Entry, Status
from triage.collect.masking import copy_masked, copy_plain
from triage.collect.probe import ABSENT, DENIED, TIMED_OUT, Probe
from triage.collect.room import WHY, lack_told
from triage.collect.runner import Outcome

ENVIRONMENTS = "environments.json"
_UNSAFE = re.compile(r"[^\w.@+:=-]+")
_REFUSED = re.compile(
    r"(?i)permission denied|operation not permitted|access denied|not permitted|forbidden"
)
MAX_WHY = 300
MAX_FOUND = 8
"""Processes that are named as those of an environment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one probe said, wherever it ran."""

    probe: Probe
    out: Path
    status: int | None
    seconds: float
    error: str
    cut: str = ""
    """Why it is not whole: the time or the size was used up."""


def answer_of(probe: Probe, outcome: Outcome) -> Answer:
    """Of a child of this machine."""
    cut = "" if outcome.end == "done" else outcome.end
    return Answer(probe, outcome.job.out, outcome.status, outcome.seconds, outcome.error, cut)


class Folder:
    """A machine's folder in the bundle."""

    def __init__(self, bundle: Path, name: str, *, masks: bool, label: str = "") -> None:
        """`label`: tells this machine's Python environments from those of others."""
        self.bundle = bundle
        self.label = label
        self.path = bundle / name
        self.masks = masks
        with suppress(OSError):  # one without room; so say its entries
            self.path.mkdir(parents=True, exist_ok=True)

    def file(self, answer: Answer) -> Entry:
        """Keep an answer, and say how it went."""
        probe = answer.probe
        entry = Entry(probe.file, _status(answer), seconds=round(answer.seconds, 3))
        said = answer.out.stat().st_size if answer.out.is_file() else 0
        if not said and entry.status in {"ok", "cut"}:
            entry.status = "absent" if entry.status == "ok" else "failed"
        entry.why = _why(answer, entry.status)
        with lack_told(lambda: self._keep_half(answer, entry)):
            if entry.status in {"ok", "timeout", "cut", "failed"} and said:
                self._keep(answer, entry)
            if entry.status == "timeout" and probe.hang:
                self._note_hang(answer, entry)
        if entry.status == "denied":
            entry.root_would_add = probe.root
        answer.out.unlink(missing_ok=True)
        return entry

    def _keep_half(self, answer: Answer, entry: Entry) -> None:
        """The room ended, and a copy takes it twice: the first half of an answer may have some."""
        if len(entry.files) == 1 and answer.out.is_file():
            (self.bundle / entry.files.pop()).unlink(missing_ok=True)
            os.truncate(answer.out, answer.out.stat().st_size // 2)
            entry.status, entry.bytes, entry.masked = "cut", 0, 0
            with lack_told():
                self._keep(answer, entry)
        self._note_lack(answer, entry)

    def _note_lack(self, answer: Answer, entry: Entry) -> None:
        """What is there stays, an empty file does not."""
        paths = [self.bundle / name for name in entry.files]
        sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
        for path, size in zip(paths, sizes, strict=True):
            if not size:
                path.unlink(missing_ok=True)
        entry.files = [name for name, size in zip(entry.files, sizes, strict=True) if size]
        entry.bytes = sum(sizes)
        entry.status, entry.why = "cut" if entry.files else "failed", WHY
        for part in answer.out.parent.glob(f"{answer.out.name}.*"):
            part.unlink()

    def _note_hang(self, answer: Answer, entry: Entry) -> None:
        """That a driver does not answer is evidence, so it stands in a file of its own."""
        target = self.path / f"{answer.probe.file.rpartition('.')[0]}-hang.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        said = answer.probe.hang.format(seconds=answer.seconds)
        entry.files.append(target.relative_to(self.bundle).as_posix())
        target.write_text(f"{said}: {entry.why}\n")

    def _keep(self, answer: Answer, entry: Entry) -> None:
        parts: Sequence[tuple[str, Path]] = [(answer.probe.file, answer.out)]
        if answer.probe.file.endswith(ENVIRONMENTS) and entry.status == "ok":
            try:
                parts = _environments(answer.out, self.label)
            except msgspec.MsgspecError as error:
                entry.status, entry.why = "failed", f"an answer of another form: {error}"
        for name, source in parts:
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            entry.files.append(target.relative_to(self.bundle).as_posix())
            with source.open("rb") as file:
                copy = copy_masked if self.masks else copy_plain
                written, masked = copy(file, target)
            entry.bytes += written
            entry.masked += masked
            if source is not answer.out:
                source.unlink()


def safe_name(text: str) -> str:
    """A word for a folder or file, whatever a machine or a user calls it."""
    return _UNSAFE.sub("-", text).strip("-.")[:100] or "unnamed"


def _status(answer: Answer) -> Status:
    if answer.cut in {"too_long", "no_room"}:
        return "cut"
    if answer.cut in {"timeout", "no_time"} or answer.status in TIMED_OUT:
        return "timeout"
    if answer.status == DENIED:
        return "denied"
    if answer.status == ABSENT or (answer.cut == "not_started" and "No such" in answer.error):
        return "absent"
    if answer.status == 0:
        return "ok"
    return "denied" if _REFUSED.search(answer.error) else "failed"


def _why(answer: Answer, status: Status) -> str:
    if status == "ok":
        return " ".join(answer.error.split())[:MAX_WHY]
    said = " ".join(answer.error.split())[-MAX_WHY:]
    if status == "absent":
        return said or answer.probe.absent
    if status == "timeout" and not said:
        return f"no answer within {answer.seconds:.0f} s"
    return said or f"exit status {answer.status}"


class _Report(msgspec.Struct):
    version: str
    pip_version: str
    installed: list[msgspec.Raw]
    environment: dict[str, str]


class _Environment(msgspec.Struct):
    label: str
    report: _Report
    found: list[str] = []
    given: bool = False


class _Environments(msgspec.Struct):
    environments: list[_Environment]
    unread: list[str] = []


def _environments(out: Path, prefix: str) -> Sequence[tuple[str, Path]]:
    """Each environment a file of its own, one package a line, so that evidence has a line.

    Those that were given stand apart: they are meant to be compared, those of neighbors are not.
    Raises `msgspec.MsgspecError` where a machine answers something else.
    """
    answer = msgspec.json.decode(out.read_bytes(), type=_Environments)
    parts: list[tuple[str, Path]] = []
    listing = []
    for number, one in enumerate(answer.environments):
        label = safe_name(f"{prefix}{one.label}")
        place = f"{'environments' if one.given else 'python'}/{label}"
        more = len(one.found) - MAX_FOUND
        why = "; ".join([*one.found[:MAX_FOUND], *([f"and {more} more"] if more > 0 else [])])
        listing.append(f"{place}: {why}")
        rows = b",\n".join(bytes(row) for row in one.report.installed)
        head = {"version": one.report.version, "pip_version": one.report.pip_version}
        markers = msgspec.json.encode(one.report.environment)
        part = out.with_name(f"{out.name}.{number}")
        part.write_bytes(
            b'%b, "installed": [\n%b\n], "environment": %b}\n'
            % (msgspec.json.encode(head)[:-1], rows, markers)
        )
        parts.append((f"{place}/pip-inspect.json", part))
    listing += [f"not read: {text}" for text in answer.unread]
    if listing:
        part = out.with_name(f"{out.name}.found")
        part.write_text("\n".join(listing) + "\n")
        parts.append(("python/found.txt", part))
    return parts
