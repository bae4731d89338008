"""The words of an answer: a headline that accuses nobody, open points that say what tells."""

from __future__ import annotations

from pathlib import Path

from triage.answer import Answer, Finding
from triage.explaining.explain import explain
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
KILL = (
    "2026-05-03T08:00:00+0000 w-3 kernel: Memory cgroup out of memory: Killed process 777 (node)"
    " total-vm:3012204kB, anon-rss:2011220kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:5120kB"
    " oom_score_adj:999\n"
)
DESCRIBED = """\
Name:             tts-5b6c7d8f9-kk4mm
Namespace:        voice
Node:             w-3/10.0.0.3
Status:           Running
IP:               10.44.0.8
Containers:
  tts:
    Container ID:  containerd://1111222233334444555566667777888899990000aaaabbbbccccddddeeeeffff
    State:          Running
      Started:      Sun, 03 May 2026 08:01:40 +0000
    Last State:     Terminated
      Reason:       Error
      Exit Code:    137
      Started:      Sun, 03 May 2026 07:40:00 +0000
      Finished:     Sun, 03 May 2026 08:01:31 +0000
    Ready:          {ready}
    Restart Count:  1
  sidecar:
    Container ID:  containerd://2222222233334444555566667777888899990000aaaabbbbccccddddeeeeffff
    State:          Running
      Started:      Sun, 03 May 2026 07:40:00 +0000
    Ready:          True
    Restart Count:  0
Events:
  Type     Reason     Age                 From     Message
  ----     ------     ----                ----     -------
"""
PROBED = """\
  Warning  Unhealthy  2m (x15 over 30m)   kubelet  Liveness probe failed: Get "http://10.44.0.8:8080/health": context deadline exceeded (Client.Timeout exceeded while awaiting headers)
  Normal   Killing    2m (x5 over 30m)    kubelet  Container tts failed liveness probe, will be restarted
"""  # noqa: E501  as kubectl writes it


