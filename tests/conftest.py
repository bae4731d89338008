"""Fixtures that more than one test file needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def samples() -> Path:
    """The folder of the shipped sample bundles."""
    return ROOT / "samples"


@pytest.fixture
def triage() -> Run:
    """Run the command as a user does, in a process of its own."""

    def run(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from triage.cli import main; main()", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run
