"""Real package lists, locks and reports say what a person reads in them.

The captures are outputs of live tools, the corpus holds lists that people attached to issues. The
expected numbers and versions were read off the files by eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from triage.events import Event, Value
from triage.testing_forms import read

SHARED = Path(__file__).parents[3] / "shared"
CAPTURES = SHARED / "knowledge" / "captures"
DEV = SHARED / "corpus" / "dev"
SEEDS = SHARED / "corpus" / "seeds"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the knowledge files are not here")


def events_of(path: Path) -> tuple[list[Event], int | None, str | None]:
    """The events of one file under its folder's name, what nobody read, and the parser."""
    events, report = read(path.read_bytes(), f"{path.parent.name}/{path.name}")
    parser = report.claimed_by.most_common(1)[0][0] if report.claimed_by else None
    return events, report.unclaimed, parser


def packages(events: list[Event]) -> list[Event]:
    return [event for event in events if event.kind == "env.package"]


def fields_of(events: list[Event], package: str) -> Mapping[str, Value]:
    return next(e.fields for e in packages(events) if e.fields.get("package") == package)


LISTS = {
    CAPTURES / "deps" / "collect_env.txt": ("collect_env", 2, 0),
    CAPTURES / "deps" / "pip_compile_hashes.txt": ("freeze", 3, 0),
    CAPTURES / "deps" / "pip_freeze_mixed.txt": ("freeze", 4, 0),
    CAPTURES / "deps" / "pylock_pip.toml": ("lockfiles", 3, 0),
    CAPTURES / "deps" / "pylock_uv.toml": ("lockfiles", 4, 0),
    CAPTURES / "deps" / "uv.lock": ("lockfiles", 5, 0),
    CAPTURES / "deps" / "uv_export_requirements.txt": ("freeze", 4, 0),
    DEV / "condaenv-controlnet-almost-pinned" / "environment.yaml": ("conda_env", 29, 0),
    DEV / "lightning-req-and-collectenv" / "collect_env.txt": ("collect_env", 8, 0),
    DEV / "lightning-req-and-collectenv" / "requirements.txt": ("freeze", 2, 0),
    DEV / "neg-collectenv-torch-dev" / "collect_env.txt": ("collect_env", 5, 0),
    DEV / "neg-freeze-gantts" / "pip-freeze.txt": ("freeze", 18, 0),
    DEV / "neg-piplist-ubuntu-system" / "pip-list.txt": ("pip_list", 29, 0),
    DEV / "neg-req-flask-pipcompile" / "requirements.txt": ("freeze", 42, 0),
    DEV / "neg-req-qlora-pinned" / "requirements.txt": ("freeze", 9, 0),
    DEV / "pickle-freeze-localtags" / "pip-freeze.txt": ("freeze", 19, 0),
    DEV / "req-gptneox-vcs-pinned" / "requirements.txt": ("freeze", 13, 0),
    DEV / "req-sdwebui-duplicates" / "requirements.txt": ("freeze", 58, 0),
    DEV / "req-stanford-alpaca" / "requirements.txt": ("freeze", 9, 0),
    DEV / "req-whisper-bare" / "requirements.txt": ("freeze", 9, 0),
    DEV / "req-yolov5-lower-bounds" / "requirements.txt": ("freeze", 17, 0),
    DEV / "undef-symbol-conda-freeze" / "pip-freeze.txt": ("freeze", 12, 0),
    SEEDS / "seed-001" / "pip-freeze.txt": ("freeze", 9, 0),
    SEEDS / "seed-002" / "pip-freeze.txt": ("freeze", 7, 0),
    SEEDS / "seed-003" / "production" / "pip-freeze.txt": ("freeze", 4, 0),
    SEEDS / "seed-003" / "training" / "pip-freeze.txt": ("freeze", 4, 0),
}
"""Parser, packages, and lines that nobody reads."""


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_list_is_read_whole(path: Path) -> None:
    events, unclaimed, parser = events_of(path)
    (listing,) = [event for event in events if event.kind == "env.listing"]

    assert (parser, len(packages(events)), unclaimed) == LISTS[path]
    assert listing.fields["packages"] == LISTS[path][1]


