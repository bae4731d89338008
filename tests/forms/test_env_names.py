"""A file that is named like a list is read as one, even where no literal stands in it."""

from __future__ import annotations

import pytest

from triage.events import Parser
from triage.testing_forms import Form, Want, read
from triage_parsers import (
    PARSERS,
    conda_lock,
    dockerfile,
    freeze,
    lockfiles,
    pip_console,
    pip_list,
    pyproject,
)

BARE = "zope.event\nabsl-py\nrich>=13\n"
MARKED = "not a list at all, only words\n"

FORMS = (
    Form(
        row="bare names",
        name="requirements.txt",
        text="zope.event\nabsl-py\n",
        wants=(
            Want("env.listing", {"form": "requirements", "packages": 2}, (1, 2)),
            Want("env.package", {"package": "zope-event", "pin": "none"}, (1, 1)),
        ),
        near_miss=MARKED,
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="lower bounds",
        name="prod/requirements.in",
        text="rich>=13\n\nabsl-py>=1.4\n",
        wants=(Want("env.listing", {"env": "prod", "packages": 2}, (1, 3)),),
        near_miss=MARKED,
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="a folder of requirements",
        name="requirements/serving.txt",
        text=BARE,
        wants=(Want("env.listing", {"env": "serving", "packages": 3}),),
        near_miss=MARKED,
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="one constraint",
        name="constraints.txt",
        text="rich<14\n",
        wants=(Want("env.constraint", {"package": "rich", "pin": "range"}),),
        near_miss=MARKED,
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="a frozen list of a few unknown packages",
        name="bundle.tar.gz!/train/pip-freeze.txt",
        text="feats @ git+https://git.example.net/x/feats\nranker\n",
        wants=(Want("env.listing", {"env": "train", "form": "freeze", "packages": 2}),),
        near_miss=MARKED,
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip list of unknown packages",
        name="pip_list.txt",
        text="ranker   0.3\nfeats    1.0\nlayers   2.1\n",
        wants=(Want("env.listing", {"form": "list", "packages": 3}, (1, 3)),),
        near_miss=MARKED,
        parser="pip_list",
        unclaimed=0,
    ),
    Form(
        row="pyproject.toml with dependencies alone",
        name="pyproject.toml",
        text='[project]\nname = "x"\ndependencies = ["rich>=13"]\n',
        wants=(Want("env.package", {"package": "rich", "pin": "range"}, (3, 3)),),
        near_miss='[tool.ruff]\nselect = ["rich"]\n',
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="Pipfile without a development part",
        name="Pipfile",
        text='[packages]\nrich = "*"\n',
        wants=(Want("env.package", {"package": "rich", "pin": "wildcard"}, (2, 2)),),
        near_miss='[source]\nrich = "*"\n',
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="Dockerfile that installs nothing",
        name="Dockerfile",
        text='FROM ubuntu\nCMD ["sh"]\n',
        wants=(Want("env.image", {"image": "ubuntu", "pin": "moving"}, (1, 1)),),
        near_miss="nothing is built here\n",
        parser="dockerfile",
    ),
    Form(
        row="pixi.lock of archives alone",
        name="pixi.lock",
        text=(
            "version: 6\npackages:\n- conda: https://c.example.net/f/noarch/rich-13.5.2-py_0.conda\n"
            "  sha256: 00ff\n"
        ),
        wants=(Want("env.package", {"package": "rich", "version": "13.5.2"}, (3, 4)),),
        near_miss="version: 6\npackages: []\n",
        parser="conda_lock",
        unclaimed=0,
    ),
    Form(
        row="JSON of unknown packages",
        name="pip-list.json",
        text='[{"name": "ranker", "version": "0.3"}, {"name": "feats", "version": "1.0"}]\n',
        wants=(Want("env.listing", {"form": "json", "packages": 2}),),
        near_miss='[{"name": "ranker", "stage": "0.3"}]\n',
        parser="pip_json",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize("name", ["notes.txt", "requirements.md", "my-requirements/notes.log"])
def test_the_same_words_under_another_name_are_words(name: str) -> None:
    events, _ = read(BARE, name)

    assert [event for event in events if event.kind.startswith("env.")] == []


@pytest.mark.parametrize(
    ("parser", "source"),
    [
        (freeze.PARSER, "requirements.txt"),
        (freeze.PARSER, "svc/Requirements-Train.TXT"),
        (freeze.PARSER, "a.tar.gz!/svc/requirements.txt"),
        (freeze.PARSER, "svc/requirements.txt#2"),
        (freeze.PARSER, "svc/requirements.txt.gz"),
        (freeze.PARSER, "requirements/prod.txt"),
        (freeze.PARSER, "reqs_gpu.txt"),
        (lockfiles.PARSER, "svc/poetry.lock"),
        (lockfiles.PARSER, "pylock.prod.toml"),
        (conda_lock.PARSER, "conda-lock.yml"),
        (pyproject.PARSER, "svc/pyproject.toml"),
        (dockerfile.PARSER, "Dockerfile.gpu"),
        (dockerfile.PARSER, "gpu.dockerfile"),
        (pip_list.PARSER, "pip_list_before.txt"),
    ],
)
def test_a_path_says_which_parser_it_is_for(parser: Parser, source: str) -> None:
    assert parser.is_named(source)


@pytest.mark.parametrize(
    ("parser", "source"),
    [
        (freeze.PARSER, "request-log.txt"),
        (freeze.PARSER, "requirements/readme.md"),
        (freeze.PARSER, "requirements.txt/app.log"),
        (freeze.PARSER, "app.log"),
        (lockfiles.PARSER, "Cargo.lock"),
        (pyproject.PARSER, "Cargo.toml"),
        (dockerfile.PARSER, "docker.log"),
    ],
)
def test_a_path_that_only_looks_alike_says_nothing(parser: Parser, source: str) -> None:
    assert not parser.is_named(source)


def test_patterns_are_written_in_lower_case() -> None:
    patterns = [name for parser in PARSERS for name in parser.names]

    assert len(patterns) > 20
    assert [name for name in patterns if name != name.lower()] == []


def test_a_parser_without_names_is_never_named() -> None:
    assert not pip_console.PARSER.is_named("requirements.txt")


def test_a_lock_larger_than_a_log_that_is_read_whole_is_still_read_whole() -> None:
    sha = "9d" * 32
    table = (
        '[[package]]\nname = "feats-{0}"\nversion = "1.{0}"\nfiles = [\n'
        f'    {{{{file = "{"x" * 200}.whl", hash = "sha256:{sha}"}}}},\n]\n\n'
    )
    text = "".join(table.format(number) for number in range(4_000))
    events, report = read(text, "serving/poetry.lock")

    assert len(text) > 1 << 20
    assert events[0].fields["packages"] == 4_000
    assert (events[-1].fields["package"], events[-1].fields["hashes"]) == ("feats-3999", 1)
    assert report.unclaimed == 0


def test_a_large_list_of_requirements_is_one_list() -> None:
    text = "".join(
        f"feats-{number}==1.{number} --hash=sha256:{'0f' * 32}\n" for number in range(12_000)
    )
    events, _ = read(text, "serving/requirements.txt")

    assert len(text) > 1 << 20
    assert [e.fields["packages"] for e in events if e.kind == "env.listing"] == [12_000]
