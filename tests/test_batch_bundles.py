"""Which bundles were meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fleets import outcomes, scan_here
from triage.batch.bundles import find_bundles, fingerprint_of, path_of, read_list
from triage.errors import BundleError, UsageError


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two folders and an archive, with a note beside them."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dmesg.txt").write_text("x\n")
    (tmp_path / "c.tar.gz").write_bytes(b"")
    (tmp_path / "README.md").write_text("what this is\n")
    (tmp_path / ".cache").mkdir()
    return tmp_path


def names(found: list[str]) -> list[str]:
    return [Path(uri).name for uri in found]


def test_a_folder_that_holds_only_bundles_is_a_fleet(fleet: Path) -> None:
    assert names(find_bundles([str(fleet)])) == ["a", "b", "c.tar.gz"]


def test_a_folder_with_logs_in_it_is_one_bundle(fleet: Path) -> None:
    (fleet / "kern.log").write_text("x\n")

    assert find_bundles([str(fleet)]) == [str(fleet)]
    assert "kern.log" in names(find_bundles([str(fleet)], "each"))


def test_several_paths_are_a_bundle_each(fleet: Path) -> None:
    (fleet / "b/inner").mkdir()
    (fleet / "b/dmesg.txt").unlink()

    assert names(find_bundles([str(fleet / "a"), str(fleet / "b")])) == ["a", "b"]


def test_one_bundle_of_folders_is_whole_when_asked(fleet: Path) -> None:
    assert find_bundles([str(fleet)], "whole") == [str(fleet)]


def test_a_quoted_pattern_is_expanded_and_nothing_counts_twice(fleet: Path) -> None:
    assert names(find_bundles([f"{fleet}/[ab]", f"{fleet}/a"])) == ["a", "b"]


def test_a_name_with_brackets_is_no_pattern_where_it_exists(tmp_path: Path) -> None:
    (tmp_path / "node[1]").mkdir()

    assert names(find_bundles([str(tmp_path / "node[1]"), str(tmp_path)])) == [
        tmp_path.name, "node[1]",
    ]  # fmt: skip


def test_nothing_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no bundle was found in .*nothing-"):
        find_bundles([f"{tmp_path}/nothing-*"])


def test_a_list_may_have_comments() -> None:
    assert read_list(["# nightly\n", "\n", " /a \n", "s3://b/c\n"]) == ["/a", "s3://b/c"]


def test_a_fingerprint_follows_the_files(fleet: Path) -> None:
    before = fingerprint_of(str(fleet / "a"))
    assert fingerprint_of(str(fleet / "a")) == before

    (fleet / "a/dmesg.txt").write_text("xy\n")

    assert fingerprint_of(str(fleet / "a")) != before


def test_a_name_that_is_no_utf_8_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 %41"))
    odd.mkdir()
    (odd / "dmesg.txt").write_text("x\n")

    (uri,) = find_bundles([str(odd)])

    assert uri.isascii()
    assert path_of(uri) == str(odd)
    (status,) = scan_here(tmp_path / "out", [uri])
    assert status.outcome == "ok"
    assert outcomes(tmp_path / "out") == {status.name: ("ok", None)}


def test_nothing_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such file"):
        fingerprint_of(str(tmp_path / "gone"))
