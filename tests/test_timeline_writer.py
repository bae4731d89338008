"""A case holds what it was given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.answer import (
    Answer,
    BundleInfo,
    Evidence,
    Finding,
    Link,
    NotThis,
    RuledOut,
    SourceInfo,
    Tool,
    Undecided,
    Verdict,
)
from triage.events import Event, Stamp, Value
from triage.timeline import writer as writer_module
from triage.timeline.query import OpenCase, open_case
from triage.timeline.writer import CaseWriter, write_case


def source(name: str) -> SourceInfo:
    return SourceInfo(
        name=name, parser="nvrm", lines=9, events=2, unclaimed=1, encoding="utf-8",
        time_quality="exact", parsers=["nvrm", "oom"], first="2026-03-02T04:05:06.000000Z",
    )  # fmt: skip


def event(message: str, line: int = 1, **changes: object) -> Event:
    made = Event(
        kind="log.line",
        line=line,
        line_end=line,
        offset=0,
        text=message,
        message=message,
        fields={},
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def answer(sources: Sequence[SourceInfo] = (), findings: Sequence[Finding] = ()) -> Answer:
    return Answer(
        tool=Tool("triage", "0.1.0", "feed"),
        bundles=[BundleInfo("night", None, 1, 9, 600, "2026-03-02T04:05:06.000000Z", None)],
        verdict=Verdict("critical", "xid_79", "The GPU fell off the bus", 0.9),
        findings=list(findings),
        undecided=[Undecided("thermal_shutdown", ["gpu"], "no nvidia-smi output in the bundle")],
        ruled_out=[RuledOut("oom_kill", ["no OOM report in kern.log"])],
        environments=[],
        sources=list(sources),
        warnings=[],
    )


def finding(rank: int, name: str, explained_by: Sequence[Link] = ()) -> Finding:
    return Finding(
        id=name, title=f"{name} on gpu-7", severity="critical", role="cause", rank=rank,
        confidence=0.9, count=1, first_seen="2026-03-02T04:05:06.250000Z", last_seen=None,
        time_quality="exact", entities={"pid": [4711]}, because=["the driver says so"],
        not_=[NotThis("xid_31", "no page fault")], explained_by=list(explained_by),
        evidence=[
            Evidence("kern.log", 3, 4, 120, "2026-03-02T04:05:06.250000Z", "exact", "NVRM: Xid")
        ],
        next_steps=["drain the node"],
    )  # fmt: skip


def written(path: Path, events: Sequence[Event] = (), findings: Sequence[Finding] = ()) -> OpenCase:
    write_case(
        path, answer([source("kern.log")], findings), lambda case: case.add_events(1, events)
    )
    return open_case(path)


def test_an_event_comes_back_with_all_its_columns(tmp_path: Path) -> None:
    xid = event(
        "NVRM: Xid (PCI:0000:9b:00): 79", 7, line_end=8, offset=512, kind="gpu.xid", family="gpu",
        stamp=Stamp("Mar  2 04:05:06", "syslog"), uptime=88.5, boot=2,
        time_ns=1_772_424_306_123_456_789, time_quality="year_inferred",
        fields={"host": "gpu-7", "pid": 4711, "gpu": "0000:9b:00", "xid": 79, "fatal": True},
    )  # fmt: skip

    with written(tmp_path / "a.triage", [xid]) as case:
        events = case.query("SELECT * REPLACE (epoch_ns(ts) AS ts) FROM events")
        row = dict(zip(events.columns, events.fetchall()[0], strict=True))

    assert json.loads(row.pop("attrs")) == {"xid": 79, "fatal": True}
    assert row == {
        "event_id": 1 << 40, "source_id": 1, "line": 7, "line_end": 8, "byte_off": 512,
        "ts": 1_772_424_306_123_456_789, "ts_quality": "year_inferred", "uptime_s": 88.5,
        "boot": 2, "stamp": "Mar  2 04:05:06",
        "kind": "gpu.xid", "family": "gpu", "host": "gpu-7", "node": None, "pid": 4711,
        "process": None, "gpu": "0000:9b:00", "pod": None, "namespace": None, "container": None,
        "level": None, "message": "NVRM: Xid (PCI:0000:9b:00): 79",
    }  # fmt: skip


def test_the_timeline_is_in_order_of_time_and_names_file_and_line(tmp_path: Path) -> None:
    events = [event("late", 1, time_ns=30), event("no time", 2), event("early", 3, time_ns=10)]

    with written(tmp_path / "a.triage", events) as case:
        rows = case.query("SELECT loc, message FROM timeline").fetchall()

    assert rows == [("kern.log:3", "early"), ("kern.log:1", "late"), ("kern.log:2", "no time")]


def test_the_parts_of_the_answer_are_tables(tmp_path: Path) -> None:
    cause = finding(1, "xid_79")
    effect = finding(2, "cuda_error", [Link("xid_79", "same pid 4711", 0.5, 0.8, 1)])

    with written(tmp_path / "a.triage", findings=[cause, effect]) as case:
        links = case.query(
            "SELECT e.id, c.id, seconds FROM links "
            "JOIN findings e ON e.rank = effect JOIN findings c ON c.rank = cause"
        ).fetchall()
        places = case.query(
            "SELECT DISTINCT s.path, e.line, strftime(e.ts, '%H:%M:%S.%f') "
            "FROM evidence e JOIN sources s USING (source_id)"
        ).fetchall()
        rest = case.query(
            "SELECT (SELECT why FROM undecided), (SELECT why[1] FROM ruled_out), "
            "(SELECT name FROM bundles), (SELECT any_value(entities->>'$.pid[0]') FROM findings), "
            "(SELECT count(*) FROM not_this), (SELECT count(*) FROM notes)"
        ).fetchall()

    assert links == [("cuda_error", "xid_79", 0.5)]
    assert places == [("kern.log", 3, "04:05:06.250000")]
    assert rest == [
        ("no nvidia-smi output in the bundle", "no OOM report in kern.log", "night", "4711", 2, 0)
    ]


def test_the_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.triage"
    given_answer = answer([source("kern.log")], [finding(1, "xid_79")])

    write_case(path, given_answer, lambda _: None)

    with open_case(path) as case:
        assert case.answer() == given_answer


def test_snapshots_are_read_as_tables(tmp_path: Path) -> None:
    events = [
        event("| 0 H100 |", kind="gpu.state", fields={
            "gpu": "0000:9b:00.0", "gpu_index": 0, "name": "NVIDIA H100", "memory_used_mib": 80_000,
            "remap_pending": True, "power_w": 68.5,
        }),
        event("| 4711 C python |", kind="gpu.process", fields={
            "pid": 4711, "process": "python", "memory_used_mib": 79_000, "gpu_index": 0,
        }),
        event("torch==2.1.0+cu121", kind="env.package", fields={
            "env": "production", "package": "torch", "version": "2.1.0+cu121", "pin": "exact",
        }),
        event("ranker-0 0/1 CrashLoopBackOff", kind="k8s.pod", fields={
            "pod": "ranker-0", "namespace": "ml", "status": "CrashLoopBackOff", "restarts": 7,
        }),
        event("ranker: Terminated", kind="k8s.container", fields={
            "pod": "ranker-0", "container": "ranker", "exit_code": 137, "last_reason": "OOMKilled",
        }),
    ]  # fmt: skip

    with written(tmp_path / "a.triage", events) as case:
        rows = [
            case.query(sql).fetchall()
            for sql in (
                "SELECT gpu, name, memory_used_mib, remap_pending, lost, power_w FROM gpus",
                "SELECT pid, process, memory_used_mib, loc FROM gpu_processes",
                "SELECT env, name, version, pin FROM packages",
                "SELECT env, path, packages, python FROM environments",
                "SELECT pod, namespace, status, restarts FROM pods",
                "SELECT pod, container, exit_code, last_reason, signal FROM containers",
            )
        ]

    assert rows == [
        [("0000:9b:00.0", "NVIDIA H100", 80_000, True, None, 68.5)],
        [(4711, "python", 79_000, "kern.log:1")],
        [("production", "torch", "2.1.0+cu121", "exact")],
        [("production", "kern.log", 1, None)],
        [("ranker-0", "ml", "CrashLoopBackOff", 7)],
        [("ranker-0", "ranker", 137, "OOMKilled", None)],
    ]


def test_every_table_and_column_says_what_it_holds(tmp_path: Path) -> None:
    with written(tmp_path / "a.triage") as case:
        silent = case.query(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE database_name = 'triage_case' AND NOT internal AND comment IS NULL "
            "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE comment IS NULL"
        ).fetchall()

    assert silent == []


def test_secrets_are_masked_in_messages_and_fields(tmp_path: Path) -> None:
    events = [event(f"step {n} done") for n in range(200)]
    events.insert(70, event("retry with password=tiger-77 now", fields={"user": "ann"}))
    events.append(event("login", fields={"password": "lion-88", "url": "https://u:pw-99@h/x"}))

    with written(tmp_path / "a.triage", events) as case:
        text = str(case.query("SELECT message, attrs FROM events").fetchall())

    assert "step 199 done" in text
    assert text.count("[masked]") == 3
    assert not any(secret in text for secret in ("tiger-77", "lion-88", "pw-99"))


def test_what_is_endless_is_cut_and_marked(tmp_path: Path) -> None:
    long = event("x" * 3_000_000, fields={"detail": "y" * 3_000_000})

    with written(tmp_path / "a.triage", [long]) as case:
        row = case.query("SELECT message, attrs->>'detail' FROM events").fetchall()[0]

    assert [(len(text), text[-6:]) for text in row] == [(65_543, "…[cut]")] * 2


def test_ids_tell_the_source_and_count_within_it(tmp_path: Path) -> None:
    def fill(case: CaseWriter) -> None:
        for name in ("b.log", "a.log", "b.log"):
            case.add_event(case.add_source(source(name)), event(name))

    write_case(tmp_path / "a.triage", answer([source("a.log"), source("b.log")]), fill)

    with open_case(tmp_path / "a.triage") as case:
        rows = case.query("SELECT event_id >> 40, event_id % 1024, message FROM events").fetchall()
    assert rows == [(2, 0, "b.log"), (1, 0, "a.log"), (2, 1, "b.log")]


def test_many_batches_lose_nothing_and_keep_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "BATCH_ROWS", 7)

    with written(tmp_path / "a.triage", [event(f"m{n}", n) for n in range(1, 101)]) as case:
        rows = case.query("SELECT line, message FROM events").fetchall()

    assert rows == [(n, f"m{n}") for n in range(1, 101)]


def test_two_cases_of_the_same_input_hold_the_same_rows(tmp_path: Path) -> None:
    events = [event(f"m{n}", n, time_ns=10**18 + n % 5) for n in range(50)]

    contents = []
    for name in ("a", "b"):
        with written(tmp_path / name, events, [finding(1, "xid_79")]) as case:
            tables = case.query("SHOW TABLES").fetchall()
            contents.append([case.query(f"FROM {table}").fetchall() for (table,) in tables])

    assert contents[0] == contents[1]


VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=30)
)


NAMES = st.sampled_from(["pid", "host", "level", "gpu", "xid", "password", "a.b", "\ud800"])


EVENTS = st.builds(
    event,
    message=st.text(st.characters(), max_size=40),
    line=st.integers(1, 2**40),
    fields=st.dictionaries(NAMES, VALUES, max_size=4),
    time_ns=st.none() | st.integers(),
    uptime=st.none() | st.floats(),
    kind=st.text(max_size=5),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events=st.lists(EVENTS, max_size=8))
def test_no_text_and_no_value_is_too_strange_to_be_stored(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    with written(tmp_path_factory.mktemp("case") / "a.triage", events) as case:
        rows = case.query("SELECT line, json_valid(attrs::VARCHAR) FROM events").fetchall()

    assert [line for line, _ in rows] == [made.line for made in events]
    assert not any(valid is False for _, valid in rows)
