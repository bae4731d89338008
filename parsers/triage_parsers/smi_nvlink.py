"""`nvidia-smi nvlink -s`: which links of which GPU are up, one `gpu.nvlink` a GPU.

Below the GPU's line stand `Link 0: 26.562 GB/s` or `Link 0: <inactive>`; where no link is up at
all the tool says so in a sentence instead. `links` and `inactive` count them, `link` is the first
one that is down. A card in a PCIe slot without a bridge has links that are all inactive by design:
only some of them being down is a failure.

Sources: output of drivers 460 to 610; azhpc-diagnostics, gpud and NVSentinel issue threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

_LINK = compiled(
    r"^[\s>]*Link (?P<link>\d{1,3}): (?:(?P<speed>\d+(?:\.\d+)?) GB/s|(?P<down>.?inactive.?))\s*$"
)
_NONE_UP = compiled(r"Unable to retrieve N[Vv][Ll]ink information as all links are in[Aa]ctive")
_GPU = compiled(r"^[\s>]*GPU (?P<index>\d{1,3}): .{1,80}? \(UUID: (?P<uuid>GPU-[0-9a-fA-F-]+)\)")
MAX_LINKS = 64
"""Links of one GPU; Blackwell has 18."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a run of link lines."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        if _NONE_UP.search(lines[hit].body) is not None:
            yield make_event(
                "gpu.nvlink", [lines[hit]], {**_owner(lines, hit), "all_inactive": True}
            )
            continue
        if _LINK.match(lines[hit].body) is None:
            continue
        end = hit
        while end < min(len(lines), hit + MAX_LINKS) and _LINK.match(lines[end].body) is not None:
            end += 1
        done = end
        yield make_event(
            "gpu.nvlink", lines[hit:end], {**_owner(lines, hit), **_count(lines[hit:end])}
        )


def _owner(lines: Sequence[Line], first: int) -> Fields:
    """The GPU named on the line above."""
    found = _GPU.match(lines[first - 1].body) if first > 0 else None
    if found is None:
        return {}
    return {"gpu_index": found.group("index"), "gpu_uuid": found.group("uuid")}


def _count(lines: Sequence[Line]) -> Fields:
    down = [
        int(found.group("link") or 0)
        for line in lines
        if (found := _LINK.match(line.body)) is not None and found.group("down")
    ]
    fields: Fields = {"links": len(lines), "inactive": len(down)}
    if down:
        fields["link"] = down[0]
        fields["all_inactive"] = len(down) == len(lines)
    return fields


SAMPLES = (
    Sample(
        "GPU 2: NVIDIA H100 80GB HBM3 (UUID: GPU-11112222-3333-4444-5555-666677778888)\n"
        "\t Link 0: 26.562 GB/s\n"
        "\t Link 1: <inactive>\n"
        "\t Link 2: 26.562 GB/s",
        kind="gpu.nvlink",
        fields={"gpu_index": 2, "links": 3, "inactive": 1, "link": 1, "all_inactive": False},
        count=1,
    ),
    Sample(
        "         Link 0: 25 GB/s\n         Link 1: 25 GB/s",
        kind="gpu.nvlink",
        fields={"links": 2, "inactive": 0},
    ),
    Sample(
        "GPU 0: NVIDIA B200 (UUID: GPU-11112222-3333-4444-5555-666677778888)\n"
        "NVML: Unable to retrieve NVLink information as all links are inActive",
        kind="gpu.nvlink",
        fields={"gpu_index": 0, "all_inactive": True},
    ),
    Sample("Device does not have or support Nvlink", kind=None),
    Sample("\t Link 0, P2P is supported: true", kind=None),
    Sample("bond0: Link 1: speed 25 GB/s of 100, <inactive> slave eth3", kind=None),
)

PARSER = Parser(
    name="smi_nvlink",
    family="gpu",
    literals=(" GB/s", "Link 0: ", "all links are in"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.nvlink",),
    before=1,
    after=MAX_LINKS,
)
