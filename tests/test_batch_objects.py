"""Bundles and results in an object store: moto's server on loopback, a proxy with faults before it.

`make test-s3` runs the tests that need no faults against OpenStack Swift: TRIAGE_TEST_S3 names its
endpoint.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.fleets import batch, findings, rows, scan_here, write_good
from triage.batch.bundles import find_bundles, fingerprint_of
from triage.batch.compact import compact
from triage.batch.storage import Storage, open_storage
from triage.batch.store import Store
from triage.bundle import remote
from triage.errors import BundleError, StoreError
from triage.scanner import scan_paths

obstore = pytest.importorskip("obstore")

GIVEN = os.environ.get("TRIAGE_TEST_S3")
spoiled = pytest.mark.skipif(GIVEN is not None, reason="no proxy stands before this server")


class Faulty(BaseHTTPRequestHandler):
    """Hands requests on to the store, but for those that it spoils."""

    protocol_version = "HTTP/1.1"
    behind: int
    spoil: list[tuple[str, str, str]]
    """Method, part of the path, and `500`, `hang` or `lost` (done, and nobody hears of it)."""

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        fault = next((f for f in self.spoil if f[0] == self.command and f[1] in self.path), None)
        if fault is not None:
            self.spoil.remove(fault)
        if fault is not None and fault[2] == "500":
            self.send_error(500)
            return
        if fault is not None and fault[2] == "hang":
            time.sleep(3)
            self.close_connection = True
            return
        with closing(http.client.HTTPConnection("127.0.0.1", self.behind, timeout=20)) as behind:
            behind.request(self.command, self.path, body, dict(self.headers))
            answer = behind.getresponse()
            data = answer.read()
        if fault is not None:  # lost
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815  the names that it calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Proxy(ThreadingHTTPServer):
    """Clients that hang up, as they must when they wait in vain, are no error."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of moto's server, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def spoil() -> list[tuple[str, str, str]]:
    """Requests to be spoiled, each once."""
    return []


@pytest.fixture
def bucket(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    spoil: list[tuple[str, str, str]],
) -> Iterator[str]:
    """The URL of an empty bucket, behind the proxy."""
    name = f"triage-{uuid.uuid4().hex[:12]}"
    remote.store_of.cache_clear()
    if GIVEN is not None:
        _make(GIVEN, name)
        yield f"s3://{name}"
        return
    handler = type("Handler", (Faulty,), {
        "behind": request.getfixturevalue("server"), "spoil": spoil,
    })  # fmt: skip
    proxy = Proxy(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    for key, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.server_port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        remote.TIMEOUT: "1",
    }.items():
        monkeypatch.setenv(key, value)
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.server_port)) as client:
        client.request("PUT", f"/{name}")
        assert client.getresponse().status == 200
    yield f"s3://{name}"
    proxy.shutdown()
    proxy.server_close()


def _make(endpoint: str, name: str) -> None:
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415  it signs, and ships no types

    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)


def upload(bucket: str, folder: Path) -> None:
    store = remote.store_of(bucket)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            obstore.put(store, path.relative_to(folder).as_posix(), path.read_bytes())


