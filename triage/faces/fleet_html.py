"""The fleet's answer as one page: no script, nothing fetched, nothing of a bundle interpreted.

The policy in its head lets a browser use the one style sheet that stands there, by its hash, and
nothing else; all text is escaped by the template engine.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from triage.batch.fleet_answer import FleetAnswer
from triage.batch.wording import named, number
from triage.faces import fleet_svg

POLICY = "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
SHOWN = 50
"""Rows of one table; the JSON has all."""
GRADES = {
    "suspect": "suspect it",
    "shared": "suspect what runs on it",
    "open": "cannot be told yet",
}


def page(answer: FleetAnswer) -> str:
    """A whole HTML document."""
    style = _text("fleet.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        answer=answer,
        style=Markup(style),  # noqa: S704  our own file
        policy=POLICY.format(digest=digest),
        named=named,
        number=number,
        grades=GRADES,
        shown=SHOWN,
        days_chart=_markup(fleet_svg.days_chart),
        spark=_markup(fleet_svg.spark),
        share=_markup(fleet_svg.share),
        pattern=_markup(fleet_svg.pattern),
    )


def _markup(draw: Callable[..., str]) -> Callable[..., Markup]:
    """A chart as markup: its words are escaped where it is made."""
    return lambda *arguments: Markup(draw(*arguments))  # noqa: S704  our own drawing


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    return environment.from_string(_text("fleet.html"))


def _text(name: str) -> str:
    return files("triage.faces").joinpath(name).read_text(encoding="utf-8")
