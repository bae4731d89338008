"""One card and one pod stay one entity, whatever name each source gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from triage.scanner import scan_paths, scan_texts, write_case
from triage.signatures.load import load
from triage.timeline.query import open_case

UUID = "GPU-5c0ffee5-1234-4abc-9def-0123456789ab"
OTHER = "GPU-0ddba110-1234-4abc-9def-0123456789ab"
XID = (
    "Mar 12 08:14:02 gpu-a7 kernel: [81234.567890] NVRM: Xid (PCI:0000:41:00): 48, pid=4321,"
    " name=python3, DBE (double bit error) ECC Error At Bank 3\n"
)
TABLE = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   2  NVIDIA A100-SXM4-80GB          On  |   00000000:41:00.0 Off |                    4 |
| N/A   34C    P0             71W /  400W |   61200MiB /  81920MiB |     98%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
"""
LIST = f"GPU 2: NVIDIA A100-SXM4-80GB (UUID: {UUID})\n"
PMON = """\
# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command
# Idx           #    C/G      %      %      %      %      %      %    name
    2       4321     C     97     61      -      -      -      -    python3
"""
PLUGIN = (
    f"2026-03-12T08:14:03.101Z stderr F I0312 08:14:03.101200       1 health.go:171]"
    f" XidCriticalError: Xid=48 on Device={UUID}; marking device as unhealthy.\n"
)
CARD = {
    "var/log/kern.log": XID,
    "nvidia-smi.txt": TABLE,
    "nvidia-smi-L.txt": LIST,
    "pmon.txt": PMON,
    "plugin.log": PLUGIN,
}

POD_UID = "7f3b1c2d-0a1b-4c5d-8e9f-a0b1c2d3e4f5"
CONTAINER = "9d3c" * 16
OOM = (
    "[ 8112.000001] trainer invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0,"
    " oom_score_adj=999\n"
    "[ 8112.000009] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
    f"cpuset=cri-containerd-{CONTAINER}.scope,mems_allowed=0,"
    "oom_memcg=/kubepods.slice/kubepods-burstable.slice/"
    f"kubepods-burstable-pod{POD_UID.replace('-', '_')}.slice,task_memcg=/kubepods.slice/"
    f"kubepods-burstable.slice/kubepods-burstable-pod{POD_UID.replace('-', '_')}.slice/"
    f"cri-containerd-{CONTAINER}.scope,task=trainer,pid=4321,uid=0\n"
    "[ 8112.000012] Memory cgroup out of memory: Killed process 4321 (trainer)"
    " total-vm:9000000kB, anon-rss:8000000kB, file-rss:1000kB, shmem-rss:0kB, UID:0"
    " pgtables:16000kB oom_score_adj:999\n"
)
EVENTS = """\
LAST SEEN   TYPE      REASON    OBJECT              MESSAGE
3m          Warning   BackOff   pod/trainer-0-x7k   Back-off restarting failed container main
"""
POD_LOG = "2026-03-12T08:14:03.101Z stderr F RuntimeError: CUDA error: out of memory\n"
POD = {
    "dmesg.txt": OOM,
    "events.txt": EVENTS,
    f"var/log/pods/ml_trainer-0-x7k_{POD_UID}/main/2.log": POD_LOG,
}

Files = Callable[[dict[str, str]], Path]


@pytest.fixture
def case_of(tmp_path: Path) -> Files:
    """A case file made of texts."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "bundle" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        case = tmp_path / "out.triage"
        write_case(scan_paths([tmp_path / "bundle"]), case)
        return case

    return make


def test_five_sources_speak_of_one_card(case_of: Files) -> None:
    path = case_of(CARD)

    with open_case(path) as case:
        rows = case.query(
            "SELECT DISTINCT path, gpu FROM events JOIN sources USING (source_id)"
            " WHERE kind LIKE 'gpu.%' AND gpu IS NOT NULL ORDER BY path"
        ).fetchall()

    assert rows == [(name, "0000:41:00") for name in sorted(CARD)]


def test_a_finding_names_the_card_by_all_its_names() -> None:
    answer = scan_texts(CARD, load())

    found = {f.id: f.entities for f in answer.findings}
    assert found["xid_48"]["gpu"] == ["0000:41:00"]
    assert found["xid_48"]["gpu_uuid"] == [UUID]
    assert [f.id for f in answer.findings].count("xid_48") == 1


def test_the_driver_of_the_machine_is_known_to_its_xids() -> None:
    answer = scan_texts(CARD, load())

    found = {f.id: f.entities for f in answer.findings}
    assert found["xid_48"]["driver"] == ["550.54.15"]


def test_two_drivers_of_one_machine_are_not_chosen_between() -> None:
    later = {**CARD, "later/nvidia-smi.txt": TABLE.replace("550.54.15", "570.86.10")}

    answer = scan_texts(later, load())

    found = {f.id: f.entities for f in answer.findings}
    assert "driver" not in found["xid_48"]


def test_a_row_that_stood_for_two_cards_stands_for_neither() -> None:
    swapped = {**CARD, "later/nvidia-smi-L.txt": LIST.replace(UUID, OTHER)}

    answer = scan_texts(swapped, load())

    found = {f.id: f.entities for f in answer.findings}
    assert "gpu_uuid" not in found["xid_48"] or found["xid_48"]["gpu_uuid"] != [OTHER]


def test_rows_of_two_machines_are_two_cards() -> None:
    other = XID.replace("gpu-a7", "gpu-b9")
    files = {"kern.log": XID + other, "plugin.log": PLUGIN, "nvidia-smi-L.txt": LIST}

    answer = scan_texts(files, load())

    hosts = [f.entities.get("host") for f in answer.findings if f.id == "xid_48"]
    assert sorted(str(h) for hs in hosts for h in hs or []) == ["gpu-a7", "gpu-b9"]


def test_the_device_of_a_framework_is_no_row_of_the_driver() -> None:
    masked = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 2;"
    text = masked + " 79.15 GiB total capacity; 70.00 GiB already allocated; 1.00 GiB free)\n"

    answer = scan_texts({"app.log": text, "nvidia-smi.txt": TABLE}, load())

    oom = next(f for f in answer.findings if f.id == "cuda_oom")
    assert "gpu" not in oom.entities


def test_cgroup_path_event_object_and_log_path_speak_of_one_pod(case_of: Files) -> None:
    path = case_of(POD)

    with open_case(path) as case:
        rows = case.query("SELECT DISTINCT pod FROM events WHERE pod IS NOT NULL").fetchall()

    assert rows == [("trainer-0-x7k",)]


def test_a_kill_in_a_cgroup_names_the_pod() -> None:
    answer = scan_texts(POD, load())

    kill = next(f for f in answer.findings if f.id == "oom_kill_memcg")
    assert kill.entities["pod"] == ["trainer-0-x7k"]
    assert kill.entities["namespace"] == ["ml"]
    assert kill.entities["pod_uid"] == [POD_UID]


def test_a_name_that_two_pods_had_names_neither() -> None:
    again = POD_UID[:-1] + "0"
    two = {**POD, f"var/log/pods/ml_trainer-0-x7k_{again}/main/0.log": POD_LOG}

    answer = scan_texts({**two, "dmesg.txt": "[ 1.0] x\n", "e.txt": EVENTS}, load())

    backoff = next(f for f in answer.findings if f.id == "crash_loop_backoff")
    assert "pod_uid" not in backoff.entities
