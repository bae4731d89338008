"""Real file systems that take no more: the root cause must be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.diagnosis import Diagnose, needs_kernel_log

pytestmark = pytest.mark.slow


def test_a_full_file_system_is_the_cause_of_the_failed_checkpoint(
    diagnose: Diagnose, disk: Path
) -> None:
    diagnosis = diagnose("disk_full", disk)

    assert diagnosis.cause == "disk_full"
    sources = {line["source"] for line in diagnosis.finding("disk_full")["evidence"]}
    assert any(source.endswith("disk_full.log") for source in sources)


def test_a_file_system_without_inodes_is_told_from_one_without_bytes(
    diagnose: Diagnose, disk: Path
) -> None:
    diagnosis = diagnose("inodes_full", disk)

    full = diagnosis.finding("disk_full")
    assert diagnosis.cause == "disk_full"
    assert "No inodes are left" in full["title"]
    assert diagnosis.did["mount"] in full["entities"]["path"]
    assert {line["source"].rpartition("/")[2] for line in full["evidence"]} == {
        "df.txt",
        "inodes_full.log",
    }


def test_a_disk_that_somebody_remounted_read_only_is_the_cause_of_the_failed_checkpoint(
    diagnose: Diagnose, disk: Path
) -> None:
    diagnosis = diagnose("read_only_disk", disk)

    needs_kernel_log(diagnosis)
    assert diagnosis.cause == "fs_remounted_readonly"
    assert "somebody asked for it" in diagnosis.finding("fs_remounted_readonly")["title"]
    assert diagnosis.causes("read_only_filesystem") == ["fs_remounted_readonly"]
