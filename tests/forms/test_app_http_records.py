"""Failed requests in access logs that are JSON objects or key=value pairs."""

from __future__ import annotations

import json

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

ASKED: dict[str, Value] = {"method": "POST", "path": "/score"}


def record(
    row: str, status: int, said: dict[str, object], healthy: dict[str, object], **fields: Value
) -> Form:
    """One record as a line, and the same server's record of a request that went well."""
    want = Want("http.error", {"status": status, **ASKED, **fields}, (1, 1))
    near_miss = json.dumps({**said, **healthy}) + "\n"
    return Form(row, json.dumps(said) + "\n", (want,), near_miss, name="access.log", parser="http")


def pairs(row: str, status: int, text: str, healthy: str, **fields: Value) -> Form:
    """One line of pairs."""
    want = Want("http.error", {"status": status, **ASKED, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), healthy + "\n", name="access.log", parser="http")


FORMS = [
    record(
        "nginx, log_format json: all values are texts", 504,
        {"time_local": "03/Jun/2025:17:21:09 +0000", "remote_addr": "10.3.0.9",
         "request": "POST /score HTTP/1.1", "status": "504", "body_bytes_sent": "167",
         "request_time": "60.002", "upstream_addr": "10.3.1.4:8000", "upstream_status": "504"},
        {"status": "200", "body_bytes_sent": "504", "upstream_status": "200"},
        client="10.3.0.9", upstream="10.3.1.4:8000", duration_ms=60002.0,
    ),
    record(
        "ingress-nginx, log-format-upstream", 503,
        {"time": "2025-06-03T17:21:09+00:00", "remote_addr": "10.3.0.9", "x_forwarded_for": "-",
         "request_id": "3f0c", "bytes_sent": 167, "request_time": 0.004, "status": 503,
         "vhost": "api.example", "path": "/score", "request_query": "", "method": "POST",
         "upstream_addr": "10.3.1.4:8000"},
        {"status": 200, "bytes_sent": 503},
        client="10.3.0.9", server="api.example", upstream="10.3.1.4:8000", duration_ms=4.0,
    ),
    record(
        "envoy", 503,
        {"start_time": "2025-06-03T17:21:09.482Z", "method": "POST", "path": "/score",
         "response_code": 503, "response_flags": "UH", "bytes_received": 10, "bytes_sent": 19,
         "duration": 2, "upstream_host": "10.3.1.4:8000", "authority": "ranker.ml"},
        {"response_code": 200, "bytes_sent": 503, "duration": 500},
        flags="UH", server="ranker.ml", upstream="10.3.1.4:8000", duration_ms=2.0,
    ),
    record(
        "Caddy: the request is an object, seconds", 502,
        {"level": "error", "ts": 1748971269.48, "logger": "http.log.access.log0",
         "msg": "handled request", "request": {"remote_ip": "10.3.0.9", "method": "POST",
         "host": "api.example", "uri": "/score"}, "duration": 0.25, "size": 0, "status": 502},
        {"status": 200, "size": 502},
        client="10.3.0.9", server="api.example", duration_ms=250.0, level="error",
    ),
    record(
        "Traefik: capital names, nanoseconds", 504,
        {"ClientAddr": "10.3.0.9:51514", "DownstreamStatus": 504, "Duration": 60002000000,
         "OriginStatus": 0, "RequestHost": "api.example", "RequestMethod": "POST",
         "RequestPath": "/score", "ServiceAddr": "10.3.1.4:8000", "level": "info", "msg": "",
         "time": "2025-06-03T17:21:09Z"},
        {"DownstreamStatus": 200, "DownstreamContentSize": 504},
        client="10.3.0.9", server="api.example", upstream="10.3.1.4:8000", duration_ms=60002.0,
    ),
    record(
        "Google's load balancer", 503,
        {"severity": "WARNING", "timestamp": "2025-06-03T17:21:09.482613Z", "logName": "x",
         "httpRequest": {"requestMethod": "POST", "requestUrl": "https://api.example/score",
         "status": 503, "latency": "0.012s", "remoteIp": "10.3.0.9", "serverIp": "10.3.1.4"}},
        {"httpRequest": {"requestMethod": "POST", "requestUrl": "https://x/503", "status": 200}},
        client="10.3.0.9", server="api.example", upstream="10.3.1.4", duration_ms=12.0,
    ),
    record(
        "ECS", 500,
        {"@timestamp": "2025-06-03T17:21:09.482Z", "log.level": "info", "message": "request",
         "http": {"request": {"method": "POST"}, "response": {"status_code": 500}},
         "url": {"path": "/score"}, "client": {"ip": "10.3.0.9"}},
        {"http": {"response": {"status_code": 200, "bytes": 500}}},
        client="10.3.0.9",
    ),
    record(
        "pino-http", 500,
        {"level": 50, "time": 1748971269482, "pid": 1207, "hostname": "web-3",
         "req": {"id": 7, "method": "POST", "url": "/score"}, "res": {"statusCode": 500},
         "responseTime": 12.5, "msg": "request errored"},
        {"res": {"statusCode": 200, "bytes": 500}},
        host="web-3", pid=1207, duration_ms=12.5,
    ),
    pairs(
        "logfmt", 503, 'time="2025-06-03T17:21:09Z" level=error msg="request" method=POST '
        "path=/score status=503 duration_ms=12.4",
        'time="2025-06-03T17:21:09Z" level=info msg="request" method=POST path=/score status=200 '
        "duration_ms=503 bytes=504 ", level="error", duration_ms=12.4,
    ),
    pairs(
        "lograge", 500, "method=POST path=/score format=json controller=Score status=500 "
        "duration=61.22 view=0.31",
        "method=POST path=/score format=json controller=Score status=200 duration=500 view=503 x",
        duration_ms=61.22,
    ),
    pairs(
        "Heroku's router", 503, 'at=error code=H12 desc="Request timeout" method=POST path="/score"'
        ' host=api.example fwd="10.3.0.9" dyno=web.1 connect=0ms service=30000ms status=503',
        'at=info method=POST path="/score" host=api.example fwd="10.3.0.9" dyno=web.1 connect=0ms '
        "service=503ms status=200 bytes=504 x", client="10.3.0.9", server="api.example",
        duration_ms=30000.0,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
