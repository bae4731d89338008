"""One call of `triage collect`: whom it asks, and the folder that becomes the bundle."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from triage.collect import kube
from triage.collect.gpu_probes import gpu_probes
from triage.collect.host_probes import host_probes, log_probes
from triage.collect.machine import Answer, Folder, answer_of, safe_name
from triage.collect.manifest import Entry, Machine, Manifest, now
from triage.collect.probe import Probe
from triage.collect.room import WHY, lack_told, reserved
from triage.collect.runner import AT_ONCE, Job, Outcome, run_all
from triage.collect.shell import Dialogue
from triage.errors import UsageError
from triage.own_process import own_module
from triage.secrets import mask

SECONDS = 60.0
AT_ONCE_ELSEWHERE = 64
"""Calls that wait for other machines cost this one little, and a few that hang must not hold up the
rest."""
LOGS = "logs"
Told = Callable[[str], None]
Handler = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call asks for."""

    hosts: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    """Selectors."""
    namespace: str | None = None
    logs: tuple[str, ...] = ()
    """Of whoever is asked: paths of this machine, on the hosts, or in the containers."""
    python: tuple[str, ...] = ()
    """Environments beside the active one and those of running processes."""
    since: str = "-2h"
    """For the journal, in its own words."""
    groups: frozenset[str] = frozenset()
    """Of `triage.collect.probe.GROUPS`; all where empty."""
    sudo: bool = False
    """On the hosts, without a password."""
    masks: bool = True
    seconds: float = SECONDS
    """For everything together."""
    words: tuple[str, ...] = ()
    """The words of the call, for the manifest."""


