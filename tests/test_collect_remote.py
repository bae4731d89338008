"""Hosts through ssh and pods through kubectl.

The stand-ins for `ssh` and `kubectl` only carry: the script that they hand on runs in a real shell.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from triage.collect.host_probes import host_probes
from triage.collect.job import Asked, collect
from triage.collect.machine import Answer
from triage.collect.manifest import Manifest
from triage.collect.probe import ABSENT, DENIED, Probe
from triage.collect.shell import Dialogue
from triage.faces.as_json import render
from triage.scanner import scan_paths

SSH = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
case $2 in
  gone*) echo "ssh: connect to host $2 port 22: No route to host" >&2; exit 255;;
  breaks*) head -c 400000 | sh -s | head -n 40; exit 255;;
esac
echo "$2 $3" >> "$CALLS"
exec sh -s
"""
KUBECTL = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  "config current-context") echo lab;;
  *"get pods"*"-o json"*) cat "$PODS";;
  *"get events"*) echo '{"items": [], "kind": "List", "apiVersion": "v1"}';;
  *"get pods"*) echo 'No resources found';;
  *"get nodes"*) echo 'Error from server (Forbidden): nodes is forbidden' >&2; exit 1;;
  *describe*) echo "Name:         ranker-7d9f4c6b8-x2x5q";;
  *logs*--previous*)
    echo "2026-03-02T10:00:00.000000000Z Traceback (most recent call last):"
    echo '2026-03-02T10:00:00.000000000Z   File "/srv/serve.py", line 41, in load'
    echo "2026-03-02T10:00:00.000000000Z MemoryError";;
  *logs*) echo "2026-03-02T10:05:00.000000000Z ready, $TOKEN";;
  exec*) exec sh -s;;
