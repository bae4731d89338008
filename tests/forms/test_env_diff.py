"""Rows of the rules on how two environments differ, and on what goes together inside one."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from triage.derive import derive
from triage.events import Event, Value
from triage.testing_forms import read

COMMITS = ("1a" * 20, "2b" * 20)
GIT = "git+https://git.example.net/ml/layers.git"


def derived(files: Mapping[str, str], kind: str) -> list[Event]:
    """What the lists of a bundle say together."""
    events = [event for name in sorted(files) for event in read(files[name], name)[0]]
    return [event for event in derive(events) if event.kind == kind]


def skews(prod: str, train: str) -> list[tuple[Value, Value, Value]]:
    files = {"prod/pip-freeze.txt": f"{prod}\n", "train/pip-freeze.txt": f"{train}\n"}
    return [
        (e.fields["package"], e.fields["level"], e.fields["matters"])
        for e in derived(files, "env.skew")
    ]


SKEWS = {
    "torch, minor": ("torch==2.0.1", "torch==2.1.0", ("torch", "minor", True)),
    "torch, patch": ("torch==2.0.0", "torch==2.0.1", ("torch", "patch", False)),
    "numpy, minor": ("numpy==1.23.5", "numpy==1.24.2", ("numpy", "minor", True)),
    "numpy, major": ("numpy==1.26.2", "numpy==2.0.1", ("numpy", "major", True)),
    "scikit-learn, patch": (
        "scikit-learn==1.2.1", "scikit-learn==1.2.2", ("scikit-learn", "patch", True)),
    "pandas, minor": ("pandas==2.0.3", "pandas==2.1.0", ("pandas", "minor", True)),
    "protobuf, minor": ("protobuf==4.23.4", "protobuf==4.24.2", ("protobuf", "minor", True)),
    "transformers, minor": (
        "transformers==4.30.2", "transformers==4.31.0", ("transformers", "minor", True)),
    "tokenizers, minor": (
        "tokenizers==0.13.3", "tokenizers==0.14.0", ("tokenizers", "minor", True)),
    "xgboost, minor": ("xgboost==1.6.2", "xgboost==1.7.6", ("xgboost", "minor", True)),
    "lightgbm, minor": ("lightgbm==4.0.0", "lightgbm==4.1.0", ("lightgbm", "minor", True)),
    "tensorflow, minor": (
        "tensorflow==2.12.1", "tensorflow==2.13.0", ("tensorflow", "minor", True)),
    "jax, minor": ("jax==0.4.13", "jax==0.5.0", ("jax", "minor", True)),
    "CUDA builds": ("torch==2.0.1+cu117", "torch==2.0.1+cu118", ("torch", "local", True)),
    "CPU and CUDA": ("torch==2.0.1+cpu", "torch==2.0.1+cu118", ("torch", "local", True)),
    "a tool, major": ("black==22.12.0", "black==23.7.0", ("black", "major", False)),
    "an epoch": ("feats==1!1.0", "feats==2.0", ("feats", "major", False)),
    "a post release": ("feats==1.0", "feats==1.0.post1", ("feats", "patch", False)),
    "two commits of one repository": (
        f"layers @ {GIT}@{COMMITS[0]}", f"layers @ {GIT}@{COMMITS[1]}",
        ("layers", "source", True)),
}  # fmt: skip


@pytest.mark.parametrize("row", SKEWS)
def test_a_difference_has_its_level_and_matters_or_not(row: str) -> None:
    prod, train, expected = SKEWS[row]

    assert skews(f"idna==3.4\n{prod}", f"idna==3.4\n{train}") == [expected]


@pytest.mark.parametrize(
    ("prod", "train"),
    [
        ("Pillow==9.5", "pillow==9.5.0"),
        ("torch==2.0.1", "torch==2.0.1+cu118\n"),
        ("torch>=2.0", "torch==2.1.0"),
        (f"layers @ {GIT}@{COMMITS[0]}", f"layers @ {GIT}@{COMMITS[0][:12]}"),
        (f"layers @ {GIT}@main", f"layers @ {GIT}@{COMMITS[0]}"),
        ("feats @ file:///a/feats", "feats @ file:///b/feats"),
    ],
)
def test_what_is_the_same_or_unknown_is_no_difference_that_matters(prod: str, train: str) -> None:
    found = skews(f"idna==3.4\n{prod}", f"idna==3.4\n{train}")

    assert [row for row in found if row[2]] == []


def diff(one: str, other: str, names: tuple[str, str] = ("pip-freeze.txt",) * 2) -> Event:
    files = {f"prod/{names[0]}": one, f"train/{names[1]}": other}
    (event,) = derived(files, "env.diff")
    return event


def test_two_whole_lists_say_what_was_added_removed_changed_and_kept() -> None:
    event = diff(
        "idna==3.4\nnumpy==1.24.2\nold==1.0\ntorch==2.0.1\n",
        "idna==3.4\nnumpy==1.26.1\nnew==1.0\ntorch==2.0.2\n",
    )

    assert {k: v for k, v in event.fields.items() if not k.startswith("other")} == {
        "env_a": "prod",
        "env_b": "train",
        "same": 1,
        "changed": 2,
        "changed_names": "numpy,torch",
        "added": 1,
        "added_names": "new",
        "removed": 1,
        "removed_names": "old",
        "worst": "minor",
    }
    assert (event.source, event.fields["other_source"]) == (
        "prod/pip-freeze.txt",
        "train/pip-freeze.txt",
    )


def test_a_list_cut_by_grep_does_not_say_what_is_missing() -> None:
    cut = "$ pip freeze | grep -E 'numpy|torch'\nnumpy==1.26.1\ntorch==2.0.1\n"
    event = diff("idna==3.4\nnumpy==1.24.2\ntorch==2.0.1\n", cut, ("pip-freeze.txt", "session.txt"))

    assert (event.fields["same"], event.fields["changed"]) == (1, 1)
    assert "added" not in event.fields
    assert "removed" not in event.fields


def test_what_people_asked_for_does_not_say_what_else_is_installed() -> None:
    event = diff(
        "idna==3.4\nnumpy==1.24.2\n", "numpy==1.24.2\n", ("pip-freeze.txt", "requirements.txt")
    )

    assert event.fields["same"] == 1
    assert "removed" not in event.fields


def test_another_python_is_a_difference() -> None:
    files = {
        "prod/Dockerfile": "FROM python:3.11-slim\nRUN pip install idna==3.4\n",
        "train/conda-list.txt": (
            "# packages in environment at /opt/c:\nidna  3.4  py39_0\npython  3.9.17  h12_0\n"
        ),
    }
    (event,) = derived(files, "env.skew")

    assert event.fields["package"] == "python"
    assert (event.fields["version_a"], event.fields["version_b"]) == ("3.9.17", "3.11")
    assert (event.fields["level"], event.fields["matters"]) == ("minor", True)


def test_a_python_without_its_patch_release_is_the_same_python() -> None:
    files = {
        "prod/Dockerfile": "FROM python:3.11-slim\nRUN pip install idna==3.4\n",
        "train/session.txt": "$ python -VV\n"
        "Python 3.11.4 (main, Jun  7 2023, 10:13:09) [GCC 12.2.0]\n",
    }

    assert derived(files, "env.skew") == []


def inspected(*packages: tuple[str, str, list[str]], python: str = "3.10.12") -> str:
    """A document of `pip inspect`."""
    installed = [
        {"metadata": {"name": name, "version": version, "requires_dist": requires}}
        for name, version, requires in packages
    ]
    environment = {"python_full_version": python, "sys_platform": "linux"}
    return json.dumps(
        {"version": "1", "pip_version": "23.2", "installed": installed, "environment": environment}
    )


def conflicts(document: str) -> list[tuple[Value, Value, Value]]:
    return [
        (e.fields["package"], e.fields["requires"], e.fields.get("other_version"))
        for e in derived({"prod/pip-inspect.json": document}, "env.conflict")
    ]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("attrs>=22", []),
        ("attrs<22", [("feats", "attrs<22", "23.1.0")]),
        ("attrs (<22)", [("feats", "attrs<22", "23.1.0")]),
        ("loguru", [("feats", "loguru", None)]),
        ('attrs<22; python_version < "3.9"', []),
        ('attrs<22; python_version >= "3.9"', [("feats", "attrs<22", "23.1.0")]),
        ('attrs<22; sys_platform == "win32"', []),
        ('attrs<22; platform_machine == "aarch64"', []),
        ('attrs<22; extra == "old"', []),
        ("attrs @ https://files.example.net/attrs.zip", []),
        ("not a requirement at all", []),
    ],
)
def test_metadata_tells_what_is_not_met_in_the_recorded_environment(
    requires: str, expected: list[tuple[str, str, str | None]]
) -> None:
    document = inspected(("attrs", "23.1.0", []), ("feats", "0.3", [requires]))

    assert conflicts(document) == expected


def test_a_marker_is_read_with_the_recorded_python_and_not_with_ours() -> None:
    requires = ['attrs<22; python_full_version < "3.7"']
    old = inspected(("attrs", "23.1.0", []), ("feats", "0.3", requires), python="3.6.15")

    assert conflicts(old) == [("feats", "attrs<22", "23.1.0")]


def test_the_metadata_of_separate_files_is_one_environment() -> None:
    place = "prod/venv/lib/python3.10/site-packages"
    files = {
        f"{place}/attrs-23.1.0.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: attrs\nVersion: 23.1.0\n"
        ),
        f"{place}/feats-0.3.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: feats\nVersion: 0.3\nRequires-Dist: attrs (<22)\n"
        ),
    }
    (event,) = derived(files, "env.conflict")

    assert (event.fields["package"], event.fields["other_version"]) == ("feats", "23.1.0")
    assert event.fields["rule"] == "requires-dist"


FREEZES = {
    "a pair that excludes each other": (
        "torch==2.0.1\ntorchvision==0.16.0", [("torchvision", "torch")]),
    "the exact pair": ("torch==2.2.0\ntorchvision==0.17.0", []),
    "a consistent stack of TensorFlow": (
        "tensorflow==2.16.1\nprotobuf==4.25.3\nnumpy==1.26.4\npandas==2.2.1", []),
    "NumPy 2 below an upper bound": ("numpy==2.0.1\npandas==2.1.4", [("pandas", "numpy")]),
    "tokenizers too new": (
        "transformers==4.35.2\ntokenizers==0.19.1", [("transformers", "tokenizers")]),
    "builds for two CUDAs": (
        "torch==2.0.1+cu118\ntorchvision==0.15.2+cu117", [("torch", "torchvision")]),
    "nothing that a row speaks of": ("feats==1.0\nlayers==9.9", []),
}  # fmt: skip


@pytest.mark.parametrize("row", FREEZES)
def test_without_metadata_only_a_row_of_the_table_makes_a_conflict(row: str) -> None:
    text, expected = FREEZES[row]
    found = derived({"pip-freeze.txt": f"{text}\nidna==3.4\n"}, "env.conflict")

    assert [(e.fields["package"], e.fields["other_package"]) for e in found] == expected


DUPLICATES = {
    "the same twice": ("numpy==1.24.2\nNumPy==1.24.2", [("numpy", None, False)]),
    "two versions": ("numpy==1.24.2\nnumpy==1.23.5", [("numpy", None, True)]),
    "two builds of OpenCV": (
        "opencv-python==4.8.0.76\nopencv-python-headless==4.8.0.76",
        [("opencv-python-headless", "opencv-python", True)]),
    "TensorFlow twice": (
        "tensorflow==2.12.1\ntensorflow-gpu==2.12.0", [("tensorflow-gpu", "tensorflow", True)]),
    "the dummy package": ("scikit-learn==1.2.1\nsklearn==0.0", []),
    "names that begin alike": ("opencv-python==4.8.0.76\nopencv-stubs==0.1", []),
}  # fmt: skip


@pytest.mark.parametrize("row", DUPLICATES)
def test_one_import_package_installed_twice_is_a_duplicate(row: str) -> None:
    text, expected = DUPLICATES[row]
    found = derived({"pip-freeze.txt": f"idna==3.4\n{text}\n"}, "env.duplicate")

    assert [
        (e.fields["package"], e.fields.get("other_package"), e.fields["differs"]) for e in found
    ] == expected
