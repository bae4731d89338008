"""A bundle that was redacted to be shared leads to the same diagnosis as the original.

`TRIAGE_BUNDLES=/path make test-slow ARGS="tests/test_redact_diagnosis.py"` asks the same of every
bundle in a folder of yours.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from triage.answer import Answer
from triage.faces.as_json import render
from triage.redact import Known, Redactor
from triage.scanner import scan_paths, write_case
from triage.timeline.query import open_case

SAMPLES = sorted(
    path
    for path in (Path(__file__).parent.parent / "samples").iterdir()
    if path.suffix != ".md" and path.name != "healthy-forms"
)
OWN = Path(os.environ.get("TRIAGE_BUNDLES", "/nonexistent"))
LABELS = "case.json"
"""What somebody wrote about a bundle is no part of it."""


def diagnosis(answer: Answer) -> object:
    """All that a redaction must not change."""
    findings = [
        (
            found.id,
            found.severity,
            found.role,
            found.rank,
            found.confidence,
            found.count,
            found.first_seen,
            found.time_quality,
            [link.id for link in found.explained_by],
            [(piece.line, piece.line_end, piece.time) for piece in found.evidence],
        )
        for found in answer.findings
    ]
    return (
        answer.verdict.status,
        answer.verdict.root_cause,
        answer.verdict.confidence,
        findings,
        sorted(one.id for one in answer.undecided),
        sorted(one.id for one in answer.ruled_out),
        sorted((source.lines, source.parser or "") for source in answer.sources),
    )


def redacted(bundle: Path, folder: Path, *, share: bool) -> tuple[Answer, Path]:
    """The answer about the original, and where its redacted copy is."""
    original = folder / "original"
    if bundle.is_file():
        with tarfile.open(bundle) as archive:
            archive.extractall(original, filter="data")
    else:
        shutil.copytree(bundle, original, ignore=shutil.ignore_patterns(LABELS))
    scan = scan_paths([original])
    write_case(scan, folder / "x.triage")
    with open_case(folder / "x.triage") as case:
        redactor = Redactor("share" if share else "secrets", Known.of_case(case.query))
    files = [path for path in sorted(original.rglob("*")) if path.is_file()]
    raw = {path: path.read_bytes() for path in files}
    for content in raw.values():
        redactor.learn(content.decode("utf-8", "surrogateescape"))
    for path, content in raw.items():
        target = folder / "copy" / redactor.text(str(path.relative_to(original)))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            text = content.decode()
        except UnicodeDecodeError:  # in another encoding: not what is tested here
            target.write_bytes(content)
            continue
        shown = redactor.text(text)
        assert shown.count("\n") == text.count("\n")
        assert redactor.text(shown) == shown
        target.write_bytes(shown.encode())
    return scan.answer, folder / "copy"


@pytest.mark.parametrize("bundle", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("share", [True, False], ids=["share", "secrets"])
def test_a_redacted_sample_is_diagnosed_as_before(
    bundle: Path, tmp_path: Path, *, share: bool
) -> None:
    answer, copy = redacted(bundle, tmp_path, share=share)

    assert diagnosis(scan_paths([copy]).answer) == diagnosis(answer)


@pytest.mark.slow
@pytest.mark.skipif(not OWN.is_dir(), reason="TRIAGE_BUNDLES names no folder")
def test_all_bundles_of_a_folder_are_diagnosed_as_before(tmp_path: Path) -> None:
    wrong = []
    for number, bundle in enumerate(sorted(path for path in OWN.iterdir() if path.is_dir())):
        folder = tmp_path / str(number)
        folder.mkdir()
        answer, copy = redacted(bundle, folder, share=True)
        if diagnosis(scan_paths([copy]).answer) != diagnosis(answer):
            wrong.append(bundle.name)

    assert wrong == []


def test_nothing_that_was_replaced_is_left_in_the_copy(tmp_path: Path) -> None:
    bundle = next(path for path in SAMPLES if path.name == "gpu-innocent")
    _, copy = redacted(bundle, tmp_path, share=True)

    left = "\n".join(path.read_text() for path in copy.rglob("*.txt"))

    for name in ("gpu-a07", "10.20.4.17", "cedarline", "1650923014477", "7c1e9b52", "t2vxm"):
        assert name not in left
    assert "NVRM: Xid (PCI:0000:31:00): 31, pid=218734" in left


def test_a_redacted_answer_names_nobody_and_says_the_same() -> None:
    answer = scan_paths([next(path for path in SAMPLES if path.name == "gpu-innocent")]).answer

    shown = Redactor("share").answer(answer)

    text = render(shown).decode()
    for name in ("gpu-a07", "10.20.4.17", "cedarline", "1650923014477", "t2vxm"):
        assert name not in text
    assert diagnosis(shown) == diagnosis(answer)
    assert "kubectl cordon host-1" in text
