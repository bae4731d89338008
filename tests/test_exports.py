"""Exports: each form is read back by who reads it, or held against its published schema."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.protobuf import fields_of, packets
from triage.answer import Answer
from triage.errors import UsageError
from triage.events import Event, Fields
from triage.exports import otlp, parquet, perfetto, timesketch, wire
from triage.exports.export import export
from triage.exports.rows import BATCH, Rows
from triage.exports.timesketch import MAX_BYTES, inert
from triage.redact import Redactor, pseudonyms_path
from triage.scanner import Scan, scan_paths, write_case
from triage.timeline.query import open_case
from triage.timeline.writer import CaseWriter

SAMPLE = Path(__file__).parent.parent / "samples" / "gpu-innocent"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "%0A=1", "|x")


@pytest.fixture(scope="module")
def scan() -> Scan:
    return scan_paths([SAMPLE])


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, scan: Scan) -> Path:
    path = tmp_path_factory.mktemp("case") / "now.triage"
    write_case(scan, path)
    return path


def written(case: Path, write: Callable[[Rows, io.BytesIO], int], level: str = "none") -> bytes:
    out = io.BytesIO()
    with open_case(case) as opened:
        write(Rows(opened, Redactor(level)), out)  # type: ignore[arg-type]  # one of the levels
    return out.getvalue()


def events(case: Path, sql: str = "SELECT count(*) FROM events") -> int:
    with open_case(case) as opened:
        return int(opened.query(sql).fetchall()[0][0])


DATED = "SELECT count(*) FROM events WHERE ts IS NOT NULL"


Given = tuple[str, Fields, int]
"""Message, fields and time of an event."""


def case_of(path: Path, answer: Answer, *given: Given) -> Path:
    """A case of one source with these messages, fields and times."""
    with CaseWriter(path) as writer:
        source = writer.add_source(answer.sources[0])
        for line, (message, fields, time_ns) in enumerate(given, start=1):
            event = Event("log.line", line, line, 0, "", message, fields)
            event.time_ns = time_ns
            writer.add_event(source, event)
        writer.add_answer(answer)
    return path


def test_timesketch_gets_the_three_fields_that_it_insists_on(case: Path, scan: Scan) -> None:
    records = [json.loads(line) for line in written(case, timesketch.write).splitlines()]

    findings = [one for one in records if one["data_type"] == "triage:finding"]
    assert len(findings) == len([one for one in scan.answer.findings if one.first_seen])
    assert len(records) - len(findings) == events(case, DATED)
    for record in records:
        assert record["message"]
        assert record["timestamp_desc"] in {"Event Logged", "Finding First Seen"}
        stamp = datetime.fromisoformat(record["datetime"])
        assert stamp.utcoffset() is not None
        assert round(stamp.timestamp() * 1e6) == record["timestamp"]


def test_timesketch_tags_what_a_finding_cites(case: Path) -> None:
    records = [json.loads(line) for line in written(case, timesketch.write).splitlines()]

    kill = [one for one in records if one.get("finding") == "oom_kill" and "hostname" in one]
    assert kill[0]["tag"] == ["triage", "critical", "oom_kill"]


def test_timesketch_reads_the_same_from_csv(case: Path) -> None:
    lines = written(case, timesketch.write).splitlines()
    text = written(case, timesketch.write_csv).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["datetime"] for row in rows] == [json.loads(one)["datetime"] for one in lines]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_csv_is_a_formula(tmp_path: Path, scan: Scan, text: str) -> None:
    path = case_of(tmp_path / "x.triage", scan.answer, (text, {"host": text, "note": text}, 10**18))

    rows = list(csv.reader(io.StringIO(written(path, timesketch.write_csv).decode())))

    for cell in (cell for row in rows for cell in row if cell):
        assert cell.lstrip()[0] not in "=+-@|%"


@pytest.mark.parametrize("cell", ["", "plain", "2024-05-14T03:02:14+00:00", "a=b", '{"a":1}'])
def test_a_cell_that_is_none_stays(cell: str) -> None:
    assert inert(cell) == cell


def test_a_message_is_cut_where_an_index_would_drop_it(tmp_path: Path, scan: Scan) -> None:
    path = case_of(tmp_path / "x.triage", scan.answer, ("ü" * 60_000, {}, 10**18))

    last = json.loads(written(path, timesketch.write).splitlines()[-1])

    assert MAX_BYTES - 2 <= len(last["message"].encode()) <= MAX_BYTES + 20
    assert last["message"].endswith("[cut]")


def records_of(text: bytes) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Resource and record of each line of OTLP."""
    for line in text.splitlines():
        for logs in json.loads(line)["resourceLogs"]:
            for scope in logs["scopeLogs"]:
                for record in scope["logRecords"]:
                    yield logs["resource"], record


