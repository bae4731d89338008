"""Two environments side by side: what differs, what matters, what is loose, what does not fit."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from triage.environments import compare
from triage.errors import UsageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PRODUCTION = "numpy==1.26.4\nscikit-learn==1.3.0\nrequests==2.31.0\nuvicorn==0.30.1\n"
TRAINING = (
    "numpy==1.26.4\nscikit-learn==1.4.2\nrequests==2.31.1\njoblib>=1.3\n"
    "peft @ git+https://oauth2:glpat-abcdefghij0123456789@git.example.org/ml/peft.git\n"
)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    """Two requirement files of the same name."""
    for name, text in (("prod", PRODUCTION), ("train", TRAINING)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(text)
    return str(tmp_path / "prod"), str(tmp_path / "train")


def test_what_differs_and_matters_comes_first(sides: tuple[str, str]) -> None:
    difference = compare(*sides)

    first, second = difference.changed
    assert (first.package, first.a, first.b, first.matters) == (
        "scikit-learn", "1.3.0", "1.4.2", True,
    )  # fmt: skip
    assert first.why
    assert first.at == ["requirements.txt:2", "requirements.txt:2"]
    assert (second.package, second.level, second.matters) == ("requests", "patch", False)


def test_the_other_way_round_is_the_mirror_image(sides: tuple[str, str]) -> None:
    there, back = compare(*sides), compare(*reversed(sides))

    assert [(row.a, row.b) for row in there.changed] == [(row.b, row.a) for row in back.changed]
    assert [row.package for row in there.only_a] == [row.package for row in back.only_b]


def test_what_one_side_lacks_is_listed(sides: tuple[str, str]) -> None:
    difference = compare(*sides)

    assert [row.package for row in difference.only_a] == ["uvicorn"]
    assert [row.package for row in difference.only_b] == ["joblib", "peft"]


def test_loose_lines_are_shown_without_their_secrets(sides: tuple[str, str]) -> None:
    difference = compare(*sides)

    assert [(row.package, row.pin) for row in difference.loose] == [
        ("joblib", "range"),
        ("peft", "vcs_none"),
    ]
    assert "glpat" not in repr(difference)


def test_known_incompatibilities_of_a_side_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("torch==2.1.0\ntorchvision==0.15.2\ntqdm==4.66.4\n")
    (tmp_path / "b.txt").write_text("torch==2.1.0\ntorchvision==0.16.0\ntqdm==4.66.4\n")

    difference = compare(str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))

    assert [row.side for row in difference.unfit] == ["a"]
    assert "torch" in difference.unfit[0].package + difference.unfit[0].other


def test_equal_environments_have_no_difference(sides: tuple[str, str]) -> None:
    difference = compare(sides[0], sides[0])

    assert (difference.changed, difference.only_a, difference.only_b) == ([], [], [])


def test_of_several_environments_one_must_be_named(sides: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 environments"):
        compare(str(tmp_path), sides[0])


def test_a_named_environment_is_taken(sides: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        compare(str(tmp_path), sides[1])
    named = str(told.value).rsplit(" as in ", 1)[1]

    assert compare(named, sides[1]).a.packages == 4


def test_a_path_without_packages_is_one_line_and_status_2(tmp_path: Path, triage: Run) -> None:
    (tmp_path / "a.log").write_text("all is well\n")

    done = triage("diff-env", tmp_path / "a.log", tmp_path / "a.log")

    assert done.returncode == 2
    assert "no list of packages" in done.stderr


def test_the_command_prints_text_and_json(sides: tuple[str, str], triage: Run) -> None:
    text = triage("diff-env", *sides)
    document = json.loads(triage("diff-env", *sides, "--format", "json").stdout)

    assert text.returncode == 0
    assert "scikit-learn  1.3.0   1.4.2   minor" in text.stdout
    assert document["schema"] == "triage.diff-env/1"
    assert document["changed"][0]["package"] == "scikit-learn"
