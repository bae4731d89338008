"""Lines as people show them (chats, pages, terminals), and lines whose time alone is taken."""

from __future__ import annotations

import pytest

from triage.envelope import peel
from triage.events import Stamp, Value
from triage.testing_envelopes import Envelope
from triage.testing_forms import read

XID = "NVRM: Xid (PCI:0000:c1:00): 79, pid=4410, GPU has fallen off the bus."
SAYS: dict[str, Value] = {"xid": 79, "gpu": "0000:c1:00", "pid": 4410}
STAMP = Stamp("2025-06-03 17:21:09", "iso")

ENVELOPES = (
    Envelope(
        row="behind a progress bar",
        text=f" 7%|\u2589    | 6/90 [00:21<04:54,  3.50s/it][{STAMP.text}] [INFO] {XID}",
        body=XID,
        stamp=STAMP,
        fields={"level": "info"},
        near_miss=" 7%|\u2589    | 6/90 [00:21<04:54,  3.50s/it]",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="behind a progress bar with a name",
        text=f"Epoch 1:   7%|\u2589    | 6/90 [00:21<04:54]{STAMP.text} ERROR x",
        body="x",
        stamp=STAMP,
        fields={"level": "error"},
        near_miss="Epoch 1:   7%|#    | 6/90 [00:21<04:54, loss=0.3]",
    ),
    Envelope(
        row="colors whose ESC is gone",
        text="[1;36m(EngineCore_0 pid=4)[0;0m ValueError: x",
        body="ValueError: x",
        fields={"process": "EngineCore_0", "pid": 4},
        near_miss="rate(errors[5m]) and [30m window",
    ),
    Envelope(
        row="colors in caret notation",
        text=f"^[[31m{STAMP.text} ERROR^[[0m x",
        body="x",
        stamp=STAMP,
        fields={"level": "error"},
        near_miss="^[31m is a code",
    ),
    Envelope(
        row="colors as hexadecimal escapes",
        text=r"\x1b[31m[rank3]: ValueError: x\x1b[0m",
        body="ValueError: x",
        fields={"rank": 3},
        near_miss=r"\x1b is the escape",
    ),
    Envelope(
        row="colors as octal escapes",
        text="#033[31m[rank3]: ValueError: x#033[0m",
        body="ValueError: x",
        fields={"rank": 3},
        near_miss="#0331 is an issue",
    ),
    Envelope(
        row="chat, twelve hours",
        text=f"[5:20 PM] mia: {XID}",
        body=XID,
        stamp=Stamp("5:20 PM", "clock"),
        near_miss="[5:20] it went down",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="chat, an exception said by nobody",
        text="[5:20 PM] ValueError: x",
        body="ValueError: x",
        stamp=Stamp("5:20 PM", "clock"),
        near_miss="[25 PM] ValueError: x",
    ),
    Envelope(
        row="irssi",
        text=f"17:21 < mia> {XID}",
        body=XID,
        stamp=Stamp("17:21", "clock"),
        near_miss="17:21 < 17:40 > 17:00",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="a preformatted line",
        text=f"<pre>[{STAMP.text}] [7] [ERROR] {XID}</pre>",
        body=XID,
        stamp=STAMP,
        fields={"pid": 7, "level": "error"},
        near_miss="<pre>nothing is logged here</pre>",
        kind="gpu.xid",
        says=SAYS,
    ),
    Envelope(
        row="a paragraph",
        text=f"<p>{STAMP.text} ERROR y</p>",
        body="y",
        stamp=STAMP,
        fields={"level": "error"},
        near_miss="<q>2025-06-03 was a bad day</q>",
    ),
    Envelope(
        row="SkyPilot",
        text="(worker1, rank=1, pid=812, ip=10.0.0.2) ValueError: x",
        body="ValueError: x",
        fields={"process": "worker1", "rank": 1, "pid": 812, "host": "10.0.0.2"},
        near_miss="(worker1, rank=1) ValueError: x",
    ),
    Envelope(
        row="Ray in a run",
        text="(run) (Fit pid=812) ValueError: x",
        body="ValueError: x",
        fields={"process": "Fit", "pid": 812},
        near_miss="(run) it again",
    ),
    Envelope(
        row="torchelastic, an empty line",
        text="[3]<stderr>:",
        body="",
        fields={"rank": 3, "stream": "stderr"},
        near_miss="[3]<stderr> is closed",
    ),
)
ACCESS = (
    (
        "https 2025-06-03T17:21:09.482113Z app/edge/50dc6c495c0c9188 10.0.0.1:2817 - -1 -1 -1 502",
        Stamp("2025-06-03T17:21:09.482113Z", "iso"),
    ),
    (
        "[pid: 8|app: 0|req: 3/9] 10.0.0.1 () {4 vars} [Tue Jun  3 17:21:09 2025] POST /v1 => x",
        Stamp("Tue Jun  3 17:21:09 2025", "ctime"),
    ),
    (
        '{"time_iso8601":"2025-06-03T17:21:09+00:00","request":"GET /v1 HTTP/1.1","status":"502"}',
        Stamp("2025-06-03T17:21:09+00:00", "iso"),
    ),
    (
        '{"ts":1748971269.5,"method":"POST","path":"/v1","status":500,"duration":0.2}',
        Stamp("1748971269.500000", "epoch"),
    ),
)


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda envelope: envelope.row)
def test_what_people_put_round_a_line_is_peeled(envelope: Envelope) -> None:
    assert envelope.problems() == []


@pytest.mark.parametrize(("text", "stamp"), ACCESS)
def test_a_record_of_a_request_stays_whole_and_has_a_time(text: str, stamp: Stamp) -> None:
    peeled = peel(text)

    assert (peeled.body, peeled.stamp, peeled.wrappers) == (text, stamp, ("access",))


@pytest.mark.parametrize(
    "text",
    [
        "https 2025-06-03T17:21:09.482113Z was when it broke",
        "[pid: 8] 10.0.0.1 [Tue Jun  3 17:21:09 2025] POST /v1",
        '{"ts":1748971269.5,"step":3,"loss":0.3}',
        '{"method":"POST","path":"/v1","status":500}',
    ],
)
def test_what_is_no_record_of_a_request_has_none(text: str) -> None:
    peeled = peel(text)

    assert (peeled.body, peeled.stamp, peeled.wrappers) == (text, None, ())


def test_an_empty_line_of_a_quoted_mail_is_read() -> None:
    _, report = read(f"> {XID}\n>\n> {XID}\n")

    assert report.unclaimed == 0


def test_a_prompt_without_a_quote_is_nobodys() -> None:
    _, report = read(f"{XID}\n>x\n")

    assert report.unclaimed == 1
