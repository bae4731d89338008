"""What this program starts of itself is its own code, wherever the user stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from triage.own_process import own_command, own_environment, own_module
from triage.watch.nvml import COMMAND


@pytest.mark.parametrize(
    "command",
    [own_command("--version"), own_module("triage.ingest.crew_worker"), COMMAND],
    ids=["program", "reader of segments", "driver's child"],
)
def test_a_folder_of_our_name_where_the_user_stands_is_not_run(
    tmp_path: Path, command: list[str]
) -> None:
    stranger = tmp_path / "triage"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('a stranger was run')")

    done = subprocess.run(
        command, cwd=tmp_path, env=own_environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert "a stranger" not in done.stderr
    assert done.returncode == 0
