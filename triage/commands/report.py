"""`triage report`: the post-mortem draft of a bundle or a case."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

DESCRIPTION = """\
Writes the draft of a post-mortem: what the logs show, each sentence with the place that says so;
what was not seen; and what only people can fill in, marked TODO(owner).
"""
EPILOG = """\
PATH is what `triage scan` reads, or a .triage case, whose notes and ticked steps become the
section Response. TEMPLATE is srebook (default), brief (for the chat), cmr (contributors,
mitigators, risks), or a Jinja2 file of your own; it sees `report`, see --format json.

--check reads a finished report (.md, .html, .json) or a case and lists what is still open and
words that blame; exit status 1 if there is any. A line with <!-- wording: fine --> is not asked.
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "report",
        help="the draft of a post-mortem, sourced",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("paths", metavar="PATH", nargs="+")
    option("--format", choices=("md", "html", "json"), help="default: as FILE ends, else md")
    option("--template", metavar="TEMPLATE", help="srebook, brief, cmr, or a file of your own")
    option("-o", "--output", metavar="FILE", type=Path)
    option(
        "--redact",
        choices=("none", "secrets", "share"),
        default="secrets",
        help="share: hosts, addresses, users, pods and serials become pseudonyms",
    )
    option("--check", action="store_true", help="list what is open; exit 1 if anything is")
    shared.add_span(parser)
    shared.add_knowledge(parser)
    shared.add_quiet(parser)
    shared.add_limits(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build, redact, write; or check."""
    from triage.faces.progress import reporting
    from triage.report import check, running

    paths: list[str] = arguments.paths
    if arguments.check and len(paths) == 1 and check.is_document(Path(paths[0])):
        found = check.check_file(Path(paths[0]))
        sys.stdout.write(check.told(found))
        return shared.FOUND if found else shared.DONE
    fmt, template = running.chosen(arguments.format, arguments.template, arguments.output)
    running.check_output(arguments.output, paths)
    with reporting(quiet=arguments.quiet) as progress:
        made = running.made(paths, shared.options_of(arguments), arguments.redact, progress)
    if arguments.check:
        found = check.check_report(made.report)
        sys.stdout.write(check.told(found))
        return shared.FOUND if found else shared.DONE
    running.write(made.report, fmt, template, arguments.output)
    return shared.PARTLY if made.unread else shared.DONE
