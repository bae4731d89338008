"""Records that take several lines, and lines that hold several: read alike in any size of file."""

from __future__ import annotations

import pytest

from triage.testing_forms import read

XID = "NVRM: Xid (PCI:0000:3b:00): {}, pid=77, name=train, Ch 00000010"
SYSLOG = "Mar  3 04:05:06 gpu-7 trainer[812]: {}\n"
TRACE = (
    'failed:#012Traceback (most recent call last):#012  File "/a.py", line 3, in f#012KeyError: 1'
)
EXPORT = """\
__CURSOR=s=1;i={n}
__REALTIME_TIMESTAMP=17725107061234{n:02d}
__MONOTONIC_TIMESTAMP=91200{n:02d}
_TRANSPORT=kernel
PRIORITY=3
SYSLOG_IDENTIFIER=kernel
_HOSTNAME=gpu-7
MESSAGE={text}

"""


@pytest.mark.parametrize("filler", [0, 40_000])
def test_an_escaped_traceback_is_read_with_its_writer(filler: int) -> None:
    calm = SYSLOG.format("step done, loss 0.31")
    text = calm + SYSLOG.format(TRACE) + calm * (1 + filler)

    (event,), _ = read(text, "syslog")

    assert (event.kind, event.line, event.line_end) == ("py.traceback", 2, 2)
    assert (event.fields["host"], event.fields["pid"]) == ("gpu-7", 812)
    assert event.fields["exception"] == "KeyError"


@pytest.mark.parametrize("filler", [0, 9_000])
def test_a_journal_of_blocks_is_read_with_host_and_time(filler: int) -> None:
    text = EXPORT.format(n=1, text="eth0: link up") + EXPORT.format(n=2, text=XID.format(31))
    text += EXPORT.format(n=3, text="all is well") * filler

    (event,), report = read(text, "journal.export")

    assert (event.kind, event.line) == ("gpu.xid", 17)
    assert (event.fields["host"], event.fields["xid"]) == ("gpu-7", 31)
    assert event.stamp is not None
    assert report.lines == text.count("\n")


def test_an_escape_that_nobody_wrote_for_a_newline_stays() -> None:
    (event,), _ = read(SYSLOG.format("color #012 of " + XID.format(31)), "syslog")

    assert event.kind == "gpu.xid"
