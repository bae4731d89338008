"""A bundle comes from strangers and crashed machines: nothing in it may hurt."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import socket
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from triage.bundle import Bundle, BundleWarning, Limits, open_bundle
from triage.errors import BundleError

MIB = 1 << 20
DEFAULT = Limits()
SMALL = Limits(ratio_free_bytes=MIB, max_ratio=100)


def tar_of(*members: tuple[tarfile.TarInfo | str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]  # any mode
        for member, data in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return bytearray(out.getvalue())


def read_all(bundle: Bundle) -> dict[str, bytes]:
    return {source.name: source.open().read() for source in bundle.sources()}


def read(data: bytes, limits: Limits = DEFAULT) -> tuple[dict[str, bytes], list[BundleWarning]]:
    with open_bundle("-", limits, stdin=io.BytesIO(data)) as bundle:
        return read_all(bundle), bundle.warnings


def read_folder(
    path: Path, limits: Limits = DEFAULT
) -> tuple[dict[str, bytes], list[BundleWarning]]:
    with open_bundle(path, limits) as bundle:
        return read_all(bundle), bundle.warnings


def about(warnings: list[BundleWarning], source: str) -> str:
    return " | ".join(w.message for w in warnings if w.source == source)


# Size


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(bytes(64 * MIB)),
        zstandard.compress(bytes(64 * MIB)),
        bz2.compress(bytes(64 * MIB)),
        gzip.compress(gzip.compress(bytes(64 * MIB))),
        bytes(zip_of(("zeros.log", bytes(64 * MIB)))),
        tar_of(("in.zip", bytes(zip_of(("zeros.log", bytes(64 * MIB))))), mode="w:gz"),
    ],
    ids=["gz", "zst", "bz2", "gz in gz", "zip", "zip in tar.gz"],
)
def test_a_decompression_bomb_is_stopped(bomb: bytes) -> None:
    tracemalloc.start()

    found, warnings = read(bomb, SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sum(map(len, found.values())) <= max(MIB, 100 * len(bomb)) + MIB
    assert any("decompression bomb" in warning.message for warning in warnings)
    assert peak < 40 * MIB + sum(map(len, found.values()))


def test_the_files_beside_a_bomb_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(bytes(64 * MIB)))
    (tmp_path / "b.log").write_bytes(b"evidence\n")
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(b"dense\n" * 100_000))

    found, warnings = read_folder(tmp_path, SMALL)

    assert found["b.log"] == b"evidence\n"
    assert found["c.log.gz"] == b"dense\n" * 100_000
    assert {warning.source for warning in warnings} == {"a.log.gz"}


def test_a_file_larger_than_the_limit_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"x" * 100)
    (tmp_path / "b.log").write_bytes(b"y" * 10)

    found, warnings = read_folder(tmp_path, Limits(max_member_bytes=10))

    assert found == {"a.log": b"x" * 10, "b.log": b"y" * 10}
    assert [w.source for w in warnings] == ["a.log"]


@pytest.mark.parametrize(
    "limits", [Limits(max_total_bytes=250), Limits(max_members=2)], ids=["bytes", "members"]
)
def test_the_limits_of_the_whole_bundle_end_the_reading(tmp_path: Path, limits: Limits) -> None:
    for name in "abcdef":
        (tmp_path / name).write_bytes(name.encode() * 100)

    found, warnings = read_folder(tmp_path, limits)

    assert {name: data for name, data in found.items() if data} == {
        "a": b"a" * 100,
        "b": b"b" * 100,
    }
    assert any("the bundle" in w.message or "more than 2 files" in w.message for w in warnings)


def test_the_members_of_an_archive_are_counted() -> None:
    found, warnings = read(tar_of(*((f"{i}.log", b"x") for i in range(50))), Limits(max_members=11))

    assert len(found) == 10
    assert "more than 11 members" in about(warnings, "stdin")


def test_archives_nested_too_deep_are_named_and_left() -> None:
    data = b"core of the onion\n"
    for level in range(10):
        data = tar_of((f"level{level}.tar", data), (f"note{level}.log", b"readable\n"))

    found, warnings = read(data)

    assert {name.rsplit("/", 1)[-1] for name in found} == {f"note{i}.log" for i in range(9, 3, -1)}
    assert [w.message for w in warnings if "archives deep" in w.message]


def test_folders_nested_too_deep_are_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"text\n")
    deep = tmp_path.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    (deep / "z.log").write_bytes(b"text\n")

    found, warnings = read_folder(tmp_path)

    assert found == {"a.log": b"text\n"}
    assert [w.message for w in warnings if "256 folders deep" in w.message]


@pytest.mark.parametrize("claimed", [2**33 - 1, 50 * MIB])
def test_a_header_that_claims_a_huge_pax_record_costs_no_memory(claimed: int) -> None:
    info = special("pax", tarfile.XHDTYPE)
    info.size = claimed
    data = info.tobuf() + bytes(2 * MIB)
    tracemalloc.start()

    _, warnings = read(gzip.compress(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert warnings
    assert peak < 30 * MIB


def test_a_hole_that_claims_terabytes_is_bounded() -> None:
    info = tarfile.TarInfo("sparse.log")
    info.pax_headers = {"GNU.sparse.map": "0,4", "GNU.sparse.size": str(10**13)}

    with open_bundle("-", SMALL, stdin=io.BytesIO(tar_of((info, b"text")))) as bundle:
        stream = next(bundle.sources()).open()
        size = sum(len(piece) for piece in iter(lambda: stream.read(MIB), b""))

        assert size <= 3 * MIB
        assert "decompression bomb" in about(bundle.warnings, "sparse.log")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_million_empty_streams_take_linear_time(pack: Callable[[bytes], bytes]) -> None:
    empty = pack(b"")
    began = time.perf_counter()

    read(pack(b"x" * 200_000) + empty * (MIB // len(empty)) + pack(b"end\n"))

    assert time.perf_counter() - began < 10


# Names


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/shadow", "etc/shadow"),
        ("C:\\Windows\\x.log", "Windows/x.log"),
        ("a/../../b.log", "a/b.log"),
        ("..", "unnamed"),
        ("new\nline.log", "new\\x0aline.log"),
        ("\x1b[2Jclear.log", "\\x1b[2Jclear.log"),
        ("gpj.\u202egol", "gpj.\\u202egol"),
    ],
)
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_names_are_made_safe_and_told(pack: Callable[..., bytes], raw: str, shown: str) -> None:
    found, warnings = read(bytes(pack((raw, b"text\n"))))

    assert found == {shown: b"text\n"}
    (warning,) = warnings
    assert warning.message.endswith(f": 1, the first is {shown}")
    assert not warning.lost


def test_ten_thousand_odd_names_are_one_warning() -> None:
    found, warnings = read(tar_of(*((f"/var/log/{i}", b"x") for i in range(10_000))))

    assert len(found) == 10_000
    assert [w.message for w in warnings] == [
        "members with absolute names: 10,000, the first is var/log/0"
    ]


@pytest.mark.parametrize("pack", [tar_of, zip_of])
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # what the test is about
def test_members_of_the_same_name_are_told_apart(pack: Callable[..., bytes]) -> None:
    found, _ = read(bytes(pack(("a", b"1"), ("./a", b"2"), ("a#2", b"3"), ("a", b"4"))))

    assert found == {"a": b"1", "a#2": b"2", "a#2#2": b"3", "a#3": b"4"}


def test_names_that_are_no_utf8_can_be_written(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/k\xe9rn\x1b.log"
    with open(path, "wb") as log:  # noqa: PTH123 - pathlib takes no bytes
        log.write(b"text\n")

    found, _ = read_folder(tmp_path)

    assert found == {"k\\udce9rn\\x1b.log": b"text\n"}


# Links and devices


def test_links_and_devices_in_a_tar_are_named_and_never_followed() -> None:
    data = tar_of(
        (special("shadow", tarfile.SYMTYPE, "/etc/shadow"), b""),
        (special("hard", tarfile.LNKTYPE, "../../etc/shadow"), b""),
        (special("null", tarfile.CHRTYPE), b""),
        (special("sda", tarfile.BLKTYPE), b""),
        (special("pipe", tarfile.FIFOTYPE), b""),
        ("real.log", b"text\n"),
    )

    found, warnings = read(data)

    assert found == {"real.log": b"text\n"}
    assert "links that were not followed" in about(warnings, "stdin")
    assert ": 2, the first is shadow" in about(warnings, "stdin")
    assert ": 3, the first is null" in about(warnings, "stdin")


def test_links_pipes_and_sockets_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"outside\n")
    root = tmp_path / "bundle"
    root.mkdir()
    (root / "real.log").write_bytes(b"text\n")
    (root / "out.log").symlink_to("../secret")
    (root / "in.log").symlink_to("real.log")
    (root / "loop").symlink_to(".")
    (root / "up").symlink_to("..")
    os.mkfifo(root / "pipe.log")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "socket"))
        found, warnings = read_folder(root)

    assert found == {"real.log": b"text\n"}
    assert ": 4, the first is in.log" in about(warnings, "bundle")
    assert ": 2, the first is pipe.log" in about(warnings, "bundle")


@pytest.mark.parametrize("part", ["z", "folder"])
def test_a_file_swapped_for_a_link_after_the_listing_is_not_read(tmp_path: Path, part: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "z").write_bytes(b"outside\n")
    root = tmp_path / "bundle"
    (root / "folder").mkdir(parents=True)
    for name in ("a", "folder/z", "z"):
        (root / name).write_bytes(b"text\n")

    with open_bundle(root) as bundle:
        sources = bundle.sources()
        found = [next(sources).open().read()]
        (root / part).rename(tmp_path / "moved")
        (root / part).symlink_to(tmp_path / "secret" / ("" if part == "folder" else "z"))
        found += [source.open().read() for source in sources]

        assert found == [b"text\n", b"text\n"]
        assert len(bundle.warnings) == 1


def test_a_pipe_as_the_bundle_is_refused_with_advice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BundleError, match="give - as the path"):
        open_bundle(tmp_path / "pipe")
