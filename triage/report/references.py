"""What a reference stands for: `E3` a place, `S2` a file, `B1` the bundle, `R1` a note."""

from __future__ import annotations

from triage.report.model import Report


def places_of(report: Report) -> dict[str, str]:
    """Each reference that leads somewhere, with where that is in short, in order."""
    found = {}
    for place in report.evidence:
        end = f"-{place.line_end}" if place.line_end > place.line else ""
        found[place.ref] = f"{place.source}:{place.line}{end}"
    found.update((one.ref, one.name) for one in report.sources)
    found.update((one.ref, one.name) for one in report.header.bundles)
    found.update((one.ref, f"{one.sort} of {one.by}") for one in report.response.entries)
    return found
