"""`triage explain ID PATH`: why it fired, stayed silent or could not be decided there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from triage.explaining.explain import explain
from triage.explaining.explanation import Outcome
from triage.reading import Options

Run = Callable[..., "subprocess.CompletedProcess[str]"]

XID = "[ 7731.400123] NVRM: Xid (PCI:0000:65:00): {}, pid=4242, name=python3, {}\n"
LOADED = (
    "[    5.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  {}  "
    "Fri May 31 09:35:42 UTC 2024\n"
)


def bundle(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def outcome(words: list[str], path: Path) -> Outcome:
    made = explain([*words, str(path)])
    assert made.bundle is not None
    return made.bundle.outcomes[0]


# It fired


def test_a_fired_signature_tells_where_and_by_which_way(samples: Path) -> None:
    told = outcome(["xid_31"], samples / "gpu-innocent")

    assert told.status == "fired"
    assert [(way.read, way.fired) for way in told.ways] == [(4, 4)]
    assert told.found[0].count == 2
    assert told.found[0].evidence[0].source == "dmesg.txt"


def test_the_grade_that_holds_is_told_and_why_the_others_do_not(samples: Path) -> None:
    found = outcome(["xid_31"], samples / "gpu-innocent").found[0]

    assert [grade.applied for grade in found.grades] == [False, False, True]
    assert "none of them is in the bundle" in found.grades[0].failed[0]
    assert "pid is 218734" in found.grades[1].failed[0]


def test_a_later_grade_is_not_asked_once_one_holds(tmp_path: Path) -> None:
    lines = XID.format(48, "DBE (Double Bit Error) ECC Error") + XID.format(31, "Ch 00000008")
    found = outcome(
        ["xid_31"], bundle(tmp_path, dmesg=lines + XID.format(31, "Ch 00000009"))
    ).found[0]

    assert found.role == "symptom"
    assert [grade.applied for grade in found.grades] == [True, False, False]
    assert found.grades[2].failed == []


def test_what_it_is_not_is_told_with_what_speaks_against_it(tmp_path: Path) -> None:
    lines = XID.format(79, "GPU has fallen off the bus.") + XID.format(31, "Ch 00000008")
    found = outcome(["xid_31"], bundle(tmp_path, dmesg=lines)).found[0]

    hardware = next(rule for rule in found.nots if rule.id == "gpu_hardware_fault")
    assert not hardware.said
    assert "xid_79 was found" in hardware.why


def test_a_cause_is_told_with_what_joins_it(samples: Path) -> None:
    found = outcome(["cuda_illegal_access"], samples / "gpu-innocent").found[0]

    joined = next(cause for cause in found.causes if cause.id == "xid_31")
    assert joined.explains
    assert "same pid 218734" in joined.why


def test_a_cause_that_is_too_far_away_is_told_as_such(tmp_path: Path) -> None:
    early = XID.format(79, "GPU has fallen off the bus.").replace("7731", " 100")
    lines = early + XID.format(31, "Ch 00000008")
    found = outcome(["xid_31"], bundle(tmp_path, dmesg=lines)).found[0]

    apart = next(cause for cause in found.causes if cause.id == "xid_79")
    assert not apart.explains
    assert "60 s are allowed" in apart.why


def test_what_stays_open_beside_a_finding_is_told(tmp_path: Path) -> None:
    found = outcome(["xid_31"], bundle(tmp_path, dmesg=XID.format(31, "Ch 00000008"))).found[0]

    assert "no nvidia-smi output is in the bundle" in found.undecided[0]


# It stayed silent


def test_another_value_is_told_with_its_place(samples: Path) -> None:
    told = outcome(["xid", "119"], samples / "gpu-innocent")

    assert told.status == "silent"
    refused = told.ways[0].refused[0]
    assert (refused.why, refused.count) == ("xid is 31, it must be 119", 4)
    assert (refused.places[0].source, refused.places[0].line) == ("dmesg.txt", 24)


def test_texts_that_nobody_saw_are_told(samples: Path) -> None:
    told = outcome(["undefined_symbol"], samples / "healthy")

    assert told.status == "silent"
    assert told.why == ["none of the texts that announce it was seen"]
    assert told.ways[0].literals == {"undefined symbol: ": 0}


def test_a_text_that_is_there_without_the_rest_of_the_pattern_is_told(tmp_path: Path) -> None:
    told = outcome(["torch_weights_only"], bundle(tmp_path, app="see `weights_only` in the docs\n"))

    assert told.status == "silent"
    assert all(way.fired == 0 for way in told.ways)


def test_a_near_miss_is_told_by_the_guard_that_caught_it(tmp_path: Path) -> None:
    lines = "ImportError: /x/a.so: undefined symbol: foo_bar (dlvsym)\n"
    told = outcome(["undefined_symbol"], bundle(tmp_path, app=lines))

    assert told.status == "silent"
    assert any("must not be there" in r.why for way in told.ways for r in way.refused)


def test_a_more_specific_signature_that_took_the_event_is_told(tmp_path: Path) -> None:
    lines = "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory\n"
    told = outcome(["missing_shared_library"], bundle(tmp_path, app=lines))

    assert told.status == "silent"
    refused = [one.why for way in told.ways for one in way.refused]
    assert "libcuda_missing fired there and is more specific" in refused


def test_what_was_ruled_out_is_told_with_the_reason(samples: Path) -> None:
    told = outcome(["k8s_oomkilled"], samples / "panic-node")

    assert told.status == "ruled out"
    assert "the runtime gives the reason Error" in told.why[0]


def test_what_a_suppression_hides_is_told_with_its_reason(tmp_path: Path) -> None:
    rules = tmp_path / "quiet.toml"
    rules.write_text(
        'format = 1\n[[suppress]]\nid = "xid_31"\nwhen = { gpu = "0000:65:00" }\n'
        'reason = "known, ticket 12"\nuntil = 2999-01-01\n'
    )
    folder = tmp_path / "incident"
    folder.mkdir()
    bundle(folder, dmesg=XID.format(31, "Ch 00000008"))

    made = explain(["xid_31", str(folder)], Options(suppressions=(rules,)))

    assert made.bundle is not None
    told = made.bundle.outcomes[0]
    assert told.status == "hidden"
    assert "known, ticket 12" in told.why[0]
    assert told.ways[0].fired == 1


# It could not be decided


def test_a_missing_kernel_log_leaves_it_open(tmp_path: Path) -> None:
    told = outcome(["xid", "31"], bundle(tmp_path, app="2024-05-14 03:02:14 INFO app: ready\n"))

    assert (told.status, told.needs) == ("undecided", ["kernel"])
    assert told.why == ["no kernel log is in the bundle, which would tell"]


def test_a_calm_kernel_log_decides(samples: Path) -> None:
    assert outcome(["xid", "31"], samples / "healthy").status == "silent"


def test_an_answer_that_is_open_says_so(samples: Path, tmp_path: Path) -> None:
    folder = bundle(tmp_path, dmesg=XID.format(31, "Ch 00000008"))

    assert outcome(["gpu_hardware_fault"], folder).status in {"undecided", "ruled out"}
    assert outcome(["gpu_hardware_fault"], samples / "gpu-innocent").status == "ruled out"


# Rows and what the bundle tells of driver and card


@pytest.mark.parametrize(
    ("driver", "meaning"),
    [("550.90.07", "the change of encryption keys failed"), ("570.86.15", "NVLink 5 error of SAW")],
)
def test_the_driver_of_the_bundle_picks_the_meaning(
    tmp_path: Path, driver: str, meaning: str
) -> None:
    lines = LOADED.format(driver) + XID.format(144, "something")
    made = explain(["xid", "144", str(bundle(tmp_path, dmesg=lines))])

    assert made.bundle is not None
    assert made.bundle.drivers == [driver]
    assert [made.rows[n].meaning[: len(meaning)] for n in made.bundle.rows] == [meaning]


def test_without_a_driver_all_meanings_are_kept(tmp_path: Path) -> None:
    made = explain(["xid", "144", str(bundle(tmp_path, dmesg=XID.format(144, "something")))])

    assert made.bundle is not None
    assert made.bundle.rows == [0, 1]


def test_the_card_of_the_bundle_picks_the_meaning(samples: Path) -> None:
    made = explain(["xid", "63", str(samples / "gpu-innocent")])

    assert made.bundle is not None
    assert made.bundle.cards == ["NVIDIA A100-SXM4-80GB"]
    assert "row" in made.rows[made.bundle.rows[0]].meaning


def test_every_mention_of_an_exit_code_is_counted(samples: Path) -> None:
    made = explain(["exit", "137", str(samples / "panic-node")])

    assert made.bundle is not None
    assert made.bundle.seen >= 2
    assert {one.id: one.status for one in made.bundle.outcomes}["exit_137_sigkill"] == "fired"


# Through the command line


def said(triage: Run, *words: object) -> str:
    done = triage("explain", *words)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_the_page_of_a_fired_signature(triage: Run, samples: Path) -> None:
    page = said(triage, "xid_31", samples / "gpu-innocent")

    assert "xid_31 FIRED" in page
    assert "dmesg.txt:24" in page
    assert "What might explain it" in page
    assert "4 events read, 4 fit" in page


def test_the_page_of_a_silent_signature(triage: Run, samples: Path) -> None:
    page = said(triage, "xid", "119", samples / "gpu-innocent")

    assert "xid_119 STAYED SILENT" in page
    assert "xid is 31, it must be 119" in page


def test_the_page_of_one_that_could_not_be_decided(triage: Run) -> None:
    done = triage("explain", "xid", "31", "-", stdin="2024-05-14 03:02:14 INFO app: ready\n")

    assert done.returncode == 0
    assert "xid_31 COULD NOT BE DECIDED in standard input" in done.stdout
    assert "no kernel log is in the bundle" in done.stdout


def test_several_signatures_are_told_in_a_line_each(triage: Run, samples: Path) -> None:
    page = said(triage, "exit", "137", samples / "panic-node")

    assert "exit_137_sigkill FIRED: " in page
    assert "oom_kill RULED OUT: " in page
    assert "How it is recognized" not in page
    assert "How it is recognized" in said(triage, "exit", "137", samples / "panic-node", "-v")


def test_a_case_tells_what_its_answer_holds(triage: Run, samples: Path, tmp_path: Path) -> None:
    case = tmp_path / "now.triage"
    triage("scan", samples / "gpu-innocent", "--case", case)

    page = said(triage, "xid_31", case)

    assert "xid_31 FIRED" in page
    assert "a case keeps the answer" in page
    assert "STAYED SILENT" in said(triage, "xid_119", case)


def test_json_tells_of_the_bundle(triage: Run, samples: Path) -> None:
    made: dict[str, Any] = json.loads(
        said(triage, "xid_31", samples / "gpu-innocent", "--format", "json")
    )

    assert made["bundle"]["outcomes"][0]["status"] == "fired"
    assert made["bundle"]["outcomes"][0]["found"][0]["grades"][2]["applied"] is True
    assert made["bundle"]["drivers"] == ["535.183.01"]


def test_two_runs_print_the_same_bytes(triage: Run, samples: Path) -> None:
    call = ("xid_31", samples / "gpu-innocent", "--format", "json")

    assert said(triage, *call) == said(triage, *call)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("xid_31", "no/such/folder"), "no/such/folder: no such file or folder"),
        (("xid_31", "nonsense"), "nonsense: no such file or folder"),
        (("xid", "samples"), "xid is a whole table"),
        (("no_such_thing", "samples"), "'no_such_thing' is known"),
    ],
)
def test_a_wrong_call_leaves_with_2(triage: Run, words: tuple[str, ...], told: str) -> None:
    done = triage("explain", *words)

    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_name_wins_over_a_file_of_that_name(
    triage: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "119").write_text("a file that happens to be called so\n")
    monkeypatch.chdir(tmp_path)

    assert "GSP_RPC_TIMEOUT" in said(triage, "xid", "119")


def test_text_of_the_bundle_is_data(triage: Run, tmp_path: Path) -> None:
    evil = "\x1b]8;;http://x\x07[bold red]API_TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789[/]"
    folder = bundle(tmp_path, dmesg=XID.format(31, evil))

    for color in ("never", "always"):
        page = said(triage, "xid_31", folder, "--color", color)
        assert "\x1b]8" not in page
        assert "ghp_abcdefghijklmnopqrstuvwxyz" not in page
    assert "[bold red]" in said(triage, "xid_31", folder)
