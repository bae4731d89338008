"""Python tracebacks: one block behind any prefix, in any rendering, however damaged."""

from __future__ import annotations

import pytest

from triage.events import Event
from triage.testing import events_of
from triage_parsers.traceback import PARSER

ROWS = (
    "Traceback (most recent call last):",
    '  File "/srv/app/run.py", line 10, in <module>',
    "    main()",
    '  File "/srv/app/core.py", line 20, in main',
    "    go(x)",
    "    ~~^^^",
    "ValueError: bad 1",
)
PLAIN = "\n".join(ROWS)

PREFIXES = {
    "compose": "worker_1  | {row}",
    "pm2": "0|SCORER  | {row}",
    "colon": ":{row}",
    "raylet": "(raylet) {row}",
    "ray": "(Trainer pid=77, ip=10.0.0.2) {row}",
    "quoted": "> {row}",
    "numbered": "{number:5d}  {row}",
    "numbered_wide": "{wide} {row}",
    "tab": "\t{row}",
    "indented": "      {row}",
    "box": "│ {row:<90} │",
    "cri": "2024-05-14T03:02:14.55000000{number}Z stderr F {row}",
    "journal": "May 14 03:02:14 node1 trainer[812]: {row}",
    "klog": "E0412 10:00:00.12345{number}    4321 train.py:66] {row}",
    "buildkit": "#12 32.5{number} {row}",
    "kaggle": "168.5s | 7{number} | {row}",
    "metaflow": "2024-03-01 10:00:0{number}.123 [123/train/567 (pid 89)] {row}",
    "openfaas": "2021/01/02 03:04:0{number} stderr: {row}",
    "airflow": "[2024-05-14T03:02:14.10{number}+0000] {{logging_mixin.py:188}} ERROR - {row}",
    "logger": "2024-05-14 03:02:14,12{number} - root - ERROR - {row}",
    "level": "[ERROR] {row}",
    "rank": "[rank3]: {row}",
    "mpi": "[1,3]<stderr>:{row}",
    "sagemaker": "[1,mpirank:0,algo-1]<stderr>:{row}",
    "srun": "3: {row}",
    "kubectl": "[pod/api-5d9/main] {row}",
    "vllm": "(EngineCore_0 pid=77) ERROR 05-14 03:02:1{number} [core.py:700] {row}",
    "torchserve": "2024-11-18T17:02:29,49{number} [WARN ] W-9000-m_1.0-stderr MODEL_LOG - {row}",
    "apache": (
        "[Mon Jul 03 20:35:35.33430{number} 2017] [:error] [pid 76] [client 10.0.0.1:5] {row},"
        " referer: http://x/"
    ),
}
GLUED = (
    "Internal Server Error: /predict",
    " 12%|█▎        | 31/250 [00:09<01:05,  3.33it/s]",
    "2024-05-14T03:02:11Z [ERROR] [worker-7] – Internal Server Error: ",
    "E0514 03:02:14.550123 1 pb_stub.cc:402] ",
)


def only(text: str) -> Event:
    """The one event in the text."""
    events = events_of(PARSER, text)
    assert len(events) == 1, [(event.kind, event.line, event.line_end) for event in events]
    return events[0]


def prefixed(form: str, rows: tuple[str, ...] = ROWS) -> str:
    """The rows, each behind a prefix."""
    return "\n".join(
        form.format(row=row, number=number, wide=number + 97) for number, row in enumerate(rows)
    )


@pytest.mark.parametrize("form", PREFIXES.values(), ids=PREFIXES)
def test_a_traceback_is_one_block_behind_any_prefix(form: str) -> None:
    event = only(prefixed(form))

    assert event.kind == "py.traceback"
    assert (event.line, event.line_end) == (1, len(ROWS))
    assert event.fields["exception"] == "ValueError"
    assert event.fields["exception_message"] == "bad 1"
    assert event.fields["frames"] == 2
    assert event.fields["path"] == "/srv/app/core.py"
    assert event.fields["path_line"] == 20
    assert event.fields["function"] == "main"


