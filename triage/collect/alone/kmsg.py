"""The kernel's own log, as `dmesg --raw` prints it, and one last line that dates it.

    <4>[21747.867719] python invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0
    2026-11-21T10:25:31.000000+00:00 gpu-7 triage-collect[4242]: [21750.123456] end of …

The kernel counts seconds since boot; the last line says its clock and the wall clock at one moment.
Source of the record format: Documentation/ABI/testing/dev-kmsg.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import time
from typing import BinaryIO

DENIED, ABSENT = 77, 69
"""Exit statuses of sysexits.h: EX_NOPERM, EX_UNAVAILABLE."""
RECORD_BYTES = 1 << 16
"""The kernel cuts records far below this."""
_HEAD = re.compile(rb"^(\d+),\d+,(\d+),[^;]*;")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def main() -> int:
    """Print all records that the kernel still has."""
    try:
        kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        sys.stderr.write(f"/dev/kmsg: {error.strerror}\n")
        return DENIED if error.errno in (errno.EPERM, errno.EACCES) else ABSENT
    out = os.fdopen(os.dup(1), "wb")  # standard output itself may write a part of what it is given
    try:
        lost = copy(kmsg, out)
    except OSError as error:
        sys.stderr.write(f"/dev/kmsg: {error.strerror}\n")
        return DENIED if error.errno == errno.EPERM else 1
    finally:
        os.close(kmsg)
    out.write(end_line())
    out.close()
    if lost:
        sys.stderr.write(f"the kernel overwrote records {lost} times while they were read\n")
    return 0


def copy(kmsg: int, out: BinaryIO) -> int:
    """Write every record; how often some were overwritten before they were read."""
    lost = 0
    while True:
        try:
            record = os.read(kmsg, RECORD_BYTES)
        except BlockingIOError:
            return lost
        except BrokenPipeError:  # EPIPE: the next read goes on with the oldest record there is
            lost += 1
            continue
        out.write(lines_of(record))


def lines_of(record: bytes) -> bytes:
    """One record as lines; what follows its first line are keys for udev."""
    said = record.split(b"\n", 1)[0]
    head = _HEAD.match(said)
    if head is None:
        return said + b"\n"
    micros = int(head.group(2))
    stamp = f"<{head.group(1).decode()}>[{micros // 1000000:5d}.{micros % 1000000:06d}] "
    text = _ESCAPE.sub(lambda found: bytes([int(found.group(1), 16)]), said[head.end() :])
    return b"".join(stamp.encode() + line + b"\n" for line in text.split(b"\n"))


def end_line() -> bytes:
    """Both clocks at this moment."""
    uptime = time.clock_gettime(time.CLOCK_MONOTONIC)
    now = time.time()
    wall = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}"
    who = f"{socket.gethostname()} triage-collect[{os.getpid()}]"
    return f"{wall}+00:00 {who}: [{uptime:12.6f}] end of the kernel's log\n".encode()


if __name__ == "__main__":
    sys.exit(main())
