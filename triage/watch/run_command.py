"""`--exec`: runs a command for an incident, without a shell and with an end.

The incident comes as JSON on its standard input, and in part in its environment: `TRIAGE_WHAT`,
`TRIAGE_INCIDENT`, `TRIAGE_ID`, `TRIAGE_SEVERITY`, `TRIAGE_TITLE`, `TRIAGE_SOURCE`, `TRIAGE_LINE`,
`TRIAGE_TEXT`. The values come from hostile text: a script must quote them.

What it prints goes to our standard error: the first of it, so that one that never stops printing
fills no disk and no memory.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from typing import BinaryIO

from triage.errors import UsageError
from triage.watch.delivery import Outcome, as_json
from triage.watch.incident import Incident

LIMIT_S = 60.0
MAX_SAID = 16 << 10
"""Bytes of what one run prints that are passed on."""
PIECE = 64 << 10
LAST_WORDS_S = 1.0
"""How long something that it left running may hold up the end of its output."""


class Command:
    """A command with its arguments."""

    name = "--exec"

    def __init__(self, text: str, limit_s: float = LIMIT_S) -> None:
        """Raises `UsageError` on quotes that do not pair up, or on nothing."""
        try:
            self._words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--exec {text!r}: {error}") from error
        if not self._words:
            raise UsageError("--exec: no command is given")
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def carry(self, incident: Incident) -> tuple[Outcome, str]:
        """Run it to its end, or to its limit. It is never run twice: it may have done its work."""
        said, theirs = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603  the user's own command, without a shell
                self._words,
                stdin=subprocess.PIPE,
                stdout=theirs,
                stderr=theirs,
                env={**os.environ, **_variables(incident)},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            os.close(said)
            return "refused", f"{self._words[0]}: {error}"
        finally:
            os.close(theirs)
        self._process = process
        passing_on = threading.Thread(target=_pass_on, args=(os.fdopen(said, "rb"),), daemon=True)
        passing_on.start()
        try:
            process.communicate(as_json(incident) + b"\n", timeout=self._limit_s)
        except subprocess.TimeoutExpired:
            self.stop()
            process.communicate()
            return "refused", f"{self._words[0]}: ended after {self._limit_s:.0f} s"
        finally:
            self._process = None
            passing_on.join(LAST_WORDS_S)
        if process.returncode:
            return "refused", f"{self._words[0]}: exit status {process.returncode}"
        return "done", ""

    def stop(self) -> None:
        """End it, and what it started."""
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _pass_on(stream: BinaryIO) -> None:
    """Show the first of what a command prints; drop the rest, which it must not wait for."""
    left = MAX_SAID
    with stream, contextlib.suppress(OSError, ValueError):  # ours may be closed
        while piece := os.read(stream.fileno(), PIECE):
            sys.stderr.buffer.write(piece[:left])
            if left and len(piece) > left:
                sys.stderr.buffer.write(b"\ntriage: --exec: what else it prints is left out\n")
            left -= min(left, len(piece))
            sys.stderr.buffer.flush()


def _variables(incident: Incident) -> dict[str, str]:
    values = {
        "WHAT": incident.what,
        "INCIDENT": incident.incident,
        "ID": incident.id,
        "SEVERITY": incident.severity,
        "TITLE": incident.title,
        "SOURCE": incident.source,
        "LINE": str(incident.line),
        "TEXT": incident.text,
    }
    return {f"TRIAGE_{name}": value.replace("\0", "") for name, value in values.items()}
