"""What real machines' nvidia-smi printed, for tests; beside the repository, where there is some."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from triage.events import Event, Parser
from triage.testing import events_of

SHARED = Path(__file__).parents[2] / "shared" / "knowledge" / "smi_samples"

needs_samples = pytest.mark.skipif(not SHARED.is_dir(), reason="the machine outputs are not here")


def shared(parser: Parser, name: str) -> list[Event]:
    return events_of(parser, (SHARED / name).read_text(encoding="utf-8"), name)


def of_kind(events: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in events if event.kind == kind]
