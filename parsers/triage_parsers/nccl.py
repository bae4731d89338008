"""Collective communication: PyTorch's NCCL watchdog and NCCL's own warnings.

- `nccl.timeout`: `[Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=…`, and
  the heartbeat monitor's `watchdog got stuck for 480 seconds`. Printed by the ranks that waited,
  not by the one that did not come; `seconds` is how long they had waited by then, so the trouble
  began that much earlier.
- `nccl.mismatch`: two ranks waited in *different* collectives under the same sequence number of the
  same group. Sequence numbers count per group, so ranks whose groups are known to differ are not
  compared. NCCL and PyTorch's debug mode also say it themselves.
- `nccl.warn`: `host:pid:tid [device] file.cc:123 NCCL WARN …`; `what` is one of `ib_completion`,
  `ib_event`, `ib_call`, `nvls`, `peer_lost`, `connect_failed`, `cuda_failure`, `shm`, `mismatch`,
  `system`, `other`. `cuda_device` in brackets is CUDA's index in that process, which no other tool
  shares.

The same words stand inside tracebacks and `what():` lines, so no line is claimed.
Sources: torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp; NCCL's debug.cc, net_ib.cc, nvls.cc;
issue threads of nccl, pytorch, LlamaFactory, BasicSR.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, Pattern, compiled

TIMEOUT = compiled(
    r"\bRank (?P<rank>\d+)\] Watchdog caught collective operat.{0,200}?ion timeout: WorkNCCL\("
    r"(?:SeqNum=(?P<seq>\d+), )?OpType=(?P<op>\w+)(?:, NumelIn=(?P<numel>\d+), NumelOut=\d+)?"
    r"(?:, TensorShape=\[[^\]]*\])?(?:, Timeout\(ms\)=(?P<limit_ms>\d+))?\) ran for"
    r" (?P<ran_ms>\d+) milliseconds"
)
CUT_TIMEOUT = compiled(
    r"\bRank (?P<rank>\d+)\] Watchdog caught collective operation timeout"
    r"|^Watchdog caught collective operation timeout: WorkNCCL\("
)
STUCK = compiled(
    r"\[PG (?:ID )?\d*[^\]]*?Rank (?P<rank>\d+)\].*watchdog got stuck for (?P<seconds>\d+) seconds"
    r" without making progress"
)
GROUP = compiled(
    r"\[PG (?:ID )?(?P<pg>\w+)(?: PG GUID (?P<guid>\w*))?(?: ?\((?P<name>[^)]*)\))?"
    r" Rank (?P<rank>\d+)\]"
    r".* at (?:NCCL )?work(?: sequence id)?: (?P<seq>\d+)(?:,| PG status:) last enqueued (?:NCCL )?"
    r"work: (?P<enqueued>-?\d+), last completed (?:NCCL )?work: (?P<completed>-?\d+)"
)
SAID_MISMATCH = compiled(
    r"Detected mismatch between collectives on ranks\. Rank (?P<rank>\d+) is running"
    r" (?:inconsistent )?collective: CollectiveFingerPrint\(.*?OpType=(?P<op>\w+)"
    r"(?:.*but Rank (?P<other_rank>\d+) is running collective: "
    r"(?:CollectiveFingerPrint\(.*?OpType=)?(?P<other_op>\w+))?"
)

ORIGIN = compiled(
    r"(?:^|\s)(?P<host>[\w.-]+):(?P<pid>\d+):(?P<tid>\d+) \[(?P<cuda_device>-?\d+)\] "
    r"(?:(?P<place>[\w./-]+:\d+) )?(?:\([\w:]+\) )?NCCL WARN (?P<detail>.*)$"
)
BARE = compiled(r"\bNCCL WARN (?P<detail>.*)$")
RULES: tuple[tuple[str, Pattern], ...] = tuple(
    (what, compiled(pattern))
    for what, pattern in (
        ("nvls", r"NVLink SHARP|\bNVLS\b|(?i:multicast memory)"),
        (
            "ib_completion",
            (
                r"Got completion (?:from peer (?P<peer>\S+?)(?:<\d+>)? )?with (?:error |status=)"
                r"(?:IBV_\w+\()?(?P<status>\d+)(?:.*?vendor[ _]err[ =](?P<vendor_err>\d+))?"
            ),
        ),
        (
            "ib_event",
            (
                r"(?:(?P<device>\w+_?\d+):\d+ )?Got (?:(?:non-)?fatal )?async (?:error )?event"
                r"(?: on dev (?P<dev>\S+))?: (?P<cause>.+)$"
                r"|(?P<card>\w+):\d+ async fatal event"
                r"(?: on (?:QP|CQ|SRQ) \([^)]*\))?: (?P<why>.+)$"
            ),
        ),
        ("ib_call", r"Call to ibv_(?P<call>\w+) failed(?: with)?(?: error)? ?(?P<cause>.*)$"),
        (
            "peer_lost",
            (
                r"[Cc]onnection closed by (?:remote )?peer(?: (?P<peer>[^<\s]+))?"
                r"|(?:from|to|by) (?P<host2>[^<\s]+)<\d+> failed ?: "
                r"(?P<cause>Connection reset by peer|Broken pipe|Software caused connection abort)"
            ),
        ),
        (
            "connect_failed",
            (
                r"[Cc]onnect to (?P<peer>[^<\s]+)<\d+> (?:failed|returned) ?:? ?(?P<cause>.*)$"
                r"|[Cc]all to connect (?:to (?P<host2>[^<\s]+)<\d+> )?(?:failed|returned) ?:? ?"
            ),
        ),
        ("shm", r"(?i:shared memory|/dev/shm|posix_fallocate|shm_open)"),
        ("cuda_failure", r"(?i:cuda failure) (?:(?P<code>\d+) )?.(?P<cause>[^'\"]+)."),
        ("mismatch", r"Mismatched collective detected"),
        ("system", r"Call to (?P<call>\w+) failed ?:? ?(?P<cause>.*)$"),
    )
)
"""The first that fits says what it is."""
NUMBERS = (
    "rank", "other_rank", "seq", "numel", "ran_ms", "seconds", "status", "vendor_err", "pid",
    "cuda_device",
)  # fmt: skip
OTHER_NAMES = {"host2": "peer", "dev": "device", "card": "device", "why": "cause"}
"""A pattern may use a name once only."""
MILLISECONDS = 1000
COMPARED = 16
"""Waiting ranks of one sequence number that others are compared with."""
SAME_SIZE = ("ALLREDUCE", "BROADCAST", "REDUCE")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message; mismatches are seen once all timeouts of the window are known."""
    del context
    waits: list[tuple[int, Fields]] = []
    groups: dict[tuple[object, object], str] = {}
    later: list[tuple[int, Fields]] = []
    for hit in hits:
        line = lines[hit]
        body = line.body
        fields = _timeout(body)
        if fields is not None:
            waits.append((hit, fields))
            yield make_event("nccl.timeout", [line], fields)
            continue
        group = GROUP.search(body)
        if group is not None:
            known = _typed(group.groupdict())
            groups.setdefault((known["rank"], known["seq"]), _group_name(known))
            if "Timeout at NCCL work" in body:
                later.append((hit, {"rank": known["rank"], "seq": known["seq"]}))
            continue
        said = SAID_MISMATCH.search(body)
        if said is not None:
            yield make_event("nccl.mismatch", [line], {**_typed(said.groupdict()), "said": True})
            continue
        warning = _warning(body)
        if warning is not None:
            yield make_event("nccl.warn", [line], warning)
    reported = {fields.get("rank") for _, fields in waits}
    for hit, fields in later:
        if fields["rank"] not in reported:
            reported.add(fields["rank"])
            yield make_event("nccl.timeout", [lines[hit]], fields)
    yield from _mismatches(lines, waits, groups)


