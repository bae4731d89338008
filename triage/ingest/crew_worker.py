"""`python -m triage.ingest.crew_worker`: reads segments for a crew until its input ends."""

from __future__ import annotations

import pickle
import sys

from triage.ingest.crew import receive, send
from triage.ingest.plain_parts import PlainPart
from triage.ingest.segments import Segment, SegmentReader
from triage.own_process import collect_garbage_seldom, replies_and_no_prints
from triage.signatures.compiled import Plan
from triage.signatures.load import KnowledgeBase


def main() -> None:
    """Read what the plan is made of, then one segment after the other."""
    collect_garbage_seldom()
    requests, replies = sys.stdin.buffer, replies_and_no_prints()
    first = receive(requests)
    if first is None:
        return
    signatures, literals = pickle.loads(first)  # noqa: S301  of the process that started this one
    reader = SegmentReader(Plan.of(KnowledgeBase(signatures, "", {}, literals)))
    while (request := receive(requests)) is not None:
        task: Segment | PlainPart = pickle.loads(request)  # noqa: S301
        if isinstance(task, PlainPart):
            send(replies, pickle.dumps(reader.read_plain(task), 5))
        else:
            send(replies, pickle.dumps(reader.read(task), 5))


if __name__ == "__main__":
    main()
