"""Asks machines where only a shell is: one script on standard input, one stream of answers back.

Nothing is installed or written there. `sh` is enough; with a Python, the environments are read too.
The script asks one probe after the other, each under `timeout` where that exists, and puts every
answer between two lines with a word that is made anew for each call, so that no answer can forge
the end of another. What came before a break is kept.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triage.collect.machine import Answer
from triage.collect.probe import Probe

FACTS = """\
printf 'uid=%s\\nhost=%s\\n' "$(id -u)" "$(hostname 2>/dev/null || cat /etc/hostname)"
"""
_LIMIT = """\
export LC_ALL=C
if command -v timeout >/dev/null; then limit() { timeout -s KILL "$@"; }
else limit() { shift; "$@"; }; fi
"""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A script, and how to read what it answers."""

    probes: Sequence[Probe]
    word: str

    @classmethod
    def of(cls, probes: Sequence[Probe]) -> Dialogue:
        """With a word of its own."""
        return cls(probes, f"@@{secrets.token_hex(16)}")

    def script(self) -> bytes:
        """POSIX sh for standard input."""
        parts = [_LIMIT, self._ask("facts", FACTS, 5)]
        parts += [
            self._ask(str(number), probe.shell(), probe.seconds)
            for number, probe in enumerate(self.probes)
        ]
        return "".join([*parts, f"printf '%s\\n' '{self.word} bye'\n"]).encode()

    def _ask(self, name: str, script: str, seconds: float) -> str:
        command = f"limit {seconds:.0f} sh -c {shlex.quote(script)} </dev/null"
        return (
            f"printf '%s\\n' '{self.word} ask {name}'; t=$(date +%s)\n"
            f"{{ e=$( {{ {command}; }} 2>&1 1>&4 4>&- ); s=$?; }} 4>&1\n"
            f"printf '\\n%s %s %s\\n' '{self.word} end' \"$s\" \"$(( $(date +%s) - t ))\"\n"
            "printf '%.4000s\\n' \"$e\"\n"
        )

    def read(self, stream: BinaryIO, folder: Path) -> Iterator[Answer | str]:
        """Every answer, as a file in `folder`; first the facts, as text. Stops where it breaks.

        Whoever answers knows the word, so a mark counts only where one of its kind is due.
        """
        mark = re.compile(re.escape(self.word.encode()) + rb" (?:ask (\w+)|end (\d+) (\d+)|bye)\n?")
        out: BinaryIO | None = None
        name = ""
        ended: tuple[int, int] | None = None
        errors: list[bytes] = []
        for line in stream:
            found = mark.fullmatch(line) if line[:2] == b"@@" else None
            asked, status, seconds = found.groups() if found is not None else (None, None, None)
            if out is not None and status is not None:
                out.seek(-1, os.SEEK_END)
                out.truncate()  # the line break before the mark
                out.close()
                out, ended, errors = None, (int(status), int(seconds or 0)), []
            elif out is not None:
                out.write(line)
            elif found is None and ended is not None:
                errors.append(line)
            elif found is not None and status is None:
                if ended is not None:
                    yield self._answer(name, ended, folder, b"".join(errors))
                    ended = None
                name = (asked or b"").decode()
                if name in self._names:
                    out = (folder / name).open("w+b")
        if out is not None:
            out.close()
            yield self._answer(name, (-9, 0), folder, b"the connection broke off")
        elif ended is not None:
            yield self._answer(name, ended, folder, b"".join(errors))

    @property
    def _names(self) -> frozenset[str]:
        return frozenset({"facts", *map(str, range(len(self.probes)))})

    def _answer(
        self, name: str, ended: tuple[int, int], folder: Path, error: bytes
    ) -> Answer | str:
        out = folder / name
        if name == "facts":
            return out.read_text(errors="replace")
        text = error.decode("utf-8", "replace").strip()
        return Answer(self.probes[int(name)], out, ended[0], float(ended[1]), text)
