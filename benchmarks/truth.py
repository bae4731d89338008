"""Compares the findings of a scan with what was planted into a log, kind by kind.

    python -m benchmarks.truth LOG [LOG.truth.json] [--timeline]

The truth is a JSON object whose `kinds` say how many lines of each kind were planted.
Exit status 1 if a kind differs, or if the full timeline holds other counts than the gate's pass.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from triage.answering import answer_of
from triage.events import Event
from triage.reading import Options, Reading
from triage.scanner import Scan, read_paths, write_case
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.timeline.query import open_case

KINDS: dict[str, tuple[str, ...]] = {
    "abi": ("undefined_symbol",),
    "aer": ("aer_*",),
    "backoff": ("crash_loop_backoff",),
    "cuda_err": ("cuda_device_assert", "cuda_ecc_uncorrectable", "cuda_illegal_access",
                 "cuda_launch_failure"),
    "cuda_oom": ("cuda_oom",),
    "evict": ("pod_evicted", "node_pressure_eviction"),
    "hung": ("hung_task",),
    "mce": ("mce_*",),
    "memcg_oom": ("oom_kill_memcg",),
    "nccl": ("nccl_*",),
    "nospace": ("disk_full",),
    "nvlink": ("sxid_*",),
    "nvme": ("nvme_timeout",),
    "nvml": ("driver_library_mismatch",),
    "oom": ("oom_kill",),
    "oom_reaper": ("oom_reaped",),
    "oomkilled": ("container_oom_killed", "k8s_oom*"),
    "segv": ("segfault",),
    **{f"xid{code}": (f"xid_{code}",) for code in (13, 31, 48, 63, 79, 94)},
}  # fmt: skip
"""A planted kind, and the ids (or globs) of the signatures that tell it."""


PLAIN = "log.line"


@dataclass(slots=True)
class Told:
    """What a scan tells of a log."""

    scan: Scan
    found: Counter[str]
    """How often each signature fired."""
    events: Counter[str]
    """Events by kind, plain lines left out."""


def told_of(path: Path) -> Told:
    """Scan a log by the gate alone, counting on the way.

    A streak of readings that are no number is one hit of a signature; its lines are counted here.
    """
    options = Options()
    reading = Reading(Plan.of(load()))
    events: Counter[str] = Counter()
    no_numbers: set[int] = set()

    def watch(event: Event, _: frozenset[int]) -> None:
        events[event.kind] += event.kind != PLAIN
        if event.kind == "model.metric" and isinstance(event.fields.get("value"), str):
            no_numbers.add(event.line)

    reading.watch = watch
    read_paths([str(path)], reading, options)
    reading.watch = None
    answer = answer_of(reading, options)
    found: Counter[str] = Counter({"nan": len(no_numbers)})
    for finding in answer.findings:
        found[finding.id] += finding.count
    scan = Scan(answer, reading.clock, reading.identities, (str(path),), options, unread=False)
    return Told(scan, found, +events)


def differences(found: Mapping[str, int], planted: Mapping[str, int]) -> Iterator[str]:
    """What is counted otherwise than it was planted, in words."""
    for kind, wanted in sorted(planted.items()):
        patterns = KINDS.get(kind, (kind,))
        ids = sorted(id_ for id_ in found if any(fnmatchcase(id_, one) for one in patterns))
        count = sum(found[id_] for id_ in ids)
        if count != wanted:
            names = ", ".join(ids) or f"nothing like {', '.join(patterns)}"
            yield f"{kind}: {wanted:,} planted, {count:,} found ({names})"


def timeline_events(scan: Scan) -> Counter[str]:
    """Events by kind in the full timeline, plain lines left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "now.triage"
        write_case(scan, path)
        with open_case(path) as case:
            sql = "SELECT kind, count(*) FROM events WHERE kind <> ? GROUP BY kind"
            return Counter({str(kind): int(str(count)) for kind, count in case.rows(sql, [PLAIN])})


def main() -> int:
    """Scan, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("log", type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--timeline", action="store_true", help="compare the full timeline too")
    arguments = parser.parse_args()
    truth = arguments.truth or arguments.log.with_name(f"{arguments.log.name}.truth.json")
    planted: dict[str, int] = json.loads(truth.read_text())["kinds"]
    told = told_of(arguments.log)
    problems = list(differences(told.found, planted))
    if arguments.timeline:
        whole = timeline_events(told.scan)
        problems += [
            f"{kind}: {told.events[kind]:,} events by the gate, {whole[kind]:,} in the timeline"
            for kind in sorted({*told.events, *whole})
            if told.events[kind] != whole[kind]
        ]
    summary = f"{sum(planted.values()):,} lines of {len(planted)} kinds planted"
    sys.stdout.write("\n".join(problems or [f"{summary}, all counted exactly"]) + "\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
