"""Names that are known beforehand, and ids of hardware."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick, MatchKind

from triage.patterns import Pattern, compiled
from triage.redact.spans import Span

_UUID = compiled(
    r"\b(?i:(?:MIG-)?(?:GPU|MIG)-)([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}"
    r"-[0-9a-fA-F]{12})\b"
)
_SERIAL = compiled(
    r"(?i)(?:\b|_)serial(?:(?:[ _-]?(?:number|no\.?|id))?\\?[\"']?\s*[=:>]\s*\\?[\"']?"
    r"|[ _-](?:number|no\.?)(?: is)?\s+)([A-Z0-9](?:[A-Z0-9-]*[A-Z0-9])?)"
)
_POD = compiled(
    r"\b[a-z0-9](?:[a-z0-9-]{0,200}[a-z0-9])?-[a-f0-9]{8,10}-([bcdfghjklmnpqrstvwxz2456789]{5})\b"
)
_AWS_HOST = compiled(r"\bip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}\b")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_JOINTS = "_-"
"""`gpu-a07_dmesg.txt` and the static pod `kube-proxy-gpu-a07` name the machine too."""
_LENGTHS = range(6, 41)
"""Of serial numbers."""
_STAMP = r"(?:\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?[ \t]+)"
_HOST_KEY = (
    r"(?:\b(?i:host|hostname|node|nodename|server|machine)"
    r"(?:=|\\?[\"']: ?\\?[\"']|: +|/)['\"]?|@|://)"
)


def hardware(text: str) -> Iterator[Span]:
    """UUIDs and serial numbers."""
    if "GPU-" in text or "MIG-" in text:
        for found in _UUID.finditer(text):
            start = found.start(1) - len("GPU-")
            yield Span(start, found.end(), "gpu_uuid", text[start : found.end()])
    if "erial" in text or "SERIAL" in text:
        for found in _SERIAL.finditer(text):
            name = found.group(1) or ""
            if len(name) in _LENGTHS and any(character.isdecimal() for character in name):
                yield Span(found.start(1), found.end(1), "serial", name)


def pods(text: str) -> Iterator[Span]:
    """Pods of a deployment, told by their two suffixes."""
    if text.count("-") > 1:
        for found in _POD.finditer(text):
            if "-" not in text[found.end() : found.end() + 1]:
                yield Span(found.start(), found.end(), "pod", text[found.start() : found.end()])


def machines(text: str) -> Iterator[Span]:
    """Machines that a cloud named after their address."""
    if "ip-" in text:
        for found in _AWS_HOST.finditer(text):
            yield Span(found.start(), found.end(), "host", text[found.start() : found.end()])


class Names:
    """Finds known names as whole words, all of them in one pass."""

    def __init__(self, hosts: Iterable[str], pods: Iterable[str], serials: Iterable[str]) -> None:
        strong = [host for host in hosts if is_strong(host)]
        self._weak = [_positions(host) for host in sorted(hosts) if not is_strong(host)]
        self._kinds = {name.lower(): "host" for name in strong}
        self._kinds |= {name.lower(): "serial" for name in serials}
        self._kinds |= {name.lower(): "pod" for name in pods}
        self._finder = AhoCorasick(list(self._kinds), matchkind=MatchKind.LeftmostLongest)

    def __call__(self, text: str) -> Iterator[Span]:
        """Those that stand alone."""
        lower = text.translate(_LOWER)
        for _, start, end in self._finder.find_matches_as_indexes(lower):
            name = lower[start:end]
            kind = self._kinds[name]
            if _alone(lower, start, end, _JOINTS if kind == "host" else ""):
                yield Span(start, end, kind, name if kind == "host" else text[start:end])
        for host, pattern in self._weak:
            if host in lower:
                for found in pattern.finditer(text):
                    yield Span(found.start(1), found.end(1), "host", host)


def is_strong(host: str) -> bool:
    """Whether a name cannot be a word of the language: then it is a machine wherever it stands."""
    return any(character.isdecimal() for character in host) or "-" in host or "." in host


def _positions(host: str) -> tuple[str, Pattern]:
    """A machine called `hydra` is one where a log puts machines, and a library elsewhere."""
    quoted = "".join(f"\\{c}" if not c.isalnum() else c for c in host)
    return host.lower(), compiled(rf"(?:{_STAMP}|{_HOST_KEY})((?i:{quoted}))(?:[\s:/.,;\"')]|$)")


def _alone(text: str, start: int, end: int, joints: str) -> bool:
    """Whether the name is no part of a longer one; `joints` may tie it to others."""
    left, right = text[start - 1 : start], text[end : end + 1]
    return not (left.isalnum() or right.isalnum() or {left, right} & ({*"_-"} - {*joints}))
