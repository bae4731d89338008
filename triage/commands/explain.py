"""`triage explain`: what an id or a code means; with a path, why it fired or stayed silent."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

DESCRIPTION = """\
Explains a signature, a code or a name; with a PATH: why it fired, stayed silent or could not be
decided in that bundle.
"""
EPILOG = """\
ID is a finding's id, or one of
  xid 119, sxid 12028, nvlink5 145 [UNIT [WORDS]], status 0x62, rminit 0x26:0xffff:1474
  exit 137, exit -9, exit 0:9, signal 9, SIGKILL
  reason OOMKilled, exception RuntimeError        (the word may be left out)
  xid, sxid, exit, signal, reason, exception      the whole table
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "explain",
        help="what an id or a code means; with a path: why it fired or stayed silent there",
        usage="triage explain [options] ID [PATH]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("words", metavar="ID", nargs="+", help="what to explain; last, the PATH where to look")
    option("--format", choices=("text", "json"), default="text")
    shared.add_knowledge(parser)
    shared.add_color(parser)
    option("-v", "--verbose", action="store_true", help="with a path: every way, every signature")
    shared.add_quiet(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain, and print."""
    from triage.explaining.explain import explain
    from triage.faces import as_json
    from triage.faces import explain as face
    from triage.faces.progress import reporting

    with reporting(quiet=arguments.quiet) as progress:
        made = explain(arguments.words, shared.options_of(arguments), progress)
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(made))
    else:
        face.render(made, sys.stdout, color=arguments.color, verbose=arguments.verbose)
    return shared.PARTLY if made.bundle is not None and made.bundle.unread else shared.DONE
