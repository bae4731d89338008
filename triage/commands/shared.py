"""What commands have in common: exit statuses, options that mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the commands import what they need when they run
    from triage.bundle.limits import Limits
    from triage.reading import Options

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  has no other name

DONE, FOUND, WRONG, PARTLY, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses of the contract."""
SEVERITIES = ("critical", "warning", "info")
RAW = argparse.RawDescriptionHelpFormatter


def add_color(parser: argparse.ArgumentParser) -> None:
    """`--color auto|always|never`."""
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """`--quiet`."""
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def add_knowledge(parser: argparse.ArgumentParser) -> None:
    """`--signatures DIR` and `--suppress FILE`, each as often as one likes."""
    add = parser.add_argument
    add("--signatures", metavar="DIR", type=Path, action="append", default=[])
    add(
        "--suppress",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="hide what this file names, and say so",
    )


def add_span(parser: argparse.ArgumentParser) -> None:
    """`--since`, `--until` and `--zone`."""
    add = parser.add_argument
    add("--since", metavar="TIME", help='"2024-05-14 03:00", "2 hours before the crash"')
    add("--until", metavar="TIME")
    add("--zone", metavar="ZONE", help="time zone of stamps that name none (default UTC)")
    add(
        "--clock",
        metavar="SOURCE=+3s",
        action="append",
        default=[],
        help="correct the times of a source (or a glob) whose clock was off",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Limits on what may be read, as a group of their own."""
    add = parser.add_argument_group("limits, against hostile archives and floods").add_argument
    add("--max-bytes", metavar="N", type=size, help="decompressed bytes in all")
    add("--max-member", metavar="N", type=size, help="decompressed bytes of one file")
    add("--max-members", metavar="N", type=int, help="files in all")
    add("--max-ratio", metavar="N", type=int, help="decompressed to compressed")
    add("--max-depth", metavar="N", type=int, help="archives in archives")
    add("--max-hits", metavar="N", type=int, help="places of one log that may be a failure")


def size(text: str) -> int:
    """`500M` as a number of bytes."""
    units = {"k": 10, "m": 20, "g": 30, "t": 40}
    shift = units.get(text[-1:].lower())
    try:
        return int(text) if shift is None else int(text[:-1]) << shift
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 500M or 64G") from None


def options_of(arguments: argparse.Namespace) -> Options:
    """What a scan is asked to do, from those of the options above that the command has."""
    from triage.reading import Options

    return Options(
        limits=limits_of(arguments),
        since=getattr(arguments, "since", None),
        until=getattr(arguments, "until", None),
        zone=getattr(arguments, "zone", None),
        corrections=tuple(getattr(arguments, "clock", ())),
        signatures=tuple(getattr(arguments, "signatures", ())),
        suppressions=tuple(getattr(arguments, "suppress", ())),
        max_hits=getattr(arguments, "max_hits", None),
    )


def limits_of(arguments: argparse.Namespace) -> Limits:
    """The limits that were given, the others as they are."""
    from triage.bundle.limits import Limits

    given = {
        "max_total_bytes": getattr(arguments, "max_bytes", None),
        "max_member_bytes": getattr(arguments, "max_member", None),
        "max_members": getattr(arguments, "max_members", None),
        "max_ratio": getattr(arguments, "max_ratio", None),
        "max_depth": getattr(arguments, "max_depth", None),
    }
    return replace(Limits(), **{name: n for name, n in given.items() if n is not None})


def severe(threshold: str, severities: Sequence[str]) -> bool:
    """Whether any of them is as severe as the threshold, or worse."""
    wanted = SEVERITIES[: SEVERITIES.index(threshold) + 1]
    return any(severity in wanted for severity in severities)
