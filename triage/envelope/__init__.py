"""Peels wrappers off a line: syslog, dmesg, journal, CRI, klog, loggers, in any nesting."""

from __future__ import annotations

from triage.envelope.paths import hosts_from_path
from triage.envelope.peeling import MAX_WRAPPERS, WRAPPERS, peel
from triage.envelope.typography import repair

__all__ = ["MAX_WRAPPERS", "WRAPPERS", "hosts_from_path", "peel", "repair"]
