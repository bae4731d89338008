"""Which pseudonym stands for which name: the same one every time, and a file that remembers.

Where a tool reads the name further by its form (an address, a UUID, the suffix of a pod), the
pseudonym keeps the form and cannot be a real one: addresses that nobody has, zeros, x-es.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
from pathlib import Path
from typing import Self

import msgspec

from triage.errors import UsageError

SCHEMA = "triage.pseudonyms/1"
SUFFIX = ".pseudonyms.json"
PRIVATE = 0o600

KINDS = {
    "host": ("host", "hosts"),
    "ip": ("IP address", "IP addresses"),
    "mac": ("MAC address", "MAC addresses"),
    "user": ("user", "users"),
    "mail": ("mail address", "mail addresses"),
    "domain": ("domain", "domains"),
    "tenant": ("name at a cloud", "names at a cloud"),
    "pod": ("pod suffix", "pod suffixes"),
    "gpu_uuid": ("GPU UUID", "GPU UUIDs"),
    "serial": ("serial number", "serial numbers"),
}
"""Kind of a name, and what a footer calls one and several of them."""
FORMS = (
    "host-1, user-1, mail-1, tenant-1, domain-1.example, 240.0.0.1, 2001:db8::1, 02:00:00:00:00:01"
)
"""What pseudonyms look like, for a footer."""
_SAFE = "2456789bcdfghjklmnpqrstvwxz"
"""The alphabet of suffixes that Kubernetes appends."""
_POD_LENGTH = 5
_CLASS_E = ipaddress.ip_network("240.0.0.0/4")
_DOCUMENTATION = ipaddress.ip_network("2001:db8::/32")
"""No machine has an address of these."""
_OURS = re.compile(
    r"(?:host|user|mail|tenant)-[1-9]\d*|domain-[1-9]\d*\.example"
    r"|2(?:4\d|5[0-5])(?:\.\d+){3}|2001:db8::[0-9a-f:]+|02:00:00(?::[0-9a-f]{2}){3}"
    r"|(?:GPU|MIG)-00000000-0000-0000-0000-\d{12}"
    r"|0000\d{9}"
    rf"|.*-xx[{_SAFE}]{{3}}"
)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: str
    names: dict[str, dict[str, str]]


class Pseudonyms:
    """Names and what stands for them, by kind; numbered in the order in which they are met."""

    def __init__(self, names: dict[str, dict[str, str]] | None = None) -> None:
        self.names: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        for kind, known in (names or {}).items():
            self.names[kind] = dict(known)
        self._reserved: set[str] = set()

    def reserve(self, names: set[str]) -> None:
        """Never use these as pseudonyms, since something is really called so."""
        self._reserved |= {name for name in names if _OURS.fullmatch(name)}

    def of(self, kind: str, name: str) -> str:
        """What stands for the name. A name that looks like one of ours stands for itself."""
        known = self.names[kind]
        if name not in known:
            if _OURS.fullmatch(name):
                return name
            known[name] = self._fresh(kind, name)
        return known[name]

    def _fresh(self, kind: str, name: str) -> str:
        number = len(self.names[kind]) + 1
        while (made := _made(kind, name, number)) in self._reserved:
            number += 1
        self._reserved.add(made)
        return made

    @classmethod
    def load(cls, path: Path) -> Self:
        """Those that were kept there; none where there is no file. Raises `UsageError`."""
        try:
            read = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return cls()
        except (OSError, msgspec.DecodeError) as error:
            raise UsageError(f"{path} holds no pseudonyms that can be read: {error}") from error
        if read.schema != SCHEMA or not read.names.keys() <= KINDS.keys():
            raise UsageError(f"{path} holds no pseudonyms of this version of triage")
        made = cls(read.names)
        made.reserve({new for known in read.names.values() for new in known.values()})
        return made

    def save(self, path: Path) -> None:
        """Write them where only the owner can read them. Raises `UsageError`."""
        content = msgspec.json.format(msgspec.json.encode(_File(SCHEMA, self.names)), indent=1)
        partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
        try:
            partial.unlink(missing_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content + b"\n")
            partial.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def pseudonyms_path(case: Path) -> Path:
    """The file beside a case that remembers: `now.triage.pseudonyms.json`."""
    return case.with_name(case.name + SUFFIX)


def _made(kind: str, name: str, number: int) -> str:
    made = f"{kind}-{number}"
    if kind == "ip":
        made = str(_DOCUMENTATION[number] if ":" in name else _CLASS_E[number])
    elif kind == "mac":
        octets = number.to_bytes(3, "big").hex(":")
        made = f"02:00:00:{octets}"
    elif kind == "domain":
        made = f"domain-{number}.example"
    elif kind == "gpu_uuid":
        made = f"{name[:3].upper()}-00000000-0000-0000-0000-{number:012d}"
    elif kind == "serial":
        made = f"0000{number:09d}"
    elif kind == "pod":
        made = f"{name.rpartition('-')[0]}-{_letters(number)}"
    return made


def _letters(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_SAFE))
        digits = _SAFE[rest] + digits
    return digits.rjust(_POD_LENGTH, "x")
