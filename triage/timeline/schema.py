"""The tables of a case, column by column; the case carries the same words as SQL comments.

    SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal

`events` is the one table of facts. What a snapshot says (GPUs, packages, pods) is an event like any
other; the views of `snapshots` read them as tables. Instants are UTC, `TIMESTAMP_NS` without a zone
(DuckDB's type with a zone ends at microseconds). Unknown is NULL.
"""

from __future__ import annotations

from triage.timeline.snapshots import SNAPSHOTS
from triage.timeline.tables import Column, Table, View

FORMAT = "triage.case"
VERSION = 1
"""Another number when a column goes away or changes its meaning; new columns do not change it."""

SOURCE_BITS = 40
"""`event_id` is the source's id shifted by this, plus the event's ordinal in the source."""

META = Table(
    "meta",
    "About this file",
    (
        Column(
            "key",
            "format, schema_version, tool, tool_version, signatures (content hash), answer (JSON)",
            "VARCHAR NOT NULL",
        ),
        Column("value", "The text under that key", "VARCHAR"),
    ),
)

BUNDLES = Table(
    "bundles",
    "What was handed over",
    (
        Column("bundle_id", "From 1, in the order of the call", "UINTEGER NOT NULL"),
        Column("name", "File or folder name", "VARCHAR NOT NULL"),
        Column("sha256", "Of the file, where it is one and was hashed", "VARCHAR"),
        Column("sources", "Files with text in it", "UINTEGER"),
        Column("lines", "Lines of all sources", "UBIGINT"),
        Column("bytes", "Decompressed bytes of all sources", "UBIGINT"),
        Column("first", "Earliest instant that is known (UTC)", "TIMESTAMP_NS"),
        Column("last", "Latest instant that is known (UTC)", "TIMESTAMP_NS"),
    ),
)

SOURCES = Table(
    "sources",
    "How each file was read",
    (
        Column("source_id", "From 1, in the order of writing", "UINTEGER NOT NULL"),
        Column("path", "Path inside the bundle; archives in archives with `!`", "VARCHAR NOT NULL"),
        Column("parser", "The parser that claimed most lines; NULL when none did", "VARCHAR"),
        Column("parsers", "All parsers that claimed lines, most lines first", "VARCHAR[]"),
        Column("lines", "Lines of the file", "UBIGINT"),
        Column("events", "Events that the verdict's pass saw; `events` may hold more", "UBIGINT"),
        Column("unclaimed", "Lines that no parser and no envelope explained", "UBIGINT"),
        Column("encoding", "As it was decoded", "VARCHAR"),
        Column("ts_quality", "How the times of most lines are known", "VARCHAR"),
        Column("error", "Why it, or the rest of it, could not be read", "VARCHAR"),
        Column("bytes", "Decompressed size", "UBIGINT"),
        Column("first", "Earliest instant in it (UTC)", "TIMESTAMP_NS"),
        Column("last", "Latest instant in it (UTC)", "TIMESTAMP_NS"),
    ),
)

