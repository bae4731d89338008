"""`nvidia-smi nvlink`: links that are up (`-s`), their errors (`-e`), what they lead to (`-R`).

`-s` gives one `gpu.nvlink` a GPU: `links` and `inactive` count them, `link` is the first one that
is down. A card in a PCIe slot without a bridge has links that are all inactive by design: only some
of them being down is a failure. Where the tool answers with a sentence, `all_inactive` or
`supported=False` says which. `-e` gives one `gpu.nvlink_errors` a GPU: each counter summed over the
links, and the link that counted most. `-R` gives one `gpu.nvlink_peer` a link: the address of the
NVSwitch (or GPU) at its other end and the port there, the key that joins SXid lines to a GPU.

Sources: output of drivers 460 to 610; azhpc-diagnostics, gpud and NVSentinel issue threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Pattern, compiled

_LINK = compiled(
    r"^[\s>]*Link (?P<link>\d{1,3}): (?:(?P<speed>\d+(?:\.\d+)?) GB/s|(?P<down>.?inactive.?))\s*$"
)
_COUNTER = compiled(
    r"^[\s>]*Link (?P<link>\d{1,3}): (?P<name>[A-Z][A-Za-z -]{2,50}): (?P<count>\d{1,18})\s*$"
)
_PEER = compiled(
    r"^[\s>]*Link (?P<link>\d{1,3}): Remote Device "
    r"(?P<peer>[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7]): Link (?P<port>\d{1,3})\s*$"
)
_NONE_UP = compiled(r"Unable to retrieve N[Vv][Ll]ink information as all links are in[Aa]ctive")
_REFUSED = compiled(
    r"^[\s>]*(?P<why>Device does not have or support N[Vv][Ll]ink"
    r"|N[Vv][Ll]ink queries are not supported for Devices in MIG mode)\.?\s*$"
)
_GPU = compiled(r"^[\s>]*GPU (?P<index>\d{1,3}): .{1,80}? \(UUID: (?P<uuid>GPU-[0-9a-fA-F-]+)\)")
MAX_LINKS = 64
"""Links of one GPU; Blackwell has 18."""
MAX_LINES = 600
"""Lines of the error counters of one GPU: 18 links with up to 30 counters."""
CLASSIC = ("replay_errors", "recovery_errors", "crc_errors")
"""Counters that are told even when they are zero; the many others only where they are not."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a run of link lines; a link of `-R` stands for itself."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        body = lines[hit].body
        if _NONE_UP.search(body) is not None:
            fields: Fields = {**_owner(lines, hit), "all_inactive": True}
            yield make_event("gpu.nvlink", [lines[hit]], fields)
        elif _REFUSED.match(body) is not None:
            if owner := _owner(lines, hit):
                yield make_event("gpu.nvlink", [lines[hit]], {**owner, "supported": False})
        elif _LINK.match(body) is not None:
            done = _end(lines, hit, _LINK)
            fields = {**_owner(lines, hit), **_count(lines[hit:done])}
            yield make_event("gpu.nvlink", lines[hit:done], fields)
        elif _COUNTER.match(body) is not None:
            start, done = _top_of_counters(lines, hit, done), _end_of_counters(lines, hit)
            fields = {**_owner(lines, start), **_errors(lines[start:done])}
            yield make_event("gpu.nvlink_errors", lines[start:done], fields)
        elif _PEER.match(body) is not None:
            done = _end(lines, hit, _PEER)
            yield from _peers(lines[hit:done], _owner(lines, hit))


def _owner(lines: Sequence[Line], first: int) -> Fields:
    """The GPU named on the line above."""
    found = _GPU.match(lines[first - 1].body) if first > 0 else None
    if found is None:
        return {}
    return {"gpu_index": found.group("index"), "gpu_uuid": found.group("uuid")}


def _end(lines: Sequence[Line], hit: int, pattern: Pattern) -> int:
    end = hit
    while end < min(len(lines), hit + MAX_LINKS) and pattern.match(lines[end].body) is not None:
        end += 1
    return end


