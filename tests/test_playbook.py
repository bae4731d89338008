"""Playbook pages are read into steps, and values are filled in without becoming commands."""

from __future__ import annotations

import pytest

from triage import playbook
from triage.signatures.load import load

PAGE = """\
# A widget overheated

## What it means
Prose, which is no step.

## Confirm
1. Look at its temperature:
   ```
   widgetctl temp {device}
   ```
2. Ask who stands beside it, and read the answer
   to the end.

## Fix
- Cool {device} down.
"""


def test_a_page_is_read_into_sections_and_steps() -> None:
    page = playbook.parse("x/widget", PAGE)

    assert page.title == "A widget overheated"
    assert [section.title for section in page.sections] == ["What it means", "Confirm", "Fix"]
    confirm = page.section("confirm")
    assert confirm is not None
    assert confirm.steps[0] == playbook.Step(
        "Look at its temperature:", ("widgetctl temp {device}",)
    )
    assert confirm.steps[1].say == "Ask who stands beside it, and read the answer to the end."


def test_values_are_filled_in() -> None:
    assert playbook.filled("Cool {device} down.", {"device": ["w3"]}) == "Cool w3 down."


def test_an_unknown_value_is_shown_as_open() -> None:
    assert playbook.filled("Cool {device} down.", {}) == "Cool <device> down."


def test_a_host_is_a_node_where_only_one_is_known() -> None:
    assert playbook.filled("kubectl cordon {node}", {"host": ["n4"]}) == "kubectl cordon n4"


@pytest.mark.parametrize("value", ["a; reboot", "$(reboot)", "`reboot`", "a\nreboot", "a' b"])
def test_a_hostile_value_stays_one_argument(value: str) -> None:
    import shlex  # noqa: PLC0415  only here

    command = playbook.filled("ps -p {process}", {"process": [value]}, command=True)

    assert len(shlex.split(command)) == 3
    assert "\n" not in command


@pytest.mark.parametrize("name", sorted({s.playbook for s in load().signatures}))
def test_every_page_has_what_a_tired_person_looks_for(name: str) -> None:
    page = playbook.load(name)

    titles = {section.title for section in page.sections}
    assert {"What it means", "What it is not", "Confirm", "Stop the bleeding", "Fix"} <= titles
    assert 25 <= len(page.text.splitlines()) <= 140


DESTRUCTIVE = ("rm -rf", "mkfs", "--force", "drain ", "delete ", "reboot", "xfs_repair", "wipefs")


@pytest.mark.parametrize("name", sorted({s.playbook for s in load().signatures}))
def test_the_first_step_of_a_page_destroys_nothing(name: str) -> None:
    confirm = playbook.load(name).section("Confirm")

    assert confirm is not None
    for command in confirm.steps[0].run:
        assert not any(word in command for word in DESTRUCTIVE)
