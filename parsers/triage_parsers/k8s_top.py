"""Tables of `kubectl top pods` and `kubectl top nodes`: who uses how much, right now.

    NAMESPACE  POD  NAME  CPU(cores)  MEMORY(bytes)
    NAME  CPU(cores)  CPU(%)  MEMORY(bytes)  MEMORY(%)

One `k8s.top` a row: `cpu_m` in millicores, `memory_mi` in MiB, and of a node the percentages of
what it can give. Percentages tell nodes from pods; with `--containers` the column `NAME` is the
container. Values that the metrics server does not know are `<unknown>` and left out.
Source: kubernetes/kubectl `pkg/metricsutil/metrics_printer.go`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.k8s_text import DNS_LABEL, is_prompt, prompt_namespace, unquoted

ROW = "k8s.top"
TABLE = "k8s.top_table"
_HEADER = compiled(
    r"^\s*(?P<namespace>NAMESPACE\s+)?(?P<pod>POD\s+)?NAME\s+CPU\(cores\)\s+(?P<node>CPU\(?%\)?\s+)?"
    r"MEMORY\(bytes\)"
)
_NODE_ROW = compiled(
    r"^\s*(?P<node>[A-Za-z0-9][\w.-]*)\s+(?P<cpu>\d+m?|<unknown>)\s+(?P<cpu_percent>\d+%|<unknown>)\s+"
    r"(?P<memory>\d+(?:[KMGT]i)?|<unknown>)\s+(?P<memory_percent>\d+%|<unknown>)(?:\s|$)"
)
_POD_ROW = compiled(
    rf"^\s*(?P<names>(?:{DNS_LABEL}\s+)?(?:[a-z0-9][a-z0-9.-]*\s+)?[a-z0-9][a-z0-9.-]*)\s+"
    r"(?P<cpu>\d+m?)\s+(?P<memory>\d+(?:[KMGT]i)?)(?:\s+\d+\S*)?\s*$"
)
_MIB = {"": 1 / (1 << 20), "Ki": 1 / 1024, "Mi": 1.0, "Gi": 1024.0, "Ti": 1024.0 * 1024.0}
MAX_DIGITS = 15
LITERALS = ("CPU(cores)", "MEMORY(bytes)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The table below each header, with one event a row."""
    del context
    done = 0
    for hit in hits:
        header = _HEADER.match(_text(lines[hit])) if hit >= done else None
        if header is None:
            continue
        names = [name for name in ("namespace", "pod") if header.group(name)]
        above = lines[hit - 1].body if hit else ""
        namespace = prompt_namespace(above) if is_prompt(above) else ""
        rows: list[Event] = []
        for at in range(hit + 1, len(lines)):
            line = lines[at]
            fields = _node(line) if header.group("node") else _pod(line, names, namespace)
            if not fields:
                break
            rows.append(make_event(ROW, (line,), fields))
        if rows:
            table = make_event(TABLE, lines[hit : hit + 1], {"rows": len(rows)})
            table.line_end = rows[-1].line_end
            yield table
            yield from rows
            done = hit + len(rows) + 1


def _text(line: Line) -> str:
    return unquoted(line.body)


def _node(line: Line) -> Fields:
    found = _NODE_ROW.match(_text(line))
    if found is None:
        return {}
    fields: Fields = {"node": found.group("node")}
    for key in ("cpu_percent", "memory_percent"):
        digits = (found.group(key) or "").rstrip("%")
        if digits.isdecimal() and len(digits) < MAX_DIGITS:
            fields[key] = int(digits)
    return {**fields, **_used(found.group("cpu") or "", found.group("memory") or "")}


def _pod(line: Line, names: Sequence[str], namespace: str) -> Fields:
    found = _POD_ROW.match(_text(line))
    if found is None:
        return {}
    words = (found.group("names") or "").split()
    columns = [*names, "container" if "pod" in names else "pod"]
    if len(words) != len(columns):
        return {}
    fields: Fields = {"namespace": namespace} if namespace else {}
    fields.update(zip(columns, words, strict=True))
    return {**fields, **_used(found.group("cpu") or "", found.group("memory") or "")}


def _used(cpu: str, memory: str) -> Fields:
    """Millicores and MiB; nothing for `<unknown>`."""
    fields: Fields = {}
    cores = cpu.removesuffix("m")
    if cores.isdecimal() and len(cores) < MAX_DIGITS:
        fields["cpu_m"] = int(cores) if cpu.endswith("m") else int(cores) * 1000
    size = memory.rstrip("KMGTi")
    if size.isdecimal() and len(size) < MAX_DIGITS:
        fields["memory_mi"] = round(int(size) * _MIB[memory[len(size) :]])
    return fields


SAMPLES = (
    Sample(
        "NAME                     CPU(cores)   MEMORY(bytes)\n"
        "ranker-6d5f7c9b8-tq2lm   412m         61234Mi\n"
        "embed-0                  3            2Gi\n",
        kind=TABLE,
        fields={"rows": 2},
        count=3,
    ),
    Sample(
        "NAME     CPU(cores)   CPU%        MEMORY(bytes)   MEMORY%\n"
        "gpu-01   14210m       44%         501233Mi        97%\n"
        "gpu-02   <unknown>    <unknown>   <unknown>       <unknown>\n",
        kind=TABLE,
        fields={"rows": 2},
        count=3,
    ),
    Sample(
        "NAMESPACE   POD     NAME      CPU(cores)   MEMORY(bytes)\n"
        "ml          fit-3   trainer   7m           128Mi\n",
        kind=TABLE,
        fields={"rows": 1},
        count=2,
    ),
    Sample("CPU(cores) and MEMORY(bytes) are the columns of top", kind=None),
    Sample("NAME   CPU(cores)   MEMORY(bytes)\n\nno pods were found", kind=None),
    Sample("error: Metrics API not available, MEMORY(bytes) unknown", kind=None),
)

PARSER = Parser(
    name="k8s_top",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(TABLE, ROW),
    after=200,
)
