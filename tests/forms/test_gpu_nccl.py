"""Collectives: the watchdog, how far each rank was, the peer that went away, the fabric's errors.

One row an entry of the catalog of GPU failures beyond Xids that a parser should read. The near miss
is a setting, advice, a success, or a question about the same words.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want


def said(row: str, kind: str, text: str, near_miss: str, /, **fields: Value) -> Form:
    """One event on the first line; the line may belong to another parser."""
    return Form(
        row=row, text=text + "\n", wants=(Want(kind, fields, (1, 1)),), near_miss=near_miss + "\n"
    )


FORMS = (
    said(
        "28 nccl_watchdog",
        "nccl.timeout",
        "[rank5]:[E711 07:25:45.903881913 ProcessGroupNCCL.cpp:616] [Rank 5] Watchdog caught "
        "collective operation timeout: WorkNCCL(SeqNum=911, OpType=ALLGATHER, NumelIn=9801, "
        "NumelOut=78408, Timeout(ms)=600000) ran for 600031 milliseconds before timing out.",
        "[rank5]: the watchdog's timeout is 600000 milliseconds",
        rank=5,
        seq=911,
        op="ALLGATHER",
        seconds=600,
        limit_seconds=600,
    ),
    said(
        "28 nccl_watchdog, old",
        "nccl.timeout",
        "[E ProcessGroupNCCL.cpp:458] [Rank 6] Watchdog caught collective operation timeout: "
        "WorkNCCL(SeqNum=5508, OpType=ALLREDUCE, Timeout(ms)=1800000) ran for 1825631 milliseconds "
        "before timing out.",
        "[I ProcessGroupNCCL.cpp:458] [Rank 6] Watchdog enabled, Timeout(ms)=1800000",
        rank=6,
        seq=5508,
        seconds=1825,
    ),
    said(
        "29 nccl_watchdog_detail",
        "nccl.progress",
        "[rank5]:[E711 07:25:45.906457629 ProcessGroupNCCL.cpp:1785] [PG ID 1 PG GUID 3(dp) Rank "
        "5] Exception (either an error or timeout) detected by watchdog at work: 911, last "
        "enqueued NCCL work: 914, last completed NCCL work: 910.",
        "[rank5]: last enqueued NCCL work is logged on exit",
        rank=5,
        seq=911,
        enqueued=914,
        completed=910,
        group="dp",
    ),
    said(
        "30 nccl_teardown",
        "nccl.teardown",
        "[rank5]:[E711 07:25:45.906459 ProcessGroupNCCL.cpp:621] Some NCCL operations have failed "
        "or timed out. Due to the asynchronous nature of CUDA kernels, subsequent GPU operations "
        "might run on corrupted/incomplete data.",
        "Some NCCL operations are asynchronous.",
    ),
    said(
        "31 nccl_remote_error",
        "nccl.error",
        "ncclRemoteError: A call failed possibly due to a network error or a remote process "
        "exiting prematurely.",
        "except ncclRemoteError: pass",
        name="ncclRemoteError",
    ),
    said(
        "31 nccl_remote_error, the peer",
        "nccl.warn",
        "n7:811:902 [2] misc/socket.cc:50 NCCL WARN socketProgressOpt: Call to recv from "
        "10.7.1.9<33811> failed : Connection reset by peer",
        "n7:811:902 [2] NCCL INFO Call to recv from 10.7.1.9<33811> done",
        what="peer_lost",
        peer="10.7.1.9",
        pid=811,
    ),
    said(
        "32 nccl_ib_error12",
        "nccl.warn",
        "n7:811:902 [2] transport/net_ib.cc:1296 NCCL WARN NET/IB : Got completion from peer "
        "10.7.1.9<33811> with error 12, opcode 0, len 0, vendor err 129",
        "n7:811:902 [2] NCCL INFO NET/IB : Got completion from peer 10.7.1.9<33811>",
        what="ib_completion",
        status=12,
        vendor_err=129,
    ),
    said(
        "33 nccl_ib_async",
        "nccl.warn",
        "n7:811:902 [2] NCCL WARN NET/IB : mlx5_4:1 Got non-fatal async event: port error(10)",
        "n7:811:902 [2] NCCL INFO NET/IB : Using [4]mlx5_4:1/IB",
        what="ib_event",
        device="mlx5_4",
        cause="port error(10)",
    ),
    said(
        "34 nccl_connect_refused",
        "nccl.warn",
        "n7:811:902 [1] include/socket.h:403 NCCL WARN Connect to 10.7.1.9<56811> failed : "
        "Connection refused",
        "n7:811:902 [1] NCCL INFO Connect to 10.7.1.9<56811>",
        what="connect_failed",
        peer="10.7.1.9",
    ),
    said(
        "35 nccl_unhandled_system",
        "nccl.error",
        "RuntimeError: NCCL error in: /opt/pytorch/torch/lib/c10d/ProcessGroupNCCL.cpp:911, "
        "unhandled system error, NCCL version 2.8.4",
        "NCCL error in the log? See the page on unhandled system errors",
        name="ncclSystemError",
        nccl="2.8.4",
        place="/opt/pytorch/torch/lib/c10d/ProcessGroupNCCL.cpp:911",
    ),
    said(
        "36 nccl_unhandled_cuda",
        "nccl.warn",
        "n7:811:902 [2] enqueue.cc:1013 NCCL WARN Cuda failure 'out of memory'",
        "n7:811:902 [2] NCCL INFO Cuda version 12.4",
        what="cuda_failure",
        cause="out of memory",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
