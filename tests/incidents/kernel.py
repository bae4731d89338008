"""Kernel logs in the forms in which they come, and what the kernel says in a few disasters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import get_args

from tests.incidents.model import At, KernelForm, Row, Source

Said = tuple[float, str]
"""Seconds after the start of the incident, and a message."""


def kernel(
    name: str,
    host: str,
    said: Sequence[Said],
    *,
    form: KernelForm = "kern.log",
    up: float = 81_234.5,
) -> Source:
    """A kernel log. `up` is the uptime in seconds when the incident starts."""

    def rows(at: At) -> list[Row]:
        return [
            (at(second), _line(form, host, at(second), up + second, text)) for second, text in said
        ]

    return Source(
        name,
        host,
        rows,
        more=lambda more: kernel(name, host, more, form=form, up=up),
        forms={
            other: partial(kernel, name, host, said, form=other, up=up)
            for other in get_args(KernelForm)
            if other != form
        },
    )


def _line(form: KernelForm, host: str, when: datetime, uptime: float, text: str) -> str:
    mark = f"[{uptime:12.6f}]"
    if form == "dmesg":
        return f"{mark} {text}"
    if form == "dmesg -T":
        return f"[{when:%a %b} {when.day:2d} {when:%H:%M:%S %Y}] {text}"
    if form == "kern.log":
        return f"{when:%b} {when.day:2d} {when:%H:%M:%S} {host} kernel: {mark} {text}"
    if form == "rfc3339":
        return f"{when:%Y-%m-%dT%H:%M:%S.%f}+00:00 {host} kernel: {mark} {text}"
    if form == "journal short":
        return f"{when:%Y-%m-%dT%H:%M:%S%z} {host} kernel: {text}"
    return json.dumps(
        {
            "__REALTIME_TIMESTAMP": str(round(when.timestamp() * 1_000_000)),
            "__MONOTONIC_TIMESTAMP": str(round(uptime * 1_000_000)),
            "_BOOT_ID": "5f0c7a1e9b3d4c2f8a6e1d0b7c9f2e4a",
            "_HOSTNAME": host,
            "_TRANSPORT": "kernel",
            "SYSLOG_IDENTIFIER": "kernel",
            "PRIORITY": "3",
            "MESSAGE": text,
        }
    )


def pod_slice(uid: str) -> str:
    """The control group of a burstable pod under systemd."""
    return (
        "/kubepods.slice/kubepods-burstable.slice/"
        f"kubepods-burstable-pod{uid.replace('-', '_')}.slice"
    )


def memcg_kill(
    second: float, *, uid: str, container: str, pid: int, process: str, limit_kb: int
) -> list[Said]:
    """A container reaches its memory limit."""
    group = pod_slice(uid)
    inner = f"{group}/cri-containerd-{container}.scope"
    return [
        (
            second,
            f"{process} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968",
        ),
        (
            second + 0.0001,
            f"memory: usage {limit_kb}kB, limit {limit_kb}kB, failcnt 48211",
        ),
        (
            second + 0.0002,
            (
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
                f"cpuset=cri-containerd-{container}.scope,mems_allowed=0-1,oom_memcg={group},"
                f"task_memcg={inner},task={process},pid={pid},uid=0"
            ),
        ),
        (
            second + 0.0003,
            (
                f"Memory cgroup out of memory: Killed process {pid} ({process})"
                f" total-vm:{limit_kb * 2}kB, anon-rss:{limit_kb - 9000}kB, file-rss:8192kB,"
                " shmem-rss:0kB, UID:0 pgtables:26012kB oom_score_adj:968"
            ),
        ),
    ]


def global_kill(second: float, *, pid: int, process: str, rss_kb: int) -> list[Said]:
    """The whole node is out of memory."""
    return [
        (
            second,
            (
                "kswapd0 invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP),"
                " order=0, oom_score_adj=0"
            ),
        ),
        (
            second + 0.0002,
            (
                "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,"
                f"global_oom,task_memcg=/system.slice/slurmd.service,task={process},pid={pid},uid=1207"
            ),
        ),
        (
            second + 0.0003,
            (
                f"Out of memory: Killed process {pid} ({process}) total-vm:{rss_kb * 2}kB,"
                f" anon-rss:{rss_kb}kB, file-rss:2048kB, shmem-rss:0kB, UID:1207 pgtables:90112kB"
                " oom_score_adj:0"
            ),
        ),
    ]


def xid(second: float, gpu: str, code: int, rest: str) -> Said:
    """The driver reports an Xid. `gpu` is an address without its function."""
    return second, f"NVRM: Xid (PCI:{gpu}): {code}, {rest}"
