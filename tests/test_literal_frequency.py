"""No literal is common in healthy logs: the gate's speed stands on it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from triage.signatures.compiled import Plan
from triage.signatures.load import load

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.biglog import write_log, write_mixed  # noqa: E402  the benchmarks are no installed package

HEALTHY = ROOT / "samples" / "healthy-forms"
ONE_LINE_IN = 1000
ONE_LINE_IN_MIXED = 40


def test_a_healthy_log_wakes_nobody(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    lines = write_log(log, 3_000_000, failures=0.0)
    plan = Plan.of(load())

    found = Counter(plan.gate.literals[literal] for literal, _ in plan.gate.find(log.read_bytes()))

    assert {text: count for text, count in found.items() if count * ONE_LINE_IN > lines} == {}


def test_no_literal_is_common_in_a_mix_of_healthy_forms(tmp_path: Path) -> None:
    log = tmp_path / "mixed.log"
    lines = write_mixed(log, [path.read_text("utf-8") for path in sorted(HEALTHY.iterdir())])
    plan = Plan.of(load())

    found = Counter(plan.gate.literals[literal] for literal, _ in plan.gate.find(log.read_bytes()))
    common = {text: count for text, count in found.items() if count * ONE_LINE_IN_MIXED > lines}

    assert common == {}
