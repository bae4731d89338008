"""Results of `dcgmi diag`: the table and its JSON come to the same events.

`gpu.dcgm_diag` stands for the whole run: `result` (fail, warn or pass), `tests`, `failed`,
`warned`, `skipped`, `dcgm_version`, `driver`. `gpu.dcgm_test` is a test that did not simply pass:
`test`, `category`, `status`, `gpus` (DCGM's ids, `0,3`), `gpu_index` where it is one, and `detail`,
the warnings put together again from their chopped lines. A pass is only counted.
No parser stands here. Source: dcgmi's Diag.cpp and nvvs, DCGM 1.7 to 4.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from triage.events import Event, Fields, Line, make_event
from triage.patterns import compiled
from triage_parsers.dcgm_rows import Row, unchopped

STATUS = compiled(
    r"^(?P<status>(?i:pass|fail|warn|skip|not run))\b"
    r"(?: - (?P<gpus>All|GPUs?:? ?\d[\d, ]*))?(?:: (?P<why>\S.*))?$"
)
SUB_STATUS = compiled(r"^GPU ?(?P<gpu>\d{1,3}): (?P<status>(?i:pass|fail|warn|skip))\b")
TOLD = compiled(r"^(?P<level>Warning|Error|Info)s?(?:: ?GPU ?(?P<gpu>\d{1,3}))?$")
GPU = compiled(r"\bGPU (?P<gpu>\d{1,3})\b")
VERSIONS = {"DCGM Version": "dcgm_version", "Driver Version Detected": "driver"}
WORST = ("fail", "warn", "skip", "not run", "pass")
DETAIL = 2_000
"""Characters of a test's warnings that are kept."""
LONGEST_ID = 4
KEY_WIDTH = 20
"""Characters of the first cell of a real box; a table in prose has narrower ones."""


@dataclass
class Test:
    """One test of a run, as far as it was read."""

    name: str
    category: str
    first: int
    last: int
    statuses: dict[str, set[str]] = field(default_factory=dict)
    """Status to the ids of the GPUs that had it; an empty set: of the test as a whole."""
    told: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The worst status of any GPU."""
        return next((word for word in WORST if word in self.statuses), "unknown")

    def note(self, status: str, gpus: str = "") -> None:
        """A status, of all GPUs or of some."""
        parts = gpus.replace(",", " ").split()
        ids = {part for part in parts if part.isdecimal() and len(part) <= LONGEST_ID}
        self.statuses.setdefault(status.lower(), set()).update(ids)

    def fields(self) -> Fields:
        """What a responder needs."""
        told = " ".join(self.told)[:DETAIL]
        gpus = set(self.statuses.get(self.status, ()))
        if not gpus:
            gpus = {found.group("gpu") or "" for found in GPU.finditer(told)}
        ordered = sorted(gpus, key=int)
        return {
            "test": self.name,
            "category": self.category.lower(),
            "status": self.status,
            "gpus": ",".join(ordered),
            "gpu_index": ordered[0] if len(ordered) == 1 else None,
            "detail": told,
        }


@dataclass
class Run:
    """One run of the diagnostic."""

    tests: list[Test] = field(default_factory=list)
    facts: Fields = field(default_factory=dict)

    def events(self, lines: Sequence[Line], start: int, end: int) -> list[Event]:
        """The run and its tests that did not simply pass; empty when no test was read."""
        if not self.tests:
            return []
        counts = dict.fromkeys(WORST, 0)
        for test in self.tests:
            counts[test.status] = counts.get(test.status, 0) + 1
        fields: Fields = {
            **self.facts,
            "result": next((word for word in ("fail", "warn") if counts[word]), "pass"),
            "tests": len(self.tests),
            "failed": counts["fail"],
            "warned": counts["warn"],
            "skipped": counts["skip"],
        }
        whole = make_event("gpu.dcgm_diag", lines[start:end], fields)
        whole.message = f"dcgmi diag: {fields['result']}"
        return [whole, *(_test_event(lines, test) for test in self.tests if _is_telling(test))]


def _is_telling(test: Test) -> bool:
    return test.status not in ("pass", "not run", "skip") or (
        bool(test.told) and test.status != "pass"
    )


def _test_event(lines: Sequence[Line], test: Test) -> Event:
    event = make_event("gpu.dcgm_test", lines[test.first : test.last + 1], test.fields())
    event.message = f"{test.name}: {test.status}\n{' '.join(test.told)}"
    return event


def table_run(rows: Sequence[Row]) -> Run:
    """The run that a box, or a fragment of one, tells of."""
    run = Run()
    category, detail = "", list[str]()
    for row in rows:
        if row.section:
            category = row.key
            _tell(run, detail)
        elif row.key in VERSIONS:
            run.facts[VERSIONS[row.key]] = row.value
        elif row.key:
            _tell(run, detail)
            _take(run, row, category, detail)
        elif row.value and run.tests:
            _go_on(run.tests[-1], row, detail)
    _tell(run, detail)
    return run


def _take(run: Run, row: Row, category: str, detail: list[str]) -> None:
    """A row with a first cell: a test, or what is said of the one above."""
    told = TOLD.search(row.key)
    if told:
        if row.key_width < KEY_WIDTH:
            return
        if not run.tests:
            run.tests.append(Test("", category, row.index, row.index))
        test = run.tests[-1]
        if told.group("gpu") and told.group("level") != "Info":
            test.note("fail" if told.group("level") == "Error" else "warn", told.group("gpu") or "")
        if not test.statuses:
            test.note("fail" if told.group("level") == "Error" else "warn")
        test.last = row.index
        detail.append(row.raw)
        return
    status = STATUS.search(row.value)
    if status and row.key_width >= KEY_WIDTH:
        test = Test(row.key.lstrip("- "), category, row.index, row.index)
        test.note(status.group("status") or "", status.group("gpus") or "")
        if status.group("why"):
            test.told.append(status.group("why") or "")
        run.tests.append(test)


def _go_on(test: Test, row: Row, detail: list[str]) -> None:
    """A row without a first cell: the next piece of a text, or the status of other GPUs."""
    test.last = row.index
    if detail:
        detail.append(row.raw)
        return
    sub = SUB_STATUS.search(row.value)
    if sub:
        test.note(sub.group("status") or "", sub.group("gpu") or "")
        return
    status = STATUS.search(row.value)
    if status:
        test.note(status.group("status") or "", status.group("gpus") or "")


def _tell(run: Run, detail: list[str]) -> None:
    if detail and run.tests:
        run.tests[-1].told.append(unchopped(detail))
    detail.clear()