ENVIRONMENTS = {
    DEV / "condaenv-controlnet-almost-pinned" / "environment.yaml": ("control", "3.8.5"),
    DEV / "lightning-req-and-collectenv" / "collect_env.txt": (None, "3.7"),
    DEV / "neg-collectenv-torch-dev" / "collect_env.txt": (None, "3.10.4"),
    CAPTURES / "deps" / "collect_env.txt": (None, "3.11.7"),
    CAPTURES / "deps" / "pip_compile_hashes.txt": (None, "3.11"),
    SEEDS / "seed-003" / "production" / "pip-freeze.txt": ("production", None),
    SEEDS / "seed-003" / "training" / "pip-freeze.txt": ("training", None),
}
"""The name that file or folder give the environment, and its Python, where told."""


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_environment_has_its_name_and_its_python(path: Path) -> None:
    name, python = ENVIRONMENTS[path]
    parent = path.parent.name if path.parent.name in {"production", "training"} else ""
    events, _ = read(path.read_bytes(), f"{parent}/{path.name}".lstrip("/"))
    (listing,) = [event for event in events if event.kind == "env.listing"]

    assert listing.fields["env"] == (name or path.name)
    assert listing.fields.get("python") == python


def test_the_freeze_with_oddities_keeps_what_each_line_says() -> None:
    events, _, _ = events_of(CAPTURES / "deps" / "pip_freeze_mixed.txt")

    assert [
        (e.fields["package"], e.fields["pin"], e.fields.get("version"), e.line)
        for e in packages(events)
    ] == [
        ("gitpkg", "file", None, 1),
        ("locpkg", "editable", "0.1", 3),
        ("packaging", "exact", "26.3", 4),
        ("six", "hash", "1.16.0", 5),
    ]


def test_the_compiled_requirements_have_two_hashes_each_and_three_places_to_look() -> None:
    events, _, _ = events_of(CAPTURES / "deps" / "pip_compile_hashes.txt")

    assert events[0].fields["form"] == "lock"
    assert events[0].fields["hashed"] == 3
    assert [(e.fields["package"], e.fields["hashes"]) for e in packages(events)] == [
        ("python-dateutil", 2),
        ("six", 2),
        ("tzdata", 2),
    ]
    assert [e.fields["option"] for e in events if e.kind == "env.option"] == [
        "--extra-index-url",
        "--extra-index-url",
        "--find-links",
    ]


@pytest.mark.parametrize(
    ("name", "hashed", "requires"),
    [
        ("uv.lock", 5, ">=3.11, <3.13"),
        ("pylock_uv.toml", 4, ">=3.11, <3.13"),
        ("pylock_pip.toml", 3, None),
        ("uv_export_requirements.txt", 4, None),
    ],
)
def test_a_lock_says_for_which_python_it_holds_and_hashes_all(
    name: str, hashed: int, requires: str | None
) -> None:
    events, _, _ = events_of(CAPTURES / "deps" / name)

    assert events[0].fields["hashed"] == hashed
    assert events[0].fields.get("requires_python") == requires
    assert fields_of(events, "six")["version"] == "1.16.0"
    assert fields_of(events, "python-dateutil")["version"] == "4.0.0"
    assert {e.fields["hash_kind"] for e in packages(events)} == {"sha256"}


def test_the_project_itself_is_no_package_of_its_lock() -> None:
    events, _, _ = events_of(CAPTURES / "deps" / "uv.lock")

    assert "demo" not in {e.fields["package"] for e in packages(events)}


