"""Asking the driver's library: a stand-in library in C, because a sick driver cannot be ordered."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from triage.collect.job import Asked, collect
from triage.collect.manifest import Entry
from triage.faces.as_json import render
from triage.scanner import scan_paths

Library = Callable[..., None]

SOURCE = """
#include <stdio.h>
#include <string.h>
#include <unistd.h>
typedef void *Device;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct {
  char legacy[16]; unsigned domain, bus, device, id, subsystem; char busId[32];
} Pci;
int nvmlInitWithFlags(unsigned flags) { return INIT; }
int nvmlInit_v2(void) { return INIT; }
const char *nvmlErrorString(int code) { return code == 18 ? "mismatch" : "some error"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) {
  strcpy(text, "570.86.15"); return 0;
}
int nvmlDeviceGetCount_v2(unsigned *count) { *count = COUNT; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device *device) {
  if (index == LOST) return 15;
  *device = (Device)(unsigned long)(index + 1); return 0;
}
int nvmlDeviceGetName(Device device, char *text, unsigned size) {
  if ((unsigned long)device - 1 == HANGS) for (;;) sleep(1);
  strcpy(text, "NVIDIA <H100> 80GB"); return 0;
}
int nvmlDeviceGetUUID(Device device, char *text, unsigned size) {
  sprintf(text, "GPU-0000000%lu-1111-2222-3333-444455556666", (unsigned long)device); return 0;
}
int nvmlDeviceGetPciInfo_v3(Device device, Pci *pci) {
  memset(pci, 0, sizeof *pci);
  sprintf(pci->busId, "00000000:%lX7:00.0", (unsigned long)device); return 0;
}
int nvmlDeviceGetMemoryInfo(Device device, Memory *memory) {
  memory->total = 81559ULL << 20; memory->used = 80311ULL << 20; memory->free = 1248ULL << 20;
  return 0;
}
int nvmlDeviceGetRemappedRows(Device d, unsigned *c, unsigned *u, unsigned *p, unsigned *f) {
  *c = 0; *u = 2; *p = 1; *f = 0; return 0;
}
int nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long *bits) {
  *bits = 0x48; return 0;
}
int nvmlDeviceGetPowerUsage(Device device, unsigned *milliwatts) { return 3; }
int nvmlDeviceGetMemoryErrorCounter(
    Device device, int type, int scope, int place, unsigned long long *count) {
  *count = type == 1 && place == 7 ? 3 : 0; return 0;
}
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Put a library in the driver's place."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")

    def build(**settings: int) -> None:
        values = {"INIT": 0, "COUNT": 1, "LOST": 99, "HANGS": 99, **settings}
        source = tmp_path / "nvml.c"
        source.write_text(SOURCE)
        defines = [f"-D{name}={value}" for name, value in values.items()]
        target = tmp_path / "libnvidia-ml.so.1"
        command = [compiler, "-shared", "-fPIC", "-w", *defines, "-o", str(target), str(source)]
        subprocess.run(command, check=True)
        monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))

    return build


def asked(folder: Path, seconds: float = 20) -> tuple[Path, Entry]:
    """A bundle of the GPUs alone, and what the manifest says of the library."""
    bundle, raw = folder / "bundle", folder / "raw"
    bundle.mkdir()
    raw.mkdir()
    manifest = collect(Asked(groups=frozenset({"gpu"}), seconds=seconds), bundle, raw)
    return bundle, next(one for one in manifest.entries() if one.source == "gpu/nvml.xml")


def test_what_the_library_says_is_read_like_nvidia_smi_s_own_report(
    library: Library, tmp_path: Path
) -> None:
    library(COUNT=2, LOST=1)

    bundle, entry = asked(tmp_path)

    answer = json.loads(render(scan_paths([bundle]).answer))
    found = {finding["id"]: finding for finding in answer["findings"]}
    source = next(one for one in answer["sources"] if one["name"] == entry.files[0])
    assert entry.status == "ok", entry.why
    assert (source["parser"], source["unclaimed"]) == ("smi_xml", 0)
    assert {"gpu_lost", "row_remap_pending"} <= {*found}, sorted(found)
    assert found["row_remap_pending"]["entities"]["gpu"] == ["0000:17:00.0"]


def test_a_card_that_hangs_does_not_cost_those_before_it(library: Library, tmp_path: Path) -> None:
    library(COUNT=3, HANGS=1)

    bundle, entry = asked(tmp_path, seconds=4)

    text = "".join((bundle / file).read_text() for file in entry.files)
    assert entry.status == "timeout"
    assert "00000000:17:00.0" in text
    assert "NVIDIA &lt;H100&gt; 80GB" in text
    assert "timed out after 4 s" in text


def test_a_library_that_does_not_fit_the_driver_is_evidence(
    library: Library, tmp_path: Path
) -> None:
    library(INIT=18)

    bundle, _ = asked(tmp_path)

    answer = json.loads(render(scan_paths([bundle]).answer))
    assert answer["verdict"]["root_cause"] == "driver_library_mismatch", answer["verdict"]
