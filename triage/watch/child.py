"""A program that is read from, and that may hang, die or be missing without harm to the reader."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Sequence

READ_BYTES = 1 << 20
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
CALM_S = 60.0
"""Who ran for so long is started at once when it dies."""


class Child:
    """Started when first read, and again, ever later, when it dies."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.error = ""
        """Why it could not be started."""
        self.starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE_S
        self._started = 0.0
        self._next = 0.0

    @property
    def status(self) -> int | None:
        """With what it left last; none while it runs."""
        return None if self._process is None else self._process.poll()

    def read(self, now: float) -> bytes:
        """What it wrote, without waiting. It is started when that is due."""
        if self._process is None and (now < self._next or not self._start(now)):
            return b""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        pieces: list[bytes] = []
        size = 0
        while size < READ_BYTES and select.select([descriptor], [], [], 0)[0]:
            piece = os.read(descriptor, READ_BYTES)
            if not piece:
                self._bury(now)
                break
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def kill(self, now: float) -> None:
        """It does not answer: have done with it. One that the kernel holds is left to it."""
        self._bury(now)

    def close(self) -> None:
        """End it."""
        self._bury(0.0)
        self._next = float("inf")

    def _start(self, now: float) -> bool:
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own command, without a shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a ^C is for us; we end it
            )
        except OSError as error:
            self.error = error.strerror or str(error)
            self._wait(now)
            return False
        self.error = ""
        self.starts += 1
        self._started = now
        return True

    def _wait(self, now: float) -> None:
        self._next = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    def _bury(self, now: float) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        assert process.stdout is not None
        process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        if now - self._started >= CALM_S:
            self._pause = FIRST_PAUSE_S
        self._wait(now)
