"""How processes ended, in the words of whoever watched them: `app.exit` and `app.oom_claim`.

Shells, gunicorn, celery, Airflow, multiprocessing, torchrun, joblib, supervisors, containers and
Spark each say it their way. `what` is
- `sigkill`: the text says SIGKILL or signal 9; `signal`: another signal,
- `worker_sigkill`, `worker_signal`, `worker_exit`, `worker_timeout`, `worker_boot`: a master
  process about its worker (gunicorn kills with SIGKILL what ran into WORKER TIMEOUT),
- `shell_killed`, `shell_signal`: a shell's word on its job,
- `dataloader_worker`: PyTorch about a worker that died by a signal,
- `exit_code`: an exit code other than 0; 128 + n and -n mean signal n.
None of this proves that memory ran out. An application that *speaks of* the OOM killer and names a
victim is `app.oom_claim`: the application says so, the kernel did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, compiled
from triage_parsers.process_samples import SAMPLES

MAX_WIDTH = 8000
SIGKILL = 9
SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8,
           "KILL": 9, "SEGV": 11, "PIPE": 13, "TERM": 15}  # fmt: skip
_WORDS = {"Killed": "KILL", "Terminated": "TERM", "Segmentation fault": "SEGV", "Aborted": "ABRT",
          "Bus error": "BUS", "Illegal instruction": "ILL", "Floating point exception": "FPE",
          "Floating-point exception": "FPE"}  # fmt: skip
_DEATH = (
    r"Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating[ -]point exception"
)

_WORKER = (
    ("worker_timeout", compiled(r"WORKER TIMEOUT \(pid: ?(?P<pid>\d+)\)")),
    ("worker_signal", compiled(r"Worker \(pid: ?(?P<pid>\d+)\) was sent SIG(?P<name>[A-Z]+)!")),
    ("worker_exit", compiled(r"Worker \(pid: ?(?P<pid>\d+)\) was sent code (?P<code>\d+)!")),
    ("worker_exit", compiled(r"Worker \(pid: ?(?P<pid>\d+)\) exited with code:? (?P<code>\d+)")),
    (
        "worker_signal",
        compiled(r"Worker with pid (?P<pid>\d+) was terminated due to signal (?P<signal>\d+)"),
    ),
    ("worker_boot", compiled(r"Worker failed to boot|App failed to load\.' ?\d?")),
    (
        "worker_signal",
        compiled(
            r"Process ['\"‘](?P<process>[\w-]*Pool\S*?Worker\S*?)['\"’] pid:(?P<pid>\d+)"
            r" exited with ['\"‘]?signal (?P<signal>\d+)"
        ),
    ),
    (
        "worker_signal",
        compiled(r"Worker exited prematurely: signal (?P<signal>\d+)(?: \(SIG(?P<name>[A-Z]+)\))?"),
    ),
    ("worker_exit", compiled(r"Worker exited prematurely: exitcode (?P<code>-?\d+)")),
    (
        "dataloader_worker",
        compiled(
            r"DataLoader worker \(pid (?P<pid>\d+)\) is killed by signal: "
            rf"(?P<word>{_DEATH}|Terminated)"
        ),
    ),
)
_SHELL = (
    compiled(
        rf"(?:^|\s)(?:\S+: line \d+: |\w*sh: (?:line \d+: )?)\s*(?P<pid>\d+) (?P<word>{_DEATH})\b"
        r"(?P<command>.*)$"
    ),
    compiled(
        r"^\[\d+\] ?[+-]?\s+(?:(?P<pid>\d+) )?(?P<word>Killed|killed)\s{2,}(?P<command>\S.*)$"
    ),
    compiled(r"^\w*sh: (?P<word>killed)\s{2,}(?P<command>\S.*)$"),
    compiled(r"^(?P<word>Killed)(?:: 9)?(?:\s{2,}(?P<command>\S.*))?$"),
    compiled(rf"^(?:\S+: line \d+: +\d+ )?(?P<word>{_DEATH}) \(core dumped\)(?P<command>.*)$"),
)
_SIGNAL = (
    compiled(
        r"(?P<who>[Pp]rocess|[Ww]orker|[Tt]ask|[Cc]hild|[Jj]ob)\s+['\"‘`(]?"
        r"(?P<process>[\w./:-]+)['\"’`)]?(?: \(?pid[ :=]*(?P<pid>\d+)\)?)? "
        r"(?:was |has been |is )?(?:terminated|killed|exited|died|stopped)(?: unexpectedly)?"
        r"(?: with| by| due to| on| from)? (?:a )?signal[: ]+"
        r"(?:SIG(?P<name>[A-Z]+)|(?P<signal>-?\d+))\b"
    ),
    compiled(r"Signal (?P<signal>\d+) \(SIG(?P<name>[A-Z]+)\) received by PID (?P<pid>\d+)"),
    compiled(r"signal (?P<signal>\d+) \(SIG(?P<name>[A-Z]+)\) received by PID (?P<pid>\d+)"),
    compiled(r"return code Negsignal\.SIG(?P<name>[A-Z]+)"),
    compiled(r"terminated by signal\b.*\bsignal=(?P<signal>-?\d+)"),
    compiled(r"died with <Signals\.SIG(?P<name>[A-Z]+): \d+>"),
    compiled(r"exited: (?P<process>\S+) \(terminated by SIG(?P<name>[A-Z]+);"),
    compiled(r"exit codes of the workers are \{SIG(?P<name>[A-Z]+)\("),
    compiled(
        r"<\w*Process\W+name=['\"‘](?P<process>[^'\"’]+)['\"’] pid=(?P<pid>\d+).*exitcode=-SIG"
        r"(?P<name>[A-Z]+)"
    ),
    compiled(
        r"(?P<unit>[\w@.\\-]+\.service): Main process exited, code=(?:killed|dumped), status="
        r"(?P<signal>\d+)/(?P<name>[A-Z]+)"
    ),
)
_ELASTIC = compiled(
    r"failed \(exitcode: (?P<code>-?\d+)\) local_rank: (?P<rank>\d+) \(pid: (?P<pid>\d+)\)"
    r" of binary: (?P<process>\S+)"
)
_ROOT_CAUSE = compiled(r"exitcode\s*: (?P<code>-?\d+) \(pid: (?P<pid>\d+)\)")
_FLYTE = compiled(r"^\[(?P<pod>[\w.-]+)\] terminated with exit code \((?P<code>\d+)\)")
_CODE = compiled(
    r"(?i)(?:\bexit(?:ed|s)?(?: with| status)?(?: (?:a|an|error|non-zero))*[ _]?"
    r"(?:code|status)s?|\bexit[ _]?code|_exit_code|\breturn(?:ed)? code"
    r"|\bexited with error code|\breturncode)(?: is|:| of)?[ =:(]{1,3}(?P<code>-?\d{1,5})\b"
)
_KEY_ONLY = compiled(r"(?i)^[\s\"'-]*exit[ _]?code[\"']?\s*:")
_POD = compiled(r"(?:^|\s)[Pp]od (?P<pod>[a-z0-9]+-[a-z0-9.-]*[a-z0-9])\b")
_SPARK_CONTAINER = compiled(r"\b(?P<container>container_(?:e\d+_)?\d+_\d+_\d+_\d+)\b")
_SPARK_HOST = compiled(r"\bon (?:host: |host )(?P<host>[\w.-]+\w)")
_OOM_CLAIM = (
    compiled(r"(?i)\(OOM\)[ -]killer invoked\.? Victim: (?P<process>\S+) \(pid:? ?(?P<pid>\d+)\)"),
    compiled(
        r"(?i)\bOOM[ -]killer (?:has )?(?:killed|terminated|reaped|selected)(?: the)? "
        r"(?:process )?(?P<process>[\w./-]+)?[ ,(]*pid[ :=]*(?P<pid>\d+)"
    ),
    compiled(
        r"(?i)\b(?:process|worker|pid) (?P<pid>\d+) \((?P<process>[^)]+)\) "
        r"(?:was |has been |got )?(?:OOM[ -]?killed|killed by (?:the )?(?:kernel )?OOM)"
    ),
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each line that reports an end."""
    del context
    for hit in hits:
        line = lines[hit]
        body = line.body[:MAX_WIDTH].rstrip()
        claim = _first(_OOM_CLAIM, body)
        if claim is not None:
            yield make_event("app.oom_claim", [line], _named(claim))
            continue
        rows = [line]
        fields = _worker(body) or _shell(body, line) or _signal(body) or _exit_code(body)
        if fields is None and body.endswith("is killed by signal:") and hit + 1 < len(lines):
            rows = [line, lines[hit + 1]]
            fields = _worker(f"{body} {lines[hit + 1].body.strip()}")
        if fields is not None:
            yield make_event("app.exit", rows, fields)


