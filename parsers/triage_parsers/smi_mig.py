"""`nvidia-smi mig`: what a GPU can be cut into (`-lgip`, `-lcip`) and is (`-lgi`, `-lci`).

A profile row is a `gpu.mig_profile` (`free` of `total` instances can still be made), an instance
row a `gpu.mig` with its `gi`, and `ci` for a compute instance. The table is a `gpu.report`, and so
is the sentence that stands for an empty one. A refusal to create or destroy is a `gpu.smi_error`
whose `what` is `mig_in_use`, `mig_no_room` or `mig_failed`.

Facts: a row is known by its shape, since widths differ between drivers; a profile takes two lines,
the second only with engine counts; `-lcip` marks the default profile with a star.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, compiled
from triage_parsers.smi_rows import inner_text, is_border

_TITLE = compiled(
    r"^(?P<title>GPU instance profiles|GPU instances|Compute instance profiles|Compute instances):$"
)
FORMS = {
    "GPU instance profiles": "gpu_instance_profiles",
    "GPU instances": "gpu_instances",
    "Compute instance profiles": "compute_instance_profiles",
    "Compute instances": "compute_instances",
}
_ROWS = {
    "gpu_instance_profiles": compiled(
        r"^(?P<index>\d{1,3}) +MIG (?P<profile>\S{2,20}) +(?P<id>\d{1,3}) +(?P<free>\d{1,2})/"
        r"(?P<total>\d{1,2}) +(?P<gib>\d{1,4}(?:\.\d{1,2})?) +(?:Yes|No)(?: .*)?$"
    ),
    "gpu_instances": compiled(
        r"^(?P<index>\d{1,3}) +MIG (?P<profile>\S{2,20}) +(?P<id>\d{1,3}) +(?P<gi>\d{1,3}) +"
        r"(?P<placement>\d{1,2}:\d{1,2})$"
    ),
    "compute_instance_profiles": compiled(
        r"^(?P<index>\d{1,3}) +(?P<gi>\d{1,3}) +MIG (?P<profile>\S{2,20}) +(?P<id>\d{1,3})\*? +"
        r"(?P<free>\d{1,2})/(?P<total>\d{1,2}) +\d.*$"
    ),
    "compute_instances": compiled(
        r"^(?P<index>\d{1,3}) +(?P<gi>\d{1,3}) +MIG (?P<profile>\S{2,20}) +(?P<id>\d{1,3}) +"
        r"(?P<ci>\d{1,3})(?: +(?P<placement>\d{1,2}:\d{1,2}))?$"
    ),
}
_REST = compiled(r"^(?:[\d ]*|GPU +(?:Name|GPU).*|ID|Instance(?: .*)?|(?:Free/Total|ID) .*)$")
"""Other lines of a table without edges: column titles, and the second line of a profile."""
_EMPTY = compiled(
    r"^No (?P<what>MIG-(?:enabled|supported) devices|(?:GPU|compute) instance(?:s| profiles)) found"
    r"(?:: Not Found)?\.?$"
)
_REFUSED = compiled(
    r"^(?:Unable|Failed) to (?P<doing>create|destroy) (?:a |an )?(?:GPU|[Cc]ompute) instances?\b"
    r"(?P<where>[^:]{0,80}): (?P<why>[A-Z][A-Za-z ]{3,60})\.?$"
)
_ON_GPU = compiled(r"(?:on|from) GPU +(?P<index>\d{1,3})")
CAUSES = (("in use", "mig_in_use"), ("insufficient resources", "mig_no_room"))
MAX_LINES = 400


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One table a title, one event a sentence."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        text = inner_text(lines[hit].body)
        title = _TITLE.match(text)
        empty, refused = _EMPTY.match(text), _REFUSED.match(text)
        if title is not None:
            form = FORMS[title.group("title") or ""]
            events, done = _table(lines, hit, form)
            yield from events
        elif empty is not None:
            yield make_event("gpu.report", [lines[hit]], {"form": "mig", "rows": 0})
        elif refused is not None:
            yield make_event("gpu.smi_error", [lines[hit]], _refusal(refused))


def _table(lines: Sequence[Line], start: int, form: str) -> tuple[list[Event], int]:
    """The rows below a title, and the index after the table."""
    events: list[Event] = []
    end = start + 1
    for index in range(start + 1, min(len(lines), start + MAX_LINES)):
        body = lines[index].body
        text = inner_text(body)
        row = _ROWS[form].match(text)
        if row is not None:
            events.append(_event(lines[index], row))
        elif not (is_border(body) or _is_inside(body, text)):
            break
        end = index + 1
    top = start - 1 if start > 0 and is_border(lines[start - 1].body) else start
    fields: Fields = {"form": form, "rows": len(events)}
    if events:
        fields["gpus"] = len({event.fields["gpu_index"] for event in events})
        events.append(make_event("gpu.report", lines[top:end], fields))
    return events, end


def _is_inside(body: str, text: str) -> bool:
    """Column titles and engine counts: a line with a bar at an edge, or one of their shapes."""
    edges = body.strip().lstrip("> ")
    has_bar = edges.startswith("|") or edges.endswith("|")
    return (has_bar and _TITLE.match(text) is None) or (
        bool(edges) and _REST.match(text) is not None
    )


def _event(line: Line, row: Match) -> Event:
    groups = row.groupdict()
    fields: Fields = {
        "gpu_index": groups["index"],
        "mig_profile": groups["profile"],
        "profile_id": int(groups["id"] or 0),
    }
    for name in ("gi", "ci", "placement"):
        fields[name] = groups.get(name)
    for name in ("free", "total"):
        if groups.get(name):
            fields[name] = int(groups[name] or 0)
    if groups.get("gib"):
        fields["memory_gib"] = float(groups["gib"] or 0)
    return make_event("gpu.mig_profile" if "free" in fields else "gpu.mig", [line], fields)


def _refusal(found: Match) -> Fields:
    why = found.group("why") or ""
    card = _ON_GPU.search(found.group("where") or "")
    return {
        "what": next((what for part, what in CAUSES if part in why.lower()), "mig_failed"),
        "detail": why,
        "doing": found.group("doing"),
        "gpu_index": card.group("index") if card is not None else None,
    }


_PROFILES = """\
+-----------------------------------------------------------------------------+
| GPU instance profiles:                                                      |
| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                              Free/Total   GiB              CE    JPEG  OFA  |
|=============================================================================|
|   0  MIG 1g.12gb       19     3/7        10.75      No     16     1     0   |
|                                                             1     1     0   |
+-----------------------------------------------------------------------------+
|   0  MIG 2g.24gb       14     1/3        21.62      No     32     2     0   |
|                                                             2     2     0   |
+-----------------------------------------------------------------------------+"""
_INSTANCES = """\
+----------------------------------------------------+
| GPU instances:                                     |
| GPU   Name          Profile  Instance   Placement  |
|                       ID       ID       Start:Size |
|====================================================|
|   1  MIG 2g.24gb      14        5          2:2     |
+----------------------------------------------------+"""
_COMPUTE = """\
| Compute instances:                                                 |
| GPU     GPU       Name             Profile   Instance   Placement  |
|       Instance                       ID        ID       Start:Size |
|         ID                                                         |
|====================================================================|
|   1      5       MIG 2g.24gb          1         0          0:2     |"""

SAMPLES = (
    Sample(
        _PROFILES,
        kind="gpu.mig_profile",
        fields={"gpu_index": 0, "mig_profile": "1g.12gb", "free": 3, "total": 7},
        count=3,
    ),
    Sample(
        _INSTANCES,
        kind="gpu.mig",
        fields={"gpu_index": 1, "gi": "5", "mig_profile": "2g.24gb", "placement": "2:2"},
        count=2,
    ),
    Sample(_COMPUTE, kind="gpu.mig", fields={"gi": "5", "ci": "0", "profile_id": 1}, count=2),
    Sample(
        "Unable to destroy GPU instance ID  5 from GPU  1: In use by another client",
        kind="gpu.smi_error",
        fields={"what": "mig_in_use", "gpu_index": 1, "doing": "destroy"},
    ),
    Sample("GPU instances: 4 of 7 are used by the batch team", kind=None),
    Sample("| Compute instances: |\nnothing below", kind=None),
    Sample("Failed to create GPU instances file /run/mig: disk full", kind=None),
)

PARSER = Parser(
    name="smi_mig",
    family="gpu",
    literals=(
        "GPU instance profiles", "GPU instances", "Compute instance", "ompute instance",
        "MIG-enabled devices", "MIG-supported devices", "GPU instance ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.report", "gpu.mig_profile", "gpu.mig", "gpu.smi_error"),
    before=1,
    after=MAX_LINES,
)  # fmt: skip
