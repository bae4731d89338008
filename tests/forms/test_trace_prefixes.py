"""A traceback behind a prefix on every line is one block of its speaker; speakers are told apart.

The rows of the table of prefixes, then what several speakers at once make of it.
"""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

ROWS = (
    "Traceback (most recent call last):",
    '  File "/srv/fit/run.py", line 18, in <module>',
    "    fit(rows)",
    "    ~~~^^^^^^",
    '  File "/srv/fit/step.py", line 61, in fit',
    "    raise ValueError(",
    "ValueError: nothing to fit",
    "second line of it",
)
READ: dict[str, str | int] = {
    "exception": "ValueError",
    "exception_message": "nothing to fit\nsecond line of it",
    "frames": 2,
    "path": "/srv/fit/step.py",
    "path_line": 61,
    "function": "fit",
}


def prefixed(form: str, rows: tuple[str, ...] = ROWS) -> str:
    """Each row behind the prefix; `{n}` counts the rows."""
    return "".join(form.format(n=n, row=row) + "\n" for n, row in enumerate(rows, start=1))


def form_of(row: str, form: str, fields: dict[str, str | int] | None = None) -> Form:
    """The traceback behind this prefix; the same prefix before a harmless text is none."""
    return Form(
        row=row,
        text=prefixed(form),
        wants=(Want("py.traceback", READ | (fields or {}), (1, len(ROWS))),),
        near_miss=prefixed(form, ("no traceback (none at all)", "ValueErrors: 0", "done")),
        unclaimed=0,
    )


FORMS = (
    form_of("torch, rank", "[rank1]: {row}", {"rank": 1}),
    form_of("torchrun --tee, default", "[default3]:{row}", {"rank": 3}),
    form_of("torchrun --tee, trainer", "[trainer0]:{row}", {"rank": 0}),
    form_of(
        "Ray actor with address",
        "(RayTrainWorker pid=4410, ip=10.0.0.7) {row}",
        {"process": "RayTrainWorker", "pid": 4410, "host": "10.0.0.7"},
    ),
    form_of("Ray task runner", "(TaskRunner pid=1234, ip=10.0.0.3) {row}", {"pid": 1234}),
    form_of("Ray worker without a name", "(pid=811) {row}", {"pid": 811}),
    form_of("Ray, raylet", "(raylet) {row}", {"process": "raylet"}),
    form_of("Ray, raylet with address", "(raylet, ip=10.0.0.7) {row}"),
    form_of("Ray, autoscaler", "(autoscaler +1m2s) {row}", {"process": "autoscaler"}),
    form_of("Ray, colour codes", "\x1b[36m(Fit pid=811)\x1b[0m {row}", {"pid": 811}),
    form_of("Ray, run name before it", "(run-7f) (Fit pid=811) {row}"),
    form_of("mpirun --tag-output", "[1,3]<stderr>:{row}", {"rank": 3, "stream": "stderr"}),
    form_of("horovodrun", "[3]<stderr>:{row}"),
    form_of("srun -l", "3: {row}", {"rank": 3}),
    form_of("srun -l, wide", "12: {row}", {"rank": 12}),
    form_of("pdsh host and rank", "node1: [rank0]: {row}", {"host": "node1", "rank": 0}),
    form_of("pdsh host of two parts", "gpu-node-12: {row}", {"host": "gpu-node-12"}),
    form_of("kubectl logs --prefix", "[pod/fit-7d9c/main] {row}", {"pod": "fit-7d9c"}),
    form_of("stern", "fit-7d9c4-x2x4p main {row}"),
    form_of("stern with a bar", "fit-7d9c4-x2x4p main | {row}"),
    form_of("compose v2", "web-1  | {row}", {"container": "web-1"}),
    form_of("compose v1", "web_1  | {row}", {"container": "web_1"}),
    form_of(
        "CRI",
        "2025-06-02T10:00:01.00000000{n}Z stderr F {row}",
        {"stream": "stderr"},
    ),
    form_of("docker logs -t", "2025-06-02T10:00:01.00000000{n}Z {row}"),
    form_of("syslog", "Jun  2 10:00:01 n4 fit[812]: {row}", {"host": "n4", "pid": 812}),
    form_of(
        "journal, ISO",
        "2025-06-02T10:00:01+0000 n4 fit[812]: {row}",
        {"host": "n4", "pid": 812},
    ),
    form_of("logger in front of every line", "2025-06-02 03:02:1{n} ERROR {row}"),
    form_of("logger with a name", "2025-06-02 03:02:11,00{n} - fit - ERROR - {row}"),
    form_of("logger of one word", "ERROR:root:{row}"),
    form_of("klog", "E0602 10:00:01.00000{n}      77 train.py:66] {row}"),
    form_of(
        "Apache",
        "[Mon Jun 02 10:00:01.00000{n} 2025] [wsgi:error] [pid 76:tid 9] "
        "[client 10.0.0.4:6310] {row}, referer: http://10.0.0.9/",
        {"pid": 76},
    ),
    form_of("nginx unit", "2025/06/02 10:00:01 [error] 31#31: {row}", {"pid": 31}),
    form_of("pm2", "0|FITTER  | {row}", {"process": "FITTER"}),
    form_of(
        "Metaflow, double stamp",
        "2025-06-02 10:00:0{n}.123 [17/train/2 (pid 789)] {row}",
        {"pid": 789},
    ),
    form_of("s6, nanoseconds", "2025-06-02 10:00:01.00000000{n}  {row}"),
    form_of(
        "TorchServe",
        "2025-06-02T10:00:01,00{n} [WARN ] W-9000-fit_1.0-stderr MODEL_LOG - {row}",
    ),
    form_of("OpenFaaS", "2025/06/02 10:00:01 stderr: {row}", {"stream": "stderr"}),
    form_of("BuildKit", "#12 32.5{n} {row}"),
    form_of("BuildKit, plain", "32.5{n} {row}"),
    form_of("Kaggle", "168.5s | 7{n} | {row}"),
    form_of("FfDL", "13{n} | 153416695311{n} | {row}"),
    form_of("viewer's line numbers", "{n:5d}  {row}"),
    form_of("TUI box", "│ {row:<90} │"),
    form_of("mail", "> {row}"),
    form_of("colon", ":{row}"),
    form_of("GitHub Actions", "2025-06-02T10:00:01.000000{n}Z {row}"),
    form_of("GitLab, section stamps", "2025-06-02T10:00:01.00000{n}Z 01E {row}"),
    form_of("SageMaker", "[1,mpirank:0,algo-1]<stderr>:{row}"),
    form_of("SageMaker, algo", "algo-1-x7k2p  | {row}"),
    form_of("vLLM engine", "(EngineCore_0 pid=77) ERROR 06-02 03:02:1{n} [core.py:70] {row}"),
    form_of("vLLM engine, bare", "(EngineCore_DP0 pid=77) {row}", {"pid": 77}),
    form_of("Airflow", "[2025-06-02T10:00:01.10{n}+0000] {{logging_mixin.py:188}} ERROR - {row}"),
    form_of("AWS Batch, CloudWatch", "1748858401{n:03d} {row}"),
    form_of("honcho, foreman", "10:00:0{n} fit.1   | {row}"),
    form_of("supervisor, indented", "      {row}"),
    form_of("Spark, executor", "25/06/02 10:00:01 ERROR PythonRunner: {row}"),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
