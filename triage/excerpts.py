"""What a file of the bundles says round a place, read again from where it lies.

    lines = excerpt(paths, info, Place(line=12, line_end=14, offset=803), before=20, after=20)

Secrets are masked, as everywhere; control characters are as the file has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triage.answer import SourceInfo
from triage.bundle.bundle import open_bundle
from triage.bundle.excerpt import Place, TextLine, lines_around
from triage.bundle.visible import visible
from triage.errors import TriageError
from triage.patterns import compiled
from triage.reading import Labels, source_name
from triage.secrets import MASK, mask

__all__ = ["Place", "TextLine", "excerpt"]

NAME = 1024
"""Characters of a source's name in an answer."""
_KEY_BEGINS = compiled(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = compiled(r"-----END [A-Z ]*PRIVATE KEY-----")


def excerpt(
    paths: Sequence[str], info: SourceInfo, place: Place, *, before: int, after: int
) -> list[TextLine]:
    """Lines round a place of a source; none where the file is not there any more."""
    labels = Labels(len(paths))
    for path in paths:
        try:
            with open_bundle(path) as bundle:
                label = labels.of(bundle)
                for source in bundle.sources():
                    if visible(source_name(bundle, source.name, label), NAME) == info.name:
                        found = lines_around(source, place, info.encoding, before, after)
                        return _masked(found)
        except TriageError:  # it has moved; the case still holds what it said
            continue
    return []


def _masked(lines: Sequence[TextLine]) -> list[TextLine]:
    """Line by line; a private key reaches over several, and may begin before the first."""
    begins = [number for number, line in enumerate(lines) if _KEY_BEGINS.search(line.text)]
    ends = [number for number, line in enumerate(lines) if _KEY_ENDS.search(line.text)]
    inside = bool(ends) and (not begins or ends[0] < begins[0])
    masked = []
    for line in lines:
        inside = inside or _KEY_BEGINS.search(line.text) is not None
        masked.append(replace(line, text=MASK if inside else mask(line.text)))
        inside = inside and _KEY_ENDS.search(line.text) is None
    return masked
