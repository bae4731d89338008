"""The chain fits on one screen of 100 x 40, and pastes as plain text."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.incidents import INCIDENTS
from tests.incidents.model import Incident
from tests.incidents.variants import whole
from triage.answer import Answer
from triage.faces import text
from triage.scanner import scan_paths, scan_texts
from triage.signatures.load import load

KNOWLEDGE = load()
SAMPLES = Path(__file__).parent.parent / "samples"
ROWS, COLUMNS = 40, 100
AFTER = ("WITH IT", "INCIDENT", "ALSO FOUND", "NOTED", "RULED OUT", "UNDECIDED", "CLOCKS", "NEXT")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    text.render(answer, out, color="never")
    return out.getvalue().splitlines()


def chain(rows: list[str]) -> list[str]:
    """From the headline to the last effect of the root cause."""
    end = next((n for n, row in enumerate(rows) if row.startswith(AFTER)), len(rows))
    return rows[:end]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.name)
def test_the_chain_of_an_incident_fits_on_a_screen(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = screen(scan_texts(whole(incident), KNOWLEDGE), monkeypatch)

    assert len(chain(rows)) <= ROWS, "\n".join(rows)
    assert max(map(len, rows)) <= COLUMNS


@pytest.mark.parametrize("sample", ["gpu-innocent", "panic-node", "unpinned-git", "drift-ignored"])
def test_the_chain_of_a_sample_fits_on_a_screen(
    sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = screen(scan_paths([SAMPLES / sample]).answer, monkeypatch)

    assert len(chain(rows)) <= ROWS, "\n".join(rows)
    assert not any("\x1b" in row for row in rows)
