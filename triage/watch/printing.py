"""Incidents on standard output, what happens to the watch itself on standard error."""

from __future__ import annotations

import sys
import threading

from triage.bundle.visible import visible
from triage.watch.delivery import as_json
from triage.watch.incident import Incident


class Printer:
    """One line an incident: for people, or JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def tell(self, incident: Incident) -> None:
        """Print and flush. Raises `BrokenPipeError` when nobody reads any more."""
        line = as_json(incident) if self._as_json else incident.text.encode("utf-8", "replace")
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """Of the watch itself; deliveries call it from their threads."""
        with self._lock:
            sys.stderr.write(f"triage: {visible(text, 1000)}\n")
            sys.stderr.flush()
