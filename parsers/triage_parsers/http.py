"""What access logs, load balancers and proxies say of failed requests.

`http.error`: one answer with a 5xx status, in the forms of nginx and ingress-nginx (combined log
with the upstream at its end), Apache, uvicorn, gunicorn, tornado, uWSGI, envoy, Traefik, AWS load
balancers, HAProxy, JSON and key=value logs, and short home-made lines (`GET /x - 503 Service
Unavailable (120ms)`).
`http.upstream`: the proxy's own reason, `what` is timeout, refused, unreachable, reset, closed,
busy, no_live or down. A refused connection means that the application is down, a timeout that it
is slow, a full queue (`busy`) that it has too few workers.
Both are symptoms: the cause lies behind the proxy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.http_lines import MAX_LEAD, VERB, line_error
from triage_parsers.http_pairs import json_error, pairs_error
from triage_parsers.http_samples import SAMPLES

MAX_WIDTH = 8000

_UPSTREAM: tuple[tuple[str, str], ...] = (
    ("timeout", r"(?i:upstream timed out)(?: \((?P<errno>\d+): [^)]*\))?"),
    ("refused", r"connect\(\) failed \((?P<errno>111|61): [^)]*\)"),
    ("timeout", r"connect\(\) failed \((?P<errno>110): [^)]*\)"),
    ("unreachable", r"connect\(\) failed \((?P<errno>113|101): [^)]*\)"),
    ("reset", r"(?:recv|readv|send|writev|connect)\(\) failed \((?P<errno>104|32): [^)]*\)"),
    ("refused", r"connect\(\) to (?P<addr>unix:\S+?):? failed \((?P<errno>2|111): [^)]*\)"),
    ("busy", r"connect\(\) to (?P<addr>unix:\S+?):? failed \((?P<errno>11): [^)]*\)"),
    ("no_live", r"no live upstreams"),
    ("closed", r"upstream prematurely closed connection"),
    ("no_live", r"no healthy upstream\b|(?P<backend>backend '?\S+'?) has no server available"),
    ("reset", r"upstream connect error or disconnect/reset before headers"),
    (
        "refused",
        r"\(111\)Connection refused: AH\d+: [A-Z]{3,5}: attempt to connect to (?P<addr>\S+)",
    ),
    (
        "down",
        r"Server (?P<addr>\S+/\S+) is DOWN, reason: (?P<why>[^,]+)(?:, info: [^,]{1,200})?",
    ),
)
_UPSTREAMS = tuple((what, compiled(pattern)) for what, pattern in _UPSTREAM)
_PARTS = (
    ("client", compiled(r", client: (?P<value>[^,]+)")),
    ("server", compiled(r", server: (?P<value>[^,]+)")),
    ("upstream", compiled(r", upstream: [\"“]?(?P<value>[^\"”,]+)")),
    ("host_header", compiled(r", host: [\"“]?(?P<value>[^\"”,]+)")),
)
_REQUEST = compiled(rf", request: [\"“]?{VERB} (?P<path>\S+)")
_CLIENT_SIDE = compiled(
    r" while (?:keepalive|waiting for request|SSL handshaking|reading client|sending to client)\b"
)
"""nginx on a connection that the client broke off: nothing about the server behind it."""
_RESET_REASON = compiled(r"reset reason: (?P<reason>[^,\"]+)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each failed request and each upstream failure."""
    del context
    for hit in hits:
        line = lines[hit]
        body = line.body[:MAX_WIDTH]
        fields = _upstream(body)
        if fields is not None:
            yield make_event("http.upstream", [line], fields)
            continue
        fields = _error(body, line.text[:MAX_WIDTH])
        if fields is not None:
            yield make_event("http.error", [line], fields)


def _upstream(body: str) -> Fields | None:
    """nginx's, envoy's, HAProxy's or Apache's word on the server behind it."""
    if _CLIENT_SIDE.search(body) is not None and "upstream: " not in body:
        return None
    for what, pattern in _UPSTREAMS:
        found = pattern.search(body)
        if found is None or (found.start() > MAX_LEAD and ", client: " not in body):
            continue
        fields: Fields = {"what": what}
        for name, part in _PARTS:
            value = part.search(body)
            if value is not None:
                fields[name] = (value.group("value") or "").strip().rstrip('".”')
        request = _REQUEST.search(body)
        if request is not None:
            fields["method"] = request.group("method")
            fields["path"] = request.group("path")
        reason = _RESET_REASON.search(body)
        if reason is not None:
            fields["detail"] = (reason.group("reason") or "").strip()
            fields["what"] = "refused" if "connection failure" in body else what
        groups = found.groupdict()
        fields.setdefault("upstream", groups.get("addr") or groups.get("backend"))
        if groups.get("why"):
            fields["detail"] = groups["why"]
            fields["what"] = "refused" if "Connection refused" in (found.group() or "") else what
        return fields
    return None


def _error(body: str, text: str) -> Fields | None:
    """A failed request in whichever form is there."""
    fields = line_error(body) or json_error(text) or pairs_error(body)
    if fields is None and text != body:
        fields = pairs_error(text)
    return fields


_CODES = ("500", "502", "503", "504")

PARSER = Parser(
    name="http",
    family="app",
    literals=(
        *(f" {code} " for code in _CODES),
        *(f" {code}," for code in _CODES),
        *(f":{code}," for code in _CODES),
        *(f"={code} " for code in _CODES),
        "status=50",
        "status_code=50",
        # with a quote: the end of a JSON text, and requests at the end of a line; no other
        # characters stand there, and where typography changed them the status is followed by more
        *(f'"{code}"' for code in _CODES),
        *(f' {code}"' for code in _CODES),
        *(f":{code}}}" for code in _CODES),
        *(f" {code}}}" for code in _CODES),
        'HTTP/1.1" 5',
        'HTTP/1.0" 5',
        'HTTP/2.0" 5',
        'HTTP/2" 5',
        "HTTP/1.1 50",
        "HTTP/1.0 50",
        "HTTP/2 50",
        "HTTP/2.0 50",
        *(f":{code} " for code in _CODES),
        "503 Service ",
        "502 Bad Gateway",
        "504 Gateway ",
        "500 Internal ",
        "pstream timed out",
        "connect() failed",
        "connect() to unix:",
        "recv() failed",
        "no live upstreams",
        "no healthy upstream",
        "has no server available",
        " is DOWN, reason: ",
        "upstream prematurely closed",
        "upstream connect error",
        ")Connection refused: AH",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("http.error", "http.upstream"),
)
