"""`triage signatures list|show|lint|test`: the knowledge base, and its gate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

ACTIONS = (
    ("list", "id, severity, role and title of each"),
    ("show", "one signature, whole"),
    ("lint", "check files: form, patterns, literals, playbooks, links"),
    ("test", "run every example and near miss"),
)


def add(commands: Commands) -> None:
    """Its actions and their options."""
    parser = commands.add_parser("signatures", help="the knowledge base, and its gate")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    for action, text in ACTIONS:
        command = actions.add_parser(action, help=text)
        if action == "show":
            command.add_argument("id")
        if action == "test":
            command.add_argument(
                "--mutate", action="store_true", help="list examples that would pass anyway"
            )
        command.add_argument("dir", metavar="DIR", type=Path, nargs="?", help="your own folder")


def run(arguments: argparse.Namespace) -> int:
    """Run the action, print its report."""
    from triage.faces import knowledge

    extra = (arguments.dir,) if arguments.dir else ()
    if arguments.action == "show":
        sys.stdout.write(knowledge.show(arguments.id, extra))
        return shared.DONE
    if arguments.action == "test":
        report, good = knowledge.run_examples(extra, mutate=arguments.mutate)
    else:
        action = {"list": knowledge.listing, "lint": knowledge.check}
        report, good = action[arguments.action](extra)
    sys.stdout.write(report)
    return shared.DONE if good else shared.FOUND
