"""A log read only round its hits gives the findings of the same log read whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from triage.answer import Finding
from triage.scanner import Options, scan_paths

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
BUNDLES = sorted(path for path in (ROOT / "samples").iterdir() if path.name != "README.md")
SEEDS = sorted(CORPUS.glob("seeds/*")) if CORPUS.is_dir() else []


def findings(path: Path, whole_bytes: int) -> list[Finding]:
    return scan_paths([path], Options(whole_bytes=whole_bytes)).answer.findings


@pytest.mark.parametrize("bundle", [*BUNDLES, *SEEDS], ids=lambda path: path.name)
def test_both_ways_find_the_same(bundle: Path) -> None:
    whole = findings(bundle, 1 << 40)
    gated = findings(bundle, 0)

    assert [msgspec.to_builtins(one) for one in gated] == [
        msgspec.to_builtins(one) for one in whole
    ]


def test_a_stack_trace_in_a_field_of_a_json_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(
        '{"timestamp": "2025-01-02T03:04:05Z", "level": "ERROR", "message": "job failed", '
        '"exc_info": "Traceback (most recent call last):\\n  File \\"/srv/x.py\\", line 3, in f\\n'
        '    g()\\nValueError: too small"}\n'
    )

    found = {one.id: one for one in findings(tmp_path, 1 << 20)}

    assert found["traceback"].entities["exception"] == ["ValueError"]
    assert found["traceback"].first_seen == "2025-01-02T03:04:05.000000Z"
    assert found["traceback"].evidence[0].line == 1
