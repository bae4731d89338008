"""The tables of a store of batch results, column by column, as they lie in its Parquet files.

A row of `findings` carries its evidence and entities as nested lists; the views of `store` lay them
flat. `key` and `part` tell whose rows these are: only those of a part that has a status count.
Instants are UTC without a zone, as in a case. Unknown is NULL.
"""

from __future__ import annotations

import pyarrow as pa

from triage.timeline.tables import Column

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
INSTANT = pa.timestamp("ns")

EVIDENCE = pa.struct(
    [
        ("source", TEXT),
        ("line", pa.int64()),
        ("line_end", pa.int64()),
        ("byte_off", pa.int64()),
        ("ts", INSTANT),
        ("ts_quality", TEXT),
        ("text", TEXT),
    ]
)
ENTITY = pa.struct([("field", TEXT), ("value", TEXT)])
CAUSE = pa.struct([("id", TEXT), ("why", TEXT), ("finding", pa.int64())])

FINDINGS = pa.schema(
    [
        ("key", TEXT),
        ("part", TEXT),
        ("rank", pa.int64()),
        ("id", TEXT),
        ("title", TEXT),
        ("severity", TEXT),
        ("role", TEXT),
        ("confidence", pa.float64()),
        ("count", pa.int64()),
        ("first_seen", INSTANT),
        ("last_seen", INSTANT),
        ("ts_quality", TEXT),
        ("because", TEXTS),
        ("not_this", TEXTS),
        ("explained_by", pa.list_(CAUSE)),
        ("entities", pa.list_(ENTITY)),
        ("evidence", pa.list_(EVIDENCE)),
        ("playbook", TEXT),
    ]
)

INVENTORY = pa.schema(
    [
        ("key", TEXT),
        ("part", TEXT),
        ("what", TEXT),
        ("name", TEXT),
        ("value", TEXT),
        ("machine", TEXT),
        ("source", TEXT),
        ("line", pa.int64()),
    ]
)

TABLES = {"findings": FINDINGS, "inventory": INVENTORY}

BUNDLES = pa.schema(
    [
        ("key", TEXT),
        ("part", TEXT),
        ("run", TEXT),
        ("run_started", INSTANT),
        ("newest", pa.bool_()),
        ("uri", TEXT),
        ("name", TEXT),
        ("outcome", TEXT),
        ("cause", TEXT),
        ("message", TEXT),
        ("attempts", pa.int64()),
        ("seconds", pa.float64()),
        ("finished", INSTANT),
        ("host", TEXT),
        ("sources", pa.int64()),
        ("lines", pa.int64()),
        ("bytes", pa.int64()),
        ("first", INSTANT),
        ("last", INSTANT),
        ("verdict", TEXT),
        ("root_cause", TEXT),
        ("headline", TEXT),
        ("confidence", pa.float64()),
        ("findings", pa.int64()),
        ("version", TEXT),
        ("knowledge", TEXT),
    ]
)

DOCS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "bundles": (
        "One row a bundle: its newest result",
        (
            Column("key", "Names the bundle in the store"),
            Column("run", "The run that gave this result"),
            Column("uri", "Where the bundle lies"),
            Column("outcome", "ok, partly (something could not be read) or failed"),
            Column("cause", "Of a failure: unreadable, raised, crashed, timeout, memory, lost"),
            Column("message", "Why it failed, or what could not be read"),
            Column("attempts", "How often it was tried"),
            Column("seconds", "Time that the scan took"),
            Column("first", "Earliest instant in it (UTC)"),
            Column("last", "Latest instant in it (UTC)"),
            Column("verdict", "critical, warning or clean; NULL where it failed"),
            Column("root_cause", "Id of the finding ranked first"),
        ),
    ),
    "findings": (
        "Failures that were recognized in the bundles",
        (
            Column("rank", "From 1, the verdict first"),
            Column("id", "Id of the signature"),
            Column("not_this", "Ids of what it is not, though it looks like it"),
            Column("entities", "What it touches: list of (field, value)"),
            Column("evidence", "Where it stands: list of (source, line, ...)"),
        ),
    ),
    "inventory": (
        "What a bundle speaks of, also where nothing is wrong with it",
        (
            Column("what", "host, node, gpu, driver, package, image, pod or python"),
            Column("name", "The thing; of a gpu its PCI address, where that is known"),
            Column("value", "Of a package its version, of a gpu its UUID, of a pod its namespace"),
            Column("machine", "The machine that the bundle ties it to"),
        ),
    ),
    "evidence": ("Where findings stand: one row a place", ()),
    "entities": ("What findings touch: one row a name", ()),
    "history": ("Results of all runs: a bundle that was scanned again has several rows", ()),
}
"""What the views say of themselves; the columns that are not named speak for themselves."""
