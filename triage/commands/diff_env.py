"""`triage diff-env`: two Python environments side by side."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

DESCRIPTION = (
    "A and B: a freeze, lock, list or environment file, or a folder that holds one. "
    "Where several environments are in it, name one: PATH::ENVIRONMENT."
)


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "diff-env", help="two Python environments side by side", description=DESCRIPTION
    )
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    shared.add_color(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare, and print."""
    from triage.environments import compare
    from triage.faces import as_json, diff_env

    difference = compare(arguments.a, arguments.b)
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(difference))
    else:
        diff_env.render(difference, sys.stdout, color=arguments.color)
    return shared.DONE
