"""Which row holds for a driver and a card: versions and generations in order."""

from __future__ import annotations

from triage.patterns import compiled
from triage.tables.rows import Span, SxidRow, XidRow

GENERATIONS = (
    "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell",
)  # fmt: skip
"""NVIDIA's generations, the oldest first."""

_CARDS = tuple(
    (compiled(pattern), generation)
    for pattern, generation in (
        (r"\b(?:G?B[123]\d\d\b|GB10\b|RTX (?:PRO [456]000|50\d\d)|Thor\b)", "blackwell"),
        (r"\b(?:G?H(?:100|200|800|20)\b|GH200\b)", "hopper"),
        (r"\b(?:L4|L40S?|L20|L2)\b|RTX (?:40\d\d|\d000 Ada)|\bAda Generation", "ada"),
        (r"\b(?:A(?:100|800|30|40|10|10G|16|2)\b|RTX A\d{4}|RTX 30\d\d|Orin\b)", "ampere"),
        (r"\b(?:T4|T4G|T10|T40)\b|RTX (?:20\d\d|[3-8]000)|GTX 16\d\d|TITAN RTX", "turing"),
        (r"\bV100S?\b|TITAN V\b|GV100|Xavier", "volta"),
        (r"\bP(?:100|40|4|6)\b|GTX 10\d\d|TITAN X[pP]?\b", "pascal"),
        (r"\bM(?:40|60|4|10|6)\b|GTX 9\d\d", "maxwell"),
        (r"\bK(?:80|40|20|10|520)[cmsX]?\b|GTX [67]\d\d", "kepler"),
    )
)
"""Names as nvidia-smi prints them; the first that fits."""
_VERSION = compiled(r"\d{3}(?:\.\d{1,3}){0,2}")


def generation_of(card: str) -> str | None:
    """`NVIDIA A100-SXM4-80GB` is an ampere; nothing for a name that says no generation."""
    return next((name for pattern, name in _CARDS if pattern.search(card)), None)


def is_version(text: str) -> bool:
    """Whether this is the version of an NVIDIA driver: `535.129.03`."""
    return _VERSION.fullmatch(text) is not None


def version_key(version: str) -> tuple[int, ...]:
    """`550.54` before `550.54.15` before `560`."""
    return tuple(int(part) for part in version.split("."))


def covers_driver(span: Span | None, version: str) -> bool:
    """Whether the span includes this driver."""
    if span is None:
        return True
    key = version_key(version)
    return (not span.from_ or version_key(span.from_) <= key) and (
        not span.before or key < version_key(span.before)
    )


def covers_generation(span: Span | None, generation: str) -> bool:
    """Whether the span includes this generation of cards."""
    if span is None:
        return True
    at = GENERATIONS.index(generation)
    return (not span.from_ or GENERATIONS.index(span.from_) <= at) and (
        not span.before or at < GENERATIONS.index(span.before)
    )


def holds(row: XidRow | SxidRow, driver: str | None, generation: str | None) -> bool:
    """Whether the row may be meant, as far as driver and card are known."""
    if driver is not None and not covers_driver(row.drivers, driver):
        return False
    return not (
        isinstance(row, XidRow)
        and generation is not None
        and not covers_generation(row.cards, generation)
    )
