"""Log lines that a container runtime cut into pieces, read as the one line they were.

A runtime cuts a line at 16 KiB. In CRI log files (containerd, CRI-O) every piece but the last is
tagged `P`; in Docker's JSON files every piece but the last has a `log` without a newline at its
end. Streams interleave: a piece goes on in the next record of its own stream.

Sources of fact: Kubernetes' CRI logging format (`kubelet/pkg/types`, LogTagPartial) and Docker's
`json-file` driver; `crictl`, `kubectl logs` and Fluent Bit's `multiline.parser docker, cri` join
them in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.bundle.text import TextBlock
from triage.embedded import is_escaped
from triage.envelope.marks import CUT, DOCKER

MAX_PIECES = 4096
"""A line of 64 MiB; what goes on after it is read as a new line."""
MIN_DOCKER_PIECE = 4096
"""Docker cuts at 16 KiB; a shorter record without a newline is the last word of a process."""
_CRI_HEAD = 64
"""The tag of a CRI line stands within these first characters: after the time and the stream."""
_DOCKER_HEAD = '{"log":"'
_DOCKER_TAIL = DOCKER.decode()


@dataclass(frozen=True, slots=True)
class Piece:
    """What one record of a runtime's log file says of its line."""

    stream: str
    start: int
    """Where in the record the program's own text begins."""
    end: int
    """Where it ends."""
    partial: bool


@dataclass(slots=True)
class Joined:
    """Which lines of a window are pieces of one."""

    texts: dict[int, str] = field(default_factory=dict)
    """Text of every line that was cut, by index of its first piece; of the other pieces: empty."""
    first: dict[int, int] = field(default_factory=dict)
    """First piece of each later one."""
    last: dict[int, int] = field(default_factory=dict)
    """Last piece of each first one."""


def may_hold_pieces(block: TextBlock) -> bool:
    """Cheap and never wrong when it says no."""
    if any(block.holds(mark) for mark in CUT):
        return True
    return block.holds(DOCKER) and _docker_cut(block.data)


def hold_pieces(data: bytes) -> bool:
    """The same for some lines."""
    return any(mark in data for mark in CUT) or _docker_cut(data)


def _docker_cut(data: bytes) -> bool:
    records = data.count(DOCKER)
    return records > 0 and records > data.count(b"\\n" + DOCKER)


def joined(lines: Sequence[str]) -> Joined:
    """The lines that were cut, of consecutive lines of a log file."""
    found = Joined()
    for group in _groups(lines):
        head, *rest = group
        index, piece = head
        text = lines[index]
        body = text[piece.start : piece.end]
        body += "".join(lines[i][p.start : p.end] for i, p in rest)
        found.texts[index] = text[: piece.start] + body + _after(lines, group[-1], text, piece)
        found.last[index] = group[-1][0]
        for later, _ in rest:
            found.texts[later] = ""
            found.first[later] = index
    return found


def _after(lines: Sequence[str], last: tuple[int, Piece], text: str, piece: Piece) -> str:
    """What follows the program's text in the first record; the newline that the last one has."""
    index, end = last
    newline = "\\n" if lines[index].startswith("\\n", end.end) else ""
    return newline + text[piece.end :]


def _groups(lines: Sequence[str]) -> Iterator[list[tuple[int, Piece]]]:
    """Records of two and more pieces."""
    waiting: dict[str, list[tuple[int, Piece]]] = {}
    for index, text in enumerate(lines):
        piece = _cri(text) or _docker(text)
        if piece is None:
            continue
        group = waiting.setdefault(piece.stream, [])
        group.append((index, piece))
        if piece.partial and len(group) < MAX_PIECES:
            continue
        del waiting[piece.stream]
        if len(group) > 1:
            yield group
    yield from (group for group in waiting.values() if len(group) > 1)


def _cri(text: str) -> Piece | None:
    """`2024-05-14T03:02:14.5Z stdout P the program's text`."""
    for stream in ("stdout", "stderr"):
        at = text.find(f" {stream} ", 0, _CRI_HEAD)
        if at > 0 and " " not in text[:at]:
            tag = at + len(stream) + 2
            end = text.find(" ", tag)
            tags = text[tag:end] if end > 0 else text[tag:]
            if tags[:1] in ("P", "F") and tags[1:2] in ("", ":"):
                return Piece(stream, tag + len(tags) + 1, len(text), tags[0] == "P")
    return None


def _docker(text: str) -> Piece | None:
    r"""`{"log":"the program's text\n","stream":"stdout","time":"…"}`."""
    if not text.startswith(_DOCKER_HEAD):
        return None
    end = text.rfind(_DOCKER_TAIL)
    if end < len(_DOCKER_HEAD):
        return None
    stream = text[end + len(_DOCKER_TAIL) - 3 :][:6]
    start = len(_DOCKER_HEAD)
    whole = text.endswith("\\n", start, end) and not is_escaped(text, start, end - 2)
    partial = not whole and end - start >= MIN_DOCKER_PIECE
    return Piece(stream, start, end - 2 if whole else end, partial=partial)
