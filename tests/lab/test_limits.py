"""Real limits of real cgroups and processes, reached: the root cause must be right."""

from __future__ import annotations

import pytest

from tests.lab.diagnosis import Diagnose, needs_kernel_log

pytestmark = pytest.mark.slow


def test_a_kill_at_a_memory_limit_is_told_with_pid_and_cgroup(diagnose: Diagnose) -> None:
    diagnosis = diagnose("memory_limit")

    needs_kernel_log(diagnosis)
    kill = diagnosis.finding("oom_kill_memcg")
    assert diagnosis.cause == "oom_kill_memcg"
    assert diagnosis.did["pid"] in kill["entities"]["pid"]
    assert any(diagnosis.did["cgroup"] in path for path in kill["entities"]["cgroup"])
    assert kill["time_quality"] == "anchored"


def test_a_kill_in_a_cgroup_below_the_limited_one_names_both(diagnose: Diagnose) -> None:
    diagnosis = diagnose("nested_limit")

    needs_kernel_log(diagnosis)
    kill = diagnosis.finding("oom_kill_memcg")
    assert diagnosis.cause == "oom_kill_memcg"
    assert diagnosis.did["pid"] in kill["entities"]["pid"]
    assert any(path.endswith("/tokenizer") for path in kill["entities"]["cgroup"])
    assert any(why.endswith(f"of /{diagnosis.did['limit']}") for why in kill["because"])
    assert diagnosis.causes("signal_sigkill") == ["oom_kill_memcg"]


def test_inside_a_container_the_counter_tells_what_the_kernel_log_would(
    diagnose_inside: Diagnose,
) -> None:
    diagnosis = diagnose_inside("blind_container")

    if "would add the kernel log" not in diagnosis.did["said"]:
        pytest.skip("the kernel log is open to all here")
    counted = diagnosis.finding("oom_kill_counted")
    assert diagnosis.cause == "oom_kill_counted"
    assert any("blind-job" in path for path in counted["entities"]["cgroup"])
    assert diagnosis.causes("signal_sigkill") == ["oom_kill_counted"]


def test_a_limit_on_tasks_explains_the_worker_that_could_not_be_started(
    diagnose: Diagnose,
) -> None:
    diagnosis = diagnose("task_limit")

    needs_kernel_log(diagnosis)
    reached = diagnosis.finding("pids_limit_reached")
    assert diagnosis.cause == "pids_limit_reached"
    assert reached["entities"]["cgroup"] == [f"/{diagnosis.did['cgroup']}"]
    assert diagnosis.causes("fork_failed") == ["pids_limit_reached"]


def test_a_cpu_limit_that_slows_a_server_is_told_by_its_counters(
    diagnose_inside: Diagnose,
) -> None:
    diagnosis = diagnose_inside("throttled")

    throttled = diagnosis.finding("cpu_limit_throttled")
    assert diagnosis.cause == "cpu_limit_throttled"
    assert throttled["entities"]["cgroup"] == [f"/{diagnosis.did['cgroup']}"]


def test_a_process_without_file_descriptors_is_told(diagnose: Diagnose) -> None:
    diagnosis = diagnose("open_files")

    assert diagnosis.cause == "too_many_open_files"


def test_a_port_that_another_server_holds_is_told(diagnose: Diagnose) -> None:
    diagnosis = diagnose("port_taken")

    assert diagnosis.cause == "port_in_use"
