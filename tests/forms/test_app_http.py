"""Failed requests in the access and error logs of every web server and proxy."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

HEAD = "10.3.0.9 - - [03/Jun/2025:17:21:09 +0000] "
REQUEST = '"POST /score HTTP/1.1"'
TAIL = '"-" "curl/8.4"'
ASKED: dict[str, Value] = {"method": "POST", "path": "/score"}
NGINX = "2025/06/03 17:21:09 [error] 31#31: *81 "
BEHIND = (
    ', client: 10.3.0.9, server: api.example, request: "POST /score HTTP/1.1", upstream: '
    '"http://10.42.3.7:8000/score", host: "api.example"\n'
)
SPOKE: dict[str, Value] = {
    **ASKED, "client": "10.3.0.9", "server": "api.example", "host_header": "api.example",
    "upstream": "http://10.42.3.7:8000/score", "pid": 31, "level": "error",
}  # fmt: skip


def failed(row: str, text: str, status: int, near_miss: str, **fields: Value) -> Form:
    """A line that is one failed request."""
    want = Want("http.error", {"status": status, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss, name="access.log", parser="http", unclaimed=0)


def reason(row: str, said: str, what: str, near_miss: str) -> Form:
    """A line of nginx's error log about the server behind it."""
    want = Want("http.upstream", {**SPOKE, "what": what}, (1, 1))
    return Form(row, NGINX + said + BEHIND, (want,), near_miss, parser="http", unclaimed=0)


