"""A report says the same in every format, byte for byte, and log text stays text in all of them."""

from __future__ import annotations

import os
import re
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET
from zlib import crc32

import msgspec
import pytest
from markdown_it import MarkdownIt

from tests.night import Say, crowded, fill, report_of
from triage.case import Case
from triage.errors import UsageError
from triage.report.building import build
from triage.report.model import Report
from triage.report.pages import MAX_PAGE, page

GOLDENS = Path(__file__).parent / "data" / "report"


@pytest.mark.parametrize(
    ("name", "fmt", "template"),
    [
        ("model.json", "json", "srebook"),
        ("srebook.md", "md", "srebook"),
        ("brief.md", "md", "brief"),
        ("cmr.md", "md", "cmr"),
        ("srebook.html", "html", "srebook"),
        ("brief.html", "html", "brief"),
        ("cmr.html", "html", "cmr"),
    ],
)
def test_a_report_is_the_same_bytes_as_before(name: str, fmt: str, template: str) -> None:
    made = page(calm_report(), fmt, template)

    golden = GOLDENS / name
    if os.environ.get("TRIAGE_WRITE_GOLDENS"):
        golden.write_text(made, "utf-8")
    assert made == golden.read_text("utf-8")


def test_the_json_is_the_whole_model() -> None:
    report = report_of()

    assert msgspec.json.decode(page(report, "json"), type=Report) == report


def test_people_are_roles_in_every_format() -> None:
    report = report_of()

    for fmt in ("md", "html", "json"):
        made = page(report, fmt)
        assert "kim" not in made
        assert "responder 1" in made
        assert "drained the node" in made


PAYLOADS = (
    "<script>prompt(1)</script>",
    '<img src=x onerror="prompt(1)">',
    '"><svg onload=prompt(1)>',
    "</pre></code></style></title><iframe src=//evil.example>",
    "[click](http://evil.example)",
    "![dot](http://evil.example/p.png)",
    "http://evil.example/a?b=c www.evil.example mail@evil.example @team #12",
    "| a | b |\n| --- | --- |",
    "a | b | c",
    "```` ``` ` `` ```text",
    "~~~~\n# head\n- item\n> quote\n1. one\n    code",
    "# head",
    "```\n# out\n````\n# out of it",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "-2+3",
    "\u202egnp.exe \u2066x\u2069 \u200b\ufeff",
    "\x1b[31mred\x1b]0;title\x07 \x00 \r over \x9b",
    "{{ 7 * 7 }} {% for x in [1] %}loop{% endfor %} {# gone #}",
    "${7*7} %(x)s {0} {{}}",
    "*bold* _it_ ~~gone~~ <!-- wording: fine --> $x$ :smile: &lt;b&gt;",
    "[E1]: http://evil.example\n[E1]",
    "\\",
    "\\[E1\\](x) \\`",
    "javascript:prompt(1) data:text/html,x",
    "\U000e0041",
)
"""Each tries to be more than text somewhere."""


ROUNDS = range(6)
"""In each round every text of the bundle is another payload."""


def hostile(number: int) -> Say:
    def say(text: str) -> str:
        payload = PAYLOADS[(crc32(text.encode()) + 3 * number) % len(PAYLOADS)]
        return f"{payload} {text} {payload}"

    return say


@cache
def hostile_report(number: int) -> Report:
    return report_of(hostile(number))


@cache
def wordy_report() -> Report:
    return report_of(lambda text: f"word {text} word")


@cache
def calm_report() -> Report:
    return report_of()


_CELL_END = re.compile(r"(?<!\\)\|")


class Loads(HTMLParser):
    """Collects what a page would load, run, send or open."""

    TAGS = frozenset(
        (
            "script", "img", "iframe", "object", "embed", "audio", "video", "source", "track",
            "link", "base", "form", "input", "button", "image", "use", "foreignobject", "animate",
            "set", "frame", "frameset", "applet", "portal", "picture", "template", "math",
        )
    )  # fmt: skip
    ATTRIBUTES = re.compile(
        r"on.*|src|srcset|action|formaction|data|poster|background|ping|style|manifest|xlink:href"
    )

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.meta: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.TAGS:
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name, _ in attrs if self.ATTRIBUTES.fullmatch(name)]
        values = dict(attrs)
        target = values.get("href")
        if target is not None:
            self.targets.append(target)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "meta":
            self.meta.append(values)


def loads(made: str) -> Loads:
    reader = Loads()
    reader.feed(made)
    reader.close()
    return reader


@pytest.mark.parametrize("template", ["srebook", "brief", "cmr"])
@pytest.mark.parametrize("number", ROUNDS)
def test_a_page_of_html_loads_and_runs_nothing(number: int, template: str) -> None:
    made = page(hostile_report(number), "html", template)

    read = loads(made)
    assert read.found == []
    assert {target[:1] for target in read.targets} == {"#"}
    assert {target[1:] for target in read.targets} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert [one for one in read.meta if one.get("http-equiv")] == [read.meta[1]]
    policy = read.meta[1]["content"] or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    styles = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    assert len(styles) == 1
    assert not re.search(r"url\(|@import|expression", styles[0])


