"""Healthy text stays clean: alone, all in one bundle, and inside every common wrapper."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from triage.answer import Answer
from triage.scanner import scan_texts
from triage.signatures.load import KnowledgeBase, load

HEALTHY = Path(__file__).parents[1] / "samples" / "healthy-forms"
FILES = sorted(HEALTHY.iterdir())
MAX_BYTES = 60_000
AT_LEAST = 25

LOGS = [
    path
    for path in FILES
    if path.suffix == ".log" or path.name in {"journal-quiet-day.txt", "pytest-run.txt"}
]
"""Text that a program writes line by line, and that a log shipper may therefore wrap."""
KERNEL = [path for path in FILES if "dmesg.txt" in path.name]

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
each_log = pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name)
each_kernel_log = pytest.mark.parametrize("path", KERNEL, ids=lambda path: path.name)


def syslog(lines: Iterable[str]) -> str:
    return "".join(f"Oct  7 08:20:02 inf-12 ranker[811]: {line}\n" for line in lines)


def rfc5424(lines: Iterable[str]) -> str:
    return "".join(
        f"<14>1 2025-10-07T08:20:02.101Z inf-12 ranker 811 - - {line}\n" for line in lines
    )


def cri(lines: Iterable[str]) -> str:
    return "".join(f"2025-10-07T08:20:02.101220010Z stderr F {line}\n" for line in lines)


def docker(lines: Iterable[str]) -> str:
    return "".join(
        json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2025-10-07T08:20:02.1Z"})
        + "\n"
        for line in lines
    )


def compose(lines: Iterable[str]) -> str:
    return "".join(f"ranker-1  | {line}\n" for line in lines)


def kubectl_prefix(lines: Iterable[str]) -> str:
    return "".join(f"[pod/ranker-7d9c5b6f4-x2x9v/server] {line}\n" for line in lines)


def journal_json(lines: Iterable[str]) -> str:
    return "".join(
        json.dumps(
            {
                "__REALTIME_TIMESTAMP": "1759825202101220",
                "_HOSTNAME": "inf-12",
                "SYSLOG_IDENTIFIER": "ranker",
                "_PID": "811",
                "PRIORITY": "6",
                "MESSAGE": line,
            }
        )
        + "\n"
        for line in lines
    )


def kern_log(lines: Iterable[str]) -> str:
    return "".join(f"Oct  7 08:20:02 inf-12 kernel: {line}\n" for line in lines)


def raw_dmesg(lines: Iterable[str]) -> str:
    return "".join(f"<6>{line}\n" for line in lines)


def quoted(lines: Iterable[str]) -> str:
    return "".join(f"> {line}\n" for line in lines)


WRAPPERS = (syslog, rfc5424, cri, docker, compose, kubectl_prefix, journal_json)
KERNEL_WRAPPERS = (kern_log, raw_dmesg, quoted, cri, docker)


@cache
def knowledge() -> KnowledgeBase:
    return load()


def alarms(answer: Answer) -> list[tuple[str, str]]:
    """Every finding above info with the text that raised it."""
    return [(f.id, f.evidence[0].text) for f in answer.findings if f.severity != "info"]


def test_the_world_is_covered() -> None:
    assert len(FILES) >= AT_LEAST
    assert len(LOGS) >= AT_LEAST // 2
    assert len(KERNEL) >= 4
    assert [path.name for path in FILES if path.stat().st_size > MAX_BYTES] == []


@each_file
def test_a_healthy_text_is_clean_alone(path: Path) -> None:
    answer = scan_texts({path.name: path.read_text("utf-8")}, knowledge())

    assert alarms(answer) == []
    assert answer.verdict.status == "clean"


def test_all_healthy_texts_are_clean_as_one_bundle() -> None:
    answer = scan_texts({path.name: path.read_text("utf-8") for path in FILES}, knowledge())

    assert alarms(answer) == []
    assert answer.verdict.status == "clean"


@each_log
@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_healthy_log_is_clean_in_every_wrapper(
    path: Path, wrap: Callable[[Iterable[str]], str]
) -> None:
    wrapped = wrap(path.read_text("utf-8").splitlines())

    assert alarms(scan_texts({"app.log": wrapped}, knowledge())) == []


@each_kernel_log
@pytest.mark.parametrize("wrap", KERNEL_WRAPPERS)
def test_a_healthy_kernel_log_is_clean_in_every_wrapper(
    path: Path, wrap: Callable[[Iterable[str]], str]
) -> None:
    wrapped = wrap(path.read_text("utf-8").splitlines())

    assert alarms(scan_texts({"kern.log": wrapped}, knowledge())) == []
