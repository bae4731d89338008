"""One worker process, as its supervisor sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from triage.batch.messages import Reply, Start, Task
from triage.batch.model import Cause
from triage.own_process import own_environment, own_module

PAGE = os.sysconf("SC_PAGE_SIZE")
LAST_WORDS = 20_000
STACK_SECONDS = 0.3
"""How long a worker that hangs has to say where."""
FRAMES = 3
_FRAME = re.compile(r'File "([^"]+)", line (\d+) in (\S+)')
_NOTABLE = re.compile(r"(?m)^(?:Fatal Python error: .*|terminate called .*|thread '.*panicked.*)")
ONE_THREAD = dict.fromkeys(
    ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""There is a worker a core: threads inside them would only fight for it."""


class Worker:
    """A process, and the task it has."""

    def __init__(self, start: Start) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed with the worker
        self._process = subprocess.Popen(  # noqa: S603  our own module
            own_module("triage.batch.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=own_environment(**ONE_THREAD),
            start_new_session=True,  # Ctrl-C is the supervisor's to handle
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tasks, self._replies = self._process.stdin, self._process.stdout
        os.set_blocking(self._replies.fileno(), False)
        self._buffer = b""
        self.ready = False
        self.task: Task | None = None
        self.begun = 0.0
        self.done = 0
        """Tasks that it finished."""
        self.base = 0
        """Bytes of memory when it had scanned nothing."""
        self._say(msgspec.json.encode(start))

    def fileno(self) -> int:
        """For a selector."""
        return self._replies.fileno()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def give(self, task: Task) -> None:
        """Hand over a task."""
        self.task = task
        self.begun = time.monotonic()
        self._errors.seek(0)
        self._errors.truncate()
        self._say(msgspec.json.encode(task))

    def replies(self) -> list[Reply] | None:
        """What it said since; None once it is dead."""
        try:
            data = os.read(self.fileno(), 1 << 20)
        except BlockingIOError:
            return []
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [msgspec.json.decode(line, type=Reply) for line in lines]

    def memory(self) -> int:
        """Bytes of memory that it has now; 0 where the system does not say."""
        try:
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def stack(self) -> str:
        """Where it hangs, as it says itself."""
        try:
            self._process.send_signal(signal.SIGUSR1)
            time.sleep(STACK_SECONDS)
        except OSError:
            return ""
        return _frames(self._last_words())

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Let it end, or go on ending: without tasks it stops."""
        for stream in (self._tasks, self._replies):
            try:
                stream.close()
            except OSError:  # what was still to be said concerns nobody now
                continue
        self._process.wait()
        self._errors.close()

    def death(self) -> tuple[Cause, str]:
        """Why a process that is dead died."""
        code = self._process.wait()
        words = self._last_words()
        notable = _NOTABLE.search(words)
        if code >= 0:
            said = words.strip().rsplit("\n", 1)[-1]
            return "crashed", f"its worker left with exit status {code}: {said}"
        name = _signal(-code)
        if -code == signal.SIGALRM:
            return "timeout", "it took longer than the time limit"
        parts = [f"its worker was killed by {name}"]
        if -code == signal.SIGKILL:
            parts.append("as the kernel does when memory runs out; dmesg tells")
        parts += [notable[0]] if notable else []
        return "crashed", "; ".join([*parts, *filter(None, [_frames(words)])])

    def _say(self, message: bytes) -> None:
        try:
            self._tasks.write(message + b"\n")
            self._tasks.flush()
        except BrokenPipeError:  # it is dead, which its other pipe says too
            return

    def _last_words(self) -> str:
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - LAST_WORDS))
        return self._errors.read().decode("utf-8", "replace")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals
        return f"signal {number}"


def _frames(words: str) -> str:
    frames = _FRAME.findall(words)[:FRAMES]
    return (
        "in "
        + ", called by ".join(
            f"{function} ({Path(file).name}:{line})" for file, line, function in frames
        )
        if frames
        else ""
    )
