"""The fleet page: one file, no script, nothing fetched, and nothing of a bundle interpreted."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.fleets import scan_here
from triage.batch.fleet import fleet_of
from triage.batch.storage import open_storage
from triage.batch.store import Store
from triage.faces.fleet_html import page

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a store whose bundles mean harm."""
    folder = tmp_path_factory.mktemp("page")
    for number in range(3):
        bundle = folder / "in" / f"b{number} <b>{number}"
        bundle.mkdir(parents=True)
        line = f"2026-03-0{number + 1}T01:00:00+00:00 a1 kernel: NVRM: Xid (PCI:0000:3b:00): 79,"
        (bundle / "<i>syslog").write_text(
            f"{line} pid=1, name={EVIL}, GPU has fallen\x1b[31m\u202e\n"
        )
    (folder / "in/empty & <u>").mkdir()
    scan_here(folder / "out", (folder / "in").iterdir())
    return page(fleet_of(Store(open_storage(str(folder / "out")))))


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_stays_text(html: str) -> None:
    parser = Tags()
    parser.feed(html)

    tags = {tag for tag, _ in parser.seen}
    assert not tags & {"script", "img", "i", "b", "u", "link", "iframe", "object", "form", "a"}
    assert EVIL in parser.text
    assert "\\u202e" in parser.text
    assert "\u202e" not in html
    assert "\x1b" not in html


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(html: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_referred_to_and_no_attribute_carries_style_or_script(html: str) -> None:
    parser = Tags()
    parser.feed(html)

    named = {name for _, attributes in parser.seen for name in attributes}
    assert not {name for name in named if name.startswith("on")}
    assert not named & {"style", "href", "src", "xlink:href", "action"}
    assert "url(" not in html


def test_charts_have_words_for_those_who_cannot_see_them(html: str) -> None:
    parser = Tags()
    parser.feed(html)

    charts = [attributes for tag, attributes in parser.seen if tag == "svg"]
    assert charts
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in charts)


def test_the_same_store_gives_the_same_page(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/dmesg.txt").write_text("all is well\n")
    scan_here(tmp_path / "out", [tmp_path / "a"])
    store = Store(open_storage(str(tmp_path / "out")))

    assert page(fleet_of(store)) == page(fleet_of(store))
