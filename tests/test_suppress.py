"""Suppressions hide what they name, say so, and end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from triage.answer import Answer
from triage.errors import SuppressionError
from triage.scanner import Options, scan_paths

Run = Callable[..., "subprocess.CompletedProcess[str]"]

XID = "[ {}.0] NVRM: Xid (PCI:0000:{}:00): 43, pid={}, name=dbg, Ch 00000010\n"
LOG = XID.format(100, "3b", 11) + XID.format(200, "3b", 12) + XID.format(300, "86", 13)
RULE = """\
[[suppress]]
id = "xid_43"
when = { gpu = "0000:3b:00" }
reason = "debugger seat, INF-2231"
until = 2026-06-30
"""
TODAY = date(2026, 6, 30)


def scanned(folder: Path, rules: str, today: date = TODAY) -> Answer:
    """The answer on the log with these suppressions."""
    (folder / "kern.log").write_text(LOG)
    (folder / "hide.toml").write_text(rules)
    options = Options(suppressions=(folder / "hide.toml",), today=today)
    return scan_paths([folder / "kern.log"], options).answer


def gpus(answer: Answer) -> list[str]:
    """Cards with a finding."""
    return sorted(str(gpu) for f in answer.findings for gpu in f.entities.get("gpu", []))


def test_only_what_fits_the_condition_is_hidden(tmp_path: Path) -> None:
    answer = scanned(tmp_path, RULE)

    assert gpus(answer) == ["0000:86:00"]
    (hidden,) = answer.suppressed
    assert (hidden.id, hidden.count, hidden.by) == ("xid_43", 2, "hide.toml")
    assert (hidden.reason, hidden.until) == ("debugger seat, INF-2231", "2026-06-30")


def test_hits_are_hidden_not_whole_findings(tmp_path: Path) -> None:
    answer = scanned(tmp_path, RULE.replace('gpu = "0000:3b:00"', "pid = 11"))

    assert gpus(answer) == ["0000:3b:00", "0000:86:00"]
    assert answer.suppressed[0].count == 1


@pytest.mark.parametrize(
    "when",
    ['gpu = "*"', 'source = "kern.l*"', 'text = "name=dbg"', 'gpu = "0000:*"', 'xid = "4?"'],
)
def test_conditions_are_values_or_globs(tmp_path: Path, when: str) -> None:
    answer = scanned(tmp_path, RULE.replace('gpu = "0000:3b:00"', when))

    assert gpus(answer) == []
    assert answer.verdict.status == "clean"
    assert answer.suppressed[0].count == 3


@pytest.mark.parametrize("when", ['host = "gpu-1"', 'gpu = "0000:3c:00"', 'text = "NAME=DBG"'])
def test_a_condition_that_does_not_hold_hides_nothing(tmp_path: Path, when: str) -> None:
    answer = scanned(tmp_path, RULE.replace('gpu = "0000:3b:00"', when))

    assert gpus(answer) == ["0000:3b:00", "0000:86:00"]
    assert answer.suppressed == []


def test_an_expired_suppression_hides_nothing_and_says_so(tmp_path: Path) -> None:
    answer = scanned(tmp_path, RULE, date(2026, 7, 1))

    assert gpus(answer) == ["0000:3b:00", "0000:86:00"]
    assert answer.suppressed == []
    assert any("xid_43" in text and "2026-06-30" in text for text in answer.warnings)


@pytest.mark.parametrize("missing", ["id", "when", "reason", "until"])
def test_all_four_parts_are_required(tmp_path: Path, missing: str) -> None:
    rules = "\n".join(row for row in RULE.split("\n") if not row.startswith(missing))

    with pytest.raises(SuppressionError, match=missing):
        scanned(tmp_path, rules)


@pytest.mark.parametrize(
    ("part", "empty"),
    [('"xid_43"', '" "'), ('{ gpu = "0000:3b:00" }', "{}"), ('"debugger seat, INF-2231"', '""')],
)
def test_no_part_may_be_empty(tmp_path: Path, part: str, empty: str) -> None:
    with pytest.raises(SuppressionError, match="is empty"):
        scanned(tmp_path, RULE.replace(part, empty))


def test_the_command_says_how_many_were_hidden_and_by_what(tmp_path: Path, triage: Run) -> None:
    (tmp_path / "kern.log").write_text(LOG)
    (tmp_path / "hide.toml").write_text(RULE.replace("2026-06-30", "2999-01-01"))
    call = ("scan", tmp_path / "kern.log", "--suppress", tmp_path / "hide.toml")

    text, as_json = triage(*call), triage(*call, "--format", "json")

    assert "HIDDEN (2)" in text.stdout
    assert "xid_43 x2 by hide.toml until 2999-01-01: debugger seat, INF-2231" in text.stdout
    assert json.loads(as_json.stdout)["suppressed"][0]["count"] == 2


def test_a_wrong_file_is_one_line_and_status_2(tmp_path: Path, triage: Run) -> None:
    (tmp_path / "kern.log").write_text(LOG)
    (tmp_path / "hide.toml").write_text("suppress = 3\n")

    done = triage("scan", tmp_path / "kern.log", "--suppress", tmp_path / "hide.toml")

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().split("\n")) == 1
