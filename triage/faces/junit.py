"""The answer as JUnit XML, which every CI shows: a finding is a failed test.

One test case a finding, one a cleared suspect (passed), one an undecided one (skipped), one a file
that could not be read (error). A bundle without any of these passes one test. The form is the one
that Jenkins, GitLab and GitHub's reporters read; a suite has no time, since none was measured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from xml.etree import ElementTree as ET  # it writes, never parses

from triage.answer import Answer, Finding
from triage.bundle.visible import visible

MAX_TEXT = 8192


def render(answer: Answer, failing: Collection[str]) -> bytes:
    """One suite a bundle or incident. `failing`: severities whose findings fail."""
    name = ", ".join(bundle.name for bundle in answer.bundles) or "triage"
    suite = ET.Element("testsuite", name=_legal(name))
    if answer.bundles and answer.bundles[0].first:
        suite.set("timestamp", answer.bundles[0].first[:19])
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(answer):
        ET.SubElement(properties, "property", name=key, value=_legal(value))
    suite.extend(_cases(answer, failing))
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    suites = ET.Element("testsuites", name="triage")
    for element in (suite, suites):
        for key, count in counts.items():
            element.set(key, str(count))
    suites.append(suite)
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _properties(answer: Answer) -> Iterator[tuple[str, str]]:
    yield "triage.version", answer.tool.version
    yield "triage.signatures", answer.tool.signatures
    yield "triage.status", answer.verdict.status
    yield "triage.root_cause", answer.verdict.root_cause or ""
    yield "triage.headline", answer.verdict.headline


def _cases(answer: Answer, failing: Collection[str]) -> Iterator[ET.Element]:
    cases = 0
    for finding in answer.findings:
        cases += 1
        yield _of_finding(finding, failing)
    for open_ in answer.undecided:
        cases += 1
        case = _case("undecided", open_.id)
        ET.SubElement(case, "skipped", message=_legal(open_.why))
        yield case
    for out in answer.ruled_out:
        cases += 1
        case = _case("ruled_out", out.id)
        ET.SubElement(case, "system-out").text = _legal("\n".join(out.why))
        yield case
    for source in answer.sources:
        if source.error:
            cases += 1
            case = _case("unread", source.name)
            ET.SubElement(case, "error", message=_legal(source.error), type="unread")
            yield case
    if not cases:
        yield _case("verdict", answer.verdict.headline)


def _of_finding(finding: Finding, failing: Collection[str]) -> ET.Element:
    case = _case(f"finding.{finding.role}", f"{finding.rank}. {finding.id}: {finding.title}")
    if finding.evidence:
        case.set("file", _legal(finding.evidence[0].source))
        case.set("line", str(finding.evidence[0].line))
    told = ET.Element("system-out")
    if finding.severity in failing:
        told = ET.Element("failure", message=_legal(finding.title), type=finding.severity)
    told.text = _legal("\n".join(_told(finding)))
    case.append(told)
    return case


def _told(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity} {finding.role}, {finding.confidence:.0%} sure, {finding.count} times"
    if finding.first_seen is not None:
        yield f"first seen {finding.first_seen} ({finding.time_quality})"
    yield from (f"because {why}" for why in finding.because)
    yield from (f"explained by {link.id}: {link.why}" for link in finding.explained_by)
    for piece in finding.evidence:
        yield f"{piece.source}:{piece.line}: {piece.text}"
    yield from (f"next: {step}" for step in finding.next_steps)


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=f"triage.{classname}", name=_legal(name))


def _legal(text: str) -> str:
    """Only characters that XML 1.0 has; the others are spelled out."""
    rows = "\n".join(visible(row, MAX_TEXT) for row in text[:MAX_TEXT].split("\n"))
    return rows.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
