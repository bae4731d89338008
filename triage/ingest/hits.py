"""Where the gate's literals stand, as lines of a window."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from triage.bundle.text import TextBlock
from triage.embedded import expand
from triage.envelope import peel
from triage.envelope.unfold import unfolded
from triage.events import Line
from triage.ingest.lines import Window
from triage.signatures.compiled import Plan

Hits = list[tuple[int, int]]
"""(index of the line in the window, literal), in order of lines."""
Places = list[tuple[int, int]]
"""(literal, position in the block), as the gate finds them."""
Found = tuple[TextBlock, Places, bool]
"""A block, the gate's hits in it, and whether it is the last one."""


def line_hits(block: TextBlock, found: Places, shift: int) -> Hits:
    """The gate's hits in a block, by line; `shift` lines were held back before it."""
    return sorted({(block.line_at(start) + shift, literal) for literal, start in found})


def whole_line_hits(plan: Plan, window: Window, hits: Hits) -> Hits:
    """The same where lines were cut: a hit in a piece, or across two, is one in the whole line."""
    cut = window.joined
    if not cut.last:
        return hits
    found = {(cut.first.get(index, index), literal) for index, literal in hits}
    for first in cut.last:
        found.update((first, literal) for literal in plan.gate.in_text(window[first].text))
    return sorted(found)


def text_hits(plan: Plan, lines: Sequence[Line]) -> Hits:
    """Hits in lines that were made, not read."""
    return sorted(
        (index, literal)
        for index, line in enumerate(lines)
        for literal in plan.gate.in_text(line.text)
    )


def expanded(lines: Sequence[Line]) -> tuple[list[Line], list[tuple[int, int]]] | None:
    """Text inside the strings of a JSON document, as lines of its own, and where each stands."""
    first = lines[0].text.lstrip()[:1] if lines else ""
    if first not in ("{", "["):
        return None
    rows = expand("\n".join(line.text for line in lines))
    if rows is None:
        return None
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    made: list[Line] = []
    origins: list[tuple[int, int]] = []
    for number, (offset, row) in enumerate(rows, start=1):
        owner = lines[bisect_left(starts, offset + 1) - 1]
        before = owner.text[: offset - starts[owner.number - 1]].encode("utf-8", "replace")
        made.append(Line(number, offset, row, peel))
        origins.append((owner.number, owner.offset + len(before)))
    return made, origins


def laid_flat(lines: Sequence[Line]) -> tuple[list[Line], list[tuple[int, int]]] | None:
    """Records of several lines, or several lines in one, as lines of their own; see `unfold`."""
    rows = unfolded([line.text for line in lines])
    if rows is None:
        return None
    owners = [lines[row.index] for row in rows]
    made = [
        Line(number, owner.offset, row.text, row.peel)
        for number, (row, owner) in enumerate(zip(rows, owners, strict=True), start=1)
    ]
    return made, [(owner.number, owner.offset) for owner in owners]


def apart(hits: Hits, lines: int) -> Iterator[Hits]:
    """The hits in groups that are at least so many lines from each other."""
    group: Hits = []
    for hit in hits:
        if group and hit[0] - group[-1][0] > lines:
            yield group
            group = []
        group.append(hit)
    if group:
        yield group


def searched(plan: Plan, block: TextBlock) -> Places:
    """The gate's hits in a block, which knows its marks of structure afterwards."""
    hits, block.marks = plan.gate.find_all(block.data)
    return hits


def found_ahead(plan: Plan, blocks: Iterable[TextBlock]) -> Iterator[Found]:
    """Blocks with the gate's hits, searched ahead on another core; the last one is marked."""
    ahead = 2
    queue: deque[tuple[TextBlock, Future[Places]]] = deque()
    with ThreadPoolExecutor(ahead) as pool:
        for block in blocks:
            queue.append((block, pool.submit(searched, plan, block)))
            if len(queue) > ahead:
                ready, found = queue.popleft()
                yield ready, found.result(), False
        while queue:
            ready, found = queue.popleft()
            yield ready, found.result(), not queue
