"""Container runtimes, Kubernetes and their log formats: peeled, with container, pod and stream."""

from __future__ import annotations

import json

import pytest

from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope

OOM = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.25 GiB. GPU 5 has a total "
    "capacity of 79.15 GiB of which 1.02 GiB is free."
)
GPU: dict[str, Value] = {"requested": "3.25 GiB"}
NANO = "2025-03-13T04:05:06.291660856Z"


def iso(text: str = NANO) -> Stamp:
    return Stamp(text, "iso")


def row(
    name: str,
    before: str,
    stamp: Stamp | None = None,
    near_miss: str = "",
    **fields: Value,
) -> Envelope:
    """A row with an exhausted GPU behind the prefix."""
    return Envelope(name, before + OOM, OOM, stamp, None, fields, near_miss, "gpu.cuda_oom", GPU)


def docker(log: str, **more: object) -> str:
    return json.dumps({"log": log, "stream": "stderr", "time": NANO, **more})


ROWS = (
    row("CRI, full", f"{NANO} stderr F ", iso(), "stderr F is a stream and a tag", stream="stderr"),
    row("CRI, partial", f"{NANO} stdout P ", iso(), stream="stdout"),
    row("CRI, tags", f"{NANO} stdout F:x=1 ", iso(), stream="stdout"),
    row("CRI, partial with tags", f"{NANO} stdout P:x=1 ", iso(), stream="stdout"),
    row("CRI, offset", "2025-03-13T04:05:06.291660856+02:00 stderr F ",
        iso("2025-03-13T04:05:06.291660856+02:00"), stream="stderr"),
    row("CRI round a rank", f"{NANO} stderr F [rank2]: ", iso(), stream="stderr", rank=2),
    row("kubectl logs --timestamps", f"{NANO} ", iso(), "2025-03-13T04 was early"),
    row("kubectl logs --prefix", "[pod/fit-llm-0/trainer] ", None, "[pod] x", pod="fit-llm-0",
        container="trainer"),
    row("kubectl logs --prefix --timestamps", f"[pod/fit-llm-0/trainer] {NANO} ", iso(),
        pod="fit-llm-0", container="trainer"),
    row("stern", "fit-llm-0 trainer \u203a ", None, "fit-llm-0 trainer x", pod="fit-llm-0",
        container="trainer"),
    row("stern, bar", "fit-llm-0 trainer \u2502 ", pod="fit-llm-0", container="trainer"),
    row("stern, ASCII", "fit-llm-0 trainer | ", None, "fit-llm-0 trainer | 3 | ready",
        pod="fit-llm-0", container="trainer"),
    row("stern, plain", "fit-llm-7d9f8c6b5-x2k4p trainer ", pod="fit-llm-7d9f8c6b5-x2k4p",
        container="trainer", near_miss="fit-llm-7d9f8c6b5-x2k4p was stopped"),
    row("stern, all namespaces", "ml fit-llm-7d9f8c6b5-x2k4p trainer ", namespace="ml",
        pod="fit-llm-7d9f8c6b5-x2k4p", container="trainer"),
    row("docker compose", "trainer-1  | ", None, "Model  | Size | Params", container="trainer-1"),
    row("docker compose, one name", "trainer    | ", None, "name | value", container="trainer"),
    row("docker compose --timestamps", f"trainer-1  | {NANO} ", iso(), container="trainer-1"),
    row("foreman", "04:05:06 web.1     | ", Stamp("04:05:06", "time"), container="web.1"),
    row("docker service logs", "fit_trainer.1.k2x9w7qzj5d8@gpu31    | ", None,
        "a.1.b@gpu31 said", container="fit_trainer.1.k2x9w7qzj5d8", host="gpu31"),
    Envelope("docker json-file", docker(OOM + "\n"), OOM, iso(), None, {"stream": "stderr"},
             '{"log": {"a": 1}, "stream": "stderr"}', "gpu.cuda_oom", GPU),
    Envelope("docker json-file, part of a line", docker(OOM), OOM, iso(), None,
             {"stream": "stderr"}),
    Envelope("docker json-file, attributes", docker(OOM + "\n", attrs={"tag": "trainer"}), OOM,
             iso(), None, {"stream": "stderr"}),
    Envelope("Fluent Bit", docker(OOM, logtag="F", kubernetes={
        "pod_name": "fit-llm-0", "namespace_name": "ml", "container_name": "trainer",
        "pod_id": "0330b2c1-a15b-4cdd-b5e5-72d4a90bee82", "host": "gpu31"}), OOM, iso(), None,
        {"stream": "stderr", "pod": "fit-llm-0", "namespace": "ml", "container": "trainer",
         "pod_uid": "0330b2c1-a15b-4cdd-b5e5-72d4a90bee82", "host": "gpu31"},
        '{"kubernetes": {"pod_name": "fit-llm-0"}}', "gpu.cuda_oom", GPU),
    Envelope("Fluent Bit, part of a line", docker(OOM, logtag="P"), OOM, iso(), None,
             {"stream": "stderr"}),
    row("docker with the syslog driver", "Mar 13 04:05:06 gpu31 a1b2c3d4e5f6[812]: ",
        Stamp("Mar 13 04:05:06", "syslog"), host="gpu31", process="a1b2c3d4e5f6", pid=812),
    row("kubelet: klog in syslog",
        "Mar 13 04:05:06 gpu31 kubelet[2269]: E0313 04:05:06.802914    2269 pod_workers.go:1300] ",
        Stamp("Mar 13 04:05:06", "syslog"), host="gpu31", process="kubelet", pid=2269,
        thread="2269", level="error"),
    row("klog", "E0313 04:05:06.802914   12345 pod_workers.go:1300] ",
        Stamp("0313 04:05:06.802914", "klog"), "E0313 rows", thread="12345", level="error"),
    row("klog, one thread", "I0313 04:05:06.057499       1 a.go:131] ",
        Stamp("0313 04:05:06.057499", "klog"), thread="1", level="info"),
    row("klog, warning", "W0313 04:05:06.057499       1 proxier.go:7] ",
        Stamp("0313 04:05:06.057499", "klog"), thread="1", level="warning"),
    row("klog, fatal", "F0313 04:05:06.057499       1 main.go:7] ",
        Stamp("0313 04:05:06.057499", "klog"), thread="1", level="fatal"),
    row("klog in CRI", f"{NANO} stderr F E0313 04:05:06.802914       1 main.go:7] ", iso(),
        stream="stderr", thread="1", level="error"),
    row("zap, console", "2025-03-13T04:05:06.291Z\tERROR\tctrl.pods\tpkg/a.go:12\t",
        iso("2025-03-13T04:05:06.291Z"), level="error", logger="ctrl.pods",
        near_miss="ERROR\tctrl\tx"),
    row("hclog", "2025-03-13T04:05:06.291Z [ERROR] agent.plugin: ",
        iso("2025-03-13T04:05:06.291Z"), level="error", logger="agent.plugin"),
    row("Go's log", "2025/03/13 04:05:06 ", iso("2025/03/13 04:05:06")),
    row("Go's log, microseconds", "2025/03/13 04:05:06.291660 ", iso("2025/03/13 04:05:06.291660")),
    row("Go's log with its file", "2025/03/13 04:05:06 server.go:61: ", iso("2025/03/13 04:05:06")),
    row("logrus on a terminal", "ERRO[0012] ", None, "ERRO[x] y", level="error"),
    row("logrus on a terminal, with time", "ERRO[2025-03-13T04:05:06Z] ",
        iso("2025-03-13T04:05:06Z"), level="error"),
    Envelope("logrus", f'time="2025-03-13T04:05:06-06:00" level=error msg="{OOM}" pod=fit-llm-0 '
             "namespace=ml pid=8123", OOM, iso("2025-03-13T04:05:06-06:00"), None,
             {"level": "error", "pod": "fit-llm-0", "namespace": "ml", "pid": 8123}, "level=error",
             "gpu.cuda_oom", GPU),
    Envelope("logrus in syslog",
             'Mar 13 04:05:06 gpu31 containerd[9]: time="2025-03-13T04:05:06.291660856Z" '
             f'level=error msg="{OOM}"', OOM, iso(), None,
             {"host": "gpu31", "process": "containerd", "pid": 9, "level": "error"}),
    Envelope("kubelet, JSON", json.dumps({"ts": 1741835106291.6608, "caller": "kubelet.go:2406",
             "msg": "sync failed", "err": OOM, "v": 0}), f"sync failed: {OOM}",
             Stamp("1741835106291.660889", "epoch"), None, {}),
    Envelope("zap, JSON", json.dumps({"level": "error", "ts": 1741835106.25, "msg": OOM}), OOM,
             Stamp("1741835106.250000", "epoch"), None, {"level": "error"},
             '{"level": 4, "reading": 2}', "gpu.cuda_oom", GPU),
    row("BuildKit", "#12 32.55 ", None, "#12 DONE 1.0s"),
    row("GitHub Actions", "2025-03-13T04:05:06.2916608Z ##[error]",
        iso("2025-03-13T04:05:06.2916608Z"), level="error"),
    row("GitLab runner", "2025-03-13T04:05:06.291660Z 01E ", iso("2025-03-13T04:05:06.291660Z"),
        "01E is hexadecimal"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_wrapper_of_a_container_is_peeled_and_what_it_holds_is_read(row: Envelope) -> None:
    assert row.problems() == []
