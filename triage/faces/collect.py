"""What `triage collect` says while it asks and when it is done."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from triage.bundle.visible import visible
from triage.collect.machine import safe_name
from triage.collect.manifest import NAME, Entry, Manifest, Status

WORDS: dict[Status, str] = {
    "denied": "denied",
    "failed": "failed",
    "timeout": "timed out",
    "cut": "only a part",
}
"""In the order in which they are shown; what a machine simply does not have comes last."""
MAX_WHY = 160


@contextmanager
def telling(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A callback that shows which source is asked; on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, markup=False, highlight=False)
    with console.status(Text("asking")) as status:
        yield lambda name: status.update(Text(f"asking {visible(name)}"))


def default_name(hosts: Sequence[str], pods: Sequence[str]) -> str:
    """Whom it is of, and when."""
    named = [*hosts, *pods] or [socket.gethostname()]
    more = f"-and-{len(named) - 1}-more" if named[1:] else ""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return f"triage-{safe_name(named[0].rpartition('@')[2])}{more}-{stamp}"


def text(manifest: Manifest, packed: int | None = None) -> str:
    """What is in the bundle and what is not, for standard error. `packed`: bytes of its file."""
    entries = manifest.entries()
    answered = [entry for entry in entries if entry.files]
    masked = sum(entry.masked for entry in entries)
    secrets = f"{masked} secrets masked" if manifest.masked else "SECRETS WERE NOT MASKED"
    whole = sum(entry.bytes for entry in entries)
    took = f"{len(answered)} of {len(entries)} sources in {manifest.seconds:.1f} s"
    size = _bytes(whole) if packed is None else f"{_bytes(whole)} ({_bytes(packed)} packed)"
    rows = [f"{took}, {size}, {secrets}"]
    several = len(manifest.machines) > 1
    for status, word in WORDS.items():
        for machine in manifest.machines:
            place = f"{machine.name} " if several else ""
            rows += [
                f"  {word:11}  {visible(place + entry.source)}: {_why(entry, root=machine.root)}"
                for entry in machine.entries
                if entry.status == status
            ]
    absent = [visible(entry.source) for entry in entries if entry.status == "absent"]
    if absent:
        rows.append(f"  not there    {', '.join(dict.fromkeys(absent))}")
    if packed is not None:
        rows.append(f"{NAME} in it says all of this")
    return "".join(f"{row}\n" for row in rows)


def _why(entry: Entry, *, root: bool | None) -> str:
    if entry.root_would_add:
        who = "root on the node (this one has not all rights)" if root else "root"
        return f"{who} would add {entry.root_would_add}"
    return visible(entry.why, MAX_WHY)


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004  a step of the units
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
