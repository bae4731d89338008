"""Whose lines these are, where a file's name, a folder or an address is all that says it."""

from __future__ import annotations

import pytest

from triage.answer import Answer, Finding
from triage.derive.machines import Machines
from triage.derive.owners import Owners
from triage.scanner import scan_texts
from triage.signatures.load import load
from triage.verdict.folders import in_strange_folders, shared_folders

KNOWLEDGE = load()
PODS = Owners({"ranker-7d8c9b6f5-zz2xx": "ml", "saver-0": None, "main-0": "ml", "saver-1": None})
PODS_TABLE = """\
NAMESPACE   NAME                       READY   STATUS             RESTARTS      AGE   IP            NODE    NOMINATED NODE   READINESS GATES
nlp         ner-66d5c4b3f-hh7kk        0/1     CrashLoopBackOff   4 (30s ago)   2d    10.44.2.17    w-4     <none>           <none>
nlp         ocr-7f8d9c6b5-mm2pp        0/1     CrashLoopBackOff   2 (30s ago)   9d    10.44.3.9     w-5     <none>           <none>
"""  # noqa: E501  as kubectl writes it
FAULT = "2026-04-01T08:00:01.100Z INFO ner: Fatal Python error: Segmentation fault\n"
SEGFAULT = (
    "2026-04-01T08:00:01+0000 w-4 kernel: python3[55120]: segfault at 8 ip 00007f2a9c1b2c3d sp"
    " 00007ffd1a2b3c40 error 4 in _tok.so[7f2a9c000000+400000]\n"
)
TOO_MANY = "2026-03-25T10:00:04.500Z ERROR FATAL:  sorry, too many clients already\n"
KILLED = (
    "2026-03-25T10:00:03+0000 w-2 kernel: Memory cgroup out of memory: Killed process 4411"
    " (uvicorn) total-vm:3012204kB, anon-rss:2011220kB, file-rss:0kB, shmem-rss:0kB, UID:1000"
    " pgtables:5120kB oom_score_adj:999\n"
)


def scan(files: dict[str, str]) -> Answer:
    return scan_texts(files, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def refused(address: str) -> str:
    return (
        "2026/04/01 08:00:02 [error] 31#31: *9120 connect() failed (111: Connection refused) while"
        " connecting to upstream, client: 10.1.1.7, server: _, request: "
        f'"POST /v1/extract HTTP/1.1", upstream: "http://{address}:8080/v1/extract"\n'
    )


def unavailable(second: int) -> str:
    return f'2026-03-25T10:00:{second:02d}.000Z ERROR "GET /v1 HTTP/1.1" 503 Service Unavailable\n'


@pytest.mark.parametrize(
    "source",
    ["saver-0.log", "logs/saver-0.previous.log", "saver-0/app/stdout.txt", "SAVER-0.log.1"],
)
def test_a_file_called_after_a_pod_is_its_log(source: str) -> None:
    assert PODS.of(source) == {"pod": "saver-0"}


def test_a_file_called_after_namespace_and_pod_is_its_log() -> None:
    told = PODS.of("ml_ranker-7d8c9b6f5-zz2xx.log")

    assert told == {"pod": "ranker-7d8c9b6f5-zz2xx", "namespace": "ml"}


def test_a_workload_with_one_pod_tells_it() -> None:
    assert PODS.of("ranker-previous.log")["pod"] == "ranker-7d8c9b6f5-zz2xx"


@pytest.mark.parametrize("source", ["saver.log", "main.log", "other_saver-9.log", "kern.log", ""])
def test_what_several_pods_or_none_are_called_tells_nothing(source: str) -> None:
    assert PODS.of(source) == {}


def test_a_pods_log_lends_its_machine_to_no_file_beside_it() -> None:
    hosts = {"pods/a.log": ["w-1"], "pods/b.log": [], "node/kern.log": ["w-2"]}

    lent = Machines(hosts)
    kept = Machines(hosts, of_a_pod=lambda source: source == "pods/a.log")

    assert (lent.of("pods/b.log"), kept.of("pods/b.log")) == ("w-1", None)


def test_a_proxy_speaks_of_the_pod_that_has_the_address() -> None:
    answer = scan({"pods.txt": PODS_TABLE, "edge.log": refused("10.44.3.9")})

    (link,) = finding(answer, "upstream_refused").explained_by
    assert "ocr-7f8d9c6b5-mm2pp" in link.why
    assert answer.findings[link.finding - 1].entities["pod"] == ["ocr-7f8d9c6b5-mm2pp"]


def test_an_address_that_two_pods_had_is_of_neither() -> None:
    table = PODS_TABLE.replace("10.44.2.17", "10.44.3.9 ")

    answer = scan({"pods.txt": table, "edge.log": refused("10.44.3.9")})

    assert all(
        "same pod" not in link.why for link in finding(answer, "upstream_refused").explained_by
    )


def test_the_kernel_and_the_pods_log_tell_of_one_crash() -> None:
    answer = scan({"pods.txt": PODS_TABLE, "ner.log": FAULT, "kern.log": SEGFAULT})

    crashes = [one for one in answer.findings if one.id == "segfault"]
    assert [one.entities["pod"] for one in crashes] == [["ner-66d5c4b3f-hh7kk"]]
    assert {piece.source for piece in crashes[0].evidence} == {"ner.log", "kern.log"}


def test_two_gateways_that_fail_for_two_reasons_are_two_findings() -> None:
    answer = scan(
        {
            "search/gateway.log": unavailable(5),
            "search/api.log": TOO_MANY,
            "embed/gateway.log": unavailable(8),
            "embed/kern.log": KILLED,
        }
    )

    failed = [one for one in answer.findings if one.id == "service_unavailable"]
    causes = {one.evidence[0].source: [link.id for link in one.explained_by] for one in failed}
    assert causes == {
        "search/gateway.log": ["database_connections_exhausted"],
        "embed/gateway.log": ["oom_kill_memcg"],
    }


def test_one_gateway_that_writes_two_logs_is_one_finding() -> None:
    answer = scan({"access.log": unavailable(5), "error.log": unavailable(6)})

    assert [(one.id, one.count) for one in answer.findings] == [("service_unavailable", 2)]


def test_folders_of_a_sort_tell_nothing_apart() -> None:
    assert shared_folders(["logs/a.log"], ["logs/b.log"]) == 0
    assert shared_folders(["search/logs/a.log"], ["search/db/b.log"]) == 1
    assert in_strange_folders(["search/a.log"], ["embed/b.log"])
    assert not in_strange_folders(["search/a.log"], ["kernel/dmesg"])
