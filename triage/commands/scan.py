"""`triage scan`: read bundles, print the verdict."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared
from triage.errors import UsageError

if TYPE_CHECKING:
    from triage.answer import Answer
    from triage.commands.shared import Commands

DOCUMENTS = ("json", "sarif", "junit")
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
    option("paths", metavar="PATH", nargs="*")
    option("--live", action="store_true", help="this machine as it is now, with the PATHs if any")
    option("--format", choices=("text", *DOCUMENTS), default="text")
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
    from triage.commands.collect import live_bundle
    from triage.faces import text
    from triage.faces.progress import reporting
    from triage.scanner import scan_paths, write_case

    if not arguments.paths and not arguments.live:
        raise UsageError("name a PATH, or take this machine as it is with --live")
    paths, collected = list(arguments.paths), shared.DONE
    with ExitStack() as live:
        if arguments.live:
            bundle, collected = live.enter_context(live_bundle(quiet=arguments.quiet))
            paths.insert(0, bundle)
        progress = live.enter_context(reporting(quiet=arguments.quiet))
        options = replace(shared.options_of(arguments), for_timeline=arguments.case is not None)
        scan = scan_paths(paths, options, progress)
        if arguments.case is not None:
            write_case(scan, arguments.case, progress)
    answer = scan.answer
    if arguments.format in DOCUMENTS:
        sys.stdout.buffer.write(_document(answer, arguments))
    else:
        text.render(answer, sys.stdout, color=arguments.color, verbose=arguments.verbose)
    severities = [finding.severity for finding in answer.findings]
    if arguments.fail_on and shared.severe(arguments.fail_on, severities):
        return shared.FOUND
    return shared.PARTLY if scan.unread else collected


def _document(answer: Answer, arguments: argparse.Namespace) -> bytes:
    from triage.faces import as_json, junit, sarif

    if arguments.format == "junit":
        worst = shared.SEVERITIES.index(arguments.fail_on or "warning")
        return junit.render(answer, shared.SEVERITIES[: worst + 1])
    return sarif.render(answer) if arguments.format == "sarif" else as_json.render(answer)