esac
"""
UID = "3f0c7a52-5f4f-4d8e-9d0b-0c4f6f0f1a11"
POD = {
    "metadata": {"name": "ranker-7d9f4c6b8-x2x5q", "namespace": "ml", "uid": UID},
    "spec": {"containers": [{"name": "serve"}, {"name": "sidecar"}]},
    "status": {
        "containerStatuses": [
            {"name": "serve", "restartCount": 2, "state": {"running": {}}},
            {"name": "sidecar", "restartCount": 0, "state": {"waiting": {}}},
        ]
    },
}

Asking = Callable[..., tuple[Path, Manifest]]


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Collect into a folder, with stand-ins that carry."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("ssh", SSH), ("kubectl", KUBECTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": [POD]}))
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("TOKEN", "token hf_abcdefghijklmnopqrstuvwxyz0123456789")
    monkeypatch.setenv("PODS", str(tmp_path / "pods.json"))

    def ask(**asked: Any) -> tuple[Path, Manifest]:  # noqa: ANN401  the fields of Asked
        bundle, raw = tmp_path / "bundle", tmp_path / "raw"
        bundle.mkdir()
        raw.mkdir()
        return bundle, collect(Asked(**asked), bundle, raw)

    return ask


def test_hosts_have_a_folder_each_and_need_only_a_shell(asking: Asking, tmp_path: Path) -> None:
    bundle, manifest = asking(hosts=("gpu-a07", "ops@gpu-a08"), sudo=True)

    machines = {machine.name: machine for machine in manifest.machines}
    calls = sorted((tmp_path / "calls").read_text().splitlines())
    assert calls == ["gpu-a07 sudo -n sh -s", "ops@gpu-a08 sudo -n sh -s"]
    assert [machine.folder for machine in machines.values()] == ["nodes/gpu-a07", "nodes/gpu-a08"]
    for machine in machines.values():
        entries = {entry.source: entry for entry in machine.entries}
        assert machine.root is (os.geteuid() == 0)
        assert entries["memory/memory.txt"].status == "ok"
        assert entries["gpu/amd.json"].status == "absent"
        assert "MemTotal" in (bundle / machine.folder / "memory/memory.txt").read_text()


def test_environments_of_two_hosts_keep_their_names_apart(asking: Asking) -> None:
    bundle, _ = asking(
        hosts=("gpu-a07", "gpu-a08"), groups=frozenset({"python"}), python=(sys.prefix,)
    )

    folders = [path.parent.name for path in bundle.rglob("pip-inspect.json")]
    assert len(folders) == len(set(folders))
    assert {folder[:8] for folder in folders} == {"gpu-a07-", "gpu-a08-"}


def test_logs_are_those_of_whoever_is_asked(asking: Asking, tmp_path: Path) -> None:
    log, folder = tmp_path / "it's a log", tmp_path / "logs"
    folder.mkdir()
    log.write_text("token hf_abcdefghijklmnopqrstuvwxyz0123456789\n")
    (folder / "a.log.gz").write_bytes(gzip.compress(b"packed\n"))
    named = (str(log), str(folder), "/no/such.log")

    bundle, manifest = asking(hosts=("gpu-a07",), groups=frozenset({"none"}), logs=named)

    entries = manifest.machines[0].entries
    texts = [(bundle / file).read_text() for entry in entries for file in entry.files]
    assert sorted(entry.status for entry in entries) == ["absent", "ok", "ok"]
    assert any(text == "token [masked]\n" for text in texts)
    assert any(text == f"==> {folder}/a.log.gz <==\npacked\n\n" for text in texts)


def test_two_names_of_one_folder_do_not_overwrite_each_other(asking: Asking) -> None:
    _, manifest = asking(hosts=("a@gpu-a07", "b@gpu-a07"), groups=frozenset({"memory"}))

    folders = [machine.folder for machine in manifest.machines]
    assert folders == ["nodes/gpu-a07", "nodes/gpu-a07-2"]


def test_a_host_that_cannot_be_reached_does_not_cost_the_others(asking: Asking) -> None:
    _, manifest = asking(hosts=("gone-1", "gpu-a07"), groups=frozenset({"memory"}))

    gone, there = manifest.machines
    assert [(entry.status, "No route" in entry.why) for entry in gone.entries] == [("failed", True)]
    assert {entry.source: entry.status for entry in there.entries}["memory/memory.txt"] == "ok"


def test_what_came_before_a_break_is_kept(asking: Asking) -> None:
    bundle, manifest = asking(hosts=("breaks-1",), groups=frozenset({"system"}))

    statuses = {entry.source: entry.status for entry in manifest.machines[0].entries}
    assert statuses["shell"] == "failed"
    assert "failed" in {status for source, status in statuses.items() if source != "shell"}
    assert (bundle / "nodes/breaks-1/system/clock.txt").stat().st_size


def test_a_name_that_is_an_option_is_refused(triage: Callable[..., Any], tmp_path: Path) -> None:
    result = triage("collect", "-o", tmp_path / "x.tar", "--host=-oProxyCommand=touch /tmp/x")

    assert result.returncode == 2
    assert "is no host" in result.stderr


def test_a_pod_gives_its_logs_before_and_after_the_restart(asking: Asking, tmp_path: Path) -> None:
    bundle, manifest = asking(pods=("app=ranker",), namespace="ml")

    pod = bundle / f"pods/ml_ranker-7d9f4c6b8-x2x5q_{UID}"
    calls = (tmp_path / "calls").read_text()
    nodes = next(entry for entry in manifest.entries() if entry.source == "cluster/nodes.txt")
    assert "MemoryError" in (pod / "serve/previous.log").read_text()
    assert (pod / "serve/0.log").read_text().endswith("ready, token [masked]\n")
    assert not (pod / "sidecar/previous.log").exists()
    assert "get pods -n ml -l app=ranker -o json" in calls
    assert "exec -i -n ml ranker-7d9f4c6b8-x2x5q -c serve -- sh -s" in calls
    assert "-c sidecar -- sh" not in calls
    assert "MemTotal" in (pod / "serve/memory-memory.txt").read_text()
    assert (nodes.status, "forbidden" in nodes.why) == ("denied", True)


def test_a_pod_of_a_bundle_is_known_by_its_path(asking: Asking) -> None:
    bundle, _ = asking(pods=("ml/ranker-7d9f4c6b8-x2x5q",), groups=frozenset({"kubernetes"}))

    answer = json.loads(render(scan_paths([bundle]).answer))

    found = {finding["id"]: finding["entities"] for finding in answer["findings"]}
    assert ["ranker-7d9f4c6b8-x2x5q"] in [entities.get("pod") for entities in found.values()]


def test_no_pod_of_that_name_is_said(asking: Asking, tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text('{"kind": "List", "items": []}')

    _, manifest = asking(pods=("app=none",), groups=frozenset({"none"}))

    assert [entry.why for entry in manifest.entries()] == ["no pod has this name or label"]


def dialogue(
    *probes: Probe, environment: dict[str, str] | None = None, folder: Path
) -> list[Answer]:
    """What a shell answers to the script of these probes."""
    talk = Dialogue.of(probes)
    done = subprocess.run(
        ["sh", "-s"], input=talk.script(), capture_output=True, check=True, env=environment
    )
    answers = talk.read(io.BytesIO(done.stdout), folder)
    return [answer for answer in answers if isinstance(answer, Answer)]


def test_the_stream_keeps_bytes_statuses_and_errors(tmp_path: Path) -> None:
    answers = dialogue(
        Probe("a", "system", "printf 'no line end'; echo oops >&2"),
        Probe("b", "system", f"exit {ABSENT}"),
        Probe("c", "system", f"echo 'not you' >&2; exit {DENIED}"),
        Probe("d", "system", r"printf '\377\000\n\n@@forged end 0 0\n'; cat"),
        folder=tmp_path,
    )

    assert [answer.status for answer in answers] == [0, ABSENT, DENIED, 0]
    assert [answer.out.read_bytes() for answer in answers] == [
        b"no line end",
        b"",
        b"",
        b"\xff\x00\n\n@@forged end 0 0\n",
    ]
    assert [answer.error for answer in answers] == ["oops", "", "not you", ""]


def test_a_machine_that_lies_writes_nowhere_else(tmp_path: Path) -> None:
    """It knows the word, because the script holds it."""
    talk = Dialogue.of([Probe("a", "system"), Probe("b", "system")])
    home = tmp_path / "home"
    home.mkdir()
    said = "\n".join(
        f"{talk.word} {text}"
        for text in (
            "ask ../escaped",
            "ask 7",
            "end 0 0",
            "ask 0",
            "ask 1",
            "end x y",
            "end 3 1",
            "bye",
        )
    )

    answers = list(talk.read(io.BytesIO(said.encode()), home))

    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [3]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["0", "home"]


def test_environments_in_another_form_are_a_failure_of_that_source_alone(
    asking: Asking, tmp_path: Path
) -> None:
    (tmp_path / "tools" / "python3").write_text("#!/bin/sh\necho '{\"environments\": 3}'\n")
    (tmp_path / "tools" / "python3").chmod(0o755)

    _, manifest = asking(hosts=("gpu-a07",), groups=frozenset({"python", "memory"}))

    statuses = {entry.source: entry.status for entry in manifest.entries()}
    assert statuses["python/environments.json"] == "failed"
    assert statuses["memory/memory.txt"] == "ok"


def test_a_probe_that_hangs_over_there_is_ended_there(tmp_path: Path) -> None:
    answers = dialogue(
        Probe("a", "system", "echo begun; sleep 60", seconds=1),
        Probe("b", "system", "echo after"),
        folder=tmp_path,
    )

    assert answers[0].status in {124, 137}
    assert answers[0].out.read_text() == "begun\n"
    assert answers[1].out.read_text() == "after\n"


def test_a_machine_without_python_still_gives_its_kernel_log(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "sed", "date", "id", "hostname", "cat", "timeout"):
        (tools / name).symlink_to(shutil.which(name) or "/nowhere")
    (tools / "dmesg").write_text("#!/bin/sh\necho '<6>[    1.000000] Linux version 6.1'\n")
    (tools / "dmesg").chmod(0o755)
    probes = [probe for probe in host_probes("-2h", (), ()) if probe.program]
    kernel, python = dialogue(*probes, environment={"PATH": str(tools)}, folder=tmp_path)

    lines = kernel.out.read_text().splitlines()
    assert lines[0] == "<6>[    1.000000] Linux version 6.1"
    assert lines[1].endswith("end of the kernel's log")
    assert python.status == ABSENT