EVENTS = Table(
    "events",
    "One row a record; a record of several lines is one row. Secrets are masked",
    (
        Column("event_id", "source_id << 40 | ordinal in the source, from 0", "UBIGINT NOT NULL"),
        Column("source_id", "The file: sources.source_id", "UINTEGER NOT NULL"),
        Column("line", "First line, from 1", "UBIGINT NOT NULL"),
        Column("line_end", "Last line", "UBIGINT NOT NULL"),
        Column("byte_off", "Offset of the first line in the decompressed file", "UBIGINT NOT NULL"),
        Column("ts", "When, in UTC; NULL where that is not known", "TIMESTAMP_NS"),
        Column(
            "ts_quality",
            "exact, zone_assumed, year_inferred, anchored, date_inferred, order_only or none",
            "VARCHAR NOT NULL",
        ),
        Column("uptime_s", "Seconds since boot, where the kernel wrote them", "DOUBLE"),
        Column("boot", "Ordinal of the boot in the source; uptimes compare within one", "INTEGER"),
        Column("stamp", "The time as written", "VARCHAR"),
        Column(
            "kind", "Dotted, area.thing: kernel.oom_kill, gpu.xid, log.line", "VARCHAR NOT NULL"
        ),
        Column("family", "kernel, gpu, k8s, python_env, app or document", "VARCHAR NOT NULL"),
        Column("host", "Host name", "VARCHAR"),
        Column("node", "Kubernetes node", "VARCHAR"),
        Column("pid", "Process id", "BIGINT"),
        Column("process", "Process name", "VARCHAR"),
        Column("gpu", "PCI address dddd:bb:dd, lower case, in every table", "VARCHAR"),
        Column("pod", "Pod name", "VARCHAR"),
        Column("namespace", "Kubernetes namespace", "VARCHAR"),
        Column("container", "Container name", "VARCHAR"),
        Column("level", "Severity as the wrapper writes it", "VARCHAR"),
        Column(
            "message",
            "What was said, without the wrapper",
            "VARCHAR NOT NULL USING COMPRESSION zstd",
        ),
        Column("attrs", "All other fields: attrs->>'xid'; NULL when there are none", "JSON"),
    ),
)

FINDINGS = Table(
    "findings",
    "Failures that were recognized; `rank` names one",
    (
        Column("rank", "From 1, the verdict first", "UINTEGER NOT NULL"),
        Column("id", "Id of the signature", "VARCHAR NOT NULL"),
        Column("title", "One line", "VARCHAR NOT NULL"),
        Column("severity", "critical, warning or info", "VARCHAR NOT NULL"),
        Column("role", "cause, mechanism, symptom or context", "VARCHAR NOT NULL"),
        Column("confidence", "0 to 1", "DOUBLE"),
        Column("count", "How often", "UBIGINT"),
        Column("first_seen", "Earliest instant (UTC)", "TIMESTAMP_NS"),
        Column("last_seen", "Latest instant (UTC)", "TIMESTAMP_NS"),
        Column("ts_quality", "How these instants are known", "VARCHAR"),
        Column("entities", "Lists of what it touches: entities->'$.pid[0]'", "JSON"),
        Column("because", "Why it fired and was graded so", "VARCHAR[]"),
        Column("playbook", "Area and name of its playbook", "VARCHAR"),
        Column("explain", "What it means", "VARCHAR"),
        Column("next_steps", "First steps of the playbook, filled in", "VARCHAR[]"),
    ),
)

EVIDENCE = Table(
    "evidence",
    "Where a finding stands: opens in an editor at path:line",
    (
        Column("finding", "findings.rank", "UINTEGER NOT NULL"),
        Column("ordinal", "Place within the finding, from 1", "UINTEGER NOT NULL"),
        Column("source_id", "sources.source_id", "UINTEGER"),
        Column("path", "Path inside the bundle", "VARCHAR NOT NULL"),
        Column("line", "First line, from 1", "UBIGINT NOT NULL"),
        Column("line_end", "Last line", "UBIGINT NOT NULL"),
        Column("byte_off", "Offset of the first line in the decompressed file", "UBIGINT NOT NULL"),
        Column("ts", "When (UTC)", "TIMESTAMP_NS"),
        Column("ts_quality", "How that is known", "VARCHAR"),
        Column("text", "What the file says there: cut, secrets masked", "VARCHAR NOT NULL"),
    ),
)

LINKS = Table(
    "links",
    "Which finding explains which",
    (
        Column("effect", "findings.rank of what is explained", "UINTEGER NOT NULL"),
        Column("cause", "findings.rank of what explains it", "UINTEGER NOT NULL"),
        Column("cause_id", "Signature id of the cause", "VARCHAR NOT NULL"),
        Column("why", "What ties them: the same pid, GPU, pod", "VARCHAR NOT NULL"),
        Column("seconds", "From cause to effect; NULL where a time is unknown", "DOUBLE"),
        Column("strength", "0 to 1", "DOUBLE"),
    ),
)

