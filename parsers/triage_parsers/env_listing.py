"""What all lists of Python packages have in common: their kinds, their fields, their names.

Every form (pip freeze, requirements, pip list, conda, lock files, collect_env) yields one
`env.listing` a list and one `env.package` a package, with the same fields:

- `env.listing`: `env`, `form` (`freeze|requirements|constraints|conda|list|lock|json|manifest|
  dockerfile|tree|report|metadata|show`), `packages`, and where known `python`, `hashed` (how many
  packages are fixed by a hash), `filtered` (it shows a part: what is missing may be installed all
  the same), and from its options `index`, `extra_index`, `find_links`, `includes`, `constraints`,
  `pre` and `require_hashes`;
- `env.package`: `env`, `form`, `package` (PEP 503), `name_raw`, `version`, `pin` and what
  `triage_parsers.requirement` reads of one line; in manifests the `group` that asks for it.

`env` names the environment: the words of the path that carry meaning (`production/pip-freeze.txt`,
`requirements-train.txt`, `Dockerfile.train`), else a word beside the list, else the file name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from triage.events import Event, Fields, Line, make_event
from triage.patterns import compiled

KINDS = ("env.listing", "env.package")

_WORDS = compiled(r"[A-Za-z0-9]+")
HASHABLE = frozenset({"requirements", "freeze", "lock"})
"""Forms that can say a package's hash."""
GENERIC = frozenset(
    {
        "requirements", "requirement", "reqs", "req", "pip", "pip2", "pip3", "freeze", "frozen",
        "list", "constraints", "constraint", "packages", "package", "installed", "environment",
        "environments", "env", "envs", "venv", "conda", "collect", "uv", "poetry", "pylock",
        "pipfile", "lock", "locked", "inspect", "versions", "version", "deps", "dependencies",
        "sample", "txt", "python", "explicit", "export", "output", "out", "yml", "yaml", "json",
        "toml", "in", "pdm", "compile", "compiled", "hashes", "dockerfile", "containerfile",
        "pyproject", "pixi", "setup", "metadata", "pkg", "info", "tree", "pipdeptree", "show",
        "install", "outdated", "mlmodel",
    }
)  # fmt: skip
"""Words of file names that say what a file is and not whose it is."""
NEUTRAL = frozenset(
    {
        "", ".", "..", "logs", "log", "etc", "tmp", "files", "file", "artifacts", "artifact",
        "bundle", "home", "root", "app", "opt", "srv", "var", "data", "src", "work", "docs",
    }
)  # fmt: skip
"""Folders that name no environment."""
_RECIPE = compiled(r"(?i)^(?:dockerfile|containerfile)\.")
_INTERPRETER = compiled(r"/(?:lib(?:64)?/python[\d.]*/)?(?:site|dist)-packages/.*$")
MAX_PARENTS = 3

_ROLE = compiled(
    r"(?i)\b(production|prod|training|train|serving|inference|staging|development|dev|local|laptop)\b"
)
_PHASE = compiled(r"(?i)\b(before|after|baseline|test|old|new)\b")
_MARKUP = "#*>=-/ "
ROLES = {"prod": "production", "train": "training", "dev": "development"}
MAX_LABEL = 200
"""A longer line is prose about something, not the label of a list."""


def words_of(name: str) -> list[str]:
    """Words of a file or folder name, without those that only say `this is a package list`."""
    found = [(match.group() or "").lower() for match in _WORDS.finditer(name)]
    return [word for word in found if word not in GENERIC]


def environment_of(source: str) -> tuple[str, bool]:
    """Name of the environment that a path speaks of, and whether it truly says so."""
    parts = _INTERPRETER.sub("/packages", f"/{source}").replace("!", "/")[1:].split("/")
    parts[-1] = _RECIPE.sub("", parts[-1]) + ".x" if _RECIPE.match(parts[-1]) else parts[-1]
    stem = parts[-1].rsplit(".", 1)[0] if "." in parts[-1].lstrip(".") else parts[-1]
    words = words_of(stem)
    if words:
        return "-".join(words), True
    for folder in parts[-2 : -2 - MAX_PARENTS : -1]:
        if words_of(folder) and folder.lower() not in NEUTRAL:
            return folder, True
    return parts[-1] or source, False


def is_list_name(source: str) -> bool:
    """Whether the file's own name says that it is a list, whatever it is a list of."""
    stem = source.replace("!", "/").rpartition("/")[2].rpartition(".")[0]
    return any((match.group() or "").lower() in GENERIC for match in _WORDS.finditer(stem))


def role_in(text: str) -> str | None:
    """The word by which a label names a role: `# Production check` says `production`.

    A label is a comment, a heading, a prompt, or a line that ends in a colon; phases (`before`,
    `after`) are common words, so they count only in comments and headings, or first in the line.
    """
    text = text.strip()
    plain = text.lstrip(_MARKUP)
    is_marked = plain != text or "$ " in text[:40]
    if len(text) > MAX_LABEL or not (is_marked or text.rstrip("*").endswith(":")):
        return None
    found = _ROLE.search(plain) or (_PHASE.search(plain) if is_marked else _PHASE.match(plain))
    if found is None:
        return None
    word = (found.group(1) or "").lower()
    return ROLES.get(word, word)


@dataclass(slots=True)
class Entry:
    """One package of a list with its lines."""

    first: int
    last: int
    fields: Fields
    kind: str = "env.package"


def listing_events(
    lines: Sequence[Line],
    entries: Sequence[Entry],
    env: str,
    form: str,
    extra: Fields | None = None,
    *,
    span: tuple[int, int] | None = None,
) -> Iterator[Event]:
    """The block event and its packages, in the order of the lines.

    `span`: first line and line behind the last one, where more than the packages is the list's: its
    head, its comments.
    """
    if not entries:
        return
    shared: Fields = {"env": env, "form": form}
    own = [entry.fields for entry in entries if entry.kind == "env.package"]
    told: Fields = {**shared, **(extra or {}), "packages": len(own)}
    if form in HASHABLE:
        hashed = (fields.get("hashes") or fields.get("hash_kind") for fields in own)
        told["hashed"] = sum(map(bool, hashed))
    told.update(_sources(entry.fields for entry in entries if entry.kind == "env.option"))
    first, end = span or (entries[0].first, max(entry.last for entry in entries) + 1)
    yield make_event("env.listing", lines[first:end], told)
    for entry in entries:
        here = lines[entry.first : entry.last + 1]
        yield make_event(entry.kind, here, {**entry.fields, **shared})


def _sources(options: Iterable[Fields]) -> Fields:
    """Where a list says that its packages come from, and which other lists it takes in."""
    values: dict[str, list[str]] = {}
    for option in options:
        values.setdefault(str(option.get("option")), []).append(str(option.get("value") or ""))
    fields: Fields = {
        "index": " ".join(values.get("--index-url", ())) or None,
        "extra_index": " ".join(values.get("--extra-index-url", ())) or None,
        "find_links": " ".join(values.get("--find-links", ())) or None,
        "includes": " ".join(values.get("--requirement", ())) or None,
        "constraints": " ".join(values.get("--constraint", ())) or None,
        "pre": True if "--pre" in values else None,
        "require_hashes": True if "--require-hashes" in values else None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def all_of(lines: Sequence[Line]) -> tuple[int, int]:
    """The span of a file that is nothing but a list: from its first to its last line with text."""
    first, end = 0, len(lines)
    while first < end and not lines[first].text.strip():
        first += 1
    while end > first and not lines[end - 1].text.strip():
        end -= 1
    return first, end