def _timeout(body: str) -> Fields | None:
    found = TIMEOUT.search(body)
    if found is not None:
        fields = _typed(found.groupdict())
        ran = fields.pop("ran_ms", None)
        limit = fields.pop("limit_ms", None)
        fields["seconds"] = ran // MILLISECONDS if isinstance(ran, int) else None
        fields["limit_seconds"] = int(str(limit)) // MILLISECONDS if limit else None
        return fields
    found = STUCK.search(body)
    if found is not None:
        return {**_typed(found.groupdict()), "stuck": True}
    found = CUT_TIMEOUT.search(body)
    return _typed(found.groupdict()) if found is not None else None


def _warning(body: str) -> Fields | None:
    found = ORIGIN.search(body) or BARE.search(body)
    if found is None:
        return None
    fields = _typed(found.groupdict())
    detail = str(fields.get("detail", ""))
    if "nvls.cc" in str(fields.get("place", "")):
        return {**fields, "what": "nvls"}
    for what, pattern in RULES:
        match = pattern.search(detail)
        if match is not None:
            return {**fields, **_named(match), "what": what}
    return {**fields, "what": "other"}


def _named(found: Match) -> Fields:
    fields = _typed(found.groupdict())
    return {OTHER_NAMES.get(key, key): value for key, value in fields.items()}