NOT_THIS = Table(
    "not_this",
    "What a finding is not, though it looks like it",
    (
        Column("finding", "findings.rank", "UINTEGER NOT NULL"),
        Column("id", "Signature id of what it is not", "VARCHAR NOT NULL"),
        Column("why", "The evidence against", "VARCHAR NOT NULL"),
    ),
)

UNDECIDED = Table(
    "undecided",
    "What could change the verdict and could not be decided",
    (
        Column("id", "Signature id", "VARCHAR NOT NULL"),
        Column("needs", "Kinds of source that are missing", "VARCHAR[]"),
        Column("why", "Why it is open", "VARCHAR NOT NULL"),
    ),
)

RULED_OUT = Table(
    "ruled_out",
    "Usual suspects, and what clears them",
    (
        Column("id", "Signature id", "VARCHAR NOT NULL"),
        Column("why", "The evidence", "VARCHAR[]"),
    ),
)

NOTES = Table(
    "notes",
    "The responder's own words; empty in a fresh case",
    (
        Column("note_id", "From 1", "UINTEGER NOT NULL"),
        Column("noted_at", "When (UTC)", "TIMESTAMP_NS NOT NULL"),
        Column("author", "Who", "VARCHAR"),
        Column("finding", "findings.rank it is about", "UINTEGER"),
        Column("event_id", "events.event_id it is about", "UBIGINT"),
        Column("text", "What; empty in a mark", "VARCHAR NOT NULL"),
        Column("mark", "A place that was marked", "BOOLEAN"),
        Column("finding_id", "Signature id of that finding", "VARCHAR"),
        Column("finding_title", "Its title then", "VARCHAR"),
        Column("path", "Path inside the bundle of that event", "VARCHAR"),
        Column("line", "Its line", "UBIGINT"),
    ),
)

STEPS = Table(
    "steps",
    "Steps of playbooks that the responder did or skipped; empty in a fresh case",
    (
        Column("playbook", "Area and name", "VARCHAR NOT NULL"),
        Column("step", "Number of the step in the page, from 1", "UINTEGER NOT NULL"),
        Column("finding", "findings.rank it was opened from", "UINTEGER"),
        Column("done_at", "When (UTC)", "TIMESTAMP_NS NOT NULL"),
        Column("author", "Who", "VARCHAR"),
        Column("result", "What came of it, or why it was skipped", "VARCHAR"),
        Column("state", "done or skipped", "VARCHAR"),
        Column("say", "What the step said, filled in", "VARCHAR"),
        Column("finding_id", "Signature id of that finding", "VARCHAR"),
        Column("finding_title", "Its title then", "VARCHAR"),
    ),
)

TABLES = (
    META, BUNDLES, SOURCES, EVENTS, FINDINGS, EVIDENCE, LINKS, NOT_THIS, UNDECIDED, RULED_OUT,
    NOTES, STEPS,
)  # fmt: skip

_IN_VIEW = (
    "ts", "ts_quality", "loc", "host", "level", "kind", "gpu", "node", "namespace", "pod",
    "container", "process", "pid", "message", "attrs", "path", "line", "line_end", "byte_off",
    "uptime_s", "boot", "stamp", "family", "event_id", "source_id",
)  # fmt: skip
_ADDED = {
    "loc": Column("loc", "path:line, for an editor or a browser", sql="path || ':' || line"),
    "path": Column("path", "Path inside the bundle", sql="path"),
}
_DOCS = {column.name: column.doc for column in EVENTS.columns}

TIMELINE = View(
    "timeline",
    "All events in order of time, with their file; what has no time comes last, in file order",
    tuple(_ADDED.get(name) or Column(name, _DOCS[name], sql=f"events.{name}") for name in _IN_VIEW),
    "FROM events JOIN sources USING (source_id) "
    "ORDER BY events.ts NULLS LAST, events.source_id, events.line, events.event_id",
)

VIEWS = (TIMELINE, *SNAPSHOTS)


def statements() -> list[str]:
    """The SQL that makes an empty case."""
    return [statement for part in (*TABLES, *VIEWS) for statement in part.statements()]
