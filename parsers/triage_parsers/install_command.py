"""What a shell command installs: `pip install …`, `uv add …`, `conda install …`.

A command is given as words with the place of each, since a Dockerfile spreads one over many lines.
The words are read as the shell reads them: `numpy>=1.2` without quotes is `numpy` and a redirection
to a file named `=1.2`, a mistake that leaves the package without a version. `${NAME}` stands for
what the file says of it, else the version is unknown (`pin` is `variable`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from triage.entities import package_name
from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.conda_spec import conda_item
from triage_parsers.requirement import masked, read_requirement

_WORD = compiled(
    r"\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"';&|]+)|(?P<end>[;&|]+)"
)
_PIP = compiled(r"^(?:\S*/)?(?:pip|pip[23]|pip3\.\d+)$")
_PYTHON = compiled(r"^(?:\S*/)?python(?:\d(?:\.\d+)?)?(?:\.exe)?$")
_BEFORE = compiled(r"^(?:sudo|env|time|exec|nohup|yes|set|-\w+|[A-Za-z_]\w*=\S*|\|\|?|&&?)$")
_REDIRECT = compiled(r"[<>]")
_VARIABLE = compiled(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<plain>\w+))")
_NAME_OF = compiled(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
VERBS = {
    "pip": {"install": "install", "uninstall": "uninstall", "download": "download"},
    "uv": {"add": "install", "remove": "uninstall", "sync": "sync"},
    "poetry": {"add": "install", "remove": "uninstall", "install": "sync"},
    "pipenv": {"install": "install", "uninstall": "uninstall", "sync": "sync"},
    "pdm": {"add": "install", "remove": "uninstall", "install": "sync", "sync": "sync"},
    "conda": {"install": "install", "create": "install", "update": "update", "remove": "uninstall"},
}
SAME_TOOL = {"mamba": "conda", "micromamba": "conda"}
LONG = {
    "-r": "--requirement", "-c": "--constraint", "-i": "--index-url", "-f": "--find-links",
    "-e": "--editable", "-U": "--upgrade",
}  # fmt: skip
TOLD = frozenset(
    {
        "--requirement", "--constraint", "--index-url", "--extra-index-url", "--find-links",
        "--trusted-host", "--pre", "--require-hashes", "--no-deps", "--no-index", "--upgrade",
    }
)  # fmt: skip
"""Options that say where packages come from or how firmly they are held."""
VALUED = frozenset(
    {
        "--requirement", "--constraint", "--index-url", "--extra-index-url", "--find-links",
        "--trusted-host", "--editable", "--target", "-t", "--prefix", "--root", "--platform",
        "--python-version", "--implementation", "--abi", "--no-binary", "--only-binary",
        "--timeout", "--default-timeout", "--retries", "--cache-dir", "--progress-bar",
        "--upgrade-strategy", "--src", "--log", "--proxy", "--cert", "--client-cert",
        "--exists-action", "--python", "-p", "--use-feature", "--config-settings", "-C",
        "--global-option", "--report", "--group", "--extra", "--index", "--root-user-action",
    }
)  # fmt: skip
CONDA_VALUED = frozenset({"-n", "--name", "-p", "--prefix", "-c", "--channel", "--file", "-f"})
ITSELF = frozenset({"", "\\", ".", "./"})
"""`pip install .` installs the project that the file belongs to: no dependency."""
MAX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command and the line that it stands on."""

    text: str
    line: int
    quoted: bool = False
    ends: bool = False
    """`;`, `&&` or `|`: the command ends here."""


@dataclass(slots=True)
class Command:
    """One command that changes an environment."""

    tool: str
    verb: str
    first: int
    last: int
    packages: list[tuple[int, Fields]] = field(default_factory=list)
    options: list[tuple[int, Fields]] = field(default_factory=list)


def words_of(text: str, line: int) -> Iterator[Word]:
    """The words of one line; a `#` before a word starts a comment."""
    last = 0
    for found in _WORD.finditer(text):
        touches = found.start() == last and last > 0
        last = found.end()
        if found.group("end") is not None:
            yield Word(found.group("end") or "", line, ends=True)
            continue
        bare = found.group("bare")
        if bare is not None and bare.startswith("#") and not touches:
            return
        inner = found.group("double") or found.group("single") or bare or ""
        yield Word(inner, line, quoted=bare is None)


