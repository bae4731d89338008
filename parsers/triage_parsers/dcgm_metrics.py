"""dcgm-exporter's metrics, as Prometheus scrapes them: `DCGM_FI_DEV_XID_ERRORS{gpu="3",…} 79`.

A scrape is `gpu.dcgm_metrics` (`gpus`, `metrics`). What it says that is no reading but a fault is
an event of its own, on its line: the last Xid (`gpu.xid`, `secondhand`: the number stays until the
exporter's engine restarts, and does not say when it came: `undated`), and a `gpu.state` with
`ecc_uncorrected`, `remap_pending`, `remap_failure`, `retired_pending` or `remap_uncorrectable`.
Labels give `gpu_index`, `gpu_uuid`, `gpu`, `name`, `host`, `driver`, and whose pod had the card.
A zero is healthy; a query (`{gpu=~"$gpu"}`) and a rule are no scrape.
Sources: dcgm-exporter 2.4 to 4.2, default-counters.csv.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

METRIC = compiled(
    r"^\s*(?P<metric>DCGM_(?:FI|EXP)_[A-Z0-9_]{3,80})\{(?P<labels>[^{}]*)\} +"
    r"(?P<value>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN)(?: +\d+)?\s*$"
)
COMMENT = compiled(r"^\s*# (?:HELP|TYPE) ")
LABEL = compiled(r'(?P<key>\w+)="(?P<value>[^"]*)"')
LABELS = {
    "gpu": "gpu_index", "UUID": "gpu_uuid", "pci_bus_id": "gpu", "modelName": "name",
    "Hostname": "host", "hostname": "host", "DCGM_FI_DRIVER_VERSION": "driver", "pod": "pod",
    "namespace": "namespace", "container": "container", "exported_pod": "pod",
    "exported_namespace": "namespace", "exported_container": "container", "GPU_I_ID": "mig_gpu",
}  # fmt: skip
XID = "DCGM_FI_DEV_XID_ERRORS"
XID_COUNT = "DCGM_EXP_XID_ERRORS_COUNT"
COUNTED = {
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": "ecc_uncorrected",
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS": "remap_uncorrectable",
}
ANSWERED = {
    "DCGM_FI_DEV_ROW_REMAP_FAILURE": "remap_failure",
    "DCGM_FI_DEV_ROW_REMAP_PENDING": "remap_pending",
    "DCGM_FI_DEV_RETIRED_PENDING": "retired_pending",
}
GAP = 2
"""Lines of something else inside a scrape."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a scrape, and one a fault in it."""
    del context
    done = 0
    for hit in hits:
        if hit < done or METRIC.search(lines[hit].body) is None:
            continue
        start = hit
        while start > done and COMMENT.search(lines[start - 1].body):
            start -= 1
        done = _end(lines, hit)
        yield from _scrape(lines, start, done)


def _end(lines: Sequence[Line], start: int) -> int:
    end, index = start + 1, start + 1
    while index < len(lines) and index - end <= GAP:
        body = lines[index].body
        if METRIC.search(body) or COMMENT.search(body):
            end = index + 1
        index += 1
    return end


def _scrape(lines: Sequence[Line], start: int, end: int) -> Iterator[Event]:
    gpus: set[str] = set()
    metrics: set[str] = set()
    faults: list[Event] = []
    for line in lines[start:end]:
        found = METRIC.search(line.body)
        if found is None:
            continue
        metric = found.group("metric") or ""
        labels = _labels(found.group("labels") or "")
        metrics.add(metric)
        gpus.add(str(labels.get("gpu_uuid", labels.get("gpu_index"))))
        fault = _fault(line, metric, labels, found.group("value") or "")
        if fault is not None:
            faults.append(fault)
    whole = make_event(
        "gpu.dcgm_metrics", lines[start:end], {"gpus": len(gpus), "metrics": len(metrics)}
    )
    whole.message = "dcgm-exporter: a scrape"
    yield whole
    yield from faults


def _labels(text: str) -> Fields:
    fields: Fields = {}
    for found in LABEL.finditer(text):
        key, value = found.group("key") or "", found.group("value") or ""
        if key == "xid":
            fields["xid"] = value
        elif key in LABELS and value:
            fields[LABELS[key]] = gpu_address(value) if key == "pci_bus_id" else value
    return fields


def _fault(line: Line, metric: str, labels: Fields, value: str) -> Event | None:
    """The event of a line that tells of a fault."""
    told_value = float(value)
    if not isfinite(told_value) or told_value <= 0:
        return None
    count = int(told_value)
    told: Fields = {"reporter": "dcgm-exporter", "secondhand": True}
    if metric == XID:
        return make_event("gpu.xid", [line], {**labels, **told, "xid": count, "undated": True})
    if metric == XID_COUNT and "xid" in labels:
        return make_event("gpu.xid", [line], {**labels, **told, "count": count})
    if metric in COUNTED:
        return make_event("gpu.state", [line], {**labels, COUNTED[metric]: count})
    if metric in ANSWERED:
        return make_event("gpu.state", [line], {**labels, ANSWERED[metric]: True})
    return None


_GPU = 'gpu="3",UUID="GPU-0c0d0e0f-1111-2222-3333-444455556666",device="nvidia3"'
SAMPLES = (
    Sample(
        "# HELP DCGM_FI_DEV_XID_ERRORS Value of the last XID error encountered.\n"
        "# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n"
        f'DCGM_FI_DEV_XID_ERRORS{{{_GPU},modelName="NVIDIA H100 80GB HBM3",Hostname="g-7"}} 79\n'
        'DCGM_FI_DEV_XID_ERRORS{gpu="4",UUID="GPU-2",device="nvidia4",Hostname="g-7"} 0',
        kind="gpu.dcgm_metrics",
        fields={"gpus": 2, "metrics": 1},
        count=2,
    ),
    Sample(
        f'DCGM_FI_DEV_ROW_REMAP_FAILURE{{{_GPU},namespace="ml",pod="train-0"}} 1',
        kind="gpu.dcgm_metrics",
        fields={"gpus": 1},
        count=2,
    ),
    Sample(
        f'DCGM_EXP_XID_ERRORS_COUNT{{{_GPU},window_size_in_ms="300000",xid="94"}} 2 1741064767123',
        kind="gpu.dcgm_metrics",
        count=2,
    ),
    Sample('alert: GpuXid\nexpr: DCGM_FI_DEV_XID_ERRORS{gpu=~"$gpu"} > 0', kind=None),
    Sample("# HELP DCGM_FI_DEV_XID_ERRORS Value of the last XID error encountered.", kind=None),
    Sample("DCGM_FI_DEV_XID_ERRORS, gauge, Value of the last XID error encountered.", kind=None),
)

PARSER = Parser(
    name="dcgm_metrics",
    family="app",
    literals=("DCGM_FI_", "DCGM_EXP_"),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.dcgm_metrics", "gpu.xid", "gpu.state"),
    before=2,
    after=400,
)
