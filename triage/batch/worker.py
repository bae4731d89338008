"""A worker process of the local engine: `python -m triage.batch.worker`, tasks on standard input.

It may be killed at any time: a result counts only once its status is written. What it says on
standard error (the stack of a crash too) goes to a file that the supervisor reads when it dies.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa

from triage.batch.job import scan_bundle, warm_up
from triage.batch.messages import Reply, Start, Task
from triage.batch.model import Recipe
from triage.errors import StoreError
from triage.own_process import replies_and_no_prints

GRACE = 30
"""Seconds beyond the time limit after which a worker that nobody supervises ends itself."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Work until standard input ends."""
    replies = replies_and_no_prints()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core of a thousand bundles fills a disk
    faulthandler.enable(all_threads=False)
    faulthandler.register(signal.SIGUSR1, all_threads=False)
    tasks = sys.stdin.buffer
    start = msgspec.json.decode(tasks.readline(), type=Start)
    warm_up(start.recipe)
    _send(replies, Reply())
    with limited(start.recipe.memory):
        for line in tasks:
            reply = work(msgspec.json.decode(line, type=Task), start)
            _send(replies, reply)
            if reply.cause == "memory":
                return


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let this process grow by so much and no more: then it gets a `MemoryError`. 0: any size.

    The limit is on memory that can be written. One on addresses would count what allocators set
    aside and never touch: a GiB for the pool that Arrow takes unless told otherwise.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(OSError, ValueError):  # not every system has this limit; the supervisor looks too
        taken = int(Path("/proc/self/statm").read_text().split()[5]) * PAGE
        if size:
            resource.setrlimit(resource.RLIMIT_DATA, (taken + size, before[1]))
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, before)


def work(task: Task, start: Start) -> Reply:
    """Scan a bundle, and say what came of it; nothing that it does to us is raised."""
    recipe: Recipe = start.recipe
    if recipe.seconds:
        # Not caught: should the supervisor be gone, a bundle that hangs ends with its worker.
        signal.setitimer(signal.ITIMER_REAL, recipe.seconds + GRACE)
    try:
        status = scan_bundle(
            task.uri, start.out, recipe, attempt=task.attempt, replace=task.replace
        )
    except MemoryError:
        return Reply(cause="memory", message="it needs more memory than the limit")
    except StoreError as error:
        return Reply(cause="lost", message=str(error))
    except RuntimeError as error:
        if "can't start new thread" in str(error):  # what Python makes of a stack it cannot have
            return Reply(cause="memory", message="it needs more memory than the limit")
        return Reply(cause="raised", message=described(error))
    except Exception as error:  # noqa: BLE001  one bundle must not end the batch
        return Reply(cause="raised", message=described(error))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return Reply(status)


def described(error: Exception) -> str:
    """An exception of our own code in one line, with where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _send(replies: BinaryIO, reply: Reply) -> None:
    replies.write(msgspec.json.encode(reply) + b"\n")
    replies.flush()


if __name__ == "__main__":
    main()
