"""`triage report`: from a bundle, a case or a finished report to a page, a file, an exit status."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from triage.cli import main
from triage.report.model import SCHEMA
from triage.timeline.responder import Responder

Process = Callable[..., "CompletedProcess[str]"]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def triage_here(capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The command in this process: a process of its own costs a second each."""

    def run(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Done(int(str(left.value.code)), out.decode(), err.decode())

    return run


def test_a_bundle_becomes_a_page_of_markdown(triage: Process, samples: Path) -> None:
    done = triage("report", samples / "drift-ignored")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Post-mortem draft: ")
    assert "TODO(service owner): " in done.stdout
    assert "## What we did not see" in done.stdout
    assert done.stderr == ""


def test_a_case_gives_the_same_report_as_its_bundle(
    triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    triage_here("scan", samples / "panic-node", "--case", case)

    of_case = triage_here("report", case, "--format", "json")
    of_bundle = triage_here("report", samples / "panic-node", "--format", "json")

    assert of_case.returncode == of_bundle.returncode == 0
    assert of_case.stdout == of_bundle.stdout
    assert json.loads(of_case.stdout)["schema"] == SCHEMA


def test_what_the_responder_did_is_told_without_a_name(
    triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    triage_here("scan", samples / "panic-node", "--case", case)
    responder = Responder.at(case)
    responder.note("drained the node and called the data center")
    responder.tick("kernel/aer", 1, "Cordon the node", finding=None)
    responder.close()

    done = triage_here("report", case)

    assert "responder 1, note: drained the node and called the data center [R1]" in done.stdout
    assert "responder 1, done: Cordon the node [R2]" in done.stdout
    assert "[R1]: #response" in done.stdout


@pytest.mark.parametrize(("name", "start"), [
    ("a.html", "<!DOCTYPE html>"), ("a.json", "{"), ("a.md", "# Post"), ("a.out", "# Post"),
])  # fmt: skip
def test_the_file_tells_the_format(
    name: str, start: str, triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    done = triage_here("report", samples / "healthy", "-o", tmp_path / name)

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert (tmp_path / name).read_text("utf-8").startswith(start)
    assert not (tmp_path / name).stat().st_mode & stat.S_IXUSR
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_bundle_is_never_written_into(triage_here: Run, samples: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(samples / "healthy", bundle)

    for target in (bundle / "report.md", bundle):
        done = triage_here("report", bundle, "-o", target)
        assert done.returncode == 2
        assert "a bundle is never changed" in done.stderr
    assert sorted(path.name for path in bundle.iterdir()) == sorted(
        path.name for path in (samples / "healthy").iterdir()
    )


def test_a_call_that_cannot_work_says_what_to_do(
    triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    missing = triage_here("report", samples / "healthy", "--template", tmp_path / "none.j2")
    both = triage_here("report", samples / "healthy", "--template", "cmr", "--format", "json")
    nowhere = triage_here("report", samples / "healthy", "-o", tmp_path / "no" / "a.md")

    assert [done.returncode for done in (missing, both, nowhere)] == [2, 2, 2]
    assert "ours are srebook, brief, cmr" in missing.stderr
    assert "templates are for md and html" in both.stderr
    assert "its folder is missing" in nowhere.stderr


def test_a_damaged_file_costs_a_status_and_is_told(
    triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(samples / "drift-ignored", bundle)
    (bundle / "old.log.gz").write_bytes(b"\x1f\x8b\x08\x00damaged")

    done = triage_here("report", bundle)

    assert done.returncode == 3
    assert "`old.log.gz` could not be read whole: " in done.stdout


def test_redaction_for_sharing_hides_names_and_keeps_the_diagnosis(
    triage_here: Run, samples: Path
) -> None:
    plain = triage_here("report", samples / "gpu-innocent", "--redact", "none").stdout

    shared = triage_here("report", samples / "gpu-innocent", "--redact", "share").stdout

    for kept in ("218734", "0000:31:00", "exit code 137", "dmesg.txt", "2.3.1+cu121"):
        assert kept in plain
        assert kept in shared
    for hidden in ("gpu-a07", "cedarline.example", "10.20.0.5"):
        assert hidden in plain
        assert hidden not in shared
    assert "Redacted (share): " in shared
    assert "Not looked for: " in shared


def test_pseudonyms_of_a_case_are_kept_beside_it_for_its_owner_alone(
    triage_here: Run, samples: Path, tmp_path: Path
) -> None:
    case = tmp_path / "now.triage"
    triage_here("scan", samples / "gpu-innocent", "--case", case)

    first = triage_here("report", case, "--redact", "share")
    again = triage_here("report", case, "--redact", "share")

    assert first.stdout == again.stdout
    (kept,) = [path for path in tmp_path.iterdir() if path != case]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_draft_is_not_taken_for_final(triage_here: Run, samples: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    triage_here("report", samples / "drift-ignored", "-o", draft)

    of_file = triage_here("report", "--check", draft)
    of_bundle = triage_here("report", "--check", samples / "drift-ignored")

    assert of_file.returncode == of_bundle.returncode == 1
    assert "draft.md:5: todo: TODO(incident lead): incident number and title" in of_file.stdout
    assert "todo: TODO(service owner): how many users or jobs" in of_bundle.stdout


def test_a_finished_report_passes(triage_here: Run, tmp_path: Path) -> None:
    final = tmp_path / "final.md"
    final.write_text("# Post-mortem\n\nThe job dropped a table at 03:40 UTC.\n")

    done = triage_here("report", "--check", final)

    assert done.returncode == 0
    assert done.stdout == "0 open, 0 to reword\n"
