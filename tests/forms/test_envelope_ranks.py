"""Launchers put a rank, a worker or a host in front of every line of a traceback: all come off."""

from __future__ import annotations

import pytest

from triage.envelope import peel
from triage.events import Stamp, Value
from triage.testing_forms import Form, Want, read

TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/srv/fit/step.py", line 61, in step',
    "    loss = model(batch)",
    '  File "/srv/fit/model.py", line 7, in forward',
    "    return self.head(x)",
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x512 and 768x2)",
)
CLOCK = "2025-03-13T04:05:06.291660856Z"

PREFIXES: tuple[tuple[str, str, dict[str, Value]], ...] = (
    ("torch's hook", "[rank1]: ", {"rank": 1}),
    ("torchrun --tee", "[default0]:", {"rank": 0}),
    ("torchrun --tee, a role", "[trainer3]:", {"rank": 3}),
    ("torchrun --tee, another role", "[worker12]:", {"rank": 12}),
    ("Ray", "(RayTrainWorker pid=3856) ", {"process": "RayTrainWorker", "pid": 3856}),
    ("Ray, remote", "(RayTrainWorker pid=3856, ip=10.0.0.2) ",
     {"process": "RayTrainWorker", "pid": 3856, "host": "10.0.0.2"}),
    ("Ray, no name", "(pid=3856) ", {"pid": 3856}),
    ("Ray, an actor's name", "(Trainer(rank=3) pid=3856) ",
     {"process": "Trainer(rank=3)", "pid": 3856}),
    ("Ray, a method", "(train_fn pid=3856) ", {"process": "train_fn", "pid": 3856}),
    ("raylet", "(raylet) ", {"process": "raylet"}),
    ("raylet, remote", "(raylet, ip=10.0.0.2) ", {"process": "raylet", "host": "10.0.0.2"}),
    ("autoscaler", "(autoscaler +1m2s) ", {"process": "autoscaler"}),
    ("mpirun --tag-output", "[1,3]<stderr>:", {"rank": 3, "stream": "stderr"}),
    ("mpirun --timestamp-output --tag-output", "Thu Mar 13 04:05:06 2025[1,3]<stderr>:",
     {"rank": 3, "stream": "stderr"}),
    ("Horovod", "[1]<stderr>:", {"rank": 1, "stream": "stderr"}),
    ("srun -l", "3: ", {"rank": 3}),
    ("srun -l, padded", " 3: ", {"rank": 3}),
    ("DeepSpeed through pdsh", "node1: ", {"host": "node1"}),
    ("DeepSpeed and torch's hook", "node1: [rank0]: ", {"host": "node1", "rank": 0}),
    ("accelerate, an address", "10.4.0.9: [rank0]: ", {"host": "10.4.0.9", "rank": 0}),
    ("kubectl --prefix", "[pod/fit-llm-0/trainer] ", {"pod": "fit-llm-0", "container": "trainer"}),
    ("kubectl --prefix and torch's hook", "[pod/fit-llm-0/trainer] [rank5]: ",
     {"pod": "fit-llm-0", "container": "trainer", "rank": 5}),
    ("stern", "fit-llm-0 trainer \u203a ", {"pod": "fit-llm-0", "container": "trainer"}),
    ("stern, ASCII", "fit-llm-0 trainer | ", {"pod": "fit-llm-0", "container": "trainer"}),
    ("docker compose", "trainer-1  | ", {"container": "trainer-1"}),
    ("CRI", f"{CLOCK} stderr F ", {"stream": "stderr"}),
    ("CRI and torch's hook", f"{CLOCK} stderr F [rank2]: ", {"stream": "stderr", "rank": 2}),
    ("syslog", "Mar 13 04:05:06 gpu31 trainer[8123]: ",
     {"host": "gpu31", "process": "trainer", "pid": 8123}),
    ("journalctl short-iso", "2025-03-13T04:05:06+0100 gpu31 trainer[8123]: ",
     {"host": "gpu31", "process": "trainer", "pid": 8123}),
    ("logger", "2025-03-13 04:05:06 ERROR ", {"level": "error"}),
    ("logger, bracket", "2025-03-13 04:05:06,291 [ERROR] ", {"level": "error"}),
    ("vLLM", "ERROR 03-13 04:05:06 [core.py:1240] ", {"level": "error"}),
    ("vLLM, engine", "(EngineCore_0 pid=12) ERROR 03-13 04:05:06 [core.py:1240] ",
     {"process": "EngineCore_0", "pid": 12, "level": "error"}),
    ("pm2", "0|MINER  | ", {"process": "MINER"}),
    ("foreman", "04:05:06 web.1     | ", {"container": "web.1"}),
    ("Metaflow", "2025-03-13 04:05:06.550 [17/train/2 (pid 789)] ", {"pid": 789}),
    ("OpenFaaS", "2025/03/13 04:05:06 stderr: ", {"stream": "stderr"}),
    ("BuildKit", "#12 32.55 ", {}),
    ("Kaggle", "168.5s | 78 | ", {}),
    ("s6", "2025-03-13 04:05:06.200527176  ", {}),
    ("TorchServe", "2025-03-13T04:05:06,496 [INFO ] W-9000-fit_1.0-stdout MODEL_LOG - ",
     {"level": "info", "thread": "W-9000-fit_1.0-stdout", "logger": "MODEL_LOG"}),
    ("a mail", "> ", {}),
)  # fmt: skip
AMBIGUOUS = {"a mail", "DeepSpeed through pdsh"}
"""Prefixes that other text has too: they come off only in front of what cannot be meant else."""


