"""Texts that announce structure over lines: headings, folded records, lines cut in pieces.

The gate looks for them on its way over a block, so that no block is searched again for each.
"""

from __future__ import annotations

from triage.envelope import exported

FOLDED = (b"__REALTIME_TIMESTAMP", b" [s=", b"#012", rb"\x0a", *exported.MARKS)
"""Text without any of these has nothing folded in it."""
CUT = (b" stdout P", b" stderr P")
"""Tags of CRI lines that are pieces of a longer one."""
DOCKER = b'","stream":"std'
"""Follows the text in a record of Docker's log file."""
TASK = b"TASK ["
RESULTS = (b"ok: [", b"changed: [", b"fatal: [", b"failed: [", b"skipping: [")
HEADINGS = (
    b" logs for container ", b"==> ", b"---------------\n", b" | rc=", b"! => {", TASK, b"PLAY ",
)  # fmt: skip
"""Stand in the first line of a heading."""
ALL = (*FOLDED, *CUT, DOCKER, *HEADINGS, *RESULTS)
