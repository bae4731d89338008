"""Health checks that answer OK while the service's own requests fail: `http.health_blind`.

Seen in one access log (nginx, Apache, uvicorn, gunicorn, tornado, and short home-made lines): a
check such as `/health` or `/readyz` is answered 200, then half and more of the other requests, five
at least, with a 5xx status, then the check with 200 again. A few failures among many answers are
ordinary, failures after the last good check are an outage that the next check may well see, and a
check that fails itself has done its work; none of these is an event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

MAX_WIDTH = 2000
MAX_BETWEEN = 1000
"""Lines between two checks that are looked at."""
LEAST_FAILED = 5
SHARE = 0.5

_ANSWER = compiled(
    r"\b(?:GET|POST|PUT|HEAD) (?P<path>/[^\s\"?]*)[^\s\"]*(?: HTTP/[\d.]+)?[\"']?\s{1,3}"
    r"(?:- )?(?P<status>[1-5]\d\d)(?:[\s,;]|$)"
)
_CHECK = compiled(
    r"(?i)^/(?:v\d/|api/|-/|actuator/|_)*(?:health|healthz|healthy|healthcheck|health_check"
    r"|livez?|liveness|ready|readyz|readiness|ping)(?:/(?:live|ready|liveness|readiness))?/?$"
)
SUCCESS = range(200, 300)
FAILURE = range(500, 600)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for a log in which good checks stand round failures."""
    del context
    good: int | None = None
    answered = failed = 0
    last: tuple[int, str] | None = None
    for hit in hits:
        check = _answer(lines[hit])
        if check is None or _CHECK.search(check[0]) is None:
            continue
        if check[1] not in SUCCESS:
            good = None
            continue
        if good is not None:
            between = [_answer(line) for line in lines[good + 1 : hit][:MAX_BETWEEN]]
            others = [one for one in between if one and _CHECK.search(one[0]) is None]
            answered += len(others)
            bad = sum(status in FAILURE for _, status in others)
            failed += bad
            last = (hit, check[0]) if bad else last
        good = hit
    if last is not None and failed >= LEAST_FAILED and failed >= SHARE * answered:
        fields: Fields = {"path": last[1], "failed": failed, "answered": answered}
        yield make_event("http.health_blind", [lines[last[0]]], fields)


def _answer(line: Line) -> tuple[str, int] | None:
    """Path and status of the request that this line is about."""
    found = _ANSWER.search(line.text[:MAX_WIDTH])
    if found is None:
        return None
    return found.group("path") or "", int(found.group("status") or 0)


_UVICORN = 'INFO:     10.2.0.8:4120 - "{request} HTTP/1.1" {status}\n'
_NGINX = '10.2.0.8 - - [02/Mar/2025:01:02:03 +0000] "{request} HTTP/1.1" {status} 31 "-" "probe"\n'


def _log(form: str, *answers: tuple[str, str]) -> str:
    return "".join(form.format(request=request, status=status) for request, status in answers)


_OK = ("GET /health", "200 OK")
_BAD = ("POST /v1/score", "500 Internal Server Error")
_GOOD = ("POST /v1/score", "200 OK")

SAMPLES = (
    Sample(
        _log(_UVICORN, _OK, *[_BAD] * 3, _OK, *[_BAD] * 3, _OK),
        kind="http.health_blind",
        fields={"path": "/health", "failed": 6, "answered": 6},
        count=1,
    ),
    Sample(
        _log(
            _NGINX, ("GET /readyz", "200"), *[("POST /rank", "502")] * 5,
            *[("POST /rank", "200")] * 3, ("GET /readyz", "200"),
        ),
        kind="http.health_blind",
        fields={"path": "/readyz", "failed": 5, "answered": 8},
    ),
    Sample(
        "GET /health 200 1ms\n" + "POST /rank 503 4ms\n" * 7 + "GET /health 200 1ms\n",
        kind="http.health_blind",
        fields={"path": "/health", "failed": 7},
    ),
    Sample(_log(_UVICORN, _OK, *[_GOOD] * 20, *[_BAD] * 6, *[_GOOD] * 20, _OK), kind=None),
    Sample(_log(_UVICORN, _OK, *[_BAD] * 9), kind=None),
    Sample(
        _log(_UVICORN, _OK, *[_BAD] * 9, ("GET /health", "503 Service Unavailable"), _OK), kind=None
    ),
    Sample(_log(_UVICORN, _OK, _BAD, _BAD, _OK), kind=None),
)  # fmt: skip

PARSER = Parser(
    name="health",
    family="app",
    literals=(
        "GET /health",
        "GET /livez",
        "GET /live ",
        "GET /ready",
        "GET /ping",
        "GET /v2/health",
        "GET /api/health",
        "GET /actuator/health",
        "GET /v1/health",
        "HEAD /health",
        "GET /-/",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("http.health_blind",),
)