def _typed(parts: dict[str, str | None]) -> Fields:
    """What was captured, numbers as numbers; a number too long to be one stays text."""
    longest = 18
    return {
        key: int(value) if key in NUMBERS and len(value) <= longest else value
        for key, value in parts.items()
        if value
    }


def _group_name(known: Fields) -> str:
    """The group's global id where there is one, else its number on that rank, and its name."""
    return f"{known.get('guid') or known.get('pg')} {known.get('name', '')}"


def _mismatches(
    lines: Sequence[Line],
    waits: Sequence[tuple[int, Fields]],
    groups: dict[tuple[object, object], str],
) -> Iterator[Event]:
    """Ranks that wait in different collectives under one number: the first pair of each number."""
    waiting: dict[object, list[tuple[int, Fields, str]]] = {}
    told: set[object] = set()
    for hit, fields in waits:
        seq = fields.get("seq")
        if seq is None or seq in told or fields.get("op") is None:
            continue
        group = groups.get((fields.get("rank"), seq), "")
        others = waiting.setdefault(seq, [])
        for at, other, its_group in others:
            if (not group or not its_group or group == its_group) and _differ(fields, other):
                told.add(seq)
                yield _mismatch(lines[hit], fields, lines[at], other)
                break
        if len(others) < COMPARED:
            others.append((hit, fields, group))


def _differ(one: Fields, other: Fields) -> bool:
    """Sizes differ by rights in gathers and scatters, never in an all-reduce or a broadcast."""
    if one.get("rank") == other.get("rank"):
        return False
    if one.get("op") != other.get("op"):
        return True
    return one.get("op") in SAME_SIZE and one.get("numel") != other.get("numel")


def _mismatch(line: Line, one: Fields, its_line: Line, other: Fields) -> Event:
    fields: Fields = {key: one.get(key) for key in ("seq", "rank", "op", "numel")}
    fields.update({f"other_{key}": other.get(key) for key in ("rank", "op", "numel")})
    fields["other_line"] = its_line.number
    return make_event("nccl.mismatch", [line], fields)


