"""One bundle: scan it, write its results, say in a few words what came of it.

`scan_bundle` is what every engine runs. It can be pickled, keeps nothing between calls but the
compiled knowledge, and does the same whoever calls it.
"""

from __future__ import annotations

import platform
import tempfile
import time
from pathlib import Path

import msgspec

from triage.answer import Answer
from triage.answering import answer_of
from triage.batch.bundles import fingerprint_of, path_of
from triage.batch.inventory import Inventory
from triage.batch.model import Recipe, Status, key_of
from triage.batch.rows import parquet_of
from triage.batch.storage import open_storage
from triage.batch.store import Store, new_part, now
from triage.bundle.visible import visible
from triage.clock import BundleClock
from triage.errors import StoreError, TriageError, UsageError
from triage.reading import Options, Reading
from triage.scanner import Scan, read_paths, write_case
from triage.signatures.compiled import Plan
from triage.signatures.load import load

MAX_MESSAGE = 500


def scan_bundle(
    uri: str, out: str, options: Recipe, *, attempt: int = 1, replace: Status | None = None
) -> Status:
    """Scan a bundle into the store `out`, unless somebody else has; the status that counts.

    `replace`: the status of an earlier attempt in the same run that this one stands in for.
    Raises `StoreError` when a store does not answer, which may be tried again, and whatever our own
    code or the limits of the process raise: then nothing was committed.
    """
    begun = time.monotonic()
    status = Status(
        uri=uri, key=key_of(uri), run=options.run, part=new_part(), outcome="failed",
        attempts=attempt, recipe=options.digest(), name=_name(uri), host=platform.node(),
        knowledge=options.knowledge,
    )  # fmt: skip
    store = Store(open_storage(out))
    tables: dict[str, bytes] = {}
    case: bytes | None = None
    try:
        status = msgspec.structs.replace(status, fingerprint=fingerprint_of(uri))
        scan, inventory = _scanned(uri, options.options())
        status = _with_answer(status, scan)
        tables = parquet_of(scan.answer, inventory.items(), key=status.key, part=status.part)
        case = _case(scan) if options.cases else None
    except StoreError:
        raise
    except TriageError as error:
        message = visible(" ".join(str(error).split()), MAX_MESSAGE)
        status = msgspec.structs.replace(status, cause="unreadable", message=message)
    seconds = round(time.monotonic() - begun, 3)
    status = msgspec.structs.replace(status, seconds=seconds, finished=now())
    status = store.write(status, tables, case)
    return store.commit(status, replace=replace)


def warm_up(options: Recipe) -> None:
    """Load the knowledge, which every bundle of this process then shares."""
    Plan.of(load(options.options().signatures))


def failure(uri: str, options: Recipe, cause: str, message: str, attempt: int) -> Status:
    """The status of a bundle that no process survived."""
    fields = {
        "uri": uri, "key": key_of(uri), "run": options.run, "outcome": "failed", "cause": cause,
        "message": visible(" ".join(message.split()), MAX_MESSAGE), "attempts": attempt,
        "recipe": options.digest(), "name": _name(uri), "host": platform.node(),
        "finished": now(), "knowledge": options.knowledge,
    }  # fmt: skip
    try:
        fields["fingerprint"] = fingerprint_of(uri)
    except TriageError:  # it is gone, or its store is
        fields["fingerprint"] = ""
    return msgspec.convert(fields, Status)


def _scanned(uri: str, options: Options) -> tuple[Scan, Inventory]:
    """The same path as `scan_paths`, with an eye on what the bundle speaks of."""
    try:
        clock = BundleClock(zone=options.zone)
    except ValueError as error:
        raise UsageError(str(error)) from error
    inventory = Inventory()
    reading = Reading(Plan.of(load(options.signatures)), clock=clock, watch=inventory.see)
    read_paths([path_of(uri)], reading, options)
    answer = answer_of(reading, options)
    inventory.add_facts(reading.facts)
    inventory.add_hosts(reading.reports)
    scan = Scan(answer, clock, reading.identities, (path_of(uri),), options, reading.unread)
    return scan, inventory


def _with_answer(status: Status, scan: Scan) -> Status:
    answer = scan.answer
    (bundle,) = answer.bundles
    return msgspec.structs.replace(
        status,
        outcome="partly" if scan.unread else "ok",
        message=_unread(answer) if scan.unread else "",
        name=bundle.name,
        sources=bundle.sources,
        lines=bundle.lines,
        bytes=bundle.bytes,
        first=bundle.first,
        last=bundle.last,
        verdict=answer.verdict.status,
        root_cause=answer.verdict.root_cause,
        headline=answer.verdict.headline,
        confidence=answer.verdict.confidence,
        findings=len(answer.findings),
        version=answer.tool.version,
    )


def _unread(answer: Answer) -> str:
    errors = [f"{source.name}: {source.error}" for source in answer.sources if source.error]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return visible(errors[0] + more, MAX_MESSAGE) if errors else ""


def _case(scan: Scan) -> bytes:
    """The full timeline as a case file."""
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        path = Path(folder) / "one.triage"
        write_case(scan, path)
        return path.read_bytes()


def _name(uri: str) -> str:
    return visible(uri.rstrip("/").rpartition("/")[2] or uri, MAX_MESSAGE)
