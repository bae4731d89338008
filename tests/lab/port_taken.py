"""A server is started while another one holds its port."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

SERVE = """
import logging, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
logging.getLogger("serve").info("listening on port %s", sys.argv[1])
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), BaseHTTPRequestHandler)
"""


def main() -> None:
    """Cause it."""
    log = Path(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as other, log.open("w") as file:
        port = other.getsockname()[1]
        command = [sys.executable, "-c", SERVE, str(port)]
        status = subprocess.call(command, stdout=file, stderr=file)
    sys.stdout.write(json.dumps({"status": status, "port": port}))


if __name__ == "__main__":
    main()
