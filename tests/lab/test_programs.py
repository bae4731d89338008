"""Real programs that crash, hang or learn nothing: the root cause must be right."""

from __future__ import annotations

import pytest

from tests.lab.diagnosis import Diagnose, needs_kernel_log
from tests.lab.environments import environment

pytestmark = pytest.mark.slow
TORCH = ("torch", ["torch==2.13.0", "numpy"])


def test_a_segmentation_fault_is_told_with_its_pid(diagnose: Diagnose) -> None:
    diagnosis = diagnose("segfault")

    needs_kernel_log(diagnosis)
    crash = diagnosis.finding("segfault")
    assert diagnosis.cause == "segfault"
    assert diagnosis.did["pid"] in crash["entities"]["pid"]


def test_a_segmentation_fault_in_a_library_names_it(diagnose: Diagnose) -> None:
    diagnosis = diagnose("library_crash")

    needs_kernel_log(diagnosis)
    crash = diagnosis.finding("segfault")
    assert diagnosis.cause == "segfault"
    assert diagnosis.did["pid"] in crash["entities"]["pid"]
    assert crash["entities"]["module"] == ["libscore.so"]


def test_a_killed_loader_worker_leads_back_to_the_kernel_s_kill(diagnose: Diagnose) -> None:
    python = environment(*TORCH)

    diagnosis = diagnose("loader_worker", python=python, groups=("kernel", "memory"))

    needs_kernel_log(diagnosis)
    assert diagnosis.cause == "oom_kill_memcg"
    assert diagnosis.causes("dataloader_worker_killed") == ["oom_kill_memcg"]


def test_a_loader_worker_that_somebody_killed_was_not_killed_for_memory(
    diagnose: Diagnose,
) -> None:
    python = environment(*TORCH)

    diagnosis = diagnose("loader_signal", python=python, groups=("kernel", "memory"))

    needs_kernel_log(diagnosis)
    worker = diagnosis.finding("dataloader_worker_killed")
    assert diagnosis.cause == "dataloader_worker_killed"
    assert worker["entities"]["pid"] == [diagnosis.did["pid"]]
    assert "out_of_memory" in {one["id"] for one in diagnosis.answer["ruled_out"]}


def test_without_rights_the_kernel_s_part_stays_open_and_the_call_that_would_tell_is_named(
    diagnose: Diagnose,
) -> None:
    python = environment(*TORCH)

    diagnosis = diagnose("loader_signal", python=python, groups=("kernel",), rights=False)

    open_ = {one["id"]: one["why"] for one in diagnosis.answer["undecided"]}
    assert diagnosis.cause == "dataloader_worker_killed"
    assert "out_of_memory" not in {one["id"] for one in diagnosis.answer["ruled_out"]}
    assert "kernel/dmesg.txt was denied" in open_["oom_kill"]
    assert "`sudo triage collect`" in open_["oom_kill"]


def test_a_small_dev_shm_is_told_from_a_full_disk(diagnose: Diagnose) -> None:
    python = environment(*TORCH)

    diagnosis = diagnose("loader_shm", python=python, groups=("kernel", "memory"))

    assert diagnosis.cause == "shm_exhausted"
    assert "disk_full" not in {finding["id"] for finding in diagnosis.answer["findings"]}


def test_pandas_built_for_numpy_1_under_numpy_2_is_an_abi_mismatch(diagnose: Diagnose) -> None:
    wheels = ["numpy==2.1.3", "pandas==2.0.3", "python-dateutil", "pytz", "tzdata", "six"]
    python = environment("numpy-abi", wheels, alone=True)

    diagnosis = diagnose(
        "numpy_abi", python, groups=("python",), environments=[python.parent.parent]
    )

    assert diagnosis.cause == "numpy_dtype_size", diagnosis.answer["verdict"]


def test_an_extension_that_needs_a_function_of_an_older_library_is_told(
    diagnose: Diagnose,
) -> None:
    diagnosis = diagnose("missing_symbol")

    missing = diagnosis.finding("undefined_symbol")
    assert diagnosis.cause == "undefined_symbol"
    assert missing["entities"]["symbol"] == ["kernels_launch_v1"]


def test_a_model_of_an_old_scikit_learn_in_a_new_one_is_a_pickle_mismatch(
    diagnose: Diagnose,
) -> None:
    base = ["numpy==1.26.4", "scipy==1.11.4"]
    old = environment("sklearn-old", ["scikit-learn==1.2.2", *base])
    new = environment("sklearn-new", ["scikit-learn==1.5.2", *base])

    diagnosis = diagnose(
        "old_pickle", old, new, groups=("python",), environments=[new.parent.parent]
    )

    assert diagnosis.cause == "pickle_version_mismatch", diagnosis.answer["verdict"]


def test_a_deadlock_is_a_hang_and_no_crash(diagnose: Diagnose) -> None:
    diagnosis = diagnose("deadlock")

    dump = diagnosis.finding("fault_dump")
    assert diagnosis.cause == "fault_dump"
    assert any("it did not crash" in why for why in dump["because"])
    assert dump["explained_by"] == []


def test_the_stacks_of_a_hanging_process_tell_where_its_threads_wait(diagnose: Diagnose) -> None:
    python = environment("py-spy", ["py-spy"])

    diagnosis = diagnose("hang", python=python)

    dumped = diagnosis.finding("stacks_dumped")
    assert diagnosis.cause == "stacks_dumped"
    assert dumped["entities"]["pid"] == [diagnosis.did["pid"]]
    assert "3 of 3 threads waited" in dumped["title"]
    assert "refill, evict" in dumped["title"]
    assert any("in 2 dumps" in why for why in dumped["because"])


def test_a_loss_that_became_nan_is_told(diagnose: Diagnose) -> None:
    diagnosis = diagnose("nan_loss")

    assert diagnosis.cause == "nan_propagation", diagnosis.answer["verdict"]


def test_a_loss_scale_that_collapsed_follows_from_the_nan(diagnose: Diagnose) -> None:
    diagnosis = diagnose("loss_scale")

    assert diagnosis.cause == "nan_propagation", diagnosis.answer["verdict"]
    assert diagnosis.causes("loss_scale_collapse") == ["nan_propagation"]
