"""What is shipped, what is locked, and what must never be committed."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.build import build_sdist, build_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("triage", "parsers/triage_parsers", "playbooks/triage_playbooks")
LOCKS = ("build", "dev", "run")

# Each pattern is in two halves, so that this file does not contain what it forbids.
REGISTRY_HOSTS = (
    ("python", r"hosted\.org"),
    ("py", r"pi\.org"),
    ("np", r"mjs\.(?:org|com)"),
    (r"deb\.deb", r"ian\.org"),
)
MACHINE_PATHS = ((r"(?<![\w.~-])/wo", "rk/"),)  # at the root of a file system
FORBIDDEN = re.compile("|".join(head + tail for head, tail in REGISTRY_HOSTS + MACHINE_PATHS))

PIN = re.compile(r"[a-z0-9.-]+==\S+(?: ; [^-]+?)?(?: +--hash=sha256:\w{64})+")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a build could pick up, so that building leaves the tree under test alone."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "Makefile", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    for name in ("triage", "parsers", "playbooks", "samples", "tests", "requirements"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.pyc"))
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> zipfile.ZipFile:
    """Build the wheel as an installer would, without network."""
    with contextlib.chdir(checkout):
        return zipfile.ZipFile(checkout / "dist" / build_wheel("dist"))


def packaged_files(checkout: Path) -> set[str]:
    """Name every file of the import packages as a wheel names it."""
    return {
        path.relative_to((checkout / package).parent).as_posix()
        for package in PACKAGES
        for path in (checkout / package).rglob("*")
        if path.is_file()
    }


def pins(lock: str) -> dict[str, str]:
    """Read a lock file: each pin with its marker, and the whole line with its hashes."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    lines = text.replace("\\\n", "").splitlines()
    return {line.partition(" --hash")[0].strip(): line for line in lines}


def declared(lock: str) -> set[str]:
    """Name what pyproject.toml asks for, and so the lock must hold."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {**config["dependency-groups"], "run": config["project"]["dependencies"]}
    wanted = groups[lock] if lock != "dev" else groups["run"] + groups["build"] + groups["dev"]
    return {canonicalize_name(Requirement(one).name) for one in wanted if isinstance(one, str)}


def tracked_files() -> list[Path]:
    """Name the files that are committed or about to be; skip outside a git checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def test_the_wheel_holds_the_three_packages_whole_and_nothing_else(
    wheel: zipfile.ZipFile, checkout: Path
) -> None:
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert shipped == packaged_files(checkout)
    assert {name.split("/")[0] for name in shipped} == {Path(name).name for name in PACKAGES}


def test_the_wheel_holds_the_knowledge_base_and_the_type_markers(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()

    assert {f"{Path(package).name}/py.typed" for package in PACKAGES} <= set(names)
    assert any(re.fullmatch(r"triage_playbooks/.+\.toml", name) for name in names)
    assert any(re.fullmatch(r"triage_playbooks/.+\.md", name) for name in names)


def test_the_wheel_carries_the_command_and_the_license(wheel: zipfile.ZipFile) -> None:
    metadata = {name.split("/", 1)[1]: name for name in wheel.namelist() if ".dist-info/" in name}

    assert "triage = triage.cli:main" in wheel.read(metadata["entry_points.txt"]).decode()
    assert "Apache License" in wheel.read(metadata["licenses/LICENSE"]).decode()


def test_the_source_distribution_holds_what_a_rebuild_and_the_tests_need(checkout: Path) -> None:
    with contextlib.chdir(checkout), tarfile.open(Path("dist") / build_sdist("dist")) as sdist:
        folders = {name.split("/")[1] for name in sdist.getnames()}

    assert {"triage", "parsers", "playbooks", "samples", "tests", "requirements"} <= folders
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile"} <= folders


def test_no_committed_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_its_hashes(lock: str) -> None:
    lines = pins(lock).values()

    assert [line for line in lines if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_everything_that_the_project_declares(lock: str) -> None:
    locked = {pin.partition("==")[0] for pin in pins(lock)}

    assert declared(lock) <= locked


@pytest.mark.parametrize("lock", ["build", "run"])
def test_the_development_lock_agrees_with_the_smaller_ones(lock: str) -> None:
    assert pins(lock).items() <= pins("dev").items()
