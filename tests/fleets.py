"""Fleets of bundles for the tests of batches, and what their results come to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from triage.batch.job import scan_bundle
from triage.batch.model import Status
from triage.batch.opened import opened
from triage.batch.recipe import recipe_of
from triage.batch.run import plan_batch
from triage.batch.shard import parse
from triage.batch.storage import open_storage
from triage.batch.store import Store
from triage.reading import Options

FAULTS = Path(__file__).parent / "data" / "faults"
XID = "[  {at}.000000] NVRM: Xid (PCI:0000:3b:00): 79, pid={pid}, GPU has fallen off the bus.\n"
COMMAND = [sys.executable, "-c", "from triage.cli import main; main()"]


def write_good(folder: Path, count: int, lines: int = 1) -> list[Path]:
    """Bundles in each of which a GPU fell off the bus."""
    made = []
    for number in range(count):
        bundle = folder / f"good-{number}"
        bundle.mkdir(parents=True)
        rows = (XID.format(at=100 + row, pid=number * 1000 + row) for row in range(lines))
        (bundle / "dmesg.txt").write_text("".join(rows))
        made.append(bundle)
    return made


def write_faulty(folder: Path, *faults: str) -> None:
    """Bundles that strike whoever opens them; `sitecustomize` says how."""
    for fault in faults:
        bundle = folder / f"bad-{fault}"
        bundle.mkdir(parents=True)
        (bundle / f"{fault}-me").write_text("nothing of note\n")


def environment(**more: str) -> dict[str, str]:
    """Of a process whose workers meet faults."""
    path = os.pathsep.join([str(FAULTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "JOB_COMPLETION"))}
    return {**clean, "PYTHONPATH": path, **more}


def batch(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `triage batch`, as a user does."""
    return subprocess.run(
        [*COMMAND, "batch", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment(**more),
    )


def scan_here(
    out: Path | str,
    uris: Iterable[Path | str],
    *,
    run: str = "one",
    shard: str | None = None,
    retry_failed: bool = False,
    cases: bool = False,
) -> list[Status]:
    """What `triage batch` does, in this process: plan, scan, commit; what was scanned."""
    store = Store(open_storage(str(out)))
    recipe = recipe_of(Options(), run, seconds=0, memory=0, cases=cases)
    plan = plan_batch(
        store, sorted(map(str, uris)), recipe,
        shard=parse(shard, {}) if shard else None, retry_failed=retry_failed,
    )  # fmt: skip
    store.begin(run)
    return [
        scan_bundle(task.uri, str(out), recipe, attempt=task.attempt, replace=task.replace)
        for task in plan.tasks
    ]


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    """What `--json-lines` printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def outcomes(out: Path) -> dict[str, tuple[str, str | None]]:
    """Bundle to outcome and cause; every bundle once, or this fails."""
    found: dict[str, tuple[str, str | None]] = {}
    for row in rows(out, "SELECT name, outcome, cause FROM bundles"):
        assert row["name"] not in found
        found[str(row["name"])] = (str(row["outcome"]), row["cause"])  # type: ignore[assignment]  # text or null
    return found


def findings(out: Path | str) -> list[Mapping[str, object]]:
    """Every finding with all that it says, in an order that no engine chose."""
    return rows(out, "SELECT * FROM findings ORDER BY uri, rank")


def rows(out: Path | str, sql: str) -> list[Mapping[str, object]]:
    """The rows of a query over a store."""
    with opened(Store(open_storage(str(out)))) as store:
        return list(store.rows(sql))


def files(out: Path, pattern: str = "*") -> list[Path]:
    """The files of a store."""
    return sorted(path for path in out.rglob(pattern) if path.is_file())
