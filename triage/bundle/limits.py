"""How much input one bundle may be, so that a hostile archive costs seconds and not the machine."""

from __future__ import annotations

from dataclasses import dataclass

from triage.errors import LimitExceeded

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one pass over a bundle. What lies beyond is left out, and a warning says so."""

    max_total_bytes: int = 64 * GIB
    """Read from disk and decompressed together. A day of a large node's logs is below 10 GiB."""

    max_member_bytes: int = 32 * GIB
    """One source. A log that nobody rotated reaches tens of GiB; more is a disk image."""

    max_members: int = 200_000
    """Files, folders and archive members. The largest sosreports hold about 50,000."""

    max_ratio: int = 2_000
    """Decompressed to compressed, over one file on disk. Deflate cannot pass 1,032 in one layer."""

    ratio_free_bytes: int = 64 * MIB
    """What any file may decompress to: a small log that repeats one line is dense and harmless."""

    max_depth: int = 5
    """Archives in archives. A collector packs a collector's output; nobody packs six times."""

    max_line_bytes: int = 64 * KIB
    """How much of a line is matched. Longer lines are payloads; what failed stands at the head."""

    max_spool_bytes: int = 4 * GIB
    """A zip inside an archive needs seeking and is copied to a temporary file; this bounds it."""


class Budget:
    """What one pass has spent of its limits. A limit once passed stays passed."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.exhausted = False
        """A limit of the whole bundle was passed, not only one of a file in it."""
        self._refusal = ""
        self._total = 0
        self._members = 0
        self._on_disk = 0
        self._inflated = 0

    def start_file(self, bytes_on_disk: int) -> None:
        """Begin a file on disk: archives nested in it share its ratio, so layers gain nothing."""
        self._on_disk = bytes_on_disk
        self._inflated = 0
        self._refusal = self._refusal if self.exhausted else ""
        self.count_member()

    def check(self) -> None:
        """Raise if a limit was passed."""
        if self._refusal:
            raise LimitExceeded(self._refusal)

    def count_member(self) -> None:
        """Pay for one more file, folder or member."""
        self._members += 1
        if self._members > self.limits.max_members:
            self.exhausted = True
            self._refusal = (
                f"the bundle has more than {self.limits.max_members:,} members; the rest is left"
                " out. Scan its parts one by one"
            )
        self.check()

    def charge_read(self, count: int) -> None:
        """Pay for bytes read from disk."""
        self._total += count
        if self._total > self.limits.max_total_bytes:
            self.exhausted = True
            self._refusal = (
                f"the bundle is larger than {self.limits.max_total_bytes / GIB:,.3g} GiB"
                " decompressed; the rest is left out. Scan its parts one by one"
            )
        self.check()

    def charge_inflated(self, count: int) -> None:
        """Pay for bytes that came out of a decompressor, or out of a hole in a sparse file."""
        self._inflated += count
        allowed = max(self.limits.ratio_free_bytes, self._on_disk * self.limits.max_ratio)
        if self._inflated > allowed:
            self._refusal = (
                f"it decompresses to more than {self.limits.max_ratio:,} times its size, as a"
                " decompression bomb does; the rest is left out. If it is genuine, unpack it and"
                " scan the folder"
            )
        self.charge_read(count)
