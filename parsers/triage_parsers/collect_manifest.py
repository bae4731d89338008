"""The manifest of `triage collect`: what was asked of a machine, and what did not answer.

One `bundle.manifest` for the file (`machines`, `sources`, `answered`), so that reasons quoted in it
are not taken for the events themselves, and a `bundle.gap` for each source that is missing though
it should be there: `source`, `status` (`denied`, `failed`, `timeout`, `cut`), `reason`, `host`,
`root_would_add`, `how` the machine was asked (`local`, `ssh`, `kubectl`) and whether `as_root`.
What a machine simply does not have is no gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event

SCHEMA = "triage.collect/1"
GAPS = frozenset({"denied", "failed", "timeout", "cut"})


class _Entry(msgspec.Struct):
    source: str
    status: str
    why: str = ""
    root_would_add: str = ""


class _Machine(msgspec.Struct):
    name: str
    how: str = "local"
    root: bool | None = None
    entries: list[_Entry] = []


class _Manifest(msgspec.Struct):
    schema: str
    machines: list[_Machine]


_decoded = msgspec.json.Decoder(_Manifest).decode


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The document, and its gaps at the lines that name their sources."""
    del hits
    if not context.whole:
        return
    try:
        manifest = _decoded("\n".join(line.text for line in lines))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return
    if manifest.schema != SCHEMA:
        return
    entries = [entry for machine in manifest.machines for entry in machine.entries]
    told: Fields = {
        "machines": len(manifest.machines),
        "sources": len(entries),
        "answered": sum(entry.status == "ok" for entry in entries),
    }
    # What the sources said when they failed is quoted here; it is no message of its own.
    yield replace(make_event("bundle.manifest", lines, told), message="", text="")
    at = 0
    for machine in manifest.machines:
        for entry in machine.entries:
            named = msgspec.json.encode(entry.source).decode()
            at = next((i for i in range(at, len(lines)) if named in lines[i].text), at)
            if entry.status in GAPS:
                fields: Fields = {
                    "source": entry.source,
                    "status": entry.status,
                    "reason": entry.why,
                    "root_would_add": entry.root_would_add,
                    "host": machine.name,
                    "how": machine.how,
                    "as_root": machine.root,
                }
                gap = make_event("bundle.gap", lines[at : at + 1], fields)
                yield replace(gap, message=f"{entry.source}: {entry.status}")


SAMPLES = (
    Sample(
        '{"asked": [], "schema": "triage.collect/1", "machines": [{"name": "gpu-3", "how": "local",'
        '\n"folder": "nodes/gpu-3", "entries": [\n{"source": "memory/memory.txt", "status": "ok"}'
        ',\n{"source": "gpu/nvidia-smi.txt", "status": "timeout", "why": "no answer"}\n]}]}',
        kind="bundle.manifest",
        fields={"machines": 1, "sources": 2, "answered": 1},
        count=2,
        name="MANIFEST.json",
    ),
    Sample(
        '{"schema": "triage.collect/1",\n"machines": []}',
        kind="bundle.manifest",
        fields={"machines": 0},
        count=1,
        name="MANIFEST.json",
    ),
    Sample(
        '{"schema": "triage.collect/1", "machines": [{"name": "vm", "entries": [\n'
        '{"source": "kernel/dmesg.txt", "status": "denied", "why": "Operation not permitted",\n'
        '"root_would_add": "the kernel log"}]}]}',
        kind="bundle.manifest",
        fields={"answered": 0},
        count=2,
        name="MANIFEST.json",
    ),
    Sample('{"schema": "triage.collect/2", "machines": []}', kind=None, name="MANIFEST.json"),
    Sample('{"schema": "triage.collect/1", "machines": 3}', kind=None, name="MANIFEST.json"),
    Sample("its schema is triage.collect/1, as the manual says", kind=None),
)

PARSER = Parser(
    name="collect_manifest",
    family="document",
    literals=(SCHEMA,),
    parse=parse,
    samples=SAMPLES,
    kinds=("bundle.manifest", "bundle.gap"),
    document=True,
)
