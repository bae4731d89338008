"""Loggers of Python, Java and servers: stamp, level, logger and pid come off what was said."""

from __future__ import annotations

import json

import pytest

from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope

FULL = "OSError: [Errno 28] No space left on device: '/ckpt/step_4100.pt'"
FACTS: dict[str, Value] = {
    "exception": "OSError",
    "exception_message": "[Errno 28] No space left on device: '/ckpt/step_4100.pt'",
}
COMMA = Stamp("2025-03-13 04:05:06,291", "iso")


def row(
    name: str,
    before: str,
    stamp: tuple[str, str] | None = None,
    near_miss: str = "",
    **fields: Value,
) -> Envelope:
    """A row with a full disk behind the prefix."""
    known = Stamp(*stamp) if stamp else None
    return Envelope(
        name, before + FULL, FULL, known, None, fields, near_miss, "py.exception", FACTS
    )


def iso(text: str) -> tuple[str, str]:
    return (text, "iso")


ASCTIME = iso("2025-03-13 04:05:06,291")

ROWS = (
    row("logging, default", "WARNING:root:", None, "WARNING: root is full", level="warning",
        logger="root"),
    row("logging, default, a logger", "ERROR:fit.loop:", None, "Error:fit.loop: x", level="error",
        logger="fit.loop"),
    row("asctime", "2025-03-13 04:05:06,291 ERROR fit.loop: ", ASCTIME, "2025-03-13 was a day",
        level="error", logger="fit.loop"),
    row("asctime, level only", "2025-03-13 04:05:06,291 ERROR ", ASCTIME, level="error"),
    row("asctime, brackets", "2025-03-13 04:05:06,291 [ERROR] ", ASCTIME, level="error"),
    row("asctime, brackets and a logger", "2025-03-13 04:05:06,291 [ERROR] fit.loop: ", ASCTIME,
        level="error", logger="fit.loop"),
    row("asctime, name before level", "2025-03-13 04:05:06,291 - fit.loop - ERROR - ", ASCTIME,
        level="error", logger="fit.loop"),
    row("asctime, name and pid", "2025-03-13 04:05:06,291 fit.loop 8123 ERROR    ", ASCTIME,
        level="error", logger="fit.loop", pid=8123),
    row("Transformers", "2025-03-13 04:05:06,291 - ERROR - fit.loop -   ", ASCTIME, level="error",
        logger="fit.loop"),
    row("Transformers, library", "[ERROR|trainer.py:1812] 2025-03-13 04:05:06,291 >> ", ASCTIME,
        "[ERROR|trainer.py:1812] x", level="error"),
    row("hydra", "[2025-03-13 04:05:06,291][fit.loop][ERROR] - ", ASCTIME, "[2025][fit][ERROR] - x",
        level="error", logger="fit.loop"),
    row("level, then time", "ERROR:2025-03-13 04:05:06,291:", ASCTIME, "ERROR:2025 rows",
        level="error"),
    row("bracket and level:logger", "[2025-03-13 04:05:06,291] ERROR:fit:", ASCTIME, level="error",
        logger="fit"),
    row("blog: level and part in brackets, dash",
        "2025-03-13T04:05:06.492Z [ERROR] [worker-7f9b] \u2013 ", iso("2025-03-13T04:05:06.492Z"),
        level="error", logger="worker-7f9b"),
    row("blog: bracket and level:", "[2025-03-13 04:05:06] FATAL: ", iso("2025-03-13 04:05:06"),
        level="fatal"),
    row("blog: level and a name", "2025-03-13 04:05:06 [ERROR] Auto-Cleaner: ",
        iso("2025-03-13 04:05:06"), level="error", logger="Auto-Cleaner"),
    row("blog: SUCCESS", "2025-03-13 04:05:06 [SUCCESS] ", iso("2025-03-13 04:05:06"),
        level="notice"),
    row("blog: time of day", "[04:05:06] ", ("04:05:06", "time"), "[24:05:06] x"),
    row("blog: CRIT", "2025-03-13T04:05:06Z [CRIT] ", iso("2025-03-13T04:05:06Z"),
        level="critical"),
    row("gunicorn", "[2025-03-13 04:05:06 +0000] [978] [ERROR] ", iso("2025-03-13 04:05:06 +0000"),
        level="error", pid=978),
    row("uvicorn", "ERROR:    ", None, "ERROR: x", level="error"),
    row("loguru", "2025-03-13 04:05:06.977 | ERROR    | fit.loop:<module>:14 - ",
        iso("2025-03-13 04:05:06.977"), level="error", logger="fit.loop:<module>:14"),
    row("structlog, console", "2025-03-13T04:05:06.995651Z [error    ] ",
        iso("2025-03-13T04:05:06.995651Z"), level="error"),
    Envelope("structlog, JSON", json.dumps({"event": FULL, "level": "error", "logger": "fit.loop",
             "timestamp": "2025-03-13T04:05:06.995651Z"}), FULL,
             Stamp("2025-03-13T04:05:06.995651Z", "iso"), None,
             {"level": "error", "logger": "fit.loop"}, '{"event": "x"}', "py.exception", FACTS),
    Envelope("structlog, pairs", f"""event="{FULL}" level='error' """
             "timestamp='2025-03-13T04:05:06.995651Z'", FULL,
             Stamp("2025-03-13T04:05:06.995651Z", "iso"), None, {"level": "error"},
             "event='x' and more", "py.exception", FACTS),
    Envelope("structlog, pairs, time first", f"""timestamp=2025-03-13T04:05:06.9Z level=error """
             f'event="{FULL}"', FULL, Stamp("2025-03-13T04:05:06.9Z", "iso"), None,
             {"level": "error"}, "timestamp=now", "py.exception", FACTS),
    Envelope("loguru, serialized", json.dumps({"text": f"x | {FULL}\n", "record": {
             "message": FULL, "level": {"name": "ERROR", "no": 40}, "name": "fit.loop",
             "process": {"id": 978, "name": "MainProcess"}, "time":
             {"repr": "2025-03-13 04:05:06.977000+01:00", "timestamp": 1741835106.977}}}), FULL,
             Stamp("2025-03-13 04:05:06.977000+01:00", "iso"), None,
             {"level": "error", "logger": "fit.loop", "pid": 978}, '{"text": "x"}',
             "py.exception", FACTS),
    row("absl", "E0313 04:05:06.012459 140306517523328 loop.py:25] ",
        ("0313 04:05:06.012459", "klog"), level="error", thread="140306517523328"),
    row("torch, launcher", "E0313 04:05:06.218000 3870 torch/distributed/api.py:1028] ",
        ("0313 04:05:06.218000", "klog"), level="error", thread="3870"),
    row("torch, C++", "[E313 04:05:06.903881913 ProcessGroupNCCL.cpp:616] ",
        ("313 04:05:06.903881913", "klog"), "[E] x", level="error"),
    row("torch, C++, no date", "[E ProcessGroupNCCL.cpp:523] ", None, level="error"),
    row("TensorFlow", "2025-03-13 04:05:06.863950: E tensorflow/core/common_runtime/bfc.cc:679] ",
        iso("2025-03-13 04:05:06.863950"), level="error"),
    row("TensorFlow, no stamp", "E tensorflow/core/common_runtime/bfc.cc:679] ", None,
        "E tensorflow is slow", level="error"),
    row("JAX", "E0000 00:00:1741835106.550123   12012 pjrt.cc:1] ", ("1741835106.550123", "epoch"),
        level="error", thread="12012"),
    row("DeepSpeed", "[2025-03-13 04:05:06,829] [ERROR] [engine.py:190:save] ",
        iso("2025-03-13 04:05:06,829"), level="error"),
    row("Ray, worker", "2025-03-13 04:05:06,240\tERROR worker.py:1416 -- ",
        iso("2025-03-13 04:05:06,240"), level="error"),
    row("Ray, raylet", "[2025-03-13 04:05:06,550 E 12 14] (raylet) file_system_monitor.cc:116: ",
        iso("2025-03-13 04:05:06,550"), level="error", pid=12, thread="14", process="raylet"),
    row("vLLM", "ERROR 03-13 04:05:06 llm_engine.py:72] ", ("03-13 04:05:06", "month_day"),
        "ERROR 03-13 rows", level="error"),
    row("vLLM, newer", "ERROR 03-13 04:05:06 [core.py:1240] ", ("03-13 04:05:06", "month_day"),
        level="error"),
    row("vLLM, engine", "(EngineCore_0 pid=12) ERROR 03-13 04:05:06 [core.py:1240] ",
        ("03-13 04:05:06", "month_day"), level="error", process="EngineCore_0", pid=12),
    row("Triton", "E0313 04:05:06.550123 1 model_lifecycle.cc:604] ",
        ("0313 04:05:06.550123", "klog"), level="error", thread="1"),
    row("TorchServe", "2025-03-13T04:05:06,550 [ERROR] main org.pytorch.serve.ModelServer - ",
        iso("2025-03-13T04:05:06,550"), level="error", thread="main",
        logger="org.pytorch.serve.ModelServer"),
    row("log4j", "2025-03-13 04:05:06,550 ERROR [io-1] pkg.Class (File.java:12) - ",
        iso("2025-03-13 04:05:06,550"), level="error", thread="io-1", logger="pkg.Class"),
    row("Spark", "25/03/13 04:05:06 ERROR Executor: ", ("25/03/13 04:05:06", "spark"),
        level="error", logger="Executor"),
    row("Spring", "2025-03-13 04:05:06.550 ERROR 1 --- [   main] c.e.App    : ",
        iso("2025-03-13 04:05:06.550"), level="error", pid=1, thread="   main", logger="c.e.App"),
    row("Airflow", "[2025-03-13, 04:05:06 UTC] {taskinstance.py:1937} ERROR - ",
        iso("2025-03-13, 04:05:06 UTC"), level="error"),
    row("Airflow, newer", "[2025-03-13T04:05:06.550+0000] {taskinstance.py:1937} ERROR - ",
        iso("2025-03-13T04:05:06.550+0000"), level="error"),
    row("Celery", "[2025-03-13 04:05:06,550: ERROR/ForkPoolWorker-2] ",
        iso("2025-03-13 04:05:06,550"), level="error", process="ForkPoolWorker-2"),
    row("nginx", "2025/03/13 04:05:06 [crit] 31#31: *123 ", iso("2025/03/13 04:05:06"),
        level="critical", pid=31),
    row("Apache", "[Thu Mar 13 04:05:06.334280 2025] [wsgi:error] [pid 76:tid 9] "
        "[client 10.1.1.1:63] ", ("Thu Mar 13 04:05:06.334280 2025", "ctime"), level="error",
        pid=76, thread="9"),
    row("Slurm daemon", "[2025-03-13T04:05:06.123] ", iso("2025-03-13T04:05:06.123")),
    row("Megatron", "[2025-03-13 04:05:06] ", iso("2025-03-13 04:05:06")),
    row("MMEngine", "03/13 04:05:06 - mmengine - ERROR - ", ("03/13 04:05:06", "month_day"),
        "03/13 rows", level="error", logger="mmengine"),
    row("Detectron", "ERROR [03/13 04:05:06 d2.engine.train_loop]: ",
        ("03/13 04:05:06", "month_day"), level="error", logger="d2.engine.train_loop"),
    row("rich", "[03/13/25 04:05:06] ERROR    ", ("03/13/25 04:05:06", "us"), level="error"),
    row("Hugging Face datefmt", "03/13/2025 04:05:06 - ERROR - fit.loop -   ",
        ("03/13/2025 04:05:06", "us"), level="error", logger="fit.loop"),
    row("daemontools", "@400000006643a9ee1dcd6500 ", ("@400000006643a9ee1dcd6500", "tai64n"),
        "@4000 x"),
    row("svlogd", "2025-03-13_04:05:06.55012 ", iso("2025-03-13_04:05:06.55012")),
    row("s6", "2025-03-13 04:05:06.200527176  ", iso("2025-03-13 04:05:06.200527176")),
    Envelope("Google Cloud", json.dumps({"severity": "ERROR", "timestamp":
             "2025-03-13T04:05:06.291Z", "textPayload": FULL, "resource": {"labels":
             {"pod_name": "fit-0", "namespace_name": "ml", "container_name": "trainer"}}}), FULL,
             Stamp("2025-03-13T04:05:06.291Z", "iso"), None,
             {"level": "error", "pod": "fit-0", "namespace": "ml", "container": "trainer"}, "",
             "py.exception", FACTS),
    Envelope("Elastic", json.dumps({"@timestamp": "2025-03-13T04:05:06.291Z", "log.level": "ERROR",
             "message": FULL}), FULL, Stamp("2025-03-13T04:05:06.291Z", "iso"), None,
             {"level": "error"}, '{"@timestamp": 3}', "py.exception", FACTS),
    Envelope("bunyan", json.dumps({"name": "api", "hostname": "gpu31", "pid": 9, "level": 50,
             "msg": FULL, "time": "2025-03-13T04:05:06.291Z", "v": 0}), FULL,
             Stamp("2025-03-13T04:05:06.291Z", "iso"), None,
             {"logger": "api", "host": "gpu31", "pid": 9, "level": "error"}, "", "py.exception",
             FACTS),
    Envelope("Python's JSON formatter", json.dumps({"asctime": "2025-03-13 04:05:06,291",
             "levelname": "ERROR", "name": "fit.loop", "message": FULL}), FULL, COMMA, None,
             {"level": "error", "logger": "fit.loop"}, "", "py.exception", FACTS),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_loggers_header_is_peeled_and_the_full_disk_behind_it_read(row: Envelope) -> None:
    assert row.problems() == []
