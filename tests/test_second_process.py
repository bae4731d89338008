"""A second process that a failure names stands among the things of its finding."""

from __future__ import annotations

import json

import pytest

from triage.answer import Answer, Finding
from triage.events import ENTITY_FIELDS, SECOND
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
FULL = (
    "2025-09-03 04:10:00 ERROR torch.OutOfMemoryError: CUDA out of memory. Tried to allocate "
    "1.50 GiB. GPU 2 has a total capacity of 79.10 GiB of which 412.06 MiB is free. Process 40117 "
    "has 61.20 GiB memory in use. Process 41877 has 17.40 GiB memory in use.\n"
)
INVOKED = """\
[ 9021.118402] node_exporter invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, \
oom_score_adj=0
[ 9021.118533] CPU: 3 PID: 1180 Comm: node_exporter Not tainted 6.8.0-45-generic #45-Ubuntu
[ 9021.120077] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,\
global_oom,task_memcg=/user.slice,task=python3,pid=40117,uid=1000
[ 9021.120131] Out of memory: Killed process 40117 (python3) total-vm:91842204kB, \
anon-rss:61203344kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:120404kB oom_score_adj:0
"""


def scan(**files: str) -> Answer:
    return scan_texts({name.replace("_", "."): text for name, text in files.items()}, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def test_who_else_holds_the_memory_of_a_card_is_named() -> None:
    told = finding(scan(app_log=FULL), "cuda_oom").entities

    assert told["other_pid"] == [40117]
    assert 40117 not in told.get("pid", [])


def test_who_asked_for_memory_is_told_from_who_was_killed() -> None:
    told = finding(scan(dmesg=INVOKED), "oom_kill").entities

    assert told["invoked_by"] == ["node_exporter"]
    assert told["process"] == ["python3"]


@pytest.mark.parametrize("name", SECOND)
def test_a_second_process_is_a_thing_whose_names_are_those_of_a_first(name: str) -> None:
    assert {name, SECOND[name]} <= {*ENTITY_FIELDS}


def test_a_second_process_joins_nothing() -> None:
    """The neighbor on the card was killed for another reason: no cause of what ran out there."""
    answer = scan(app_log=FULL, dmesg=INVOKED)

    assert not finding(answer, "cuda_oom").explained_by


def test_words_of_a_structured_log_that_are_spelled_alike_are_no_processes() -> None:
    record = {
        "time": "2025-09-03T04:10:00Z",
        "level": "error",
        "msg": "RuntimeError: CUDA error: an illegal memory access was encountered",
        "holder": "controller-7",
        "pid": 40117,
    }
    told = finding(scan(app_log=json.dumps(record) + "\n"), "cuda_illegal_access").entities

    assert told["pid"] == [40117]
    assert "holder" not in told
