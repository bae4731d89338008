"""What access logs, load balancers and proxies say of failed requests.

`http.error`: one answer with a 5xx status, in the forms of nginx and ingress-nginx (combined log
with the upstream at its end), uvicorn and gunicorn, envoy, AWS load balancers, HAProxy, JSON and
key=value logs, and short home-made lines (`GET /x - 503 Service Unavailable (120ms)`).
`http.upstream`: the proxy's own reason, `what` is timeout, refused, reset, closed or no_live. A
refused connection means that the application is down, a timeout that it is slow.
Both are symptoms: the cause lies behind the proxy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import compiled
from triage_parsers.http_samples import SAMPLES

MAX_WIDTH = 8000

_VERB = r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT)"
_QUOTED = compiled(
    rf"[\"“]{_VERB} (?P<path>\S+)(?: HTTP/[\d.]+)?[\"”] (?P<status>5\d\d)\b(?: (?P<rest>.*))?$"
)
_CLIENT = compiled(
    r"(?:^|\s)(?P<client>\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+|\[[^\]\s]+\])"
    r"(?::\d+)? - "
)
_INGRESS = compiled(
    r"[\"”] \d+ (?P<seconds>[\d.]+) \[(?P<service>[^\]]*)\] (?:\[[^\]]*\] )?"
    r"(?P<upstream>[\w.:\[\]-]+(?:, [\w.:-]+)*) [\d-]+(?:, [\d-]+)* [\d.-]+"
    r"(?:, [\d.-]+)* \d{3}"
)
_ENVOY = compiled(
    r"^(?P<flags>[A-Z]{2,6}(?:,[A-Z]{2,6})*|-) (?:\S+ )?\"?[^\"]*\"? ?\d+ \d+ (?P<ms>\d+)"
    r" [\d-]+ .*?\"(?P<upstream>[\d.]+:\d+)\""
)
_PLAIN = compiled(
    rf"(?:^|[\s\]:]){_VERB} (?P<path>/\S*)(?: HTTP/[\d.]+)?\s+(?:(?:[-–:|]|->|=>|→)\s*)?"
    r"(?P<status>5\d\d)\b(?:\s+(?P<reason>[A-Z][A-Za-z ]{3,40}))?"
    r"(?:.{0,20}?\(?(?P<took>[\d.]+) ?(?P<unit>ms|s)\b)?"
)
_REASON = (
    r"(?:Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)"
)
_BARE = compiled(
    rf"(?:^|[\])}}] |[\])}}]: |[-–|:] )(?P<status>50[0234]) {_REASON}(?P<detail>\b.*)$"
)
_PERCENT = compiled(
    r"(?P<percent>\d{1,3}(?:\.\d+)?) ?% of (?:the )?"
    r"(?:backends|upstreams|targets|endpoints|hosts)"
)
_ALB = compiled(
    r"^(?:https?|h2|wss?|grpcs?) \S+ (?P<server>(?:app|net)?/?[\w./-]+) "
    r"(?P<client>[\d.]+):\d+ (?P<upstream>[\d.:]+|-) [\d.-]+ (?P<seconds>[\d.-]+) [\d.-]+ "
    rf"(?P<status>5\d\d) [\d-]+ \d+ \d+ \"{_VERB} (?P<path>\S+) "
)
_HAPROXY = compiled(
    r"(?P<client>[\d.]+):\d+ \[[^\]]+\] (?P<server>[\w.~-]+) (?P<upstream>[\w.-]+/[\w.<>-]+)"
    rf" [\d+/-]+ (?P<status>5\d\d) \d+ .*?\"{_VERB} (?P<path>\S+)"
)
_PAIR = compiled(
    r"(?i)[\"']?\b(?:status|status_code|http_status|response_code|statuscode"
    r"|code)[\"']?\s*[=:]\s*[\"']?(?P<status>5\d\d)\b"
)
_PAIRS: tuple[tuple[str, str], ...] = (
    ("method", "method|verb|request_method|http_method"),
    ("path", "path|uri|url|request_uri|http_path|endpoint"),
    ("upstream", "upstream|upstream_addr|upstream_host|backend"),
    ("client", "client|client_ip|remote_addr|remote_ip|peer"),
    ("server", "server|host|authority|vhost"),
)
_PAIR_VALUES = {
    name: compiled(
        rf"(?i)[\"']?\b(?:{keys})[\"']?\s*[=:]\s*"
        r"(?:\"(?P<quoted>[^\"]{1,500})\"|(?P<plain>[^\s,\"'}]{1,500}))"
    )
    for name, keys in _PAIRS
}
_PAIR_MS = compiled(
    r"(?i)\b(?:duration_ms|latency_ms|elapsed_ms|response_time_ms)[\"']?\s*[=:]\s*"
    r"(?P<ms>[\d.]+)"
)

_UPSTREAM: tuple[tuple[str, str], ...] = (
    ("timeout", r"(?i:upstream timed out)(?: \((?P<errno>\d+): [^)]*\))?"),
    ("refused", r"connect\(\) failed \((?P<errno>111|61): [^)]*\)"),
    ("timeout", r"connect\(\) failed \((?P<errno>110): [^)]*\)"),
    ("unreachable", r"connect\(\) failed \((?P<errno>113|101): [^)]*\)"),
    ("reset", r"(?:recv|readv|send|writev|connect)\(\) failed \((?P<errno>104|32): [^)]*\)"),
    ("no_live", r"no live upstreams"),
    ("closed", r"upstream prematurely closed connection"),
    ("no_live", r"no healthy upstream\b|(?P<backend>backend '?\S+'?) has no server available"),
    ("reset", r"upstream connect error or disconnect/reset before headers"),
    (
        "refused",
        r"\(111\)Connection refused: AH\d+: [A-Z]{3,5}: attempt to connect to (?P<addr>\S+)",
    ),
)
_UPSTREAMS = tuple((what, compiled(pattern)) for what, pattern in _UPSTREAM)
_PARTS = (
    ("client", compiled(r", client: (?P<value>[^,]+)")),
    ("server", compiled(r", server: (?P<value>[^,]+)")),
    ("upstream", compiled(r", upstream: [\"“]?(?P<value>[^\"”,]+)")),
    ("host_header", compiled(r", host: [\"“]?(?P<value>[^\"”,]+)")),
)
_REQUEST = compiled(rf", request: [\"“]?{_VERB} (?P<path>\S+)")
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
        return fields
    return None


def _error(body: str, text: str) -> Fields | None:
    """A failed request in whichever form is there."""
    readers: tuple[Callable[[str], Fields | None], ...] = (
        _alb, _haproxy, _access, _plain, _bare, _pairs,
    )  # fmt: skip
    for reader in readers:
        fields = reader(body)
        if fields is not None:
            return fields
    return _pairs(text) if text != body else None


def _access(body: str) -> Fields | None:
    """A quoted request and its status, then whatever the format appends."""
    found = _QUOTED.search(body)
    if found is None:
        return None
    fields: Fields = {name: found.group(name) for name in ("method", "path")}
    fields["status"] = int(found.group("status") or "0")
    client = _CLIENT.search(body[: found.start()])
    if client is not None:
        fields["client"] = client.group("client")
    ingress = _INGRESS.search(body)
    if ingress is not None:
        fields["upstream"] = ingress.group("upstream")
        fields["server"] = ingress.group("service")
        fields["duration_ms"] = _milliseconds(ingress.group("seconds"), 1000)
        return fields
    envoy = _ENVOY.search(found.group("rest") or "")
    if envoy is not None:
        fields["upstream"] = envoy.group("upstream")
        fields["flags"] = envoy.group("flags")
        fields["duration_ms"] = _milliseconds(envoy.group("ms"), 1)
    return fields


def _plain(body: str) -> Fields | None:
    """`GET /v1/score - 503 Service Unavailable (120ms)`."""
    found = _PLAIN.search(body)
    if found is None or not _is_status(body, found.end(3), found.group("reason")):
        return None
    scale = 1000 if found.group("unit") == "s" else 1
    return {
        "status": int(found.group("status") or "0"),
        "method": found.group("method"),
        "path": found.group("path"),
        "duration_ms": _milliseconds(found.group("took"), scale),
    }


def _is_status(body: str, end: int, reason: str | None) -> bool:
    """The number stands where a status stands, not `GET /x 512 bytes` or `took 503 ms`."""
    rest = body[end : end + 12].lstrip().lower()
    unit = rest.startswith(("bytes", "b ", "kb", "kib", "mb", "ms", "sec", "s ", "tokens", "rows"))
    return reason is not None or not unit


def _bare(body: str) -> Fields | None:
    """`503 Service Unavailable: 98% of backends unhealthy` as a whole message."""
    found = _BARE.search(body)
    if found is None or found.start() > MAX_LEAD:
        return None
    detail = (found.group("detail") or "").lstrip(" :.-")
    if detail.startswith("for url"):
        return None
    fields: Fields = {"status": int(found.group("status") or "0"), "detail": detail[:200]}
    percent = _PERCENT.search(detail)
    if percent is not None:
        fields["unhealthy_percent"] = _milliseconds(percent.group("percent"), 1)
    return fields


def _pairs(body: str) -> Fields | None:
    """`status=503 method=GET path=/x`, or the same as JSON."""
    found = _PAIR.search(body)
    if found is None:
        return None
    fields: Fields = {"status": int(found.group("status") or "0")}
    for name, pattern in _PAIR_VALUES.items():
        value = pattern.search(body)
        if value is not None:
            fields[name] = value.group("quoted") or value.group("plain")
    if not {"method", "path", "upstream"} & fields.keys():
        return None
    took = _PAIR_MS.search(body)
    if took is not None:
        fields["duration_ms"] = _milliseconds(took.group("ms"), 1)
    return fields


def _alb(body: str) -> Fields | None:
    found = _ALB.search(body)
    if found is None:
        return None
    names = ("method", "path", "client", "upstream", "server")
    fields: Fields = {name: found.group(name) for name in names}
    fields["status"] = int(found.group("status") or "0")
    fields["duration_ms"] = _milliseconds(found.group("seconds"), 1000)
    return fields


def _haproxy(body: str) -> Fields | None:
    found = _HAPROXY.search(body)
    if found is None:
        return None
    names = ("method", "path", "client", "upstream", "server")
    fields: Fields = {name: found.group(name) for name in names}
    fields["status"] = int(found.group("status") or "0")
    return fields


def _milliseconds(text: str | None, scale: int) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value * scale, 3) if value >= 0 else None


MAX_LEAD = 120
"""Characters that may stand in front of a message that is not marked otherwise."""

_CODES = ("500", "502", "503", "504")

PARSER = Parser(
    name="http",
    family="app",
    literals=(
        *(f" {code} " for code in _CODES),
        *(f" {code}," for code in _CODES),
        *(f":{code}," for code in _CODES),
        *(f"={code} " for code in _CODES),
        "503 Service ",
        "502 Bad Gateway",
        "504 Gateway ",
        "500 Internal ",
        "pstream timed out",
        "connect() failed",
        "recv() failed",
        "no live upstreams",
        "no healthy upstream",
        "has no server available",
        "upstream prematurely closed",
        "upstream connect error",
        ")Connection refused: AH",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("http.error", "http.upstream"),
)
