"""`triage explain` finds what people ask for, in the words in which they ask."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from triage.errors import UsageError
from triage.explaining.topics import topic_of
from triage.faces.explain import plain_title
from triage.signatures.load import load

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KNOWLEDGE = load()


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("oom_kill", "signature", "oom_kill"),
        ("OOM kill", "signature", "oom_kill"),
        ("exit_137_sigkill", "signature", "exit_137_sigkill"),
        ("xid_unknown", "signature", "xid_unknown"),
        ("xid 119", "xid", "Xid 119"),
        ("xid_119", "xid", "Xid 119"),
        ("XID-79", "xid", "Xid 79"),
        ("Xid=31", "xid", "Xid 31"),
        ("sxid 12028", "sxid", "SXid 12028"),
        ("sxid_26006", "sxid", "SXid 26006"),
        ("exit 137", "exit", "exit code 137"),
        ("exit_137", "exit", "exit code 137"),
        ("exit code 1", "exit", "exit code 1"),
        ("exit -9", "exit", "exit code -9"),
        ("exit 139", "exit", "exit code 139"),
        ("exit 35584", "exit", "exit code 139"),
        ("exit 42", "exit", "exit code 42"),
        ("exit -104", "exit", "exit code -104"),
        ("exit -1073741819", "exit", "exit code -1073741819"),
        ("status=203/EXEC", "exit", "exit code 203"),
        ("exit 0:9", "signal", "signal 9, SIGKILL"),
        ("signal 9", "signal", "signal 9, SIGKILL"),
        ("SIGKILL", "signal", "signal 9, SIGKILL"),
        ("sigsegv", "signal", "signal 11, SIGSEGV"),
        ("signal term", "signal", "signal 15, SIGTERM"),
        ("reason OOMKilled", "reason", "OOMKilled"),
        ("crashloopbackoff", "reason", "CrashLoopBackOff"),
        ("OutOfnvidia.com/gpu", "reason", "OutOfnvidia.com/gpu"),
        ("exception RuntimeError", "exception", "RuntimeError"),
        ("torch.cuda.OutOfMemoryError", "exception", "torch.OutOfMemoryError"),
        ("UnpicklingError", "exception", "pickle.UnpicklingError"),
        ("OutOfMemoryError", "exception", "OutOfMemoryError"),
        ("nvlink5", "nvlink5", "NVLink 5 sub-codes"),
        ("nvlink5 145", "nvlink5", "NVLink 5, Xid 145"),
        ("nvlink5 145 rlw_ctrl", "nvlink5", "NVLink 5, Xid 145 RLW_CTRL"),
        ("nvlink5 145.RLW_CTRL", "nvlink5", "NVLink 5, Xid 145 RLW_CTRL"),
        ("nv_status 0x62", "status", "NV_STATUS 0x62"),
        ("rminit 0x62:0x40:1784", "status", "RmInitAdapter failed (0x62:0x40)"),
        ("xids", "xid", "xid"),
        ("signal", "signal", "signal"),
        ("gpu_hardware_fault", "suspicion", "gpu_hardware_fault"),
    ],
)
def test_each_way_of_asking_finds_what_is_meant(asked: str, kind: str, name: str) -> None:
    topic = topic_of([asked], KNOWLEDGE)

    assert (topic.kind, topic.name) == (kind, name)
    assert topic_of(asked.split(), KNOWLEDGE) == topic


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("oom_kil", "oom_kill,"),
        ("xid 311", "near are 31,"),
        ("sxid 12029999", "near are 12029"),
        ("sxid 12099", "12051"),
        ("exit 400", "near are"),
        ("exit -200", "YARN"),
        ("signal 77", "signal lists all"),
        ("signal 40", "real-time"),
        ("SIGFOO", "SIGIO"),
        ("reason OOMKiled", "OOMKilled"),
        ("exception RuntimeEror", "RuntimeError"),
        ("CrashLoopBackof", "CrashLoopBackOff"),
        ("nvlink5 111", "near are 144"),
        ("nvlink5 145 RLW_CTRM", "RLW_CTRL"),
        ("status 0xabcdef", "NV_STATUS"),
        ("137", "exit 137 or xid 137"),
        ("9", "signal 9"),
        ("what on earth is this", "it takes"),
    ],
)
def test_what_nobody_knows_is_refused_with_what_comes_near(asked: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        topic_of([asked], KNOWLEDGE)


def test_every_signature_is_found_by_its_id() -> None:
    for signature in KNOWLEDGE.signatures:
        assert signature.id in topic_of([signature.id], KNOWLEDGE).signatures


def test_the_words_of_a_line_pick_the_row_of_nvlink_5() -> None:
    topic = topic_of(["nvlink5 149 NETIR_LINK_EVT 0x021425c6 0x00000001"], KNOWLEDGE)

    assert [row.action for row in topic.units] == ["RESET_GPU"]
    assert "reason 33: peer side: disabled" in topic.notes


def test_words_that_fit_no_layout_are_said_to() -> None:
    topic = topic_of(["nvlink5 149 NETIR_LINK_EVT 0x00000000 0x00000001"], KNOWLEDGE)

    assert "does not fit this unit" in topic.notes[0]


def test_137_and_minus_9_are_looked_for_as_one() -> None:
    assert topic_of(["exit 137"], KNOWLEDGE).seen_as == {"exit_code": [137, -9]}
    assert topic_of(["exit -9"], KNOWLEDGE).seen_as == {"exit_code": [-9, 137]}


@pytest.mark.parametrize(
    ("template", "plain"),
    [
        ("Xid 31: invalid access[[ on GPU {gpu}]][[ (pid {pid})]]", "Xid 31: invalid access"),
        ("The kernel killed {process}", "The kernel killed <process>"),
    ],
)
def test_a_title_is_shown_without_what_only_a_finding_knows(template: str, plain: str) -> None:
    assert plain_title(template) == plain


# Through the command line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("oom_kill",), ["oom_kill: The kernel killed", "What it is not", "## Confirm"]),
        (("xid", "119"), ["GSP_RPC_TIMEOUT", "worse when", "xid_119:", "Sources: "]),
        (("sxid", "12028"), ["egress non-posted PRIV error", "Non-fatal", "sxid_nonfatal"]),
        (("exit", "137"), ["137 alone proves no lack of memory", "signal 9, SIGKILL"]),
        (("exit", "-9"), ["a shell says 137", "signal_sigkill"]),
        (("SIGKILL",), ["it cannot be caught", "ends the process"]),
        (("nvlink5", "144"), ["SAW_MVB", "RESET_GPU: reset the GPU"]),
        (("reason", "OOMKilled"), ["said of", "k8s_oomkilled"]),
        (("RuntimeError",), ["Read the message, not the class", "traceback"]),
        (("gpu_hardware_fault",), ["Named by", "xid_31: "]),
        (("xid",), ["79 ", "999 "]),
        (("xid", "144"), ["drivers from 550.40.63 on before 555", "Blackwell and newer"]),
    ],
)
def test_the_page_tells_what_was_asked(
    triage: Run, words: tuple[str, ...], told: list[str]
) -> None:
    done = triage("explain", *words)

    assert done.returncode == 0
    assert done.stderr == ""
    assert [one for one in told if one not in done.stdout] == []


def test_a_wrong_call_says_so_in_one_line_and_leaves_with_2(triage: Run) -> None:
    done = triage("explain", "xid", "311")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("triage: no Xid 311 is known; near are 31,")


def test_json_holds_the_row_the_signature_and_the_page(triage: Run) -> None:
    made = json.loads(triage("explain", "xid", "79", "--format", "json").stdout)

    assert made["schema"] == "triage.explain/1"
    assert made["rows"][0]["code"] == 79
    assert made["rows"][0]["advice"] in made["legend"]
    assert set(made["rows"][0]["source"]) <= set(made["sources"])
    assert made["signatures"][0]["id"] == "xid_79"
    assert made["page"]["name"] == "gpu/off-the-bus"
    assert made["bundle"] is None


def test_a_signature_of_the_user_s_own_is_explained_too(triage: Run, tmp_path: Path) -> None:
    pack = tmp_path / "mine.toml"
    pack.write_text(
        """
format = 1
[[signature]]
id = "widget_overheated"
title = "Widget {device} overheated"
severity = "critical"
role = "cause"
confidence = 0.9
playbook = "widgets/overheated"
explain = "It is too hot."
match = [{ pattern = 'widget (?P<device>w\\d+): temperature \\d+ C above limit' }]
example = []
near_miss = []
"""
    )

    done = triage("explain", "widget overheated", "--signatures", pack)

    assert done.returncode == 0
    assert "widget_overheated: Widget <device> overheated" in done.stdout
    assert "It is too hot." in done.stdout


def test_a_terminal_gets_color_and_lines_that_fit(triage: Run) -> None:
    done = triage("explain", "xid", "119", "--color", "always")

    rows = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
    assert "\x1b[" in done.stdout
    assert max(len(row) for row in rows if not row.startswith("      ")) <= 80


def test_a_pipe_gets_whole_lines_and_no_color(triage: Run) -> None:
    done = triage("explain", "xid", "119")

    assert "\x1b[" not in done.stdout
    assert "## What it means" in done.stdout
