"""Kubernetes events as text: tables of `get events` and `describe`, and every free form.

A table is worked outward from a hit: up to its first row, down to its last; a row may be wrapped by
a terminal or hold a message of several lines. Rows are told by what stands in their columns
(`k8s_event_rows`), so the header may be missing. Columns of the user's own (`-o custom-columns`)
are read by the offsets of their header. What is no row may be one of the free forms
(`k8s_event_free`). Events as JSON or YAML are read by `k8s_objects`.

A table with a header is a `k8s.event_table` too, which stands on all its lines and says only the
header. Where the node problem detector repeats a line of the kernel, what the kernel said is an
event of its own (`k8s_kernel`).

Type, reason and message are given as written: type Normal carries failures (NodeNotReady), type
Warning routine noise, and reason BackOff means an image or a crash, so nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.k8s_event_columns import columns_of, custom_row
from triage_parsers.k8s_event_literals import LITERALS
from triage_parsers.k8s_event_message import message_fields
from triage_parsers.k8s_event_rows import Row, is_row_start, row_of
from triage_parsers.k8s_event_said import KIND, event_of, said
from triage_parsers.k8s_event_samples import SAMPLES
from triage_parsers.k8s_kernel import KERNEL_KINDS, kernel_events
from triage_parsers.k8s_subject import subject_above
from triage_parsers.k8s_text import (
    TERMINAL,
    cut_width,
    glue,
    is_prompt,
    prompt_namespace,
    stamp_of,
    unquoted,
    views,
)

TABLE = "k8s.event_table"
MAX_WRAP = 12
"""Lines that one row may take: a long message, wrapped at 80 columns."""
INDENT = 8
"""Blanks before a continuation line: the message column is further right than any key."""
HEADER_REACH = 5
"""Lines above the first row where its header may stand: `Events:`, names, dashes, two wraps."""
NEAR = 200
"""Lines from which the width of the terminal is told."""
DESCRIBE_INDENT = 2
"""Blanks before a row of a describe, which a flattened one has lost."""

_HEADER = compiled(
    r"(?i)^\s*(?:EVENT\s+)?(?:NAMESPACE\s+)?(?:(?:LAST|FIRST)\s?SEEN\s|Type\s+Reason\s|"
    r"Events:\s*(?:<none>\s*)?$|-{4,}\s+-{4,})"
)
_HEADER_REST = compiled(r"^\s*(?:[A-Za-z]{1,9}|-+)\s*$")
_KEY = compiled(
    r"^\s*(?:Events|Name|Namespace|Labels|Annotations|Status|Conditions|Containers|Node|Type|"
    r"Tolerations|Volumes|Reason|Message|State|Ready):(?:\s|$)"
)
_RUNTIME_TAIL = compiled(r"^\s*(?:nvidia-container-cli|runc|exec|OCI runtime)\b.*:")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Tables round the hits, one event a row; then the free forms."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        start = _first_row(lines, hit, done)
        if start is not None:
            rows, end = _rows(lines, start)
            if rows and end > hit:
                yield from _table(lines, rows, done)
                done = end
                continue
        stated, end = said(lines, hit, done)
        if stated:
            yield from stated
            done = end


def _first_row(lines: Sequence[Line], hit: int, floor: int) -> int | None:
    """Where the table begins that the hit belongs to: its header or its first row."""
    if columns_of(views(lines[hit])[0]):
        return hit
    if _is_header(lines[hit]):
        return _below_header(lines, hit)
    start = _row_start_above(lines, hit, floor)
    if start is None:
        return None
    while True:
        above = _row_start_above(lines, start - 1, floor) if start > floor else None
        if above is None or _row_at(lines, above, start)[1] != start:
            return start
        start = above


def _below_header(lines: Sequence[Line], header: int) -> int | None:
    for at in range(header, min(header + HEADER_REACH + 1, len(lines))):
        if is_row_start_line(lines[at]) or columns_of(views(lines[at])[0]):
            return at
        if not _is_header(lines[at]) and not _is_header_rest(lines, at):
            return None
    return None


def _row_start_above(lines: Sequence[Line], at: int, floor: int) -> int | None:
    """The row that line `at` opens or continues."""
    for index in range(at, max(floor, at - MAX_WRAP) - 1, -1):
        line = lines[index]
        if is_row_start_line(line):
            return index
        if not line.text.strip() or line.peeled.wrappers or _is_header(line):
            return None
    return None


def is_row_start_line(line: Line) -> bool:
    """The line opens as a row of an event table does."""
    return any(is_row_start(text) for text in views(line))


def _is_header(line: Line) -> bool:
    return _HEADER.match(views(line)[0]) is not None


def _is_header_rest(lines: Sequence[Line], at: int) -> bool:
    """The end of a header, or of its dashes, that a terminal carried over."""
    return at > 0 and _HEADER_REST.match(lines[at].text) is not None and _is_header(lines[at - 1])


def _rows(lines: Sequence[Line], start: int) -> tuple[list[tuple[Row, int, int]], int]:
    """All rows from `start` on, with their first and one-past-last line; where the table ends."""
    columns = columns_of(views(lines[start])[0])
    rows: list[tuple[Row, int, int]] = []
    at = start + 1 if columns else start
    if columns and at < len(lines) and _is_header(lines[at]):
        at += 1  # the dashes of a describe
    wrapped = False
    while at < len(lines):
        row, end = _row_at(lines, at, len(lines), wrapped=wrapped)
        wrapped = wrapped or end > at + 1
        if row is None and columns:
            row = custom_row(columns, unquoted(lines[at].text))
            end = at + 1
        if row is not None:
            rows.append((row, at, end))
            at = end
        elif rows and not lines[at].text.strip() and _row_follows(lines, at + 1):
            at += 1  # a blank line inside a pasted table
        elif rows and _is_header(lines[at]) and at + 1 < len(lines):
            break
        else:
            break
    return rows, at


def _row_follows(lines: Sequence[Line], at: int) -> bool:
    return at < len(lines) and _row_at(lines, at, len(lines))[0] is not None


def _row_at(
    lines: Sequence[Line], start: int, limit: int, *, wrapped: bool = False
) -> tuple[Row | None, int]:
    """The row that opens at `start`, and where it ends; None when none does.

    `wrapped`: rows above go on over several lines, so this one may.
    """
    if start >= limit:
        return None, start
    for head in views(lines[start]):
        if not is_row_start(head):
            continue
        row = row_of(head)
        if row is not None and start + 1 < limit and is_row_start_line(lines[start + 1]):
            return row, start + 1
        tail = _continuations(lines, start, limit)
        if row is None or tail.certain or wrapped:
            joined = _joined(head, lines[start + 1 : tail.end], tail.width)
            row = row_of(joined) or row
            return row, tail.end if row is not None else start
        return row, start + 1
    return None, start


class _Tail:
    """Lines below a row that may belong to it."""

    __slots__ = ("certain", "end", "width")

    def __init__(self, end: int, width: int, *, certain: bool) -> None:
        self.end = end
        self.width = width
        """The column at which the terminal cut."""
        self.certain = certain


def _continuations(lines: Sequence[Line], start: int, limit: int) -> _Tail:
    """How far the row may reach, and whether its reach is beyond doubt."""
    end = start + 1
    last = min(limit, start + MAX_WRAP)
    texts = [views(lines[start])[0]]
    indented = runtime = True
    while end < last:
        line = lines[end]
        text = views(line)[0]
        if not text.strip() or line.peeled.wrappers or _stops(text) or is_row_start_line(line):
            break
        indented = indented and len(text) - len(text.lstrip()) >= INDENT
        runtime = runtime and _RUNTIME_TAIL.match(text) is not None
        texts.append(text)
        end += 1
    if end == start + 1:
        return _Tail(end, TERMINAL, certain=False)
    width = cut_width([len(line.text) for line in lines[max(0, start - NEAR) : start + NEAR]])
    enclosed = end < limit and is_row_start_line(lines[end])
    wrapped = all(width - _length(text) in (0, 1) for text in texts[:-1])
    return _Tail(end, width, certain=enclosed or indented or wrapped or runtime)


def _length(text: str) -> int:
    """Columns of the line on its terminal: a flattened row of a describe has lost two blanks."""
    return len(text) + (DESCRIBE_INDENT if _is_flat(text) else 0)


def _stops(text: str) -> bool:
    return (
        _KEY.match(text) is not None
        or _HEADER.match(text) is not None
        or is_prompt(text)
        or text.startswith(("$ ", "# ", "```"))
    )


def _joined(head: str, tail: Sequence[Line], width: int) -> str:
    text = head
    before = _length(head)
    for line in tail:
        more = views(line)[0]
        between = glue(text, more, cut=before == width)
        if not between and _is_flat(head):
            between = _guessed(text, more)
        text = f"{text.rstrip()} {more.strip()}" if between else f"{text}{more}"
        before = len(more)
    return text


def _is_flat(head: str) -> bool:
    """A row of a describe that has lost its indentation."""
    return head.startswith(("Normal", "Warning"))


def _guessed(text: str, more: str) -> str:
    """A flattened line may have lost the blank before it: then its words say more with it."""
    if text.endswith((",", ";", ":")):
        return " "
    start = max(len(text) - NEAR, 0)
    apart = message_fields(f"{text[start:]} {more}")
    return " " if len(apart) > len(message_fields(f"{text[start:]}{more}")) else ""


def _table(lines: Sequence[Line], rows: list[tuple[Row, int, int]], floor: int) -> Iterator[Event]:
    first = rows[0][1]
    subject: Fields = {}
    if rows[0][0].layout == "describe":
        subject = subject_above(lines, first, floor) or _assigned(rows)
    of_node = subject.get("object_kind") == "node"
    namespace = _namespace_above(lines, first, floor)
    for row, start, end in rows:
        fields = dict(row.fields)
        if row.layout == "describe":
            for key, value in subject.items():
                if key != "node" or of_node or fields.get("component") == "kubelet":
                    fields.setdefault(key, value)
        if namespace and fields.get("object_kind") != "node":
            fields.setdefault("namespace", namespace)
        event = event_of(lines[start:end], fields, row.message, stamp_of(row.last))
        yield event
        yield from kernel_events(event)
    top = _top(lines, first, floor)
    if top < first:
        yield _header_event(lines, top, first, rows)


def _top(lines: Sequence[Line], first: int, floor: int) -> int:
    """The first line of the table's header; the first row where it has none."""
    top = first
    for at in range(first - 1, max(floor, first - HEADER_REACH) - 1, -1):
        if _is_header(lines[at]) or columns_of(views(lines[at])[0]):
            top = at
        elif lines[at].text.strip() and not _is_header_rest(lines, at):
            break
    return top


