"""`triage collect`: a bundle of the machine it runs on, of other hosts, of pods."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from triage.collect.probe import GROUPS
from triage.commands import shared

if TYPE_CHECKING:
    from triage.collect.job import Asked
    from triage.collect.manifest import Manifest
    from triage.commands.shared import Commands

DESCRIPTION = """\
Takes what an incident needs from the machine while it hurts: kernel log, GPUs, memory and cgroups,
disks, network, Python environments, Kubernetes, and the logs that you name.

Reads only; nothing leaves the machine; secrets are masked. Each source has a time limit of its own,
so a sick driver or a dead mount costs seconds. MANIFEST.json says what is missing and why.
"""
EPILOG = """\
examples:
  triage collect                                     this machine, into triage-HOST-TIME.tar.zst
  sudo triage collect -o now.tar.zst --log /srv/app/train.log
  triage collect --host gpu-a07 --host gpu-a08       through ssh; needs only sh over there
  triage collect --pod app=ranker --namespace ml     through kubectl
  triage scan --live                                 collect and scan at once

exit status: 0 done, 2 wrong call, 3 a source failed, took too long or had no room (the rest is
there), or the bundle had to be put elsewhere for lack of room, 130 interrupted
"""


def add(commands: Commands) -> None:
    """Its options."""
    parser = commands.add_parser(
        "collect",
        help="make a bundle of this machine, of hosts, of pods",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=shared.RAW,
    )
    option = parser.add_argument
    option("-o", "--output", metavar="FILE", type=Path, help=".tar.zst, .tar.gz or .tar")
    option("--host", action="append", default=[], help="ask this host through ssh instead")
    option("--sudo", action="store_true", help="on hosts, as root through `sudo -n`")
    option(
        "--pod",
        metavar="SELECTOR",
        action="append",
        default=[],
        help="ask pods through kubectl instead: a label selector, POD or NAMESPACE/POD",
    )
    add_sources(parser)
    shared.add_quiet(parser)
    parser.set_defaults(run=run)


def add_sources(parser: argparse.ArgumentParser) -> None:
    """What is taken, for `collect` and `scan --live` alike."""
    option = parser.add_argument_group("what is taken").add_argument
    option("--namespace", metavar="N", help="of Kubernetes (default: the context's)")
    option(
        "--log",
        metavar="PATH",
        action="append",
        default=[],
        help="a log or folder of logs, of whoever is asked; packed ones too",
    )
    option(
        "--python",
        metavar="PATH",
        action="append",
        default=[],
        help="a Python environment, beside the active one and those of running processes",
    )
    option(
        "--journal-since",
        metavar="TIME",
        default="-2h",
        help="how much of the journal (default -2h; words of journalctl)",
    )
    option("--only", metavar="GROUP", choices=GROUPS, action="append", default=[])
    option(
        "--skip",
        metavar="GROUP",
        choices=GROUPS,
        action="append",
        default=[],
        help=f"groups: {', '.join(GROUPS)}",
    )
    option("--no-mask", action="store_true", help="leave secrets as they are")
    option(
        "--time-limit",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="for everything together (default 60)",
    )


def asked_of(arguments: argparse.Namespace) -> Asked:
    """The options as what is asked."""
    from triage.collect.job import Asked

    groups = frozenset(arguments.only or GROUPS) - frozenset(arguments.skip)
    return Asked(
        hosts=tuple(dict.fromkeys(getattr(arguments, "host", ()))),
        pods=tuple(dict.fromkeys(getattr(arguments, "pod", ()))),
        namespace=arguments.namespace,
        logs=tuple(dict.fromkeys(arguments.log)),
        python=tuple(dict.fromkeys(arguments.python)),
        since=arguments.journal_since,
        groups=groups,
        sudo=getattr(arguments, "sudo", False),
        masks=not arguments.no_mask,
        seconds=arguments.time_limit,
        words=tuple(sys.argv[1:]),
    )


def run(arguments: argparse.Namespace) -> int:
    """Collect, pack, say what is missing."""
    from triage.collect import pack
    from triage.collect.job import collect
    from triage.collect.scratch import scratch
    from triage.faces import collect as summary

    asked = asked_of(arguments)
    output = arguments.output or Path(f"{summary.default_name(asked.hosts, asked.pods)}.tar.zst")
    pack.check_name(output)
    with scratch(output.parent) as (bundle, raw):
        with summary.telling(quiet=arguments.quiet) as told:
            manifest = collect(asked, bundle, raw, told)
        place, size = pack.pack_somewhere(bundle, output)
    if not arguments.quiet:
        sys.stderr.write(summary.text(manifest, size))
    if place != output:
        form = ", a folder: there was no room to pack it" if place.is_dir() else ""
        sys.stderr.write(f"triage: {output}: no room; the bundle is {place}{form}\n")
    sys.stdout.write(f"{place}\n")
    return status_of(manifest) if place == output else shared.PARTLY


@contextmanager
def live_bundle(*, quiet: bool) -> Iterator[tuple[str, int]]:
    """A bundle of this machine as it is now, and the status that it deserves.

    It is gone when the scan is done.
    """
    from triage.collect.job import Asked, collect
    from triage.collect.scratch import scratch
    from triage.faces import collect as summary

    with scratch() as (bundle, raw):
        with summary.telling(quiet=quiet) as told:
            manifest = collect(Asked(words=tuple(sys.argv[1:])), bundle, raw, told)
        if not quiet:
            sys.stderr.write(summary.text(manifest))
        yield str(bundle), status_of(manifest)


def status_of(manifest: Manifest) -> int:
    """Whether something was asked and did not answer."""
    from triage.collect.manifest import LOST

    lost = any(entry.status in LOST for entry in manifest.entries())
    named = any(
        entry.status in {"absent", "denied"} and entry.source.startswith("logs/")
        for machine in manifest.machines
        if machine.how == "ssh"
        for entry in machine.entries
    )
    return shared.PARTLY if lost or named else shared.DONE


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value