def _is_link(line: Line) -> bool:
    return line.body.strip().lstrip("> ").startswith("Link ")


def _top_of_counters(lines: Sequence[Line], hit: int, floor: int) -> int:
    """The first counters of a link may be those that announce nothing."""
    top = hit
    while top > max(floor, hit - MAX_LINKS) and _is_link(lines[top - 1]):
        top -= 1
    return top


def _end_of_counters(lines: Sequence[Line], hit: int) -> int:
    """A blank stands between the links."""
    end = index = hit
    while index < min(len(lines), hit + MAX_LINES):
        if _is_link(lines[index]):
            end = index + 1
        elif lines[index].body.strip():
            break
        index += 1
    return end


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


def _errors(lines: Sequence[Line]) -> Fields:
    """Each counter over all links; throughput and bit error rates are none."""
    sums: Counter[str] = Counter(dict.fromkeys(CLASSIC, 0))
    worst: Counter[int] = Counter()
    links: set[int] = set()
    seen: set[str] = set()
    for line in lines:
        found = _COUNTER.match(line.body)
        if found is None:
            continue
        links.add(int(found.group("link") or 0))
        name = (found.group("name") or "").strip().lower().replace("-", " ")
        key = "_".join(name.split())
        if not key.endswith(("errors", "discards", "failed_events")):
            continue
        seen.add(key)
        count = int(found.group("count") or 0)
        sums[key] += count
        worst[int(found.group("link") or 0)] += count
    fields: Fields = {"links": len(links)}
    fields.update({k: n for k, n in sums.items() if n or (k in CLASSIC and k in seen)})
    link, count = worst.most_common(1)[0] if worst else (0, 0)
    if count:
        fields["link"] = link
    return fields


def _peers(lines: Sequence[Line], owner: Fields) -> Iterator[Event]:
    """The links of one GPU, each for itself."""
    for line in lines:
        found = _PEER.match(line.body)
        if found is not None:
            fields: Fields = {
                **owner,
                "link": int(found.group("link") or 0),
                "peer": gpu_address(found.group("peer") or ""),
                "peer_link": int(found.group("port") or 0),
            }
            yield make_event("gpu.nvlink_peer", [line], fields)


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
    Sample(
        "GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-11112222-3333-4444-5555-666677778888)\n"
        "\t Link 0: Replay Errors: 0\n\t Link 0: Recovery Errors: 0\n\t Link 0: CRC Errors: 0\n\n"
        "\t Link 1: Replay Errors: 7\n\t Link 1: Recovery Errors: 1\n\t Link 1: CRC Errors: 40\n",
        kind="gpu.nvlink_errors",
        fields={"gpu_index": 1, "links": 2, "replay_errors": 7, "crc_errors": 40, "link": 1},
        count=1,
    ),
    Sample(
        "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11112222-3333-4444-5555-666677778888)\n"
        "\t Link 0: Remote Device 00000000:06:00.0: Link 33\n",
        kind="gpu.nvlink_peer",
        fields={"gpu_index": 0, "link": 0, "peer": "0000:06:00.0", "peer_link": 33},
        count=1,
    ),
    Sample("Device does not have or support Nvlink", kind=None),
    Sample("\t Link 0, P2P is supported: true", kind=None),
    Sample("bond0: Link 1: speed 25 GB/s of 100, <inactive> slave eth3", kind=None),
    Sample("Link 0: state changed: 3 times", kind=None),
)

PARSER = Parser(
    name="smi_nvlink",
    family="gpu",
    literals=(
        " GB/s", "Link 0: ", "all links are in", "Remote Device", "Replay Errors",
        "Recovery Errors", "CRC Errors", "packet Errors", "Symbol Errors", "recovery failed events",
        "support Nvlink", "support NvLink", "support NVLink",
        "queries are not supported",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.nvlink", "gpu.nvlink_errors", "gpu.nvlink_peer"),
    before=MAX_LINKS,
    after=MAX_LINES,
)  # fmt: skip
