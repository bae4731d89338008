"""Text as HTML that shows that text; the page's own style, and the policy that forbids all else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def prose(text: str) -> str:
    """One paragraph's text; `code` in single backticks becomes code."""
    parts = []
    end = 0
    for match in _CODE.finditer(text):
        parts += [escape(text[end : match.start()]), code(match[1])]
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def code(text: str) -> str:
    """Code in a line."""
    return f"<code>{escape(text)}</code>"


def strong(text: str) -> str:
    """Prose that stands out."""
    return f"<strong>{prose(text)}</strong>"


def block(text: str) -> str:
    """Lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def references(refs: Sequence[str]) -> str:
    """Links to the places below."""
    return " ".join(f'<a class="ref" href="#{ref}">{ref}</a>' for ref in refs)


@cache
def style() -> str:
    """The style sheet, as it stands in the page."""
    return files("triage.report").joinpath("templates/html/style.css").read_text("utf-8")


@cache
def policy() -> str:
    """Nothing is loaded, nothing runs, nothing is sent; the one style is named by its hash."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
