"""Forty patterns of the kind that people keep in a file for `rg -f`."""

from __future__ import annotations

XIDS = (13, 31, 48, 63, 64, 74, 79, 94, 95, 119)
PATTERNS = (
    *(rf"NVRM: Xid \(PCI:[0-9a-fA-F:.]+\): {code}," for code in XIDS),
    r"SXid \(PCI:[0-9a-fA-F:.]+\): [0-9]+",
    r"GPU has fallen off the bus",
    r"Out of memory: Killed process [0-9]+",
    r"Memory cgroup out of memory: Killed process",
    r"oom_reaper: reaped process",
    r"oom-kill:constraint=",
    r"AER: (Uncorrected|Corrected|Multiple)",
    r"PCIe Bus Error: severity=",
    r"Kernel panic - not syncing",
    r"Machine check events logged",
    r"nvme nvme[0-9]+: I/O .* timeout",
    r"blocked for more than [0-9]+ seconds",
    r"soft lockup - CPU#",
    r"segfault at [0-9a-f]+ ip",
    r"Watchdog caught collective operation timeout",
    r"NCCL (WARN|ERROR)",
    r"unhandled (cuda|system) error",
    r"CUDA out of memory",
    r"CUDA error: [a-z]",
    r"device-side assert triggered",
    r"loss=(nan|inf)",
    r"contains NaN/Inf",
    r"undefined symbol: [A-Za-z_]",
    r"version `(GLIBC|GLIBCXX)_[0-9.]+' not found",
    r"Driver/library version mismatch",
    r"OOMKill(ed|ing)",
    r"CrashLoopBackOff",
    r"Evicted",
    r"No space left on device",
    r"Unable to allocate [0-9.]+ [KMGT]iB",
)  # fmt: skip