def test_the_collected_environment_is_told_by_its_facts() -> None:
    events, _, _ = events_of(CAPTURES / "deps" / "collect_env.txt")
    facts = events[0].fields

    assert facts["os"] == "Debian GNU/Linux 12 (bookworm) (x86_64)"
    assert facts["libc"] == "glibc-2.36"
    assert (facts["cuda_available"], facts["cuda_runtime"]) == (False, "13.0.88")
    assert "driver" not in facts
    assert "cuda_build" not in facts
    assert fields_of(events, "torch")["local_tag"] == "cpu"


def test_the_captured_installations_tell_what_was_wanted_changed_and_left_broken() -> None:
    events, _, _ = events_of(CAPTURES / "py" / "pip_conflict.txt")
    told = [event for event in events if event.kind.startswith("env.")]

    assert [(e.kind, e.line) for e in told] == [
        ("env.step", 2),
        ("env.step", 5),
        ("env.step", 7),
        ("env.step", 10),
        ("env.clash", 16),
        ("env.clash", 17),
        ("env.clash", 31),
        ("env.clash", 32),
        ("env.change", 45),
        ("env.unmet", 50),
        ("env.change", 51),
    ]
    unmet, change = told[-2].fields, told[-1].fields
    assert (unmet["package"], unmet["other_version"]) == ("pandas", "2.0.2")
    assert unmet["requires"] == 'numpy<2,>=1.23.2; python_version == "3.11"'
    assert (change["previous"], change["version"], change["action"]) == (
        "1.26.4",
        "2.0.2",
        "upgraded",
    )


PINS = {
    DEV / "req-gptneox-vcs-pinned" / "requirements.txt": {
        "deepspeed": "vcs_commit",
        "transformers": "compatible",
        "regex": "none",
        "lm-eval": "exact",
    },
    DEV / "req-whisper-bare" / "requirements.txt": {"triton": "range", "more-itertools": "none"},
    DEV / "req-yolov5-lower-bounds" / "requirements.txt": {"urllib3": "range", "psutil": "none"},
    DEV / "condaenv-controlnet-almost-pinned" / "environment.yaml": {
        "pytorch": "exact",
        "test-tube": "range",
        "open-clip-torch": "exact",
    },
    DEV / "undef-symbol-conda-freeze" / "pip-freeze.txt": {
        "annotated-types": "file",
        "accelerate": "exact",
    },
    DEV / "lightning-req-and-collectenv" / "collect_env.txt": {"pytorch-lightning": "exact"},
    SEEDS / "seed-002" / "pip-freeze.txt": {"experimental-layers": "vcs_none", "scipy": "exact"},
}


@pytest.mark.parametrize("path", PINS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_package_is_pinned_as_its_line_says(path: Path) -> None:
    events, _, _ = events_of(path)

    assert {name: fields_of(events, name)["pin"] for name in PINS[path]} == PINS[path]


def test_a_downgrade_that_breaks_another_package_is_read_from_its_console() -> None:
    events, _, _ = events_of(DEV / "pip-conflict-downgrade" / "pip-install.log")

    assert [
        (e.fields["package"], e.fields["previous"], e.fields["version"], e.fields["action"])
        for e in events
        if e.kind == "env.change" and "previous" in e.fields
    ] == [
        ("torch", "2.5.1", "2.4.0", "downgraded"),
        ("torchaudio", "2.5.1", "2.4.0", "downgraded"),
        ("torchvision", "0.20.1", "0.19.0", "downgraded"),
    ]
    assert [e.fields["package"] for e in events if e.kind == "env.unmet"] == ["xformers"]


def test_names_that_pip_spells_in_two_ways_are_kept_as_it_spells_them() -> None:
    events, _, _ = events_of(DEV / "pip-conflict-name-normalisation" / "pip-install.log")
    (clip,) = [e.fields for e in events if e.fields.get("other_package") == "open-clip-torch"]

    assert clip["requires"] == "open_clip_torch==2.20.0"
    assert clip["other_version"] == "2.27.1"
    assert len([e for e in events if e.kind == "env.unmet"]) == 8
