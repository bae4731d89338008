"""Answers of models, drift alerts, destroyed data, memory warnings, lost machines."""

from __future__ import annotations

import json

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def said(
    row: str, text: str, near_miss: str, kind: str, lines: tuple[int, int] = (1, 1), **fields: Value
) -> Form:
    """One statement."""
    return Form(
        row, text + "\n", (Want(kind, {**fields}, lines),), near_miss + "\n", "app.log", unclaimed=0
    )


ANSWER = {"request_id": "r-7", "status": "success", "prediction": float("nan"), "latency_ms": 9.5}
WHOLE = json.dumps(ANSWER, indent=2)

ANSWERS = [
    said(
        "an answer as a file", WHOLE, '{"status": "success", "prediction_file": "/out/p.csv"}',
        "model.response", (1, 6), success=True, nan_fields="prediction", request_id="r-7",
        latency_ms=9.5,
    ),
    said(
        "an answer as a line of a log", json.dumps(ANSWER),
        '{"loss": NaN, "note": "no prediction"}',
        "model.response", success=True, nan_fields="prediction",
    ),
    said(
        "Python's repr", "INFO reply {'success': True, 'scores': [0.2, nan], 'model': 'v3'}",
        "INFO reply {'success': True, 'scores_at': '/x'}", "model.response", success=True,
        nan_fields="scores[1]",
    ),
    said(
        "Triton, KServe", '{"model_name": "r", "outputs": [{"name": "score", "data": [NaN, 0.1]}]}',
        '{"model_name": "r", "inputs": [{"name": "x", "data": [NaN, 0.1]}]}', "model.response",
        nan_fields="outputs[0].data[0]",
    ),
    said(
        "TensorFlow Serving", '{"predictions": [[NaN, 0.2]]}', '{"instances": [[NaN, 0.2]]}',
        "model.response", nan_fields="predictions[0][0]",
    ),
    said(
        "text in place of a number", '{"status": "ok", "score": "NaN"}',
        '{"status": "ok", "label": "NaN"}', "model.response", success=True, nan_fields="score",
    ),
    said(
        "pairs", "POST /predict status=200 prediction=nan latency_ms=31.2",
        "POST /predict takes the status of a prediction", "model.response", success=True,
        nan_fields="prediction", latency_ms=31.2,
    ),
    said(
        "healthy: no field is broken", '{"status": "success", "prediction": 0.44}',
        '{"status": "pending"}', "model.response", success=True, value_fields="prediction",
    ),
]  # fmt: skip

DRIFT = [
    said(
        "a block with means", "[DEBUG] Feature 'basket' distribution:\n  Training Mean: 41.7, "
        "StdDev: 6.2\n  Live Mean: 3.05, StdDev: 0.4\n  ALERT: Distribution shift detected "
        "(p-value: 0.00002) - ACTION: NONE (Monitoring disabled by dev)",
        "[DEBUG] Feature 'basket' distribution:\n  Training Mean: 41.7\n  Live Mean: 41.5",
        "model.drift", (1, 4), feature="basket", training_mean=41.7, live_mean=3.05,
        p_value=0.00002, action="NONE", disabled=True,
    ),
    said(
        "an alert that acts", "ALERT: Distribution shift detected (p-value: 0.003) - ACTION: PAGE",
        "Page whenever distribution shift detected by the job is real.", "model.drift",
        action="PAGE", disabled=False, p_value=0.003,
    ),
    said(
        "Evidently", "Drift is detected for 61.54% of columns (8 out of 13).",
        "No drift is detected for any of the columns.", "model.drift", share=0.6154,
    ),
    said(
        "Evidently, JSON", '{"metric": "DatasetDriftMetric", "dataset_drift": true, "drift_share": '
        "0.62}", '{"metric": "DatasetDriftMetric", "dataset_drift": false, "drift_share": 0.1}',
        "model.drift", share=0.62,
    ),
    said(
        "PSI", "drift-job: PSI = 0.34 exceeds threshold 0.2 for feature 'age'",
        "A PSI of 0.25 or more is read as a shift.", "model.drift", score=0.34, feature="age",
    ),
    said(
        "KS test", "feature drift detected in 'age' (KS statistic=0.41, p_value=1e-9)",
        "no feature drift detected in 'age' (KS statistic=0.02, p_value=0.8)", "model.drift",
        feature="age", score=0.41, p_value=1e-9,
    ),
]  # fmt: skip

