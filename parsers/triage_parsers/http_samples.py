"""Samples of the HTTP parser."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "GET /v2/score/item/5512 - 503 Service Unavailable",
        kind="http.error",
        fields={"status": 503, "method": "GET", "path": "/v2/score/item/5512"},
    ),
    Sample(
        "POST /v2/score - 500 Internal Server Error (8100ms)",
        kind="http.error",
        fields={"status": 500, "duration_ms": 8100.0},
    ),
    Sample(
        '10.1.4.9 - - [12/Mar/2024:07:15:02 +0000] "POST /v1/infer HTTP/1.1" 504 167 "-"'
        ' "curl/8.1"',
        kind="http.error",
        fields={"status": 504, "path": "/v1/infer", "method": "POST", "client": "10.1.4.9"},
    ),
    Sample(
        '10.1.4.9 - - [12/Mar/2024:07:15:02 +0000] "POST /v1/infer HTTP/1.1" 502 150 "-" "curl/8.1"'
        " 412 60.001 [ml-infer-8000] [] 10.42.3.7:8000 0 60.000 502 3f0c",
        kind="http.error",
        fields={"upstream": "10.42.3.7:8000", "server": "ml-infer-8000", "duration_ms": 60001.0},
    ),
    Sample(
        '10.8.0.3:51514 - "GET /predict HTTP/1.1" 500 Internal Server Error',
        kind="http.error",
        fields={"status": 500, "client": "10.8.0.3"},
    ),
    Sample(
        '"GET /predict HTTP/1.1" 503 UF,URX 0 91 30 - "-" "curl" "9a1b" "models" "10.0.9.2:8000"',
        kind="http.error",
        fields={"status": 503, "upstream": "10.0.9.2:8000", "flags": "UF,URX", "duration_ms": 30.0},
    ),
    Sample(
        "http 2024-03-12T07:15:02.104Z app/ml-lb/50dc6c495c 203.0.113.9:2817 10.0.0.7:8000 0.000"
        ' 12.001 0.000 502 502 34 366 "GET http://ml.example.com:80/predict HTTP/1.1" "curl" - -',
        kind="http.error",
        fields={"status": 502, "upstream": "10.0.0.7:8000", "duration_ms": 12001.0},
    ),
    Sample(
        "level=warn method=POST path=/embed status=503 upstream=emb-0:9000 duration_ms=15.5",
        kind="http.error",
        fields={"status": 503, "path": "/embed", "upstream": "emb-0:9000", "duration_ms": 15.5},
    ),
    Sample(
        "503 Service Unavailable: 71% of backends unhealthy.",
        kind="http.error",
        fields={"status": 503, "unhealthy_percent": 71.0},
    ),
    Sample(
        "*81 upstream timed out (110: Connection timed out) while reading response header from"
        ' upstream, client: 10.2.0.8, server: ml.example.com, request: "POST /infer HTTP/1.1",'
        ' upstream: "http://10.42.0.9:8000/infer", host: "ml.example.com"',
        kind="http.upstream",
        fields={
            "what": "timeout",
            "client": "10.2.0.8",
            "server": "ml.example.com",
            "upstream": "http://10.42.0.9:8000/infer",
            "path": "/infer",
        },
    ),
    Sample(
        "144#144: *9 connect() failed (111: Connection refused) while connecting to upstream,"
        ' client: 10.0.0.4, server: , request: "GET /config HTTP/1.1", upstream:'
        ' "http://127.0.0.1:9/config", host: "x"',
        kind="http.upstream",
        fields={"what": "refused", "upstream": "http://127.0.0.1:9/config"},
    ),
    Sample(
        "upstream connect error or disconnect/reset before headers. reset reason:"
        " connection failure",
        kind="http.upstream",
        fields={"what": "refused", "detail": "connection failure"},
    ),
    Sample(
        '{"request_method":"PUT","uri":"/embed","status":"503","upstream_addr":"10.9.1.7:9000"}',
        kind="http.error",
        fields={"status": 503, "method": "PUT", "path": "/embed", "upstream": "10.9.1.7:9000"},
    ),
    Sample(
        "connect() to unix:/run/scorer.sock failed (11: Resource temporarily unavailable) while"
        " connecting to upstream, client: 10.2.0.8, server: ml.example.com",
        kind="http.upstream",
        fields={"what": "busy", "upstream": "unix:/run/scorer.sock"},
    ),
    Sample(
        "ERROR:tornado.access:500 PUT /embed (10.9.1.7) 8.10ms",
        kind="http.error",
        fields={"status": 500, "method": "PUT", "client": "10.9.1.7", "duration_ms": 8.1},
    ),
    Sample("WARNING:tornado.access:404 PUT /embed/500 (10.9.1.7) 8.10ms", kind=None),
    Sample(
        '10.1.4.9 - - [12/Mar/2024:07:15:02 +0000] "GET /a HTTP/1.1" 200 503 "-" "curl/8.1"',
        kind=None,
    ),
    Sample(
        "2025/04/02 05:40:00 [info] 44#44: *990 recv() failed (104: Connection reset by peer)"
        " while keepalive, client: 10.1.9.1, server: 0.0.0.0:443",
        kind=None,
    ),
    Sample("Our future is currently a 503 Service Unavailable error.", kind=None),
    Sample("Loaded 500 rows in 503 ms, next batch: 504, 505", kind=None),
    Sample("GET /models/v1/500 HTTP/1.1 200 12ms shard 500 of 900", kind=None),
    Sample("requests.exceptions.HTTPError: 503 Server Error: x for url: https://hub/x", kind=None),
)
