"""What the answer says reads as a person would say it, in every face."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import triage_playbooks
from triage.answer import Answer
from triage.playbook import next_steps
from triage.scanner import scan_texts
from triage.signatures.load import load

Run = Callable[..., "CompletedProcess[str]"]
KNOWLEDGE = load()
PAGES = sorted(
    f"{area.name}/{page.name.removesuffix('.md')}"
    for area in files(triage_playbooks).iterdir()
    if area.is_dir()
    for page in area.iterdir()
    if page.name.endswith(".md")
)
XID = "[ 7731.4] NVRM: Xid (PCI:0000:65:00): 13, pid=4242, Graphics Exception: ESR 0x404490\n"


def scan(**texts: str) -> Answer:
    return scan_texts({name.replace("_", "."): text for name, text in texts.items()}, KNOWLEDGE)


@pytest.mark.parametrize("page", PAGES)
def test_the_next_steps_of_a_page_show_no_markdown_links(page: str) -> None:
    steps = next_steps(page, {}, limit=20)

    assert not [step for step in steps if re.search(r"\]\([^)]*\.md", step)]


def test_a_step_names_the_page_that_it_leads_to() -> None:
    told = " ".join(next_steps("kubernetes/exit-137", {}))

    assert "the cgroup limit (playbook memory/cgroup-limit)" in told
    assert "probes (playbook kubernetes/probes)" in told


def test_one_is_not_told_as_many_nor_a_moment_as_a_span(triage: Run, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("2025-05-01T10:00:00Z INFO ready\n")

    told = triage("scan", tmp_path).stdout

    assert "in 1 line of 1 source\n" in told
    assert f"{tmp_path.name}: 1 source, 1 line, 2025-05-01 10:00:00Z\n" in told


def test_many_are_told_with_their_span(triage: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2025-05-01T10:00:00Z INFO ready\n" * 1200)
    (tmp_path / "b.log").write_text("2025-05-01T10:00:02Z INFO ready\n")

    told = triage("scan", tmp_path).stdout

    assert "2 sources, 1,201 lines, 2025-05-01 10:00:00Z to 2025-05-01 10:00:02Z\n" in told


def test_a_container_without_a_pod_stands_apart_from_the_words_of_a_title() -> None:
    answer = scan(app_log="Container tts failed liveness probe, will be restarted\n")

    titles = [one.title for one in answer.findings]
    assert any(title.endswith("probe fails (tts)") for title in titles), titles


def test_what_is_still_open_is_not_ruled_out_and_tells_what_speaks_against_it() -> None:
    answer = scan(dmesg_txt=XID)

    (open_point,) = [one for one in answer.undecided if one.id == "gpu_hardware_fault"]
    assert "gpu_hardware_fault" not in {one.id for one in answer.ruled_out}
    assert open_point.why.startswith("no hardware-class Xid")
    assert "no nvidia-smi output is in the bundle" in open_point.why


def test_no_identifier_stands_where_words_belong() -> None:
    answer = scan(requirements_txt="attrs>=23.1.0\nidna==3.4\n")

    (told,) = [one for one in answer.findings if one.id == "dependencies_unlocked"]
    assert told.title.endswith("versions are open and no lock file lies beside it")


def test_an_exception_without_a_name_names_none() -> None:
    cut = 'Traceback (most recent call last):\n  File "/srv/app.py", line 7, in serve\n    run()\n'
    answer = scan(app_log=cut)

    (told,) = [one for one in answer.findings if one.id == "traceback"]
    assert told.title == "Python ended with an exception whose name was cut off"
    assert "exception" not in told.entities
