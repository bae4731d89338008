"""The command line: parses the call, hands over, chooses the exit status. Holds no logic.

Exit statuses: 0 done; 1 `--fail-on` found something that severe; 2 the call is wrong or nothing
could be read; 3 done, but some input could not be read; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from triage.errors import TriageError
from triage.version import __version__

if TYPE_CHECKING:  # the commands import what they need when they run
    from triage.bundle.limits import Limits

DONE, FOUND, WRONG, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130
SEVERITIES = ("critical", "warning", "info")

DESCRIPTION = """\
Finds what broke, what caused it, where the logs say so, and what to do next.

Hand it what you have: a folder, a tarball, a zip, a single log, or a paste on standard input.
"""
EPILOG = """\
examples:
  triage scan incident.tar.gz              the verdict, ranked findings, evidence with file:line
  kubectl logs pod | triage scan -         a paste or a pipe
  triage scan logs/ --format json          for scripts; --fail-on critical sets the exit status
  triage scan logs/ --case now.triage      keep the timeline, then query it:
  triage query now.triage "SELECT ts, loc, message FROM timeline WHERE gpu IS NOT NULL"
  triage explain xid_31                    what a signature means and what to do
  triage explain xid_31 incident.tar.gz    why it fired or stayed silent there

exit status: 0 done, 1 --fail-on found something, 2 wrong call or nothing readable,
3 some input could not be read, 130 interrupted
"""
EXPLAIN = """\
Explains a signature, a code or a name; with a PATH: why it fired, stayed silent or could not be
decided in that bundle.
"""
EXPLAIN_EPILOG = """\
ID is a finding's id, or one of
  xid 119, sxid 12028, nvlink5 145 [UNIT [WORDS]], status 0x62, rminit 0x26:0xffff:1474
  exit 137, exit -9, exit 0:9, signal 9, SIGKILL
  reason OOMKilled, exception RuntimeError        (the word may be left out)
  xid, sxid, exit, signal, reason, exception      the whole table
"""
SCAN_EPILOG = """\
PATH is a folder, a file, a tar (plain, gz, bz2, xz, zst), a zip, a .triage case, or - for standard
input. Several paths are judged as one incident. A bundle is never changed.
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run and leave with the exit status of the contract."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
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
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="triage", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw
    )
    parser.add_argument("--version", action="version", version=f"triage {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    scan = commands.add_parser(
        "scan",
        help="read bundles, print the verdict",
        description="Reads bundles and prints the verdict, the ranked findings and the evidence.",
        epilog=SCAN_EPILOG,
        formatter_class=raw,
    )
    _scan_arguments(scan)
    query = commands.add_parser("query", help="SQL over a case, sealed")
    query.add_argument("case", metavar="CASE", type=Path)
    query.add_argument("sql", metavar="SQL", help="sees the case's tables and nothing else")
    query.add_argument("--format", choices=("table", "csv", "json", "jsonl"), default="table")
    query.set_defaults(run=run_query)
    _explain_arguments(
        commands.add_parser(
            "explain",
            help="what an id or a code means; with a path: why it fired or stayed silent there",
            usage="triage explain [options] ID [PATH]",
            description=EXPLAIN,
            epilog=EXPLAIN_EPILOG,
            formatter_class=raw,
        )
    )
    _diff_arguments(commands.add_parser("diff-env", help="two Python environments side by side"))
    _signature_commands(commands.add_parser("signatures", help="the knowledge base, and its gate"))
    return parser


def _scan_arguments(scan: argparse.ArgumentParser) -> None:
    add = scan.add_argument
    add("paths", metavar="PATH", nargs="+")
    add("--format", choices=("text", "json"), default="text")
    add("--case", metavar="FILE", type=Path, help="write the full timeline to this case file")
    add(
        "--fail-on", choices=SEVERITIES, metavar="SEVERITY", help="exit 1 if that severe (or worse)"
    )
    add("--since", metavar="TIME", help='"2024-05-14 03:00", "2 hours before the crash"')
    add("--until", metavar="TIME")
    add("--zone", metavar="ZONE", help="time zone of stamps that name none (default UTC)")
    add("--signatures", metavar="DIR", type=Path, action="append", default=[])
    add(
        "--suppress",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="hide what this file names, and say so",
    )
    add("--color", choices=("auto", "always", "never"), default="auto")
    add("-v", "--verbose", action="store_true", help="all evidence, all sources")
    add("-q", "--quiet", action="store_true", help="no progress")
    limits = scan.add_argument_group("limits, against hostile archives")
    limits.add_argument("--max-bytes", metavar="N", type=_size, help="decompressed bytes in all")
    limits.add_argument(
        "--max-member", metavar="N", type=_size, help="decompressed bytes of one file"
    )
    limits.add_argument("--max-members", metavar="N", type=int, help="files in all")
    limits.add_argument("--max-ratio", metavar="N", type=int, help="decompressed to compressed")
    limits.add_argument("--max-depth", metavar="N", type=int, help="archives in archives")
    scan.set_defaults(run=run_scan)


