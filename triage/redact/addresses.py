"""IP and MAC addresses. Versions, times, PCI addresses and C++ scopes look like them and stay."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from triage.patterns import compiled
from triage.redact.spans import Span

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_V4 = compiled(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}")
_V6 = compiled(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}")
_MAC = compiled(r"(?:[0-9A-Fa-f]{2}[:-]){5,13}[0-9A-Fa-f]{2}")
_MAC_OCTETS = (6, 8, 14)
"""Ethernet, InfiniBand port, and both ends with the type as a firewall logs them."""
_PRODUCT = compiled(
    r"(?i)(?:^|[^a-z])(?:v|ver|version|firmware|fw|driver|release|rev|build|bios|vbios|cuda|cudnn"
    r"|chrome|chromium|edge?|edg|safari|firefox|opr|applewebkit|nccl|sdk)$"
)
_PACKAGE = compiled(r"(?i)(?:^|[^\w.-])(?:nvidia|lib|cuda|cudnn|nccl|tensorrt)[\w.-]*$|-cu\d\d?$")
_RELEASE = re.compile(r" (?:release|version)\b")
_BETWEEN = "=~<>!\"' \t:("
_COMPARED = ("==", ">=", "<=", "~=", "!=")
_WINDOW = 80
"""Characters before an address that tell whether it is a version."""
_TELLS_NOTHING = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "169.254.169.254/32", "224.0.0.0/3", "::1/128", "::/128",
        "2001:db8::/32",
    )
)  # fmt: skip


def addresses(text: str) -> Iterator[Span]:
    """All of them, in any order."""
    if text.count(".") > 2:  # noqa: PLR2004 - the dots of one address
        yield from _v4(text)
    if text.count(":") > 1 or text.count("-") > 4:  # noqa: PLR2004 - the fewest in one address
        yield from _colons(text)


def _v4(text: str) -> Iterator[Span]:
    """Addresses; what is a version in one place of a text is one in all of its places."""
    spans: list[Span] = []
    versions: set[str] = set()
    for found in _V4.finditer(text):
        start, end = found.start(), found.end()
        is_range = bool(spans) and spans[-1].end == start - 1 and text[start - 1] == "-"
        name = text[start:end]
        if not _stands_alone(text, start, end, is_range=is_range) or _says_nothing(name):
            continue
        if name.endswith(".0.0.0") and not text.startswith("/", end):
            continue  # `Chrome/120.0.0.0`, or no address of anything
        if _is_version(text, start) or _RELEASE.match(text, end):
            versions.add(name)
        else:
            spans.append(Span(start, end, "ip", name))
    yield from (span for span in spans if span.name not in versions)


def _stands_alone(text: str, start: int, end: int, *, is_range: bool) -> bool:
    left = text[start - 1] if start else " "
    right = text[end : end + 2]
    if (left.isalnum() or left in "._+") or (left == "-" and not is_range):
        return False
    if right[:1].isalnum() or right[:1] in ("_", "+"):
        return False
    after_dash = right[:1] == "-" and _V4.match(text[end + 1 : end + 16]) is None
    return not (right[:1] == "." and right[1:].isdecimal()) and not (
        after_dash and right[1:].isalnum()
    )


def _is_version(text: str, start: int) -> bool:
    window = text[max(0, start - _WINDOW) : start]
    if window.rstrip("\"' ").endswith(_COMPARED):
        return True
    word = window.rstrip(_BETWEEN)
    if word.endswith("/"):
        return _PRODUCT.search(word[:-1]) is not None
    return _PRODUCT.search(word) is not None or _PACKAGE.search(word) is not None


def _says_nothing(name: str) -> bool:
    address = ipaddress.ip_address(name)
    return any(address in network for network in _TELLS_NOTHING)


def _colons(text: str) -> Iterator[Span]:
    for found in _MAC.finditer(text):
        start, end = found.start(), found.end()
        name = text[start:end].lower().replace("-", ":")
        octets = name.split(":")
        if (
            len(octets) not in _MAC_OCTETS
            or len(set(octets)) == 1
            or name.startswith("02:00:00:")
            or not _bounded(text, start, end)
        ):
            continue
        yield Span(start, end, "mac", name)
    for found in _V6.finditer(text):
        start, end = found.start(), found.end()
        six = _v6_name(text[start:end]) if _bounded(text, start, end) else None
        if six is not None:
            yield Span(start, end, "ip", six)


def _bounded(text: str, start: int, end: int) -> bool:
    left = text[start - 1] if start else " "
    right = text[end : end + 2]
    if right[:1] == "." and right[1:].isalnum():
        return False
    return not (left.isalnum() or left in ":._-" or right[:1].isalnum() or right[:1] in (*":_-",))


def _v6_name(text: str) -> str | None:
    """The address in its one short form; None where this is none, or tells nothing."""
    groups = [group for group in text.split(":") if group]
    digits = any(character.isdecimal() for character in text)
    if len(groups) < 2 or not digits:  # noqa: PLR2004 - `std::` and times are no addresses
        return None
    try:
        name = str(ipaddress.IPv6Address(text))
    except ValueError:
        return None
    return None if _says_nothing(name) else name
