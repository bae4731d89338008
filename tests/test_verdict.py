"""What explains what, what is ruled out, what stays open, with the real knowledge base."""

from __future__ import annotations

from triage.answer import Answer, Finding
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()

KILL = (
    "2025-04-02T10:00:00+00:00 gpu-07 kernel: [ 902.113377] Out of memory: Killed process 5120 "
    "(trainer) total-vm:98123456kB, anon-rss:65544332kB, file-rss:120kB, shmem-rss:0kB, "
    "UID:1000 pgtables:130044kB oom_score_adj:0\n"
)
XID = (
    "[ 7731.400123] NVRM: Xid (PCI:0000:65:00): 31, pid=4242, name=python3, Ch 00000008, "
    "intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f21_a0000000.\n"
)
SMI = """\
index, name, pci.bus_id, ecc.errors.uncorrected.volatile.total
0, NVIDIA A100-SXM4-80GB, 00000000:65:00.0, {ecc}
"""


def exit_137(time: str) -> str:
    return f"{time} [INFO] [k8s-event] - Pod ranker-6c9f7d5b8-k2x4p Restarting (Exit Code 137)\n"


def scan(**files: str) -> Answer:
    return scan_texts({name.replace("_", "."): text for name, text in files.items()}, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def test_a_kill_explains_the_exit_code_that_follows() -> None:
    answer = scan(kern_log=KILL, events_log=exit_137("2025-04-02T10:00:01.250Z"))

    link = finding(answer, "exit_137_sigkill").explained_by[0]
    assert answer.verdict.root_cause == "oom_kill"
    assert link.id == "oom_kill"
    assert link.seconds == 1.25


def test_a_kill_that_came_later_explains_nothing() -> None:
    answer = scan(kern_log=KILL, events_log=exit_137("2025-04-02T09:30:00.000Z"))

    assert finding(answer, "exit_137_sigkill").explained_by == []


def test_a_kill_long_before_explains_nothing() -> None:
    answer = scan(kern_log=KILL, events_log=exit_137("2025-04-02T14:00:00.000Z"))

    assert finding(answer, "exit_137_sigkill").explained_by == []


def test_without_a_kernel_log_the_sender_of_sigkill_is_undecided() -> None:
    answer = scan(events_log=exit_137("2025-04-02T10:00:01.250Z"))

    assert "oom_kill" in [one.id for one in answer.undecided]
    assert answer.undecided[0].needs == ["kernel"]


def test_with_a_calm_kernel_log_it_is_decided() -> None:
    calm = "2025-04-02T10:00:00+00:00 gpu-07 kernel: [ 902.1] eth0: Link is Up - 10Gbps/Full\n"

    answer = scan(kern_log=calm, events_log=exit_137("2025-04-02T10:00:01.250Z"))

    assert "oom_kill" not in [one.id for one in answer.undecided]


def test_xid_31_does_not_accuse_a_card_whose_counters_are_zero() -> None:
    answer = scan(dmesg_txt=XID, smi_csv=SMI.format(ecc=0))

    cleared = next(one for one in answer.ruled_out if one.id == "gpu_hardware_fault")
    assert any("no hardware-class Xid" in why for why in cleared.why)
    assert any("smi.csv:2" in why for why in cleared.why)


def test_xid_31_on_a_card_with_errors_rules_nothing_out() -> None:
    answer = scan(dmesg_txt=XID, smi_csv=SMI.format(ecc=3))

    assert "gpu_hardware_fault" not in [one.id for one in answer.ruled_out]


def test_without_nvidia_smi_the_counters_are_undecided() -> None:
    answer = scan(dmesg_txt=XID)

    assert "gpu_hardware_fault" in [one.id for one in answer.undecided]


def test_one_kill_in_two_logs_is_one_kill() -> None:
    again = KILL.replace("10:00:00+00:00", "10:00:01+00:00")

    answer = scan(kern_log=KILL, journal_txt=again)

    assert finding(answer, "oom_kill").count == 1
    assert {piece.source for piece in finding(answer, "oom_kill").evidence} == {
        "kern.log",
        "journal.txt",
    }


def test_two_kills_are_two() -> None:
    again = KILL.replace("10:00:00+00:00", "10:05:00+00:00").replace("5120", "6001")

    answer = scan(kern_log=KILL + again)

    assert finding(answer, "oom_kill").count == 2
    assert finding(answer, "oom_kill").entities["pid"] == [5120, 6001]


def test_findings_about_one_process_name_each_other() -> None:
    answer = scan(dmesg_txt=XID, kern_log=KILL.replace("5120", "4242"))

    assert ("oom_kill", "pid 4242") in [
        (one.id, one.same) for one in finding(answer, "xid_31").related
    ]


def test_a_clean_bundle_has_no_root_cause() -> None:
    answer = scan(app_log="2025-04-02 10:00:00,000 - app - INFO - started\n")

    assert answer.verdict.status == "clean"
    assert answer.verdict.root_cause is None


def test_only_an_application_says_so() -> None:
    answer = scan(
        app_log="[2025-03-01 01:02:03,004] CRITICAL:kernel:Out of Memory (OOM) killer invoked. "
        "Victim: python3.10 (pid 771)\n"
    )

    assert finding(answer, "oom_kill").confidence < 0.9
    assert "application reports" in answer.verdict.headline
    assert "k8s_memory_limit" not in [one.id for one in answer.ruled_out]


AER = (
    "[{at:.6f}] pcieport 0000:80:01.0: AER: Uncorrected (Fatal) error received: 0000:80:01.0\n"
    "[{at:.6f}] pcieport 0000:80:01.0: PCIe Bus Error: severity=Uncorrected (Fatal), "
    "type=Transaction Layer, (Receiver ID)\n"
)
PANIC = "[{at:.6f}] Kernel panic - not syncing: Fatal hardware error!\n"


def test_uptimes_of_one_log_order_what_has_no_date() -> None:
    near = scan(dmesg_txt=AER.format(at=9000.1) + PANIC.format(at=9000.4))
    far = scan(dmesg_txt=AER.format(at=20.1) + PANIC.format(at=9000.4))

    causes = {link.id: link.seconds for link in finding(near, "kernel_panic").explained_by}
    assert causes["aer_fatal"] == 0.3
    assert "aer_fatal" not in [link.id for link in finding(far, "kernel_panic").explained_by]


def test_the_death_of_one_pod_does_not_explain_the_crash_loop_of_another() -> None:
    answer = scan(
        events_log=exit_137("2025-04-02T10:00:01.250Z")
        + "2025-04-02T10:00:09.000Z [WARN] [kubelet] - Back-off restarting failed container "
        "main in pod other-5d8f9c7b6-abcde_ml\n"
    )

    assert finding(answer, "crash_loop_backoff").explained_by == []
