"""`triage query`: SQL over a case, sealed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser("query", help="SQL over a case, sealed")
    option = parser.add_argument
    option("case", metavar="CASE", type=Path)
    option("sql", metavar="SQL", help="sees the case's tables and nothing else")
    option("--format", choices=("table", "csv", "json", "jsonl"), default="table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the rows."""
    from triage.timeline.query import open_case, write_rows

    with open_case(arguments.case) as case:
        write_rows(case.query(arguments.sql), arguments.format, sys.stdout)
    return shared.DONE
