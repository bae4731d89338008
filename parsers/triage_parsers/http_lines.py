"""Access lines of a failed request, each server's form: text in, fields of `http.error` out.

nginx and ingress-nginx, Apache, uvicorn, gunicorn, werkzeug, Django, tornado, uWSGI, envoy and
Istio, Traefik, AWS load balancers, HAProxy, home-made lines, and what curl shows of an answer.
"""

from __future__ import annotations

from collections.abc import Callable

from triage.events import Fields
from triage.patterns import Match, compiled

VERB = r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT)"
REASON = (
    r"(?:Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out)"
)
MAX_LEAD = 120
"""Characters that may stand in front of a message that is not marked otherwise."""

_QUOTED = compiled(
    rf"[\"“]{VERB} (?P<path>\S+)(?: HTTP/[\d.]+)?[\"”] (?P<status>5\d\d)\b(?: (?P<rest>.*))?$"
)
_CLIENT = compiled(
    r"(?:^|[\s>])(?P<client>\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+|\[[^\]\s]+\])"
    r"(?::\d+)? - "
)
_INGRESS = compiled(
    r"[\"”] \d+ (?P<seconds>[\d.]+) \[(?P<service>[^\]]*)\] (?:\[[^\]]*\] )?"
    r"(?P<upstream>-|[\w.:\[\]-]+(?:, [\w.:-]+)*) [\d-]+(?:, [\d-]+)* [\d.-]+"
    r"(?:, [\d.-]+)* (?:\d{3}|-)"
)
_ENVOY = compiled(
    r"^(?P<flags>[A-Z]{2,6}(?:,[A-Z]{2,6})*|-) (?:(?P<details>[a-z_]\S*|-) )?(?:\"[^\"]*\" |\S+ "
    r"\"[^\"]*\" )?\d+ \d+ (?P<ms>\d+) [\d-]+ \"[^\"]*\" \"[^\"]*\" \"[^\"]*\" "
    r"\"(?P<authority>[^\"]*)\" \"(?P<upstream>[^\"]*)\"(?: (?P<cluster>(?:out|in)bound\|\S+))?"
)
_TRAEFIK = compiled(
    r"[\"”] \d+ [\"“](?P<server>[^\"”]*)[\"”] [\"“](?P<upstream>[^\"”]*)[\"”] (?P<ms>\d+)ms$"
)
_PLAIN = compiled(
    rf"(?:^|[\s\]:]){VERB} (?P<path>/\S*)(?: HTTP/[\d.]+)?\s+(?:(?:[-–:|]|->|=>|→)\s*)?"
    r"(?P<status>5\d\d)\b(?:\s+(?P<reason>[A-Z][A-Za-z ]{3,40}))?"
    r"(?:.{0,20}?\(?(?P<took>[\d.]+) ?(?P<unit>ms|s)\b)?"
)
_BARE = compiled(rf"(?:^|[\])}}] |[\])}}]: |[-–|:] )(?P<status>50[0234]) {REASON}(?P<detail>\b.*)$")
_TORNADO = compiled(
    rf"^(?P<status>5\d\d) {VERB} (?P<path>\S+) \((?P<client>[^)\s]+)\) (?P<took>[\d.]+)ms"
)
_UWSGI = compiled(
    r"\[pid: (?P<pid>\d+)\|.*?\] (?P<client>[\d.a-f:]+) \(.*?\) .*\] "
    rf"{VERB} (?P<path>\S+) => generated \d+ bytes in (?P<took>\d+) msecs "
    r"\(HTTP/[\d.]+ (?P<status>5\d\d)\)"
)
_PERCENT = compiled(
    r"(?P<percent>\d{1,3}(?:\.\d+)?) ?% of (?:the )?"
    r"(?:backends|upstreams|targets|endpoints|hosts)"
)
_ALB = compiled(
    r"^(?:(?:https?|h2|wss?|grpcs?) \S+ )?(?P<server>(?:app|net)?/?[\w./-]+) "
    r"(?P<client>[\d.]+):\d+ (?P<upstream>[\d.]+:\d+|-) [\d.-]+ (?P<seconds>[\d.-]+) [\d.-]+ "
    rf"(?P<status>5\d\d) [\d-]+ \d+ \d+ \"{VERB} (?P<path>\S+) "
)
_HAPROXY = compiled(
    r"(?P<client>[\d.]+):\d+ \[[^\]]+\] (?P<server>[\w.~-]+) (?P<upstream>[\w.-]+/[\w.<>-]+)"
    rf" [\d+/-]+/(?P<took>\d+) (?P<status>5\d\d) \d+ \S+ \S+ (?P<flags>\S{{4}}) .*?\"{VERB} "
    r"(?P<path>\S+)"
)
_ANSWER = compiled(rf"^(?:< )?HTTP/[\d.]+ (?P<status>5\d\d)(?: (?P<detail>{REASON}))?$")
_PAGE = compiled(rf"(?i)<title>\s*(?P<status>5\d\d) (?P<detail>{REASON})\s*</title>")
_URL = compiled(r"^[a-z]+://(?P<host>[^/]+?)(?::\d+)?(?P<path>/.*)?$")


