"""`triage scan`: read bundles, print the verdict."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

EPILOG = """\
PATH is a folder, a file, a tar (plain, gz, bz2, xz, zst), a zip, a .triage case, or - for standard
input. Several paths are judged as one incident. A bundle is never changed.
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "scan",
        help="read bundles, print the verdict",
        description="Reads bundles and prints the verdict, the ranked findings and the evidence.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("paths", metavar="PATH", nargs="+")
    option("--format", choices=("text", "json"), default="text")
    option("--case", metavar="FILE", type=Path, help="write the full timeline to this case file")
    option(
        "--fail-on",
        choices=shared.SEVERITIES,
        metavar="SEVERITY",
        help="exit 1 if that severe (or worse)",
    )
    shared.add_span(parser)
    shared.add_knowledge(parser)
    shared.add_color(parser)
    option("-v", "--verbose", action="store_true", help="all evidence, all sources")
    shared.add_quiet(parser)
    shared.add_limits(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Scan, keep the case if asked, print, choose the status."""
    from triage.faces import as_json, text
    from triage.faces.progress import reporting
    from triage.scanner import scan_paths, write_case

    with reporting(quiet=arguments.quiet) as progress:
        scan = scan_paths(arguments.paths, shared.options_of(arguments), progress)
        if arguments.case is not None:
            write_case(scan, arguments.case, progress)
    answer = scan.answer
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(answer))
    else:
        text.render(answer, sys.stdout, color=arguments.color, verbose=arguments.verbose)
    severities = [finding.severity for finding in answer.findings]
    if arguments.fail_on and shared.severe(arguments.fail_on, severities):
        return shared.FOUND
    return shared.PARTLY if scan.unread else shared.DONE
