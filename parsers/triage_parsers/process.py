"""How processes ended, in the words of whoever watched them: `app.exit` and `app.oom_claim`.

Shells, gunicorn, celery, Airflow, multiprocessing, torchrun, DeepSpeed, Horovod, joblib,
supervisors, systemd, containers and Spark each say it their way. `what` is
- `sigkill`: the text says SIGKILL or signal 9; `signal`: another signal,
- `worker_sigkill`, `worker_signal`, `worker_exit`, `worker_timeout`, `worker_boot`: a master
  process about its worker (gunicorn kills with SIGKILL what ran into WORKER TIMEOUT);
  `worker_died`: it is gone, how is not said,
- `shell_killed`, `shell_signal`: a shell's word on its job,
- `dataloader_worker`: PyTorch about a worker that died by a signal,
- `exit_code`: an exit code other than 0; 128 + n and -n mean signal n.
`pid` and `process` are those of what ended. Who told it, where the wrapper of the line names
somebody else, is `master_pid` and `reporter`.
None of this proves that memory ran out. An application that *speaks of* the OOM killer and names a
victim is `app.oom_claim`: the application says so, the kernel did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, Pattern, compiled
from triage_parsers.process_forms import (
    CODE,
    ELASTIC,
    EXPLAINED,
    FLYTE,
    KEY_ONLY,
    LAUNCHED,
    LOCAL_RANK,
    NAMED_CODE,
    OOM_CLAIM,
    ORDERLY,
    ROOT_CAUSE,
    SHELL,
    SIGKILL,
    SIGNAL,
    SIGNALS,
    SPAWNED,
    SUPPOSED,
    WORDS,
    WORKER,
)
from triage_parsers.process_samples import SAMPLES

MAX_WIDTH = 8000
_NAMING = frozenset({"pid", "process", "rank", "pod", "unit", "container", "command", "node"})
"""Groups that become fields as they are."""
_POD = compiled(r"(?:^|\s)[Pp]od (?P<pod>[a-z0-9]+-[a-z0-9.-]*[a-z0-9])\b")
_SPARK_CONTAINER = compiled(r"\b(?P<container>container_(?:e\d+_)?\d+_\d+_\d+_\d+)\b")
_SPARK_HOST = compiled(r"\bon (?:host: |host )(?P<host>[\w.-]+\w)")
_ASKED: Fields = {}
"""Stands for an orderly end: read, and no event."""
_NOT_NAMES = frozenset({"was", "has", "is", "with", "process", "pid"})


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each line that reports an end."""
    del context
    for hit in hits:
        line = lines[hit]
        body = line.body[:MAX_WIDTH].rstrip()
        if "srun: error: " in body:  # read by `slurm`, which knows nodes and tasks
            continue
        claim = _first(OOM_CLAIM, body)
        if claim is not None:
            yield _event("app.oom_claim", [line], _named(claim))
            continue
        rows = [line]
        fields = _end(body, line)
        if fields is None and body.endswith("is killed by signal:") and hit + 1 < len(lines):
            rows = [line, lines[hit + 1]]
            fields = _worker(f"{body} {lines[hit + 1].body.strip()}")
        if fields:
            yield _event("app.exit", rows, fields)


def _end(body: str, line: Line) -> Fields | None:
    """What the line says of an end, in the most particular of its forms."""
    fields = _worker(body)
    if fields is None:
        fields = _shell(body, line)
    if fields is None:
        fields = _spawned(body)
    if fields is None:
        fields = _signal(body)
    return _exit_code(body) if fields is None else fields


def _event(kind: str, rows: Sequence[Line], fields: Fields) -> Event:
    """The event; where another than the teller ended, the teller's names go aside."""
    event = make_event(kind, rows, fields)
    told = rows[0].peeled.fields
    what = str(fields.get("what", ""))
    other = fields.get("pid") is not None and event.fields["pid"] != told.get("pid")
    other = other or fields.get("unit") is not None or what in {"worker_boot", "worker_exit"}
    other = other or what in {"worker_sigkill", "worker_signal"}
    if not other:
        return event
    if told.get("pid") is not None and event.fields["pid"] in {told["pid"], fields.get("pid")}:
        event.fields["master_pid"] = told["pid"]
        if fields.get("pid") is None:
            del event.fields["pid"]
    if told.get("process") is not None and fields.get("process") is None:
        event.fields["reporter"] = event.fields.pop("process")
    return event


def _first(patterns: Sequence[Pattern], body: str) -> Match | None:
    """The first of the patterns that is found."""
    for pattern in patterns:
        found = pattern.search(body)
        if found is not None:
            return found
    return None


def _named(found: Match) -> Fields:
    """The groups that name something, without those that are to be interpreted."""
    fields: Fields = {}
    for name, value in found.groupdict().items():
        if value is not None and name in _NAMING:
            fields[name] = int(value) if name in {"pid", "rank"} else value.strip("'\"")
    process = str(fields.get("process", ""))
    if process.isdecimal():
        del fields["process"]
        fields["pid"] = int(process)
    elif process in _NOT_NAMES:
        del fields["process"]
    return fields


def _signal_of(found: Match) -> int | None:
    """The number of the signal, from a number, a name or a shell's word."""
    groups = found.groupdict()
    if groups.get("signal"):
        return int((groups["signal"] or "0")[:4])
    word = groups.get("word")
    name = WORDS.get(word.capitalize(), "") if word else groups.get("name")
    return SIGNALS.get(name or "")


