"""A disk that fills up while it is collected to costs what had no room, and nothing else."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import triage.collect as collect_module
from triage.collect.job import Asked, collect
from triage.collect.manifest import Entry, Manifest

MIB = 1 << 20
LOUD = (
    "#!/bin/sh\n"
    "awk 'BEGIN { for (i = 0; i < 60000; i++)"
    ' printf "/dev/mapper/data-%06d  3.5T  3.2T  300G  92%% /srv/data/%06d\\n", i, i }\'\n'
)
"""A `df` of very many disks: 7 MB for both questions that are asked."""


COVERED = ("/dev/shm", "/run", "/var/tmp", "/mnt", "/tmp")


def mounted(folder: Path, size: str) -> None:
    folder.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("no file system may be mounted here")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for half of what is asked."""
    folder = tmp_path / "small"
    mounted(folder, "5m")
    yield folder
    subprocess.run(["umount", str(folder)], check=False)


@pytest.fixture
def loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with much to say of its disks."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "df").write_text(LOUD)
    (tools / "df").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")


def collected(folder: Path, **asked: Any) -> Manifest:  # noqa: ANN401  the fields of Asked
    bundle, raw = folder / "bundle", folder / "raw"
    bundle.mkdir()
    raw.mkdir()
    return collect(Asked(**asked), bundle, raw)


def entries(manifest: Manifest) -> dict[str, Entry]:
    return {entry.source: entry for entry in manifest.entries()}


@pytest.mark.usefixtures("loud")
def test_what_had_room_is_kept_and_the_rest_is_told(small: Path) -> None:
    told = entries(collected(small, groups=frozenset({"storage", "memory"})))

    disks = told["storage/df.txt"]
    kept = (small / "bundle" / disks.files[0]).stat().st_size
    assert (disks.status, disks.bytes) == ("cut", kept)
    assert kept > MIB
    assert disks.why == "no room left for it here; TMPDIR names another place"
    assert told["memory/memory.txt"].status == "ok"


@pytest.mark.usefixtures("loud")
def test_one_that_fills_the_disk_costs_the_others_nothing(small: Path) -> None:
    told = entries(collected(small, groups=frozenset({"storage", "memory", "system"})))

    lost = {name for name, entry in told.items() if entry.status in {"cut", "failed"}}
    assert lost == {"storage/df.txt"}


@pytest.mark.usefixtures("loud")
def test_the_manifest_has_room_and_what_was_not_masked_is_gone(small: Path) -> None:
    manifest = collected(small, groups=frozenset({"storage"}))

    assert not list((small / "raw").iterdir())
    written = json.loads((small / "bundle" / "MANIFEST.json").read_text())
    assert len(written["machines"][0]["entries"]) == len(manifest.entries())


def test_a_disk_that_was_full_before_leaves_what_fits_beside_the_manifest(small: Path) -> None:
    (small / "filler").write_bytes(b"x" * (5 * MIB - 96 * 1024))

    manifest = collected(small, groups=frozenset({"system", "storage", "network"}))

    lost = [entry for entry in manifest.entries() if "no room" in entry.why]
    assert lost
    assert {entry.status for entry in lost} <= {"cut", "failed"}
    assert all(entry.files for entry in lost if entry.status == "cut")
    assert (small / "bundle" / "MANIFEST.json").stat().st_size


def test_a_log_without_room_leaves_it_to_a_smaller_one(small: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a-large.log").write_text("step 1 loss 0.5\n" * 500_000)
    (logs / "b-small.log").write_text("step 2 loss 0.4\n")

    told = entries(collected(small, groups=frozenset({"kernel"}), logs=(str(logs),)))

    entry = told[str(logs)]
    assert entry.status == "cut"
    assert [Path(name).name for name in entry.files] == ["b-small.log"]
    assert "a-large.log: no room left" in entry.why
    assert not list((small / "bundle").rglob("a-large.log"))


@pytest.mark.usefixtures("loud")
def test_of_a_host_what_came_first_is_kept(small: Path, tmp_path: Path) -> None:
    """An `ssh` that runs here what it is given."""
    program = tmp_path / "tools" / "ssh"
    program.write_text("#!/bin/sh\nexec sh -s\n")
    program.chmod(0o755)

    told = entries(collected(small, hosts=("gpu-7",), groups=frozenset({"memory", "storage"})))

    assert told["memory/memory.txt"].status == "ok"
    assert told["storage/df.txt"].status == "failed"
    assert told["storage/df.txt"].files
    assert "no room" in told["shell"].why


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has file systems of its own")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare here")
def test_where_no_disk_has_room_for_the_archive_the_folder_is_handed_over() -> None:
    """All places for temporary files are small ones, for this process alone."""
    homes = [Path(sys.prefix), Path(sys.base_prefix), Path(collect_module.__file__).resolve()]
    if any(home.is_relative_to(place) for home in homes for place in COVERED):
        pytest.skip("this program lies where small disks would hide it")
    if shutil.which("unshare") is None:
        pytest.skip("no file system may be mounted here")
    program = shlex.join([sys.executable, "-P", "-c", "from triage.cli import main; main()"])
    script = f"""
        set -e
        for place in /dev/shm /run /var/tmp; do
            mount -t tmpfs -o size=16k none $place
            head -c 16384 /dev/zero > $place/filler
        done
        mount -t tmpfs -o size=20m none /mnt
        mkdir /mnt/full
        mount -t tmpfs -o size=16k none /mnt/full
        head -c 16384 /dev/zero > /mnt/full/filler
        head -c 4500000 /dev/urandom | base64 -w 100 > /mnt/noise.log
        mount -t tmpfs -o size=8m none /tmp
        unset TMPDIR
        set +e
        {program} collect -o /mnt/full/now.tar.zst --only memory --log /mnt/noise.log
        echo "status $?"
        cd /tmp && find . -type f
        stat -c %a /tmp/now-*
    """
    unshare = ["unshare", "-m", "sh", "-c", script]
    result = subprocess.run(unshare, capture_output=True, text=True, check=False, timeout=120)
    if "mount" in result.stderr or "unshare" in result.stderr:
        pytest.skip("no file system may be mounted here")

    place, status, *files, mode = result.stdout.splitlines()
    assert place.startswith("/tmp/now-")
    assert status == "status 3"
    assert {"MANIFEST.json", "noise.log"} <= {Path(name).name for name in files}
    assert all(name.startswith(f"./{Path(place).name}/") for name in files)
    assert mode == "700"
    assert "a folder: there was no room to pack it" in result.stderr
