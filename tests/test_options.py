"""What is asked of a scan is asked of it wherever it is made: here, in a process, in a batch."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields, replace
from pathlib import Path

import pytest

from triage.batch.recipe import recipe_of
from triage.cli import build_parser
from triage.commands.shared import options_of
from triage.commands.tui import words_of
from triage.reading import Options

ALL = (
    "--since=2024-05-14 03:00", "--until=2024-05-14 04:00", "--zone=Europe/Berlin",
    "--clock=dmesg*=+3s", "--clock=app.log=-1m", "--max-bytes=5G", "--max-member=3G",
    "--max-members=77", "--max-ratio=33", "--max-depth=2", "--max-hits=1000",
)  # fmt: skip
OWN = """
format = 1
[[signature]]
id = "widget_overheated"
title = "Widget overheated"
severity = "critical"
role = "cause"
confidence = 0.9
playbook = "widgets/overheated"
explain = "It is too hot."
match = [{ pattern = 'widget w\\d+: temperature \\d+ C above limit' }]
example = []
near_miss = []
"""
INNER = {"for_timeline", "whole_bytes", "workers", "today"}
"""Chosen by the program, not by who calls it."""


def parsed(command: str, *words: str) -> Namespace:
    out = ("--out=results",) if command == "batch" else ()
    return build_parser().parse_args((command, *out, *words))


@pytest.fixture
def asked(tmp_path: Path) -> tuple[str, ...]:
    own, hidden = tmp_path / "own", tmp_path / "hidden.toml"
    own.mkdir()
    (own / "mine.toml").write_text(OWN)
    hidden.write_text(
        '[[suppress]]\nid = "xid_31"\nwhen = {host = "n1"}\nreason = "known"\nuntil = 2099-01-01\n'
    )
    return (*ALL, f"--signatures={own}", f"--suppress={hidden}")


@pytest.mark.parametrize("command", ["scan", "report", "tui", "batch"])
def test_every_option_reaches_the_scan(command: str, asked: tuple[str, ...]) -> None:
    options = options_of(parsed(command, *asked, "bundle"))

    same = [
        field.name
        for field in fields(Options)
        if getattr(options, field.name) == getattr(Options(), field.name)
    ]
    assert set(same) == INNER


def test_the_process_behind_the_screens_is_asked_the_same(asked: tuple[str, ...]) -> None:
    arguments = parsed("tui", *asked, "bundle")

    again = parsed("tui", *words_of(arguments), "bundle")

    assert options_of(again) == options_of(arguments)


def test_each_bundle_of_a_batch_is_asked_the_same(asked: tuple[str, ...]) -> None:
    options = options_of(parsed("batch", *asked, "bundle"))

    recipe = recipe_of(options, "one", seconds=0, memory=0, cases=False)

    assert replace(recipe.options(), today=None, workers=None) == options
