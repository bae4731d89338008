"""What only says again in general words what another finding says of the same lines is not told."""

from __future__ import annotations

from pathlib import Path

from triage.answer import Finding
from triage.scanner import scan_paths

UNKNOWN = "2025-05-01 12:00:0{},000 - worker - ERROR - acme.ranking.StaleIndexError: too old\n"
KNOWN = (
    "2025-05-01 12:00:09,000 - worker - ERROR - RuntimeError: CUDA out of memory."
    " Tried to allocate 2.00 GiB\n"
)


def found(tmp_path: Path, text: str) -> dict[str, Finding]:
    (tmp_path / "worker.log").write_text(text)
    return {one.id: one for one in scan_paths([tmp_path]).answer.findings}


def test_a_lone_exception_that_nothing_else_knows_is_told(tmp_path: Path) -> None:
    findings = found(tmp_path, UNKNOWN.format(1) + UNKNOWN.format(2))

    assert set(findings) == {"exception_logged"}
    assert findings["exception_logged"].count == 2


def test_a_lone_exception_gives_way_to_what_is_known_of_its_line(tmp_path: Path) -> None:
    assert set(found(tmp_path, KNOWN)) == {"cuda_oom"}


def test_a_lone_exception_of_another_line_stays_beside_it(tmp_path: Path) -> None:
    findings = found(tmp_path, KNOWN + UNKNOWN.format(1))

    assert set(findings) == {"cuda_oom", "exception_logged"}
    assert findings["exception_logged"].count == 1
    assert findings["exception_logged"].evidence[0].line == 2
