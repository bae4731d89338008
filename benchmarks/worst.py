"""Writes inputs that are hard to read: each would cost far more than a log, were nothing bounded.

Every writer takes a path and about how many bytes it shall write; the same size gives the same
bytes. `WORST` lists them with what is hard about each.
"""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from itertools import chain, count, cycle, repeat
from pathlib import Path

from benchmarks.biglog import FAILURES, write_log
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.workbench.examples import files_of
from triage_parsers import PARSERS

Write = Callable[[Path, int], None]

HEAD = "Mar 11 10:00:00 gpu-node-017 trainer[4711]: "
LONG_LINE = 100_000_000
NESTED = 8
"""Archives in archives."""


def every_known_failure(path: Path, size: int) -> None:
    """Each example of the knowledge base in turn: all lines are candidates, of all kinds."""
    texts = [
        text
        for signature in load().signatures
        for example in signature.example
        for text in files_of(example).values()
    ]
    _fill(path, size, cycle(text.rstrip("\n") + "\n" for text in texts))


def one_line_failures(path: Path, size: int) -> None:
    """Failures of one line each, with other pids and numbers every time."""
    write_log(path, size, failures=1.0)


def every_literal(path: Path, size: int) -> None:
    """Lines of what the gate searches for, in the order of chance: all look like something."""
    literals = [literal for literal in Plan.of(load()).gate.literals if "\n" not in literal]
    rng = random.Random(7)
    lines = (HEAD + " ".join(rng.choices(literals, k=6)) + "\n" for _ in count())
    _fill(path, size, lines)


def samples_of_parsers(path: Path, size: int) -> None:
    """What the parsers read and what they must pass over, in the order of chance."""
    texts = [sample.text for parser in PARSERS for sample in parser.samples if sample.text]
    rng = random.Random(7)
    _fill(path, size, (rng.choice(texts).rstrip("\n") + "\n" for _ in count()))


def long_lines(path: Path, size: int, length: int = LONG_LINE) -> None:
    """Lines of 100 MB of a log that lost its newlines."""
    sample = path.with_name("sample")
    write_log(sample, 1_000_000)
    piece = sample.read_bytes().replace(b"\n", b" ")
    sample.unlink()
    with path.open("wb") as out:
        for start in range(0, size, length):
            wanted = min(length, size - start) - 1
            out.writelines(repeat(piece, wanted // len(piece)))
            out.write(piece[: wanted % len(piece)] + b"\n")


def empty_lines(path: Path, size: int) -> None:
    """Nothing but newlines."""
    _fill(path, size, repeat("\n" * 65_536))


def different_tracebacks(path: Path, size: int) -> None:
    """Tracebacks, each of another exception in another file."""
    _fill(path, size, map(_traceback, count()))


def one_traceback(path: Path, size: int) -> None:
    """One traceback that never ends: frames of a recursion without its exception."""
    frames = (
        f'  File "/srv/app/walk_{number % 7}.py", line {number % 900 + 1}, in visit\n'
        "    return visit(node.left)\n"
        for number in count()
    )
    _fill(path, size, chain([f"{HEAD}Traceback (most recent call last):\n"], frames))


def repeated_line(path: Path, size: int) -> None:
    """One failure over and over."""
    line = "Mar 11 10:00:00 gpu-node-017 " + FAILURES[0].format(up=11304.0, n=4711) + "\n"
    _fill(path, size, repeat(line * 100))


def json_lines(path: Path, size: int) -> None:
    """A container's log as Docker writes it: each line a JSON object."""
    sample = path.with_name("sample")
    write_log(sample, min(size, 8_000_000))
    lines = sample.read_text().splitlines()
    sample.unlink()
    rows = [
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2025-03-11T10:00:00Z"}) + "\n"
        for line in lines
    ]
    _fill(path, size, cycle(rows))


def json_document(path: Path, size: int) -> None:
    """One JSON document of pods, as `kubectl get pods -o json` prints it, on lines of its own."""
    pods = (json.dumps(_pod(number), indent=1) + ",\n" for number in count())
    with path.open("w") as out:
        out.write('{"apiVersion": "v1", "kind": "List", "items": [\n')
        written = 0
        while written < size:
            written += out.write(next(pods))
        out.write(json.dumps(_pod(0)) + "\n]}\n")


def deep_json(path: Path, size: int) -> None:
    """Brackets in brackets."""
    path.write_bytes(b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6))


def many_members(path: Path, size: int) -> None:
    """A tar of files of one line each; a million at a size of 1 GiB."""
    line = b"calm\n"
    with tarfile.open(path, "w") as archive:
        for number in range(size // (2 * tarfile.BLOCKSIZE)):
            member = tarfile.TarInfo(f"logs/{number % 1000}/{number}.log")
            member.size = len(line)
            archive.addfile(member, io.BytesIO(line))


def nested_archives(path: Path, size: int) -> None:
    """A log in an archive in an archive, eight times."""
    log = path.with_name("syslog")
    write_log(log, size)
    data, name = log.read_bytes(), "syslog"
    log.unlink()
    for depth in range(NESTED):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        data, name = packed.getvalue(), f"layer-{depth}.tar.gz"
    path.write_bytes(data)


WORST: dict[str, tuple[str, Write]] = {
    "known failures": ("candidates.log", every_known_failure),
    "one-line failures": ("failures.log", one_line_failures),
    "gate's literals": ("literals.log", every_literal),
    "parsers' samples": ("samples.log", samples_of_parsers),
    "lines of 100 MB": ("long.log", long_lines),
    "empty lines": ("empty.log", empty_lines),
    "different tracebacks": ("tracebacks.log", different_tracebacks),
    "endless traceback": ("recursion.log", one_traceback),
    "one line repeated": ("repeated.log", repeated_line),
    "Docker's JSON lines": ("container-json.log", json_lines),
    "a JSON document": ("pods.json", json_document),
    "deep JSON": ("deep.json", deep_json),
    "tar of tiny files": ("many.tar", many_members),
    "archives in archives": ("nested.tar.gz", nested_archives),
}
"""What is hard: the file's name, and who writes it."""


def _fill(path: Path, size: int, texts: Iterator[str]) -> None:
    written = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        while written < size:
            written += out.write(next(texts))


def _traceback(number: int) -> str:
    return (
        f"{HEAD}job {number} failed\n"
        "Traceback (most recent call last):\n"
        f'  File "/srv/app/stage_{number % 977}.py", line {number % 4000 + 1}, in run_{number}\n'
        "    self.step(batch)\n"
        f'  File "/srv/app/model_{number % 31}.py", line {number % 700 + 1}, in step\n'
        "    return forward(batch)\n"
        f"Stage{number}Error: part {number} of the batch is not usable\n"
    )


def _pod(number: int) -> dict[str, object]:
    state = {"terminated": {"exitCode": number % 3, "reason": "Error", "finishedAt": None}}
    status = {"name": "server", "restartCount": number % 5, "ready": True, "lastState": state}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"ranker-{number}", "namespace": "ml", "uid": f"{number:032x}"},
        "spec": {"nodeName": f"gpu-{number % 64}", "containers": [{"name": "server"}]},
        "status": {"phase": "Running", "containerStatuses": [status]},
    }
