"""`triage tui`: walk from the verdict to the fix."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands

EPILOG = """\
PATH is what `triage scan` reads, or a .triage case. What you tick and note is kept in the case:
the one that you name, or one in your state folder, found again when you open the same bundle.
Of the cases there, those that nobody opened for 30 days go, and the oldest above 5 GiB in all;
never one in which you ticked or noted something.
Keys: ? lists them on every screen.
"""
SINGLE = (
    "since", "until", "zone", "max_bytes", "max_member", "max_members", "max_ratio", "max_depth",
    "max_hits",
)  # fmt: skip
READER = "--reader"
"""Internal: this process reads for the screens of another one."""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "tui",
        help="walk from the verdict to the fix, in the terminal",
        description="Shows verdict, findings, timeline and playbooks, and keeps what you note.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("paths", metavar="PATH", nargs="+")
    option("--case", metavar="FILE", type=Path, help="keep the case here")
    option("--ascii", action="store_true", help="no line art and no signs beyond ASCII")
    option("--theme", metavar="NAME", help="dark, light, or one that the palette lists")
    option("--serve", action="store_true", help="in a browser of this machine (extra: serve)")
    option("--port", metavar="N", type=int, default=0, help="of --serve; any free one unless given")
    shared.add_span(parser)
    shared.add_knowledge(parser)
    shared.add_limits(parser)
    option(READER, metavar="FILE", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the screens until the responder leaves."""
    from triage.timeline import is_case
    from triage.tui import reader

    if arguments.reader is not None:
        options = shared.options_of(arguments)
        reader.serve(arguments.paths, options, arguments.reader, sys.stdout.buffer)
        return shared.DONE
    if arguments.serve:
        from triage.tui.serving import serve

        look = ["--ascii"] if arguments.ascii else []
        look += [f"--theme={arguments.theme}"] if arguments.theme else []
        keep = [f"--case={arguments.case}"] if arguments.case else []
        return serve([*look, *keep, *words_of(arguments), "--", *arguments.paths], arguments.port)
    from triage.tui import places
    from triage.tui.terminal import wanted_paths

    paths = wanted_paths(arguments.paths)
    if any(is_case(path) for path in paths):
        from triage.errors import UsageError

        if len(paths) > 1:
            raise UsageError("a case holds a finished answer: give it alone")
        case, process = Path(paths[0]), None
    else:
        from triage.own_process import own_command

        case = arguments.case or places.case_for(paths, _asked(arguments))
        words = ["tui", READER, str(case), *words_of(arguments), "--", *paths]
        process = reader.start(own_command(*words))
    from triage.tui.app import show

    return show(paths, case, process, plain=arguments.ascii, theme=arguments.theme)


def words_of(arguments: argparse.Namespace) -> list[str]:
    """The options that decide what is found, as they were given."""
    given = {name: getattr(arguments, name) for name in SINGLE}
    words = [
        f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None
    ]
    for name in ("signatures", "suppress", "clock"):
        words += [f"--{name}={path}" for path in getattr(arguments, name)]
    return words


def _asked(arguments: argparse.Namespace) -> str:
    """What tells one call from another on the same bundle; suppressions end with a day."""
    from datetime import UTC, datetime

    asked = [words_of(arguments)]
    if arguments.suppress:
        stamps = [str(path.stat().st_mtime_ns) for path in arguments.suppress if path.exists()]
        asked.append([*stamps, datetime.now(UTC).date().isoformat()])
    return json.dumps(asked)
