"""`triage query`: SQL over a case or a store of batch results, sealed."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser("query", help="SQL over a case or a store, sealed")
    option = parser.add_argument
    option("case", metavar="CASE", help="a case file, or the store of `triage batch --out`")
    option("sql", metavar="SQL", help="sees the tables there and nothing else; SHOW TABLES")
    option("--format", choices=("table", "csv", "json", "jsonl"), default="table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask, and print the rows."""
    from triage.timeline.query import open_case, write_rows

    if "://" in arguments.case or os.path.isdir(arguments.case):  # noqa: PTH112  asked as it is
        from triage.batch.opened import opened
        from triage.batch.storage import open_storage
        from triage.batch.store import Store

        with opened(Store(open_storage(arguments.case))) as store:
            write_rows(store.query(arguments.sql), arguments.format, sys.stdout)
        return shared.DONE
    with open_case(arguments.case) as case:
        write_rows(case.query(arguments.sql), arguments.format, sys.stdout)
    return shared.DONE
