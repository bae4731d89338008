"""The answer as SARIF 2.1.0, for code-scanning views: GitHub, GitLab, Azure DevOps, editors.

A finding is a result. What was ruled out or is undecided is a note about its rule: views take each
result for an alert, whatever its kind. The first place of a finding is its location, the others are
related; what explains it is a code flow. Text of the bundle is never markup here: brackets and
braces, which SARIF reads as links and placeholders, are escaped.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from triage.answer import Answer, Evidence, Finding, SourceInfo
from triage.events import Severity
from triage.secrets import MASK

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
BASE = "BUNDLE"
"""Stands for the place of the bundle, which is another for each reader."""
LEVELS: Mapping[Severity, str] = {"critical": "error", "warning": "warning", "info": "note"}
STABLE = ("gpu", "gpu_uuid", "host", "node", "pod", "process", "package", "exception", "image")
"""What tells two findings of one kind apart, also in the bundle of tomorrow."""
FINGERPRINT = "triage/v1"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
Json = dict[str, object]


def render(answer: Answer) -> bytes:
    """One run; the same answer gives the same bytes."""
    log = {"$schema": SCHEMA_URI, "version": VERSION, "runs": [_run(answer)]}
    text = json.dumps(log, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _run(answer: Answer) -> Json:
    rules = list(_rules(answer))
    places = {str(rule["id"]): number for number, rule in enumerate(rules)}
    run: Json = {
        "tool": {
            "driver": {
                "name": answer.tool.name,
                "semanticVersion": answer.tool.version,
                "version": f"{answer.tool.version}+{answer.tool.signatures}",
                "rules": rules,
            }
        },
        "invocations": [_invocation(answer, places)],
        "originalUriBaseIds": {BASE: {"description": _text("the bundle that was scanned")}},
        "artifacts": [_artifact(source) for source in answer.sources],
        "results": list(_Results(answer, places)),
        "columnKind": "unicodeCodePoints",
        "properties": {
            "status": answer.verdict.status,
            "rootCause": answer.verdict.root_cause,
            "headline": answer.verdict.headline,
        },
    }
    if any(MASK in piece.text for finding in answer.findings for piece in finding.evidence):
        run["redactionTokens"] = [MASK]
    return run


def _rules(answer: Answer) -> Iterator[Json]:
    """Each id once, with what the first finding of that id tells."""
    seen: set[str] = set()
    for finding in answer.findings:
        if finding.id not in seen:
            seen.add(finding.id)
            yield _rule(finding)
    others = [open_.id for open_ in answer.undecided] + [out.id for out in answer.ruled_out]
    for other in dict.fromkeys(others):
        if other not in seen:
            yield {"id": other, "shortDescription": _text(other.replace("_", " "))}


def _rule(finding: Finding) -> Json:
    rule: Json = {
        "id": finding.id,
        "shortDescription": _text(finding.id.replace("_", " ")),
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": ["incident", finding.role]},
    }
    if finding.explain:
        rule["fullDescription"] = _text(finding.explain)
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(finding.next_steps, start=1))
    asks = f"triage explain {finding.id} tells more."
    rule["help"] = _text(f"{steps}\n{asks}" if steps else asks)
    return rule


def _invocation(answer: Answer, rules: Mapping[str, int]) -> Json:
    unread = [f"{one.name}: {one.error}" for one in answer.sources if one.error]
    notes = [_note("error", text) for text in unread]
    notes += [_note("warning", text) for text in answer.warnings]
    for open_ in answer.undecided:
        notes.append(_note("note", f"undecided: {open_.why}", open_.id, rules))
    for out in answer.ruled_out:
        notes.append(_note("note", f"ruled out: {'; '.join(out.why)}", out.id, rules))
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def _note(
    level: str, text: str, rule: str | None = None, rules: Mapping[str, int] | None = None
) -> Json:
    made: Json = {"level": level, "message": _text(text)}
    if rule is not None:
        made["associatedRule"] = {"id": rule, "index": (rules or {}).get(rule, -1)}
    return made


def _artifact(source: SourceInfo) -> Json:
    return {
        "location": {"uri": uri(source.name), "uriBaseId": BASE},
        "length": source.bytes,
        "roles": ["analysisTarget"],
        "encoding": source.encoding or "utf-8",
    }


class _Results:
    """All results, with places into the run's lists of rules and artifacts."""

    def __init__(self, answer: Answer, rules: Mapping[str, int]) -> None:
        self._answer = answer
        self._rules = rules
        self._artifacts = {source.name: n for n, source in enumerate(answer.sources)}
        self._by_rank = {finding.rank: finding for finding in answer.findings}

    def __iter__(self) -> Iterator[Json]:
        for finding in self._answer.findings:
            yield self._result(finding)

    def _result(self, finding: Finding) -> Json:
        made: Json = {
            "ruleId": finding.id,
            "ruleIndex": self._rules[finding.id],
            "kind": "fail",
            "level": LEVELS[finding.severity],
            "rank": round(100 * finding.confidence, 1),
            "message": _text("\n".join((finding.title, *finding.because))),
            "occurrenceCount": max(1, finding.count),
            "partialFingerprints": {FINGERPRINT: fingerprint(finding)},
            "properties": {
                "severity": finding.severity, "role": finding.role, "entities": finding.entities,
                "firstSeen": finding.first_seen, "lastSeen": finding.last_seen,
                "timeQuality": finding.time_quality,
            },
        }  # fmt: skip
        places = [self._location(piece) for piece in finding.evidence]
        if places:
            made["locations"] = places[:1]
        if len(places) > 1:
            made["relatedLocations"] = [{**at, "id": n} for n, at in enumerate(places[1:], 1)]
        flow = self._flow(finding)
        if flow is not None:
            made["codeFlows"] = [flow]
        return made

    def _location(self, piece: Evidence) -> Json:
        return {
            "physicalLocation": {
                "artifactLocation": {
                    "uri": uri(piece.source),
                    "uriBaseId": BASE,
                    "index": self._artifacts.get(piece.source, -1),
                },
                "region": {
                    "startLine": piece.line,
                    "endLine": max(piece.line, piece.line_end),
                    "byteOffset": piece.offset,
                    "snippet": {"text": piece.text},
                },
            }
        }

    def _flow(self, finding: Finding) -> Json | None:
        """From what explains it to the finding itself."""
        chain = [self._by_rank.get(link.finding) for link in finding.explained_by[:1]]
        steps = [one for one in (*chain, finding) if one is not None and one.evidence]
        if len(steps) < 2:  # noqa: PLR2004 - a cause and an effect
            return None
        locations = [self._step(number, one) for number, one in enumerate(steps, start=1)]
        why = finding.explained_by[0].why
        return {"message": _text(why), "threadFlows": [{"locations": locations}]}

    def _step(self, number: int, finding: Finding) -> Json:
        location = {**self._location(finding.evidence[0]), "message": _text(finding.title)}
        step: Json = {"location": location, "executionOrder": number, "importance": "essential"}
        if finding.first_seen is not None:
            step["executionTimeUtc"] = finding.first_seen
        return step


def fingerprint(finding: Finding) -> str:
    """The same for the same trouble with the same thing, whatever the time, the pid, the line."""
    parts = [finding.id]
    for key in STABLE:
        parts += [f"{key}={value}" for value in sorted(map(str, finding.entities.get(key, [])))]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def uri(source: str) -> str:
    """A path inside the bundle as a relative reference; `!` of an archive's member stays."""
    encoded = quote(source.encode("utf-8", "replace"), safe="/!~")
    first = encoded.partition("/")[0]
    return f"./{encoded}" if ":" in first or encoded.startswith("/") else encoded


def _text(text: str) -> Json:
    """A message that is read as it is written."""
    inert = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", inert)}
