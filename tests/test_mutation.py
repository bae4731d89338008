"""No example would pass whatever it says; one that would is found."""

from __future__ import annotations

from pathlib import Path

from triage.signatures.load import load
from triage.workbench import mutation

TWICE = """\
format = 1

[[signature]]
id = "widget_broke"
title = "A widget broke"
severity = "warning"
role = "cause"
confidence = 0.8
explain = "The widget of the loom is broken."
playbook = "memory/oom-kill"

[[signature.match]]
pattern = 'loom widget (?P<what>\\w+) snapped'

[[signature.example]]
text = '''
loom widget left snapped
loom widget left snapped
'''
{count}

[[signature.example]]
text = "loom widget right snapped"

[[signature.near_miss]]
why = "it held"
text = "loom widget left held"

[[signature.near_miss]]
why = "it is another loom"
text = "loom gadget left snapped"
"""


def survivors(folder: Path, count: str) -> list[tuple[str, str]]:
    """Examples of the file that pass anyway."""
    (folder / "own.toml").write_text(TWICE.replace("{count}", count))
    found = mutation.survivors(load((folder,)), ["widget_broke"])
    return [(failure.signature, failure.example) for failure in found]


def test_none_of_ours_passes_anyway() -> None:
    assert list(mutation.survivors(load())) == []


def test_an_example_that_says_it_twice_is_found(tmp_path: Path) -> None:
    assert survivors(tmp_path, "") == [("widget_broke", "example 1")]


def test_a_count_makes_it_fail_as_it_should(tmp_path: Path) -> None:
    assert survivors(tmp_path, "count = 2") == []
