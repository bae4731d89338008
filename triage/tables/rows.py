"""What a table may say. Decoded strictly: an unknown key is an error with its place."""

from __future__ import annotations

from msgspec import Struct, field


class Span(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """From one version or card generation on, until before another."""

    from_: str = field(name="from", default="")
    """Counts itself; empty: from the beginning."""
    before: str = ""
    """Does not count itself; empty: to this day."""


class Fact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What every row says."""

    meaning: str
    """One line, in our words."""
    action: str = ""
    """What to do first."""
    page: str = ""
    """The playbook, as `<area>/<name>`."""
    source: tuple[str, ...]
    """Keys of the table's `sources`."""


class XidRow(Fact, frozen=True, kw_only=True):
    """One meaning of one Xid; a number that was reused has several rows."""

    code: int
    name: str
    """The driver's mnemonic."""
    origin: tuple[str, ...]
    """Who is at fault, the most usual first."""
    advice: str = ""
    """The bucket of NVIDIA's catalog, such as RESET_GPU."""
    raises: tuple[str, ...] = ()
    """What makes it worse."""
    lowers: tuple[str, ...] = ()
    """What makes it less bad."""
    cards: Span | None = None
    """Generations of cards for which the number has this meaning; none: all."""
    drivers: Span | None = None
    """Driver versions in which the number has this meaning; none: all."""
    since: str = ""
    """The first release of the open kernel modules that names it."""
    note: str = ""
    signature: str


class SxidRow(Fact, frozen=True, kw_only=True):
    """One meaning of one SXid."""

    code: int
    name: str
    says: tuple[str, ...] = ()
    """Words of severity that the driver prints with it; with both, the line decides."""
    fatal: bool
    """What it is where the line has no such word."""
    whole_switch: bool = False
    """Every GPU on the switch is affected, not one link."""
    guide: str = ""
    """The class of the fabric manager's guide."""
    advice: str = ""
    texts: tuple[str, ...] = ()
    """How the driver's line goes on behind the number."""
    cards: tuple[str, ...] = ()
    """Machines (A100, H100) whose switch driver reports it; none: older ones, or nobody now."""
    drivers: Span | None = None
    since: str
    signature: str


class ExitRow(Fact, frozen=True, kw_only=True):
    """What one owner means by one exit code."""

    code: int
    by: str
    """Who gives it."""
    name: str = ""
    here: str = ""
    """What it usually is on machines of this kind."""
    signatures: tuple[str, ...] = ()


class SignalRow(Fact, frozen=True, kw_only=True):
    """A signal of Linux."""

    number: int
    name: str
    default: str
    """What it does to a process that does not handle it."""
    here: str = ""
    signatures: tuple[str, ...] = ()


class ReasonRow(Fact, frozen=True, kw_only=True):
    """A reason that Kubernetes writes into states, conditions and events."""

    reason: str
    of: str
    """What it is said of: container, pod, node, volume."""
    kind: str
    """`normal`, `waiting` or `bad`."""
    signatures: tuple[str, ...] = ()


class ExceptionRow(Fact, frozen=True, kw_only=True):
    """A class of Python exceptions."""

    name: str
    """With its module; builtins without."""
    of: str
    also: tuple[str, ...] = ()
    """Other names that mean the same."""
    here: str
    signatures: tuple[str, ...]


Row = XidRow | SxidRow | ExitRow | SignalRow | ReasonRow | ExceptionRow


def signatures_of(row: Row) -> tuple[str, ...]:
    """The signatures that cover what the row tells of."""
    return (row.signature,) if isinstance(row, XidRow | SxidRow) else row.signatures
