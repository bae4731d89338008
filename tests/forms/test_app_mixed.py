"""A paste of several forms: each block is read as one event, by its own parser, in its own lines.

What nobody reads stays a plain log line and is counted.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import pytest

from triage.events import Value
from triage.testing_forms import Want, read

TORCH_OOM = (
    "RuntimeError: CUDA out of memory. Tried to allocate 24.00 MiB (GPU 1; 15.90 GiB total "
    "capacity; 14.80 GiB already allocated; 9.88 MiB free; 15.02 GiB reserved in total by PyTorch)"
)
KILLED = (
    "Out of memory: Killed process 20177 (python3) total-vm:91012004kB, anon-rss:63012340kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:123408kB oom_score_adj:0"
)
REFUSED = (
    "2025/06/03 17:21:09 [error] 31#31: *81 connect() failed (111: Connection refused) while "
    'connecting to upstream, client: 10.3.0.9, server: api.example, request: "POST /score '
    'HTTP/1.1", upstream: "http://10.42.3.7:8000/score", host: "api.example"'
)
RAYLET = (
    "(raylet) node_manager.cc:3064: 2 Workers (tasks / actors) killed due to memory pressure (OOM),"
    " 0 Workers crashed due to other reasons at node (ID: 719a4411, IP: 10.4.0.12) over the last "
    "time period."
)


@dataclass(frozen=True)
class Paste:
    """A text of several forms."""

    row: str
    text: str
    wants: tuple[Want, ...]
    """All events that somebody reads, in the order of the lines."""
    parsers: frozenset[str]
    """Parsers that took lines for themselves."""
    unclaimed: int
    """Lines that are none of a parser's and have no log's header: prose, prompts, fences."""


def want(kind: str, first: int, last: int | None = None, **fields: Value) -> Want:
    """An event and its lines."""
    return Want(kind, fields, (first, last or first))


CHAT = Paste(
    "a chat with names and times",
    f"""\
mia  5:20 PM
the ranker is down again, see below
joe  5:21 PM
[2025-06-03 17:21:09 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:812)
[2025-06-03 17:21:10 +0000] [7] [ERROR] Worker (pid:812) was sent SIGKILL! Perhaps out of memory?
mia  5:22 PM
dmesg on gpu-n7 says
[812440.913211] {KILLED}
joe  5:25 PM
and before that
Traceback (most recent call last):
  File "/srv/rank/serve.py", line 88, in score
    out = model(batch)
{TORCH_OOM}
mia  5:26 PM
:eyes: rolling back
""",
    (
        want("app.exit", 4, what="worker_timeout", pid=812, master_pid=7),
        want("app.exit", 5, what="worker_sigkill", pid=812, signal=9),
        want("kernel.oom_kill", 8, pid=20177, process="python3"),
        want("py.traceback", 11, 14, exception="RuntimeError", path_line=88),
        want("gpu.cuda_oom", 14, gpu_index=1, requested="24.00 MiB"),
    ),
    frozenset({"oom", "traceback"}),
    9,
)

TICKET = Paste(
    "a Markdown ticket with fences",
    f"""\
## Ranker returns 502

**Impact**: all of EU, since 17:20.

nginx says

```
{REFUSED}
```

and the pod

```text
Traceback (most recent call last):
  File "/srv/rank/serve.py", line 3, in <module>
    import flash_attn
ImportError: libcudart.so.12: cannot open shared object file: No such file or directory
```

Environment:

```
torch==2.4.0
flash-attn==2.5.8
```

- [ ] pin flash-attn
""",
    (
        want("http.upstream", 8, what="refused", upstream="http://10.42.3.7:8000/score"),
        want("py.traceback", 14, 17, exception="ImportError", path_line=3),
        want("env.package", 23, package="torch", version="2.4.0"),
        want("env.listing", 23, 24, packages=2),
        want("env.package", 24, package="flash-attn", version="2.5.8"),
    ),
    frozenset({"http", "traceback", "freeze"}),
    12,
)

MAIL = Paste(
    "an e-mail with a quoted answer",
    """\
From: joe@example.com
Subject: Re: job 88123 died

