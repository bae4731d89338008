"""The lines round a place, read again by offset: in folders, archives, any encoding, any size."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.answer import SourceInfo
from triage.bundle.bundle import open_bundle
from triage.bundle.excerpt import AFTER_BYTES, LONGEST, lines_around
from triage.excerpts import Place, TextLine, excerpt
from triage.secrets import MASK
from triage.testing import plain_answer

LINES = [f"line {number} says so" for number in range(1, 5001)]
TEXT = "\n".join(LINES) + "\n"


def info(name: str, encoding: str = "utf-8") -> SourceInfo:
    base = plain_answer().sources[0]
    return msgspec.structs.replace(base, name=name, encoding=encoding)


def place(number: int, end: int | None = None) -> Place:
    """Of a line of `TEXT`."""
    return Place(number, end or number, sum(len(line) + 1 for line in LINES[: number - 1]))


def around(path: Path, name: str, where: Place, encoding: str = "utf-8") -> list[TextLine]:
    return excerpt([str(path)], info(name, encoding), where, before=3, after=2)


def expected(number: int, end: int | None = None) -> list[TextLine]:
    first, last = max(1, number - 3), min(len(LINES), (end or number) + 2)
    return [TextLine(at, LINES[at - 1]) for at in range(first, last + 1)]


@pytest.fixture(params=["file", "folder", "gz", "tar.gz", "zip", "zip in tar"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A bundle, and the name under which the text is in it."""
    data = TEXT.encode()
    form: str = request.param
    if form == "file":
        (tmp_path / "app.log").write_bytes(data)
        return tmp_path / "app.log", "app.log"
    if form == "folder":
        (tmp_path / "it" / "deep").mkdir(parents=True)
        (tmp_path / "it" / "a.log").write_text("another\n")
        (tmp_path / "it" / "deep" / "app.log").write_bytes(data)
        return tmp_path / "it", "deep/app.log"
    if form == "gz":
        (tmp_path / "app.log.gz").write_bytes(gzip.compress(data))
        return tmp_path / "app.log.gz", "app.log.gz"
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other.log", "another\n")
        archive.writestr("deep/app.log", data)
    if form == "zip":
        (tmp_path / "it.zip").write_bytes(zipped.getvalue())
        return tmp_path / "it.zip", "deep/app.log"
    inner = ("it.zip", zipped.getvalue()) if form == "zip in tar" else ("deep/app.log", data)
    with tarfile.open(tmp_path / "it.tar.gz", "w:gz") as tar:
        for name, content in (("first.log", b"another\n"), inner):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return tmp_path / "it.tar.gz", "it.zip!/deep/app.log" if form == "zip in tar" else inner[0]


@pytest.mark.parametrize(("number", "end"), [(1, 1), (2, 4), (2500, 2503), (4999, 5000)])
def test_the_lines_round_a_place_are_those_of_the_file(
    bundle: tuple[Path, str], number: int, end: int
) -> None:
    path, name = bundle

    assert around(path, name, place(number, end)) == expected(number, end)


def test_of_several_bundles_the_right_one_is_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.log").write_text(f"in {name}\n")
    paths = [str(tmp_path / "a"), str(tmp_path / "b")]

    found = excerpt(paths, info("b/x.log"), Place(1, 1, 0), before=1, after=1)

    assert found == [TextLine(1, "in b")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_cut_at_its_own_newlines(tmp_path: Path, encoding: str) -> None:
    lines = [f"Zeile {number} \u010a\u0a0d sagt es" for number in range(200)]
    mark = "\ufeff".encode(encoding)
    (tmp_path / "app.log").write_bytes(mark + "\n".join(lines).encode(encoding))
    offset = len(mark) + len(("\n".join(lines[:99]) + "\n").encode(encoding))

    found = around(tmp_path / "app.log", "app.log", Place(100, 100, offset), encoding)

    assert found == [TextLine(at + 1, lines[at]) for at in range(96, 102)]


def test_the_mark_at_the_beginning_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")

    found = around(tmp_path / "app.log", "app.log", Place(1, 1, 0))

    assert found == [TextLine(1, "one"), TextLine(2, "two")]


def test_an_old_mac_file_has_lines_too(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"one\rtwo\rthree\rfour\r")

    found = around(tmp_path / "app.log", "app.log", Place(2, 2, 4))

    assert [line.text for line in found] == ["one", "two", "three", "four"]


def test_a_line_without_end_is_bounded_and_what_follows_it_is_found(tmp_path: Path) -> None:
    long = "x" * (1 << 20)
    (tmp_path / "app.log").write_text(f"before\n{long}\nbehind\n")

    found = around(tmp_path / "app.log", "app.log", Place(2, 2, 7))

    assert [(line.number, line.cut) for line in found] == [(1, False), (2, True), (3, False)]
    assert len(found[1].text) == LONGEST
    assert found[2].text == "behind"


def test_what_is_read_behind_a_place_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("first\n" + "x" * (2 * AFTER_BYTES) + "\nbehind\n")

    found = around(tmp_path / "app.log", "app.log", Place(1, 1, 0))

    assert [(line.number, line.cut) for line in found] == [(1, False), (2, True)]


def test_a_file_that_is_gone_or_shorter_than_it_was_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("short\n")

    assert around(tmp_path / "gone.log", "gone.log", Place(1, 1, 0)) == []
    assert around(tmp_path / "app.log", "app.log", Place(900, 900, 90_000)) == []
    assert around(tmp_path / "app.log", "other.log", Place(1, 1, 0)) == []


def test_bytes_that_are_no_text_are_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"good\nbad \xff\xfe end\nesc \x1b[2J\n")

    found = around(tmp_path / "app.log", "app.log", Place(2, 2, 5))

    assert [line.text for line in found] == ["good", r"bad \xff\xfe end", "esc \x1b[2J"]


def test_secrets_are_masked_a_private_key_over_its_lines(tmp_path: Path) -> None:
    head, tail = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    lines = ["start", "password=hunter2hunter2", head, "MIIEabcdef", "qrst", tail, "ready"]
    (tmp_path / "app.log").write_text("\n".join(lines) + "\n")
    whole = excerpt([str(tmp_path / "app.log")], info("app.log"), Place(1, 1, 0), before=9, after=9)
    offset = sum(len(line) + 1 for line in lines[:4])
    inside = excerpt(
        [str(tmp_path / "app.log")], info("app.log"), Place(5, 5, offset), before=1, after=9
    )

    assert [line.text for line in whole] == ["start", f"password={MASK}", *[MASK] * 4, "ready"]
    assert [line.text for line in inside] == [*[MASK] * 3, "ready"]


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r\0\x1a", exclude_categories=["Cs"])),
             min_size=1, max_size=30),
    st.data(),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_every_line_of_any_text_is_found_at_its_offset(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(lines)))
    path = tmp_path_factory.mktemp("any") / "app.log"
    path.write_bytes(("# utf-8 text\n" * 3 + "\n".join(lines)).encode())
    offset = len(("# utf-8 text\n" * 3).encode())
    offset += sum(len(line.encode()) + 1 for line in lines[: number - 1])

    with open_bundle(path) as bundle:
        found = [
            lines_around(source, Place(number + 3, number + 3, offset), "utf-8", 2, 0)
            for source in bundle.sources()
        ]

    if found and lines[number - 1]:
        assert found[0][-1] == TextLine(number + 3, lines[number - 1])
        assert [line.number for line in found[0]] == [number + 1, number + 2, number + 3]
