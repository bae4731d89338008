"""Incidents reach who is to be called: once, in the end, and without holding up the watch."""

from __future__ import annotations

import json
import shlex
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from triage.cli import main
from triage.errors import UsageError
from triage.reading import Options
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.watch.delivery import GRACE_S, MAX_PENDING, Delivery, as_json
from triage.watch.incident import Incident
from triage.watch.run_command import MAX_SAID, Command
from triage.watch.state import State, StateFile
from triage.watch.watcher import Settings, Watcher
from triage.watch.web_hook import WebHook

XID = (
    b"2026-03-04T05:06:07Z node-1 kernel: NVRM: Xid (PCI:0000:65:00): 79, password=hunter2hunter2\n"
)


@pytest.fixture(scope="module")
def incident() -> Incident:
    """One that a watch told."""
    told: list[Incident] = []
    watcher = Watcher(Plan.of(load(())), Options(), Settings(), told.append, print)
    watcher.open("app.log").take(XID, 0)
    watcher.finish()
    return told[0]


def numbered(incident: Incident, number: int) -> Incident:
    return structs.replace(incident, incident=str(number))


def until(condition: Callable[[], object], limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Hook:
    """A server that takes posts, with the answers that it is given."""

    def __init__(self, *answers: int) -> None:
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        waiting = list(answers)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = waiting.pop(0) if waiting else 200
                if status == 200:
                    hook.taken.append(json.loads(body))
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/s3cret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Hook]]:
    """A server that answers so and so, and then takes everything."""
    hooks: list[Hook] = []

    def begin(*answers: int) -> Hook:
        hooks.append(Hook(*answers))
        return hooks[-1]

    yield begin
    for hook in hooks:
        hook.close()


Serve = Callable[..., Hook]


def test_a_web_hook_is_asked_again_until_it_takes_the_incident(
    incident: Incident, serve: Serve
) -> None:
    notes: list[str] = []
    hook = serve(503, 429)
    delivery = Delivery(WebHook(hook.url), notes.append)

    delivery.add([incident])
    until(lambda: hook.taken)
    delivery.close()

    assert [one["id"] for one in hook.taken] == ["xid_79"]
    assert (hook.asked, delivery.pending()) == (3, [])
    assert "answers 503" in notes[0]
    assert "s3cret" not in " ".join(notes)


@pytest.mark.parametrize("status", [400, 404, 302, 307])
def test_a_web_hook_that_refuses_is_not_asked_again(
    incident: Incident, serve: Serve, status: int
) -> None:
    notes: list[str] = []
    hook = serve(status)
    delivery = Delivery(WebHook(hook.url), notes.append)

    delivery.add([numbered(incident, 1), numbered(incident, 2)])
    until(lambda: hook.taken)
    delivery.close()

    assert [one["incident"] for one in hook.taken] == ["2"]
    assert hook.asked == 2
    assert f"answers {status}" in notes[0]


def test_where_nobody_listens_the_incident_stays_for_the_next_process(
    incident: Incident, serve: Serve
) -> None:
    notes: list[str] = []
    hook = serve()
    hook.close()
    delivery = Delivery(WebHook(hook.url), notes.append)

    delivery.add([incident])
    until(lambda: notes)
    delivery.close()

    assert delivery.pending() == [incident]
    later = serve()
    second = Delivery(WebHook(later.url), notes.append, delivery.pending())
    until(lambda: later.taken)
    second.close()


def test_a_web_hook_may_stand_in_a_file(tmp_path: Path, incident: Incident, serve: Serve) -> None:
    hook = serve()
    file = tmp_path / "url"
    file.write_text(hook.url + "\n")

    outcome, _ = WebHook(f"@{file}").carry(incident)

    assert outcome == "done"


@pytest.mark.parametrize("url", ["ftp://x/", "file:///etc/passwd", "example.com/hook", "@/missing"])
def test_only_http_is_posted_to(url: str) -> None:
    with pytest.raises(UsageError):
        WebHook(url)


def test_secrets_are_masked_wherever_the_incident_goes(incident: Incident) -> None:
    assert b"hunter2" not in as_json(incident)
    assert "hunter2" not in incident.text


