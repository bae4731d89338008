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
