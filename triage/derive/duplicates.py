"""What one list of packages says twice: `env.duplicate`.

Only lists that people or pip write as requirements count (`freeze`, `requirements`): a conda list
or collect_env names a package once for conda and once for pip by rights. A requirement with a
marker is for another platform. Fields: `package`, `env`, `version`, `other_version`, `differs` (the
two entries do not ask for the same), `other_source`, `other_line`; the event stands at the later
entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from triage.events import Event, Fields

FORMS = frozenset({"freeze", "requirements"})
ASKED = ("version", "specifier", "url", "vcs_ref", "path")
"""Fields that say what is asked for."""


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """One event for each entry that repeats an earlier one of the same list."""
    first: dict[tuple[str, str, str], Event] = {}
    for event in events:
        fields = event.fields
        package = fields.get("package")
        if event.kind != "env.package" or not isinstance(package, str):
            continue
        if fields.get("form") not in FORMS or fields.get("marker") is not None:
            continue
        key = (event.source, str(fields.get("env", "")), package)
        before = first.setdefault(key, event)
        if before is not event:
            yield _duplicate(before, event)


def _duplicate(before: Event, event: Event) -> Event:
    fields: Fields = {
        "package": event.fields["package"],
        "env": event.fields.get("env"),
        "version": event.fields.get("version"),
        "other_version": before.fields.get("version"),
        "differs": any(event.fields.get(name) != before.fields.get(name) for name in ASKED),
        "other_source": before.source,
        "other_line": before.line,
    }
    present: Fields = {name: value for name, value in fields.items() if value is not None}
    return replace(event, kind="env.duplicate", fields=present, family="python_env")
