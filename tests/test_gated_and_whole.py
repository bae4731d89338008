"""A log read only round its hits gives the findings of the same log read whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.biglog import write_log  # noqa: E402  the benchmarks are no installed package
from triage.answer import Finding  # noqa: E402  as above
from triage.ingest.reader import Rewound  # noqa: E402  as above
from triage.scanner import Options, scan_paths  # noqa: E402  as above

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


def container(line: str) -> dict[str, object]:
    return {"log": f"{line}\n", "stream": "stderr", "time": "2025-11-18T00:00:01.120446123Z"}


def structured(line: str) -> dict[str, object]:
    return {"ts": "2025-11-18T00:00:01.120Z", "level": "error", "logger": "serve", "msg": line}


@pytest.mark.parametrize("record", [container, structured])
def test_a_log_of_json_records_is_no_document(
    tmp_path: Path, record: Callable[[str], dict[str, object]]
) -> None:
    write_log(tmp_path / "plain", 600_000)
    lines = (tmp_path / "plain").read_text().splitlines()
    log = tmp_path / "serve.log"
    log.write_text("".join(json.dumps(record(line)) + "\n" for line in lines))

    whole, gated = findings(log, 1 << 40), findings(log, 0)

    assert len(gated) > 5
    assert [msgspec.to_builtins(one) for one in gated] == [
        msgspec.to_builtins(one) for one in whole
    ]
    assert not Rewound(BytesIO(log.read_bytes())).looks_like_document()


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "v1", "kind": "List", "items": []}\n',
        '{"kind": "Pod", "status": {}}\n{"kind": "Pod", "status": {}}\n',
        '{"time": "2025-11-18T00:00:01Z", "level": "info", "msg": "alone"}\n',
        '{\n"time": "2025-11-18T00:00:01Z"\n}\n',
    ],
    ids=["one line", "objects of a cluster", "one record", "over lines"],
)
def test_other_json_is_a_document(text: str) -> None:
    assert Rewound(BytesIO(text.encode())).looks_like_document()