ACCESS = (
    failed(
        "nginx, Apache, gunicorn: combined", f"{HEAD}{REQUEST} 504 167 {TAIL}", 504,
        f"{HEAD}{REQUEST} 200 504 {TAIL}", client="10.3.0.9", **ASKED,
    ),
    failed(
        "common, without referrer and agent", f"{HEAD}{REQUEST} 500 0", 500,
        f'{HEAD}"POST /score/500 HTTP/1.1" 200 0', client="10.3.0.9", **ASKED,
    ),
    failed(
        "IPv6 client", f"::1 - - [03/Jun/2025:17:21:09 +0000] {REQUEST} 503 190 {TAIL}", 503,
        f"::1 - - [03/Jun/2025:17:21:09 +0000] {REQUEST} 303 503 {TAIL}", client="::1", **ASKED,
    ),
    failed(
        "nothing behind the status", f"{HEAD}{REQUEST} 502", 502, f"{HEAD}{REQUEST} 202", **ASKED,
    ),
    failed(
        "Cloudflare's own codes", f"{HEAD}{REQUEST} 524 0 {TAIL}", 524,
        f"{HEAD}{REQUEST} 204 524 {TAIL}", **ASKED,
    ),
    failed(
        "ingress-nginx", f"{HEAD}{REQUEST} 502 150 {TAIL} 412 60.001 [ml-ranker-8000] [] "
        "10.42.3.7:8000 0 60.000 502 3f0c9a", 502,
        f"{HEAD}{REQUEST} 200 502 {TAIL} 412 0.001 [ml-ranker-8000] [] 10.42.3.7:8000 0 0.5 200 3f",
        upstream="10.42.3.7:8000", server="ml-ranker-8000", duration_ms=60001.0, **ASKED,
    ),
    failed(
        "ingress-nginx, three tries", f"{HEAD}{REQUEST} 504 160 {TAIL} 412 15.002 [ml-ranker-8000]"
        " [] 10.42.3.7:8000, 10.42.3.8:8000 0, 0 7.501, 7.501 504, 504 3f0c9a", 504,
        f"{HEAD}{REQUEST} 200 160 {TAIL} 412 7.6 [a] [] 10.42.3.7:8000, 10.42.3.8:8000 0, 9 7.5, "
        "0.1 504, 200 3f", upstream="10.42.3.7:8000, 10.42.3.8:8000", duration_ms=15002.0,
    ),
    failed(
        "ingress-nginx, no endpoint", f"{HEAD}{REQUEST} 503 190 {TAIL} 412 0.001 [ml-ranker-8000] "
        "[] - - - - 3f0c9a", 503, f"{HEAD}{REQUEST} 308 503 {TAIL} 412 0.000 [ml-r] [] - - - - 3f",
        server="ml-ranker-8000", duration_ms=1.0,
    ),
    failed(
        "Traefik", f'{HEAD}{REQUEST} 502 11 "-" "-" 8 "ranker@docker" "http://10.42.3.7:8000" 2ms',
        502, f'{HEAD}{REQUEST} 200 502 "-" "-" 8 "ranker@docker" "http://10.42.3.7:8000" 503ms',
        server="ranker@docker", upstream="http://10.42.3.7:8000", duration_ms=2.0, **ASKED,
    ),
    failed(
        "envoy", f'[2025-06-03T17:21:09.482Z] {REQUEST} 504 UT 12 24 15000 - "10.3.0.9" "curl" '
        '"3f0c" "ranker.ml" "10.42.3.7:8000"', 504,
        f'[2025-06-03T17:21:09.482Z] {REQUEST} 200 - 12 504 503 - "-" "c" "3f" "r" "10.42.3.7:80"',
        flags="UT", upstream="10.42.3.7:8000", server="ranker.ml", duration_ms=15000.0, **ASKED,
    ),
    failed(
        "Istio's envoy", f"[2025-06-03T17:21:09.482Z] {REQUEST} 503 UF,URX "
        'upstream_reset_before_response_started{connection_failure} - "-" 12 91 30 - "10.3.0.9" '
        '"curl" "3f0c" "ranker.ml" "10.42.3.7:8000" outbound|8000||ranker.ml.svc.cluster.local - '
        "10.96.1.2:8000 10.3.0.9:51514 - default", 503,
        f'[2025-06-03T17:21:09.482Z] {REQUEST} 200 - via_upstream - "-" 12 503 9 8 "-" "c" "3f" "r"'
        ' "10.42.3.7:8000" inbound|8000|| 127.0.0.1:1 10.42.3.7:8000 10.3.0.9:5 - default',
        flags="UF,URX", upstream="10.42.3.7:8000", server="ranker.ml.svc.cluster.local",
        detail="upstream_reset_before_response_started{connection_failure}", duration_ms=30.0,
    ),
    failed(
        "AWS application load balancer", "https 2025-06-03T17:21:09.482613Z app/ml-lb/50dc6c "
        "10.3.0.9:51514 10.0.0.7:8000 0.000 12.001 0.000 502 502 34 366 "
        '"POST https://ml.example:443/score HTTP/1.1" "curl" - -', 502,
        "https 2025-06-03T17:21:09.482613Z app/ml-lb/50dc6c 10.3.0.9:51514 10.0.0.7:8000 0.000 "
        '0.503 0.000 200 200 502 503 "POST https://ml.example:443/score HTTP/1.1" "curl" - -',
        client="10.3.0.9", upstream="10.0.0.7:8000", server="app/ml-lb/50dc6c",
        host_header="ml.example", duration_ms=12001.0, **ASKED,
    ),
    failed(
        "AWS classic load balancer", "2025-06-03T17:21:09.482613Z ml-lb 10.3.0.9:51514 "
        '10.0.0.7:8000 0.000 0.250 0.000 504 0 34 366 "POST http://ml.example:80/score HTTP/1.1"'
        ' "c" - -', 504,
        "2025-06-03T17:21:09.482613Z ml-lb 10.3.0.9:51514 10.0.0.7:8000 0.000 0.5 0.0 "
        '200 200 504 503 "POST http://ml.example:80/score HTTP/1.1" "c" - -',
        server="ml-lb", upstream="10.0.0.7:8000", duration_ms=250.0, **ASKED,
    ),
    failed(
        "HAProxy", "Jun  3 17:21:09 lb-1 haproxy[812]: 10.3.0.9:51514 [03/Jun/2025:17:21:09.482] "
        "http-in ranker/srv1 0/0/1/-1/60001 504 194 - - sH-- 1/1/0/0/0 0/0 "
        f"{REQUEST}", 504, "Jun  3 17:21:09 lb-1 haproxy[812]: 10.3.0.9:51514 "
        f"[03/Jun/2025:17:21:09.482] http-in ranker/srv1 0/0/1/503/504 200 502 - - ---- 1/1 0/0 "
        f"{REQUEST}", host="lb-1", server="http-in", upstream="ranker/srv1", flags="sH--",
        duration_ms=60001.0, **ASKED,
    ),
    failed(
        "uvicorn", f"INFO:     10.3.0.9:51514 - {REQUEST} 500 Internal Server Error", 500,
        f"INFO:     10.3.0.9:51514 - {REQUEST} 404 Not Found", client="10.3.0.9", **ASKED,
    ),
    failed(
        "werkzeug", f"10.3.0.9 - - [03/Jun/2025 17:21:09] {REQUEST} 500 -", 500,
        f"10.3.0.9 - - [03/Jun/2025 17:21:09] {REQUEST} 302 -", client="10.3.0.9", **ASKED,
    ),
    failed(
        "Django's test server", f"[03/Jun/2025 17:21:09] {REQUEST} 500 145", 500,
        f"[03/Jun/2025 17:21:09] {REQUEST} 200 500", **ASKED,
    ),
    failed(
        "tornado", "ERROR:tornado.access:500 POST /score (10.3.0.9) 12.31ms", 500,
        "WARNING:tornado.access:404 POST /score/500 (10.3.0.9) 503.00ms", client="10.3.0.9",
        duration_ms=12.31, **ASKED,
    ),
    failed(
        "uWSGI", "[pid: 812|app: 0|req: 44/81] 10.3.0.9 () {42 vars in 612 bytes} "
        "[Tue Jun  3 17:21:09 2025] POST /score => generated 0 bytes in 60001 msecs (HTTP/1.1 500) "
        "0 headers in 0 bytes (0 switches on core 0)", 500,
        "[pid: 812|app: 0|req: 44/81] 10.3.0.9 () {42 vars in 612 bytes} [Tue Jun  3 17:21:09 2025]"
        " POST /score => generated 500 bytes in 503 msecs (HTTP/1.1 200) 0 headers in 0 bytes (0 s",
        pid=812, client="10.3.0.9", duration_ms=60001.0, **ASKED,
    ),
    failed(
        "home-made", "[17:21:09] POST /score - 503 Service Unavailable (120ms)", 503,
        "[17:21:09] POST /score - 200 OK (503ms)", duration_ms=120.0, **ASKED,
    ),
    failed(
        "express", "POST /score 500 61.2 ms - 88", 500, "POST /score 200 503 ms - 500",
        duration_ms=61.2, **ASKED,
    ),
    failed(
        "a balancer's whole message",
        "2025-06-03T17:21:09Z [FATAL] [lb] – 503 Service Unavailable: 91% of backends unhealthy.",
        503, "The future of that plan is a 503 Service Unavailable error.", unhealthy_percent=91.0,
        level="fatal",
    ),
    failed(
        "curl -v", "< HTTP/1.1 502 Bad Gateway", 502, "< HTTP/1.1 302 Found",
        detail="Bad Gateway",
    ),
    failed(
        "a page", "<html><head><title>504 Gateway Time-out</title></head>", 504,
        "<html><head><title>504 ways to cook rice</title></head>", detail="Gateway Time-out",
    ),
)  # fmt: skip