@pytest.mark.parametrize("number", ROUNDS)
def test_pictures_are_well_formed(number: int) -> None:
    made = page(hostile_report(number), "html")

    pictures = re.findall(r"<svg .*?</svg>", made, re.DOTALL)
    assert len(pictures) >= 3
    for picture in pictures:
        ET.fromstring(picture)


def rendered(made: str) -> list[tuple[str, str, str]]:
    """Type, text and target of all that a renderer makes of a page of Markdown."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found = []
    for token in parser.parse(made):
        for child in (token, *(token.children or ())):
            target = child.attrGet("href") or child.attrGet("src") or ""
            found.append((child.type, child.content if child.type != "inline" else "", str(target)))
    return found


def shape_of(made: str) -> list[tuple[str, str]]:
    """What is left of a page when its words are taken away."""
    kept = ("heading_open", "table_open", "tr_open", "td_open", "th_open", "fence", "hr",
            "bullet_list_open", "list_item_open", "image", "html_block", "html_inline", "s_open",
            "em_open", "ordered_list_open", "blockquote_open", "code_block")  # fmt: skip
    found = [(kind, target) for kind, _, target in rendered(made) if kind in kept]
    return [one for one in found if one[0] != "fence"]


@pytest.mark.parametrize("template", ["srebook", "brief", "cmr"])
@pytest.mark.parametrize("number", ROUNDS)
def test_markdown_keeps_its_shape_and_links_nowhere_else(number: int, template: str) -> None:
    calm = page(wordy_report(), "md", template)

    made = page(hostile_report(number), "md", template)
    assert shape_of(made) == shape_of(calm)
    tokens = rendered(made)
    assert {target[:1] for kind, _, target in tokens if kind == "link_open"} <= {"#"}
    for kind, text, _ in tokens:
        if kind == "text":  # renderers that link what looks like a link look here
            assert not re.search(r"://|www\.|\w@\w|@\w", text)


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("fmt", ["md", "html", "json"])
def test_nothing_invisible_and_no_template_gets_through(number: int, fmt: str) -> None:
    made = page(hostile_report(number), fmt)

    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f]", made
    )
    assert "49" not in re.sub(r"sha256-\S+", "", made) or "49" in page(calm_report(), fmt)
    made.encode("utf-8")


@pytest.mark.parametrize("number", ROUNDS)
def test_a_cell_never_begins_like_a_formula(number: int) -> None:
    made = page(hostile_report(number), "md")

    cells = [
        cell.strip() for row in made.split("\n") if row[:1] == "|" for cell in _CELL_END.split(row)
    ]
    own = re.compile(r"[=~?]|[+-](?:\d+ d )?\d+:\d\d:\d\d|[+-][\d.]+ s|-{3}")
    assert [
        one for one in cells if one[:1] in {"=", "+", "-", "@"} and not own.fullmatch(one)
    ] == []


def test_a_template_of_ones_own_is_sandboxed_and_inert(tmp_path: Path) -> None:
    mine = tmp_path / "mine.md.j2"
    mine.write_text(
        "{% for one in report.summary %}* {{ one.text }}\n{% endfor %}"
        "{{ (report.header.headline ~ '!') | upper }}\n{% include 'parts/hazards.j2' %}"
    )

    report = report_of(lambda text: f"[click](http://evil.example) {text}")

    made = page(report, "md", str(mine))

    assert [target for kind, _, target in rendered(made) if kind == "link_open"] == []
    assert "CLICK" in made
    assert "torch has no exact version" in made


@pytest.mark.parametrize(
    "text",
    [
        "{{ report.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ report.header.headline | safe }}",
        "{{ report.nothing }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../pages.py' %}",
        "{{ range(10 ** 9) | list }}",
        "{% for %}",
        "{{ 1 / 0 }}",
        "{{ report.summary.clear() }}",
    ],
)
@pytest.mark.parametrize("fmt", ["md", "html"])
def test_a_template_that_reaches_out_fails_with_its_place(
    text: str, fmt: str, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.j2"
    mine.write_text(text)
    report = calm_report()

    with pytest.raises(UsageError, match=r"mine\.j2.*: the template fails: "):
        page(report, fmt, str(mine))


def test_a_page_stays_small_whatever_the_bundle() -> None:
    @cache
    def long(text: str) -> str:
        return text if text.endswith((".log", ".txt")) else "\n".join([f"{text} {'<' * 400}"] * 40)

    with Case(crowded(long), partial(fill, long)) as case:
        report = build(case)

    assert len(report.evidence) > 70
    assert len(page(report, "html").encode()) < MAX_PAGE
    assert len(page(report, "md").encode()) < MAX_PAGE
