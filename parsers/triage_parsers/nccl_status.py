"""What PyTorch says beside NCCL's timeouts: how far each rank was, which error, and the end.

- `nccl.progress`: `[PG ID 0 PG GUID 0(default_pg) Rank 1] Exception … detected by watchdog at work:
  808, last enqueued NCCL work: 811, last completed NCCL work: 807.` The rank with the lowest
  `enqueued` is stuck in its own code; one that enqueued as much as the others but did not complete
  waits for the network or a GPU.
- `nccl.error`: `ncclRemoteError: …`, `NCCL error in: …/ProcessGroupNCCL.cpp:825, unhandled system
  error, NCCL version 2.7.8`; `name` is NCCL's own (`ncclSystemError`) in both.
- `nccl.teardown`: the process takes itself down; always a consequence.

The same words stand inside tracebacks, so no line is claimed.
Sources: torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp, NCCLUtils.hpp; issue threads of nccl,
pytorch and BasicSR.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.kernel_dump import named

PROGRESS = compiled(
    r"\[PG (?:ID )?(?P<pg>\w+)(?: PG GUID (?P<guid>\w*))?(?: ?\((?P<group>[^)]*)\))?"
    r" Rank (?P<rank>\d+)\].* at (?:NCCL )?work(?: sequence id)?: (?P<seq>\d+)(?:,| PG status:)"
    r" last enqueued (?:NCCL )?work: (?P<enqueued>-?\d+),"
    r" last completed (?:NCCL )?work: (?P<completed>-?\d+)"
)
NAMED = compiled(
    r"\b(?P<name>nccl(?:Remote|System|UnhandledCuda|Internal)Error|ncclInvalid(?:Usage|Argument)): "
    r"(?P<reason>[A-Z][^\n]{3,160})"
)
UNNAMED = compiled(
    r"NCCL error in: (?P<place>\S+?:\d+), (?P<reason>[a-z][\w /]{3,60}?)(?:, NCCL version "
    r"(?P<nccl>[\d.]+\d)|[ ,(]|$)"
)
NAMES = {
    "unhandled system error": "ncclSystemError",
    "unhandled cuda error": "ncclUnhandledCudaError",
    "internal error": "ncclInternalError",
    "invalid usage": "ncclInvalidUsage",
    "invalid argument": "ncclInvalidArgument",
    "remote process exited or there was a network error": "ncclRemoteError",
}
VERSION = compiled(r"NCCL version (?P<nccl>[\d.]+\d)")
TEARDOWN = compiled(r"Some NCCL operations have failed or timed out\.")
NUMBERS = ("rank", "seq", "enqueued", "completed")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message."""
    del context
    for hit in hits:
        event = _event(lines[hit])
        if event is not None:
            event.message = event.kind
            yield event


def _event(line: Line) -> Event | None:
    body = line.body
    found = PROGRESS.search(body)
    if found:
        return make_event("nccl.progress", [line], named(found, *NUMBERS))
    found = NAMED.search(body)
    if found:
        return make_event("nccl.error", [line], named(found))
    for reason, name in NAMES.items():
        if "NCCL error in: " in body and reason in body:
            place = UNNAMED.search(body)
            version = VERSION.search(body)
            fields = {**(named(place) if place else {}), **(named(version) if version else {})}
            return make_event("nccl.error", [line], {**fields, "reason": reason, "name": name})
    if TEARDOWN.search(body):
        return make_event("nccl.teardown", [line])
    return None


SAMPLES = (
    Sample(
        "[rank4]:[E626 06:24:44.906457629 ProcessGroupNCCL.cpp:1785] [PG ID 2 PG GUID 9(tp) Rank "
        "4] Exception (either an error or timeout) detected by watchdog at work: 908, last "
        "enqueued NCCL work: 911, last completed NCCL work: 907.",
        kind="nccl.progress",
        fields={"rank": 4, "seq": 908, "enqueued": 911, "completed": 907, "group": "tp"},
        count=1,
    ),
    Sample(
        "[rank0]:[E709 17:05:38.1 ProcessGroupNCCL.cpp:2271] [PG ID 0 PG GUID 0(default_pg) Rank 0]"
        "  failure detected by watchdog at work sequence id: 205 PG status: last enqueued work: "
        "209, last completed work: 204",
        kind="nccl.progress",
        fields={"rank": 0, "seq": 205, "enqueued": 209, "completed": 204},
    ),
    Sample(
        "ncclRemoteError: A call failed possibly due to a network error or a remote process "
        "exiting prematurely.",
        kind="nccl.error",
        fields={"name": "ncclRemoteError"},
    ),
    Sample(
        "RuntimeError: NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1275, "
        "unhandled cuda error, NCCL version 2.14.3",
        kind="nccl.error",
        fields={"name": "ncclUnhandledCudaError", "nccl": "2.14.3"},
    ),
    Sample(
        "Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA "
        "kernels, subsequent GPU operations might run on corrupted/incomplete data.",
        kind="nccl.teardown",
    ),
    Sample("NCCL version 2.21.5+cuda12.4", kind=None),
    Sample("except ncclRemoteError as e: retry()", kind=None),
    Sample("last enqueued NCCL work: 911", kind=None),
)

PARSER = Parser(
    name="nccl_status",
    family="app",
    literals=(
        "last enqueued NCCL work", "last enqueued work", "ncclRemoteError", "ncclSystemError",
        "ncclUnhandledCudaError",
        "ncclInternalError", "ncclInvalid", "NCCL error in: ", "Some NCCL operations have failed",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("nccl.progress", "nccl.error", "nccl.teardown"),
    claims=False,
)  # fmt: skip
