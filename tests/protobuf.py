"""Reads a protobuf message by the published encoding alone, for tests."""

from __future__ import annotations

from collections.abc import Iterator


def fields_of(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """A protobuf message as numbers and values, by the published encoding."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 1:
            yield tag >> 3, data[at : at + 8]
            at += 8
        else:
            assert tag & 7 == 2
            size = varint()
            yield tag >> 3, data[at : at + size]
            at += size
            assert at <= len(data)


def packets(trace: bytes) -> list[dict[int, int | bytes]]:
    made = list(fields_of(trace))
    assert {number for number, _ in made} == {1}
    return [dict(fields_of(packet)) for _, packet in made if isinstance(packet, bytes)]
