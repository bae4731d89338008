"""Tells while it happens: sources that grow, read with the signatures of a scan, piece by piece.

    feeds (files, kmsg, journal, NVML) ──► stream ──► recent ──► judged ──► told ──► outlets
                                             │                                │
                                             └────────── state file ──────────┘

A feed only says which bytes came. A `Stream` holds the last lines of one source and hands what is
complete to the same `Pass` that a scan uses; `Recent` keeps what fired; the answer over it is built
as a scan builds it, and what is new in it is told once. What is promised stands in `watcher`.
"""
