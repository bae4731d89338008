"""The command line keeps the contract: formats, streams, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

OOM = (
    "[  902.113377] Out of memory: Killed process 5120 (trainer) total-vm:98123456kB, "
    "anon-rss:65544332kB, file-rss:120kB, shmem-rss:0kB, UID:1000 pgtables:130044kB "
    "oom_score_adj:0\n"
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "incident"
    folder.mkdir()
    (folder / "dmesg.txt").write_text(OOM)
    return folder


def test_a_scan_prints_the_verdict_and_the_evidence(triage: Run, bundle: Path) -> None:
    done = triage("scan", bundle)

    assert done.returncode == 0
    assert done.stdout.startswith("CRITICAL")
    assert "dmesg.txt:1" in done.stdout
    assert "trainer" in done.stdout
    assert done.stderr == ""


def test_json_is_one_document_with_the_contract_s_fields(triage: Run, bundle: Path) -> None:
    done = triage("scan", bundle, "--format", "json")

    answer = json.loads(done.stdout)
    assert answer["schema"] == "triage.scan/1"
    assert answer["verdict"]["root_cause"] == "oom_kill"
    assert answer["findings"][0]["evidence"][0]["source"] == "dmesg.txt"
    assert answer["findings"][0]["entities"]["pid"] == [5120]
    assert answer["findings"][0]["not"]
    assert answer["sources"][0]["name"] == "dmesg.txt"


def test_two_runs_print_the_same_bytes(triage: Run, bundle: Path) -> None:
    first = triage("scan", bundle, "--format", "json").stdout
    second = triage("scan", bundle, "--format", "json").stdout

    assert first == second


def test_standard_input_is_a_bundle(triage: Run) -> None:
    done = triage("scan", "-", "--format", "json", stdin=OOM)

    answer = json.loads(done.stdout)
    assert answer["verdict"]["root_cause"] == "oom_kill"
    assert answer["findings"][0]["evidence"][0]["source"] == "stdin"


@pytest.mark.parametrize(("threshold", "status"), [("critical", 1), ("warning", 1), ("info", 1)])
def test_fail_on_sets_the_exit_status(
    triage: Run, bundle: Path, threshold: str, status: int
) -> None:
    assert triage("scan", bundle, "--fail-on", threshold).returncode == status


def test_fail_on_is_silent_about_a_clean_bundle(triage: Run, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("2025-01-01 00:00:00 INFO all is well\n")

    done = triage("scan", tmp_path, "--fail-on", "warning")

    assert done.returncode == 0
    assert done.stdout.startswith("CLEAN")


def test_a_missing_path_is_one_clear_line(triage: Run, tmp_path: Path) -> None:
    done = triage("scan", tmp_path / "nowhere")

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr


def test_an_empty_folder_is_nothing_to_read(triage: Run, tmp_path: Path) -> None:
    done = triage("scan", tmp_path)

    assert done.returncode == 2
    assert "no text" in done.stderr


def test_an_unreadable_part_is_listed_and_the_rest_is_judged(triage: Run, bundle: Path) -> None:
    (bundle / "old.log.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x00" * 40)

    done = triage("scan", bundle, "--format", "json")

    answer = json.loads(done.stdout)
    assert done.returncode == 3
    assert answer["verdict"]["root_cause"] == "oom_kill"
    assert any("old.log.gz" in warning for warning in answer["warnings"])


def test_a_wrong_call_is_status_2(triage: Run) -> None:
    assert triage("scan").returncode == 2
    assert triage("frobnicate").returncode == 2


def test_hostile_text_reaches_neither_terminal_nor_markup(triage: Run, tmp_path: Path) -> None:
    evil = OOM.replace("(trainer)", "([bold]x\x1b]0;owned\x07\u202e)")
    (tmp_path / "dmesg.txt").write_text(evil)

    done = triage("scan", tmp_path, "--color", "always")

    assert "[bold]x" in done.stdout
    assert "\x1b]0;" not in done.stdout
    assert "\x07" not in done.stdout
    assert "\u202e" not in done.stdout


def test_a_value_in_a_suggested_command_is_quoted_for_the_shell(
    triage: Run, tmp_path: Path
) -> None:
    (tmp_path / "kern.log").write_text(
        "Mar  3 11:20:01 n1;reboot kernel: [88121.5] Out of memory: Killed process 77 (a) "
        "total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB\n"
    )

    answer = json.loads(triage("scan", tmp_path, "--format", "json").stdout)

    steps = " ".join(step for finding in answer["findings"] for step in finding["next_steps"])
    assert " n1;reboot" not in steps


def test_an_unknown_signature_is_explained_with_near_names(triage: Run) -> None:
    done = triage("explain", "oom_kil")

    assert done.returncode == 2
    assert "oom_kill," in done.stderr


def test_explain_takes_the_words_that_people_say(triage: Run) -> None:
    done = triage("explain", "xid", "31")

    assert done.returncode == 0
    assert "What it is not" in done.stdout


def test_a_reader_who_has_seen_enough_is_no_failure(bundle: Path) -> None:
    call = [sys.executable, "-c", "from triage.cli import main; main()", "scan", str(bundle)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert process.returncode == 0
    assert said == b""


def test_times_as_people_say_them_bound_the_answer(triage: Run, tmp_path: Path) -> None:
    early = (
        "2025-04-02T01:00:00Z INFO started\n"
        "2025-04-02T02:00:00Z CONNECTION_LOST: Worker node n1 unreachable.\n"
    )
    kill = OOM.replace("[  902.113377]", "2025-04-02T10:00:00+00:00 n2 kernel: [  902.113377]")
    (tmp_path / "app.log").write_text(early)
    (tmp_path / "kern.log").write_text(kill)

    answer = json.loads(
        triage("scan", tmp_path, "--since", "2 hours before the crash", "--format", "json").stdout
    )

    assert [finding["id"] for finding in answer["findings"]] == ["oom_kill"]


@pytest.mark.parametrize(
    "wrong", [("--since", "gibberish"), ("--zone", "Nowhere/X"), ("--signatures", "/nowhere")]
)
def test_a_wrong_option_is_one_clear_line(
    triage: Run, bundle: Path, wrong: tuple[str, str]
) -> None:
    done = triage("scan", bundle, *wrong)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_bundles_of_one_name_are_told_apart(triage: Run, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "dmesg").write_text(OOM)
    (tmp_path / "b" / "old.log.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x00" * 40)

    files = json.loads(
        triage("scan", tmp_path / "a/dmesg", tmp_path / "b/dmesg", "--format", "json").stdout
    )
    folders = json.loads(triage("scan", tmp_path / "a", tmp_path / "b", "--format", "json").stdout)

    assert [source["name"] for source in files["sources"]] == ["dmesg", "dmesg#2"]
    unread = [source["name"] for source in folders["sources"] if source["error"]]
    assert unread == ["b/old.log.gz"]
