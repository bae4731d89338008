"""Which command gets the source that would decide what is open."""

from __future__ import annotations

from shlex import quote

from triage.bundle.text import visible
from triage.signatures.grade import Graded, Surroundings, entity_keys


def can_be_asked(needs: str, finding: Graded, around: Surroundings) -> bool:
    """No cluster is asked about what nothing says to run in one."""
    if not needs.startswith("kubectl"):
        return True
    of_a_cluster = ("pod", "pod_uid", "namespace")
    return "k8s" in around.families or any(finding.group.entities.get(n) for n in of_a_cluster)


def would_tell(needs: str, finding: Graded, *, again: bool = False) -> str:
    """A command in backticks and where to run it; empty where `needs` is no family of sources.

    `again`: such a source is there, and of another time.
    """
    match needs:
        case "kernel":
            older = "an older kern.log or `journalctl -k -b all`"
            return (older if again else "`dmesg -T` or `journalctl -k`") + _on_machine(finding)
        case "gpu":
            return f"`nvidia-smi -q`{_on_machine(finding)}"
        case "k8s":
            return _described(finding)
        case "python_env":
            return f"`pip freeze`{_on_machine(finding)}"
        case _:
            return ""


def _described(finding: Graded) -> str:
    pods = list(finding.group.entities.get("pod", ()))
    if len(pods) != 1:
        return "`kubectl get events -A`"
    spaces = list(finding.group.entities.get("namespace", ()))
    where = f" -n {quoted(spaces[0])}" if len(spaces) == 1 else ""
    return f"`kubectl describe pod {quoted(pods[0])}{where}`"


def _on_machine(finding: Graded) -> str:
    names = list(entity_keys(finding.group, "node").values())
    return f" on {visible(str(names[0]), 100)}" if len(names) == 1 else ""


def quoted(value: object) -> str:
    """A value in a command that stands in backticks."""
    return quote(visible(str(value), 253)).replace("`", "")
