"""What loggers write right behind a stamp, and how it is taken.

A word is a level only if it is one of the known ones; a name is a logger only where no exception
and no kernel subsystem is called so, because `ERROR OSError: [Errno 28]` must keep its class.
"""

from __future__ import annotations

import re

from triage.envelope.model import (
    LEVEL,
    REFUSED,
    Apply,
    Next,
    Wrapped,
    Wrapper,
    note_level,
)
from triage.events import Peeled

DASH = "(?:[-–—]|&#821[12];)"
DASH_HEADS = " [-–—&]"
CODE = r"[\w./<>-]{1,160}\.(?:py|pyx|cc|cpp|cu|c|h|hpp|go|rs|java|js|ts):\d{1,6}(?::\w{1,60})?"
"""A place in a program's source."""
BRACKET_LEVEL = rf" \[ ?(?P<level>(?i:{LEVEL})) {{0,8}}\]"

_NO_LOGGER = re.compile(
    r".*(?:Error|Exception|Warning|Interrupt|Exit|Failure|Fault|Timeout|Killed)$"
    r"|std::.*|(?:[A-Z]{2,8}\d?|nvidia\S*|EXT4-fs|oom-kill|oom_\S+|device-mapper|blk_\S+|nf_\S+"
    r"|unregister_netdevice|mlx5_core|https?|mce|watchdog|rcu|audit|traps|raid\d|md)$"
)
"""Names that are said, not names that speak."""

DAEMONS = frozenset(
    (
        "systemd", "dockerd", "containerd", "kubelet", "crio", "cron", "CRON", "crond", "sshd",
        "rsyslogd", "slurmd", "slurmctld", "slurmstepd", "nvidia-persistenced", "earlyoom",
        "nv-fabricmanager", "nvidia-fabricmanager", "dhclient", "ntpd", "chronyd", "k3s", "rke2",
        "nomad", "consul", "dbus-daemon", "polkitd", "sudo",
    )
)  # fmt: skip
"""Tags that are believed without a host and without a pid."""


def can_speak(name: str) -> bool:
    """Whether this can be the name of a program or a logger."""
    return _NO_LOGGER.match(name) is None


def speaks(name: str) -> bool:
    """Whether a name before a colon is a logger's: dotted, hyphenated, a path of Rust."""
    return ("-" in name or "." in name or "_" in name or "::" in name) and can_speak(name)


def take_named(found: re.Match[str], peeled: Peeled) -> int:
    """Takes the groups, which are named as fields: `level`, `logger`, `thread`, `pid`."""
    fields = peeled.fields
    for name, value in found.groupdict().items():
        if not value:
            continue
        if name == "level":
            note_level(peeled, value)
        elif name == "pid":
            fields["pid"] = int(value)
        else:
            fields[name] = value
    return found.end()


def take_if_logger(found: re.Match[str], peeled: Peeled) -> int:
    """The same, if the group `logger` is one."""
    return take_named(found, peeled) if speaks(found["logger"]) else REFUSED


def stamped(
    name: str,
    heads: str,
    pattern: str,
    samples: tuple[Wrapped, ...],
    misses: tuple[str, ...] = (),
    *,
    apply: Apply = take_named,
    then: Next = "start",
    guard: re.Pattern[str] | None = None,
) -> Wrapper:
    """A wrapper that stands right behind the characters of a stamp."""
    return Wrapper(name, heads, pattern, samples, misses, apply, ("stamped",), then, guard)
