"""The shipped bundles: what each must be diagnosed as, and that reading one leaves no trace."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from triage.answer import Answer, Finding
from triage.events import Value
from triage.scanner import scan_paths

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
EXPECTED = Path(__file__).parent / "data" / "samples_expected.toml"
NO_BUNDLES = {"README.md", "healthy-forms"}
MAX_BYTES = 30_000

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is demanded of one bundle; the head of the data file explains the keys."""

    path: str
    status: str
    root: list[str]
    expect: list[str]
    must_not: list[str]
    ruled_out: list[str]
    exit: int
    minute: dict[str, str] = {}
    entities: dict[str, list[Value]] = {}


CASES = msgspec.convert(tomllib.loads(EXPECTED.read_text("utf-8")), dict[str, Case])
each_bundle = pytest.mark.parametrize("name", CASES)


def per_item(key: str) -> pytest.MarkDecorator:
    """One test for each bundle and each item of one of its lists."""
    pairs = [(name, item) for name, case in CASES.items() for item in getattr(case, key)]
    return pytest.mark.parametrize(("name", "item"), pairs)


@functools.cache
def answer(name: str) -> Answer:
    """The answer to one bundle; scanned once for all tests."""
    return scan_paths([SAMPLES / CASES[name].path]).answer


def finding(name: str, finding_id: str) -> Finding | None:
    return next((f for f in answer(name).findings if f.id == finding_id), None)


def contents(name: str) -> dict[str, bytes]:
    """The files of a bundle under the names that the answer uses."""
    path = SAMPLES / CASES[name].path
    if path.is_dir():
        files = (file for file in sorted(path.rglob("*")) if file.is_file())
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            stream = tar.extractfile(member)  # none for a folder
            if stream is not None:
                found[member.name] = stream.read()
    return found


def traces(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below a folder with its time of change and its bytes."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


@each_bundle
def test_the_verdict_is_as_grave_as_the_incident(name: str) -> None:
    assert answer(name).verdict.status == CASES[name].status


@each_bundle
def test_the_root_cause_is_one_that_a_responder_would_accept(name: str) -> None:
    root = answer(name).verdict.root_cause

    if CASES[name].root:
        assert root in CASES[name].root
    else:
        assert root is None


@per_item("expect")
def test_what_happened_is_found(name: str, item: str) -> None:
    assert item in [f.id for f in answer(name).findings]


@per_item("must_not")
def test_what_did_not_happen_is_not_claimed(name: str, item: str) -> None:
    claim = finding(name, item)

    assert claim is None, claim.evidence


@per_item("ruled_out")
def test_the_wrong_suspect_is_cleared_by_name(name: str, item: str) -> None:
    assert item in [suspect.id for suspect in answer(name).ruled_out]


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (name, key, value)
        for name, case in CASES.items()
        for key, values in case.entities.items()
        for value in values
    ],
)
def test_the_findings_name_who_and_where(name: str, key: str, value: Value) -> None:
    named = [v for f in answer(name).findings for v in f.entities.get(key, [])]
    if key == "gpu":
        named = [str(v).partition(".")[0] for v in named]

    assert value in named


@pytest.mark.parametrize(
    ("name", "item", "minute"),
    [(name, item, when) for name, case in CASES.items() for item, when in case.minute.items()],
)
def test_a_finding_is_dated_although_half_the_files_know_only_the_uptime(
    name: str, item: str, minute: str
) -> None:
    found = finding(name, item)

    assert found is not None
    assert (found.first_seen or "").startswith(minute)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.status == "clean"])
def test_a_clean_bundle_gives_nothing_above_info(name: str) -> None:
    assert [f.id for f in answer(name).findings if f.severity != "info"] == []


@each_bundle
def test_every_piece_of_evidence_can_be_opened_where_it_says(name: str) -> None:
    files = contents(name)
    places = [e for f in answer(name).findings for e in f.evidence]

    assert all(f.evidence for f in answer(name).findings)
    for place in places:
        data = files[place.source]
        assert data.count(b"\n", 0, place.offset) == place.line - 1
        assert place.offset == 0 or data[place.offset - 1 : place.offset] == b"\n"
        assert place.line <= place.line_end <= data.count(b"\n")


@each_bundle
def test_every_file_of_a_bundle_is_read(name: str) -> None:
    read = {source.name: source.error for source in answer(name).sources}

    assert read == dict.fromkeys(contents(name))


@each_bundle
def test_the_command_leaves_with_the_status_of_the_contract(
    triage: Run, samples: Path, name: str
) -> None:
    path = samples / CASES[name].path

    assert triage("scan", path).returncode == 0
    assert triage("scan", path, "--fail-on", "warning").returncode == CASES[name].exit


@each_bundle
def test_a_scan_leaves_the_bundle_as_it_was(tmp_path: Path, name: str) -> None:
    source, copy = SAMPLES / CASES[name].path, tmp_path / CASES[name].path
    if source.is_dir():
        shutil.copytree(source, copy)
    else:
        shutil.copy2(source, copy)
    before = traces(tmp_path)

    scan_paths([copy])

    assert traces(tmp_path) == before


@each_bundle
def test_two_scans_give_the_same_answer(name: str) -> None:
    again = scan_paths([SAMPLES / CASES[name].path]).answer

    assert msgspec.json.encode(again) == msgspec.json.encode(answer(name))


def test_every_bundle_is_described_and_every_description_has_its_bundle() -> None:
    bundles = {path.name for path in SAMPLES.iterdir() if path.name not in NO_BUNDLES}
    readme = (SAMPLES / "README.md").read_text("utf-8")

    assert {case.path for case in CASES.values()} == bundles
    assert [name for name in bundles if f"| `{name}" not in readme] == []


@each_bundle
def test_a_bundle_is_small_enough_to_be_read_in_a_review(name: str) -> None:
    assert sum(map(len, contents(name).values())) <= MAX_BYTES


def test_the_archive_holds_no_trace_of_who_packed_it() -> None:
    packed = (SAMPLES / "silent-nan.tar.gz").read_bytes()
    with tarfile.open(SAMPLES / "silent-nan.tar.gz") as tar:
        owners = {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in tar}

    assert owners == {(0, 0, "root", "root", 1710857560)}
    assert packed[3:8] == bytes(5)  # no file name in the header, no time
