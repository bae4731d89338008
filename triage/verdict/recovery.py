"""What came after a failure: it recovered. A trouble that is over is no longer the worst."""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Event, Severity
from triage.signatures.grade import Graded, Surroundings, entity_keys, facts, fill
from triage.signatures.moments import Moments

SNAPSHOTS = ("k8s.pod", "k8s.container", "k8s.node")
"""States as they were when the bundle was taken: later than all that is told in it."""
LESSER: dict[Severity, Severity] = {"critical": "warning", "warning": "warning", "info": "info"}


def recover(findings: Sequence[Graded], around: Surroundings) -> None:
    """Say of each finding that is over what shows it, and take it down a step."""
    for finding in findings:
        for rule in finding.group.signature.recovered_by:
            later = [
                event
                for event in facts(rule, finding.group, around)
                if not _of_another_container(event, finding)
                and _is_later(event, finding.group.moments, around)
            ]
            if later:
                first = min(later, key=lambda event: (event.source, event.line))
                values = {**first.fields, "source": first.source, "line": first.line}
                finding.because.append(fill(rule.say, finding.group, values))
                finding.severity = LESSER[finding.severity]
                finding.outcome = "recovered"
                break


def _of_another_container(event: Event, finding: Graded) -> bool:
    """A pod's other container that never stopped says nothing of the one that did."""
    mine = entity_keys(finding.group, "container")
    theirs = event.fields.get("container")
    return bool(mine) and bool(theirs) and str(theirs).lower() not in mine


def _is_later(event: Event, moments: Moments, around: Surroundings) -> bool:
    """It stands after the last hit: below it in the same file, or at a later time."""
    if event.kind in SNAPSHOTS:
        return True
    last_line = moments.last_lines.get(event.source)
    if last_line is not None:
        return event.line > last_line
    if moments.last_ns is None:
        return False
    when = around.when(event)
    return when is not None and when > moments.last_ns
