r"""What was folded is laid flat: records of several lines, and several lines in one.

- `journalctl -o export`, `verbose` and `json-pretty` give a record a block of lines. What it said
  becomes lines of its own, wrapped by the record's time, host and process.
- A collector writes a document of several records into one line; see `exported`.
- A launcher labels every line with its rank or pod; see `labels`.
- rsyslog writes `#012` for the newlines in a message and /dev/kmsg `\x0a`; they become lines.

Every other line stays as it is. Linear in the text; nothing raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from triage.bundle.text import TextBlock
from triage.envelope import exported, journal
from triage.envelope.blocks import Block, Fields, block_at
from triage.envelope.escapes import KMSG, RSYSLOG, split_rows
from triage.envelope.labels import labelled, may_be_labelled
from triage.envelope.marks import FOLDED
from triage.envelope.peeling import peel, peel_within
from triage.events import Peeled

_DOCUMENTS = tuple(mark.decode() for mark in exported.MARKS)


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is to be read, and the line of the source that it comes from."""

    text: str
    index: int
    peel: Callable[[str], Peeled] = peel


def may_be_folded(block: TextBlock) -> bool:
    """A cheap look at a block of text."""
    return any(block.holds(mark) for mark in FOLDED) or may_be_labelled(block.data)


def unfolded(texts: Sequence[str]) -> list[Row] | None:
    """The rows of some consecutive lines; None where nothing is folded.

    A record that is cut by either end of the lines is read as far as it is there.
    """
    label = labelled(texts)
    if label is not None:
        return [Row(text, at, label) for at, text in enumerate(texts)]
    rows: list[Row] = []
    at = 0
    changed = False
    while at < len(texts):
        text = texts[at]
        end, made = _record(texts, at)
        if end > at:
            rows.extend(made)
            at, changed = end, True
            continue
        if text.startswith("{") and any(mark in text for mark in _DOCUMENTS):
            made = [Row(line, at) for _, line in exported.records_of(text) or ()]
            if made:
                rows.extend(made)
                at, changed = at + 1, True
                continue
        pieces = _several(text)
        if pieces is not None:
            rows.extend(_continued(text, pieces, at))
            changed = True
        else:
            rows.append(Row(text, at))
        at += 1
    return rows if changed else None


def _record(texts: Sequence[str], at: int) -> tuple[int, list[Row]]:
    """One past the record of the journal that begins here, and its rows; `at` if none does."""
    block = block_at(texts, at)
    if block is None or not journal.is_record(block.fields):
        return at, []
    return block.end, list(_said(block))


def _said(block: Block) -> Iterator[Row]:
    """Rows of the message. Most are never looked at, so the record is understood when one is."""
    for number, (index, text, start) in enumerate(block.said):
        name = "" if number else "journal_record"
        yield Row(text, index, partial(_peeled_in, block.fields, name, start))


def _peeled_in(fields: Fields, name: str, start: int, text: str) -> Peeled:
    record = Peeled("")
    journal.take_record(fields, record)
    return peel_within(text[start:], record, name)


def _several(text: str) -> list[str] | None:
    """The lines that are escaped in this one; the first has its wrappers still."""
    for escapes in (RSYSLOG, KMSG):
        if escapes.newline in text and not escapes.wrappers.isdisjoint(peel(text).wrappers):
            return split_rows(text, escapes)
    return None


def _continued(text: str, pieces: list[str], at: int) -> Iterator[Row]:
    record = peel(text)
    yield Row(pieces[0], at)
    for piece in pieces[1:]:
        yield Row(piece, at, partial(_continuing, record))


def _continuing(record: Peeled, text: str) -> Peeled:
    return peel_within(text, record)