def _signal_fields(number: int | None) -> Fields:
    """The signal as written (Airflow says -9) and by name."""
    if number is None:
        return {}
    name = next((name for name, value in SIGNALS.items() if value == abs(number)), None)
    return {"signal": number, "signal_name": f"SIG{name}" if name else None}


def _worker(body: str) -> Fields | None:
    """gunicorn, celery, PyTorch and model servers about their workers."""
    for what, pattern in WORKER:
        found = pattern.search(body)
        if found is None:
            continue
        fields: Fields = {"what": what, **_named(found)}
        code = found.groupdict().get("code")
        if code is not None:
            return _with_code(fields, int(code))
        number = _signal_of(found)
        if what == "worker_signal":
            if number in ORDERLY:
                return _ASKED
            fields["what"] = "worker_sigkill" if number == SIGKILL else what
        return {**fields, **_signal_fields(number)}
    return None


def _shell(body: str, line: Line) -> Fields | None:
    """A shell about its job; a bare `Killed` must be all that the line says."""
    text = body.strip()
    found = _first(SHELL, text)
    if found is None:
        return None
    number = _signal_of(found)
    command = (found.groupdict().get("command") or "").strip()
    if not command and "(" not in text and "level" in line.peeled.fields:
        return None  # a logger's whole message, not a shell's
    if command.startswith("process "):  # the kernel's `Killed process 12 (python3)`, wrapped
        return None
    fields: Fields = {"what": "shell_killed" if number == SIGKILL else "shell_signal"}
    return {**fields, **_named(found), **_signal_fields(number), "command": command[:300]}


def _spawned(body: str) -> Fields | None:
    """A launcher about one of the processes that it numbers."""
    found = _first(SPAWNED, body)
    if found is not None:
        code = found.groupdict().get("code")
        if code is not None:
            return _with_code({"what": "exit_code", **_named(found)}, int(code)) or _ASKED
        number = _signal_of(found)
        what = "sigkill" if number == SIGKILL else "signal"
        return {"what": what, **_named(found), **_signal_fields(number)}
    found = LAUNCHED.search(body)
    if found is None:
        return None
    fields = _coded(found)
    rank = LOCAL_RANK.search(body)
    if fields is not None and rank is not None:
        fields["rank"] = int(rank.group("rank") or "0")
    return fields or _ASKED


def _signal(body: str) -> Fields | None:
    found = _first(SIGNAL, body)
    if found is None:
        return None
    number = _signal_of(found)
    killed = number is not None and abs(number) == SIGKILL
    fields: Fields = {"what": "sigkill" if killed else "signal"}
    return {**fields, **_named(found), **_signal_fields(number)}


def _exit_code(body: str) -> Fields | None:
    """An exit code that is not 0."""
    if KEY_ONLY.match(body) is not None:  # a field of a described pod, which is read as a whole
        elastic = ROOT_CAUSE.search(body)
        return None if elastic is None else _coded(elastic)
    found = ELASTIC.search(body) or ROOT_CAUSE.search(body) or FLYTE.match(body)
    found = found or _first(NAMED_CODE, body)
    if found is not None:
        return _coded(found)
    found = CODE.search(body)
    if (
        found is None
        or EXPLAINED.match(body[found.end() :])
        or SUPPOSED.search(body[: found.start()])
    ):
        return None
    fields = _coded(found)
    for pattern in (_POD, _SPARK_CONTAINER, _SPARK_HOST):
        named = pattern.search(body)
        if named is not None and fields is not None:
            fields.update(named.groupdict())
    return fields


def _coded(found: Match) -> Fields | None:
    return _with_code({"what": "exit_code", **_named(found)}, int(found.group("code") or "0"))


def _with_code(fields: Fields, code: int) -> Fields | None:
    """The fields with an exit code, and the signal that it stands for; None for success."""
    if code == 0:
        return None
    number = -code if code < 0 else code - 128
    signal = _signal_fields(number) if number in SIGNALS.values() else {}
    return {**fields, "exit_code": code, **signal}


PARSER = Parser(
    name="process",
    family="app",
    literals=(
        "WORKER TIMEOUT",
        "Worker (pid:",
        "Worker with pid",
        "failed to boot",
        "exited prematurely",
        "is killed by signal",
        "exited with signal",
        "with signal ",
        "by signal ",
        "terminated by signal",
        "SIGKILL",
        "Signals.SIG",
        "Negsignal",
        "Killed",
        " killed  ",
        "sh: killed ",
        "sh: segmentation fault",
        "sh: bus error",
        "sh: abort ",
        "sh: illegal hardware",
        "Segmentation fault",
        "Bus error",
        "Illegal instruction",
        "(core dumped)",
        "code=killed",
        "code=dumped",
        "code=exited",
        "exited: ",
        "exit code",
        "exit_code",
        "exitcode",
        "exitCode=",
        "Exit code",
        "Exit Code",
        "exited with code",
        "exit status",
        "Exit status",
        "with status code ",
        "non-zero code",
        "non-zero status of ",
        "return code",
        "returncode",
        ": *** [",
        "Child process [",
        "died unexpectedly",
        "ngine process (pid",
        " crashed",
        "Signal (",
        "OOM) killer",
        "OOM killer",
        "OOM Killer",
        "OOM-killer",
        "OOM-killed",
        "OOM killed",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("app.exit", "app.oom_claim"),
    after=1,
    claims=False,
)
