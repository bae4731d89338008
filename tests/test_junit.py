"""JUnit XML: counts that fit, cases that fail as they should, characters that XML has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from triage.answer import Answer
from triage.faces import junit
from triage.scanner import scan_paths, scan_texts
from triage.signatures.load import load

SAMPLES = Path(__file__).parent.parent / "samples"
ALWAYS = ("critical", "warning")


def suite_of(answer: Answer, failing: tuple[str, ...] = ALWAYS) -> ET.Element:
    root = ET.fromstring(junit.render(answer, failing))
    assert root.tag == "testsuites"
    (suite,) = root
    return suite


@pytest.mark.parametrize("name", ["gpu-innocent", "unpinned-git", "panic-node", "healthy"])
def test_counts_are_those_of_the_cases(name: str) -> None:
    suite = suite_of(scan_paths([SAMPLES / name]).answer)

    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases) > 0
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(key, "")) == len(suite.findall(f"testcase/{tag}"))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)


def test_findings_fail_and_cleared_suspects_pass() -> None:
    answer = scan_paths([SAMPLES / "gpu-innocent"]).answer
    suite = suite_of(answer)

    failed = suite.findall("testcase/failure")
    cleared = [c for c in suite.findall("testcase") if c.get("classname") == "triage.ruled_out"]

    assert [one.get("type") for one in failed] == [
        finding.severity for finding in answer.findings if finding.severity in ALWAYS
    ]
    assert len(cleared) == len(answer.ruled_out) > 0
    assert all(case.find("failure") is None for case in cleared)


def test_the_threshold_decides_what_fails() -> None:
    answer = scan_paths([SAMPLES / "gpu-innocent"]).answer

    failed = suite_of(answer, ("critical",)).findall("testcase/failure")

    assert {one.get("type") for one in failed} == {"critical"}


def test_a_case_opens_in_an_editor_and_tells_why() -> None:
    answer = scan_paths([SAMPLES / "gpu-innocent"]).answer

    case = suite_of(answer).findall("testcase")[0]

    first = answer.findings[0].evidence[0]
    assert (case.get("file"), case.get("line")) == (first.source, str(first.line))
    assert f"{first.source}:{first.line}: " in (case.findtext("failure") or "")


def test_a_clean_bundle_passes_one_test() -> None:
    suite = suite_of(scan_paths([SAMPLES / "healthy"]).answer)

    (case,) = suite.findall("testcase")
    assert len(case) == 0


def test_what_could_not_be_read_is_an_error() -> None:
    answer = scan_paths([SAMPLES / "healthy"]).answer
    broken = msgspec.structs.replace(answer.sources[0], error="gzip: unexpected end")

    suite = suite_of(msgspec.structs.replace(answer, sources=[broken]))

    (error,) = suite.findall("testcase/error")
    assert error.get("message") == "gzip: unexpected end"


def test_text_that_xml_cannot_hold_is_spelled_out() -> None:
    message = "]]> <b>&amp; \x00\x1b[31m \ud800 \ufffe \uffff \u202e {{7*7}}"
    text = f'Traceback (most recent call last):\n  File "a.py", line 1, in f\nOSError: {message}\n'
    answer = scan_texts({"x.log": text.replace("\ud800", "")}, load())
    finding = msgspec.structs.replace(answer.findings[0], because=[message])

    case = suite_of(msgspec.structs.replace(answer, findings=[finding])).findall("testcase")[0]

    told = case.findtext("failure") or ""
    assert "]]> <b>&amp; \\x00\\x1b[31m \\ud800 \\ufffe \\uffff \\u202e" in told


@pytest.mark.parametrize("name", ["gpu-innocent", "panic-node", "healthy"])
def test_a_reader_of_junit_counts_the_same(name: str, tmp_path: Path) -> None:
    reader = pytest.importorskip("junitparser")
    answer = scan_paths([SAMPLES / name]).answer
    path = tmp_path / "junit.xml"
    path.write_bytes(junit.render(answer, ALWAYS))

    (suite,) = reader.JUnitXml.fromfile(str(path))

    failing = [one for one in answer.findings if one.severity in ALWAYS]
    assert (suite.failures, suite.errors) == (len(failing), 0)
    assert sum(not case.is_passed for case in suite) == len(failing)


@pytest.mark.parametrize("fmt", ["sarif", "junit"])
def test_the_command_prints_the_document_alone(fmt: str) -> None:
    call = "from triage.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", call, "scan", str(SAMPLES / "healthy"), "--format", fmt],
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.startswith(b"{" if fmt == "sarif" else b"<?xml")
