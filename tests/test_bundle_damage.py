"""What a damaged bundle still holds is read: each loss is told, and costs no more than itself."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from triage.bundle import BundleWarning, Limits, open_bundle
from triage.bundle.text import text_blocks

LOG = b"".join(b"%d: the quick brown fox %d\n" % (i, i * i % 97) for i in range(20_000))


def tar_of(*members: tuple[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]  # any mode
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return bytearray(out.getvalue())


def read(data: bytes) -> tuple[dict[str, bytes], list[BundleWarning]]:
    with open_bundle("-", stdin=io.BytesIO(data)) as bundle:
        return {source.name: source.open().read() for source in bundle.sources()}, bundle.warnings


def read_folder(path: Path) -> tuple[dict[str, bytes], list[BundleWarning]]:
    with open_bundle(path) as bundle:
        return {source.name: source.open().read() for source in bundle.sources()}, bundle.warnings


def about(warnings: list[BundleWarning], source: str) -> str:
    return " | ".join(w.message for w in warnings if w.source == source)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_what_stands_before_a_cut_is_delivered(
    pack: Callable[[bytes], bytes], share: float
) -> None:
    whole = pack(LOG)

    found, warnings = read(whole[: int(len(whole) * share)])

    text = found.get("stdin", b"")
    assert LOG.startswith(text)
    assert len(text) >= (len(LOG) * (share - 0.2) if pack is gzip.compress else 0)
    assert "cut short" in about(warnings, "stdin")


def test_a_wrong_checksum_costs_nothing_but_a_warning() -> None:
    gz, zipped = bytearray(gzip.compress(LOG)), zip_of(("a.log", LOG), method=zipfile.ZIP_STORED)
    gz[-8] ^= 1
    zipped[zipped.index(b"quick")] ^= 32

    read_gz, read_zip = read(bytes(gz)), read(bytes(zipped))

    assert read_gz[0] == {"stdin": LOG}
    assert "checksum" in about(read_gz[1], "stdin")
    assert len(read_zip[0]["a.log"]) == len(LOG)
    assert "checksum" in about(read_zip[1], "a.log")


def test_what_stands_before_damage_in_gzip_is_delivered() -> None:
    data = bytearray(gzip.compress(LOG))
    data[len(data) // 2 : len(data) // 2 + 64] = b"\xff" * 64

    found, warnings = read(bytes(data))

    same = sum(
        1
        for _ in takewhile(lambda pair: pair[0] == pair[1], zip(LOG, found["stdin"], strict=False))
    )
    assert same > 0.4 * len(LOG)
    assert "damaged" in about(warnings, "stdin")


def test_a_cut_tar_gives_its_whole_members_and_half_of_the_next() -> None:
    whole = tar_of(("a.log", b"whole\n"), ("b.log", b"half\n" * 1000))

    found, warnings = read(whole[:3000])

    assert found["a.log"] == b"whole\n"
    assert found["b.log"] == (b"half\n" * 1000)[: 3000 - 1536]
    assert "cut short" in about(warnings, "b.log")
    assert "cut short" in about(warnings, "stdin")


def test_a_damaged_tar_header_costs_one_member() -> None:
    data = bytearray(tar_of(("a.log", b"a\n"), ("b.log", b"b\n"), ("c.log", b"c\n")))
    data[1024] ^= 0xFF

    found, warnings = read(bytes(data))

    assert found == {"a.log": b"a\n", "c.log": b"c\n"}
    assert "a header in it is damaged" in about(warnings, "stdin")


def test_tars_packed_one_behind_the_other_are_all_read() -> None:
    found, warnings = read(tar_of(("a", b"1")) + tar_of(("b", b"2")))

    assert found == {"a": b"1", "b": b"2"}
    assert warnings == []


def test_an_encrypted_member_is_named_and_the_others_are_read() -> None:
    data = zip_of(("a.log", b"readable\n"), ("secret.log", b"hidden\n"))
    data[data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4) + 8] |= 1

    found, warnings = read(bytes(data))

    assert found == {"a.log": b"readable\n"}
    assert "encrypted" in about(warnings, "secret.log")


def test_an_unknown_compression_is_named_and_the_others_are_read() -> None:
    data = zip_of(("x.log", b"text\n"), ("a.log", b"readable\n"))
    data[data.index(b"PK\x01\x02") + 10] = 9

    found, warnings = read(bytes(data))

    assert found == {"a.log": b"readable\n"}
    assert "method 9" in about(warnings, "x.log")


def test_a_zip_without_its_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(zip_of(("a.log", LOG))[:-40])
    (tmp_path / "b.log").write_bytes(b"text\n")

    found, warnings = read_folder(tmp_path)

    assert found == {"b.log": b"text\n"}
    assert "cut short or damaged" in about(warnings, "cut.zip")


def test_other_data_behind_a_compressed_file_is_told() -> None:
    found, warnings = read(gzip.compress(b"text\n") + b"something else entirely")

    assert found == {"stdin": b"text\n"}
    assert "other data follows" in about(warnings, "stdin")


def test_a_file_that_grows_or_shrinks_is_read_as_it_was_or_is(tmp_path: Path) -> None:
    (tmp_path / "grows").write_bytes(b"old\n")
    (tmp_path / "shrinks").write_bytes(b"line\n" * 10_000)

    with open_bundle(tmp_path) as bundle:
        sources = bundle.sources()
        grows = next(sources)
        (tmp_path / "grows").write_bytes(b"old\nnew\n")
        assert grows.open().read() == b"old\n"
        shrinks = next(sources)
        (tmp_path / "shrinks").write_bytes(b"")
        assert shrinks.open().read() == shrinks.head


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told_with_advice(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    (tmp_path / "mine.log").write_bytes(b"secret\n")
    (tmp_path / "mine.log").chmod(0)
    (tmp_path / "b.log").write_bytes(b"text\n")

    found, warnings = read_folder(tmp_path)

    assert found == {"b.log": b"text\n"}
    assert "permission denied" in about(warnings, "mine.log")
    assert "permission denied" in about(warnings, "locked")


NESTED = {
    "tar": tar_of(("a.log", b"one\n" * 200), ("b.zip", bytes(zip_of(("c.log", b"two\n"))))),
    "zip": bytes(zip_of(("a.log", b"one\n" * 200), ("t.tar.gz", tar_of(("b", b"x"), mode="w:gz")))),
    "gz": gzip.compress(b"one\n" * 2000),
    "zst": zstandard.compress(b"one\n" * 2000),
    "xz": lzma.compress(b"one\n" * 2000),
    "bz2": bz2.compress(b"one\n" * 2000),
}


@given(
    data=st.binary(max_size=2000), head=st.sampled_from([b"", *(d[:600] for d in NESTED.values())])
)
def test_any_bytes_are_read_without_an_error(data: bytes, head: bytes) -> None:
    found, _ = read(head + data)

    assert isinstance(found, dict)


@pytest.mark.parametrize("kind", NESTED)
@given(seed=st.integers(0, 2**32))
def test_any_damage_to_an_archive_is_survived(kind: str, seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(NESTED[kind])
    for _ in range(dice.choice([1, 1, 3, 20])):
        data[dice.randrange(len(data))] = dice.choice([0, 255, dice.randrange(256)])

    with open_bundle(
        "-", Limits(ratio_free_bytes=1 << 20), stdin=io.BytesIO(bytes(data))
    ) as bundle:
        for source in bundle.sources():
            for block in text_blocks(source.open()):
                assert block.data.endswith(b"\n")
