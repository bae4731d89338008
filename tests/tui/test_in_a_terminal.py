"""The real command in a real terminal, driven by keys alone."""

from __future__ import annotations

import base64
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage.playbook import find
from triage.scanner import scan_paths
from triage.timeline.responder import words_of
from triage.tui.page import command_text

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")
CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
PATIENCE_S = 30
OTHERS = ("panic-node", "drift-ignored", "unpinned-git")
SAMPLES = (
    "gpu-innocent",
    "silent-nan.tar.gz",
    *(pytest.param(sample, marks=pytest.mark.slow) for sample in OTHERS),
)


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *arguments: object, rows: int = 40, columns: int = 100) -> None:
        self.output = b""
        self.pid, self.file = pty.fork()
        if not self.pid:
            os.environ["TERM"] = "xterm-256color"
            os.environ.pop("TMUX", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            code = "from triage.cli import main; main()"
            os.execv(sys.executable, [sys.executable, "-c", code, *map(str, arguments)])

    def press(self, keys: str) -> None:
        os.write(self.file, keys.encode())

    def until(self, said: str) -> None:
        """Wait until it was painted; forget what was painted before."""
        end = time.monotonic() + PATIENCE_S
        while said.encode() not in ESCAPES.sub(b"", self.output):
            if time.monotonic() > end or not self.listen():
                raise AssertionError(ESCAPES.sub(b"", self.output)[-500:].decode(errors="replace"))
        self.output = b""

    def copied(self) -> str:
        """Wait for what is put on the clipboard."""
        end = time.monotonic() + PATIENCE_S
        while (found := CLIPBOARD.search(self.output)) is None:
            if time.monotonic() > end or not self.listen():
                raise AssertionError(self.output[-500:])
        return base64.b64decode(found[1]).decode()

    def listen(self) -> bool:
        """Take what comes; false at the end."""
        if select.select([self.file], [], [], 0.1)[0]:
            try:
                self.output += os.read(self.file, 1 << 16)
            except OSError:  # the other end is gone
                return False
        return True

    def ended(self) -> int:
        """Wait for its end; the exit status."""
        while self.listen():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.file)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for terminal in made:
        terminal.close()


@pytest.mark.parametrize("sample", SAMPLES)
def test_two_keys_lead_from_the_start_to_a_copied_command(
    samples: Path, terminals: list[Terminal], sample: str
) -> None:
    terminal = Terminal("tui", samples / sample)
    terminals.append(terminal)
    terminal.until("p Playbook")

    terminal.press("py")
    copied = terminal.copied()

    root = scan_paths([samples / sample]).answer.findings[0]
    page = find(root.playbook or "")
    assert page is not None
    steps = [step for section in page.sections for step in section.steps]
    assert copied in {command_text(run, root.entities) for step in steps for run in step.run}


def test_a_killed_session_loses_no_word(case: Path, terminals: list[Terminal]) -> None:
    terminal = Terminal("tui", case)
    terminals.append(terminal)
    terminal.until("timeline ready")
    terminal.press("p")
    terminal.until("memory/oom-kill")
    terminal.press(" ")
    terminal.until("done ")
    terminal.press("adrained by hand\r")
    terminal.until("noted")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.ended()

    again = Terminal("tui", case)
    terminals.append(again)
    again.until("drained by hand")
    again.press("\x11")  # ctrl+q
    status = again.ended()

    words = words_of(case)
    assert [tick.step for tick in words.ticks.values()]
    assert [note.text for note in words.notes.values()] == ["drained by hand"]
    assert status == 0


def test_a_second_session_reads_and_says_so(case: Path, terminals: list[Terminal]) -> None:
    first = Terminal("tui", case)
    terminals.append(first)
    first.until("timeline ready")

    second = Terminal("tui", case)
    terminals.append(second)
    second.until("READ-ONLY")
    second.press("q")

    assert second.ended() == 0


def test_a_paste_is_read_and_keys_come_from_the_terminal(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    paste = tmp_path / "paste"
    paste.write_text(
        "[  101.250000] Out of memory: Killed process 4711 (python3) total-vm:91200kB, "
        "anon-rss:88000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:300kB oom_score_adj:0\n"
    )
    code = (
        "import os, sys; os.dup2(os.open(sys.argv.pop(1), os.O_RDONLY), 0);"
        "from triage.cli import main; main()"
    )

    class Pasted(Terminal):
        def __init__(self) -> None:
            self.output = b""
            self.pid, self.file = pty.fork()
            if not self.pid:
                os.environ["TERM"] = "xterm-256color"
                os.execv(sys.executable, [sys.executable, "-c", code, str(paste), "tui", "-"])

    terminal = Pasted()
    terminals.append(terminal)
    terminal.until("CRITICAL")
    terminal.until("timeline ready")
    terminal.press("q")

    assert terminal.ended() == 0
