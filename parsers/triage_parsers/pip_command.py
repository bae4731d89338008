"""Commands that change an environment, where somebody or something ran them.

A prompt (`root@node:/# pip install x`), a notebook (`!pip install x`, `%pip …`), a step of an
image build (`Step 3/9 : RUN pip install x`, `#8 [4/6] RUN …`), a traced script (`+ pip install x`),
or the history of an image (`/bin/sh -c pip install x`). Gives an `env.command` with `tool`, `verb`,
`packages` (names, joined by commas), `count`, `unpinned` (those without an exact version), `where`
(`prompt|notebook|build|trace|history`) and `manifest` (the file behind `-r`).

A hint in prose (`Try: pip install x`) is no command: nobody ran it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.install_command import Command, commands_in, words_of

_WHERE = (
    ("notebook", compiled(r"^\s*(?:In \[\d*\]:\s*)?[!%](?P<command>(?:pip3?|uv|conda|mamba) .+)$")),
    (
        "build",
        compiled(
            r"^\s*(?:Step \d+/\d+ : |(?:#\d+ |=> )\[[^\]]*\d+/\d+\] )(?:RUN|run) (?P<command>.+?)"
            r"(?:\s+\d+\.\d+s)?\s*$"
        ),
    ),
    ("trace", compiled(r"^\s*\++ (?P<command>\S.+)$")),
    (
        "history",
        compiled(r"^\s*(?:<missing>|[0-9a-f]{12}) .{0,60}?/bin/(?:ba)?sh -c (?P<command>.+?)\s*$"),
    ),
    (
        "prompt",
        compiled(
            r"^\s*(?:\([\w./-]+\) ?)?(?:PS [^>]{0,200}>|[A-Za-z]:[^>]{0,200}>|"
            r"[^\s$#%>]{0,80}[@:~][^$#%>]{0,120}[$#%>]|[$#%>])\s*(?P<command>\S.+)$"
        ),
    ),
)
_SIZE = compiled(r"\s+[\d.]+ ?[kKMG]?B(?:\s.*)?$")
LOOSE = frozenset({"none", "range", "compatible", "wildcard", "vcs_none", "vcs_branch"})
MAX_LENGTH = 4_000
MAX_NAMES = 40
MAX_CONTINUED = 100


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a command; a trailing backslash goes on with the next line."""
    del context
    done = -1
    for hit in hits:
        if hit <= done:
            continue
        where, text = _place(lines[hit].body[:MAX_LENGTH])
        if where is None:
            continue
        end = hit
        pieces = [text]
        while pieces[-1].rstrip().endswith("\\") and end + 1 < len(lines):
            if end - hit >= MAX_CONTINUED:
                break
            end += 1
            pieces.append(lines[end].body.strip())
        whole = " ".join(piece.rstrip().removesuffix("\\") for piece in pieces)
        words = list(words_of(whole, hit))
        for command in commands_in(words, {}):
            yield make_event(
                "env.command", lines[hit : end + 1], {**_fields(command), "where": where}
            )
            done = end


def _place(body: str) -> tuple[str | None, str]:
    for where, pattern in _WHERE:
        found = pattern.match(body)
        if found is not None:
            text = found.group("command") or ""
            return where, _SIZE.sub("", text) if where == "history" else text
    return None, ""


def _fields(command: Command) -> Fields:
    asked = [fields for _, fields in command.packages]
    names = [str(fields.get("package") or fields.get("name_raw")) for fields in asked]
    options = {str(told["option"]): told["value"] for _, told in command.options}
    loose = sum(fields.get("pin") in LOOSE for fields in asked)
    return {
        "tool": command.tool,
        "verb": command.verb,
        "packages": ",".join(names[:MAX_NAMES]) or None,
        "package": names[0] if len(names) == 1 else None,
        "count": len(names),
        "unpinned": loose if command.verb != "uninstall" else None,
        "manifest": options.get("--requirement"),
        "upgrade": True if "--upgrade" in options else None,
        "index": options.get("--extra-index-url") or options.get("--index-url"),
    }


SAMPLES = (
    Sample(
        "root@gpu-3:/srv# pip install -U 'torch>=2.1' numpy==1.26.0",
        kind="env.command",
        fields={"packages": "torch,numpy", "count": 2, "unpinned": 1, "where": "prompt"},
        count=1,
    ),
    Sample(
        "#11 [5/8] RUN pip3 install --no-cache-dir -r requirements.txt",
        kind="env.command",
        fields={"tool": "pip", "manifest": "requirements.txt", "where": "build", "count": 0},
    ),
    Sample(
        "!pip install -q git+https://github.com/example-org/layers.git",
        kind="env.command",
        fields={"package": "layers", "where": "notebook", "unpinned": 1},
    ),
    Sample(
        "<missing>      3 weeks ago   /bin/sh -c pip install numpy scipy==1.11.0   212MB",
        kind="env.command",
        fields={"packages": "numpy,scipy", "where": "history"},
    ),
    Sample("Try: `pip install transformers -U` if you are working with main", kind=None),
    Sample("Please run pip install numpy==1.26 and start again", kind=None),
    Sample("$ pip install --help", kind="env.command", fields={"count": 0}),
    Sample('process "/bin/sh -c pip install x" did not complete successfully: 1', kind=None),
)

PARSER = Parser(
    name="pip_command",
    family="python_env",
    literals=(
        "pip install", "pip3 install", "pip uninstall", "uv add ", "poetry add ", "conda install",
        "mamba install", "conda env create", "uv sync",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.command",),
    after=MAX_CONTINUED,
    claims=False,
)  # fmt: skip
