"""What the rows of a timeline have in common on the screen: signs, styles, widths."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style
from textual.widget import Widget

from triage.events import Severity
from triage.timeline.order import LEVELS

SIGNS: dict[Severity, str] = {"critical": "✖", "warning": "▲", "info": "·"}
PLAIN_SIGNS: dict[Severity, str] = {"critical": "X", "warning": "!", "info": "-"}
LETTERS = {"warning": "W", "error": "E", "critical": "C", "fatal": "F"}
MARK, NOTE = "*", "#"

COMPONENTS = (
    "normal", "dim", "cursor", "gap", "kind", "hit", "critical", "warning", "info", "mark", "track",
    "thumb",
)  # fmt: skip
"""Names of the styles that `log` and `density` take from their CSS."""

CSS = """
    & > .timeline--normal { color: $foreground; }
    & > .timeline--dim { color: $text-muted; }
    & > .timeline--cursor { background: $primary 40%; }
    & > .timeline--gap { color: $text-muted; text-style: italic; }
    & > .timeline--kind { color: $text-accent; }
    & > .timeline--hit { background: $warning; color: $background; text-style: bold; }
    & > .timeline--critical { color: $text-error; text-style: bold; }
    & > .timeline--warning { color: $text-warning; }
    & > .timeline--info { color: $text-secondary; }
    & > .timeline--mark { color: $text-success; text-style: bold; }
    & > .timeline--track { color: $text-muted; }
    & > .timeline--thumb { background: $primary 60%; }
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are painted now."""

    styles: dict[str, Style]
    """By the names of `COMPONENTS`."""
    place_width: int
    """Cells of `file:line`; 0 where one file needs no naming."""
    several_hosts: bool
    ascii: bool

    def sign(self, severity: Severity) -> str:
        """One character for a finding."""
        return (PLAIN_SIGNS if self.ascii else SIGNS)[severity]


def styles_of(widget: Widget) -> dict[str, Style]:
    """The styles that a widget's CSS gives to `COMPONENTS`."""
    return {
        name: widget.get_component_rich_style(f"timeline--{name}", partial=True)
        for name in COMPONENTS
    }


def severity_of(level: int) -> Severity | None:
    """The severity that a line's own level amounts to; index into `LEVELS`."""
    if level >= LEVELS.index("error"):
        return "critical"
    return "warning" if level == LEVELS.index("warning") else None
