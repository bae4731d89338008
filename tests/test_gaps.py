"""An answer says why a source is missing, where the bundle's manifest knows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from triage.answer import Answer
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
KILLED = "RuntimeError: DataLoader worker (pid 40112) is killed by signal: Killed.\n"


def manifest(*machines: dict[str, Any]) -> str:
    return json.dumps({"schema": "triage.collect/1", "machines": machines}, indent=2)


def machine(name: str, how: str = "local", *, root: bool = False, **entry: str) -> dict[str, Any]:
    asked = {"source": "kernel/dmesg.txt", "status": "denied", "why": "not permitted", **entry}
    return {"name": name, "how": how, "root": root, "entries": [asked]}


def scan(*machines: dict[str, Any], log: str = KILLED) -> Answer:
    files = {"train.log": log, "MANIFEST.json": manifest(*machines)}
    return scan_texts(files, KNOWLEDGE)


def why(answer: Answer, name: str = "oom_kill") -> str:
    return {one.id: one.why for one in answer.undecided}[name]


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        (machine("gpu-1"), "`sudo triage collect` would get it"),
        (machine("gpu-1", root=True), "`sudo triage collect` on the node, outside the container"),
        (machine("root@gpu-1", "ssh"), "`triage collect --sudo --host root@gpu-1` would get it"),
        (machine("gpu 1; id", "ssh"), "--host 'gpu 1; id'"),
        (machine("ml/infer-0", "kubectl"), "on the pod's node"),
    ],
)
def test_a_denied_kernel_log_is_told_with_the_call_that_gets_it(
    asked: dict[str, Any], call: str
) -> None:
    told = why(scan(asked))

    assert "kernel/dmesg.txt was denied on" in told
    assert call in told


def test_a_source_that_gave_no_answer_is_told_with_its_reason() -> None:
    asked = machine("gpu-1", status="timeout", why="no answer within 10 s (state D)")

    assert "gave no answer on gpu-1 (no answer within 10 s (state D))" in why(scan(asked))


def test_many_machines_are_told_in_one_sentence() -> None:
    told = why(scan(*(machine(f"gpu-{number}", "ssh") for number in range(6))))

    assert "denied on gpu-0, gpu-1, gpu-2 and 3 more when" in told


def test_a_clean_answer_says_what_could_not_be_seen() -> None:
    answer = scan(machine("gpu-1"), log="INFO all is well\n")

    assert answer.verdict.status == "clean"
    assert "OOM kills, Xids, disk and link errors would stand there" in why(answer, "kernel_log")


def test_a_clean_answer_over_a_whole_bundle_leaves_nothing_open() -> None:
    answer = scan(machine("gpu-1", status="ok"), log="INFO all is well\n")

    assert not answer.undecided


def test_a_hostile_manifest_is_shown_harmlessly() -> None:
    told = why(scan(machine("\x1b[2J\u202e", status="failed", why="a\nb\x1b[31m")))

    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\n" not in told


def kernel_log(host: str) -> str:
    return "".join(
        f"2025-04-02T{hour}:00:00+00:00 {host} kernel: [ 902.113377] usb 1-1: new device found\n"
        for hour in ("09", "10", "11")
    )


@pytest.mark.parametrize(("of", "clears"), [("gpu-a", False), ("gpu-b", True)])
def test_the_kernel_log_of_another_machine_clears_nobody(of: str, *, clears: bool) -> None:
    answer = scan_texts(
        {
            f"nodes/{of}/kernel/dmesg.txt": kernel_log(of),
            "nodes/gpu-b/logs/train.log": f"2025-04-02T10:00:01Z ERROR trainer {KILLED}",
        },
        KNOWLEDGE,
    )

    open_ = {one.id: one.why for one in answer.undecided}
    assert ("out_of_memory" in {one.id for one in answer.ruled_out}) is clears
    assert ("no kernel log of gpu-b in the bundle" in open_.get("oom_kill", "")) is not clears