@pytest.mark.parametrize("lead", GLUED)
def test_a_header_may_be_glued_behind_other_text(lead: str) -> None:
    event = only(lead + PLAIN)

    assert event.fields["exception"] == "ValueError"
    assert event.fields["frames"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(row.strip() for row in ROWS),
        PLAIN.replace('"', "“"),
        "\n".join(ROWS).replace("\n", "\n\n"),
        "\n".join(ROWS[1:]),
        PLAIN.replace("\n    main()", "").replace("\n    go(x)\n    ~~^^^", ""),
        PLAIN.replace("/srv/app/", "C:\\srv\\app\\"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("    go(x)\n", "    go(x)\n2024-05-14 03:02:14 INFO something else\n"),
    ],
    ids=["no_indent", "curly", "spaced", "headless", "no_source", "windows", "crlf", "interrupted"],
)
def test_damage_does_not_hide_the_exception(text: str) -> None:
    event = only(text)

    assert event.fields["exception"] == "ValueError"
    assert event.fields["frames"] == 2


@pytest.mark.parametrize("mark", ["\\n", "#012"])
def test_a_traceback_with_escaped_newlines_is_read_on_its_line(mark: str) -> None:
    event = only('app: "' + PLAIN.replace('"', '\\"').replace("\n", mark) + '"}')

    assert event.fields["exception"] == "ValueError"
    assert event.fields["frames"] == 2
    assert (event.line, event.line_end) == (1, 1)


def test_a_cut_traceback_is_one_without_an_exception() -> None:
    event = only("\n".join(ROWS[:4]))

    assert event.kind == "py.traceback"
    assert event.fields["frames"] == 2
    assert "exception" not in event.fields


def test_a_log_record_ends_the_block() -> None:
    event = only(PLAIN + "\n2024-05-14 03:02:15,001 INFO next request\nmore of that")

    assert event.line_end == len(ROWS)


@pytest.mark.parametrize(
    ("first", "following", "taken"),
    [
        ("RuntimeError: Error(s) in loading state_dict for Net:", ("\tsize mismatch for fc:",), 1),
        ("hub.GatedRepoError: 401 Client Error. (Request ID: x)", ("", "Access is gated."), 2),
        ("ImportError: ", ("", "IMPORTANT: PLEASE READ THIS", "", "Original error was: x"), 4),
        ("ValueError: bad", ("Epoch 2: loss 0.3",), 0),
        ("ValueError: bad", ("127.0.0.1 - - [x] GET / 200",), 0),
        ("ValueError: bad", ("", "a new paragraph"), 0),
        ("KeyError: 'x'", ("$ ls",), 0),
    ],
)
def test_a_message_goes_on_only_where_it_does(
    first: str, following: tuple[str, ...], taken: int
) -> None:
    event = only("\n".join((*ROWS[:-1], first, *following)))

    assert event.line_end == len(ROWS) + taken


def test_a_chain_names_its_root_and_what_the_user_saw() -> None:
    outer = PLAIN.replace("ValueError: bad 1", "pkg.errors.LoadError: gave up")
    text = (
        f"{PLAIN}\n\nDuring handling of the above exception, another exception occurred:\n\n{outer}"
    )

    event = only(text)

    assert event.fields["exception"] == "pkg.errors.LoadError"
    assert event.fields["exception_root"] == "ValueError"
    assert event.fields["root_message"] == "bad 1"
    assert event.fields["chain"] == 2
    assert event.fields["frames"] == 4


def test_a_chain_may_begin_with_a_bare_exception() -> None:
    text = (
        "RuntimeError: assert failed at alloc.cpp:841\n"
        "During handling of the above exception, another exception occurred:\n" + PLAIN
    )

    assert only(text).fields["exception_root"] == "RuntimeError"


def test_the_inner_traceback_of_a_message_is_the_root() -> None:
    remote = (
        "ray.exceptions.RayTaskError(OSError): ray::train() (pid=7, ip=10.0.0.1)\n"
        '  File "/srv/t.py", line 5, in train\n'
        "    save()\n"
        "OSError: disk quota exceeded"
    )

    event = only("\n".join((*ROWS[:-1], remote)))

    assert event.fields["exception"] == "ray.exceptions.RayTaskError"
    assert event.fields["exception_root"] == "OSError"


def test_installed_code_is_not_the_application() -> None:
    rows = (
        *ROWS[:3],
        '  File "/opt/venv/lib/python3.11/site-packages/x/y.py", line 3, in z',
        ROWS[-1],
    )

    event = only("\n".join(rows))

    assert event.fields["path"] == "/opt/venv/lib/python3.11/site-packages/x/y.py"
    assert event.fields["app_path"] == "/srv/app/run.py"
    assert event.fields["app_line"] == 10


