"""Lists of packages inside files and texts: where they begin and end, whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.events import Event, Parser, Sample
from triage.testing import events_of
from triage.testing_forms import read
from triage_parsers import PARSERS as ALL
from triage_parsers import collect_env, conda_env, freeze, lockfiles, pip_list
from triage_parsers.env_listing import environment_of, role_in

PARSERS = tuple(parser for parser in ALL if parser.family == "python_env" and parser.claims)
NAMES = {parser.name for parser in PARSERS}
CASES = [
    pytest.param(p, s, id=f"{p.name}-{i}")
    for p in PARSERS
    for i, s in enumerate(p.samples)
    if s.kind is not None
]
SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus is not here")


def packages(parser: Parser, text: str, name: str = "requirements.txt") -> list[Event]:
    return [e for e in events_of(parser, text, name) if e.kind == "env.package"]


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_no_other_form_claims_the_same_list(parser: Parser, sample: Sample) -> None:
    _, report = read(sample.text, sample.name)

    assert NAMES & set(report.claimed_by) == {parser.name}


def test_each_line_of_a_requirements_file_is_told_once() -> None:
    text = (
        "-r base.txt\n"
        "numpy\n"
        "\n"
        "# a comment with torch==1.0\n"
        "scipy>=1.4,<2  # reason\n"
        "torch==2.0.1 \\\n"
        "    --hash=sha256:" + "ab" * 32 + " \\\n"
        "    --hash=sha256:" + "cd" * 32 + "\n"
        "    # via -r base.in\n"
    )
    events = events_of(freeze.PARSER, text, "requirements-train.txt")

    assert [(e.kind, e.line, e.line_end) for e in events] == [
        ("env.listing", 1, 9),
        ("env.option", 1, 1),
        ("env.package", 2, 2),
        ("env.package", 5, 5),
        ("env.package", 6, 8),
    ]
    assert events[-1].fields["hashes"] == 2
    assert {e.fields["env"] for e in events} == {"train"}


def test_a_block_inside_prose_is_found_without_the_prose() -> None:
    text = (
        "The freeze from the dying container:\n"
        "numpy==1.22.0\n"
        "scipy==1.8.1\n"
        "# by hand:\n"
        "git+https://git.example.org/team/layers.git\n"
        "Do you see that last line? torch==2.0 was never there.\n"
    )
    events = events_of(freeze.PARSER, text, "postmortem.md")

    assert [(e.kind, e.line) for e in events] == [
        ("env.listing", 2),
        ("env.package", 2),
        ("env.package", 3),
        ("env.package", 5),
    ]
    assert events[-1].fields["package"] == "layers"


def test_words_round_a_pasted_block_are_no_packages() -> None:
    text = "Thanks\nnumpy==1.22.0\nscipy==1.8.1\nregards\n"

    assert [e.fields["package"] for e in packages(freeze.PARSER, text, "mail.txt")] == [
        "numpy",
        "scipy",
    ]


def test_two_blocks_under_two_headings_are_two_environments() -> None:
    text = (
        "# Production check\n$ pip freeze | grep -E 'numpy|torch'\n"
        "numpy==1.22.0\ntorch==2.0.1\n\n"
        "# What the training job had\n"
        "numpy==1.23.0\ntorch==2.1.0\n"
    )
    listings = [e for e in events_of(freeze.PARSER, text, "notes.md") if e.kind == "env.listing"]

    assert [e.fields["env"] for e in listings] == ["production", "training"]
    assert [e.fields.get("filtered") for e in listings] == [True, None]


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: Cannot install torch==2.0.1 and torch==2.1.0 because these conflict.",
        "The conflict is caused by:\n    The user requested torch==2.0.1\n    and torch==2.1.0",
        "Requirement already satisfied: numpy==1.26.0 in /opt/lib (from torch)\n" * 3,
        "Collecting torch==2.0.1\n  Downloading torch-2.0.1-cp310-cp310-linux_x86_64.whl\n" * 2,
        "tokenizers>=0.22.0,<=0.23.0 is required, but found tokenizers==0.21.4.\n" * 2,
        "assert a.shape == 3.0\nassert b == 1.0",
        "numpy\ntorch\nscipy",
    ],
)
def test_lines_that_only_mention_versions_are_no_list(text: str) -> None:
    assert events_of(freeze.PARSER, text, "app.log") == []


def test_an_editable_install_without_remote_takes_its_version_from_the_note() -> None:
    text = "# Editable Git install with no remote (mylib==0.4)\n-e /srv/mylib\nnumpy==1.22.0\n"
    (mine, _) = packages(freeze.PARSER, text, "pip-freeze.txt")

    assert (mine.fields["package"], mine.fields["version"]) == ("mylib", "0.4")
    assert mine.fields["pin"] == "editable"


@pytest.mark.parametrize(
    ("source", "env"),
    [
        ("production/pip-freeze.txt", "production"),
        ("logs.tar.gz!/training/requirements.txt", "training"),
        ("requirements-train.txt", "train"),
        ("envs/prod_env.yml", "prod"),
        ("requirements/serving.txt", "serving"),
        ("pip-freeze.txt", "pip-freeze.txt"),
        ("logs/pip_list.txt", "pip_list.txt"),
    ],
)
def test_an_environment_is_named_by_the_word_that_carries_meaning(source: str, env: str) -> None:
    assert environment_of(source)[0] == env


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("# Production Environment Check", "production"),
        ("(training) $ pip freeze", "training"),
        ("## Before the upgrade", "before"),
        ("On the laptop:", "laptop"),
        ("We looked at it before it was gone:", None),
        ("The training ran for three days without any trouble.", None),
    ],
)
def test_only_labels_name_a_role(text: str, role: str | None) -> None:
    assert role_in(text) == role


def test_conda_yaml_pins_by_conda_rules_and_pip_by_its_own() -> None:
    text = (
        "name: vision\ndependencies:\n- python=3.9.16\n- cudatoolkit=11.7\n- blas=1\n- scipy\n"
        "- numpy=1.23.5=py39h1234567_0\n- scikit-learn>=1.2\n- pip\n- pip:\n  - timm==0.6.12\n"
        "  - einops>=0.4\n"
    )
    found = packages(conda_env.PARSER, text, "environment.yml")

    assert [(e.fields["package"], e.fields["pin"]) for e in found] == [
        ("python", "exact"),
        ("cudatoolkit", "exact"),
        ("blas", "wildcard"),
        ("scipy", "none"),
        ("numpy", "exact"),
        ("scikit-learn", "range"),
        ("pip", "none"),
        ("timm", "exact"),
        ("einops", "range"),
    ]
    assert [e.fields["package"] for e in found if e.fields.get("fuzzy")] == [
        "python",
        "cudatoolkit",
    ]


def test_latest_of_an_outdated_list_is_not_what_is_installed() -> None:
    text = (
        "Package Version Latest Type\n------- ------- ------ -----\nnumpy   1.22.0  2.1.0  wheel\n"
    )

    assert [e.fields["version"] for e in packages(pip_list.PARSER, text, "x.txt")] == ["1.22.0"]


@needs_shared
@pytest.mark.parametrize(
    ("parser", "name", "found"),
    [
        (lockfiles.PARSER, "uv.lock", 5),
        (lockfiles.PARSER, "pylock_uv.toml", 4),
        (lockfiles.PARSER, "pylock_pip.toml", 3),
        (freeze.PARSER, "pip_compile_hashes.txt", 3),
        (freeze.PARSER, "uv_export_requirements.txt", 4),
        (freeze.PARSER, "pip_freeze_mixed.txt", 4),
        (collect_env.PARSER, "collect_env.txt", 2),
    ],
)
def test_captured_lists_are_read_whole(parser: Parser, name: str, found: int) -> None:
    text = (SHARED / "knowledge" / "captures" / "deps" / name).read_text(encoding="utf-8")

    assert len(packages(parser, text, f"captures/{name}")) == found


@needs_shared
def test_no_log_of_the_corpus_is_taken_for_a_package_list() -> None:
    telling = ("requirements", "pip-freeze")
    claimed = []
    for path in sorted((SHARED / "corpus" / "dev").glob("*/**/*")):
        if path.is_file() and path.suffix != ".json" and not path.name.startswith(telling):
            text = path.read_text(encoding="utf-8", errors="replace")
            claimed += [
                (path.parent.name, e.message)
                for e in events_of(freeze.PARSER, text, path.name)
                if e.kind == "env.listing"
            ]

    assert claimed == []
