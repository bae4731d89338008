"""What a cgroup's counters say of its limits on CPU time and on tasks.

Version 2: `cpu.max`, `cpu.stat` (`nr_periods`, `nr_throttled`, `throttled_usec`), `pids.max`,
`pids.current`, `pids.events`. Version 1: `cpu.cfs_quota_us`, `cpu.cfs_period_us`, `cpu.stat` with
`throttled_time` in nanoseconds. All count from the moment the cgroup was made.
- `cgroup.cpu`: `limit_cpus`, `periods`, `throttled`, `percent` (of the periods that had work, in
  which all of the allowed time was used up), `waited_s` (added up over its CPUs). A cgroup without
  a limit has no periods, and gives none.
- `cgroup.pids`: `limit`, `current` and `refused`, how often a process or thread was not allowed; it
  is given where that happened.

No parser stands here; `memory_files` reads the files. Source: cgroup-v2.rst and
scheduler/sched-bwc.rst of the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from triage.events import Fields

KINDS = ("cgroup.cpu", "cgroup.pids")
NO_LIMIT = 1 << 60
MICRO, NANO = 1e6, 1e9


def told(values: Mapping[str, int]) -> Iterator[tuple[str, Fields]]:
    """Kind and fields of each event. `values`: by file, or `file/name` where it holds several."""
    periods = values.get("cpu.stat/nr_periods", 0)
    if periods:
        yield "cgroup.cpu", _cpu(values, periods)
    refused = values.get("pids.events/max", 0)
    if refused:
        limit = values.get("pids.max", NO_LIMIT)
        yield (
            "cgroup.pids",
            {
                "limit": limit if limit < NO_LIMIT else None,
                "current": values.get("pids.current"),
                "refused": refused,
            },
        )


def _cpu(values: Mapping[str, int], periods: int) -> Fields:
    quota = values.get("cpu.max/quota", values.get("cpu.cfs_quota_us"))
    period = values.get("cpu.max/period", values.get("cpu.cfs_period_us"))
    waited = values.get("cpu.stat/throttled_usec", 0) / MICRO
    waited += values.get("cpu.stat/throttled_time", 0) / NANO
    throttled = values.get("cpu.stat/nr_throttled", 0)
    return {
        "limit_cpus": round(quota / period, 2) if quota and period else None,
        "periods": periods,
        "throttled": throttled,
        "percent": round(100 * throttled / periods, 1),
        "waited_s": round(waited, 1),
    }
