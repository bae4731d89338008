"""A burst of one failure: a million hits folded, dated, linked and ranked.

    python -m benchmarks.fold [--hits 1000000]

The hits are made beforehand in pieces, as a reader makes them, so that only folding and judging are
timed. Prints seconds of both and the peak of the process.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator

from triage.answering import answer_of
from triage.events import Event, Stamp
from triage.ingest.report import SourceReport
from triage.reading import Options, Reading, keep
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.signatures.match import SignatureHit, evaluate

PIECE = 10_000


def events(first: int, count: int) -> Iterator[Event]:
    """Xid 95 of one card, fifty a second, of seven processes in turn."""
    for number in range(first, first + count):
        second = number // 50
        stamp = Stamp(f"2025-05-14T{3 + second // 3600:02d}:{second // 60 % 60:02d}:00Z", "iso")
        yield Event(
            kind="gpu.xid",
            source="kern.log",
            line=number + 1,
            line_end=number + 1,
            offset=number * 120,
            text="NVRM: Xid (PCI:0000:05:00): 95, pid=4000, Uncontained ECC error",
            message="NVRM: Xid (PCI:0000:05:00): 95, pid=4000, Uncontained ECC error",
            fields={"gpu": "0000:05:00", "xid": 95, "pid": 4000 + number % 7, "host": "gpu-07"},
            stamp=stamp,
            family="kernel",
        )


def main() -> None:
    """Fold and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=int, default=1_000_000)
    wanted = parser.parse_args().hits
    reading = Reading(Plan.of(load(())))
    keep(reading, SourceReport("kern.log"))
    folding = 0.0
    for first in range(0, wanted, PIECE):
        hits: list[SignatureHit] = []
        for event in events(first, min(PIECE, wanted - first)):
            hits += evaluate(reading.plan, event, ())
        start = time.perf_counter()
        for hit in hits:
            reading.folder.add(hit)
        folding += time.perf_counter() - start
    start = time.perf_counter()
    answer = answer_of(reading, Options())
    judging = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(  # noqa: T201
        f"{wanted:,} hits: folded in {folding:.2f} s, dated and judged in {judging:.2f} s, "
        f"peak {peak:.0f} MiB, {len(answer.findings)} findings"
    )


if __name__ == "__main__":
    main()
