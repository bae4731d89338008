"""Names of one thing are put together, and the answer says by which line."""

from __future__ import annotations

from triage.answer import Answer, Finding
from triage.scanner import scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
RANKS = (
    "hgx-12:40117:40391 [3] NCCL INFO comm 0x55d1c2e0 rank 3 nranks 16 cudaDev 3 nvmlDev 3 "
    "busId 5d000 commId 0x7a1be2c9f0 - Init START\n"
)
XID = (
    "2025-09-03T04:10:00+00:00 hgx-12 kernel: NVRM: Xid (PCI:0000:5d:00): 79, pid=40117, "
    "name=python3, GPU has fallen off the bus.\n"
)


def scan(**files: str) -> Answer:
    return scan_texts({name.replace("_", "."): text for name, text in files.items()}, KNOWLEDGE)


def finding(answer: Answer, finding_id: str) -> Finding:
    return next(one for one in answer.findings if one.id == finding_id)


def test_an_xid_is_told_the_rank_that_ran_on_the_card() -> None:
    answer = scan(kern_log=XID, train_log=RANKS)

    assert finding(answer, "xid_79").entities["rank"] == [3]


def test_the_answer_says_which_line_ties_the_names() -> None:
    answer = scan(kern_log=XID, train_log=RANKS)

    told = {(one.name, one.same_as): one.evidence for one in answer.identities}
    assert told["gpu 0000:5d:00 on hgx-12", "rank 3"] == "train.log:1"


def test_the_same_rank_of_two_jobs_joins_nothing_and_is_shown() -> None:
    other = RANKS.replace("40117", "51000").replace("busId 5d000", "busId 1b000")

    answer = scan(kern_log=XID, train_log=RANKS, other_log=other)

    assert any("rank 3 is pid" in one and "joins nothing" in one for one in answer.contradictions)


def test_a_card_of_another_machine_is_told_no_rank() -> None:
    answer = scan(kern_log=XID.replace("hgx-12", "hgx-13"), train_log=RANKS)

    assert "rank" not in finding(answer, "xid_79").entities


def test_a_node_is_known_by_its_address() -> None:
    nodes = (
        '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":'
        '{"name":"gpu-07"},"status":{"nodeInfo":{"kubeletVersion":"v1.31.2"},"addresses":'
        '[{"type":"InternalIP","address":"10.9.8.7"}],'
        '"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}]}'
    )

    answer = scan(nodes_json=nodes, remote_log=XID.replace("hgx-12", "10.9.8.7"))

    assert finding(answer, "xid_79").entities["node"] == ["gpu-07"]
