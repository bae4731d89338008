"""Warnings of applications that the host's memory runs short: `host.memory`.

Dask, monitoring agents and home-made checks say so before anything is killed. `percent` is what is
in use; a figure below 90 % without a word of alarm is an ordinary reading and no event. Dask names
the worker's process (`pid`), what it uses and its `limit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

HIGH = 90.0
WHOLE = 100.0
MAX_WIDTH = 4000

_PERCENT = r"(?P<percent>\d{1,3}(?:\.\d+)?) ?%"
_ALARMS = (
    compiled(
        r"(?i)^(?:.{0,80}[\]:>-] ?)?(?:high |critical |severe )?memory pressure detected\b"
        rf"(?:.{{0,60}}?{_PERCENT})?"
    ),
    compiled(
        r"(?i)(?:Worker (?P<worker>\w+://\S+) \(pid=(?P<pid>\d+)\) )?exceeded "
        rf"{_PERCENT} memory budget"
    ),
    compiled(
        r"(?i)\bUnmanaged memory use is high\b"
        r"(?:.*Unmanaged memory: (?P<used>[\d.]+ \w+).*limit: (?P<limit>[\d.]+ \w+))?"
    ),
    compiled(
        rf"(?i)\bWorker is at {_PERCENT} memory usage\b"
        r"(?:.*Process memory: (?P<used>[\d.]+ \w+).*limit: (?P<limit>[\d.]+ \w+))?"
    ),
)
_READING = compiled(
    r"(?i)\b(?:system |host |node )?(?:RAM|memory)(?: usage| use| utilization| used)?"
    rf"(?: is| at|:| =|=)*\s*(?:at )?{_PERCENT}"
)
_HOST = compiled(r"(?i)\b(?:system|host|node) (?:RAM|memory)\b")
_GPU = compiled(r"(?i)\bGPU(?: \d+)?(?:'s)? (?:RAM|mem)|\bVRAM\b|\bCUDA\b|KV cache|\bswap\b")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each warning."""
    del context
    for hit in hits:
        fields = _fields(lines[hit].body[:MAX_WIDTH])
        if fields is not None:
            yield make_event("host.memory", [lines[hit]], fields)


def _fields(body: str) -> Fields | None:
    """What the warning says, None if it is an ordinary reading or about another memory."""
    if _GPU.search(body) is not None:
        return None
    for pattern in _ALARMS:
        found = pattern.search(body)
        if found is not None:
            groups = found.groupdict()
            percent = _number(groups.pop("percent", None))
            return {"percent": percent, **groups}
    reading = _READING.search(body)
    percent = _number(reading.group("percent")) if reading is not None else None
    if percent is None or not HIGH <= percent <= WHOLE or _HOST.search(body) is None:
        return None
    return {"percent": percent}


def _number(text: str | None) -> float | None:
    return float(text) if text else None


SAMPLES = (
    Sample(
        "WARNING: Memory pressure detected. System RAM at 97.1%.",
        kind="host.memory",
        fields={"percent": 97.1},
    ),
    Sample(
        "Worker tcp://10.0.0.8:4411 (pid=551) exceeded 95% memory budget. Restarting...",
        kind="host.memory",
        fields={"percent": 95.0, "pid": 551, "worker": "tcp://10.0.0.8:4411"},
    ),
    Sample(
        "Unmanaged memory use is high. This may indicate a memory leak -- Unmanaged memory: 11.20"
        " GiB -- Worker memory limit: 16.00 GiB",
        kind="host.memory",
        fields={"used": "11.20 GiB", "limit": "16.00 GiB"},
    ),
    Sample("Host memory usage at 96%", kind="host.memory", fields={"percent": 96.0}),
    Sample("System memory usage at 41.0%", kind=None),
    Sample("GPU memory pressure detected: VRAM at 99%", kind=None),
    Sample("We had no idea that memory pressure detected by the kernel is a file.", kind=None),
    Sample("loader: RAM at 97% of its quota on rank 3", kind=None),
)

PARSER = Parser(
    name="memory",
    family="app",
    literals=(
        "emory pressure detected",
        "memory budget",
        "memory use is high",
        "memory usage",
        "RAM at ",
        "RAM usage",
        "ystem memory",
        "ost memory",
        "ystem RAM",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("host.memory",),
    claims=False,
)
