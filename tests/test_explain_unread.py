"""`triage explain ID PATH`: silence is no answer where a source could not be read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from triage.explaining.explain import explain
from triage.explaining.explanation import Outcome

CALM = "2025-04-02T10:00:00+00:00 {} kernel: [ 902.113377] usb 1-1: new device found\n"
READY = "2025-04-02 10:00:01 INFO app: ready\n"


def outcome(asked: str, folder: Path) -> Outcome:
    made = explain([asked, str(folder)])
    assert made.bundle is not None
    return made.bundle.outcomes[0]


def bundle(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def manifest(*entries: Mapping[str, str], host: str = "gpu-a", how: str = "local") -> str:
    told = {"name": host, "how": how, "root": False, "entries": entries}
    return json.dumps({"schema": "triage.collect/1", "machines": [told]}, indent=2)


def denied(source: str = "kernel/dmesg.txt") -> dict[str, str]:
    return {"source": source, "status": "denied", "why": "not permitted"}


def damaged(path: Path, text: str) -> None:
    """A gzip file whose transfer broke off: what remains of its end is noise."""
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    path.write_bytes(packed + b"\xff" * 64)


def test_a_denied_kernel_log_is_told_with_the_call_that_gets_it(tmp_path: Path) -> None:
    files = {"MANIFEST.json": manifest(denied()), "nodes/gpu-a/logs/app.log": READY}

    told = outcome("xid_79", bundle(tmp_path, files))

    assert (told.status, told.needs) == ("undecided", ["kernel"])
    assert told.why[0] == "no kernel log is in the bundle, which would tell"
    assert "kernel/dmesg.txt was denied on gpu-a" in told.why[1]
    assert "`sudo triage collect` would get it" in told.why[1]


def test_the_kernel_log_of_another_machine_does_not_silence_one_that_was_denied(
    tmp_path: Path,
) -> None:
    files = {
        "MANIFEST.json": manifest(denied(), host="root@gpu-a", how="ssh"),
        "nodes/gpu-b/kernel/dmesg.txt": CALM.format("gpu-b"),
    }

    told = outcome("xid_79", bundle(tmp_path, files))

    assert (told.status, told.needs) == ("undecided", ["kernel"])
    assert "was denied on root@gpu-a" in told.why[-1]


@pytest.mark.parametrize("host", ["gpu-a", "root@gpu-a"])
def test_another_kernel_log_of_the_same_machine_leaves_it_silent_and_says_what_is_missing(
    tmp_path: Path, host: str
) -> None:
    files = {
        "MANIFEST.json": manifest(denied("kernel/previous-boot.jsonl"), host=host),
        "nodes/gpu-a/kernel/dmesg.txt": CALM.format("gpu-a"),
    }

    told = outcome("xid_79", bundle(tmp_path, files))

    assert told.status == "silent"
    assert "kernel/previous-boot.jsonl was denied" in told.why[-1]


def test_a_part_of_a_log_leaves_it_silent_and_says_so(tmp_path: Path) -> None:
    cut = {"source": "kernel/dmesg.txt", "status": "cut", "why": "more than 32 MiB"}
    files = {
        "MANIFEST.json": manifest(cut),
        "nodes/gpu-a/kernel/dmesg.txt": CALM.format("gpu-a"),
    }

    told = outcome("xid_79", bundle(tmp_path, files))

    assert told.status == "silent"
    assert "only a part of kernel/dmesg.txt was taken" in told.why[-1]


def test_a_source_that_would_not_tell_of_it_is_no_reason(tmp_path: Path) -> None:
    files = {
        "MANIFEST.json": manifest(denied("gpu/nvidia-smi.txt")),
        "nodes/gpu-a/kernel/dmesg.txt": CALM.format("gpu-a"),
    }

    told = outcome("xid_79", bundle(tmp_path, files))

    assert told.status == "silent"
    assert not any("nvidia-smi" in why for why in told.why)


def test_a_damaged_file_that_might_have_held_it_is_named(tmp_path: Path) -> None:
    bundle(tmp_path, {"dmesg.txt": CALM.format("gpu-a")})
    (tmp_path / "kern.log.1.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\xff" * 64)

    told = outcome("xid_79", tmp_path)

    assert told.status == "undecided"
    assert "kern.log.1.gz could not be read: its compressed data is damaged" in told.why[-1]


@pytest.mark.parametrize(("asked", "status"), [("xid_79", "undecided"), ("env_skew", "silent")])
def test_the_lost_rest_of_a_kernel_log_matters_to_what_stands_in_kernel_logs(
    tmp_path: Path, asked: str, status: str
) -> None:
    bundle(tmp_path, {"requirements.txt": "torch==2.3.1\n"})
    damaged(tmp_path / "kern.log.gz", CALM.format("gpu-a") * 20_000)

    told = outcome(asked, tmp_path)

    assert told.status == status
    assert any("the rest of kern.log.gz" in why for why in told.why) is (status == "undecided")


def test_a_finding_stands_whatever_else_could_not_be_read(tmp_path: Path) -> None:
    xid = "[ 902.2] NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.\n"
    files = {"MANIFEST.json": manifest(denied()), "nodes/gpu-b/kernel/dmesg.txt": xid}

    assert outcome("xid_79", bundle(tmp_path, files)).status == "fired"


def test_a_suspicion_is_open_where_what_speaks_of_it_was_denied(tmp_path: Path) -> None:
    files = {"MANIFEST.json": manifest(denied()), "nodes/gpu-b/logs/app.log": READY}
    calm = {"nodes/gpu-b/kernel/dmesg.txt": CALM.format("gpu-b"), "nodes/gpu-b/logs/app.log": READY}

    assert outcome("gpu_hardware_fault", bundle(tmp_path / "a", files)).status == "undecided"
    assert outcome("gpu_hardware_fault", bundle(tmp_path / "b", calm)).status == "silent"
