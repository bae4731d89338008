"""Turns times as written into UTC, with a stated quality; never invents one."""

from __future__ import annotations

from triage.clock.bundle import BundleClock
from triage.clock.civil import iso_utc
from triage.clock.corrections import corrections_of
from triage.clock.forms import FORMS, Reading, read, recognize
from triage.clock.human import human_time
from triage.clock.months import MONTHS, month_number
from triage.clock.source import SourceClock

__all__ = [
    "FORMS",
    "MONTHS",
    "BundleClock",
    "Reading",
    "SourceClock",
    "corrections_of",
    "human_time",
    "iso_utc",
    "month_number",
    "read",
    "recognize",
]
