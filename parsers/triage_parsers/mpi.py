"""What MPI's launchers and libraries say when a rank is gone: `app.exit`, `net.unreachable`.

Open MPI (`mpirun`, `prterun`) and Hydra (MPICH, Intel MPI, MVAPICH) print boxes of several lines;
the process itself prints a signal report or an MPI error. One box is one event with `rank`, `pid`,
`node`, `signal` or `exit_code`, in the vocabulary of `process`: `what` is `sigkill`, `signal`,
`exit_code`, or `abort` for MPI_Abort and fatal MPI errors. A rank that calls MPI_Abort is the first
to notice; the others are killed by the launcher. A daemon that went silent is `net.unreachable`.
Sources: Open MPI's help texts (orte/tools/orterun/help-orterun.txt, prte's help-prun.txt,
ompi/mpi/c/abort.c, opal/util/stacktrace.c), MPICH's hydra (pm/pmiserv/pmiserv_cb.c).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, compiled
from triage_parsers.mpi_samples import SAMPLES
from triage_parsers.process_forms import SIGKILL, SIGNALS

MAX_ROWS = 24
"""Lines of a box; the longest is Open MPI's signal report with its stack."""
MAX_WIDTH = 2000

_RULE = compiled(r"^[\s=-]{20,}$")
_OWN_PREFIX = compiled(r"^\[(?P<node>[\w.-]+):(?P<pid>\d+)\] ")
_NOTICED = compiled(
    r"(?P<launcher>mpirun|mpiexec|orterun|prterun|prun) noticed that process rank (?P<rank>\d+) "
    r"with PID (?P<pid>\d+) on node (?P<node>[\w.-]+) exited on\s+signal (?P<signal>\d+)"
)
_IMPROPER = compiled(
    r"(?P<launcher>mpirun|mpiexec|orterun) has exited due to process rank (?P<rank>\d+) with PID "
    r"(?P<pid>\d+) on\s+node (?P<node>[\w.-]+) exiting (?:improperly|without)"
)
_DETECTED = compiled(
    r"(?P<launcher>mpirun|mpiexec|orterun|prterun|prun|Horovod) detected that one or more processes"
    r" exited with\s+non-zero status"
)
_PROCESS_NAME = compiled(
    r"(?m)^\s*Process name: (?:\[\[\d+,\d+\],(?P<rank>\d+)\]|\[[^\],]+@\d+,(?P<prte>\d+)\]"
    r"|(?P<plain>\d+)\b)"
)
_EXIT_CODE = compiled(r"(?m)^\s*Exit code:\s+(?P<code>-?\d+)")
_ABORT = compiled(
    r"MPI_ABORT was invoked on rank (?P<rank>\d+) in communicator (?P<comm>.+?)"
    r"\s+(?:with errorcode (?P<code>-?\d+)|Proc: \[.*\]\s+Errorcode: (?P<prte>-?\d+))"
)
_MPICH_ABORT = compiled(
    r"(?:\[(?P<node>[\w.-]+)\] - )?Abort\((?P<code>-?\d+)\)(?: on node \d+)?"
    r"(?: \(rank (?P<rank>\d+) in comm \d+\): (?P<reason>.*)|: (?P<said>Fatal error in .*))$"
)
_CALLED = compiled(
    r"application called MPI_Abort\([^,)]+, (?P<code>-?\d+)\) - process (?P<rank>\d+)"
)
_HYDRA = compiled(r"(?:RANK (?P<rank>\d+) )?PID (?P<pid>\d+) RUNNING AT (?P<node>[\w.-]+)")
_HYDRA_CODE = compiled(r"EXIT CODE: (?P<code>-?\d+)")
_HYDRA_SIGNAL = compiled(r"KILLED BY SIGNAL: (?P<signal>\d+)")
_EXIT_STRING = compiled(r"EXIT STRING: [\w ]+ \(signal (?P<signal>\d+)\)")
_RECEIVED = compiled(r"\*\*\* Process received signal \*\*\*")
_OWN_SIGNAL = compiled(r"(?m)Signal: .{1,60} \((?P<signal>\d+)\)$")
_OWN_ADDRESS = compiled(r"(?m)Failing at address: (?P<address>\S+)$")
_OWN_END = "*** End of error message ***"
_MPI_ERROR = compiled(r"\*\*\* An error occurred in (?P<call>MPI_\w+)")
_REPORTED = compiled(r"\*\*\* reported by process \[\d+,(?P<rank>\d+)\]")
_ERROR_CLASS = compiled(r"\*\*\* (?P<error>MPI_ERR_\w+: .*)$")
_LOST_DAEMON = compiled(r"(?:ORTE|PRTE|PRRTE) has lost communication with a remote daemon")
_REMOTE = compiled(r"(?m)^\s*Remote daemon: \[.*\] on node (?P<node>[\w.-]+)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each box or report."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        for reader in (_box, _hydra, _received, _mpi_error, _alone):
            found = reader(lines, hit)
            if found is not None:
                kind, fields, end = found
                start = hit - 1 if hit - 1 > done and _is_rule(lines, hit - 1) else hit
                if reader in (_box, _hydra) and _is_rule(lines, end):
                    end += 1
                done = end - 1
                yield make_event(kind, lines[start:end], fields)
                break


Found = tuple[str, Fields, int] | None
"""Kind, fields, and the index behind the last line."""


def _is_rule(lines: Sequence[Line], index: int) -> bool:
    return 0 <= index < len(lines) and _RULE.match(lines[index].body[:MAX_WIDTH]) is not None


def _until_rule(lines: Sequence[Line], hit: int) -> tuple[str, int]:
    """The text of the box from this line on, and where its closing rule stands."""
    rows = [lines[hit].body[:MAX_WIDTH]]
    end = hit + 1
    while end < min(len(lines), hit + MAX_ROWS) and not _is_rule(lines, end):
        rows.append(lines[end].body[:MAX_WIDTH])
        end += 1
    if _is_rule(lines, end):
        return "\n".join(rows), end
    return "\n".join(rows[:2]), min(hit + 2, len(lines))


def _box(lines: Sequence[Line], hit: int) -> Found:
    """Open MPI's boxes between two rules; without the rules, two lines."""
    first = lines[hit].body[:MAX_WIDTH]
    text, end = _until_rule(lines, hit)
    for pattern, what in ((_NOTICED, "signal"), (_IMPROPER, "exit_code"), (_ABORT, "abort")):
        found = pattern.search(text)
        if found is not None and found.start() <= len(first):
            if not _is_rule(lines, end):
                end = hit + 1 + text[: found.end()].count("\n")
            return "app.exit", _fields(found, what), end
    found = _DETECTED.search(text)
    if found is not None and found.start() <= len(first):
        return _detected(lines, hit, found)
    return _lost(lines, hit, end) if _LOST_DAEMON.search(first) is not None else None


def _lost(lines: Sequence[Line], hit: int, end: int) -> Found:
    """The node whose daemon is gone stands in one of the next rows, closing rule or not."""
    below = "\n".join(line.body[:MAX_WIDTH] for line in lines[hit : hit + 6])
    remote = _REMOTE.search(below)
    if remote is None:
        return None
    last = hit + 1 + below[: remote.end()].count("\n")
    return "net.unreachable", {"node": remote.group("node")}, max(end, last)


def _detected(lines: Sequence[Line], hit: int, found: Match) -> Found:
    """A rank that ended with a code of its own; which one stands a few lines below."""
    stop = min(len(lines), hit + 9)
    text = "\n".join(line.body[:MAX_WIDTH] for line in lines[hit:stop])
    name, code = _PROCESS_NAME.search(text), _EXIT_CODE.search(text)
    if code is None:
        return None
    fields = _fields(code, "exit_code")
    fields["launcher"] = found.group("launcher")
    if name is not None:
        rank = next(value for value in name.groupdict().values() if value)
        fields["rank"] = int(rank)
    return "app.exit", fields, hit + 1 + text[: code.end()].count("\n")


def _hydra(lines: Sequence[Line], hit: int) -> Found:
    """MPICH's and Intel's box, every row of which begins with `=`."""
    if "BAD TERMINATION OF ONE OF YOUR APPLICATION" not in lines[hit].body:
        return None
    end = hit + 1
    while end < min(len(lines), hit + MAX_ROWS) and not _is_rule(lines, end):
        if not lines[end].body.lstrip().startswith("="):
            break
        end += 1
    text = "\n".join(line.body[:MAX_WIDTH] for line in lines[hit:end])
    tail = "\n".join(line.body[:MAX_WIDTH] for line in lines[end : end + 3])
    who = _HYDRA.search(text)
    fields: Fields = {} if who is None else _fields(who, "exit_code")
    signal = _HYDRA_SIGNAL.search(text) or _EXIT_STRING.search(tail)
    code = _HYDRA_CODE.search(text)
    if signal is not None:
        fields |= _fields(signal, "signal")
    elif code is not None:
        fields |= _fields(code, "exit_code")
    else:
        return None
    return "app.exit", {**fields, "launcher": "hydra"}, end


def _received(lines: Sequence[Line], hit: int) -> Found:
    """Open MPI's report inside the process that got the signal, up to its last row."""
    first = lines[hit].body[:MAX_WIDTH]
    if _RECEIVED.search(first) is None:
        return None
    end = hit + 1
    prefix = _OWN_PREFIX.match(first)
    mark = prefix.group() if prefix is not None else None
    while end < min(len(lines), hit + 4 * MAX_ROWS):
        body = lines[end].body
        if mark is not None and not body.startswith(mark or ""):
            break
        end += 1
        if _OWN_END in body:
            break
    text = "\n".join(line.body[:MAX_WIDTH] for line in lines[hit:end])
    signal, address = _OWN_SIGNAL.search(text), _OWN_ADDRESS.search(text)
    if signal is None:
        return None
    fields = _fields(signal, "signal")
    if address is not None:
        fields["address"] = address.group("address")
    return "app.exit", fields | _own(prefix), end


def _mpi_error(lines: Sequence[Line], hit: int) -> Found:
    """A call that failed, after which the library ends the job."""
    first = lines[hit].body[:MAX_WIDTH]
    call = _MPI_ERROR.search(first)
    if call is None:
        return None
    prefix = _OWN_PREFIX.match(first)
    fields: Fields = {"what": "abort", "function": call.group("call"), **_own(prefix)}
    end = hit + 1
    while end < min(len(lines), hit + 8) and "*** " in lines[end].body[:MAX_WIDTH]:
        body = lines[end].body[:MAX_WIDTH]
        if _MPI_ERROR.search(body) is not None:
            break
        reported, error = _REPORTED.search(body), _ERROR_CLASS.search(body)
        if reported is not None:
            fields["rank"] = int((reported.group("rank") or "0")[:9])
        if error is not None:
            fields["reason"] = error.group("error")
        end += 1
    return "app.exit", fields, end


def _alone(lines: Sequence[Line], hit: int) -> Found:
    """MPICH's abort on one line."""
    body = lines[hit].body[:MAX_WIDTH]
    found = _MPICH_ABORT.search(body) or _CALLED.search(body)
    return None if found is None else ("app.exit", _fields(found, "abort"), hit + 1)


def _own(prefix: Match | None) -> Fields:
    """`[node:pid]` in front of what a rank says of itself."""
    if prefix is None:
        return {}
    return {"node": prefix.group("node"), "pid": int((prefix.group("pid") or "0")[:9])}


def _fields(found: Match, what: str) -> Fields:
    """What a pattern's groups say: who, where, by which signal or code."""
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    fields: Fields = {"what": what}
    for name in ("rank", "pid"):
        if name in groups:
            fields[name] = int(groups[name][:9])
    for name in ("node", "launcher"):
        fields[name] = groups.get(name)
    fields["reason"] = groups.get("reason", groups.get("said"))
    code = groups.get("code") or groups.get("prte")
    if code is not None:
        fields["exit_code"] = int(code[:6])
    if "signal" in groups:
        number = int(groups["signal"][:3])
        said = next((word for word, value in SIGNALS.items() if value == number), None)
        fields |= {"signal": number, "signal_name": f"SIG{said}" if said else None}
        fields["what"] = "sigkill" if number == SIGKILL else "signal"
    return {name: value for name, value in fields.items() if value is not None}


PARSER = Parser(
    name="mpi",
    family="app",
    literals=(
        "noticed that process rank",
        "has exited due to process rank",
        "one or more processes exited with",
        "MPI_ABORT was invoked",
        "BAD TERMINATION OF ONE",
        "*** Process received signal",
        "An error occurred in MPI_",
        "lost communication with a remote daemon",
        " called MPI_Abort(",
        " in comm ",
        "): Fatal error in ",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("app.exit", "net.unreachable"),
    before=1,
    after=4 * MAX_ROWS,
)