@pytest.fixture
def fleet(tmp_path: Path, bucket: str) -> str:
    """Three bundles, one of them an archive, below a prefix."""
    write_good(tmp_path / "up/fleet", 2)
    write_good(tmp_path / "other", 3)
    with tarfile.open(tmp_path / "up/fleet/packed.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "other/good-2", "good-2")
    upload(bucket, tmp_path / "up")
    return f"{bucket}/fleet/"


def test_a_prefix_holds_bundles_and_each_is_read_where_it_lies(fleet: str) -> None:
    uris = find_bundles([fleet])

    assert [uri.removeprefix(fleet) for uri in uris] == ["good-0/", "good-1/", "packed.tar.gz"]
    for uri in uris:
        answer = scan_paths([uri]).answer
        assert answer.verdict.root_cause == "xid_79"
    assert answer.findings[0].evidence[0].source == "good-2/dmesg.txt"


def test_patterns_name_objects_and_prefixes(fleet: str) -> None:
    found = find_bundles([f"{fleet}good-*"])

    assert [uri.removeprefix(fleet) for uri in found] == ["good-0/", "good-1/"]


@pytest.mark.slow
def test_results_in_a_bucket_are_those_of_a_folder(tmp_path: Path, fleet: str, bucket: str) -> None:
    uris = find_bundles([fleet])
    scan_here(tmp_path / "out", uris)

    batch(fleet, "--out", f"{bucket}/results", "--compact", "--run", "one")

    assert findings(f"{bucket}/results") == findings(tmp_path / "out")
    assert len(findings(f"{bucket}/results")) == 3


def test_only_one_of_two_writers_creates(bucket: str) -> None:
    storage = open_storage(f"{bucket}/results")

    assert storage.create("status/a.json", b"first")
    assert not storage.create("status/a.json", b"second")
    assert storage.get("status/a.json") == b"first"


def test_a_store_without_conditions_is_looked_at_first(
    monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    storage = open_storage(f"{bucket}/results")
    monkeypatch.setattr(storage, "_conditions", False)

    assert storage.create("status/a.json", b"first")
    assert not storage.create("status/a.json", b"second")
    assert storage.get("status/a.json") == b"first"


def test_storage_lists_and_deletes(bucket: str) -> None:
    storage = open_storage(f"{bucket}/results")
    for path in ("run=a/x/1", "run=a/x/2", "run=b/y"):
        storage.put(path, b"1")

    storage.delete(["run=a/x/1"])

    assert storage.folders() == ["run=a", "run=b"]
    assert storage.paths("run=a") == ["run=a/x/2"]
    assert storage.get("run=a/x/1") is None


@spoiled
def test_an_answer_that_was_lost_on_the_way_does_not_count_as_somebody_elses(
    bucket: str, spoil: list[tuple[str, str, str]]
) -> None:
    storage = open_storage(f"{bucket}/results")
    spoil.append(("PUT", "status", "lost"))

    assert storage.create("status/a.json", b"mine")


@spoiled
@pytest.mark.parametrize("fault", ["500", "hang"])
def test_a_store_that_stumbles_costs_no_bundle(
    fleet: str, bucket: str, spoil: list[tuple[str, str, str]], fault: str
) -> None:
    spoil += [("GET", "packed.tar.gz", fault), ("PUT", "findings", fault), ("PUT", "status", fault)]

    scanned = _scanned(find_bundles([fleet]), f"{bucket}/results")

    assert [status for status in scanned if status != "ok"] == []
    assert spoil == []
    assert len(findings(f"{bucket}/results")) == 3


@spoiled
def test_a_store_that_stays_away_is_no_fault_of_the_bundle(
    fleet: str, spoil: list[tuple[str, str, str]]
) -> None:
    spoil += [("GET", "packed.tar.gz", "500")] * 50

    with pytest.raises(StoreError, match="does not answer"):
        scan_paths([f"{fleet}packed.tar.gz"])


def test_what_is_not_there_says_so(bucket: str) -> None:
    with pytest.raises(BundleError, match="no such object"):
        fingerprint_of(f"{bucket}/nothing.tar.gz")


def test_an_object_larger_than_one_range_is_read_whole_and_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bucket: str
) -> None:
    monkeypatch.setattr(remote, "RANGE_BYTES", 1000)
    rows_ = [f"[ {100 + n}.000000] usb 1-1: device {n} is here" for n in range(400)]
    rows_[311] = "[  411.000000] NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus."
    (tmp_path / "up").mkdir()
    (tmp_path / "up/dmesg.txt").write_text("\n".join(rows_) + "\n")
    upload(bucket, tmp_path / "up")

    answer = scan_paths([f"{bucket}/dmesg.txt"]).answer

    assert answer.bundles[0].lines == 400
    assert answer.findings[0].evidence[0].line == 312


def test_compacting_in_a_bucket_changes_no_answer(fleet: str, bucket: str) -> None:
    _scanned(find_bundles([fleet]), f"{bucket}/results")
    before = findings(f"{bucket}/results")

    compact(Store(open_storage(f"{bucket}/results")))

    assert findings(f"{bucket}/results") == before
    assert len(rows(f"{bucket}/results", "FROM bundles")) == 3


def _scanned(uris: list[str], out: str) -> list[str]:
    storage: Storage = open_storage(out)
    assert storage.place == out
    return [status.outcome for status in scan_here(out, uris)]
