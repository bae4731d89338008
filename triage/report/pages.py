"""A report as a page: Markdown or HTML by a template, or the model as JSON.

Templates only arrange. What they print is made inert for the page's language whatever it is and
wherever it comes from, so a template of a user's own cannot let log text through by mistake; it
runs in Jinja's sandbox and sees the report and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

import msgspec
from jinja2 import BaseLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from triage.errors import UsageError
from triage.events import TimeQuality
from triage.report import html, markdown
from triage.report.figure_model import Lane
from triage.report.model import Place, Report, Statement, Todo
from triage.report.pictures import page_pictures
from triage.report.references import places_of
from triage.report.summary import brief
from triage.report.wording import (
    KNOWN_BY,
    MARKS,
    counted,
    duration,
    iso_of,
    offset,
    shown_time,
)

FORMATS = ("md", "html", "json")
TEMPLATES = ("srebook", "brief", "cmr")
MAX_PAGE = 2_000_000
"""Bytes of a page of HTML; a ticket takes that, and the model is bounded well below."""
LANE_NAMES: Mapping[Lane, str] = {
    "kernel": "kernel", "gpu": "GPU", "k8s": "Kubernetes", "app": "application",
    "env": "environment", "response": "response",
}  # fmt: skip
_BLANK_ROWS = re.compile(r"\n{3,}")


def page(report: Report, fmt: str, template: str = "srebook") -> str:
    """The report in one of `FORMATS`; `template` is one of `TEMPLATES` or a file of a user's own.

    Raises `UsageError` when a user's template cannot be read or fails.
    """
    if fmt == "json":
        return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
    environment = _environment(fmt)
    try:
        if template in TEMPLATES:
            made = environment.get_template(f"{template}.j2").render(report=report)
        else:
            made = environment.from_string(_read(template)).render(report=report)
    except (TemplateError, SecurityError, ArithmeticError, LookupError, TypeError, ValueError,
            AttributeError, RecursionError) as error:  # fmt: skip
        if template in TEMPLATES:
            raise
        line = getattr(error, "lineno", None)
        place = template if line is None else f"{template}:{line}"
        message = f"{place}: the template fails: {type(error).__name__}: {error}"
        raise UsageError(message) from error
    return _BLANK_ROWS.sub("\n\n", made).strip() + "\n" if fmt == "md" else made


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        names = ", ".join(TEMPLATES)
        raise UsageError(f"no template {path}: {error}; ours are {names}") from error


def _environment(fmt: str) -> ImmutableSandboxedEnvironment:
    language: Mapping[str, Callable[..., str]] = {
        "md": {"prose": markdown.prose, "code": markdown.code, "block": markdown.fence},
        "html": {"prose": html.prose, "code": html.code, "block": html.block},
    }[fmt]
    prose = language["prose"]

    def printed(value: object) -> Markup:
        """Whatever a template prints; what our own filters made is made already."""
        return value if isinstance(value, Markup) else Markup(prose(str(value)))  # noqa: S704  inert by then

    environment = ImmutableSandboxedEnvironment(
        loader=_loader(fmt), autoescape=fmt == "html", finalize=printed, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    for name in ("safe", "e", "escape", "forceescape", "urlize", "xmlattr", "tojson"):
        del environment.filters[name]  # each makes Markup of what is not inert in every language
    cited = _Cited(fmt)
    environment.filters.update({name: _inert(make) for name, make in language.items()})
    environment.filters.update(
        fact=cited.fact, refs=cited.refs, todo=_todo_of(fmt), time=shown_time, offset=_offset,
        mark=_mark, known_by=KNOWN_BY.__getitem__, duration=duration, iso=iso_of,
        counted=counted, brief=brief, near=_near, pad=_pad, anchor=_anchor,
        where=_where_of(language["code"]),
    )  # fmt: skip
    environment.globals.update(cited=cited.all, lanes=LANE_NAMES, places=places_of)
    if fmt == "html":
        environment.filters.update(
            plain=lambda text: Markup(escape(str(text))),  # noqa: S704  for attributes and titles
        )
        environment.globals.update(
            pictures=page_pictures,
            style=Markup(html.style()),  # noqa: S704  ours
            policy=Markup(html.policy()),  # noqa: S704  ours
        )
    return environment


def _loader(fmt: str) -> BaseLoader:
    return PackageLoader("triage.report", f"templates/{fmt}")


def _inert(make: Callable[..., str]) -> Callable[..., Markup]:
    def made(value: object) -> Markup:
        return Markup(make(str(value)))  # noqa: S704  that is what makes it inert

    return made


class _Cited:
    """Remembers what a page refers to, so that it can say at its end where that is."""

    def __init__(self, fmt: str) -> None:
        self._language = html if fmt == "html" else markdown
        self._is_html = fmt == "html"
        self._seen: dict[str, None] = {}

    def refs(self, refs: list[str]) -> Markup:
        """`[E1] [E3]`, as links."""
        self._seen.update(dict.fromkeys(refs))
        shown = html.references(refs) if self._is_html else " ".join(f"[{ref}]" for ref in refs)
        return Markup(shown)  # noqa: S704  our own numbers

    def fact(self, fact: Statement) -> Markup:
        """A sentence, what it answers and where it stands."""
        text = self._language.prose(fact.text)
        lead = self._language.strong(f"{fact.lead}:") + " " if fact.lead else ""
        return Markup(f"{lead}{text} {self.refs(fact.refs)}")  # noqa: S704  inert by then

    def all(self) -> list[str]:
        """All references so far, in the order of their numbers."""
        return sorted(self._seen, key=lambda ref: (ref[0], int(ref[1:])))


def _near(place: Place) -> str:
    """The lines round a place, as text."""
    gap = [] if not place.before or not place.after else ["..."]
    before = [f"{one.line}: {one.text}" for one in place.before]
    return "\n".join([*before, *gap, *(f"{one.line}: {one.text}" for one in place.after)])


def _mark(quality: TimeQuality) -> Markup:
    return Markup(MARKS[quality])  # noqa: S704  ours


def _offset(seconds: float | None) -> Markup:
    return Markup(offset(seconds))  # noqa: S704  ours: a sign and digits


def _pad(depth: int) -> Markup:
    """Blanks that set an item of a list in; `prose` would fold them."""
    return Markup("  ") * depth


def _anchor(ref: str) -> str:
    """Where a reference leads in a page of Markdown: places have a heading of their own."""
    sections = {"S": "files", "R": "response", "B": "files"}
    return sections.get(ref[0], ref.lower())


def _where_of(code: Callable[..., str]) -> Callable[[str, Report], Markup]:
    def where(ref: str, report: Report) -> Markup:
        """`file:line`, for a page without an appendix."""
        return Markup(code(places_of(report)[ref]))  # noqa: S704  inert by then

    return where


def _todo_of(fmt: str) -> Callable[[Todo], Markup]:
    language = html if fmt == "html" else markdown

    def todo(one: Todo) -> Markup:
        owner, ask = language.prose(one.owner), language.prose(one.ask)
        shown = f"TODO({owner}): {ask}"
        return Markup(f"<mark>{shown}</mark>" if fmt == "html" else shown)  # noqa: S704  inert by then

    return todo
