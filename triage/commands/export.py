"""`triage export`: the timeline of a case for other tools."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

FORMATS = ("timesketch", "otlp", "perfetto", "parquet")
EPILOG = """\
CASE is what `triage scan PATH --case FILE` wrote.

formats:
  timesketch  JSON lines with message, datetime, timestamp_desc; CSV if FILE ends in .csv
  otlp        OpenTelemetry logs as JSON lines, for a collector's otlpjsonfile receiver
  perfetto    a trace for ui.perfetto.dev: events, findings and GPU counters on one time line
  parquet     the view `timeline` for DuckDB, polars, pandas, Spark; the answer is in its metadata

examples:
  triage export now.triage --format timesketch -o now.jsonl
  triage export now.triage --format perfetto -o now.pftrace
  triage export now.triage --format parquet --redact share -o shared.parquet
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "export",
        help="the timeline of a case for other tools",
        description="Writes the timeline of a case in the form of another tool.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("case", metavar="CASE", type=Path)
    option("--format", choices=FORMATS, required=True)
    option("-o", "--output", metavar="FILE", type=Path, help="default: standard output")
    option(
        "--redact",
        choices=("none", "secrets", "share"),
        default="secrets",
        help="share: pseudonyms for hosts, addresses, users (default: secrets)",
    )
    option(
        "--pseudonyms",
        metavar="FILE",
        type=Path,
        help="with share: where it is kept what stands for what (default: beside CASE)",
    )
    shared.add_quiet(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write, and say what was left out."""
    from triage.exports.export import export
    from triage.timeline.query import open_case

    with open_case(arguments.case) as case:
        notes = export(
            case, arguments.format, arguments.output, arguments.redact, arguments.pseudonyms
        )
    if not arguments.quiet:
        sys.stderr.writelines(f"triage: {note}\n" for note in notes)
    return shared.DONE
