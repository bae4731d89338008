"""`--version` and `--help` answer before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("polars", "duckdb", "pyarrow", "textual", "rich", "numpy", "dateparser", "re2")
PROBE = """
import sys
from triage.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(",".join(m for m in {heavy!r} if m in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("call", [["--version"], ["--help"], ["scan", "--help"]])
def test_nothing_heavy_is_imported(call: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *call],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.strip() == ""
    assert "triage" in done.stdout


def test_a_scan_of_text_needs_no_data_frame_engine() -> None:
    probe = """
import sys
from triage.cli import main
try:
    main(["scan", "-q", "samples/healthy"])
except SystemExit:
    pass
heavy = ("polars", "duckdb", "pyarrow", "textual", "numpy")
print(",".join(m for m in heavy if m in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == ""