def _explain_arguments(explain: argparse.ArgumentParser) -> None:
    add = explain.add_argument
    add("words", metavar="ID", nargs="+", help="what to explain; last, the PATH where to look")
    add("--format", choices=("text", "json"), default="text")
    add("--signatures", metavar="DIR", type=Path, action="append", default=[])
    add("--suppress", metavar="FILE", type=Path, action="append", default=[])
    add("--color", choices=("auto", "always", "never"), default="auto")
    add("-v", "--verbose", action="store_true", help="with a path: every way, every signature")
    add("-q", "--quiet", action="store_true", help="no progress")
    explain.set_defaults(run=run_explain)


def _diff_arguments(diff: argparse.ArgumentParser) -> None:
    diff.description = (
        "A and B: a freeze, lock, list or environment file, or a folder that holds one. "
        "Where several environments are in it, name one: PATH::ENVIRONMENT."
    )
    diff.add_argument("a", metavar="A")
    diff.add_argument("b", metavar="B")
    diff.add_argument("--format", choices=("text", "json"), default="text")
    diff.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    diff.set_defaults(run=run_diff_env)


def _signature_commands(signatures: argparse.ArgumentParser) -> None:
    signatures.set_defaults(run=run_signatures)
    actions = signatures.add_subparsers(required=True, metavar="ACTION", dest="action")
    for action, text in (
        ("list", "id, severity, role and title of each"),
        ("show", "one signature, whole"),
        ("lint", "check files: form, patterns, literals, playbooks, links"),
        ("test", "run every example and near miss"),
    ):
        command = actions.add_parser(action, help=text)
        if action == "show":
            command.add_argument("id")
        if action == "test":
            command.add_argument(
                "--mutate", action="store_true", help="list examples that would pass anyway"
            )
        command.add_argument("dir", metavar="DIR", type=Path, nargs="?", help="your own folder")


def _size(text: str) -> int:
    units = {"k": 10, "m": 20, "g": 30, "t": 40}
    shift = units.get(text[-1:].lower())
    try:
        return int(text) if shift is None else int(text[:-1]) << shift
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 500M or 64G") from None


def run_scan(arguments: argparse.Namespace) -> int:
    """`triage scan`."""
    from triage.faces import as_json, text
    from triage.faces.progress import reporting
    from triage.scanner import Options, scan_paths, write_case

    options = Options(
        limits=_limits(arguments),
        since=arguments.since,
        until=arguments.until,
        zone=arguments.zone,
        signatures=tuple(arguments.signatures),
        suppressions=tuple(arguments.suppress),
    )
    with reporting(quiet=arguments.quiet) as progress:
        scan = scan_paths(arguments.paths, options, progress)
        if arguments.case is not None:
            write_case(scan, arguments.case, progress)
    answer = scan.answer
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(answer))
    else:
        text.render(answer, sys.stdout, color=arguments.color, verbose=arguments.verbose)
    if arguments.fail_on and _severe(arguments.fail_on, [f.severity for f in answer.findings]):
        return FOUND
    return PARTLY if scan.unread else DONE


def _severe(threshold: str, severities: Sequence[str]) -> bool:
    wanted = SEVERITIES[: SEVERITIES.index(threshold) + 1]
    return any(severity in wanted for severity in severities)


def _limits(arguments: argparse.Namespace) -> Limits:
    from dataclasses import replace

    from triage.bundle.limits import Limits

    given = {
        "max_total_bytes": arguments.max_bytes,
        "max_member_bytes": arguments.max_member,
        "max_members": arguments.max_members,
        "max_ratio": arguments.max_ratio,
        "max_depth": arguments.max_depth,
    }
    return replace(Limits(), **{name: n for name, n in given.items() if n is not None})


def run_query(arguments: argparse.Namespace) -> int:
    """`triage query`."""
    from triage.timeline.query import open_case, write_rows

    with open_case(arguments.case) as case:
        write_rows(case.query(arguments.sql), arguments.format, sys.stdout)
    return DONE


def run_explain(arguments: argparse.Namespace) -> int:
    """`triage explain`."""
    from triage.explaining.explain import explain
    from triage.faces import as_json
    from triage.faces import explain as face
    from triage.faces.progress import reporting
    from triage.reading import Options

    options = Options(
        signatures=tuple(arguments.signatures), suppressions=tuple(arguments.suppress)
    )
    with reporting(quiet=arguments.quiet) as progress:
        made = explain(arguments.words, options, progress)
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(made))
    else:
        face.render(made, sys.stdout, color=arguments.color, verbose=arguments.verbose)
    return PARTLY if made.bundle is not None and made.bundle.unread else DONE


def run_diff_env(arguments: argparse.Namespace) -> int:
    """`triage diff-env`."""
    from triage.environments import compare
    from triage.faces import as_json, diff_env

    difference = compare(arguments.a, arguments.b)
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json.render(difference))
    else:
        diff_env.render(difference, sys.stdout, color=arguments.color)
    return DONE


def run_signatures(arguments: argparse.Namespace) -> int:
    """`triage signatures list|show|lint|test`."""
    from triage.faces import knowledge

    extra = (arguments.dir,) if arguments.dir else ()
    if arguments.action == "show":
        sys.stdout.write(knowledge.show(arguments.id, extra))
        return DONE
    if arguments.action == "test":
        report, good = knowledge.run_examples(extra, mutate=arguments.mutate)
    else:
        action = {"list": knowledge.listing, "lint": knowledge.check}
        report, good = action[arguments.action](extra)
    sys.stdout.write(report)
    return DONE if good else FOUND
