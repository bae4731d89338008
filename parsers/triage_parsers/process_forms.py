"""The words in which the end of a process is told, as tables for `process`.

Named groups: `pid`, `process`, `rank`, `pod`, `unit`, `container`, `command`, `status` become
fields; `signal` (a number), `name` (behind `SIG`) and `word` (a shell's) say which signal, `code`
an exit code.
"""

from __future__ import annotations

from triage.patterns import Pattern, compiled

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7,
           "FPE": 8, "KILL": 9, "SEGV": 11, "PIPE": 13, "ALRM": 14, "TERM": 15, "XCPU": 24,
           "XFSZ": 25, "SYS": 31}  # fmt: skip
"""Numbers on Linux, x86 and ARM."""
SIGKILL = 9
ORDERLY = frozenset({SIGNALS["TERM"], SIGNALS["INT"], SIGNALS["HUP"], SIGNALS["QUIT"]})
"""Signals by which a process is asked to end."""

WORDS = {"Killed": "KILL", "Terminated": "TERM", "Segmentation fault": "SEGV", "Aborted": "ABRT",
         "Abort": "ABRT", "Bus error": "BUS", "Illegal instruction": "ILL",
         "Illegal hardware instruction": "ILL", "Floating point exception": "FPE",
         "Floating-point exception": "FPE", "Trace/breakpoint trap": "TRAP"}  # fmt: skip
"""What `strsignal` and shells call a signal."""
DEATH = (
    "Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating[ -]point exception"
    "|Trace/breakpoint trap"
)
_ZSH = "killed|segmentation fault|abort|bus error|illegal hardware instruction|trace trap"

WORKER: tuple[tuple[str, Pattern], ...] = (
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
        "worker_exit",
        compiled(
            r"Process ['\"‘](?P<process>[\w-]*Pool\S*?Worker\S*?)['\"’] pid:(?P<pid>\d+)"
            r" exited with ['\"‘]?exitcode (?P<code>-?\d+)"
        ),
    ),
    (
        "worker_signal",
        compiled(r"Worker exited prematurely: signal (?P<signal>\d+)(?: \(SIG(?P<name>[A-Z]+)\))?"),
    ),
    ("worker_exit", compiled(r"Worker exited prematurely: exitcode (?P<code>-?\d+)")),
    (
        "worker_signal",
        compiled(r"worker \d+ \(pid: ?(?P<pid>\d+)\) died, killed by signal (?P<signal>\d+)"),
    ),
    (
        "dataloader_worker",
        compiled(
            r"DataLoader worker \(pid (?P<pid>\d+)\) is killed by signal: "
            rf"(?P<word>{DEATH}|Terminated)"
        ),
    ),
    (
        "worker_exit",
        compiled(r"Worker (?P<process>\w+) pid (?P<pid>\d+) died, exit code: (?P<code>-?\d+)"),
    ),
    (
        "worker_exit",
        compiled(r"App \[(?P<process>[^\]:]+):\d+\] exited with code \[(?P<code>[1-9]\d*)\]"),
    ),
    (
        "worker_signal",
        compiled(
            r"App \[(?P<process>[^\]:]+):\d+\] exited with code \[0\] via signal "
            r"\[SIG(?P<name>[A-Z]+)\]"
        ),
    ),
    ("worker_died", compiled(r"(?:^|\s)Child process \[(?P<pid>\d+)\] died\b")),
    ("worker_died", compiled(r"Worker proc (?P<process>[\w-]+) died unexpectedly")),
    ("worker_died", compiled(r"[Ee]ngine process \(pid (?P<pid>\d+)\) died\b")),
    (
        "worker_died",
        compiled(r"Engine core proc (?P<process>\w+) died unexpectedly"),
    ),
    (
        "worker_signal",
        compiled(
            r"Shard process was signaled to shutdown with signal (?P<signal>\d+)"
            r"(?: rank=(?P<rank>\d+))?"
        ),
    ),
    ("worker_died", compiled(r"(?:^|\s)Shard (?P<rank>\d+) crashed\b")),
)
"""Masters about their workers: gunicorn, celery, uWSGI, PyTorch, vLLM, PM2, uvicorn, TGI."""