def _first(patterns: Sequence[object], body: str) -> Match | None:
    """The first of the patterns that is found."""
    for pattern in patterns:
        found: Match | None = pattern.search(body)  # type: ignore[attr-defined]
        if found is not None:
            return found
    return None


def _named(found: Match) -> Fields:
    """The groups that name something, without those that are to be interpreted."""
    fields: Fields = {}
    for name, value in found.groupdict().items():
        if value is not None and name in {"pid", "process", "rank", "pod", "unit"}:
            fields[name] = value.strip("'\"")
    process = str(fields.get("process", ""))
    if process.isdecimal():
        fields["pid"] = fields.pop("process")
    elif process in {"was", "has", "is"}:
        del fields["process"]
    return fields


def _signal_of(found: Match) -> int | None:
    """The number of the signal, from a number, a name or a shell's word."""
    groups = found.groupdict()
    if groups.get("signal"):
        return int((groups["signal"] or "0")[:4])
    word = groups.get("word")
    name = _WORDS.get(word.capitalize(), "") if word else groups.get("name")
    return SIGNALS.get(name or "")


def _worker(body: str) -> Fields | None:
    """gunicorn, celery and PyTorch about their workers."""
    for what, pattern in _WORKER:
        found = pattern.search(body)
        if found is None:
            continue
        fields: Fields = {"what": what, **_named(found)}
        code = found.groupdict().get("code")
        if code is not None:
            return {**fields, "exit_code": int(code)}
        number = _signal_of(found)
        if what == "worker_signal":
            if number in {SIGNALS["TERM"], SIGNALS["INT"], SIGNALS["HUP"], SIGNALS["QUIT"]}:
                return None  # an orderly shutdown
            fields["what"] = "worker_sigkill" if number == SIGKILL else what
        return {**fields, **_signal_fields(number)}
    return None


