"""Runs the object-store tests against OpenStack Swift: `make test-s3`, or `python tests/swift`.

Debian's packages are fetched with apt-get and unpacked into `build/swift`: nothing is installed,
no root is needed. Three storage servers and a proxy with the s3api run on loopback while the tests
do. Needs Debian or Ubuntu, and their own Python.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "swift"
PYTHON = "/usr/bin/python3"
SERVERS = ("account", "container", "object")
PACKAGES = ("python3-swift", "memcached")
USER, KEY = "test:tester", "testing"
STORAGE = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
workers = 0
log_level = ERROR

[pipeline:main]
pipeline = {name}-server

[app:{name}-server]
use = egg:swift#{name}
"""
PROXY = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
workers = 0
log_level = ERROR

[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:gatekeeper]
use = egg:swift#gatekeeper

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}

[filter:listing_formats]
use = egg:swift#listing_formats

[filter:bulk]
use = egg:swift#bulk

[filter:s3api]
use = egg:swift#s3api
location = us-east-1

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo
"""
SWIFT = """\
[swift-hash]
swift_hash_path_suffix = tests

[storage-policy:0]
name = only
default = yes
"""
LAUNCH = """\
import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1]
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[2], sys.argv[3]))
"""
RING = """\
import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1]
from swift.common.ring import RingBuilder
path, port = sys.argv[2], int(sys.argv[3])
builder = RingBuilder(4, 1, 1)
place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
builder.add_dev({"id": 0, "region": 1, "zone": 1, "device": "d0", "weight": 1, "meta": "", **place})
builder.rebalance()
builder.get_ring().save(path)
"""


def main() -> int:
    """Set up, run the tests, take down."""
    if not shutil.which("apt-get") or not Path(PYTHON).exists():
        print("test-s3 needs Debian or Ubuntu with their Python: it uses their packages of Swift")  # noqa: T201
        return 1
    unpacked()
    ports = [free_port() for _ in (*SERVERS, "proxy", "cache")]
    configure(ports)
    processes = [run_cache(ports[-1]), *(start(name) for name in (*SERVERS, "proxy"))]
    try:
        for port in ports:
            wait_for(port)
        return run_tests(ports[-2])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def unpacked() -> None:
    """Fetch the packages that are not there yet."""
    if (BUILD / "root/usr/bin/memcached").exists():
        return
    (BUILD / "debs").mkdir(parents=True, exist_ok=True)
    plan = subprocess.run(
        ["apt-get", "--simulate", "install", "--no-install-recommends", *PACKAGES],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    packages = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    subprocess.run(["apt-get", "download", *packages], cwd=BUILD / "debs", check=True)
    for package in sorted((BUILD / "debs").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(package), str(BUILD / "root")], check=True)


def configure(ports: list[int]) -> None:
    """Write rings and configuration; the data of an earlier run goes."""
    shutil.rmtree(BUILD / "devices", ignore_errors=True)
    (BUILD / "devices/d0").mkdir(parents=True)
    (BUILD / "swift.conf").write_text(SWIFT)
    common = {"folder": BUILD, "user": getpass.getuser()}
    for name, port in zip(SERVERS, ports, strict=False):
        text = STORAGE.format(name=name, port=port, **common)
        (BUILD / f"{name}-server.conf").write_text(text)
        ring = BUILD / f"{name}.ring.gz"
        run_swift(RING, str(ring), str(port)).wait()
    (BUILD / "proxy-server.conf").write_text(
        PROXY.format(port=ports[-2], cache=ports[-1], **common)
    )


def start(name: str) -> subprocess.Popen[bytes]:
    """Start a server."""
    return run_swift(LAUNCH, str(BUILD / f"{name}-server.conf"), f"{name}-server")


def run_cache(port: int) -> subprocess.Popen[bytes]:
    """What keeps the proxy's tokens."""
    command = [str(BUILD / "root/usr/bin/memcached"), "-l", "127.0.0.1", "-p", str(port)]
    return subprocess.Popen([*command, "-u", getpass.getuser()], env=environment())


def run_swift(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a program on Debian's Python with the unpacked packages."""
    command = [PYTHON, "-c", program, str(BUILD / "swift.conf"), *arguments]
    return subprocess.Popen(command, env=environment())


def environment() -> dict[str, str]:
    """Where the unpacked packages lie."""
    root = BUILD / "root"
    libraries = [str(path) for path in (root / "usr/lib").glob("*-linux-gnu")]
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(BUILD),
        "PYTHONPATH": str(root / "usr/lib/python3/dist-packages"),
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PYTHONWARNINGS": "ignore",
    }


def run_tests(port: int) -> int:
    """The tests of object storage that need no faults."""
    settings = {
        **os.environ,
        "TRIAGE_TEST_S3": f"http://127.0.0.1:{port}",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": USER,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_batch_objects.py", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody listens."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"no server came up on port {port}")


if __name__ == "__main__":
    sys.exit(main())
