"""Logs of real web servers and loggers say what a human reads in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.events import Event, Value
from triage.testing_forms import Want, read

SHARED = Path(__file__).parents[3] / "shared" / "knowledge" / "captures" / "py"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the knowledge files are not here")


def read_file(name: str, *, everything: bool = False) -> tuple[list[Event], int | None]:
    events, report = read((SHARED / name).read_bytes(), name, everything=everything)
    return sorted(events, key=lambda event: (event.line, event.line_end)), report.unclaimed


def want(kind: str, first: int, last: int, **fields: Value) -> Want:
    return Want(kind, fields, (first, last))


GUNICORN = (
    want("py.traceback", 9, 18, exception="ValueError", exception_message="boom in handler",
         app_path="/tmp/kk/py/app.py", app_line=4, pid=980),
    want("http.error", 19, 19, status=500, method="GET", path="/boom", client="127.0.0.1"),
    want("app.exit", 20, 20, what="worker_sigkill", pid=995, master_pid=978, signal=9),
    want("app.exit", 23, 23, what="worker_timeout", pid=980, master_pid=978, level="critical"),
    want("py.traceback", 25, 36, exception="SystemExit", app_path="/tmp/kk/py/app.py", app_line=7),
    want("http.error", 37, 37, status=500, method="GET", path="/slow", client="127.0.0.1"),
)  # fmt: skip
UVICORN = (
    want("http.error", 5, 5, status=500, method="GET", path="/boom", client="127.0.0.1"),
    want("py.traceback", 7, 75, exception="ValueError", exception_message="boom",
         app_path="/tmp/kk/py/uapp.py", app_line=4, level="error"),
    want("http.error", 76, 76, status=500, path="/nan"),
    want("py.traceback", 78, 142, exception="ValueError",
         exception_message="Out of range float values are not JSON compliant"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wants"),
    [("gunicorn.txt", GUNICORN), ("uvicorn.txt", UVICORN)],
    ids=["gunicorn", "uvicorn"],
)
def test_a_server_log_is_read_event_by_event(name: str, wants: tuple[Want, ...]) -> None:
    events, unclaimed = read_file(name)

    found = [event for event in events if event.kind != "log.line"]
    assert [(event.kind, event.line) for event in found] == [
        (one.kind, (one.lines or (0, 0))[0]) for one in wants
    ]
    assert all(one.met_by(event) for one, event in zip(wants, found, strict=True))
    assert unclaimed == 0


ISO = "2026-11-21 02:37:4"
LINES: tuple[tuple[int, str, dict[str, Value], str | None], ...] = (
    (2, "msg", {"level": "warning", "logger": "root"}, None),
    (5, "message", {"level": "error", "logger": "worker.sub"}, f"{ISO}3,906"),
    (7, "message", {"level": "error", "logger": "worker.sub"}, f"{ISO}3,906"),
    (9, "message", {"level": "error", "logger": "worker.sub"}, f"{ISO}3,906"),
    (11, "message", {"level": "error", "logger": "worker.sub"}, f"{ISO}3,906"),
    (13, "message", {"level": "error"}, f"{ISO}3,906"),
    (21, "hello", {"level": "info", "logger": "__main__:<module>:11"}, f"{ISO}3.977"),
    (36, "json", {"level": "warning", "logger": "__main__", "pid": 1202},
     f"{ISO}3.983078+00:00"),
    (45, "info 1", {"level": "info"}, f"{ISO}4,012"),
    (47, "info 1", {"level": "info", "thread": "140306517523328"}, "1121 02:37:44.012459"),
    (49, "err", {"level": "error"}, "1121 02:37:44.012575"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message", "fields", "stamp"), LINES, ids=[str(row[0]) for row in LINES]
)
def test_every_logger_of_python_says_level_name_message_and_time(
    line: int, message: str, fields: dict[str, Value], stamp: str | None
) -> None:
    events, _ = read_file("logformats.txt", everything=True)
    (event,) = [one for one in events if one.kind == "log.line" and one.line == line]

    assert event.message.split("\n")[0].strip() == message
    assert {name: event.fields.get(name) for name in fields} == fields
    assert (event.stamp.text if event.stamp else None) == stamp


@pytest.mark.parametrize(
    ("line", "last", "path_line"), [(15, 19, 8), (23, 35, 12), (37, 37, 12)],
    ids=["logging", "loguru", "loguru, serialized"],
)  # fmt: skip
def test_a_traceback_under_a_log_record_has_its_time(line: int, last: int, path_line: int) -> None:
    events, _ = read_file("logformats.txt")
    found = [event for event in events if event.kind == "py.traceback" and event.line == line]

    assert [event.line_end for event in found] == [last]
    assert found[0].fields["exception"] == "ZeroDivisionError"
    assert found[0].fields["path_line"] == path_line
    assert found[0].stamp is not None
    assert found[0].stamp.text.startswith(f"{ISO}3")