DATA = [
    said(
        "a job's success", "2025-06-03 17:21:09 [SUCCESS] Table 'users' dropped successfully.",
        "2025-06-03 17:21:09 [INFO] 3 packets dropped successfully.", "db.destructive",
        table="users", statement="drop", executed=True, level="notice",
    ),
    said(
        "PostgreSQL, log_statement", "2025-06-03 17:21:09.482 UTC [8211] app@prod LOG:  statement: "
        "TRUNCATE TABLE public.events CASCADE;",
        "2025-06-03 17:21:09.482 UTC [8211] app@prod LOG:  statement: DELETE FROM u WHERE id=3;",
        "db.destructive", table="public.events", statement="truncate", cascade=True, executed=True,
    ),
    said(
        "PostgreSQL, a refusal", "cannot drop table users because other objects depend on it",
        "cannot drop a table that nobody has", "db.destructive", table="users", executed=False,
        refused=True,
    ),
    said(
        "MySQL, general log", "2025-06-03T17:21:09.482613Z\t   12 Query\tDROP TABLE orders",
        "2025-06-03T17:21:09.482613Z\t   12 Query\tSELECT 'DROP TABLE orders, says he'",
        "db.destructive", table="orders", statement="drop", executed=True,
    ),
    said(
        "SQLAlchemy", "2025-06-03 17:21:09,482 INFO sqlalchemy.engine.Engine DELETE FROM sessions",
        "2025-06-03 17:21:09,482 INFO sqlalchemy.engine.Engine DELETE FROM sessions WHERE id = 3",
        "db.destructive", table="sessions", statement="delete", executed=True,
    ),
]  # fmt: skip

HOSTS = [
    said(
        "memory, home-made",
        "[2025-06-03 17:21:09] WARNING: Memory pressure detected. System RAM at"
        " 98.4%.", "[2025-06-03 17:21:09] INFO: System RAM at 41.0%.", "host.memory", percent=98.4,
        level="warning",
    ),
    said(
        "memory, Dask's nanny", "2025-06-03 17:21:09,482 - distributed.nanny.memory - WARNING - "
        "Worker tcp://10.3.0.9:4411 (pid=812) exceeded 95% memory budget. Restarting...",
        "2025-06-03 17:21:09,482 - distributed.nanny - INFO - Worker tcp://10.3.0.9:4411 (pid=812)",
        "host.memory", percent=95.0, pid=812, worker="tcp://10.3.0.9:4411",
    ),
    said(
        "memory, Dask's worker", "2025-06-03 17:21:09,482 - distributed.worker.memory - WARNING - "
        "Worker is at 81% memory usage. Pausing worker.  Process memory: 13.01 GiB -- Worker "
        "memory limit: 16.00 GiB", "Worker is at 10.3.0.9, memory limit: 16.00 GiB", "host.memory",
        percent=81.0, used="13.01 GiB", limit="16.00 GiB",
    ),
    said(
        "an application speaks of the OOM killer",
        "[2025-06-03 17:21:09,482] CRITICAL:kernel:Out of Memory (OOM) killer invoked. Victim: "
        "python3.11 (pid 4402)",
        "The OOM killer has no victim but honesty (pid 1)", "app.oom_claim",
        process="python3.11", pid=4402, level="critical",
    ),
    said(
        "a lost machine", "[CONNECTION_LOST] Worker node ip-10-3-7-20.ec2.internal unreachable.",
        "If a worker node is unreachable, drain it first.", "net.unreachable",
        node="ip-10-3-7-20.ec2.internal",
    ),
    said(
        "ssh", "ssh: connect to host 10.0.7.3 port 22: No route to host",
        "ssh: Could not resolve hostname gpu-n7", "net.unreachable", node="10.0.7.3",
    ),
    said(
        "pdsh", "pdsh@login1: gpu-n7: ssh exited with exit code 255",
        "pdsh@login1: gpu-n7: connected", "app.exit", node="gpu-n7", exit_code=255,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*ANSWERS, *DRIFT, *DATA, *HOSTS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