def test_otlp_holds_every_event_also_without_a_time(case: Path) -> None:
    records = [record for _, record in records_of(written(case, otlp.write))]

    assert len(records) == events(case)
    unknown = [one for one in records if one["timeUnixNano"] == "0"]
    assert len(unknown) == events(case) - events(case, DATED)


def test_otlp_has_the_types_that_its_json_mapping_asks_for(case: Path) -> None:
    kinds = {"stringValue": str, "intValue": str, "doubleValue": float, "boolValue": bool}
    for resource, record in records_of(written(case, otlp.write)):
        assert record["timeUnixNano"].isdecimal()
        assert 0 <= record["severityNumber"] <= 24
        keys = [one["key"] for one in record["attributes"]]
        assert len(keys) == len(set(keys))
        for attribute in (*resource["attributes"], *record["attributes"]):
            ((kind, value),) = attribute["value"].items()
            assert isinstance(value, kinds[kind])


def test_otlp_is_accepted_by_its_own_protobuf_schema(case: Path) -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    schema = pytest.importorskip("opentelemetry.proto.logs.v1.logs_pb2")

    for line in written(case, otlp.write).splitlines():
        json_format.Parse(line, schema.LogsData())  # unknown fields are an error


def test_otlp_maps_levels_and_names_as_the_conventions_do(tmp_path: Path, scan: Scan) -> None:
    fields: Fields = {"level": "warning", "host": "gpu-a07", "pid": 7, "xid": 79, "ok": True}
    path = case_of(tmp_path / "x.triage", scan.answer, ("x", fields, 1_700_000_000_000_000_001))

    ((resource, record),) = records_of(written(path, otlp.write))

    values = {one["key"]: one["value"] for one in (*resource["attributes"], *record["attributes"])}
    assert record["timeUnixNano"] == "1700000000000000001"
    assert (record["severityNumber"], record["severityText"]) == (13, "WARN")
    assert values["host.name"] == {"stringValue": "gpu-a07"}
    assert values["process.pid"] == {"intValue": "7"}
    assert values["nvidia.xid"] == {"intValue": "79"}
    assert values["triage.ok"] == {"boolValue": True}


EVENT, DESCRIPTOR, CLOCKS, TIMESTAMP = 11, 60, 6, 8


def track_events(trace: bytes) -> Iterator[tuple[int, dict[int, int | bytes]]]:
    for packet in packets(trace):
        body, ts = packet.get(EVENT), packet.get(TIMESTAMP)
        if isinstance(body, bytes) and isinstance(ts, int):
            yield ts, dict(fields_of(body))


def test_a_trace_announces_each_track_before_its_first_event(case: Path) -> None:
    known: set[object] = set()
    for packet in packets(written(case, perfetto.write)):
        descriptor, event = packet.get(DESCRIPTOR), packet.get(EVENT)
        if isinstance(descriptor, bytes):
            named = dict(fields_of(descriptor))
            assert named.get(5, 0) in {0, *known}
            known.add(named[1])
        if isinstance(event, bytes):
            assert dict(fields_of(event))[11] in known


def test_a_trace_holds_every_dated_event_and_finding(case: Path, scan: Scan) -> None:
    kinds = [event[9] for _, event in track_events(written(case, perfetto.write))]

    dated = len([one for one in scan.answer.findings if one.first_seen])
    assert kinds.count(1) == kinds.count(2) == dated
    states = events(case, DATED + " AND kind = 'gpu.state'")
    assert kinds.count(3) == events(case, DATED) - states
    assert kinds.count(4) >= states > 0


def test_times_of_a_trace_are_utc_and_its_first_packet_says_so(case: Path) -> None:
    first, *_ = packets(written(case, perfetto.write))

    clocks = [dict(fields_of(c)) for n, c in fields_of(first[CLOCKS]) if n == 1]  # type: ignore[arg-type]
    assert {clock[1] for clock in clocks} == {1, 6}
    assert len({clock[2] for clock in clocks}) == 1
    shown = {
        datetime.fromtimestamp(ts / 1e9, UTC).year
        for ts, _ in track_events(written(case, perfetto.write))
    }
    assert shown == {2024}


def test_a_trace_is_accepted_by_the_published_schema(case: Path) -> None:
    schema = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    unknown = pytest.importorskip("google.protobuf.unknown_fields")
    trace = schema.Trace()

    trace.ParseFromString(written(case, perfetto.write))

    for packet in trace.packet:
        for message in (packet, packet.track_event, packet.track_descriptor, packet.clock_snapshot):
            assert len(unknown.UnknownFieldSet(message)) == 0


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (300, b"\xac\x02"),
        (2**64 - 1, b"\xff" * 9 + b"\x01"),
    ],
)
def test_numbers_are_written_as_the_encoding_says(value: int, encoded: bytes) -> None:
    assert wire.varint(value) == encoded
    assert wire.number(1, -1) == b"\x08" + b"\xff" * 9 + b"\x01"
    assert wire.double(44, 1.5) == b"\xe1\x02" + struct.pack("<d", 1.5)