@pytest.mark.parametrize(("name", "before", "fields"), PREFIXES, ids=lambda value: str(value)[:40])
def test_a_prefix_on_every_line_of_a_traceback_comes_off(
    name: str, before: str, fields: dict[str, Value]
) -> None:
    bodies = [peel(before + line).body for line in TRACEBACK]
    found = peel(before + TRACEBACK[0]).fields

    if name not in AMBIGUOUS:
        assert bodies == list(TRACEBACK)
        assert found == fields


@pytest.mark.parametrize(("name", "before", "fields"), PREFIXES, ids=lambda value: str(value)[:40])
def test_a_traceback_with_a_prefix_on_every_line_is_one_event(
    name: str, before: str, fields: dict[str, Value]
) -> None:
    wanted = {
        **fields,
        "exception": "RuntimeError",
        "frames": 2,
        "path": "/srv/fit/model.py",
        "path_line": 7,
        "function": "forward",
    }
    form = Form(
        row=name,
        text="".join(f"{before}{line}\n" for line in TRACEBACK),
        wants=(Want("py.traceback", wanted, (1, 6)),),
        near_miss=f"{before}the traceback (most recent call) was last seen at step 61\n",
    )

    assert form.problems() == []


def test_two_ranks_that_write_at_once_are_told_apart_by_their_prefix() -> None:
    rows = [f"[rank{rank}]: {line}\n" for line in TRACEBACK for rank in (4, 6)]

    events, _ = read("".join(rows))

    assert [(e.kind, e.fields["rank"]) for e in events if e.kind == "py.traceback"] == [
        ("py.traceback", 4),
        ("py.traceback", 6),
    ]


def test_mpirun_says_the_time_before_the_rank() -> None:
    peeled = peel("Thu Mar 13 04:05:06 2025[1,3]<stderr>:ValueError: x")

    assert peeled.stamp == Stamp("Thu Mar 13 04:05:06 2025", "ctime")


@pytest.mark.parametrize(
    "line",
    [
        "[rank zero] starts",
        "[12] x",
        "(pid unknown) x",
        "(base) $ ls",
        "2: eth0: <BROADCAST>",
        "[1,3] is a pair",
        "[pod] x",
        "0|1|2",
        "168.5s elapsed",
        "#1 fix",
    ],
)
def test_what_only_looks_like_a_launchers_prefix_stays(line: str) -> None:
    assert peel(line).wrappers == ()
