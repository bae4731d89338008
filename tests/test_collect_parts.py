"""The parts of a collection, one by one: masking, ends of logs, kernel records, cgroups."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.collect.alone.kmsg import lines_of
from triage.collect.logs import ending
from triage.collect.machine import safe_name
from triage.collect.masking import CHUNK, copy_masked
from triage.collect.runner import Job, run_all
from triage.faces.as_json import render
from triage.scanner import scan_paths

BODY = b"MIIEpAIBAAKCAQEAwJ6s6m8i1vBqZpXk0r1yQm3n\n"
KEY = b"-----BEGIN RSA PRIVATE KEY-----\n" + BODY * 40 + b"-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize("before", [CHUNK - 10, CHUNK - 300, CHUNK - len(KEY), CHUNK + 5])
def test_a_private_key_is_masked_wherever_a_piece_ends(tmp_path: Path, before: int) -> None:
    lines = (b"x" * 99 + b"\n") * (before // 100) + b"y" * (before % 100) + b"\n"
    source = io.BytesIO(lines + KEY + b"after\n" * (CHUNK // 3))

    copy_masked(source, tmp_path / "log")

    kept = (tmp_path / "log").read_bytes()
    assert BODY.strip() not in kept
    assert kept.startswith(lines)
    assert kept.endswith(b"after\n" * (CHUNK // 3))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_text_in_utf_16_is_masked_too(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    source = io.BytesIO(f"{mark}password=hunter22 ü\n".encode(encoding))

    copy_masked(source, tmp_path / "log")

    assert "hunter22" not in (tmp_path / "log").read_text(encoding="utf-8")
    assert "ü" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_line_without_an_end_is_copied_whole(tmp_path: Path) -> None:
    data = b"z" * (6 * CHUNK + 17)

    assert copy_masked(io.BytesIO(data), tmp_path / "log") == (len(data), 0)
    assert (tmp_path / "log").read_bytes() == data


@given(data=st.binary(max_size=2000))
def test_bytes_that_hold_no_secret_stay_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    target = tmp_path_factory.getbasetemp() / "any"

    _, masked = copy_masked(io.BytesIO(data), target)

    assert masked or data[:2] in {b"\xff\xfe", b"\xfe\xff"} or target.read_bytes() == data


def test_of_a_log_that_is_too_long_whole_lines_of_the_end_are_kept() -> None:
    lines = b"".join(b"line %06d\n" % number for number in range(300_000))

    kept, cut = ending(io.BytesIO(lines), 100_000)

    end = kept.read()
    assert lines.endswith(end)
    assert end.startswith(b"line ")
    assert 90_000 < len(end) <= 100_000
    assert cut == len(lines) - len(end)


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        (
            b"4,1021,21747867719,-;python invoked oom-killer: order=0\n SUBSYSTEM=memory\n",
            b"<4>[21747.867719] python invoked oom-killer: order=0\n",
        ),
        (
            b"12,7,1500000,-,caller=T12;one\\x0atwo\n",
            b"<12>[    1.500000] one\n<12>[    1.500000] two\n",
        ),
        (b"6,1,0,c;caf\\xc3\\xa9 \\x5cx\n", b"<6>[    0.000000] caf\xc3\xa9 \\x\n"),
        (b"no record\n", b"no record\n"),
    ],
)
def test_kernel_records_become_the_lines_of_dmesg(record: bytes, lines: bytes) -> None:
    assert lines_of(record) == lines


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", "", "...", "-rf", "x" * 500, "a\nb", "\u202ex"]
)
def test_a_name_can_lead_nowhere_else(name: str) -> None:
    safe = safe_name(name)

    assert safe
    assert "/" not in safe
    assert "\n" not in safe
    assert not safe.startswith((".", "-"))
    assert len(safe) <= 100


def test_children_run_side_by_side_and_the_deadline_ends_them_all(tmp_path: Path) -> None:
    jobs = [Job(f"{number}", ["sleep", "30"], tmp_path / f"{number}", 60) for number in range(12)]

    started = time.monotonic()
    outcomes = list(run_all(jobs, started + 1, at_once=8))

    assert time.monotonic() - started < 20
    assert sorted(outcome.end for outcome in outcomes) == ["no_time"] * 4 + ["timeout"] * 8


def test_a_program_that_is_not_there_is_no_failure_of_the_others(tmp_path: Path) -> None:
    jobs = [
        Job("gone", ["/no/such/program"], tmp_path / "a", 5),
        Job("there", ["sh", "-c", "cat; echo said >&2; exit 3"], tmp_path / "b", 5, b"input"),
    ]

    outcomes = {outcome.job.name: outcome for outcome in run_all(jobs, time.monotonic() + 10)}

    assert outcomes["gone"].end == "not_started"
    assert (outcomes["there"].status, outcomes["there"].error) == (3, "said")
    assert (tmp_path / "b").read_bytes() == b"input"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def cgroup(path: str, **files: object) -> str:
    return "".join(
        f"==> /sys/fs/cgroup{path}/{name.replace('__', '.')} <==\n{text}\n\n"
        for name, text in files.items()
    )


def events(oom_kill: int) -> str:
    return f"low 0\nhigh 0\nmax 7\noom {oom_kill}\noom_kill {oom_kill}\noom_group_kill 0"


def scanned(folder: Path) -> dict[str, dict[str, Any]]:
    answer = json.loads(render(scan_paths([folder]).answer))
    return {finding["id"]: finding for finding in answer["findings"]}


def test_a_kill_is_counted_in_the_cgroup_where_it_happened_alone(
    tmp_path: Path,
) -> None:
    text = "".join(
        cgroup(path, memory__max="1073741824", memory__current="900000", memory__events=events(2))
        for path in ("/ml.slice/train-7.scope", "/ml.slice", "")
    )
    (tmp_path / "cgroups.txt").write_text(text)

    counted = scanned(tmp_path)["oom_kill_counted"]

    assert counted["count"] == 1
    assert counted["entities"]["cgroup"] == ["/ml.slice/train-7.scope"]


def test_two_environments_of_one_machine_may_differ_those_of_two_may_not(
    tmp_path: Path,
) -> None:
    def write(place: str, version: str) -> None:
        file = tmp_path / place / "pip-inspect.json"
        file.parent.mkdir(parents=True)
        rows = [
            {"metadata": {"name": name, "version": number}}
            for name, number in (("scikit-learn", version), ("joblib", "1.3.2"))
        ]
        document = {"version": "1", "pip_version": "24.0", "installed": rows, "environment": {}}
        file.write_text(json.dumps(document, indent=1))

    write("nodes/gpu-a07/python/gpu-a07-py3.11-srv-ranker", "1.2.2")
    write("nodes/gpu-a07/python/gpu-a07-py3.11-srv-batch", "1.5.0")
    alone = scanned(tmp_path)
    write("nodes/gpu-a08/python/gpu-a08-py3.11-srv-ranker", "1.4.0")
    both = scanned(tmp_path)

    assert "env_skew" not in alone
    assert "env_skew" in both


def test_the_programs_run_from_anywhere(tmp_path: Path) -> None:
    """A module of the same name in the working folder must not be run in place of ours."""
    (tmp_path / "triage").mkdir()
    (tmp_path / "triage" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    call = [sys.executable, "-P", "-c", "from triage.cli import main; main()"]

    result = subprocess.run(
        [*call, "collect", "-o", "x.tar", "--only", "python", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, "x.tar\n"), result.stderr