def _signal_fields(number: int | None) -> Fields:
    """The signal as a number and by name."""
    if number is None:
        return {}
    name = next((name for name, value in SIGNALS.items() if value == abs(number)), None)
    return {"signal": number, "signal_name": f"SIG{name}" if name else None}


def _shell(body: str, line: Line) -> Fields | None:
    """A shell about its job; a bare `Killed` must be all that the line says."""
    found = _first(_SHELL, body.strip())
    if found is None or (body.strip() == "Killed" and "level" in line.peeled.fields):
        return None
    number = _signal_of(found)
    command = (found.groupdict().get("command") or "").strip()
    if command.startswith("process "):  # the kernel's `Killed process 12 (python3)`, wrapped
        return None
    return {
        "what": "shell_killed" if number == SIGKILL else "shell_signal",
        **_named(found),
        **_signal_fields(number),
        "command": command[:300],
    }


def _signal(body: str) -> Fields | None:
    found = _first(_SIGNAL, body)
    if found is None:
        return None
    number = _signal_of(found)
    killed = number is not None and abs(number) == SIGKILL
    fields: Fields = {"what": "sigkill" if killed else "signal"}
    return {**fields, **_named(found), **_signal_fields(number)}


def _exit_code(body: str) -> Fields | None:
    """An exit code that is not 0."""
    if _KEY_ONLY.match(body) is not None:  # a field of a described pod, which is read as a whole
        elastic = _ROOT_CAUSE.search(body)
        return None if elastic is None else _coded(elastic)
    found = _ELASTIC.search(body) or _ROOT_CAUSE.search(body) or _FLYTE.match(body)
    if found is not None:
        return _coded(found)
    found = _CODE.search(body)
    if found is None:
        return None
    fields = _coded(found)
    for pattern in (_POD, _SPARK_CONTAINER, _SPARK_HOST):
        named = pattern.search(body)
        if named is not None and fields is not None:
            fields.update(named.groupdict())
    return fields


def _coded(found: Match) -> Fields | None:
    code = int(found.group("code") or "0")
    if code == 0:
        return None
    fields: Fields = {"what": "exit_code", "exit_code": code, **_named(found)}
    number = -code if code < 0 else code - 128
    if number in SIGNALS.values():
        fields.update(_signal_fields(number))
    return fields


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
        "(core dumped)",
        "code=killed",
        "code=dumped",
        "exit code",
        "exit_code",
        "exitcode",
        "exitCode=",
        "Exit code",
        "Exit Code",
        "exited with code",
        "exit status",
        "Exit status",
        "return code",
        "returncode",
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
