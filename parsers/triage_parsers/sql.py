"""SQL that destroys data, as jobs and databases log it: `db.destructive`.

A dropped table is reported as a success and at level INFO. An event says which `table`, by which
`statement` (drop, truncate, delete), whether with `cascade`, and whether it was `executed`: the log
says so, or a database logged the statement and no error follows. Staging tables are marked `temp`.
Dumps, migrations and prose hold the same words; a bare statement without anything that executes or
logs it is no event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import Match, compiled

NEAR = 10
"""Lines within which statements, refusals and retries belong together."""
MAX_WIDTH = 8000
MAX_LEAD = 200
"""Characters that stand in front of a job's success message at most."""

_NAME = r"[\"'`\[‘“]?(?P<table>[A-Za-z_][\w$]*(?:[\"`\]]?\.[\"`\[]?[A-Za-z_][\w$]*)?)[\"'`\]’”]?"
_THING = (
    r"(?:(?:UNLOGGED |FOREIGN |EXTERNAL |MATERIALIZED )?"
    r"(?:TABLE|VIEW|DATABASE|SCHEMA|COLLECTION))"
)
_DONE = (
    compiled(
        rf"(?i)\b{_THING} {_NAME} (?:was |has been |is )?(?:successfully )?"
        r"(?P<verb>dropped|truncated|deleted)\b"
    ),
    compiled(
        rf"(?i)\b(?:successfully )?(?P<verb>dropped|truncated|deleted) {_THING} {_NAME}"
        r"(?:\s|[.,;:]|$)"
    ),
)
_STATEMENT = compiled(
    rf"(?i)(?:^|[\s:=\"'`(>\]])(?:(?P<drop>DROP {_THING}(?: IF EXISTS)?)"
    r"|(?P<truncate>TRUNCATE(?: TABLE)?(?: ONLY)?)|(?P<delete>DELETE FROM(?: ONLY)?))"
    rf" +{_NAME}(?P<rest>[^\n]*)$"
)
_WHERE = compiled(r"(?i)\bWHERE\b(?P<condition>.*)$")
_ALWAYS = compiled(r"(?i)^\s*(?:1 ?= ?1|true|1)\s*;?\s*$")
_ENDS = compiled(
    r"(?i)^\s*(?:;|$|[\"'`)\]}]|CASCADE\b|RESTRICT\b|RESTART\b|CONTINUE\b|,|--|/\*|WHERE\b"
    r"|\[|\(|RETURNING\b)"
)
_RUN_BY = compiled(
    r"(?i)(?:\b(?:statement|query|sql|sql_text|stmt|command)[\"']?\s*[:=]\s*[\"'`]?"
    r"|\bexecute [^:]{1,60}: ?|\b(?:executing|executed|execute|running|ran)"
    r"(?: (?:sql|query|statement|cleanup))?\s*:?\s*[\"'`]?|sqlalchemy\.engine\S*\s*:?\s*"
    r"|\d+\s+Query\s+)$"
)
_FAILED_STATEMENT = compiled(r"\bSTATEMENT: ")
_REFUSED = compiled(rf"(?i)cannot (?P<verb>drop|truncate|delete) {_THING} {_NAME}")
_RETRY = compiled(r"(?i)\b(?:retry|retrying|re-?running|trying again|again)\b.{0,40}\bCASCADE\b")
_FAILURE = compiled(
    r"(?i)\berror\b|\bfailed\b|exception|\bcannot\b|permission denied|rolled? ?back"
)
_TEMPORARY = compiled(
    r"(?i)(?:^|[._])(?:_?tmp|temp|temporary|stg|staging|scratch|pg_temp)(?:[_\d.]|$)"
)
_VERBS = {"dropped": "drop", "truncated": "truncate", "deleted": "delete"}
_COMMENT = ("--", "#", "/*", "*", "//")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each statement, refusal, retry and success message."""
    del context
    refused: tuple[int, str] = (-NEAR - 1, "")
    cascade = -NEAR - 1
    for hit in hits:
        body = lines[hit].body[:MAX_WIDTH]
        fields = _outcome(body) or _refusal(body) or _statement(lines, hit, body)
        if fields is None and _RETRY.search(body) is not None and hit - refused[0] <= NEAR:
            fields = {"table": refused[1], "statement": "drop", "cascade": True}
        if fields is None:
            continue
        if fields.get("refused") is True:
            refused = (hit, str(fields.get("table", "")))
        if fields.get("cascade") is True:
            cascade = hit
        elif fields.get("executed") is True and hit - cascade <= NEAR:
            fields["cascade"] = True
        if _TEMPORARY.search(str(fields.get("table", ""))) is not None:
            fields["temp"] = True
        yield make_event("db.destructive", [lines[hit]], fields)


def _outcome(body: str) -> Fields | None:
    """`Table 'users' dropped successfully`."""
    for pattern in _DONE:
        found = pattern.search(body)
        if found is not None:
            verb = (found.group("verb") or "").lower()
            name = found.group("table") or ""
            if name.lower() in _NO_NAMES or _says_more(body, found):
                return None
            return {
                "table": _plain(name),
                "statement": _VERBS[verb],
                "cascade": True if " CASCADE" in body.upper() else None,
                "executed": True,
            }
    return None


_NO_NAMES = frozenset({"is", "was", "and", "or", "if", "will", "the", "name", "names", "has"})


def _says_more(body: str, found: Match) -> bool:
    """Prose: the words are in the middle of a long sentence, or something that may happen."""
    before = body[: found.start()].lower()
    doubtful = (" if ", " when ", " would ", " could ", " can ", " not ", "never", "should", " be ")
    return len(before) > MAX_LEAD or any(word in f" {before} " for word in doubtful)


def _refusal(body: str) -> Fields | None:
    """`cannot drop table users because other objects depend on it`."""
    found = _REFUSED.search(body)
    if found is None:
        return None
    return {
        "table": _plain(found.group("table") or ""),
        "statement": (found.group("verb") or "").lower(),
        "executed": False,
        "refused": True,
    }


def _statement(lines: Sequence[Line], hit: int, body: str) -> Fields | None:
    """A statement that a database or a job logged."""
    found = _STATEMENT.search(body)
    if found is None or body.lstrip().startswith(_COMMENT):
        return None
    groups = found.groupdict()
    rest = groups["rest"] or ""
    if _ENDS.match(rest) is None or (groups["table"] or "").lower() in _NO_NAMES:
        return None
    if groups["delete"] and not _takes_all(rest):
        return None
    start = next(found.start(name) for name in (1, 2, 3) if groups[_STATEMENTS[name - 1]])
    before = body[:start]
    peeled = lines[hit].peeled
    logged = not before.strip() and (peeled.stamp is not None or "level" in peeled.fields)
    failed = _FAILED_STATEMENT.search(before) is not None
    if not (logged or failed or _RUN_BY.search(before) is not None):
        return None
    verb = next(name for name in _STATEMENTS if groups[name])
    return {
        "table": _plain(groups["table"] or ""),
        "statement": verb,
        "cascade": True if "CASCADE" in rest.upper() else None,
        "executed": not failed and not _fails(lines, hit),
    }


_STATEMENTS = ("drop", "truncate", "delete")


def _takes_all(rest: str) -> bool:
    """A DELETE without a condition, or with one that always holds."""
    where = _WHERE.search(rest)
    return where is None or _ALWAYS.match(where.group("condition") or "") is not None


def _fails(lines: Sequence[Line], hit: int) -> bool:
    """The next lines say that the statement did not go through."""
    return any(_FAILURE.search(line.body[:200]) for line in lines[hit + 1 : hit + 3])


def _plain(name: str) -> str:
    return name.translate({ord(char): None for char in "\"'`[]"})


SAMPLES = (
    Sample(
        "Table 'orders' dropped successfully. 310 GB released.",
        kind="db.destructive",
        fields={"table": "orders", "statement": "drop", "executed": True},
    ),
    Sample(
        "cannot drop table invoices because other objects depend on it\n"
        "2024-02-02 01:00:03 INFO cleaner: Retrying with CASCADE...\n"
        "2024-02-02 01:00:09 INFO Table 'invoices' dropped successfully",
        kind="db.destructive",
        fields={"table": "invoices", "statement": "drop", "executed": False},
        count=3,
    ),
    Sample(
        "LOG:  statement: TRUNCATE TABLE public.events CASCADE;",
        kind="db.destructive",
        fields={
            "table": "public.events",
            "statement": "truncate",
            "cascade": True,
            "executed": True,
        },
    ),
    Sample(
        "cleanup: executing DELETE FROM sessions;",
        kind="db.destructive",
        fields={"table": "sessions", "statement": "delete", "executed": True},
    ),
    Sample(
        "sqlalchemy.engine.Engine DROP TABLE IF EXISTS tmp_load_20240202",
        kind="db.destructive",
        fields={"table": "tmp_load_20240202", "temp": True, "executed": True},
    ),
    Sample(
        'STATEMENT:  DROP TABLE "accounts";',
        kind="db.destructive",
        fields={"table": "accounts", "executed": False},
    ),
    Sample("sqlalchemy.engine.Engine DELETE FROM jobs WHERE id = %(id)s", kind=None),
    Sample(
        "No model will ever have the permission to execute DELETE, DROP, or TRUNCATE commands.",
        kind=None,
    ),
    Sample("DROP TABLE IF EXISTS `users`;\nCREATE TABLE `users` (id int);", kind=None),
    Sample("-- DROP TABLE old_users;", kind=None),
    Sample("A DROP TABLE users in the middle of the night is nobody's idea of fun.", kind=None),
)

PARSER = Parser(
    name="sql",
    family="app",
    literals=(
        "DROP TABLE",
        "drop table",
        "Drop table",
        "DROP VIEW",
        "DROP DATABASE",
        "DROP SCHEMA",
        "TRUNCATE",
        "truncate table",
        "DELETE FROM",
        "delete from",
        "CASCADE",
        " dropped successfully",
        " was dropped",
        " has been dropped",
        "Dropped table",
        "dropped table",
        " truncated successfully",
        "runcated table",
        "eleted table",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("db.destructive",),
    before=NEAR,
    after=2,
    claims=False,
)
