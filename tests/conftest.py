"""Fixtures that more than one test file needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.watch_bench import Bench, Start

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


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """An empty log in a folder of its own."""
    path = tmp_path / "logs" / "app.log"
    path.parent.mkdir()
    path.write_bytes(b"")
    return path


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a watch with a clock of its own, which notes where it stands."""

    def begin(path: Path, **more: Any) -> Bench:  # noqa: ANN401  handed on
        return Bench(path, tmp_path / "state.json", **more)

    return begin
