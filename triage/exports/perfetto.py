"""Perfetto: a trace of track events, which ui.perfetto.dev opens in the browser, offline.

One group of tracks a host, in it one track for each GPU, pod and kind of source, with an instant an
event; one track a finding, a slice from its first to its last sighting, tied by arrows to what
explains it; counters of what nvidia-smi sampled. Only rows with a time stand there. Times are UTC:
the trace says that its clock and the real-time clock are one.

Numbers of fields are those of perfetto_trace.proto (https://github.com/google/perfetto).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from triage.answer import Answer, Finding
from triage.exports import wire
from triage.exports.rows import Row, Rows, instant

SHOWN = 120
"""Characters of a message that name an instant; the whole text is in its details."""
COUNTERS = (
    ("temp_c", "temperature", "°C"), ("memory_used_mib", "memory used", "MiB"),
    ("util", "utilization", "%"), ("power_w", "power", "W"),
)  # fmt: skip
_SLICE_BEGIN, _SLICE_END, _INSTANT, _COUNTER = 1, 2, 3, 4
_REALTIME, _BOOTTIME = 1, 6
_SEQUENCE = 1
_DETAIL = 4096


class _Tracks:
    """Announces each track once, before its first event."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._known: set[int] = set()

    def track(self, *names: str, unit: str | None = None) -> int:
        """The id of the track under these groups; the last name is its own."""
        parent = 0
        for depth in range(1, len(names) + 1):
            uuid = _uuid(names[:depth])
            if uuid not in self._known:
                self._known.add(uuid)
                self._announce(
                    uuid, parent, names[depth - 1], unit if depth == len(names) else None
                )
            parent = uuid
        return parent

    def _announce(self, uuid: int, parent: int, name: str, unit: str | None) -> None:
        body = wire.number(1, uuid) + wire.text(2, name)
        if parent:
            body += wire.number(5, parent)
        if unit is not None:
            body += wire.message(8, wire.text(6, unit))
        _write(self._out, wire.message(60, body))


def write(rows: Rows, out: BinaryIO) -> int:
    """The whole trace; returns how many rows without a time were left out."""
    tracks = _Tracks(out)
    skipped = 0
    _clocks(rows.answer, out)
    _findings(rows.answer, tracks, out)
    for row in rows:
        if row.ts is None or row.ts < 0:
            skipped += 1
            continue
        _event(row, tracks, out)
    return skipped


def _clocks(answer: Answer, out: BinaryIO) -> None:
    """One clock for all: what the trace calls boot time is UTC."""
    firsts = [instant(source.first) for source in answer.sources]
    ts = min((first for first in firsts if first is not None and first > 0), default=1)
    clocks = b"".join(
        wire.message(1, wire.number(1, clock) + wire.number(2, ts))
        for clock in (_BOOTTIME, _REALTIME)
    )
    _write(out, wire.message(6, clocks + wire.number(2, _BOOTTIME)), ts)


def _findings(answer: Answer, tracks: _Tracks, out: BinaryIO) -> None:
    for finding in answer.findings:
        first, last = instant(finding.first_seen), instant(finding.last_seen)
        if first is None or first < 0:
            continue
        track = tracks.track("Findings", f"{finding.rank}. {finding.id}")
        body = _head(_SLICE_BEGIN, track, finding.title, finding.severity)
        body += b"".join(wire.fixed(47, flow) for flow in _flows_from(finding, answer))
        causes = (link.finding for link in finding.explained_by)
        body += b"".join(wire.fixed(48, _flow(cause, finding.rank)) for cause in causes)
        for number, why in enumerate(finding.because, start=1):
            body += _detail(f"because {number}", why)
        for piece in finding.evidence[:1]:
            body += _detail("where", f"{piece.source}:{piece.line}")
        _write(out, wire.message(11, body), first)
        end = wire.number(9, _SLICE_END) + wire.number(11, track)
        _write(out, wire.message(11, end), max(last or first, first) + 1)


def _flows_from(finding: Finding, answer: Answer) -> Iterator[int]:
    for other in answer.findings:
        for link in other.explained_by:
            if link.finding == finding.rank:
                yield _flow(finding.rank, other.rank)


def _flow(cause: int, effect: int) -> int:
    return cause << 32 | effect


def _event(row: Row, tracks: _Tracks, out: BinaryIO) -> None:
    host = row.host or row.node or "unknown host"
    if row.kind == "gpu.state":
        _sample(row, host, tracks, out)
        return
    name = row.message.split("\n", 1)[0][:SHOWN] or row.kind
    body = _head(_INSTANT, tracks.track(host, _lane(row)), name, row.kind)
    details: tuple[tuple[str, object], ...] = (
        ("where", f"{row.path}:{row.line}"), ("message", row.message), ("level", row.level),
        ("pid", row.pid), ("process", row.process), ("time quality", row.ts_quality),
        ("finding", row.finding and row.finding.id), *row.attrs.items(),
    )  # fmt: skip
    body += b"".join(_detail(key, value) for key, value in details if value is not None)
    _write(out, wire.message(11, body), row.ts or 0)


def _lane(row: Row) -> str:
    if row.gpu is not None:
        return f"GPU {row.gpu}"
    return f"{row.family} {row.path}" if row.pod is None else f"pod {row.pod}"


def _sample(row: Row, host: str, tracks: _Tracks, out: BinaryIO) -> None:
    gpu = row.gpu or f"index {row.attrs.get('gpu_index', '?')}"
    for field, name, unit in COUNTERS:
        value = row.attrs.get(field)
        if isinstance(value, int | float) and not isinstance(value, bool):
            track = tracks.track(host, f"GPU {gpu} {name}", unit=unit)
            body = wire.number(9, _COUNTER) + wire.number(11, track)
            _write(out, wire.message(11, body + wire.double(44, float(value))), row.ts or 0)


def _head(kind: int, track: int, name: str, category: str) -> bytes:
    return (
        wire.number(9, kind) + wire.number(11, track) + wire.text(23, name)
        + wire.text(22, category)
    )  # fmt: skip


def _detail(name: str, value: object) -> bytes:
    if isinstance(value, bool):
        body = wire.number(2, int(value))
    elif isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        body = wire.number(4, value)
    elif isinstance(value, float):
        body = wire.double(5, value)
    else:
        body = wire.text(6, str(value)[:_DETAIL])
    return wire.message(4, wire.text(10, name) + body)


def _uuid(names: tuple[str, ...]) -> int:
    """The same for the same names in every run; never 0, which means the whole trace."""
    path = "\0".join(names).encode("utf-8", "backslashreplace")
    return zlib.crc32(path) << 24 | zlib.adler32(path) & 0xFFFFFF | 1 << 56


def _write(out: BinaryIO, body: bytes, ts: int | None = None) -> None:
    packet = b"" if ts is None else wire.number(8, ts)
    packet += wire.number(10, _SEQUENCE) + body
    out.write(wire.message(1, packet))
