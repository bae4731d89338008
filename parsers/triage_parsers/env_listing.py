"""What all lists of Python packages have in common: their kinds, their fields, their names.

Every form (pip freeze, requirements, pip list, conda, lock files, collect_env) yields one
`env.listing` a list and one `env.package` a package, with the same fields:

- `env.listing`: `env`, `form` (`freeze|requirements|conda|list|lock|json`), `packages`, and where
  known `python` and `filtered` (a pipe cut the list: what is missing may still be installed);
- `env.package`: `env`, `form`, `package` (PEP 503), `name_raw`, `version`, `pin` and what
  `triage_parsers.requirement` reads of one line.

`env` names the environment: the words of the path that carry meaning (`production/pip-freeze.txt`,
`requirements-train.txt`), else a word beside the list, else the file name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.events import Event, Fields, Line, make_event
from triage.patterns import compiled

KINDS = ("env.listing", "env.package")

_WORDS = compiled(r"[A-Za-z0-9]+")
GENERIC = frozenset(
    {
        "requirements", "requirement", "reqs", "req", "pip", "pip2", "pip3", "freeze", "frozen",
        "list", "constraints", "constraint", "packages", "package", "installed", "environment",
        "environments", "env", "envs", "venv", "conda", "collect", "uv", "poetry", "pylock",
        "pipfile", "lock", "locked", "inspect", "versions", "version", "deps", "dependencies",
        "sample", "txt", "python", "explicit", "export", "output", "out", "yml", "yaml", "json",
        "toml", "in", "pdm", "compile", "compiled", "hashes",
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
    parts = source.replace("!", "/").split("/")
    stem = parts[-1].rsplit(".", 1)[0] if "." in parts[-1].lstrip(".") else parts[-1]
    words = words_of(stem)
    if words:
        return "-".join(words), True
    for folder in parts[-2 : -2 - MAX_PARENTS : -1]:
        if words_of(folder) and folder.lower() not in NEUTRAL:
            return folder, True
    return parts[-1] or source, False


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
) -> Iterator[Event]:
    """The block event and its packages, in the order of the lines."""
    if not entries:
        return
    shared: Fields = {"env": env, "form": form}
    count = sum(entry.kind == "env.package" for entry in entries)
    block = lines[entries[0].first : entries[-1].last + 1]
    yield make_event("env.listing", block, {**shared, **(extra or {}), "packages": count})
    for entry in entries:
        here = lines[entry.first : entry.last + 1]
        yield make_event(entry.kind, here, {**entry.fields, **shared})
