"""One kind of credential that is told by its form or its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from triage.patterns import compiled
from triage.secrets.named import STANDS_FOR, is_drawn
from triage.secrets.spans import MASK, Span


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of credential."""

    issuer: str
    literals: tuple[str, ...]
    """One of them stands in every such credential, or just before it."""
    pattern: str
    mixed: bool = False
    """It must hold a digit and an upper-case letter: names of things may begin like it."""
    after_host: bool = False
    """It stands where a port and a path may: `docker://images.example:5000/app@sha256:…`."""

    drawn: bool = False
    """It must look random: what stands in its place may be a word, a name or a path."""
    said: bool = False
    """A person chose it or a script fills it in: `$PASS` stands for another value and stays."""

    def spans(self, text: str) -> Iterator[Span]:
        """Where one stands."""
        pattern = compiled(self.pattern)
        for found in pattern.finditer(text):
            part = pattern.groups
            value = found.group(part) or ""
            if MASK in value or not value.strip("*"):
                continue  # masked already, by us or by the program
            if self.after_host and _PORT_AND_PATH.match(value):
                continue
            if (self.said and STANDS_FOR.match(value)) or (self.drawn and not is_drawn(value)):
                continue
            if not self.mixed or _is_mixed(value):
                yield found.start(part), found.end(part)


def _is_mixed(value: str) -> bool:
    return any(c.isdecimal() for c in value) and any(c.isupper() for c in value)


_PORT_AND_PATH = re.compile(r"\d{1,5}/")
