"""`--webhook`: posts an incident as JSON; again, ever later, while nobody takes it.

The URL is a secret (whoever has it can post), so it is never printed whole. A redirect is an
error: following it would turn the POST into a GET. Certificates are checked as Python does by
default.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from triage.errors import UsageError
from triage.version import __version__
from triage.watch.delivery import Outcome, as_json
from triage.watch.incident import Incident

LIMIT_S = 10.0
_PASSING = frozenset({408, 425, 429})
"""Client errors that may pass."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class WebHook:
    """Where to post."""

    name = "--webhook"

    def __init__(self, url: str, limit_s: float = LIMIT_S) -> None:
        """`url`, or `@FILE` that holds it. Raises `UsageError` on anything but http and https."""
        if url.startswith("@"):
            try:
                url = Path(url[1:]).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"--webhook {url}: cannot be read: {error}") from error
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("--webhook: give a URL that begins with https:// or http://, or @FILE")
        self._url = url
        self._shown = f"{parts.scheme}://{parts.hostname}/…"
        self._limit_s = limit_s
        self._opener = urllib.request.build_opener(_NoRedirect)

    def carry(self, incident: Incident) -> tuple[Outcome, str]:
        """Post it once."""
        request = urllib.request.Request(  # noqa: S310  http or https, as checked above
            self._url,
            data=as_json(incident),
            headers={
                "Content-Type": "application/json",
                "User-Agent": f"triage/{__version__}",
                "Idempotency-Key": f"{incident.incident}-{incident.what}-{incident.id}",
            },
        )
        try:
            self._opener.open(request, timeout=self._limit_s).close()  # what it says is not needed
        except urllib.error.HTTPError as error:
            error.close()
            again = error.code >= http.client.INTERNAL_SERVER_ERROR or error.code in _PASSING
            return ("again" if again else "refused"), f"{self._shown} answers {error.code}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            return "again", f"{self._shown}: {type(error).__name__}: {reason}"
        return "done", ""

    def stop(self) -> None:
        """It ends by its own limit."""