def _header_event(
    lines: Sequence[Line], top: int, first: int, rows: list[tuple[Row, int, int]]
) -> Event:
    """The table as a whole: its rows say the rest."""
    fields: Fields = {"rows": len(rows), "layout": rows[0][0].layout}
    event = make_event(TABLE, lines[top:first], fields)
    event.line_end = lines[rows[-1][2] - 1].number
    return event


def _assigned(rows: list[tuple[Row, int, int]]) -> Fields:
    """The pod of a describe, out of its own Scheduled row; empty when there is no one such row."""
    pods: dict[str, Fields] = {}
    for row, _, _ in rows:
        pod = row.fields.get("pod")
        if isinstance(pod, str) and "Successfully assigned" in row.message:
            pods[pod] = {k: v for k, v in row.fields.items() if k in ("pod", "namespace", "node")}
    if len(pods) != 1:
        return {}
    pod, fields = next(iter(pods.items()))
    return {"object_kind": "pod", "object": pod, **fields}


def _namespace_above(lines: Sequence[Line], first: int, floor: int) -> str:
    for at in range(first - 1, max(floor, first - HEADER_REACH - 1) - 1, -1):
        text = lines[at].body
        if is_prompt(text):
            return prompt_namespace(text)
        if not _is_header(lines[at]):
            break
    return ""


PARSER = Parser(
    name="k8s_events",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(KIND, TABLE, *KERNEL_KINDS),
    before=MAX_WRAP,
    after=MAX_WRAP,
)
