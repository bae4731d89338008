"""Python environments are read from their files, and nothing of them is executed."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from triage.collect.probe import ALONE, Probe

Find = Callable[..., dict[str, Any]]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PROGRAMS = ("distributions", "environments")


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment without pip."""
    venv.create(tmp_path / "serving", with_pip=False, symlinks=True)
    return tmp_path / "serving"


def install(
    prefix: Path, name: str, version: str, folder: str = "site-packages", **more: str
) -> Path:
    """A distribution as pip leaves it."""
    home = prefix / "lib" / f"python{VERSION}" / folder / f"{name}-{version}.dist-info"
    home.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (home / "METADATA").write_text(head + more.pop("metadata", "") + "\nName: not this one\n")
    for file, text in more.items():
        (home / file.replace("__", ".")).write_text(text)
    return home


@pytest.fixture
def find() -> Find:
    """Run the program as it runs on a machine that has nothing of ours."""

    def run(*arguments: object, **environment: str) -> dict[str, Any]:
        probe = Probe("x", "python", program=PROGRAMS, arguments=tuple(map(str, arguments)))
        text = probe.shell().replace("then python3 -c", f"then {shlex.quote(sys.executable)} -c")
        done = subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True, check=True, env=environment or None
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def packages(found: dict[str, Any]) -> dict[str, str]:
    metadata = [one["metadata"] for one in found["environments"][0]["report"]["installed"]]
    return {one["name"]: one["version"] for one in metadata}


def test_requirements_and_origins_are_read(prefix: Path, find: Find) -> None:
    install(
        prefix,
        "ranker",
        "2.1.0",
        metadata="Requires-Python: >=3.9\nRequires-Dist: numpy<2\n"
        "Requires-Dist: torch ; extra == 'gpu'\n",
        direct_url__json='{"url": "https://git.example/ranker", '
        '"vcs_info": {"vcs": "git", "commit_id": "abc1234"}}',
        INSTALLER="uv\n",
    )

    report = find("--only-given", prefix)["environments"][0]["report"]

    ranker = report["installed"][0]
    assert ranker["metadata"] == {
        "name": "ranker",
        "version": "2.1.0",
        "requires_python": ">=3.9",
        "requires_dist": ["numpy<2", "torch ; extra == 'gpu'"],
    }
    assert ranker["direct_url"]["vcs_info"]["commit_id"] == "abc1234"
    assert ranker["installer"] == "uv"
    assert report["environment"]["python_full_version"].startswith(f"{VERSION}.")


def test_an_earlier_folder_hides_what_a_later_one_holds(prefix: Path, find: Find) -> None:
    install(prefix, "Num_Py", "1.26.4")
    install(prefix, "num-py", "2.0.0", folder="dist-packages")
    install(prefix, "torch", "2.3.0", folder="dist-packages")

    assert packages(find("--only-given", prefix)) == {"Num_Py": "1.26.4", "torch": "2.3.0"}


def test_old_eggs_are_read_too(prefix: Path, find: Find) -> None:
    home = prefix / "lib" / f"python{VERSION}" / "site-packages"
    egg = home / "legacy-0.9-py3.9.egg-info"
    egg.mkdir()
    (egg / "PKG-INFO").write_text("Metadata-Version: 1.1\nName: legacy\nVersion: 0.9\n")
    (egg / "requires.txt").write_text("six\n\n[fast:python_version<'3.12']\ncython>=3\n")
    (home / "single-1.0.egg-info").write_text("Metadata-Version: 1.0\nName: single\nVersion: 1.0\n")

    found = find("--only-given", prefix)

    legacy = found["environments"][0]["report"]["installed"][0]["metadata"]
    assert packages(found) == {"legacy": "0.9", "single": "1.0"}
    assert legacy["requires_dist"] == [
        "six",
        "cython>=3 ; extra == \"fast\" and python_version<'3.12'",
    ]


@pytest.mark.parametrize("damage", ["", "Name: x\n", "\x00\xff" * 50])
def test_a_damaged_distribution_costs_only_itself(prefix: Path, find: Find, damage: str) -> None:
    home = install(prefix, "broken", "1.0")
    (home / "METADATA").write_text(damage)
    install(prefix, "whole", "1.0", direct_url__json="{not json")

    assert packages(find("--only-given", prefix)) == {"whole": "1.0"}


@pytest.mark.parametrize("place", [".", "bin/python", "lib/python{}/site-packages"])
def test_an_environment_is_found_by_any_of_its_places(prefix: Path, find: Find, place: str) -> None:
    install(prefix, "torch", "2.3.0")

    found = find("--only-given", prefix / place.format(VERSION))

    assert packages(found) == {"torch": "2.3.0"}
    assert found["environments"][0]["given"] is True


def test_what_is_no_environment_is_said(tmp_path: Path, find: Find) -> None:
    found = find("--only-given", tmp_path)

    assert found["environments"] == []
    assert str(tmp_path) in found["unread"][0]


def test_a_running_process_leads_to_its_environment(prefix: Path, find: Find) -> None:
    install(prefix, "torch", "2.3.0")
    python = prefix / "bin" / "python"
    process = subprocess.Popen([python, "-c", "input()"], stdin=subprocess.PIPE)

    found = find()

    process.communicate(b"\n")
    mine = [
        one
        for one in found["environments"]
        if one["report"]["installed"]
        and any(f"process {process.pid}:" in why for why in one["found"])
    ]
    assert [one["report"]["installed"][0]["metadata"]["name"] for one in mine] == ["torch"]
    assert mine[0]["given"] is False


def test_nothing_of_the_environment_runs(prefix: Path, find: Find, tmp_path: Path) -> None:
    trap = f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()"
    home = prefix / "lib" / f"python{VERSION}" / "site-packages"
    (home / "trap.pth").write_text(trap)
    (home / "sitecustomize.py").write_text(trap)
    install(prefix, "torch", "2.3.0")

    find("--only-given", prefix)

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("path", sorted(ALONE.glob("*.py")), ids=lambda path: path.name)
def test_programs_for_other_machines_are_fit_for_old_pythons(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 7))

    modules = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert modules - {"triage"} <= sys.stdlib_module_names
