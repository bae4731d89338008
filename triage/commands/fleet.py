"""`triage fleet`: what is wrong with a fleet, from the store of `triage batch`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

EPILOG = """\
Judges across bundles: a GPU that is innocent in each of three incidents is not innocent in all of
them. `triage query DIR "SELECT ..."` asks the same store; SHOW TABLES lists what there is.
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "fleet",
        help="what is wrong with a fleet: repeat offenders, groups, what is new",
        description="Answers for a fleet, from the store that `triage batch --out DIR` wrote.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("store", metavar="DIR", help="the store: a folder, or s3://BUCKET/PREFIX")
    option("--format", choices=("text", "json", "html"), default="text")
    option("-o", "--output", metavar="FILE", type=Path, help="write it there")
    option("-v", "--verbose", action="store_true", help="all rows, all evidence")
    shared.add_color(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge, and print."""
    from triage.batch.fleet import fleet_of
    from triage.batch.storage import open_storage
    from triage.batch.store import Store
    from triage.errors import UsageError
    from triage.faces import fleet as face

    answer = fleet_of(Store(open_storage(arguments.store)))
    if arguments.output is None:
        face.write(
            answer, arguments.format, sys.stdout, color=arguments.color, verbose=arguments.verbose
        )
        return shared.DONE
    try:
        with arguments.output.open("w", encoding="utf-8") as out:
            face.write(answer, arguments.format, out, color="never", verbose=arguments.verbose)
    except OSError as error:
        raise UsageError(f"{arguments.output}: the system says {error.strerror}") from error
    return shared.DONE
