"""What the documents tell people to type exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from triage.cli import build_parser
from triage.signatures.load import decode

Run = Callable[..., "CompletedProcess[str]"]
ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    found = []
    for name in DOCUMENTS:
        for language, block in FENCE.findall((ROOT / name).read_text()):
            if language == "console":
                found += [row.strip().removeprefix("$ ") for row in block.splitlines()]
    return found


@pytest.mark.parametrize(
    "command", [row for row in commands() if re.search(r"(^|\| )triage ", row)]
)
def test_a_command_in_the_documents_parses(command: str) -> None:
    call = command.rpartition("| ")[2]

    build_parser().parse_args(shlex.split(call, comments=True)[1:])


@pytest.mark.parametrize("command", [row for row in commands() if row.startswith("make ")])
def test_a_make_target_in_the_documents_exists(command: str) -> None:
    target = command.split()[1]

    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_signature_in_the_guide_is_a_signature() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    text = next(block for language, block in FENCE.findall(guide) if language == "toml")

    signature = decode(re.sub(r"^ {3}", "", text, flags=re.MULTILINE) + NEAR_MISS, "guide")

    assert signature.signature[0].id == "widget_overheated"


NEAR_MISS = '[[signature.near_miss]]\nwhy = "calm"\ntext = "widget w3: temperature 20 C"\n'


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_between_documents_resolve(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text()):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_the_demo_in_the_readme_is_what_the_command_says(triage: Run, samples: Path) -> None:
    demo = (ROOT / "README.md").read_text().partition("$ make demo\n")[2].partition("```")[0]

    said = " ".join(triage("scan", samples / "gpu-innocent").stdout.split())

    rows = [" ".join(row.split()).removesuffix("…") for row in demo.splitlines()]
    assert not [row for row in rows if row not in said]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_the_documents_name_exist(name: str) -> None:
    named = re.findall(r"`((?:(?!triage\.)[\w.-]+/)+[\w.-]*)`", (ROOT / name).read_text())

    assert not [path for path in named if not (ROOT / path).exists()]
