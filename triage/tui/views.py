"""The views of the case by name; each is loaded before it is asked for, or else then."""

from __future__ import annotations

from textual.screen import Screen

from triage.events import Value
from triage.tui.session import Session


def preload() -> None:
    """Load them all; for a thread of its own, once the verdict stands and the user reads it."""
    import triage.tui.sql  # noqa: PLC0415
    import triage.tui.tables  # noqa: PLC0415
    import triage.tui.timeline.screen  # noqa: F401, PLC0415  loads numpy


def view(
    name: str,
    session: Session,
    follow: tuple[str, Value] | None = None,
    at_ns: int | None = None,
) -> Screen[None]:
    """The screen of this name; what is followed and the moment are for the timeline alone."""
    if name == "timeline":
        from triage.tui.timeline.screen import TimelineScreen  # noqa: PLC0415  loads numpy

        return TimelineScreen(session, follow, at_ns)
    if name == "sql":
        from triage.tui.sql import SqlScreen  # noqa: PLC0415

        return SqlScreen(session)
    from triage.tui.tables import EnvironmentScreen, GpuScreen, PodScreen  # noqa: PLC0415

    return {"environments": EnvironmentScreen, "gpus": GpuScreen, "pods": PodScreen}[name](session)
