"""What several package lists say together, and the table of facts behind it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from triage.derive.compat import compat, parsed, within
from triage.derive.environments import derive
from triage.events import Event, Parser, Value
from triage.testing import events_of
from triage_parsers import collect_env, conda_env, freeze, lockfiles, pip_json, pip_list

PARSERS: tuple[Parser, ...] = (
    freeze.PARSER,
    pip_list.PARSER,
    pip_json.PARSER,
    conda_env.PARSER,
    lockfiles.PARSER,
    collect_env.PARSER,
)


def environments(files: Mapping[str, str]) -> list[Event]:
    events = []
    for name, text in sorted(files.items()):
        for parser in PARSERS:
            for event in events_of(parser, text, name):
                event.source = name
                events.append(event)
    return events


def derived(files: Mapping[str, str], kind: str) -> list[dict[str, Value]]:
    return [event.fields for event in derive(environments(files)) if event.kind == kind]


def skew(prod: str, train: str) -> list[tuple[Value, Value, Value]]:
    files = {"production/pip-freeze.txt": f"{prod}\nzz==1.0\n", "training/pip-freeze.txt": train}
    return [(f["package"], f["level"], f["matters"]) for f in derived(files, "env.skew")]


@pytest.mark.parametrize(
    ("prod", "train", "expected"),
    [
        ("scikit-learn==1.3.0", "scikit-learn==1.3.2", [("scikit-learn", "patch", True)]),
        ("pandas==2.0.1", "pandas==2.1.0", [("pandas", "minor", True)]),
        ("numpy==1.26.4", "numpy==2.0.1", [("numpy", "major", True)]),
        ("numpy==1.26.3", "numpy==1.26.4", [("numpy", "patch", False)]),
        ("torch==2.1.0+cu118", "torch==2.1.0+cu121", [("torch", "local", True)]),
        ("torch==2.1.0", "torch==2.1.0+cu121", [("torch", "local", False)]),
        ("black==22.1", "black==23.1", [("black", "major", False)]),
        ("Pillow==9.1", "pillow==9.1.0", []),
        ("torch==2.1.0", "torch>=2.0", []),
    ],
)
def test_a_difference_of_two_environments_is_graded(
    prod: str, train: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert skew(prod, train) == expected


def test_a_skew_stands_at_the_first_line_and_names_the_second() -> None:
    files = {
        "production/pip-freeze.txt": "attrs==22.1.0\ntorch==2.0.1\n",
        "training/pip-freeze.txt": "torch==2.1.0\nattrs==22.1.0\n",
    }
    (event,) = [e for e in derive(environments(files)) if e.kind == "env.skew"]

    assert (event.source, event.line) == ("production/pip-freeze.txt", 2)
    assert event.fields["other_source"] == "training/pip-freeze.txt"
    assert event.fields["other_line"] == 1


def test_one_list_told_in_two_forms_is_no_skew() -> None:
    files = {
        "production/pip-freeze.txt": "numpy==1.22.0\ntorch==2.0.1\n",
        "production/requirements.txt": "numpy==1.22.1\ntorch==2.0.1\n",
    }

    assert derived(files, "env.skew") == []


def conflicts(*lines: str) -> list[tuple[Value, Value, Value]]:
    found = derived({"pip-freeze.txt": "\n".join((*lines, "zz==1.0"))}, "env.conflict")
    return [(f["package"], f["other_package"], f["rule"]) for f in found]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("torch==2.3.0", "torchvision==0.17.0"),
            [("torchvision", "torch", "torch-torchvision")],
        ),
        (
            ("torch==2.1.0+cu121", "torchvision==0.16.0+cu118"),
            [("torch", "torchvision", "cuda-builds")],
        ),
        (("numpy==2.0.1", "pandas==2.1.4"), [("pandas", "numpy", "pandas-requires")]),
        (("numpy==2.0.1", "matplotlib==3.8.0"), [("matplotlib", "numpy", "numpy2-abi")]),
        (
            ("transformers==4.35.2", "tokenizers==0.19.1"),
            [("transformers", "tokenizers", "transformers-requires")],
        ),
        (
            ("tensorflow==2.15.0", "protobuf==5.27.0"),
            [("tensorflow", "protobuf", "tensorflow-requires")],
        ),
        (("jax==0.4.20", "jaxlib==0.4.26"), [("jax", "jaxlib", "jaxlib-not-newer")]),
        (
            ("torch==1.14.0.dev20221110", "torchvision==0.14.0"),
            [("torchvision", "torch", "torch-torchvision")],
        ),
        (
            ("torch==2.1.0.dev20230801", "torchvision==0.16.0.dev20230401"),
            [("torch", "torchvision", "nightly-builds")],
        ),
    ],
)
def test_a_pair_that_a_row_excludes_is_a_conflict(
    lines: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert conflicts(*lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ("torch==2.2.0", "torchvision==0.17.0"),
        ("torch==2.2.0+cu121", "torchvision==0.17.0+cu121", "torchaudio==2.2.0+cu121"),
        ("torch==2.0.1", "torchaudio==2.0.2"),
        ("torch==1.0.1.post2", "torchvision==0.2.2.post3"),
        ("torch==1.12.0.dev20220517", "torchvision==0.13.0a0+32a7c7b"),
        ("torch==2.1.0.dev20230801", "torchvision==0.16.0.dev20230803"),
        ("torch==2.1.0a0+4136153", "torchvision==0.16.0a0"),
        ("torch==2.6.0+computecanada", "torchvision==0.21.0+computecanada"),
        ("jax==0.4.20", "jaxlib==0.4.20+cuda12.cudnn89"),
        ("numpy==2.0.1", "pandas==2.2.2", "scipy==1.13.0", "lightgbm==4.3.0"),
        ("numpy>=2", "pandas==2.1.4"),
        ("tensorflow==2.16.1", "protobuf==4.25.3", "numpy==1.26.4", "transformers==4.38.2"),
        ("torch==2.1.0+cpu", "triton==3.1.0"),
        ("unheard==1.0", "unknown==2.0"),
    ],
)
def test_a_pair_that_fits_or_that_no_row_knows_is_no_conflict(lines: tuple[str, ...]) -> None:
    assert conflicts(*lines) == []


def test_a_fuzzy_conda_version_is_not_held_against_an_exact_pair() -> None:
    text = "name: x\ndependencies:\n  - pytorch=1.12.1\n  - torchvision=0.13\n"

    assert derived({"environment.yml": text}, "env.conflict") == []


def test_conda_builds_for_different_cuda_are_a_conflict() -> None:
    text = (
        "# packages in environment at /opt/conda/envs/x:\n"
        "pytorch       2.1.0   py3.10_cuda12.1_cudnn8.9.2_0   pytorch\n"
        "torchvision   0.16.0  py310_cu118                    pytorch\n"
    )

    assert [f["rule"] for f in derived({"list.txt": text}, "env.conflict")] == ["cuda-builds"]


def test_every_row_of_the_table_can_be_asked_and_has_a_source() -> None:
    table = compat()
    pairs = [pair for rule in table.rule for pair in rule.pairs]
    version = parsed("1.0")

    assert version is not None
    assert all(isinstance(within(version, p.versions), bool) for p in pairs)
    assert all(isinstance(within(version, p.requires), bool) for p in pairs)
    named = {p.source for p in pairs} | {m.source for m in table.matters}
    assert named <= set(table.sources)


def test_no_row_of_the_table_contradicts_another() -> None:
    exact: dict[tuple[str, str, str], str] = {}
    for rule in compat().rule:
        for pair in rule.pairs:
            if pair.versions.startswith("==") and pair.requires.startswith("=="):
                key = (pair.package, pair.versions, pair.other)
                assert exact.setdefault(key, pair.requires) == pair.requires
