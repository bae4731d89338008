"""What the reader has to say about a bundle besides its text: losses, oddities, files left out.

Ten thousand members with the same oddity are one warning with a count, not ten thousand lines.
Notes are kept by what they say, so that a second pass over the same bundle does not say them twice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BundleWarning:
    """Something about the bundle that a responder should know."""

    source: str
    """The file or archive as named in the bundle, or the bundle itself."""

    message: str
    """What happened and what to do, in one line."""

    lost: bool = True
    """Whether something that may hold evidence was not read; False for mere oddities."""


class Notes:
    """Collects warnings and the names of files that were left out as binary."""

    def __init__(self) -> None:
        self._warnings: dict[BundleWarning, None] = {}
        self._folded: dict[tuple[str, str, bool], dict[str, None]] = {}
        self._skipped: dict[str, None] = {}

    def warn(self, source: str, message: str, *, lost: bool = True) -> None:
        """Record one warning."""
        self._warnings[BundleWarning(source, message, lost)] = None

    def fold(self, source: str, what: str, name: str, *, lost: bool = False) -> None:
        """Record one more case of what is told once, with a count and the first name."""
        self._folded.setdefault((source, what, lost), {})[name] = None

    def skip(self, name: str) -> None:
        """Record a file that was left out because it is clearly binary."""
        self._skipped[name] = None

    def warnings(self) -> list[BundleWarning]:
        """Return all warnings, the folded oddities last."""
        folded = [
            BundleWarning(source, f"{what}: {len(names):,}, the first is {next(iter(names))}", lost)
            for (source, what, lost), names in self._folded.items()
        ]
        return [*self._warnings, *folded]

    def skipped(self) -> list[str]:
        """Return the names of the binary files, in the order in which they were met."""
        return list(self._skipped)