SHELL: tuple[Pattern, ...] = (
    compiled(
        rf"(?:^|\s)(?:\S+: line \d+: |\w*sh: (?:line \d+: )?)\s*(?P<pid>\d+) (?P<word>{DEATH})\b"
        r"(?: *\(core dumped\))?(?P<command>.*)$"
    ),
    compiled(
        r"^\[\d+\]\s*[+-]?\s+(?:(?P<pid>\d+) )?"
        rf"(?P<word>{DEATH}|{_ZSH})(?: \(core dumped\))?\s{{2,}}(?P<command>\S.*)$"
    ),
    compiled(rf"^\w*sh: (?P<word>{_ZSH})(?: \(core dumped\))?\s{{2,}}(?P<command>\S.*)$"),
    compiled(r"^(?P<word>Killed)(?:: 9)?(?:\s{2,}(?P<command>\S.*))?$"),
    compiled(rf"^(?:\S+: line \d+: +\d+ )?(?P<word>{DEATH}) \(core dumped\)(?P<command>.*)$"),
    compiled(r"^(?P<word>Segmentation fault|Bus error|Illegal instruction)(?:: \d{1,2})?$"),
    compiled(rf"^g?make(?:\[\d+\])?: \*\*\* \[(?P<command>[^\]]+)\] (?P<word>{DEATH})\b"),
)
"""Shells and make about their jobs."""

SIGNAL: tuple[Pattern, ...] = (
    compiled(
        r"(?P<who>[Pp]rocess|[Ww]orker|[Tt]ask|[Cc]hild|[Jj]ob)\s+['\"‘`(]?"
        r"(?P<process>[\w./:-]+)['\"’`)]?(?: \(?pid[ :=]*(?P<pid>\d+)\)?)? "
        r"(?:was |has been |is )?(?:terminated|killed|exited|died|stopped)(?: unexpectedly)?"
        r"(?: with| by| due to| on| from)? (?:a )?signal[: ]+"
        r"(?:SIG(?P<name>[A-Z]+)|(?P<signal>-?\d+))\b"
    ),
    compiled(r"Signal (?P<signal>\d+) \(SIG(?P<name>[A-Z]+)\) received by PID (?P<pid>\d+)"),
    compiled(r"signal (?P<signal>\d+) \(SIG(?P<name>[A-Z]+)\) received by PID (?P<pid>\d+)"),
    compiled(
        r"psutil\.Process\(pid=(?P<pid>\d+)\b.*exitcode=<Negsignal\.SIG(?P<name>[A-Z]+): -\d+>"
    ),
    compiled(r"return code Negsignal\.SIG(?P<name>[A-Z]+)"),
    compiled(r"terminated by signal\b.*\bsignal=(?P<signal>-?\d+)"),
    compiled(r"died with <Signals\.SIG(?P<name>[A-Z]+): \d+>"),
    compiled(r"exited: (?P<process>\S+) \(terminated by SIG(?P<name>[A-Z]+)(?: \(core dumped\))?;"),
    compiled(r"exit codes of the workers are \{SIG(?P<name>[A-Z]+)\("),
    compiled(
        r"<\w*Process\W+name=['\"‘](?P<process>[^'\"’]+)['\"’] pid=(?P<pid>\d+).*exitcode=-SIG"
        r"(?P<name>[A-Z]+)"
    ),
    compiled(
        r"(?P<unit>[\w@.\\-]+\.service): Main process exited, code=(?:killed|dumped), status="
        r"(?P<signal>\d+)/(?P<name>[A-Z]+)"
    ),
    compiled(
        r"(?:Main PID|Process): (?P<pid>\d+) (?:Exec\w+=.* )?\(code=(?:killed|dumped), "
        r"signal=(?P<name>[A-Z]+)\)"
    ),
    compiled(r"^Signal \((?P<signal>\d+)\) received\.$"),
)
"""Everybody else about a process that ended by a signal: launchers, supervisors, systemd."""

