"""SARIF 2.1.0: what code-scanning views insist on, and hostile text that stays text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from triage.answer import Answer
from triage.faces import sarif
from triage.scanner import scan_paths, scan_texts
from triage.signatures.load import load

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = (
    "gpu-innocent",
    "unpinned-git",
    "panic-node",
    "silent-nan.tar.gz",
    "drift-ignored",
    "healthy",
)
HOSTILE = "[click](https://evil.example) {0} \\[x] <img src=x> =1 {{7*7}} \u202e"


TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n'


def log_of(answer: Answer) -> Any:  # noqa: ANN401  it is JSON
    return json.loads(sarif.render(answer))["runs"][0]


@pytest.fixture(scope="module", params=NAMES)
def answer(request: pytest.FixtureRequest) -> Answer:
    return scan_paths([SAMPLES / request.param]).answer


def test_the_head_names_version_and_tool(answer: Answer) -> None:
    whole = json.loads(sarif.render(answer))

    assert whole["version"] == "2.1.0"
    assert len(whole["runs"]) == 1
    assert whole["runs"][0]["tool"]["driver"]["name"] == "triage"
    assert re.fullmatch(r"\d+\.\d+\.\d+", whole["runs"][0]["tool"]["driver"]["semanticVersion"])


def test_each_result_points_to_its_rule_and_rules_are_there_once(answer: Answer) -> None:
    run = log_of(answer)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert len(ids) == len(set(ids))
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
    (invocation,) = run["invocations"]
    notes = [one for one in invocation["toolExecutionNotifications"] if "associatedRule" in one]
    expected = [one.id for one in answer.undecided] + [one.id for one in answer.ruled_out]
    assert [one["associatedRule"]["id"] for one in notes] == expected
    assert all(ids[one["associatedRule"]["index"]] == one["associatedRule"]["id"] for one in notes)


def test_each_finding_is_an_alert_of_its_level_and_nothing_else_is(answer: Answer) -> None:
    levels = {"critical": "error", "warning": "warning", "info": "note"}
    results = log_of(answer)["results"]

    assert {one["kind"] for one in results} <= {"fail"}
    assert [one["level"] for one in results] == [
        levels[finding.severity] for finding in answer.findings
    ]


def test_every_place_is_that_of_the_evidence(answer: Answer) -> None:
    run = log_of(answer)
    failed = [one for one in run["results"] if one["kind"] == "fail"]

    for result, finding in zip(failed, answer.findings, strict=True):
        places = [*result.get("locations", []), *result.get("relatedLocations", [])]
        assert len(places) == len(finding.evidence)
        for place, piece in zip(places, finding.evidence, strict=True):
            physical = place["physicalLocation"]
            artifact = run["artifacts"][physical["artifactLocation"]["index"]]
            assert unquote(physical["artifactLocation"]["uri"]) == piece.source
            assert artifact["location"]["uri"] == physical["artifactLocation"]["uri"]
            assert physical["region"]["startLine"] == piece.line
            assert physical["region"]["endLine"] >= piece.line
            assert physical["region"]["byteOffset"] == piece.offset
            assert physical["region"]["snippet"]["text"] == piece.text


def test_what_explains_a_finding_is_a_flow_in_order() -> None:
    answer = scan_paths([SAMPLES / "gpu-innocent"]).answer
    explained = [finding for finding in answer.findings if finding.explained_by]
    flows = [one["codeFlows"] for one in log_of(answer)["results"] if "codeFlows" in one]

    assert len(flows) == len(explained) > 0
    for finding, (flow,) in zip(explained, flows, strict=True):
        cause, effect = flow["threadFlows"][0]["locations"]
        assert (cause["executionOrder"], effect["executionOrder"]) == (1, 2)
        root = answer.findings[finding.explained_by[0].finding - 1]
        assert cause["executionTimeUtc"] == root.first_seen
        assert effect["location"]["message"]["text"].startswith(finding.title.partition("[")[0])


def test_a_fingerprint_survives_another_day_and_another_pid() -> None:
    line = (
        "Oct 12 03:14:02 gpu-a07 kernel: NVRM: Xid (PCI:0000:31:00): 79, pid={}, "
        "GPU has fallen off the bus.\n"
    )
    other = line.replace("0000:31", "0000:4b")
    made = [
        sarif.fingerprint(scan_texts({"kern.log": text}, load()).findings[0])
        for text in (
            line.format(7),
            "\n" + line.replace("Oct 12", "Nov 13").format(8),
            other.format(7),
        )
    ]

    assert made[0] == made[1] != made[2]


def hostile() -> Answer:
    return scan_texts({"a b/[x]#1?:é.log": f"{TRACEBACK}ValueError: {HOSTILE}\n"}, load())


def test_no_message_holds_a_link_or_a_placeholder() -> None:
    messages: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if set(value) == {"text"}:
                messages.append(value["text"])
            for key, item in value.items():
                if key != "snippet":  # content of a file, never read as a message
                    walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(log_of(hostile()))

    assert any("evil.example" in message for message in messages)
    for message in messages:
        assert not re.search(r"(?<!\\)(?:\\\\)*\[[^\]]*\]\(", message)
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", message)


def test_a_name_of_a_file_becomes_a_reference() -> None:
    place = log_of(hostile())["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]

    assert place["uri"] == "a%20b/%5Bx%5D%231%3F%3A%C3%A9.log"
    assert sarif.uri("logs.tar!/a:b") == "logs.tar!/a%3Ab"


def test_masked_secrets_are_announced() -> None:
    text = TRACEBACK + "OSError: password=Falcon!77x\n"

    run = log_of(scan_texts({"a.log": text}, load()))

    assert run["redactionTokens"] == ["[masked]"]
    assert "Falcon" not in json.dumps(run)
    assert "redactionTokens" not in log_of(hostile())


def test_what_could_not_be_read_is_notified() -> None:
    answer = scan_paths([SAMPLES / "healthy"]).answer
    broken = msgspec.structs.replace(answer.sources[0], error="gzip: unexpected end")
    answer = msgspec.structs.replace(answer, sources=[broken], warnings=["binary files left out"])

    notes = log_of(answer)["invocations"][0]["toolExecutionNotifications"]

    assert [note["level"] for note in notes] == ["error", "warning"]
    assert "unexpected end" in notes[0]["message"]["text"]


def test_the_same_answer_gives_the_same_bytes(answer: Answer) -> None:
    assert sarif.render(answer) == sarif.render(answer)


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_of_sarif_takes_every_field(name: str) -> None:
    model = pytest.importorskip("sarif_pydantic")

    answer = scan_paths([SAMPLES / name]).answer
    read = model.Sarif.model_validate_json(sarif.render(answer))

    assert [one.rule_id for one in read.runs[0].results] == [one.id for one in answer.findings]