def scan(files: dict[str, str]) -> Answer:
    return scan_texts(files, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def test_a_probe_explains_the_end_that_a_kill_on_the_node_does_not() -> None:
    text = DESCRIBED.format(ready=False) + PROBED

    answer = scan({"w-3/kern.log": KILL, "describe.txt": text})

    causes = [link.id for link in finding(answer, "exit_137_sigkill").explained_by]
    assert causes == ["probe_failure"]
    assert {one.root_cause for one in answer.incidents} == {"probe_failure", "oom_kill_memcg"}


def test_another_container_that_runs_does_not_show_that_this_one_is_well() -> None:
    ill = scan({"describe.txt": DESCRIBED.format(ready=False)})
    well = scan({"describe.txt": DESCRIBED.format(ready=True)})

    assert finding(ill, "exit_137_sigkill").outcome is None
    assert finding(well, "exit_137_sigkill").outcome == "recovered"


def test_the_headline_tells_what_comes_with_the_root_as_no_effect_of_it() -> None:
    log = (
        "[2024-05-20 03:14:21] WARNING: Memory pressure detected. System RAM at 98.4%.\n"
        "[2024-05-20 03:14:22] ERROR: torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to"
        " allocate 12.50 GiB (GPU 0; 40.00 GiB total capacity; 38.22 GiB already allocated; 1.12"
        " GiB free; 38.50 GiB reserved in total by PyTorch)\n"
        "[2024-05-20 03:14:22] CRITICAL: Kernel Panic - not syncing: Fatal exception in interrupt\n"
    )

    answer = scan({"training.log": log})

    assert "; with it, the kernel panicked" in answer.verdict.headline


def test_an_open_point_names_the_command_and_the_machine_that_decide_it() -> None:
    log = "2026-05-01T10:00:00Z gpu-7 app: RuntimeError: CUDA error: unspecified launch failure\n"

    answer = scan({"app.log": log})

    (needs_kernel,) = [one for one in answer.undecided if one.needs == ["kernel"]]
    assert "`dmesg -T` or `journalctl -k`" in needs_kernel.why


def test_a_symptom_that_nothing_explains_names_the_log_behind_it() -> None:
    log = (
        "2026/05/04 01:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while"
        ' connecting to upstream, client: 10.0.0.1, server: a.example, request: "GET /r HTTP/1.1",'
        ' upstream: "http://10.3.0.9:8000/r"\n'
    )

    (open_point,) = scan({"error.log": log}).undecided

    assert open_point.needs == ["the log of what listens at 10.3.0.9:8000"]


def test_facts_of_two_places_in_one_wording_are_said_once() -> None:
    report = (
        "==============NVSMI LOG==============\n\nAttached GPUs : 1\nGPU 00000000:25:00.0\n"
        "    ECC Errors\n        Volatile\n            DRAM Uncorrectable            : 0\n"
    )
    xid = (
        "2026-05-01T10:00:00+0000 gpu-7 kernel: NVRM: Xid (PCI:0000:25:00): 31, pid=60611,"
        " name=python3, Ch 0000001a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_4"
        " faulted @ 0x7fa1_c2000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE\n"
    )

    answer = scan({"kern.log": xid, "q1.txt": report, "q2.txt": report})

    (cleared,) = [one for one in answer.ruled_out if one.id == "gpu_hardware_fault"]
    counted = [why for why in cleared.why if "ECC count" in why]
    assert len(counted) == 1
    assert "(q1.txt:4, q2.txt:4)" in counted[0]


def test_clocks_that_differ_by_a_zone_join_what_one_machine_did() -> None:
    kernel = (
        "Mar 23 16:21:32 gpu-h2 kernel: [991292.1] EXT4-fs (nvme2n1): Remounting filesystem"
        " read-only\n"
    )
    log = (
        "2026-03-23T08:21:{second}.301Z ERROR OSError: [Errno 30] Read-only file system:"
        " '/data/step9000.pt.tmp'\n"
    )

    near = scan({"kern.log": kernel, "app.log": log.format(second=33)})
    far = scan({"kern.log": kernel, "app.log": log.format(second=33).replace("08:21", "08:37")})

    (link,) = finding(near, "read_only_filesystem").explained_by
    assert "8 h apart by the stamps, and one clock names no zone" in link.why
    assert finding(far, "read_only_filesystem").explained_by == []


def test_a_line_without_a_time_is_of_the_time_of_its_file() -> None:
    kernel = "2026-03-18T02:11:40+0000 gpu-14 kernel: mlx5_core 0000:5e:00.0 ib2: Link down\n"
    job = (
        "gpu-11:4112:4320 [0] transport/net_ib.cc:1101 NCCL WARN NET/IB : Got completion from peer"
        " 10.20.0.14<48211> with status=12 opcode=0 len=0 vendor err 129 (Recv)\n"
        "2026-03-18T02:{minute}:03.112Z ERROR rank 0 stopped\n"
    )

    near = scan({"gpu-14/kern.log": kernel, "rank-0.log": job.format(minute="12")})
    far = scan({"gpu-14/kern.log": kernel, "rank-0.log": job.format(minute="51")})

    (link,) = finding(near, "nccl_ib_error").explained_by
    assert link.why.endswith("by time only, that of the file: the line has none")
    assert finding(far, "nccl_ib_error").explained_by == []


def test_what_one_finding_rules_out_no_other_about_the_process_leaves_open() -> None:
    log = (
        "[2024-01-19 02:04:15 +0000] [2973] [CRITICAL] WORKER TIMEOUT (pid:3667)\n"
        "[2024-01-19 02:04:16 +0000] [2973] [ERROR] Worker (pid:3667) was sent SIGKILL!"
        " Perhaps out of memory?\n"
    )

    answer = scan({"app.log": log})

    assert "oom_kill" in {one.id for one in answer.ruled_out}
    assert "oom_kill" not in {one.id for one in answer.undecided}


def test_a_log_of_another_time_is_not_called_missing() -> None:
    later = "2026-05-03T11:00:00+0000 w-3 kernel: cali12ab: link becomes ready\n" * 3

    answer = scan({"w-3/kern.log": later, "describe.txt": DESCRIBED.format(ready=False)})

    (asked,) = [one for one in answer.undecided if one.id == "oom_kill"]
    assert asked.why.startswith("w-3/kern.log begins 2026-05-03T11:00:00")
    assert "no kernel log is in the bundle" not in asked.why
    assert "an older kern.log" in asked.why


def test_explain_says_why_a_kill_nearby_is_no_part_of_the_chain(tmp_path: Path) -> None:
    (tmp_path / "kern.log").write_text(KILL)
    (tmp_path / "describe.txt").write_text(DESCRIBED.format(ready=False) + PROBED)

    made = explain(["exit_137_sigkill", str(tmp_path)])

    assert made.bundle is not None
    causes = {cause.id: cause for cause in made.bundle.outcomes[0].found[0].causes}
    assert causes["probe_failure"].explains
    assert causes["oom_kill_memcg"].why == "what explains it is tied to it more closely"


def test_no_cluster_is_asked_about_what_nothing_says_to_run_in_one() -> None:
    alone = scan({"driver.log": "Container exited with a non-zero exit code 137. Killed\n"})
    pod = scan({"describe.txt": DESCRIBED.format(ready=False)})

    assert {one.id for one in alone.findings} == {"exit_137_sigkill"}
    assert "probe_failure" not in {one.id for one in alone.undecided}
    assert "probe_failure" in {one.id for one in pod.undecided}
