"""What came after a failure: it recovered. A trouble that is over is no longer the worst."""

from __future__ import annotations

from collections.abc import Sequence

from triage.events import Event, Severity
from triage.signatures.grade import Graded, Surroundings, facts, fill
from triage.signatures.moments import Place

SNAPSHOTS = ("k8s.pod", "k8s.container", "k8s.node")
"""States as they were when the bundle was taken: later than all that is told in it."""
LESSER: dict[Severity, Severity] = {"critical": "warning", "warning": "warning", "info": "info"}


def recover(findings: Sequence[Graded], around: Surroundings) -> None:
    """Say of each finding that is over what shows it, and take it down a step."""
    for finding in findings:
        for rule in finding.group.signature.recovered_by:
            later = [
                event
                for event in facts(rule, finding.group, around.facts)
                if _is_later(event, finding.group.places, around)
            ]
            if later:
                first = min(later, key=lambda event: (event.source, event.line))
                values = {**first.fields, "source": first.source, "line": first.line}
                finding.because.append(fill(rule.say, finding.group, values))
                finding.severity = LESSER[finding.severity]
                finding.outcome = "recovered"
                break


def _is_later(event: Event, places: Sequence[Place], around: Surroundings) -> bool:
    """It stands after the last hit: below it in the same file, or at a later time."""
    if event.kind in SNAPSHOTS:
        return True
    own = [place.line_end for place in places if place.source == event.source]
    if own:
        return event.line > max(own)
    when = around.when(event)
    times = [place.time_ns for place in places if place.time_ns is not None]
    return when is not None and bool(times) and when > max(times)
