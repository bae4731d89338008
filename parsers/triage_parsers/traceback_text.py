"""What one line of a Python traceback can be: frame, caret, separator, exception.

The grammar is CPython's (`Lib/traceback.py`, `Python/pythonrun.c`) as 2.7 and 3.6 to 3.13 print it,
and as blogs, chats and terminals damage it: lost indentation, typographic quotes, no quotes at all
(Apache), frames and headers glued together. Functions here look at one line and keep no state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from triage.patterns import Match, compiled

HEADER_TEXT = "raceback (most recent call last)"
"""Common to `Traceback`, `Original Traceback` and `Exception Group Traceback`."""
FIRST_TEXT = "(most recent call first)"

_QUOTE = "[\"'“”«»‘’]"
FRAME = compiled(
    rf"^(?P<indent>[\s>]*)File \\?{_QUOTE}(?P<path>[^\"“”]+?)\\?{_QUOTE}, line "
    r"(?P<line>\d+|\?+)(?P<comma>,)?(?: in (?P<function>[\w.<>]+(?:\s+[\w.<>]+)?))?\s*$"
)
BARE_FRAME = compiled(
    r"^(?P<indent>\s*)File (?P<path>[/\w.~][^\"“”]*?), line (?P<line>\d+), in "
    r"(?P<function>[\w.<>]+)\s*$"
)
FRAME_HEAD = compiled(
    rf"^\s*File \\?{_QUOTE}[^\"“”]*(?:\\?{_QUOTE}(?:, ?(?:line ?(?:\d+, ?(?:in ?)?)?)?)?)?$"
)
CARET = compiled(r"^[\s|]*[~^]+[~^ ]*$")
REPEATED = compiled(r"^\s*\[Previous line repeated \d+ more times?\]$")
CHAINED = compiled(
    r"^\s*(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception):?\s*$"
)
GROUP_RULE = compiled(r"^\s*\+(?:-\+)?-+(?: (?:\d+|\.\.\.) -+)?\s*$")
GUTTER = compiled(r"^\s*[|+] ?")
FOREIGN_FRAME = compiled(r"^\s+(?:at (?:\S.*\(|\S+:\d+)|from \S+:\d+:in )")
"""A call as Java, .NET and Node.js print it, or Ruby."""
REVERSED_FRAME = compiled(r"^\s+\d+: from \S+:\d+:in ")
"""Ruby 2.5 to 2.7 put the most recent call last, as Python does."""
_NAME = r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*"
_EXCEPTION = compiled(
    rf"^(?P<name>{_NAME})(?:\((?P<cause>[\w.]+)\))?(?P<notes> \([^()]*\))?"
    r"(?:\s?: ?(?P<message>.*))?$"
)
_EXCEPTION_NAME = compiled(
    r"(?:Error|Exception|Warning|Interrupt|Exit|Group|Iteration|Timeout|Failure|Fault|Killed"
    r"|NotFound|Exists?|Denied|Expired|Refused|Lost|Mismatch|Empty|Full|Abort(?:ed)?"
    r"|Cancel(?:led)?|Unavailable|HaltServer|Err)$"
)
_LONE_NAME = compiled(
    r"^(?:[A-Za-z_]\w*\.)*_?(?:[A-Z]\w*)?(?:Error|Exception|ExceptionGroup|HaltServer)$"
)
_FOREIGN = compiled(
    r"^(?:java|javax|org|com|net|scala|sun|akka|kotlin|io)\.|^System\.|^(?:Error|Uncaught)$"
)
LEVELS = frozenset((
    "TRACE", "DEBUG", "INFO", "NOTICE", "SUCCESS", "WARN", "WARNING", "ERR", "ERROR", "CRIT",
    "CRITICAL", "FATAL", "ALERT", "EMERG", "PANIC", "SEVERE", "SYSTEM", "TRACEBACK", "NOTE",
    "HINT",
))  # fmt: skip
RECORD = compiled(
    r"^\s*(?:[\[(<]?\d{4}[-/]\d\d[-/]\d\d|[\[(]?\d\d:\d\d:\d\d|[IWEF]\d{4} \d"
    r"|[\[(]?\d\d?[/-]\d\d? \d\d:|[\[(]?"
    r"(?:TRACE|DEBUG|INFO|NOTICE|SUCCESS|WARN|WARNING|ERROR|CRIT|CRITICAL|FATAL)\b"
    r"|[A-Z][A-Z_-]{3,}: |>>>|\.\.\. |[$%] |\{|In \[\d+\]:|Epoch\b|[^|]{0,80}\b\d{1,3}%\|"
    r"|\S+@\S+[:~ ]|wandb:|Killed\b|-{8,}|={3,}|#|```|\[end of output\]"
    r"|\d{1,3}(?:\.\d{1,3}){3}\b|\S+\.py:\d+: \w*Warning\b"
    r"|slurm(?:stepd|d|ctld)\S{0,80}: |srun: |sbatch: |JobID\b|JOBID\b|</(?:code|pre)>"
    r"|[\w.-]{1,40}(?: [\w.-]{1,40})? {1,3}\[?\d{1,2}:\d\d(?: [AP]M)?\]?$|\[\d{1,2}:\d\d)"
)
"""A line that starts something new: a log record, a prompt, a progress bar, a heading, a rule, a
word of Slurm, the next person in a chat, the end of a code block."""
_LIBRARY = compiled(
    r"site-packages|dist-packages|[/\\]lib(?:64)?[/\\]python\d"
    r"|[/\\]python\d[\w.]*[/\\]lib[/\\]|python_standalone[/\\]Lib[/\\]|[/\\]bin[/\\][\w.-]+$"
    r"|[/\\]pypoetry[/\\]|^<|^\*+$|\.(?:pyx|pxi|pxd)$"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One `File "…", line N, in f`."""

    path: str
    line: int | None
    function: str | None
    indent: int = 0
    """Blanks before `File`."""
    comma: bool = True
    """False for faulthandler's `line 12 in f`."""

    @property
    def is_library(self) -> bool:
        """Installed code, as opposed to the code that the responder owns."""
        return _is_library(self.path)