def commands_in(words: Sequence[Word], variables: Mapping[str, str]) -> Iterator[Command]:
    """The commands that install or remove something, in order."""
    part: list[Word] = []
    for word in (*words[:MAX_WORDS], Word(";", 0, ends=True)):
        if not word.ends:
            part.append(word)
            continue
        command = _command(part, variables)
        if command is not None:
            yield command
        part = []


def _command(words: Sequence[Word], variables: Mapping[str, str]) -> Command | None:
    head = _head(words)
    if head is None:
        return None
    tool, verb, start = head
    command = Command(tool, verb, words[0].line, words[-1].line)
    rest = [Word(filled(w.text, variables), w.line, w.quoted) for w in words[start:]]
    if tool == "conda":
        _read_conda(command, rest)
    else:
        _read_pip(command, rest)
    return command


def _head(words: Sequence[Word]) -> tuple[str, str, int] | None:
    """Tool, verb and where its arguments start, past `sudo`, `FOO=1` and the like."""
    for index, word in enumerate(words[:8]):
        name = word.text.rpartition("/")[2]
        following = [after.text for after in words[index + 1 : index + 4]]
        if _PIP.match(word.text) is not None:
            tool, at = "pip", index + 1
        elif _PYTHON.match(word.text) is not None and following[:2] == ["-m", "pip"]:
            tool, at = "pip", index + 3
        elif name == "uv" and following[:1] == ["pip"]:
            tool, at = "pip", index + 2
        elif SAME_TOOL.get(name, name) in VERBS:
            tool, at = SAME_TOOL.get(name, name), index + 1
        elif _BEFORE.match(word.text) is not None:
            continue
        else:
            return None
        if tool == "conda" and following[:1] == ["env"]:
            at += 1
        while at < len(words) and words[at].text.startswith("-"):
            at += 1
        verb = VERBS[tool].get(words[at].text) if at < len(words) else None
        return None if verb is None else (tool, verb, at + 1)
    return None


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables; those that nobody set stay."""
    pieces: list[str] = []
    done = 0
    for found in _VARIABLE.finditer(text) if "$" in text else ():
        name = found.group("braced") or found.group("plain") or ""
        value = variables.get(name, found.group("default"))
        pieces += [text[done : found.start()], (found.group() or "") if value is None else value]
        done = found.end()
    return "".join([*pieces, text[done:]])


def _read_pip(command: Command, words: Sequence[Word]) -> None:
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        text = word.text
        if not word.quoted and _REDIRECT.match(text) is not None:
            index += text in {">", ">>", "<"}
            continue
        if text.startswith("-"):
            name, sign, value = text.partition("=")
            name = LONG.get(name, name)
            if not sign and name in VALUED and index < len(words):
                value, index = words[index].text, index + 1
            if name == "--editable":
                _add(command, Word(f"-e {value}", word.line, quoted=True))
            elif name in TOLD:
                command.options.append((word.line, {"option": name, "value": masked(value)}))
            continue
        _add(command, word)


def _add(command: Command, word: Word) -> None:
    text = word.text
    redirect = None if word.quoted else _REDIRECT.search(text)
    if redirect is not None:
        text = text[: redirect.start()]
    if text in ITSELF:
        return
    if "$" in text and "://" not in text:
        fields = _unknown(text)
    else:
        wanted = read_requirement(text)
        fields = dict(wanted.fields) if wanted is not None else None
    if fields is None:
        return
    if redirect is not None:
        fields["redirected"] = True
    command.packages.append((word.line, fields))


def _unknown(text: str) -> Fields | None:
    found = _NAME_OF.match(text)
    if found is None:
        return None
    raw = (found.group() or "").rstrip("-_.")
    return {"package": package_name(raw), "name_raw": raw, "pin": "variable"}


def _read_conda(command: Command, words: Sequence[Word]) -> None:
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.text.startswith("-"):
            name, sign, value = word.text.partition("=")
            if not sign and name in CONDA_VALUED and index < len(words):
                value, index = words[index].text, index + 1
            if name in {"-c", "--channel"}:
                channel: Fields = {"option": "--channel", "value": masked(value)}
                command.options.append((word.line, channel))
            continue
        redirect = None if word.quoted else _REDIRECT.search(word.text)
        text = word.text[: redirect.start()] if redirect is not None else word.text
        fields = conda_item(text) if text else None
        if fields is not None:
            if redirect is not None:
                fields["redirected"] = True
            command.packages.append((word.line, fields))
