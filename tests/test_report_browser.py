"""A report in a real browser: whatever the log says, the page asks nobody for anything."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.test_report_pages import ROUNDS, hostile_report
from triage.report.pages import TEMPLATES, page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--proxy-bypass-list=<-loopback>",
)  # fmt: skip
"""A browser on its own errands asks its maker for news; these tell it not to."""
SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
]


class Asked(BaseHTTPRequestHandler):
    """A proxy that notes what it is asked for, and gives nothing."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_error(404)

    do_CONNECT = do_POST = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Where a proxy listens, and what it was asked for."""
    seen: list[str] = []
    handler = type("Noting", (Asked,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", seen
        server.shutdown()


def shown(file: Path, proxy: str, folder: Path) -> str:
    """The page as the browser has it once all is loaded."""
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, *QUIET, f"--proxy-server={proxy}", f"--user-data-dir={folder / 'profile'}",
         "--virtual-time-budget=2000", "--dump-dom", file.as_uri()],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    return done.stdout


def test_a_page_that_loads_something_is_seen(proxy: tuple[str, list[str]], tmp_path: Path) -> None:
    where, seen = proxy
    file = tmp_path / "loads.html"
    file.write_text("<title>x</title><img src='http://elsewhere.example/dot.png'>", "utf-8")

    shown(file, where, tmp_path)

    assert any("elsewhere.example/dot.png" in one for one in seen)


@pytest.mark.parametrize("number", ROUNDS)
def test_a_report_asks_nobody(number: int, proxy: tuple[str, list[str]], tmp_path: Path) -> None:
    where, seen = proxy
    file = tmp_path / "report.html"
    template = TEMPLATES[number % len(TEMPLATES)]
    file.write_text(page(hostile_report(number), "html", template), "utf-8")

    dom = shown(file, where, tmp_path)

    assert "</footer>" in dom
    assert [one for one in seen if "evil.example" in one or file.name in one] == []
    assert dom.count("<script") == dom.count("<img") == dom.count("<iframe") == 0
