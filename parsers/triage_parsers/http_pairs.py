"""Access records that are pairs: `status=503 path=/x`, and JSON objects of whatever names.

nginx, ingress-nginx, envoy, Caddy, Traefik, Google's load balancer and structured loggers name
the same things differently. A status alone proves nothing: method, path or upstream must be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.http_lines import milliseconds

MAX_JSON = 1 << 16
MAX_DEPTH = 3
FAILED = range(500, 600)

_PAIR = compiled(
    r"(?i)[\"']?\b(?:status|status_code|http_status|response_code|statuscode"
    r"|code)[\"']?\s*[=:]\s*[\"']?(?P<status>5\d\d)\b"
)
_PAIRS: tuple[tuple[str, str], ...] = (
    ("method", "method|verb|request_method|http_method"),
    ("path", "path|uri|url|request_uri|http_path|endpoint"),
    ("upstream", "upstream|upstream_addr|upstream_host|backend"),
    ("client", "client|client_ip|remote_addr|remote_ip|peer|fwd"),
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
    r"(?i)\b(?:duration_ms|latency_ms|elapsed_ms|response_time_ms|duration|service)[\"']?\s*[=:]\s*"
    r"(?P<ms>[\d.]+)(?P<unit>ms|s)?\b"
)

_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("status", (
        "status", "status_code", "http_status", "response_code", "statuscode", "downstreamstatus",
        "http.response.status_code", "httprequest.status", "response.status", "res.statuscode",
        "http.status_code", "code",
    )),
    ("method", (
        "method", "request_method", "http_method", "requestmethod", "request.method",
        "httprequest.requestmethod", "http.request.method", "req.method", "http.method", "verb",
    )),
    ("path", (
        "path", "uri", "request_uri", "url", "requestpath", "request.uri", "url.path",
        "httprequest.requesturl", "req.url", "http.url", "http_path", "endpoint",
    )),
    ("upstream", (
        "upstream_addr", "upstream_host", "upstream", "serviceaddr", "serviceurl", "backend",
        "httprequest.serverip", "upstream_cluster",
    )),
    ("client", (
        "remote_addr", "client_ip", "remote_ip", "clienthost", "clientaddr", "request.remote_ip",
        "httprequest.remoteip", "client.ip", "x_forwarded_for", "client", "peer",
    )),
    ("server", (
        "vhost", "authority", "host", "requesthost", "request.host", "server_name", "server",
    )),
    ("request", ("request", "request_line")),
    ("flags", ("response_flags",)),
)  # fmt: skip
_DURATIONS: tuple[tuple[str, float], ...] = (
    ("duration_ms", 1), ("latency_ms", 1), ("elapsed_ms", 1), ("response_time_ms", 1),
    ("request_time", 1000), ("responsetime", 1),
)  # fmt: skip
_REQUEST = compiled(r"^(?P<method>[A-Z]{3,7}) (?P<path>\S+)")
_PORT = compiled(r"^(?P<address>\d{1,3}(?:\.\d{1,3}){3}):\d+$")
_URL = compiled(r"^[a-z]+://(?P<host>[^/]+?)(?::\d+)?(?P<path>/.*)?$")


def pairs_error(text: str) -> Fields | None:
    """`status=503 method=GET path=/x`."""
    found = _PAIR.search(text)
    if found is None:
        return None
    fields: Fields = {"status": int(found.group("status") or "0")}
    for name, pattern in _PAIR_VALUES.items():
        value = pattern.search(text)
        if value is not None:
            fields[name] = value.group("quoted") or value.group("plain")
    if not {"method", "path", "upstream"} & fields.keys():
        return None
    took = _PAIR_MS.search(text)
    if took is not None:
        scale = 1000 if took.group("unit") == "s" else 1
        fields["duration_ms"] = milliseconds(took.group("ms"), scale)
    return fields


def json_error(text: str) -> Fields | None:
    """The same as a JSON object, by itself or behind a wrapper."""
    start = text.find("{")
    record = _decoded(text[start : start + MAX_JSON]) if start >= 0 else None
    if record is None:
        return None
    flat = {key: value for key, value in _flat(record, "", 0) if value not in (None, "", "-")}
    fields: Fields = {}
    for name, keys in _KEYS:
        for key in keys:
            value = flat.get(key)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                fields[name] = value if isinstance(value, int) else str(value)[:500]
                break
    status = str(fields.get("status", "")).split(",", 1)[0].strip()
    if not status.isdecimal() or int(status[:6]) not in FAILED:
        return None
    fields["status"] = int(status)
    request = _REQUEST.match(str(fields.pop("request", "")))
    if request is not None:
        fields |= {name: request.group(name) for name in ("method", "path") if name not in fields}
    if not {"method", "path", "upstream"} & fields.keys():
        return None
    port = _PORT.match(str(fields.get("client", "")))
    if port is not None:
        fields["client"] = port.group("address")
    return {**_split_url(fields), "duration_ms": _duration(flat)}


def _decoded(text: str) -> Mapping[str, object] | None:
    text = text.rstrip()
    if not text.endswith("}"):
        return None
    try:
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _flat(record: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    """Keys in lower case, those of inner objects behind a dot."""
    for key, value in record.items():
        name = f"{prefix}{key}".lower()
        if isinstance(value, dict):
            if depth < MAX_DEPTH:
                yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def _split_url(fields: Fields) -> Fields:
    url = _URL.match(str(fields.get("path", "")))
    if url is not None:
        fields["path"] = url.group("path") or "/"
        fields.setdefault("server", url.group("host"))
    return fields


def _duration(flat: Mapping[str, object]) -> float | None:
    """How long it took, in milliseconds: only where the key or the value says the unit."""
    for key, scale in _DURATIONS:
        value = milliseconds(str(flat.get(key, "")), int(scale))
        if value is not None:
            return value
    latency = flat.get("httprequest.latency")
    if isinstance(latency, str) and latency.endswith("s"):
        return milliseconds(latency[:-1], 1000)
    if "downstreamstatus" in flat:  # Traefik counts nanoseconds
        took = milliseconds(str(flat.get("duration", "")))
        return None if took is None else round(took / 1_000_000, 3)
    if "response_flags" in flat:  # envoy counts milliseconds
        return milliseconds(str(flat.get("duration", "")))
    if "request.remote_ip" in flat:  # Caddy counts seconds
        return milliseconds(str(flat.get("duration", "")), 1000)
    return None
