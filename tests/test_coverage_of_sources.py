"""What a source covers decides what its silence says."""

from __future__ import annotations

from triage.answer import Answer, Finding
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
EXIT = "2025-04-02T10:00:01.250Z [INFO] [k8s-event] - Pod ranker-6c9f7d5b8-k2x4p Restarting (Exit Code 137)\n"  # noqa: E501


def kern(*hours: str) -> str:
    return "".join(
        f"2025-04-02T{hour}:00+00:00 gpu-07 kernel: [ 902.113377] usb 1-1: new device found\n"
        for hour in hours
    )


def scan(**files: str) -> Answer:
    return scan_texts({name.replace("_", "."): text for name, text in files.items()}, KNOWLEDGE)


def undecided(answer: Answer) -> dict[str, str]:
    return {one.id: one.why for one in answer.undecided}


def test_a_kernel_log_of_that_hour_leaves_nothing_open() -> None:
    answer = scan(kern_log=kern("09:00", "11:00"), events_log=EXIT)

    assert "oom_kill" not in undecided(answer)


def test_a_kernel_log_that_begins_later_cannot_say() -> None:
    answer = scan(kern_log=kern("13:00", "14:00"), events_log=EXIT)

    assert "kern.log begins 2025-04-02T13:00:00" in undecided(answer)["oom_kill"]


def test_a_kernel_log_that_ends_before_cannot_say() -> None:
    answer = scan(kern_log=kern("07:00", "08:00"), events_log=EXIT)

    assert "kern.log ends 2025-04-02T08:00:00" in undecided(answer)["oom_kill"]


def test_hardware_is_not_ruled_out_by_a_log_that_does_not_cover_the_fault() -> None:
    fault = (
        "2025-04-02T10:00:00Z ERROR trainer RuntimeError: CUDA error: an illegal memory access "
        "was encountered\n"
    )

    covering = scan(kern_log=kern("09:00", "11:00"), train_log=fault)
    missing = scan(kern_log=kern("13:00", "14:00"), train_log=fault)

    assert len(missing.ruled_out) <= len(covering.ruled_out)
    assert not any("Xid" in why for out in missing.ruled_out for why in out.why)


def test_a_symptom_that_nothing_explains_names_the_file_that_could() -> None:
    example = next(s for s in KNOWLEDGE.signatures if s.id == "dcgm_unreachable").example[0]

    answer = scan(app_log=example.text or "")

    open_ = next(one for one in answer.undecided if one.id == "nvidia_driver_not_loaded")
    assert open_.needs == ["kernel"]
    assert open_.why.startswith(f"nothing here explains {answer.verdict.root_cause}: no kernel log")


def test_a_symptom_that_something_explains_asks_for_no_file() -> None:
    answer = scan(
        kern_log=(
            "2025-04-02T10:00:00+00:00 gpu-07 kernel: [ 902.1] Out of memory: Killed process 5120 "
            "(trainer) total-vm:98123456kB, anon-rss:65544332kB, file-rss:120kB, shmem-rss:0kB\n"
        ),
        events_log=EXIT,
    )

    assert not any("nothing here explains" in one.why for one in answer.undecided)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def test_a_link_that_came_up_again_is_recovered() -> None:
    answer = scan(
        kern_log=(
            "[  100.000001] mlx5_core 0000:9f:00.1 rdma3: Link down\n"
            "[  104.000001] mlx5_core 0000:9f:00.1 rdma3: Link up\n"
        )
    )

    link = finding(answer, "link_down")
    assert link.outcome == "recovered"
    assert any("kern.log:2" in why for why in link.because)


def test_a_link_that_came_up_before_it_went_down_is_not_recovered() -> None:
    answer = scan(
        kern_log=(
            "[   90.000001] mlx5_core 0000:9f:00.1 rdma3: Link up\n"
            "[  100.000001] mlx5_core 0000:9f:00.1 rdma3: Link down\n"
        )
    )

    assert finding(answer, "link_down").outcome is None


def test_another_link_that_came_up_recovers_nothing() -> None:
    answer = scan(
        kern_log=(
            "[  100.000001] mlx5_core 0000:9f:00.1 rdma3: Link down\n"
            "[  104.000001] mlx5_core 0000:9f:00.0 rdma2: Link up\n"
        )
    )

    assert finding(answer, "link_down").outcome is None
