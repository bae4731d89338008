"""`dcgmi … -j`: the diagnostic, the health check and the error counters of NVLink as JSON.

The events are those of the boxes (`dcgm`, `dcgm_diag`). Key names changed: `DCGM GPU Diagnostic`
(2.x, 3.x: `gpu_ids` a string, `warnings` a text) and `DCGM Diagnostic` (4.x: `entity_id`,
`warnings` a list of objects, `metadata` beside it); a run that failed as a whole has
`runtime_error`.
Sources: dcgmi's Diag.cpp (HelperDisplayAsJson) and DcgmiOutput.cpp; output of DCGM 2.4 to 4.4.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.dcgm_diag import VERSIONS, Run, Test
from triage_parsers.kernel_dump import number

ROOTS = ("DCGM GPU Diagnostic", "DCGM Diagnostic")
MAX_BACK = 400
"""Lines above a hit in which its object may begin."""
MAX_LINES = 20_000
GPU_HEADER = compiled(r"^GPU (?P<gpu>\d{1,3})$")
Json = dict[str, object]


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The events of each object."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start, end = _extent(lines, hit, done)
        value = _object(lines[start:end])
        if value is not None:
            yield from _events(value, lines, start, end)
        done = end


def _extent(lines: Sequence[Line], hit: int, floor: int) -> tuple[int, int]:
    """The lines of the object round a hit: it opens and closes at the left edge."""
    start = hit
    while start > max(floor, hit - MAX_BACK) and not lines[start].body.startswith("{"):
        start -= 1
    if lines[start].body.rstrip().endswith("}"):
        return start, max(start, hit) + 1
    end = start + 1
    while end < min(len(lines), start + MAX_LINES):
        if lines[end - 1].body.startswith("}") or lines[end].body.startswith("{"):
            break
        end += 1
    return start, max(end, hit + 1)


def _object(lines: Sequence[Line]) -> Json | None:
    """The object that stands on these lines; what follows its end is ignored."""
    text = "\n".join(line.body for line in lines).lstrip()
    if not text.startswith("{"):
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _events(value: Json, lines: Sequence[Line], start: int, end: int) -> Iterator[Event]:
    for root in ROOTS:
        run = value.get(root)
        if isinstance(run, dict):
            yield from _run(value, run, lines, start, end)
            return
    header = value.get("header")
    body = value.get("body")
    if not isinstance(header, list) or not isinstance(body, dict):
        return
    if "NVLINK Error Counts" in header:
        yield _link_errors(header, body, lines[start:end])
    elif "Health Monitor Report" in header:
        yield from _health(body, lines[start:end])


def _run(value: Json, run: Json, lines: Sequence[Line], start: int, end: int) -> Iterator[Event]:
    read = Run()
    for facts in (run, value.get("metadata")):
        if isinstance(facts, dict):
            told = {**facts, "DCGM Version": facts.get("DCGM Version", facts.get("version"))}
            read.facts |= {VERSIONS[key]: str(told[key]) for key in VERSIONS if told.get(key)}
    at = start
    for category in _dicts(run.get("test_categories")):
        for test in _dicts(category.get("tests")):
            name = str(test.get("name", test.get("test_name", "")))
            at = _line_of(lines, json.dumps(name, ensure_ascii=False), at, end)
            one = Test(name, str(category.get("category", "")), at, at)
            _read_results(one, test)
            read.tests.append(one)
    for one, following in pairwise(read.tests):
        one.last = max(one.first, following.first - 1)
    if read.tests:
        read.tests[-1].last = end - 1
    error = run.get("runtime_error")
    if error:
        one = Test("run", "", start, end - 1)
        one.note("fail")
        one.told.append(str(error))
        read.tests.append(one)
    yield from read.events(lines, start, end)


def _read_results(one: Test, test: Json) -> None:
    results = [*_dicts(test.get("results")), *_dicts([test.get("test_summary")])]
    for result in results:
        gpus = str(result.get("gpu_ids", result.get("gpu_id", result.get("entity_id", ""))))
        one.note(str(result.get("status", "unknown")), gpus)
        one.told += [text for text in _texts(result.get("warnings")) if text not in one.told]
        one.told += [text for text in _texts(result.get("warning")) if text not in one.told]


def _texts(told: object) -> list[str]:
    """Warnings are a text, a list of texts, or a list of objects with a text each."""
    if isinstance(told, str):
        return [told]
    if not isinstance(told, list):
        return []
    return [
        str(one.get("warning", "")) if isinstance(one, dict) else str(one) for one in told if one
    ]


def _dicts(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _line_of(lines: Sequence[Line], quoted: str, start: int, end: int) -> int:
    """The next line that names it; the last one when none does."""
    return next((i for i in range(start, end) if quoted in lines[i].body), start)


def _link_errors(header: list[object], body: Json, lines: Sequence[Line]) -> Event:
    sums: Counter[str] = Counter()
    by_link: Counter[str] = Counter()
    for link, counters in body.items():
        children = counters.get("children") if isinstance(counters, dict) else None
        if not isinstance(children, dict):
            continue
        for name, cell in children.items():
            count = number(str(cell.get("value", ""))) if isinstance(cell, dict) else None
            sums["_".join(name.lower().split()).removesuffix("_error") + "_errors"] += count or 0
            by_link[link.removeprefix("Link ")] += count or 0
    owner = next((found for head in header if (found := GPU_HEADER.search(str(head)))), None)
    gpu = owner.group("gpu") if owner else None
    fields: Fields = {"gpu_index": gpu, "links": len(by_link), **sums, "dcgm": True}
    worst, most = by_link.most_common(1)[0] if by_link else ("", 0)
    if most:
        fields["link"] = number(worst)
    return make_event("gpu.nvlink_errors", lines, fields)


def _health(body: Json, lines: Sequence[Line]) -> Iterator[Event]:
    overall = body.get("Overall Health")
    health = str(overall.get("value", "") if isinstance(overall, dict) else overall).lower()
    event = make_event("gpu.dcgm_health", lines, {"health": health})
    event.message = f"dcgmi health: {health}"
    yield event


SAMPLES = (
    Sample(
        '{\n  "DCGM GPU Diagnostic": {\n    "Driver Version Detected": "535.183.06",\n'
        '    "test_categories": [\n      {"category": "Hardware", "tests": [\n'
        '        {"name": "GPU Memory", "results": [\n'
        '          {"gpu_ids": "0,1", "status": "Pass"},\n'
        '          {"gpu_ids": "3", "status": "Fail", "warnings": "GPU 3 is sick"}]}]}]\n  }\n}',
        kind="gpu.dcgm_diag",
        fields={"result": "fail", "failed": 1, "driver": "535.183.06"},
        count=2,
    ),
    Sample(
        '{"DCGM Diagnostic": {"test_categories": [{"category": "Deployment", "tests": [{"name": '
        '"software", "results": [{"entity_group": "GPU", "entity_id": 0, "status": "Pass"}], '
        '"test_summary": {"status": "Pass"}}]}]}, "metadata": {"version": "4.2.3", "Driver Version '
        'Detected": "580.82.09"}}',
        kind="gpu.dcgm_diag",
        fields={"result": "pass", "dcgm_version": "4.2.3", "driver": "580.82.09"},
        count=1,
    ),
    Sample(
        '{\n  "body": {"Link 0": {"children": {"CRC Data Error": {"value": "0"}}},\n'
        '    "Link 5": {"children": {"CRC Data Error": {"value": "12"}}}},\n'
        '  "header": ["NVLINK Error Counts", "GPU 4"]\n}',
        kind="gpu.nvlink_errors",
        fields={"gpu_index": 4, "links": 2, "crc_data_errors": 12, "link": 5},
        count=1,
    ),
    Sample('the key is "DCGM Diagnostic" since 4.0', kind=None),
    Sample('{"DCGM Diagnostic": "not run"}', kind=None),
    Sample('{"header": ["NVLINK Error Counts"], "body": "cut', kind=None),
)

PARSER = Parser(
    name="dcgm_json",
    family="gpu",
    literals=(
        "DCGM GPU Diagnostic",
        "DCGM Diagnostic",
        "NVLINK Error Counts",
        "Health Monitor Rep",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.dcgm_diag", "gpu.dcgm_test", "gpu.nvlink_errors", "gpu.dcgm_health"),
    before=MAX_BACK,
    document=True,
)
