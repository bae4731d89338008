"""The same screens in a browser, for a colleague at this machine: loopback only, with a key.

Any page that a browser shows may try to reach a port of the machine it runs on, and on a shared
machine any user can. So nothing is served without the key that stands in the address printed here;
it becomes a cookie that other sites cannot use.
"""

from __future__ import annotations

import asyncio
import secrets
import shlex
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.errors import UsageError
from triage.own_process import own_command

if TYPE_CHECKING:  # the extra `serve`
    from aiohttp import web
    from aiohttp.typedefs import Handler, Middleware

HOST = "127.0.0.1"
COOKIE = "triage_key"


def serve(arguments: Sequence[str], port: int) -> int:
    """Serve `triage ARGUMENTS`, each browser window a process of its own, until interrupted.

    Raises `UsageError` where the extra is missing or the port is taken.
    """
    try:
        from aiohttp import web  # noqa: PLC0415  the extra `serve`
        from textual_serve.server import Server  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("--serve needs an extra: pip install 'incident-triage[serve]'") from error
    port = _free(port)
    key = secrets.token_urlsafe(24)

    class Guarded(Server):
        """Shows nothing to those who do not have the key."""

        def initialize_logging(self) -> None:
            """No record of requests: they hold the key."""

        async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002  their signature
            """Say where it is, once it is there."""
            self._announcing = asyncio.create_task(_announced(port, key))

        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(web.middleware(_guard(key, port)))
            return app

    command = shlex.join(own_command("tui", *arguments))
    Guarded(command, host=HOST, port=port, title="triage").serve()
    return 0


async def _announced(port: int, key: str) -> None:
    while True:  # they start to listen only after this was begun
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    sys.stdout.write(f"http://{HOST}:{port}/?key={key}\n")
    sys.stdout.flush()
    sys.stderr.write("Whoever has this address sees the case; Ctrl+C ends it.\n")


def _guard(key: str, port: int) -> Middleware:
    from aiohttp import web  # noqa: PLC0415

    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        ours = request.host == f"{HOST}:{port}"  # another name for this address is not ours
        if ours and secrets.compare_digest(request.query.get("key", ""), key):
            answer = web.HTTPSeeOther("/")
            answer.set_cookie(COOKIE, key, httponly=True, samesite="Strict")
            return answer
        if not ours or not secrets.compare_digest(request.cookies.get(COOKIE, ""), key):
            return web.Response(status=403, text="open the address that triage printed\n")
        return await handler(request)

    return guard


def _free(port: int) -> int:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(f"port {port} cannot be used: {error.strerror}") from error
        found: int = probe.getsockname()[1]
        return found