def line_error(body: str) -> Fields | None:
    """The failed request that this line is about, if it is in one of the forms."""
    for reader in _READERS:
        fields = reader(body)
        if fields is not None:
            return fields
    return None


def milliseconds(text: str | None, scale: int = 1) -> float | None:
    """A duration as a number; -1 stands for none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value * scale, 3) if value >= 0 else None


def _named(found: Match, *names: str) -> Fields:
    fields: Fields = {"status": int(found.group("status") or "0")}
    for name in names:
        value = found.group(name)
        if value not in (None, "", "-"):
            fields[name] = value
    return _without_host(fields)


def _without_host(fields: Fields) -> Fields:
    """Load balancers write whole addresses: the path is a path, the host stands aside."""
    url = _URL.match(str(fields.get("path", "")))
    if url is not None:
        fields |= {"path": url.group("path") or "/", "host_header": url.group("host")}
    return fields


def _access(body: str) -> Fields | None:
    """A quoted request and its status, then whatever the format appends."""
    found = _QUOTED.search(body)
    if found is None:
        return None
    fields = _named(found, "method", "path")
    client = _CLIENT.search(body[: found.start()])
    if client is not None:
        fields["client"] = client.group("client")
    rest = found.group("rest") or ""
    ingress, traefik, envoy = _INGRESS.search(body), _TRAEFIK.search(body), _ENVOY.search(rest)
    if ingress is not None:
        fields["upstream"] = _known(ingress.group("upstream"))
        fields["server"] = ingress.group("service")
        fields["duration_ms"] = milliseconds(ingress.group("seconds"), 1000)
    elif traefik is not None:
        fields |= {"upstream": _known(traefik.group("upstream")), "server": traefik.group("server")}
        fields["duration_ms"] = milliseconds(traefik.group("ms"))
    elif envoy is not None:
        fields["upstream"] = _known(envoy.group("upstream"))
        fields |= {"flags": _known(envoy.group("flags")), "detail": _known(envoy.group("details"))}
        cluster = (envoy.group("cluster") or "").rsplit("|", 1)[-1]
        fields["server"] = cluster or envoy.group("authority")
        fields["duration_ms"] = milliseconds(envoy.group("ms"))
    return fields


def _known(value: str | None) -> str | None:
    return None if value == "-" else value


def _plain(body: str) -> Fields | None:
    """`GET /v1/score - 503 Service Unavailable (120ms)`."""
    found = _PLAIN.search(body)
    if found is None or not _is_status(body, found.end(3), found.group("reason")):
        return None
    scale = 1000 if found.group("unit") == "s" else 1
    took = milliseconds(found.group("took"), scale)
    return {**_named(found, "method", "path"), "duration_ms": took}


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
        fields["unhealthy_percent"] = milliseconds(percent.group("percent"))
    return fields


def _alb(body: str) -> Fields | None:
    found = _ALB.search(body)
    if found is None:
        return None
    fields = _named(found, "method", "path", "client", "upstream", "server")
    fields["duration_ms"] = milliseconds(found.group("seconds"), 1000)
    return fields


def _haproxy(body: str) -> Fields | None:
    found = _HAPROXY.search(body)
    if found is None:
        return None
    fields = _named(found, "method", "path", "client", "upstream", "server", "flags")
    fields["duration_ms"] = milliseconds(found.group("took"))
    return fields


def _tornado(body: str) -> Fields | None:
    found = _TORNADO.match(body)
    if found is None:
        return None
    fields = _named(found, "method", "path", "client")
    return {**fields, "duration_ms": milliseconds(found.group("took"))}


def _uwsgi(body: str) -> Fields | None:
    found = _UWSGI.search(body)
    if found is None:
        return None
    fields = _named(found, "method", "path", "client", "pid")
    return {**fields, "duration_ms": milliseconds(found.group("took"))}


def _answer(body: str) -> Fields | None:
    """What `curl -v` or a browser shows of an answer: its first line, or the page's title."""
    found = _ANSWER.match(body.strip()) or _PAGE.search(body)
    return None if found is None else _named(found, "detail")


_READERS: tuple[Callable[[str], Fields | None], ...] = (
    _alb, _haproxy, _uwsgi, _access, _tornado, _plain, _bare, _answer,
)  # fmt: skip