ELASTIC = compiled(
    r"failed \(exitcode: (?P<code>-?\d+)\) local_rank: (?P<rank>\d+) \(pid: (?P<pid>\d+)\)"
    r" of binary: (?P<process>\S+)"
)
SPAWNED: tuple[Pattern, ...] = (
    compiled(
        r"Process(?:Exited|Raised)Exception: [Pp]rocess (?P<rank>\d+) terminated with "
        r"(?:signal SIG(?P<name>[A-Z]+)|exit code (?P<code>-?\d+))"
    ),
    compiled(r"(?:^|\s)Process (?P<rank>\d+) exit with status code (?P<code>\d+)"),
)
"""`torch.multiprocessing` and Horovod number their processes: this is a rank, not a pid."""
LAUNCHED = compiled(r"\['(?P<process>[^']+)'.*\] exits with return code = (?P<code>-?\d+)")
LOCAL_RANK = compiled(r"--local[_-]rank[=', ]{1,5}(?P<rank>\d+)")
ROOT_CAUSE = compiled(r"exitcode\s*: (?P<code>-?\d+) \(pid: (?P<pid>\d+)\)")
FLYTE = compiled(r"^\[(?P<pod>[\w.-]+)\] terminated with exit code \((?P<code>\d+)\)")
NAMED_CODE: tuple[Pattern, ...] = (
    compiled(
        r"(?P<unit>[\w@.\\-]+\.service): Main process exited, code=exited, status=(?P<code>\d+)/"
    ),
    compiled(
        r"(?:Main PID|Process): (?P<pid>\d+) (?:Exec\w+=.* )?\(code=exited, "
        r"status=(?P<code>\d+)(?:/[A-Z]+)?\)"
    ),
    compiled(r"exited: (?P<process>\S+) \(exit status (?P<code>\d+); not expected\)"),
    compiled(r"^g?make(?:\[\d+\])?: \*\*\* \[(?P<command>[^\]]+)\] Error (?P<code>\d+)"),
    compiled(r"^pdsh@[\w.-]+: (?P<node>[\w.-]+): \w+ exited with exit code (?P<code>\d+)"),
    compiled(r"The replica (?P<process>[\w-]+) exited with a non-zero status of (?P<code>\d+)"),
    compiled(
        r"^(?P<container>[a-z0-9][\w.-]*) exited with code (?P<code>\d+)(?: \(restarting\))?$"
    ),
    compiled(
        r"The command ['\"‘](?P<command>.{1,400}?)['\"’] returned a non-zero code: (?P<code>\d+)"
    ),
    compiled(
        r"process ['\"](?P<command>.{1,400}?)['\"] did not complete successfully: exit code: "
        r"(?P<code>\d+)"
    ),
)
"""Exit codes of what is named: units, programs, containers, build steps."""
CODE = compiled(
    r"(?i)(?:\bexit(?:ed|s)?(?: with| status)?(?: (?:a|an|error|non-zero))*[ _]?"
    r"(?:code|status)s?|\bexit[ _]?code|_exit_code|\breturn(?:ed)? code"
    r"|\bexited with error code|\breturncode)(?: is|:| of)?[ =:(]{1,3}(?P<code>-?\d{1,5})\b"
)
EXPLAINED = compiled(
    r"(?i)^\s*(?:\([^)]{1,40}\)\s*)?"
    r"(?:means?|is|are|indicates?|stands|usually|typically|says|or \d)\b"
)
"""What follows a code that is explained, not reported."""
SUPPOSED = compiled(r"(?i)\b(?:if|when|whenever|unless|should|would|could|where)\b[^.;:]{0,40}$")
"""What precedes a code that might be."""
KEY_ONLY = compiled(r"(?i)^[\s\"'-]*exit[ _]?code[\"']?\s*:")

OOM_CLAIM: tuple[Pattern, ...] = (
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
