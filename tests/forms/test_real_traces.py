"""Tracebacks that real programs printed: CPython 2.7 to 3.13, torch, torchrun, web servers, boxes.

Each file was read by a person first: what follows is what stands there, line by line.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.events import Event
from triage.testing_forms import read

CAPTURES = Path(__file__).parents[3] / "shared" / "knowledge" / "captures" / "py"

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the knowledge files are not here")

CHILD_FAILED = "torch.distributed.elastic.multiprocessing.errors.ChildFailedError"
OLD = (
    (1, 15, "KeyError", "ZeroDivisionError", 4),
    (16, 28, "RecursionError", None, 5),
    (29, 35, "SyntaxError", None, 2),
    (36, 42, "SyntaxError", None, 2),
)
NEW = (
    (2, 20, "KeyError", "ZeroDivisionError", 4),
    (22, 40, "RuntimeError", "ZeroDivisionError", 4),
    (42, 49, "RuntimeError", None, 2),
    (51, 96, "ExceptionGroup", "ZeroDivisionError", 8),
    (98, 115, "RecursionError", None, 5),
    (117, 124, "TypeError", None, 2),
    (126, 136, "ZeroDivisionError", None, 3),
    (138, 147, "E", None, 2),
    (149, 156, "KeyboardInterrupt", None, 2),
    (158, 165, "ValueError", None, 2),
    (166, 173, "SyntaxError", None, 2),
    (174, 181, "SyntaxError", None, 2),
    (182, 189, "IndentationError", None, 2),
    (190, 197, "SyntaxError", None, 2),
    (198, 205, "SyntaxError", None, 2),
    (206, 213, "SyntaxError", None, 2),
    (214, 220, "IndentationError", None, 2),
)
NEWEST = (
    *NEW[:6],
    (126, 135, "ZeroDivisionError", None, 3),
    *((first - 1, last - 1, *rest) for first, last, *rest in NEW[7:]),
)
"""3.13 draws no carets under a call that is the whole row."""
COMPILED = (
    (11, 14, "AttributeError", None, 2),
    (15, 19, "ImportError", None, 2),
)
TRACEBACKS: dict[str, tuple[tuple[object, ...], ...]] = {
    "tb_2.7.txt": ((1, 6, "KeyError", None, 2), (7, 60, None, None, 27)),
    "tb_3.6.txt": OLD,
    "tb_3.8.txt": OLD,
    "tb_3.9.txt": OLD,
    "tb_3.10.txt": OLD,
    "tb_3.11.txt": NEW,
    "tb_3.12.txt": NEW,
    "tb_3.13.txt": NEWEST,
    "rich.txt": ((1, 16, "ZeroDivisionError", None, 2),),
    "ipython.txt": ((1, 12, "ZeroDivisionError", None, 2),),
    "gunicorn.txt": ((9, 18, "ValueError", None, 3), (25, 36, "SystemExit", None, 4)),
    "uvicorn.txt": ((7, 75, "ValueError", None, 28), (78, 142, "ValueError", None, 27)),
    "logformats.txt": (
        (15, 19, "ZeroDivisionError", None, 1),
        (23, 35, "ZeroDivisionError", None, 2),
        (37, 37, "ZeroDivisionError", None, 2),
        (41, 41, "ZeroDivisionError", None, 2),
    ),
    "numpy2_first_ok.txt": (),
    "numpy2_import_scipy.txt": (),
    "numpy2_import_bottleneck.txt": COMPILED,
    "numpy2_import_numexpr.txt": COMPILED,
    "numpy2_import_pandas.txt": ((1, 10, "ValueError", None, 5),),
    "numpy2_import_sklearn.txt": (
        (13, 24, "AttributeError", None, 6),
        (25, 37, "ImportError", None, 6),
    ),
    "sklearn_130_in_142.txt": (
        (23, 42, "AttributeError", None, 6),
        (50, 66, "AttributeError", None, 5),
    ),
    "sklearn_142_in_130.txt": (
        (23, 48, "AttributeError", None, 8),
        (56, 74, "ValueError", None, 7),
    ),
    "pip_conflict.txt": (),
    "c10_what.txt": (),
    "torch_errors.txt": (
        (5, 44, "RuntimeError", "RuntimeError", 12),
        (51, 90, "RuntimeError", "RuntimeError", 12),
        (93, 127, "ValueError", "ValueError", 11),
        (131, 159, "RuntimeError", None, 9),
        (162, 172, "AssertionError", None, 3),
        (173, 207, "RuntimeError", "RuntimeError", 11),
        (211, 218, "RuntimeError", None, 2),
        (230, 244, "RuntimeError", None, 5),
        (247, 257, "RuntimeError", None, 3),
        (260, 271, "RuntimeError", None, 3),
        (274, 286, "_pickle.UnpicklingError", None, 3),
        (291, 304, "RuntimeError", None, 4),
        (307, 314, "RuntimeError", None, 2),
        (317, 333, "RuntimeError", None, 5),
        (336, 345, "AssertionError", None, 3),
        (348, 367, "IndexError", None, 6),
        (370, 380, "RuntimeError", None, 3),
        (383, 392, "AssertionError", None, 3),
        (395, 413, "RuntimeError", None, 6),
        (416, 423, "RuntimeError", None, 2),
        (426, 438, "ValueError", None, 4),
        (441, 460, "RuntimeError", None, 6),
        (463, 472, "AttributeError", None, 3),
    ),
    "torchrun_exc.txt": (
        (7, 17, "RuntimeError", None, 3),
        (18, 32, "RuntimeError", None, 5),
        (36, 53, CHILD_FAILED, None, 8),
        (64, 76, "RuntimeError", None, 4),
        (86, 94, "RuntimeError", None, 2),
    ),
    "torchrun_kill.txt": (
        (7, 21, "RuntimeError", None, 5),
        (24, 41, CHILD_FAILED, None, 8),
        (52, 64, "RuntimeError", None, 4),
    ),
    "torchrun_segv.txt": (
        (16, 30, "RuntimeError", None, 5),
        (33, 50, CHILD_FAILED, None, 8),
        (61, 73, "RuntimeError", None, 4),
    ),
    "torchrun_timeout.txt": (
        (7, 21, "RuntimeError", None, 5),
        (25, 42, CHILD_FAILED, None, 8),
        (62, 74, "RuntimeError", None, 4),
    ),
}
FAILURES: dict[str, tuple[tuple[int, int, int, int, int, bool], ...]] = {
    "torchrun_exc.txt": ((58, 63, 0, 3859, -15, False), (78, 85, 1, 3860, 1, True)),
    "torchrun_kill.txt": ((46, 51, 0, 3875, -15, False), (66, 75, 1, 3876, -9, True)),
    "torchrun_segv.txt": ((55, 60, 0, 3891, -15, False), (75, 84, 1, 3892, -11, True)),
    "torchrun_timeout.txt": ((47, 53, 1, 3908, -15, False), (54, 61, 0, 3907, 1, True)),
}
"""First and last row, rank, pid, exit code, root cause."""


def events(name: str, kind: str) -> list[Event]:
    """Events of one kind in one file, in order of lines."""
    found, _ = read((CAPTURES / name).read_bytes(), name)
    return sorted((e for e in found if e.kind == kind), key=lambda event: event.line)


@pytest.mark.parametrize("name", TRACEBACKS)
def test_the_tracebacks_of_a_real_file_are_read(name: str) -> None:
    found = events(name, "py.traceback")

    assert [
        (
            event.line,
            event.line_end,
            event.fields.get("exception"),
            event.fields.get("exception_root"),
            event.fields["frames"],
        )
        for event in found
    ] == list(TRACEBACKS[name])


def test_every_capture_is_looked_at() -> None:
    assert {path.name for path in CAPTURES.iterdir()} == set(TRACEBACKS)


@pytest.mark.parametrize("name", FAILURES)
def test_the_failures_of_a_real_launch_are_read(name: str) -> None:
    found = events(name, "torchrun.failure")

    assert [
        (
            event.line,
            event.line_end,
            event.fields["rank"],
            event.fields["pid"],
            event.fields["exit_code"],
            event.fields["root_cause"],
        )
        for event in found
    ] == list(FAILURES[name])


def test_the_crash_of_a_real_rank_is_read() -> None:
    (fault,) = events("torchrun_segv.txt", "py.fault")

    assert (fault.line, fault.line_end) == (7, 15)
    assert fault.fields["reason"] == "Segmentation fault"
    assert fault.fields["function"] == "string_at"
    assert fault.fields["path_line"] == 519
    assert fault.fields["app_path"] == "/tmp/kk/py/tr.py"


def test_a_real_c10_error_is_read_both_times() -> None:
    found = events("c10_what.txt", "app.trace")

    assert [(event.line, event.line_end) for event in found] == [(1, 14), (15, 29)]
    assert {event.fields["exception"] for event in found} == {"c10::Error"}
    assert {event.fields["function"] for event in found} == {"RAIIFile"}
    assert {event.fields["frames"] for event in found} == {12}
    assert str(found[1].fields["exception_message"]).startswith("open file failed because of errno")


def test_the_places_in_a_real_file_are_right() -> None:
    found = events("torch_errors.txt", "py.traceback")

    shown = [(event.fields["app_line"], event.fields["function"]) for event in found[6:9]]
    assert shown == [(19, "<lambda>"), (22, "_engine_run_backward"), (24, "load_state_dict")]
    assert found[4].fields["context"] == "ignored"
    assert found[0].fields["root_message"] == (
        "DataLoader worker (pid 3756) is killed by signal: Killed."
    )