UPSTREAM = (
    reason(
        "slow", "upstream timed out (110: Connection timed out) while reading response header from "
        "upstream", "timeout", "proxy_read_timeout 60s; # or else: timed out\n",
    ),
    reason(
        "down", "connect() failed (111: Connection refused) while connecting to upstream",
        "refused", "2025/06/03 17:21:09 [notice] 1#1: connect() failed nowhere\n",
    ),
    reason(
        "no way there", "connect() failed (113: No route to host) while connecting to upstream",
        "unreachable", "2025/06/03 17:21:09 [info] 1#1: *8 client 113 closed the connection\n",
    ),
    reason(
        "its end of the connection was reset",
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
        "reset", "2025/06/03 17:21:09 [info] 31#31: *81 client prematurely closed connection\n",
    ),
    reason(
        "it hung up", "upstream prematurely closed connection while reading response header from "
        "upstream", "closed",
        "2025/06/03 17:21:09 [info] 31#31: *81 client prematurely closed connection\n",
    ),
    reason(
        "all of them were given up", "no live upstreams while connecting to upstream", "no_live",
        "2025/06/03 17:21:09 [notice] 1#1: upstreams are live\n",
    ),
    reason(
        "no socket", "connect() to unix:/run/app.sock failed (2: No such file or directory) while "
        "connecting to upstream", "refused",
        '2025/06/03 17:21:09 [error] 3#3: *1 open() "/srv/unix: x" failed (2: No such file)\n',
    ),
    reason(
        "its queue is full", "connect() to unix:/run/app.sock failed (11: Resource temporarily "
        "unavailable) while connecting to upstream", "busy", "connect() to unix: sockets is fast\n",
    ),
    Form(
        "HAProxy gives a server up", "Server ranker/srv1 is DOWN, reason: Layer4 connection problem"
        ', info: "Connection refused", check duration: 0ms. 0 active and 0 backup servers left.\n',
        (Want("http.upstream", {"what": "refused", "upstream": "ranker/srv1"}, (1, 1)),),
        "Server ranker/srv1 is UP, reason: Layer7 check passed, code: 200\n", parser="http",
    ),
    Form(
        "HAProxy has none left", "backend ranker has no server available!\n",
        (Want("http.upstream", {"what": "no_live", "upstream": "backend ranker"}, (1, 1)),),
        "backend ranker started.\n", parser="http",
    ),
    Form(
        "envoy's answer", "upstream connect error or disconnect/reset before headers. reset reason:"
        " connection failure\n",
        (Want("http.upstream", {"what": "refused", "detail": "connection failure"}, (1, 1)),),
        "reset reason: connection failure is documented\n", parser="http",
    ),
    Form(
        "Apache's proxy", "[Tue Jun 03 17:21:09.482613 2025] [proxy:error] [pid 812:tid 14] "
        "(111)Connection refused: AH00957: HTTP: attempt to connect to 10.42.3.7:8000 (10.42.3.7) "
        "failed\n",
        (Want("http.upstream", {"what": "refused", "upstream": "10.42.3.7:8000", "pid": 812}),),
        "[Tue Jun 03 17:21:09.482613 2025] [mpm_event:notice] [pid 1:tid 1] AH00489: resuming\n",
        parser="http",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", [*ACCESS, *UPSTREAM], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
