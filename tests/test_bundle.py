"""Whatever shape a bundle has, the same texts come out of it, and it stays as it was."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from triage.bundle import Bundle, open_bundle
from triage.bundle.kinds import is_binary
from triage.bundle.text import text_blocks
from triage.errors import BundleError, ReadError

LOGS = {
    "dmesg.txt": b"[    1.0] NVRM: loading\n",
    "pods/api-0/current.log": b"ready\n" * 5000,
    "pods/api-0/previous.log": b"exit code 137\n",
    "z.log": "ferdig på node1\n".encode(),
}
WHEN = 1_700_000_000


def tar_of(files: dict[str, bytes], mode: str = "w", fmt: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=fmt) as tar:  # type: ignore[call-overload]  # any mode
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), WHEN
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20)), data, method)
    return out.getvalue()


def read_all(bundle: Bundle) -> dict[str, bytes]:
    return {source.name: source.open().read() for source in bundle.sources()}


def read(path: Path) -> dict[str, bytes]:
    with open_bundle(path) as bundle:
        found = read_all(bundle)
        assert bundle.warnings == []
    return found


def write_folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}
ARCHIVES = {
    "plain.tar": tar_of(LOGS),
    "ustar.tar": tar_of(LOGS, fmt=tarfile.USTAR_FORMAT),
    "gnu.tar": tar_of(LOGS, fmt=tarfile.GNU_FORMAT),
    **{f"packed.tar.{suffix}": pack(tar_of(LOGS)) for suffix, pack in CODECS.items()},
    "deflated.zip": zip_of(LOGS),
    "stored.zip": zip_of(LOGS, zipfile.ZIP_STORED),
    "bzip2.zip": zip_of(LOGS, zipfile.ZIP_BZIP2),
    "no-suffix-at-all": gzip.compress(tar_of(LOGS)),
    "lying.log": zip_of(LOGS),
}


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    write_folder(tmp_path / "incident-1", LOGS)

    with open_bundle(tmp_path / "incident-1") as bundle:
        found = [(source.name, source.size, source.open().read()) for source in bundle.sources()]

    assert bundle.name == "incident-1"
    assert found == [(name, len(LOGS[name]), LOGS[name]) for name in sorted(LOGS)]


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_holds_the_same_as_the_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name])

    assert read(path) == LOGS


@pytest.mark.parametrize("name", ARCHIVES)
def test_standard_input_may_be_any_archive(name: str) -> None:
    with open_bundle("-", stdin=io.BytesIO(ARCHIVES[name])) as bundle:
        assert bundle.name == "stdin"
        assert read_all(bundle) == LOGS


def test_text_on_standard_input_is_one_source() -> None:
    with open_bundle("-", stdin=io.BytesIO(b"pasted\n")) as bundle:
        found = [(s.name, s.size, s.mtime, s.open().read()) for s in bundle.sources()]

    assert found == [("stdin", 7, None, b"pasted\n")]


@pytest.mark.parametrize("suffix", CODECS)
def test_a_compressed_file_keeps_its_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"kern.log.{suffix}"
    path.write_bytes(CODECS[suffix](LOGS["z.log"]))

    assert read(path) == {f"kern.log.{suffix}": LOGS["z.log"]}


@pytest.mark.parametrize("suffix", CODECS)
def test_a_file_compressed_in_several_goes_is_read_to_its_end(tmp_path: Path, suffix: str) -> None:
    pack = CODECS[suffix]
    path = tmp_path / f"kern.log.{suffix}"
    path.write_bytes(pack(b"one\n") + pack(b"") + pack(b"two\n" * 50_000) + bytes(512))

    assert read(path) == {path.name: b"one\n" + b"two\n" * 50_000}


def test_archives_in_archives_are_named_by_their_way(tmp_path: Path) -> None:
    inner = tar_of({"./var/log/kern.log": b"deep\n"}, "w:gz")
    middle = zip_of({"logs.tar.gz": inner, "a\\b.txt": b"windows\n"})
    folder = write_folder(tmp_path / "f", {"host.tar": tar_of({"middle.zip": middle})})
    expected = {
        "middle.zip!/logs.tar.gz!/var/log/kern.log": b"deep\n",
        "middle.zip!/a/b.txt": b"windows\n",
    }

    assert read(folder / "host.tar") == expected
    assert read(folder) == {f"host.tar!/{name}": data for name, data in expected.items()}


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("incident.tar.gz", "incident"),
        ("incident.tgz", "incident"),
        ("Case 7.ZIP", "Case 7"),
        ("kern.log", "kern.log"),
        ("kern.log.gz", "kern.log"),
        (".gz", ".gz"),
    ],
)
def test_a_bundle_is_named_after_its_file(tmp_path: Path, file_name: str, name: str) -> None:
    (tmp_path / file_name).write_bytes(b"text\n")

    with open_bundle(tmp_path / file_name) as bundle:
        assert bundle.name == name


@pytest.mark.parametrize("name", ["plain.tar", "packed.tar.zst", "deflated.zip"])
def test_the_time_of_a_member_comes_from_the_archive(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ARCHIVES[name])

    with open_bundle(tmp_path / name) as bundle:
        assert {source.mtime for source in bundle.sources()} == {WHEN}


def test_two_passes_give_the_same_and_warn_once(tmp_path: Path) -> None:
    damaged = gzip.compress(b"line\n" * 100)[:-9]
    write_folder(tmp_path, {**LOGS, "cut.log.gz": damaged, "core": b"\x7fELF" + bytes(99)})

    with open_bundle(tmp_path) as bundle:
        first, warned = read_all(bundle), bundle.warnings
        second = read_all(bundle)

        assert second == first
        assert bundle.warnings == warned
        assert [warning.source for warning in warned] == ["cut.log.gz"]
        assert bundle.skipped == ["core"]


def test_a_source_can_be_read_once_and_before_the_next(tmp_path: Path) -> None:
    write_folder(tmp_path, LOGS)

    with open_bundle(tmp_path) as bundle:
        sources = bundle.sources()
        first = next(sources)
        stream = first.open()
        with pytest.raises(ReadError, match="once"):
            first.open()
        second = next(sources)
        with pytest.raises(ValueError, match="moved on"):
            stream.read()
        late = next(sources)
        with pytest.raises(ReadError, match="before the next one"):
            second.open()

    with pytest.raises(ReadError, match="before the next one"):
        late.open()


def test_a_bundle_feeds_the_text_room(tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_bytes(ARCHIVES["packed.tar.gz"])

    with open_bundle(tmp_path / "b.tar.gz") as bundle:
        counts = {
            source.name: sum(block.line_count for block in text_blocks(source.open()))
            for source in bundle.sources()
        }

    assert counts == {name: data.count(b"\n") for name, data in LOGS.items()}


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in [root, *root.rglob("*")]:
        status = path.lstat()
        times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
        found[str(path)] = (times, status.st_mode, status.st_size, status.st_ino)
    return found


@pytest.mark.skipif(not hasattr(os, "O_NOATIME"), reason="only Linux can read without a trace")
def test_reading_leaves_no_trace_in_the_bundle(tmp_path: Path) -> None:
    root = write_folder(
        tmp_path / "b", {**LOGS, **ARCHIVES, "in/a.zip.gz": gzip.compress(zip_of(LOGS))}
    )
    for path in [*root.rglob("*"), root]:
        os.utime(path, (1, WHEN))  # so old that the system would renew the time of access
    before = snapshot(root)

    read(root)

    assert snapshot(root) == before
    assert {name: (root / name).read_bytes() for name in LOGS} == LOGS


def test_temporary_copies_are_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    nested = io.BytesIO(tar_of({"in.zip": zip_of(LOGS)}))

    with open_bundle("-", stdin=nested) as bundle:
        next(bundle.sources())  # the pass is left unfinished

        assert list(spool.iterdir()) == []
    assert list(spool.iterdir()) == []


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"abc")

    with open_bundle(tmp_path / "a.log") as file, open_bundle(tmp_path) as folder:
        assert file.sha256 is None
        assert file.digest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert file.sha256 == file.digest()
        assert folder.digest() is None


def test_what_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"missing\.tar: cannot be opened"):
        open_bundle(tmp_path / "missing.tar")


def test_a_link_that_the_user_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.log").write_bytes(b"text\n")
    (tmp_path / "link.log").symlink_to("real.log")

    assert read(tmp_path / "link.log") == {"link.log": b"text\n"}


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=150)


@given(files=st.dictionaries(NAMES, st.binary(max_size=2000).map(bytes.hex), min_size=1))
@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_tarfile_writes_is_read_back(fmt: int, files: dict[str, str]) -> None:
    logs = {name: text.encode() for name, text in files.items()}

    with open_bundle("-", stdin=io.BytesIO(tar_of(logs, fmt=fmt))) as bundle:
        assert read_all(bundle) == logs


def gnu_tar() -> bool:
    tar = shutil.which("tar")
    if tar is None:
        return False
    return b"GNU" in subprocess.run([tar, "--version"], capture_output=True, check=True).stdout


@pytest.mark.skipif(not gnu_tar(), reason="only GNU tar writes sparse members")
@pytest.mark.parametrize("fmt", ["gnu", "posix", "posix --sparse-version=0.1"])
def test_holes_of_sparse_members_are_put_back(tmp_path: Path, fmt: str) -> None:
    with (tmp_path / "app.log").open("wb") as log:
        for gap in range(1, 60):
            log.seek(gap * 65536)
            log.write(b"after the hole\n" * gap)
        log.truncate(5_000_000)
    packed = ["tar", "-cSf", "a.tar", *f"--format={fmt}".split(), "app.log"]
    subprocess.run(packed, cwd=tmp_path, check=True)

    assert (tmp_path / "a.tar").stat().st_size < 1_000_000
    assert read(tmp_path / "a.tar") == {"app.log": (tmp_path / "app.log").read_bytes()}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"plain text\n",
        "Zugriff verweigert: März\n".encode("latin-1"),
        "日志 错误\n".encode("gbk") * 20,
        "utf-16 text\n".encode("utf-16"),
        bytes(4096) + b"Oct 24 04:12:01 node1 kernel: first line after the crash\n",
        b"Oct 24 04:12:01 node1 kernel: last line before" + bytes(4096),
        bytes(8192),
        b"\x1b[32mgreen\x1b[0m \x07\x08\r\n" * 10,
        b'{"log": "\\u001b[0m"}\n',
    ],
)
def test_text_is_not_taken_for_binary(head: bytes) -> None:
    assert not is_binary(head)


@pytest.mark.parametrize(
    "head",
    [
        b"\x7fELF\x02\x01\x01" + bytes(9) + b"text " * 100,
        b"\x89PNG\r\n\x1a\n",
        b"SQLite format 3\0" + b"text " * 100,
        b"PAR1\x15\x04",
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94",
        b"\x12\x34\x56\x78\0\0\0\0DUCK\x40",
        b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(20) + b"a docstring that is long " * 99,
        b'\x40\x01\0\0\0\0\0\0{"weight":{"dtype":"F16"}}',
        b"".join(i.to_bytes(4, "little") for i in range(500)),
        bytes(range(256)) * 8,
    ],
)
def test_what_is_clearly_binary_is_told(head: bytes) -> None:
    assert is_binary(head)


def test_binary_journals_are_told_once_with_the_way_to_read_them(tmp_path: Path) -> None:
    root = write_folder(tmp_path / "sos", {f"{i}.journal": b"LPKSHHRH" + bytes(99) for i in "ab"})

    with open_bundle(root) as bundle:
        assert read_all(bundle) == {}
        (warning,) = bundle.warnings

    assert warning.source == "sos"
    assert warning.message.endswith("-o short-iso-precise): 2, the first is a.journal")
    assert warning.lost