@dataclass(frozen=True, slots=True)
class Raised:
    """The line that names the exception."""

    name: str
    """As written: `torch.cuda.OutOfMemoryError`."""
    message: str
    cause: str | None = None
    """Ray writes the inner class in brackets: `RayTaskError(ValueError)`."""


@lru_cache(maxsize=4096)
def _is_library(path: str) -> bool:
    return _LIBRARY.search(path) is not None


def frame_of(text: str) -> Frame | None:
    """The frame that this line is, in any quoting; `ValueError` is no frame."""
    if "File " not in text:
        return None
    found = FRAME.match(text) or BARE_FRAME.match(text)
    return None if found is None else _frame(found)


def _frame(found: Match) -> Frame:
    groups = found.groupdict()
    digits = groups["line"] or ""
    return Frame(
        path=(groups["path"] or "").strip(),
        line=int(digits[:9]) if digits.isdecimal() else None,
        function=groups["function"],
        indent=len(groups["indent"] or ""),
        comma=groups.get("comma", ",") is not None or groups["function"] is None,
    )


def raised_of(text: str, *, proven: bool = False) -> Raised | None:
    """The exception that this line names.

    `proven`: the indentation says that nothing else can stand here, so any class name will do
    (`queue.Empty`, `E: first line`); otherwise the name must look like an exception's.
    """
    found = _EXCEPTION.match(text.rstrip())
    if found is None:
        return None
    name = found.group("name") or ""
    last = name.rsplit(".", 1)[-1]
    if name in LEVELS or (name.isupper() and len(name) > len("OK")):
        return None
    likely = _EXCEPTION_NAME.search(last) is not None and last[:1] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    if not likely and not (proven and ("." in name or last[:1].isupper())):
        return None
    return Raised(name, (found.group("message") or "").strip(), found.group("cause"))


@lru_cache(maxsize=64)
def lone_exception(text: str) -> Raised | None:
    """`Name(Error|Exception): message` alone on a line, outside of any traceback.

    Java, .NET and a bare `Error:` are not Python's; pytest's `E   ` margin is.
    """
    text = text.strip()
    if text.startswith("E   "):
        text = text[1:].lstrip()
    found = _EXCEPTION.match(text)
    if found is None or found.group("message") is None:
        return None
    name = found.group("name") or ""
    if _LONE_NAME.match(name) is None or _FOREIGN.search(name) is not None:
        return None
    return Raised(name, (found.group("message") or "").strip(), found.group("cause"))


def is_ellipsis(text: str) -> bool:
    """A bare `...`: somebody left out the frames."""
    return text.strip() in {"...", "…", "[...]", "....", "<snip>", "(...)"}


def indent_of(text: str) -> int:
    """Leading blanks; a tab counts as one."""
    return len(text) - len(text.lstrip())
