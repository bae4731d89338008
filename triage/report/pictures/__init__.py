"""Pictures of a report, drawn as SVG from its figures: no script, no font, nothing loaded.

Colors come from the page's style by class, so that they follow light, dark and print; what a color
says, a shape or a stroke says too. Every mark links to its evidence and has a title.
"""

from __future__ import annotations

from markupsafe import Markup

from triage.report.model import Report
from triage.report.pictures import bars, graph, lanes, lines

__all__ = ["page_pictures"]


def page_pictures(report: Report) -> dict[str, Markup]:
    """Each picture by its name; empty where there is nothing to draw."""
    drawn = {
        "lanes": lanes.draw(report.figures.points),
        "graph": graph.draw(report.causes),
        "bars": bars.draw(report.figures.histogram),
        "lines": lines.draw(report.figures.gpus),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704  all text in it is escaped
