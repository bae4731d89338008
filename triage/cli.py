"""The command line: hands the call to a command, chooses the exit status. Holds no logic.

Exit statuses: 0 done; 1 `--fail-on` found something that severe; 2 the call is wrong or nothing
could be read; 3 done, but some input could not be read; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from triage.commands import (
    batch,
    collect,
    diff_env,
    explain,
    export,
    fleet,
    query,
    report,
    scan,
    signatures,
    tui,
    watch,
)
from triage.commands.shared import DONE, INTERRUPTED, RAW, WRONG
from triage.errors import TriageError
from triage.own_process import collect_garbage_seldom, write_all
from triage.version import __version__

COMMANDS = (
    scan,
    tui,
    report,
    query,
    collect,
    batch,
    fleet,
    explain,
    export,
    watch,
    diff_env,
    signatures,
)
"""In the order of `triage --help`."""

DESCRIPTION = """\
Finds what broke, what caused it, where the logs say so, and what to do next.

Hand it what you have: a folder, a tarball, a zip, a single log, or a paste on standard input.
"""
EPILOG = """\
examples:
  triage scan incident.tar.gz              the verdict, ranked findings, evidence with file:line
  kubectl logs pod | triage scan -         a paste or a pipe
  triage scan logs/ --format json          for scripts; --fail-on critical sets the exit status
  triage tui incident.tar.gz               walk from the verdict to the fix
  triage scan logs/ --case now.triage      keep the timeline, then query it:
  triage query now.triage "SELECT ts, loc, message FROM timeline WHERE gpu IS NOT NULL"
  triage explain xid_31                    what a signature means and what to do
  triage explain xid_31 incident.tar.gz    why it fired or stayed silent there

exit status: 0 done, 1 --fail-on found something, 2 wrong call or nothing readable,
3 some input could not be read, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run and leave with the exit status of the contract."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    collect_garbage_seldom()
    write_all()
    try:
        status = int(arguments.run(arguments))
        sys.stdout.flush()
    except TriageError as error:
        print_error(str(error))
        status = WRONG
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not flush to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    sys.exit(status)


def print_error(message: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"triage: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="triage", description=DESCRIPTION, epilog=EPILOG, formatter_class=RAW
    )
    parser.add_argument("--version", action="version", version=f"triage {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
