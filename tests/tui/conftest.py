"""A home of the test's own, and a case of a small incident that never changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from triage.tui.testing import write_furnished, write_incident
from triage.tui.timeline.testing import write_timeline


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State and cache go here; nothing in the environment decides how the screens look."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "COLORFGBG", "TRIAGE_THEME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case as it was written; not to be opened for writing."""
    return write_incident(tmp_path_factory.mktemp("incident") / "incident.triage")


@pytest.fixture
def case(written: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copy(written, tmp_path))


@pytest.fixture(scope="session")
def written_timeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of many rows as it was written; not to be opened for writing."""
    return write_timeline(tmp_path_factory.mktemp("timeline") / "timeline.triage")


@pytest.fixture
def eventful(written_timeline: Path, tmp_path: Path) -> Path:
    """A copy of the case of many rows that the test may change."""
    return Path(shutil.copy(written_timeline, tmp_path))


@pytest.fixture
def furnished(tmp_path: Path) -> Path:
    """A case that has something for each table."""
    return write_furnished(tmp_path / "furnished.triage")