On Tue, Jun 3, 2025 at 5:21 PM Mia <mia@example.com> wrote:
> it printed this before it went away:
> slurmstepd: error: Detected 1 oom_kill event in StepId=88123.batch. Some of the step tasks have \
been OOM Killed.
> srun: error: gpu-n7: task 3: Out Of Memory
> Traceback (most recent call last):
>   File "/srv/fit/run.py", line 40, in <module>
>     train()
> RuntimeError: DataLoader worker (pid 4412) is killed by signal: Killed.
>
> JobID|State|ExitCode|MaxRSS|ReqMem|NodeList
> 88123|OUT_OF_MEMORY|0:125||64G|gpu-n7

It asked for 64G; give it more.
Joe
""",
    (
        want("job.state", 6, job="88123", step="batch", status="OUT_OF_MEMORY"),
        want("job.state", 7, node="gpu-n7", rank=3, status="OUT_OF_MEMORY"),
        want("py.traceback", 8, 11, exception="RuntimeError", path_line=40),
        want("app.exit", 11, what="dataloader_worker", pid=4412, signal=9),
        want("job.state", 14, job="88123", requested="64G", node="gpu-n7"),
    ),
    frozenset({"traceback", "slurm_tables"}),
    5,
)

SMI = """\
Tue Jun  3 17:21:09 2025
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA A100-SXM4-80GB          On  |   00000000:07:00.0 Off |                    0 |
| N/A   41C    P0             88W /  400W |   79012MiB /  81920MiB |     97%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
"""
SHELL = Paste(
    "a shell session with prompts",
    f"""\
alice@gpu-n7:~$ nvidia-smi
{SMI}\
alice@gpu-n7:~$ sudo dmesg -T | tail -2
[Tue Jun  3 17:20:58 2025] NVRM: Xid (PCI:0000:07:00): 43, pid=20177, name=python3, Ch 00000008
[Tue Jun  3 17:21:01 2025] python3[20177]: segfault at 10 ip 00007f3c4d21ccf0 sp 00007ffd2f1a8b40 \
error 4 in libtorch_cuda.so[7f3c40000000+9000000]
alice@gpu-n7:~$ ./train.sh
step 1200 | loss nan | lr 1.0e-04
./train.sh: line 12: 20178 Segmentation fault      (core dumped) python3 train.py
alice@gpu-n7:~$ pip freeze
torch==2.4.0
torchvision==0.19.0
alice@gpu-n7:~$ exit
""",
    (
        want("gpu.table", 2, 13, driver="550.54.15", gpus=1),
        want("gpu.state", 10, 12, gpu="0000:07:00.0", memory_used_mib=79012),
        want("gpu.xid", 15, xid=43, pid=20177),
        want("kernel.segfault", 16, pid=20177, module="libtorch_cuda.so"),
        want("model.metric", 18, metric="loss", value="nan", step=1200),
        want("app.exit", 19, what="shell_signal", pid=20178, signal=11),
        want("env.package", 21, package="torch", version="2.4.0"),
        want("env.listing", 21, 22, packages=2),
        want("env.package", 22, package="torchvision", version="0.19.0"),
    ),
    frozenset({"smi_table", "xid", "segfault", "freeze"}),
    5,
)

PAGE = Paste(
    "a page with tags and entities",
    """\
<p>It fails at start:</p>
<pre><code>Traceback (most recent call last):
  File &quot;/srv/rank/serve.py&quot;, line 12, in &lt;module&gt;
    model = load(path)
AttributeError: &#39;ColumnTransformer&#39; object has no attribute &#39;_name&#39;
</code></pre>
<p>and ingress-nginx &ndash; as always &ndash; says</p>
<pre>10.3.0.9 - - [03/Jun/2025:17:21:12 +0000] &quot;POST /score HTTP/1.1&quot; 502 150</pre>
<p>while uvicorn has</p>
<pre>
ERROR:    Exception in ASGI application
</pre>
""",
    (
        want("py.traceback", 2, 5, exception="AttributeError", path="/srv/rank/serve.py"),
        want("http.error", 8, status=502, client="10.3.0.9", path="/score"),
    ),
    frozenset({"traceback", "http"}),
    6,
)

ANSWER = Paste(
    "an answer of an API with a log in it: all of it stands on one line",
    json.dumps(
        {
            "submission_id": "raysubmit_aB3dE5",
            "status": "FAILED",
            "logs": f"step 1 loss 0.7\n{RAYLET}\nTraceback (most recent call last):\n"
            '  File "/srv/fit/run.py", line 40, in <module>\n    train()\n'
            "ValueError: shapes do not match\n\nJob finished with exit code 1\n",
            "metadata": {"user": "alice"},
        },
        indent=2,
    )
    + "\n",
    (
        want("ray.death", 4, what="killed", count=2, node="10.4.0.12"),
        want("py.traceback", 4, exception="ValueError", path_line=40),
        want("app.exit", 4, what="exit_code", exit_code=1),
    ),
    frozenset({"traceback"}),
    1,
)

JOB = Paste(
    "a job's output: launcher, rank, box, scheduler",
    f"""\