def test_parquet_is_read_by_polars_and_duckdb_with_the_answer_in_it(
    case: Path, tmp_path: Path, scan: Scan
) -> None:
    path = tmp_path / "now.parquet"
    path.write_bytes(written(case, parquet.write))

    frame = pl.read_parquet(path)
    counted = duckdb.execute(f"SELECT count(*), count(ts) FROM '{path}'").fetchall()
    inside = pl.read_parquet_metadata(path)["triage.answer"]

    assert frame.height == events(case)
    assert counted == [(events(case), events(case, DATED))]
    assert frame.schema["ts"] == pl.Datetime("ns", "UTC")
    assert frame.filter(pl.col("finding") == "oom_kill")["kind"].unique().to_list() == [
        "kernel.oom_kill"
    ]
    assert json.loads(inside)["verdict"]["root_cause"] == scan.answer.verdict.root_cause


def test_hostile_text_does_not_break_any_form(tmp_path: Path, scan: Scan) -> None:
    texts = ("\udcff\ud800", '"\n,"', "\x00\x1b[31m\u202e", "{{ 7*7 }}", "=1", "a" * 70_000)
    given: list[Given] = [(text, {"note": text}, 10**18) for text in texts]
    path = case_of(tmp_path / "x.triage", scan.answer, *given)

    assert len(written(path, timesketch.write).splitlines()) >= len(texts)
    assert len(list(records_of(written(path, otlp.write)))) == len(texts)
    assert len(packets(written(path, perfetto.write))) > len(texts)
    assert pl.read_parquet(written(path, parquet.write)).height == len(texts)
    rows = list(csv.reader(io.StringIO(written(path, timesketch.write_csv).decode())))
    assert {len(row) for row in rows} == {len(timesketch.FIELDS)}


def test_rows_stream_in_batches(tmp_path: Path, scan: Scan) -> None:
    count = 2 * BATCH + 1
    given: list[Given] = [("x", {"n": n}, 10**18 + n) for n in range(count)]
    path = case_of(tmp_path / "x.triage", scan.answer, *given)

    with open_case(path) as opened:
        rows = Rows(opened, Redactor("none"))
        sizes = [len(batch) for batch in rows.batches()]
        lines = [row.line for row in rows]

    assert max(sizes) <= BATCH
    assert lines == list(range(1, count + 1))


@pytest.mark.parametrize("fmt", ["timesketch", "otlp", "perfetto", "parquet"])
def test_what_is_shared_holds_no_names(case: Path, tmp_path: Path, fmt: str) -> None:
    target = tmp_path / "out"
    with open_case(case) as opened:
        notes = export(opened, fmt, target, "share")

    content = target.read_bytes()
    if fmt == "parquet":
        content = pl.read_parquet(target).write_ndjson().encode()
    for name in (b"gpu-a07", b"10.20.4.17", b"cedarline", b"1650923014477", b"t2vxm"):
        assert name not in content
    assert b"host-1" in content
    assert any(note.startswith("Redacted (share)") for note in notes)
    assert pseudonyms_path(case).stat().st_mode & 0o077 == 0


def test_pseudonyms_are_the_same_in_every_export(case: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    for number in (1, 2):
        target = str(tmp_path / f"{number}.jsonl")
        shared = ("--redact", "share", "--pseudonyms", str(names), "-o", target)
        assert run("export", str(case), "--format", "otlp", "-q", *shared).returncode == 0

    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert names.stat().st_mode & 0o077 == 0


def test_the_same_case_gives_the_same_bytes(case: Path) -> None:
    for write in (timesketch.write, otlp.write, perfetto.write, parquet.write):
        assert written(case, write) == written(case, write)


def test_nothing_is_left_beside_a_file_that_cannot_be_written(case: Path, tmp_path: Path) -> None:
    with open_case(case) as opened, pytest.raises(UsageError, match="cannot be written"):
        export(opened, "otlp", tmp_path / "missing" / "out.jsonl")

    assert list(tmp_path.iterdir()) == []


def test_the_case_is_never_written_over(case: Path) -> None:
    before = case.read_bytes()

    with open_case(case) as opened, pytest.raises(UsageError, match="the case itself"):
        export(opened, "parquet", case)

    assert case.read_bytes() == before


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", "from triage.cli import main; main()", *arguments],
        capture_output=True,
        check=False,
    )


def test_the_command_writes_to_standard_output_and_tells_what_it_left_out(case: Path) -> None:
    done = run("export", str(case), "--format", "timesketch")

    assert done.returncode == 0
    assert all(json.loads(line)["datetime"] for line in done.stdout.splitlines())
    assert b"events without a time were left out" in done.stderr


def test_what_is_no_case_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("no case\n")

    done = run("export", str(path), "--format", "otlp")

    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"is not a triage case" in done.stderr
