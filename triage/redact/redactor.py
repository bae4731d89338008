"""Puts the finders together: text in, text that may be shown out; counts what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

from triage.answer import Answer
from triage.redact import addresses, domains, people, things
from triage.redact.known import HOST_FIELDS, USER_FIELDS, Known, is_host
from triage.redact.pseudonyms import FORMS, KINDS, Pseudonyms
from triage.redact.spans import Span, replaced, settled
from triage.secrets import MASK, mask, mask_value

Level = Literal["none", "secrets", "share"]
PLACES, SECRETS = ("place", "places"), ("secret", "secrets")
LEVELS: tuple[Level, ...] = get_args(Level)

MOST_PASSES = 5
NOT_LOOKED_FOR = (
    "names of people in prose, namespaces, workloads, jobs, models, tables and buckets, other "
    "folders than homes, ids without a meaning outside (pod uids, boot ids, digests)"
)
_OWN_KEYS = frozenset(
    (
        "schema", "tool", "id", "severity", "role", "status", "root_cause", "playbook", "explain",
        "parser", "parsers", "encoding", "time", "time_quality", "first", "last", "first_seen",
        "last_seen", "sha256", "kind", "family", "ts", "ts_quality",
    )
)  # fmt: skip
"""Keys of our documents whose text is ours or a time, never the bundle's."""


class Redactor:
    """One for all texts of a document, so that a name is the same everywhere."""

    def __init__(
        self, level: Level, known: Known | None = None, pseudonyms: Pseudonyms | None = None
    ) -> None:
        self.level = level
        self.pseudonyms = pseudonyms or Pseudonyms()
        self.masked = 0
        """Credentials that are masked in what was shown, some of them since they were read."""
        self.places: Counter[str] = Counter()
        """Places that got a pseudonym, by kind."""
        self._given: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._hosts: set[str] = set()
        self._pods: set[str] = set()
        self._users: set[str] = set()
        self._serials: set[str] = set()
        self._names: things.Names | None = None
        self.know(known or Known())

    def know(self, known: Known) -> None:
        """Names from elsewhere."""
        self._hosts |= {host.lower() for host in known.hosts}
        self._hosts |= {host.partition(".")[0].lower() for host in known.hosts if "." in host}
        self._pods |= known.pods
        self._users |= {user for user in known.users if user.lower() not in people.EVERYWHERE}
        self.pseudonyms.reserve(self._hosts)
        self._names = None

    def learn(self, text: str) -> None:
        """Take note of names that the text tells by their place, for texts that only mention."""
        if self.level != "share":
            return
        users = {span.name for span in people.users(text, ())}
        serials = {span.name for span in things.hardware(text) if span.kind == "serial"}
        if not (users <= self._users and serials <= self._serials):
            self._users |= users
            self._serials |= serials
            self._names = None

    def text(self, text: str) -> str:
        """The text as it may be shown."""
        if self.level == "none":
            return text
        shown = mask(text)
        self.masked += shown.count(MASK)
        return self._shared(shown) if self.level == "share" else shown

    def value(self, key: str, value: str) -> str:
        """A field's value: where the field says that it is a machine or a user, it is one."""
        if self.level == "none":
            return value
        if self.level == "share" and key in HOST_FIELDS and is_host(value) and "." not in value:
            return self._given_name(Span(0, len(value), "host", value.lower()))
        if self.level == "share" and key in USER_FIELDS and value.lower() not in people.EVERYWHERE:
            return self._given_name(Span(0, len(value), "user", value))
        return self.text(mask_value(key, value))

    def answer(self, answer: Answer) -> Answer:
        """The answer as it may be shown; the diagnosis in it stays what it is."""
        if self.level == "none":
            return answer
        whole = msgspec.to_builtins(answer)
        self.know(Known.of_answer(answer))
        return msgspec.convert(self.document(whole), Answer)

    def document(self, value: object) -> object:
        """Any JSON value with its texts as they may be shown. Keys stay."""
        self._learn(value)
        return self._walk("", value)

    def footer(self) -> list[str]:
        """What was replaced, and what nobody looked for; one sentence each."""
        if self.level == "none":
            return ["Nothing was redacted."]
        parts = [f"{_number(self.masked, SECRETS)} masked"]
        if self.level == "share":
            parts += [
                f"{_number(len(given), KINDS[kind])} in {_number(self.places[kind], PLACES)}"
                for kind, given in self._given.items()
                if given
            ]
        kept = "names, addresses and users" if self.level == "secrets" else NOT_LOOKED_FOR
        shapes = [f"Pseudonyms look like {FORMS}."] if self.level == "share" else []
        return [
            f"Redacted ({self.level}): {'; '.join(parts)}.",
            *shapes,
            f"Not looked for: {kept}.",
            "Redacted by pattern: what has no form of its own may remain. Review before sharing.",
        ]

    def _shared(self, text: str) -> str:
        """Again until nothing changes: what stood glued to a name may be a name without it."""
        for _ in range(MOST_PASSES):
            spans = self._spans(text)
            shown = replaced(text, spans, self._given_name) if spans else text
            if shown == text:
                break
            text = shown
        return text

    def _spans(self, text: str) -> list[Span]:
        if self._names is None:
            self._names = things.Names(self._hosts, self._pods, self._serials)
        return settled(
            (
                things.hardware(text),
                domains.mails(text),
                addresses.addresses(text),
                domains.domains(text, self._hosts),
                people.users(text, self._users),
                things.pods(text),
                self._names(text),
                things.machines(text),
            )
        )

    def _given_name(self, span: Span) -> str:
        new = self.pseudonyms.of(span.kind, span.name)
        if new != span.name:
            self._given[span.kind].add(span.name)
            self.places[span.kind] += 1
        return new

    def _learn(self, value: object) -> None:
        if isinstance(value, str):
            self.learn(value)
        else:
            for item in _items(value):
                self._learn(item)

    def _walk(self, key: str, value: object) -> object:
        if isinstance(value, str):
            return self.value(key, value)
        if isinstance(value, Mapping):
            return {
                name: item if name in _OWN_KEYS else self._walk(name, item)
                for name, item in value.items()
            }
        return [self._walk(key, item) for item in value] if isinstance(value, list) else value


def _number(count: int, words: tuple[str, str]) -> str:
    return f"{count:,} {words[0] if count == 1 else words[1]}"


def _items(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()