+ mpirun -np 4 python fit.py
Epoch 1/10
{{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 2e-05, 'epoch': 0.1}}
[1,2]<stderr>:Traceback (most recent call last):
[1,2]<stderr>:  File "/srv/fit/run.py", line 40, in <module>
[1,2]<stderr>:    train()
[1,2]<stderr>:{TORCH_OOM}
{"-" * 74}
mpirun detected that one or more processes exited with non-zero status, thus causing
the job to be terminated. The first process to do so was:

  Process name: [[5823,1],2]
  Exit code:    1
{"-" * 74}
make: *** [Makefile:12: train] Error 1
slurmstepd: error: *** JOB 88123 ON gpu-n7 CANCELLED AT 2025-06-03T17:21:09 DUE TO TIME LIMIT ***
""",
    (
        want("model.metric", 3, metric="grad_norm", value="nan"),
        want("py.traceback", 4, 7, exception="RuntimeError", rank=2),
        want("gpu.cuda_oom", 7, gpu_index=1, rank=2),
        want("app.exit", 8, 14, what="exit_code", exit_code=1, rank=2, launcher="mpirun"),
        want("app.exit", 15, what="exit_code", exit_code=1, command="Makefile:12: train"),
        want("job.state", 16, job="88123", node="gpu-n7", status="TIMEOUT"),
    ),
    frozenset({"traceback", "mpi"}),
    2,
)

PASTES = (CHAT, TICKET, MAIL, SHELL, PAGE, ANSWER, JOB)


@pytest.mark.parametrize("paste", PASTES, ids=lambda paste: paste.row)
def test_every_block_is_one_event_in_its_own_lines(paste: Paste) -> None:
    events, report = read(paste.text)

    found = sorted(
        (event for event in events if event.kind != "log.line"),
        key=lambda event: (event.line, event.line_end),
    )
    told = [(event.kind, event.line, event.line_end) for event in found]
    assert Counter(told) == Counter((one.kind, *(one.lines or (0, 0))) for one in paste.wants)
    assert [one for one in paste.wants if not any(one.met_by(event) for event in found)] == []
    assert {name for name, lines in report.claimed_by.items() if lines} - {
        "applog",
        "kernel",
    } == paste.parsers


@pytest.mark.parametrize("paste", PASTES, ids=lambda paste: paste.row)
def test_what_nobody_reads_is_kept_and_counted(paste: Paste) -> None:
    events, report = read(paste.text, everything=True)

    kept = {
        line
        for event in events
        if event.kind == "log.line"
        for line in range(event.line, event.line_end + 1)
    }
    read_by_parsers = {
        line
        for event in events
        if event.kind != "log.line"
        for line in range(event.line, event.line_end + 1)
    }
    rows = paste.text.splitlines()
    assert report.unclaimed == paste.unclaimed
    if paste is not ANSWER:  # its lines are those of the string, told as the one it stands on
        assert {n for n, row in enumerate(rows, 1) if row.strip()} <= kept | read_by_parsers


@pytest.mark.parametrize("paste", PASTES, ids=lambda paste: paste.row)
def test_the_order_of_blocks_does_not_matter_to_their_fields(paste: Paste) -> None:
    once, _ = read(paste.text)
    twice, _ = read(paste.text + "\n\n" + paste.text)

    kinds = Counter(event.kind for event in once if event.kind != "log.line")
    again = Counter(event.kind for event in twice if event.kind != "log.line")
    if paste is not ANSWER:  # two documents in one file are none
        assert again == Counter({kind: 2 * count for kind, count in kinds.items()})
    assert all(one.line <= two.line for one, two in pairwise(sorted(once, key=lambda e: e.line)))