def test_ranks_that_speak_in_turn_are_told_apart() -> None:
    rows = [
        f"[rank{rank}]: {row}"
        for row in ROWS
        for rank in range(3)
        if rank < 2 or "Value" not in row
    ]
    rows.append("[rank2]: IndexError: 7")

    events = events_of(PARSER, "\n".join(rows))

    assert [event.fields["rank"] for event in events] == [0, 1, 2]
    assert [event.fields["exception"] for event in events] == [
        "ValueError",
        "ValueError",
        "IndexError",
    ]
    assert all(event.fields["frames"] == 2 for event in events)
    assert all(event.text.count("\n") == len(ROWS) - 1 for event in events)


def test_an_ignored_exception_says_so() -> None:
    event = only("Exception ignored in: <function D.__del__ at 0x7f>\n" + PLAIN)

    assert event.fields["context"] == "ignored"


def test_a_thread_is_named() -> None:
    assert only("Exception in thread Thread-3 (feed):\n" + PLAIN).fields["thread"] == "Thread-3"


def test_an_arrow_in_a_notebook_gives_the_line() -> None:
    text = (
        "168.5s | 78 | /srv/pool.py in request(self, url)\n"
        "168.5s | 79 | 487         new = wrap(e)\n"
        "168.5s | 80 | --> 488     raise new\n"
        "168.5s | 81 | 489\n"
    )

    event = only(text)

    assert event.fields["path"] == "/srv/pool.py"
    assert event.fields["path_line"] == 488


def test_a_dump_blames_the_current_thread() -> None:
    text = (
        "100%|██| 9/9 [00:01<00:00, 6.1it/s]Fatal Python error: Bus error\n\n"
        "Thread 0x00007f10aa2b3700 (most recent call first):\n"
        '  File "/usr/lib/python3.10/threading.py", line 324 in wait\n\n'
        "Current thread 0x00007f10bb4c5740 (most recent call first):\n"
        '  File "/srv/ext.py", line 40 in call\n'
        '  File "/srv/main.py", line 8 in <module>\n'
        "next line of the program"
    )

    event = only(text)

    assert event.kind == "py.fault"
    assert event.fields["reason"] == "Bus error"
    assert event.fields["path"] == "/srv/ext.py"
    assert event.fields["threads"] == 2
    assert event.line_end == 8


def test_a_dump_does_not_swallow_the_traceback_after_it() -> None:
    dump = 'Current thread 0x01 (most recent call first):\n  File "/srv/a.py", line 4 in f\n'

    events = events_of(PARSER, dump + PLAIN)

    assert [event.kind for event in events] == ["py.fault", "py.traceback"]


@pytest.mark.parametrize(
    "text",
    [
        "    >>> f()\n    Traceback (most recent call last):\n      ...\n    ValueError: x",
        ">>> f()\nTraceback (most recent call last):\nValueError: x",
        " 2016-02-19 ... ERROR svc Traceback (most recent call last):\n ...\n and so on",
        "You may see `Traceback (most recent call last):` in the output.",
        'Stack (most recent call last):\n  File "a.py", line 3, in f\n    log()\n',
        'UserWarning: forward call that caused the error:\n  File "a.py", line 3, in f\n    x()\n',
        "Exception raised from query at Event.h:9 (most recent call first):\nframe #0: f + 0x3e",
        "Error: cannot start\nACPI Error: x",
        "java.lang.RuntimeException: x\nSystem.NullReferenceException: y",
        "config, line 12: unknown key",
        "The interpreter says `Fatal Python error: Aborted` when that happens.",
    ],
)
def test_illustrations_and_foreign_errors_are_no_events(text: str) -> None:
    assert events_of(PARSER, text) == []


def test_the_process_that_raised_it_elsewhere_is_named() -> None:
    rows = (*ROWS[:-1], "ray.exceptions.RayTaskError: ray_worker (pid=8112, host=gpu-4)")

    event = only("\n".join(rows))

    assert event.fields["pid"] == 8112
    assert event.fields["host"] == "gpu-4"


def test_a_box_without_its_edges_is_still_a_traceback() -> None:
    text = (
        "│ /srv/data/loader.py:77 in fetch                  │\n"
        "│ ❱ 77 │   raise RuntimeError(worker)              │\n"
        "RuntimeError: worker 3 is gone"
    )

    event = only(text)

    assert event.kind == "py.traceback"
    assert event.fields["path"] == "/srv/data/loader.py"


def test_a_table_above_an_exception_is_no_box() -> None:
    assert only("│ name │ size │\nRuntimeError: worker 3 is gone").kind == "py.exception"