SAMPLES = (
    Sample(
        "[rank5]:[E412 10:11:12.345678901 ProcessGroupNCCL.cpp:616] [Rank 5] Watchdog caught "
        "collective operation timeout: WorkNCCL(SeqNum=4410, OpType=ALLREDUCE, NumelIn=512, "
        "NumelOut=512, Timeout(ms)=600000) ran for 600081 milliseconds before timing out.",
        kind="nccl.timeout",
        fields={"rank": 5, "seq": 4410, "op": "ALLREDUCE", "seconds": 600, "limit_seconds": 600},
        count=1,
    ),
    Sample(
        "[E ProcessGroupNCCL.cpp:474] [Rank 2] Watchdog caught collective operation timeout: "
        "WorkNCCL(SeqNum=91, OpType=BROADCAST, TensorShape=[4, 8], Timeout(ms)=1800000) ran for "
        "1803113 milliseconds before timing out.",
        kind="nccl.timeout",
        fields={"rank": 2, "seq": 91, "op": "BROADCAST", "seconds": 1803},
    ),
    Sample(  # the syslog cut the line
        "[rank4]: [E ProcessGroupNCCL.cpp:563] Watchdog caught collective operation timeout: "
        "WorkNCCL(SeqNum=77, OpType=ALLREDUCE, NumelIn=4194304, Timeout(ms)=",
        kind="nccl.timeout",
    ),
    Sample(
        "[rank6]:[E101 01:02:03.1 ProcessGroupNCCL.cpp:681] [PG ID 1 PG GUID 5(tp) Rank 6] "
        "Watchdog caught collective operation timeout: WorkNCCL(SeqNum=8, OpType=BROADCAST, "
        "NumelIn=1, NumelOut=1, Timeout(ms)=600000) ran for 600002 milliseconds before timing out.",
        kind="nccl.timeout",
        fields={"rank": 6, "seq": 8},
    ),
    Sample(
        "[rank1]:[E101 01:02:03.1 ProcessGroupNCCL.cpp:607] [Rank 1] Watchdog caught collective "
        "operation timeout: WorkNCCL(SeqNum=77, OpType=BROADCAST, NumelIn=8, NumelOut=8, "
        "Timeout(ms)=600000) ran for 600020 milliseconds before timing out.\n"
        "[rank1]:[E101 01:02:03.2 ProcessGroupNCCL.cpp:1664] [PG 0 (default_pg) Rank 1] Exception "
        "(either an error or timeout) detected by watchdog at work: 77, last enqueued NCCL work: "
        "77, last completed NCCL work: 76.\n"
        "[rank0]:[E101 01:02:03.3 ProcessGroupNCCL.cpp:607] [Rank 0] Watchdog caught collective "
        "operation timeout: WorkNCCL(SeqNum=77, OpType=ALLREDUCE, NumelIn=4096, NumelOut=4096, "
        "Timeout(ms)=600000) ran for 600010 milliseconds before timing out.\n"
        "[rank0]:[E101 01:02:03.4 ProcessGroupNCCL.cpp:1664] [PG 0 (default_pg) Rank 0] Exception "
        "(either an error or timeout) detected by watchdog at work: 77, last enqueued NCCL work: "
        "78, last completed NCCL work: 76.",
        kind="nccl.timeout",
        fields={"rank": 1, "op": "BROADCAST"},
        count=3,
    ),
    Sample(
        "[rank1]:[E101 01:02:03.1 ProcessGroupNCCL.cpp:607] [Rank 1] Watchdog caught collective "
        "operation timeout: WorkNCCL(SeqNum=7, OpType=BROADCAST, NumelIn=8, NumelOut=8, "
        "Timeout(ms)=600000) ran for 600020 milliseconds before timing out.\n"
        "[rank1]:[E101 01:02:03.2 ProcessGroupNCCL.cpp:1785] [PG ID 2 PG GUID 9(tp) Rank 1] "
        "Exception (either an error or timeout) detected by watchdog at work: 7, last enqueued "
        "NCCL work: 7, last completed NCCL work: 6.\n"
        "[rank0]:[E101 01:02:03.3 ProcessGroupNCCL.cpp:607] [Rank 0] Watchdog caught collective "
        "operation timeout: WorkNCCL(SeqNum=7, OpType=ALLREDUCE, NumelIn=4, NumelOut=4, "
        "Timeout(ms)=600000) ran for 600010 milliseconds before timing out.\n"
        "[rank0]:[E101 01:02:03.4 ProcessGroupNCCL.cpp:1785] [PG ID 0 PG GUID 0(default_pg) Rank "
        "0] Exception (either an error or timeout) detected by watchdog at work: 7, last enqueued "
        "NCCL work: 7, last completed NCCL work: 6.",
        kind="nccl.timeout",
        count=2,
    ),
    Sample(
        "[rank1]:[E616 13:41:10.9 ProcessGroupNCCL.cpp:565] [Rank 1] Watchdog caught collective "
        "operatWARNING: tokenizers was forkedion timeout: WorkNCCL(SeqNum=21, OpType=_ALLGATHER_"
        "BASE, NumelIn=4, NumelOut=8, Timeout(ms)=600000) ran for 600010 milliseconds before "
        "timing out.",
        kind="nccl.timeout",
        fields={"rank": 1, "seq": 21, "op": "_ALLGATHER_BASE"},
    ),
    Sample(
        "[rank3]:[E909 09:55:46.9 ProcessGroupNCCL.cpp:1709] [PG 0 (default_pg) Rank 3] Timeout at "
        "NCCL work: 2070, last enqueued NCCL work: 2082, last completed NCCL work: 2069.",
        kind="nccl.timeout",
        fields={"rank": 3, "seq": 2070},
        count=1,
    ),
    Sample(
        "[rank4]:[E205 18:11:06.3 ProcessGroupNCCL.cpp:1870] [PG ID 3 PG GUID 12(ep) Rank 4] "
        "ProcessGroupNCCL's watchdog got stuck for 480 seconds without making progress in "
        "monitoring enqueued collectives.",
        kind="nccl.timeout",
        fields={"rank": 4, "seconds": 480, "stuck": True},
    ),
    Sample(
        "RuntimeError: Detected mismatch between collectives on ranks. Rank 2 is running "
        "collective: CollectiveFingerPrint(SequenceNumber=9, OpType=ALLREDUCE, TensorShape=[4], "
        "TensorDtypes=Float), but Rank 0 is running collective: CollectiveFingerPrint("
        "SequenceNumber=9, OpType=BARRIER).",
        kind="nccl.mismatch",
        fields={"rank": 2, "op": "ALLREDUCE", "other_rank": 0, "other_op": "BARRIER"},
    ),
    Sample(
        "trainer-3:411:902 [6] transport/net_ib.cc:1295 NCCL WARN NET/IB : Got completion from "
        "peer 10.9.8.7<41822> with status=12 opcode=0 len=0 vendor err 129 (Recv) localGid ::1",
        kind="nccl.warn",
        fields={
            "what": "ib_completion", "host": "trainer-3", "pid": 411, "cuda_device": 6,
            "peer": "10.9.8.7", "status": 12,
        },
    ),
    Sample(
        "[2026-01-02 03:04:05] pod-a:7:8 [0] transport/nvls.cc:379 (nvlsAllocateMem) NCCL WARN "
        "Failed to bind NVLink SHARP (NVLS) Multicast memory of size 2097152 : CUDA error 401",
        kind="nccl.warn",
        fields={"what": "nvls", "host": "pod-a", "pid": 7},
    ),
    Sample(
        "n4:70:71 [1] misc/socket.cc:49 NCCL WARN socketProgressOpt: Call to recv from "
        "10.1.2.3<33759> failed : Connection reset by peer",
        kind="nccl.warn",
        fields={"what": "peer_lost", "peer": "10.1.2.3", "cause": "Connection reset by peer"},
    ),
    Sample(
        "n4:70:71 [1] NCCL WARN NET/IB : mlx5_3:1 Got non-fatal async event: port error(10)",
        kind="nccl.warn",
        fields={"what": "ib_event", "device": "mlx5_3", "cause": "port error(10)"},
    ),
    Sample("n4:70:71 [1] NCCL INFO NET/IB : Using [0]mlx5_0:1/IB", kind=None),
    Sample("set NCCL_DEBUG=WARN to see why the watchdog caught a timeout", kind=None),
    Sample(
        "[rank0]:[E ProcessGroupNCCL.cpp:1664] [PG 0 Rank 0] Exception (either an error or "
        "timeout) detected by watchdog at work: 7, last enqueued NCCL work: 7, last completed "
        "NCCL work: 6.",
        kind=None,
    ),
)  # fmt: skip

PARSER = Parser(
    name="nccl",
    family="app",
    literals=(
        "Watchdog caught collective", "watchdog got stuck for", "last enqueued NCCL work",
        "last enqueued work", "Detected mismatch between collectives", "NCCL WARN ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("nccl.timeout", "nccl.mismatch", "nccl.warn"),
    claims=False,
)  # fmt: skip