@dataclass(slots=True)
class Collection:
    """Fills a folder. Use `collect`."""

    asked: Asked
    bundle: Path
    raw: Path
    """For what was not yet masked; gone when all is done."""
    told: Told
    deadline: float
    manifest: Manifest
    jobs: list[Job] = field(default_factory=list)
    handlers: dict[str, Handler] = field(default_factory=dict)

    def run(self) -> None:
        """Everything that was asked."""
        if not self.asked.hosts and not self.asked.pods:
            self._plan_local()
            self._plan_logs()
        for host in self.asked.hosts:
            self._plan_host(host)
        if self._wants("kubernetes") and not self.asked.hosts:
            self._plan_cluster()
        for selector in self.asked.pods:
            self._plan_pods(selector)
        while self.jobs:
            jobs, self.jobs = self.jobs, []
            elsewhere = self.asked.hosts or self.asked.pods
            at_once = AT_ONCE_ELSEWHERE if elsewhere else AT_ONCE
            crowded = []
            for outcome in run_all(jobs, self.deadline, at_once, self.told):
                left = self.deadline - time.monotonic()
                if outcome.end == "no_room" and left > 2 * outcome.seconds:
                    outcome.job.out.unlink(missing_ok=True)
                    crowded.append(outcome.job)
                else:
                    self.handlers.pop(outcome.job.name)(outcome)
            # One that filled the disk left no room to those beside it; alone they have some.
            for outcome in run_all(crowded, self.deadline, 1, self.told):
                self.handlers.pop(outcome.job.name)(outcome)

    def _wants(self, group: str) -> bool:
        return not self.asked.groups or group in self.asked.groups

    def _wanted(self, probes: Iterable[Probe]) -> list[Probe]:
        return [probe for probe in probes if self._wants(probe.group)]

    def _add(
        self,
        name: str,
        command: list[str],
        handler: Handler,
        *,
        seconds: float | None = None,
        stdin: bytes | None = None,
    ) -> None:
        out = self.raw / f"{len(self.handlers)}-{safe_name(name)}"
        limit = self.asked.seconds if seconds is None else seconds
        self.jobs.append(Job(name, command, out, limit, stdin, {"LC_ALL": "C.UTF-8"}))
        self.handlers[name] = handler

    def _machine(self, machine: Machine, label: str = "") -> Folder:
        self.manifest.machines.append(machine)
        return Folder(self.bundle, machine.folder, masks=self.asked.masks, label=label)

    def _plan_local(self) -> None:
        name = socket.gethostname()
        machine = Machine(name, "local", f"nodes/{safe_name(name)}", root=os.geteuid() == 0)
        folder = self._machine(machine)
        probes = host_probes(self.asked.since, self.asked.python, (os.getpid(),))
        for probe in self._wanted([*probes, *gpu_probes(library=True)]):
            self._ask(probe, folder, machine)

    def _plan_cluster(self) -> None:
        machine = Machine("cluster", "kubectl", ".")
        folder = self._machine(machine)
        for probe in kube.cluster_probes(self.asked.namespace):
            self._ask(probe, folder, machine)

    def _ask(self, probe: Probe, folder: Folder, machine: Machine) -> None:
        def handle(outcome: Outcome) -> None:
            entry = folder.file(answer_of(probe, outcome))
            machine.entries.append(entry)

        self._add(probe.file, probe.command(), handle, seconds=probe.seconds)

    def _plan_host(self, host: str) -> None:
        if host.startswith("-") or not host.strip():
            raise UsageError(f"{host!r} is no host")
        name = host.rpartition("@")[2]
        place = f"nodes/{safe_name(name)}"
        twins = sum(machine.folder.startswith(place) for machine in self.manifest.machines)
        machine = Machine(host, "ssh", f"{place}-{twins + 1}" if twins else place)
        folder = self._machine(machine, f"{name}-")
        probes = host_probes(self.asked.since, self.asked.python, ())
        probes = [
            *self._wanted([*probes, *gpu_probes(library=False)]),
            *log_probes(self.asked.logs),
        ]
        shell = "sudo -n sh -s" if self.asked.sudo else "sh -s"
        options = ("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
        command = ["ssh", *options, "--", host, shell]
        self._talk(f"host {host}", command, probes, folder, machine)

    def _talk(
        self,
        name: str,
        command: list[str],
        probes: list[Probe],
        folder: Folder,
        machine: Machine,
        *,
        prefix: str = "",
    ) -> None:
        dialogue = Dialogue.of(probes)

        def handle(outcome: Outcome) -> None:
            heard = False
            parts = outcome.job.out.with_name(f"{outcome.job.out.name}.parts")
            lack = Entry(f"{prefix}shell", "failed", WHY, seconds=round(outcome.seconds, 3))
            with lack_told(lambda: machine.entries.append(lack)):
                parts.mkdir()
                outcome.job.out.touch()  # one that had no time left was never started
                if outcome.end == "no_room":  # it lies here three times while it is taken apart
                    os.truncate(outcome.job.out, outcome.job.out.stat().st_size // 3)
                with outcome.job.out.open("rb") as stream:
                    for answer in dialogue.read(stream, parts):
                        heard = True
                        if isinstance(answer, Answer):
                            entry = folder.file(answer)
                            entry.source = prefix + entry.source
                            machine.entries.append(entry)
                        else:
                            machine.root = "uid=0\n" in answer
            outcome.job.out.unlink(missing_ok=True)
            shutil.rmtree(parts, ignore_errors=True)
            broken = outcome.end != "done" or outcome.status != 0
            if (broken or not heard) and lack not in machine.entries:
                machine.entries.append(_failure(f"{prefix}shell", outcome))

        self._add(name, command, handle, stdin=dialogue.script())

    def _plan_pods(self, selector: str) -> None:
        machine = Machine(selector, "kubectl", "pods")
        self.manifest.machines.append(machine)

        def handle(outcome: Outcome) -> None:
            pods: list[kube.Pod] = []
            failure = _failure("pods", outcome)
            if outcome.end == "done" and outcome.status == 0:
                try:
                    pods = kube.pods_of(outcome.job.out)
                    failure.why = "no pod has this name or label"
                except (msgspec.MsgspecError, KeyError, AttributeError, TypeError) as error:
                    failure.why = f"kubectl answered something else: {error}"
            outcome.job.out.unlink(missing_ok=True)
            if not pods:
                machine.entries.append(failure)
            for pod in pods:
                self._plan_pod(pod)

        command = kube.query(selector, self.asked.namespace)
        self._add(f"pods {selector}", command, handle, seconds=kube.SECONDS)

    def _plan_pod(self, pod: kube.Pod) -> None:
        name = f"{pod.namespace}/{pod.name}"
        if any(machine.folder == pod.folder for machine in self.manifest.machines):
            return
        machine = Machine(name, "kubectl", pod.folder)
        folder = self._machine(machine)
        for file, command in kube.pod_commands(pod):
            probe = Probe(file, "kubernetes")

            def handle(outcome: Outcome, probe: Probe = probe) -> None:
                machine.entries.append(folder.file(answer_of(probe, outcome)))

            self._add(f"{name} {file}", command, handle, seconds=kube.SECONDS)
        for container, runs, _ in pod.containers:
            if runs:
                probes = kube.inside_probes(self.asked.since, self.asked.python)
                place = Folder(
                    self.bundle,
                    f"{pod.folder}/{container}",
                    masks=self.asked.masks,
                    label=f"{pod.name}-{container}-",
                )
                command = kube.inside(pod, container)
                named = log_probes(self.asked.logs)
                wanted = [*self._wanted(probes), *map(kube.beside, named)]
                talk = f"{name} {container}"
                self._talk(talk, command, wanted, place, machine, prefix=f"{container}/")

    def _plan_logs(self) -> None:
        if not self.asked.logs:
            return
        machine = Machine("logs", "local", LOGS, root=os.geteuid() == 0)
        self.manifest.machines.append(machine)
        for path in self.asked.logs:
            place = Path(os.path.abspath(path))  # noqa: PTH100  `resolve` would follow links
            target = self.bundle / LOGS / "/".join(map(safe_name, place.parent.parts[1:]))
            if place.is_dir():
                target /= safe_name(place.name)
            plain = () if self.asked.masks else ("--plain",)
            command = own_module("triage.collect.logs", *plain, "--", str(place))

            def handle(outcome: Outcome, path: str = path, target: Path = target) -> None:
                machine.entries.append(_logs(path, target, self.bundle, outcome))

            self._add(f"log {path}", [*command, str(target)], handle)


def collect(asked: Asked, bundle: Path, raw: Path, told: Told = lambda _: None) -> Manifest:
    """Ask everybody, fill `bundle`, and give the manifest, which is written there too.

    `raw` is an empty folder for what is not masked yet. Raises `UsageError` on a wrong name.
    """
    started = time.monotonic()
    manifest = Manifest(list(asked.words), now(), masked=asked.masks)
    with reserved(raw):
        Collection(asked, bundle, raw, told, started + asked.seconds, manifest).run()
    manifest.finished = now()
    manifest.seconds = round(time.monotonic() - started, 3)
    for machine in manifest.machines:
        machine.entries.sort(key=lambda entry: entry.source)
    if asked.masks:
        manifest.asked = list(map(mask, manifest.asked))
        for entry in manifest.entries():
            entry.why = mask(entry.why)
    manifest.write(bundle)
    return manifest


def _failure(source: str, outcome: Outcome) -> Entry:
    status = "timeout" if outcome.end in {"timeout", "no_time"} else "failed"
    why = " ".join(outcome.error.split()) or f"exit status {outcome.status}"
    return Entry(source, status, why, seconds=round(outcome.seconds, 3))  # type: ignore[arg-type]


class _Progress(msgspec.Struct):
    """A line of what `triage.collect.logs` says."""

    begun: str | None = None
    """The log that is being copied; empty when none is."""
    done: tuple[str, int, int, int] | None = None
    notes: list[str] = []


def _logs(path: str, target: Path, bundle: Path, outcome: Outcome) -> Entry:
    """The entry of a log: what the child says that it copied, be it in time or not."""
    entry = _failure(path, outcome)
    whole = outcome.end == "done" and outcome.status == 0
    base = target.relative_to(bundle).as_posix()
    begun, notes = "", []
    for line in outcome.job.out.read_bytes().split(b"\n") if outcome.job.out.exists() else ():
        try:
            said = msgspec.json.decode(line, type=_Progress)
        except msgspec.MsgspecError:
            continue  # the last line of one that was killed
        begun = said.begun if said.begun is not None else begun
        notes += said.notes
        if said.done is not None:
            name, size, masked, cut = said.done
            entry.files.append(f"{base}/{name}")
            entry.bytes += size
            entry.masked += masked
            notes += [f"{name}: the first {cut} bytes were left out"] if cut else []
    outcome.job.out.unlink(missing_ok=True)
    if begun:
        (target / begun).unlink(missing_ok=True)
        notes.append(f"{begun}: not copied, and what comes after it")
    if whole:
        entry.status, entry.why = "cut" if notes else "ok", ""
        if not entry.files:
            entry.status = "failed"
            notes.append("nothing readable in it")
    entry.why = "; ".join([*([entry.why] if entry.why else []), *notes])[:1000]
    return entry
