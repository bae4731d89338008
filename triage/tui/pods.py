"""Pods: the newest that is known of each, their containers, and how these ended the last time."""

from __future__ import annotations

from collections.abc import Sequence

from triage.answer import Answer
from triage.events import Value
from triage.timeline.query import OpenCase
from triage.tui.grid import Cell, Tone, cell
from triage.tui.inventory import Inventory, Row, Table, rows_of, shaped

POD = ("ts", "loc", "namespace", "pod", "node", "status", "reason", "ready", "restarts", "age")
CONTAINER = (
    "ts", "loc", "namespace", "pod", "container", "node", "image", "state", "state_reason",
    "last_state", "last_reason", "waiting_reason", "exit_code", "signal", "started_at",
    "finished_at", "ready", "restarts", "limits_memory", "limits_cpu", "limits_gpu",
    "requests_memory", "requests_cpu", "liveness", "readiness",
)  # fmt: skip
FINE = frozenset(("Running", "Completed", "Succeeded", "True"))
NOTHING = "no pod is in the bundle: kubectl get pods -o wide and kubectl describe pod would tell"


def pods(case: OpenCase, answer: Answer) -> Inventory:
    """A row a pod; below its containers. Raises `CaseError`."""
    by_pod: dict[tuple[Value, Value], list[Row]] = {}
    containers: dict[tuple[Value, Value], list[Row]] = {}
    for row in rows_of(case, "pods", POD):
        by_pod.setdefault((row["namespace"], row["pod"]), []).append(row)
    for row in rows_of(case, "containers", CONTAINER):
        containers.setdefault((row["namespace"], row["pod"]), []).append(row)
    keys = list(dict.fromkeys([*by_pod, *containers]))
    newest = {key: _newest(POD, by_pod.get(key, ())) for key in keys}
    keys.sort(key=lambda key: (-_trouble(newest[key], containers.get(key, ())), str(key)))
    ranks = {
        str(value): finding.rank
        for finding in reversed(answer.findings)
        for value in finding.entities.get("pod", [])
    }
    restarted = sum(bool(newest[key]["restarts"]) for key in keys)
    return Inventory(
        f"{len(keys)} pod{'s' * (len(keys) != 1)}, {restarted} restarted",
        shaped(
            [
                "pod",
                "namespace",
                "status",
                "ready",
                "restarts",
                "last ended",
                "node",
                "age",
                "where",
            ],
            [_pod(key, newest[key], containers.get(key, ())) for key in keys],
        ),
        [_containers(key, containers.get(key, ())) for key in keys],
        [("pod", pod) if pod else None for _, pod in keys],
        [ranks.get(str(pod)) for _, pod in keys],
        empty=NOTHING,
    )


def _newest(columns: Sequence[str], rows: Sequence[Row]) -> Row:
    known: Row = dict.fromkeys(columns)
    for row in rows:
        known |= {name: value for name, value in row.items() if value is not None}
    return known


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _trouble(pod: Row, containers: Sequence[Row]) -> int:
    """What should be looked at first."""
    odd = pod["status"] is not None and pod["status"] not in FINE
    restarts = max([_number(pod["restarts"]), *(_number(one["restarts"]) for one in containers)])
    return 1_000_000 * odd + restarts


def _pod(key: tuple[Value, Value], pod: Row, containers: Sequence[Row]) -> list[Cell]:
    namespace, name = key
    status = pod["status"] if pod["reason"] is None else f"{pod['status']} ({pod['reason']})"
    odd: Tone = "" if pod["status"] in FINE or pod["status"] is None else "bad"
    restarts = pod["restarts"]
    if restarts is None and containers:
        restarts = max(_number(one["restarts"]) for one in containers)
    return [
        cell(name), cell(namespace, "dim"), cell(status, odd), cell(pod["ready"]),
        cell(restarts, "warn" if restarts else ""), cell("; ".join(_endings(containers)), "bad"),
        cell(pod["node"]), cell(pod["age"]), cell(pod["loc"], "dim"),
    ]  # fmt: skip


def _endings(containers: Sequence[Row]) -> list[str]:
    """How each container ended the last time: `server Error (137)`."""
    said = []
    for one in containers:
        reason = one["last_reason"] or one["waiting_reason"] or one["state_reason"]
        code = "" if one["exit_code"] is None else f" ({one['exit_code']})"
        if reason or _number(one["exit_code"]):
            said.append(f"{one['container']} {reason or 'ended'}{code}")
    return list(dict.fromkeys(said))


def _containers(key: tuple[Value, Value], containers: Sequence[Row]) -> tuple[str, Table]:
    heads = [
        "container", "state", "last state", "exit", "signal", "restarts", "ready", "started",
        "finished", "limits", "requests", "image", "liveness", "readiness", "where",
    ]  # fmt: skip
    return f"containers of {key[1]}", shaped(heads, [_container(one) for one in containers])


def _container(one: Row) -> list[Cell]:
    bad: Tone = "bad" if one["last_reason"] not in {None, "Completed"} else ""
    waits: Tone = "bad" if one["waiting_reason"] else ""
    return [
        cell(one["container"]), cell(_both(one["state"], one["state_reason"]), waits),
        cell(_both(one["last_state"], one["last_reason"]), bad),
        cell(one["exit_code"], "bad" if one["exit_code"] else ""), cell(one["signal"]),
        cell(one["restarts"], "warn" if one["restarts"] else ""), cell(one["ready"]),
        cell(one["started_at"]), cell(one["finished_at"]),
        cell(_sizes(one, "limits_memory", "limits_cpu", "limits_gpu")),
        cell(_sizes(one, "requests_memory", "requests_cpu")), cell(one["image"]),
        cell(one["liveness"]), cell(one["readiness"]), cell(one["loc"], "dim"),
    ]  # fmt: skip


def _both(state: Value, reason: Value) -> str:
    if state is None:
        return str(reason or "")
    return str(state) if reason is None else f"{state} ({reason})"


def _sizes(one: Row, *names: str) -> str:
    units = {"memory": "", "cpu": " cpu", "gpu": " gpu"}
    return ", ".join(
        f"{one[name]}{units[name.rpartition('_')[2]]}" for name in names if one[name] is not None
    )
