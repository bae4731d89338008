"""Limits of the host that the kernel says were hit: files, processes, clocks, heat.

Kind `kernel.limit`; `what` is file_max, pids, clock_unstable, cpu_throttled or slab_alloc (a slab
got no page, mostly for a cgroup's kernel memory limit).
`file_max` is the system-wide table (errno 23); a process's own limit (errno 24) is never in the
kernel log. `pids` is told once per cgroup; the path names pod and container.
Sources: fs/file_table.c, kernel/cgroup/pids.c, kernel/time/clocksource.c, therm_throt.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample
from triage.patterns import Pattern, compiled
from triage_parsers.cgroup_path import identity_of
from triage_parsers.kernel_dump import believed, kernel_event, named

RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        ("file_max", r"file-max limit (?P<limit>\d+) reached"),
        ("pids", r"fork rejected by pids controller in (?P<cgroup>\S+)"),
        (
            "clock_unstable",
            (
                r"Marking (?:clocksource .(?P<clock>[\w-]+). as|TSC) unstable"
                r"(?: due to (?P<reason>.+))?"
            ),
        ),
        (
            "cpu_throttled",
            (
                r"CPU(?P<cpu>\d+): (?P<part>Core|Package) temperature (?:is )?above threshold, cpu "
                r"clock (?:is )?throttled(?: \(total events = (?P<count>\d+)\))?"
            ),
        ),
        ("slab_alloc", r"SLUB: Unable to allocate memory on (?:CPU|node)"),
    )
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line."""
    del context
    for hit in believed(lines, hits):
        for what, pattern in RULES:
            found = pattern.search(lines[hit].body)
            if found is None:
                continue
            fields: Fields = {"what": what, **named(found, "limit", "cpu", "count")}
            fields.update(identity_of(str(fields.get("cgroup", ""))))
            yield kernel_event("kernel.limit", lines[hit : hit + 1], fields)
            break


SAMPLES = (
    Sample(
        "VFS: file-max limit 1620336 reached",
        kind="kernel.limit",
        fields={"what": "file_max", "limit": 1620336},
    ),
    Sample(
        "cgroup: fork rejected by pids controller in /kubepods/burstable/"
        "pode8d39171-af9d-4c07-b03e-6e72aefc26a8",
        kind="kernel.limit",
        fields={"what": "pids", "pod_uid": "e8d39171-af9d-4c07-b03e-6e72aefc26a8"},
    ),
    Sample(
        "clocksource: timekeeping watchdog on CPU2: Marking clocksource 'tsc' as unstable because "
        "the skew is too large:",
        kind="kernel.limit",
        fields={"what": "clock_unstable", "clock": "tsc"},
    ),
    Sample("fs.file-max = 9223372036854775807", kind=None),
    Sample("mce: CPU0: Thermal monitoring enabled (TM1)", kind=None),
    Sample("clocksource: Switched to clocksource kvm-clock", kind=None),
)

PARSER = Parser(
    name="limits",
    family="kernel",
    literals=(
        "file-max limit",
        "rejected by pids controller",
        "Marking clocksource",
        "Marking TSC",
        "above threshold, cpu",
        "SLUB: Unable",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("kernel.limit",),
)
