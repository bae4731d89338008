"""Whoever waits hears how far the reading is, within one large file too."""

from __future__ import annotations

from pathlib import Path

from triage.scanner import Options, scan_paths, write_case

LINE = "Mar 11 10:00:00 gpu-9 app[77]: request served in 12 ms\n"


def test_every_byte_is_told_once_and_a_large_file_piece_by_piece(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "small.log").write_text(LINE)
    (bundle / "large.log").write_text(LINE * 300_000)
    told: list[tuple[str, int]] = []

    scan = scan_paths([bundle], Options(), lambda *piece: told.append(piece))

    sizes = {source.name: source.bytes for source in scan.answer.sources}
    assert {name: sum(size for one, size in told if one == name) for name in sizes} == sizes
    assert sum(name == "large.log" for name, _ in told) > 3
    told.clear()
    write_case(scan, tmp_path / "case.triage", lambda *piece: told.append(piece))
    assert sum(size for _, size in told) == sum(sizes.values())
