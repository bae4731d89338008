"""`triage watch`: follow logs, tell incidents while they happen."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from triage.commands import shared

if TYPE_CHECKING:
    from triage.commands.shared import Commands
    from triage.watch.delivery import Carrier
    from triage.watch.feeds import Note
    from triage.watch.state import State
    from triage.watch.watcher import Watcher

EPILOG = """\
PATH is a file, a folder (all logs below it), - for standard input, or one of the machine's own
sources: kmsg, journal, nvml. Without a PATH these three are watched, as far as they are there.

  triage watch                                         this machine, as root
  triage watch /var/log/pods kmsg --on critical        a node's pods and its kernel
  kubectl logs -f pod | triage watch -                 a pipe, to its end
  triage watch /var/log --exec "/usr/local/bin/page"   a command for each incident; JSON on its
                                                       standard input, TRIAGE_* in its environment
  triage watch app.log --case now.triage               keep the latest events to query at any moment

A watch that is started again goes on where it stood. Ctrl-C or SIGTERM ends it.
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "watch",
        help="follow logs, tell incidents while they happen",
        description="Follows logs with the signatures of a scan and tells each incident once.",
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("paths", metavar="PATH", nargs="*")
    option(
        "--on",
        choices=shared.SEVERITIES,
        metavar="SEVERITY",
        default="warning",
        help="tell what is that severe, or worse (default warning)",
    )
    option("--exec", metavar="CMD", dest="command", help="run this for each incident, no shell")
    option("--webhook", metavar="URL", help="post each incident as JSON; @FILE holds the URL")
    option("--json-lines", action="store_true", help="print JSON, one object a line")
    option("--case", metavar="FILE", type=Path, help="keep the latest events in this case file")
    option("--since-start", action="store_true", help="read what is there already, too")
    option(
        "--again",
        metavar="MINUTES",
        type=_minutes,
        default=15.0,
        help="the same is a new incident after so long a silence (default 15)",
    )
    option("--state", metavar="FILE", type=Path, help="where to note what was read and told")
    option("--no-state", action="store_true", help="note nothing; begin anew each time")
    option("--zone", metavar="ZONE", help="time zone of stamps that name none (default UTC)")
    shared.add_knowledge(parser)
    shared.add_quiet(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch until told to stop."""
    stop = threading.Event()
    ended_by: list[int] = []

    def end(number: int, _: object) -> None:
        ended_by.append(number)
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second ^C does not wait

    watcher = _watcher(arguments)
    try:
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        watcher.run(stop)
    finally:
        if watcher.state is not None:
            watcher.state.close()
    if not arguments.quiet:
        sys.stderr.write(f"triage: ended; {watcher.lines:,} lines read, {watcher.told} told\n")
    return shared.INTERRUPTED if signal.SIGINT in ended_by else shared.DONE


def _watcher(arguments: argparse.Namespace) -> Watcher:
    from triage.signatures.compiled import Plan
    from triage.signatures.load import load
    from triage.watch.printing import Printer
    from triage.watch.sources import feeds_of
    from triage.watch.state import State, StateFile, default_path
    from triage.watch.watcher import Settings, Watcher

    options = shared.options_of(arguments)
    file = None
    if not arguments.no_state:
        file = StateFile(arguments.state or default_path(arguments.paths))
    known = (file.read() if file is not None else None) or State()
    printer = Printer(as_json=arguments.json_lines)
    watcher = Watcher(
        Plan.of(load(options.signatures)),
        options,
        Settings(arguments.on, arguments.again * 60),
        printer.tell,
        printer.note,
        known=known,
    )
    watcher.state = file
    if arguments.case is not None:
        from triage.watch.rolling_case import RollingCase  # it brings DuckDB, polars and pyarrow

        watcher.case = RollingCase(arguments.case, printer.note)
    watcher.feeds = feeds_of(
        arguments.paths, watcher, printer.note, known, from_start=arguments.since_start
    )
    _add_deliveries(watcher, arguments, known, printer.note)
    if not arguments.quiet:
        printer.note(f"watching {', '.join(feed.shown() for feed in watcher.feeds)}")
    return watcher


def _add_deliveries(
    watcher: Watcher, arguments: argparse.Namespace, known: State, note: Note
) -> None:
    from triage.watch.delivery import Delivery
    from triage.watch.run_command import Command
    from triage.watch.web_hook import WebHook

    carriers: list[Carrier] = []
    if arguments.command:
        carriers.append(Command(arguments.command))
    if arguments.webhook:
        carriers.append(WebHook(arguments.webhook))
    watcher.deliveries = [
        Delivery(carrier, note, known.pending.get(carrier.name, ())) for carrier in carriers
    ]


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes")
    return value