def test_a_command_that_hangs_is_ended_with_all_that_it_started(
    incident: Incident, tmp_path: Path
) -> None:
    script = tmp_path / "hang.sh"
    script.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    command = Command(f"sh {shlex.quote(str(script))}", limit_s=1.0)

    outcome, why = command.carry(incident)

    assert (outcome, why) == ("refused", "sh: ended after 1 s")
    child = (tmp_path / "pid").read_text().strip()
    until(lambda: not _runs(child))


def test_a_command_that_floods_us_is_cut_short_and_not_waited_for(
    incident: Incident, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    flood = "import sys; sys.stdout.write('x' * 50_000_000); print('end', file=sys.stderr)"

    done = Command(shlex.join([sys.executable, "-c", flood])).carry(incident)

    said = capfdbinary.readouterr().err
    assert done == ("done", "")
    assert MAX_SAID <= len(said) < MAX_SAID + 200
    assert said.endswith(b"is left out\n")


def test_a_command_that_leaves_something_running_is_not_waited_for(incident: Incident) -> None:
    started = time.monotonic()

    done = Command("sh -c 'sleep 30 & echo $!'").carry(incident)

    assert done == ("done", "")
    assert time.monotonic() - started < 20


def test_a_server_that_never_answers_holds_up_neither_telling_nor_the_end(
    incident: Incident,
) -> None:
    notes: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        delivery = Delivery(WebHook(url, limit_s=0.5), notes.append)

        delivery.add(numbered(incident, number) for number in range(3))
        until(lambda: notes)
        started = time.monotonic()
        delivery.close()

    assert time.monotonic() - started < GRACE_S + 2
    assert "timed out" in notes[0]
    assert len(delivery.pending()) == 3


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_command_that_fails_is_said_and_not_run_twice(incident: Incident, tmp_path: Path) -> None:
    notes: list[str] = []
    script = tmp_path / "fail.py"
    script.write_text(f"open({str(tmp_path / 'runs')!r}, 'a').write('x'); raise SystemExit(3)")
    words = [sys.executable, str(script)]
    delivery = Delivery(Command(shlex.join(words)), notes.append)

    delivery.add([incident])
    until(lambda: notes)
    delivery.close()

    assert (tmp_path / "runs").read_text() == "x"
    assert "exit status 3" in notes[0]


def test_a_storm_does_not_fill_the_memory(incident: Incident, serve: Serve) -> None:
    notes: list[str] = []
    delivery = Delivery(WebHook(serve(*[500] * 99).url), notes.append)

    delivery.add(numbered(incident, number) for number in range(MAX_PENDING + 50))

    assert len(delivery.pending()) == MAX_PENDING
    assert any("only printed" in note for note in notes)
    delivery.close()


def test_two_watches_do_not_share_a_state(tmp_path: Path) -> None:
    first = StateFile(tmp_path / "state.json")

    with pytest.raises(UsageError, match="another `triage watch`"):
        StateFile(tmp_path / "state.json")
    first.close()
    StateFile(tmp_path / "state.json").close()


def test_a_state_is_read_as_it_was_written(tmp_path: Path, incident: Incident) -> None:
    state = State(pending={"--exec": [incident]})
    file = StateFile(tmp_path / "state.json")

    file.write(state)

    assert file.read() == state
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0
    file.close()


def test_a_file_that_is_no_state_is_said(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"format": "x"}')
    file = StateFile(tmp_path / "state.json")

    with pytest.raises(UsageError, match="remove it to begin anew"):
        file.read()
    file.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing/app.log"], "no such folder"),
        (["app.log", "--webhook", "file:///etc/passwd"], "https://"),
        (["app.log", "--exec", "'"], "--exec"),
        (["app.log", "--again", "0"], "no number of minutes"),
        (["app.log", "--zone", "Mars/Base"], "Mars/Base"),
        (["/dev/null"], "neither a file nor a folder"),
    ],
)
def test_a_wrong_call_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app.log").touch()

    with pytest.raises(SystemExit) as ended:
        main(["watch", "--no-state", *arguments])

    assert ended.value.code == 2
    assert says in capsys.readouterr().err
