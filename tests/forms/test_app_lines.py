"""Every layout of a text log line: time, level, logger and message come out right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from triage.clock import read as read_time
from triage.events import Event, Stamp, Value
from triage.testing_forms import read

SAID = "shard 14 is missing"


@dataclass(frozen=True)
class LineForm:
    """One layout: a line, what must come out, and a line that only looks like it."""

    row: str
    text: str
    time: str | None
    """As far as it was written: `2025-06-03 17:21:09.482 +0`; parts that nobody wrote are `?`."""
    fields: Mapping[str, Value] = field(default_factory=dict)
    message: str = SAID
    near_miss: str | None = None
    """Stays as it is: no level, no logger, nothing cut off its front."""


def written(stamp: Stamp | None) -> str | None:
    """A stamp in one spelling."""
    reading = None if stamp is None else read_time(stamp)
    if reading is None:
        return None
    date = "-".join(
        "?" if part is None else f"{part:02}" for part in (reading.year, reading.month, reading.day)
    )
    minutes, seconds = divmod(reading.second, 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    fraction = f".{reading.nanosecond:09}".rstrip("0") if reading.nanosecond else ""
    zone = "" if reading.offset is None else f" {reading.offset // 3600:+}"
    return f"{date} {clock}{fraction}{zone}"


def record_of(text: str) -> Event:
    """The line as a plain log event."""
    events, _ = read(text + "\n", everything=True)
    (event,) = [event for event in events if event.kind == "log.line"]
    return event


ERROR: Mapping[str, Value] = {"level": "error"}
NAMED: Mapping[str, Value] = {"level": "error", "logger": "trainer.data"}
LOCAL = "2025-06-03 17:21:09.482"
SECOND = "2025-06-03 17:21:09"

PYTHON = (
    LineForm(
        "logging default, no time", f"ERROR:trainer.data:{SAID}", None, NAMED,
        near_miss="Error:trainer.data:the shard",
    ),
    LineForm(
        "logging default, root", f"CRITICAL:root:{SAID}", None,
        {"level": "critical", "logger": "root"}, near_miss="CRITICAL: root: the shard",
    ),
    LineForm(
        "asctime, level, name", f"2025-06-03 17:21:09,482 ERROR trainer.data: {SAID}", LOCAL,
        NAMED, near_miss="2025-06-03 is when ERROR trainer.data: was seen",
    ),
    LineForm(
        "asctime, level", f"2025-06-03 17:21:09,482 ERROR {SAID}", LOCAL, ERROR,
    ),
    LineForm(
        "asctime, level in brackets", f"2025-06-03 17:21:09,482 [ERROR] {SAID}", LOCAL, ERROR,
    ),
    LineForm(
        "asctime - name - level", f"2025-06-03 17:21:09,482 - trainer.data - ERROR - {SAID}",
        LOCAL, NAMED, near_miss="trainer.data - ERROR - the shard",
    ),
    LineForm(
        "Hugging Face transformers",
        f"[WARNING|modeling_utils.py:448] 2025-06-03 17:21:09,482 >> {SAID}", LOCAL,
        {"level": "warning"}, near_miss="[WARNING|modeling_utils.py] >> the shard",
    ),
    LineForm(
        "Hugging Face examples", f"06/03/2025 17:21:09 - ERROR - trainer.data - {SAID}", SECOND,
        NAMED, near_miss="06/03 - ERROR - trainer.data",
    ),
    LineForm(
        "hydra", f"[2025-06-03 17:21:09,482][trainer.data][ERROR] - {SAID}", LOCAL, NAMED,
        near_miss="[trainer.data][ERROR] - the shard",
    ),
    LineForm(
        "level:time", f"ERROR:2025-06-03 17:21:09,482:{SAID}", LOCAL, ERROR,
        near_miss="ERROR:2025: the shard",
    ),
    LineForm(
        "loguru", f"2025-06-03 17:21:09.482 | ERROR    | trainer.data:load:14 - {SAID}", LOCAL,
        {"level": "error", "logger": "trainer.data:load:14"}, near_miss="a | ERROR | b - c",
    ),
    LineForm(
        "loguru, success", f"2025-06-03 17:21:09.482 | SUCCESS  | trainer.data:load:14 - {SAID}",
        LOCAL, {"level": "notice"},
    ),
    LineForm(
        "structlog console", "2025-06-03T17:21:09.482613Z [error    ] shard is missing    shard=14",
        "2025-06-03 17:21:09.482613 +0", ERROR, "shard is missing    shard=14",
    ),
    LineForm(
        "absl, glog: month and day only", f"E0603 17:21:09.482613 139907 loader.py:25] {SAID}",
        "?-06-03 17:21:09.482613", {"level": "error", "thread": "139907"},
        near_miss="E0603 is the part number of loader.py:25]",
    ),
    LineForm(
        "glog, fatal", f"F0603 17:21:09.482613  1422 loader.cc:45] {SAID}",
        "?-06-03 17:21:09.482613", {"level": "fatal"},
    ),
    LineForm(
        "torchrun's launcher",
        f"W0603 17:21:09.482000 3870 torch/distributed/elastic/agent/api.py:1028] {SAID}",
        "?-06-03 17:21:09.482", {"level": "warning", "thread": "3870"},
    ),
    LineForm(
        "c10 behind a rank", f"[rank3]:[W603 17:21:09.482613 ProcessGroupNCCL.cpp:1250] {SAID}",
        "?-06-03 17:21:09.482613", {"level": "warning", "rank": 3},
    ),
    LineForm(
        "TensorFlow",
        f"2025-06-03 17:21:09.482613: E tensorflow/core/common_runtime/bfc.cc:679] {SAID}",
        "2025-06-03 17:21:09.482613", ERROR, near_miss="see E tensorflow/core/bfc.cc:679]",
    ),
    LineForm(
        "DeepSpeed", f"[2025-06-03 17:21:09,482] [ERROR] [engine.py:190:step] [deepspeed] {SAID}",
        LOCAL, ERROR, f"[deepspeed] {SAID}",
    ),
    LineForm(
        "rich", "[06/03/25 17:21:09] ERROR    shard 14 is missing          loader.py:88", SECOND,
        ERROR, "shard 14 is missing          loader.py:88",
    ),
)  # fmt: skip

SERVERS = (
    LineForm(
        "gunicorn", f"[2025-06-03 17:21:09 +0000] [412] [ERROR] {SAID}", f"{SECOND} +0",
        {"level": "error", "pid": 412}, near_miss="[412] [ERROR] the shard",
    ),
    LineForm(
        "uvicorn, no time", f"ERROR:    {SAID}", None, ERROR, near_miss="ERROR:  the shard",
    ),
    LineForm(
        "access line of nginx, gunicorn, Apache: whole, with its time",
        '10.3.0.9 - - [03/Jun/2025:17:21:09 +0200] "GET / HTTP/1.1" 200 2 "-" "curl/8.4"',
        f"{SECOND} +2", {}, '10.3.0.9 - - [03/Jun/2025:17:21:09 +0200] "GET / HTTP/1.1" 200 2 "-"'
        ' "curl/8.4"',
    ),
    LineForm(
        "nginx, error", "2025/06/03 17:21:09 [warn] 31#31: *8 a client request body is buffered",
        SECOND, {"level": "warning", "pid": 31}, "a client request body is buffered",
        near_miss="2025/06 [warn] is how nginx writes 31#31:",
    ),
    LineForm(
        "Apache, error",
        f"[Tue Jun 03 17:21:09.482613 2025] [wsgi:error] [pid 812:tid 14] [client ::1] {SAID}",
        "2025-06-03 17:21:09.482613", {"level": "error", "pid": 812, "thread": "14"},
    ),
    LineForm(
        "celery", f"[2025-06-03 17:21:09,482: ERROR/ForkPoolWorker-3] {SAID}", LOCAL,
        {"level": "error", "process": "ForkPoolWorker-3"}, near_miss="ERROR/ForkPoolWorker-3] x",
    ),
    LineForm(
        "Airflow before 2.5",
        f"[2025-06-03, 17:21:09 UTC] {{taskinstance.py:1937}} ERROR - {SAID}", f"{SECOND} +0",
        ERROR, near_miss="{taskinstance.py:1937} ERROR - the shard",
    ),
    LineForm(
        "Airflow since 2.5",
        f"[2025-06-03T17:21:09.482+0200] {{taskinstance.py:1937}} ERROR - {SAID}", f"{LOCAL} +2",
        ERROR,
    ),
    LineForm(
        "Ray, Python", f"2025-06-03 17:21:09,482\tERROR worker.py:1416 -- {SAID}", LOCAL, ERROR,
        near_miss="ERROR worker.py:1416 -- the shard",
    ),
    LineForm(
        "Ray, raylet", f"[2025-06-03 17:21:09,482 E 811 812] (raylet) node.cc:30: {SAID}", LOCAL,
        {"level": "error", "pid": 811, "thread": "812", "process": "raylet"},
    ),
    LineForm(
        "Ray, relayed by the driver", f"(Trainer pid=3856, ip=10.3.0.9) {SAID}", None,
        {"process": "Trainer", "pid": 3856, "host": "10.3.0.9"}, near_miss="(pid of the Trainer) x",
    ),
    LineForm(
        "vLLM, old", f"ERROR 06-03 17:21:09 async_llm_engine.py:72] {SAID}", "?-06-03 17:21:09",
        ERROR, near_miss="ERROR 06-03 the shard",
    ),
    LineForm(
        "vLLM, engine core", f"(EngineCore_0 pid=412) ERROR 06-03 17:21:09 [core.py:398] {SAID}",
        "?-06-03 17:21:09", {"level": "error", "pid": 412, "process": "EngineCore_0"},
    ),
    LineForm(
        "Triton server", f"E0603 17:21:09.482123 1 model_lifecycle.cc:642] {SAID}",
        "?-06-03 17:21:09.482123", {"level": "error", "thread": "1"},
    ),
    LineForm(
        "TorchServe",
        f"2025-06-03T17:21:09,482 [ERROR] W-9000-ranker_1.0 o.p.s.wlm.WorkerThread - {SAID}",
        LOCAL, {"level": "error", "thread": "W-9000-ranker_1.0"},
    ),
    LineForm(
        "Text Generation Inference", f"2025-06-03T17:21:09.482613Z ERROR shard-manager: {SAID}",
        "2025-06-03 17:21:09.482613 +0", {"level": "error", "logger": "shard-manager"},
    ),
    LineForm(
        "log4j", f"2025-06-03 17:21:09,482 ERROR [pool-2] c.e.Loader (Loader.java:88) - {SAID}",
        LOCAL, {"level": "error", "thread": "pool-2", "logger": "c.e.Loader"},
    ),
    LineForm(
        "Spring Boot", f"2025-06-03 17:21:09.482 ERROR 1 --- [nio-1] c.e.Loader     : {SAID}",
        LOCAL, {"level": "error", "pid": 1, "logger": "c.e.Loader"},
    ),
    LineForm(
        "Spark: two digits of the year", f"25/06/03 17:21:09 ERROR Executor: {SAID}", SECOND,
        {"level": "error", "logger": "Executor"},
    ),
    LineForm(
        "MLflow", f"2025/06/03 17:21:09 ERROR mlflow.tracking: {SAID}", SECOND,
        {"level": "error", "logger": "mlflow.tracking"},
    ),
    LineForm(
        "Slurm's daemons: the level is part of what they say",
        "[2025-06-03T17:21:09.482] error: the state file is missing", LOCAL, ERROR,
        "error: the state file is missing",
    ),
)  # fmt: skip

HOMEMADE = (
    LineForm(
        "bracketed time, default logging", f"[2025-06-03 17:21:09,482] ERROR:worker:{SAID}", LOCAL,
        {"level": "error", "logger": "worker"},
    ),
    LineForm(
        "component behind the level", f"2025-06-03T17:21:09.482Z [ERROR] [worker-5c8d] – {SAID}",
        f"{LOCAL} +0", {"level": "error", "logger": "worker-5c8d"},
    ),
    LineForm(
        "bracketed time, level and colon", f"[2025-06-03 17:21:09] INFO: {SAID}", SECOND,
        {"level": "info"},
    ),
    LineForm(
        "level in brackets, then a name", f"2025-06-03 17:21:09 [INFO] Auto-Cleaner: {SAID}",
        SECOND, {"level": "info", "logger": "Auto-Cleaner"},
        near_miss="[INFORMATION FOR USERS] Auto-Cleaner: is off",
    ),
    LineForm(
        "a level of its own", f"2025-06-03 17:21:09 [SUCCESS] {SAID}", SECOND, {"level": "notice"},
    ),
    LineForm(
        "a word that is no level", f"2025-06-03 17:21:09 [CONNECTION_LOST] {SAID}", SECOND, {},
        f"[CONNECTION_LOST] {SAID}",
    ),
    LineForm(
        "time of day only", "[17:21:09] GET /v1/score/9 - 200 OK (31ms)", "?-?-? 17:21:09", {},
        "GET /v1/score/9 - 200 OK (31ms)", near_miss="17 to 21 is when we sleep",
    ),
    LineForm(
        "gunicorn inside the journal",
        f"Jun  3 17:21:09 web-3 gunicorn[812]: [2025-06-03 17:21:09 +0000] [812] [ERROR] {SAID}",
        f"{SECOND} +0", {"level": "error", "host": "web-3", "process": "gunicorn", "pid": 812},
    ),
    LineForm(
        "Python behind containerd",
        f"2025-06-03T17:21:09.482613Z stderr F ERROR:trainer.data:{SAID}",
        "2025-06-03 17:21:09.482613 +0", {"level": "error", "logger": "trainer.data"},
    ),
    LineForm(
        "a warning of Python: no header at all",
        "/srv/app/loader.py:347: UserWarning: shard 14 is missing", None, {},
        "/srv/app/loader.py:347: UserWarning: shard 14 is missing",
    ),
)  # fmt: skip

FORMS = (*PYTHON, *SERVERS, *HOMEMADE)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_line_gives_its_time_level_logger_and_message(form: LineForm) -> None:
    event = record_of(form.text)

    assert event.message.strip() == form.message
    assert written(event.stamp) == form.time
    assert {name: event.fields.get(name) for name in form.fields} == dict(form.fields)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.near_miss], ids=lambda form: form.row
)
def test_what_only_looks_like_the_layout_stays_whole(form: LineForm) -> None:
    event = record_of(form.near_miss or "")

    assert event.message == form.near_miss
    assert not {"level", "logger", "pid", "process", "thread"} & event.fields.keys()


def test_a_layout_without_a_level_gets_none() -> None:
    event = record_of("2025-06-03 17:21:09 [SYSTEM] the disk is full")

    assert "level" not in event.fields
