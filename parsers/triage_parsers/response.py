"""Answers of a model service: `model.response`, with the values in them that are no numbers.

A service that answers `"status": "success"` over `"prediction": NaN` looks healthy to every check
that reads status codes only. An answer is a JSON object (a file, a line, or pasted into a log, a
page or a chat) with a status and predicted values, or one log line such as
`POST /predict status=200 prediction=nan`. Python's `json` writes NaN and Infinity, which are not
JSON; some services write them as text. Healthy answers are events too, with no `nan_fields`.
Whether a number is plausible is not judged here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.lenient_json import Json, JsonObject, read_object

MAX_BACK = 60
"""Lines above a hit in which its object may begin."""
MAX_ROWS = 400
MAX_WIDTH = 2000
"""Characters at the end of a line in which brackets are counted."""
MAX_CHARACTERS = 60_000
MAX_PATHS = 20

_STATUS_KEYS = (
    "status",
    "success",
    "status_code",
    "statuscode",
    "http_status",
    "ok",
    "code",
    "state",
)
_GOOD = frozenset(
    {"success", "succeeded", "successful", "ok", "200", "200 ok", "done", "completed"}
)
_BAD = frozenset({"error", "failed", "failure", "fail", "exception", "timeout", "rejected"})
_VALUE_WORDS = frozenset(
    (
        "prediction", "predictions", "predicted", "pred", "preds", "score", "scores", "output",
        "outputs", "logits", "logit", "probability", "probabilities", "probs", "prob", "proba",
        "confidence", "embedding", "embeddings", "forecast", "yhat",
    )
)  # fmt: skip
_NOT_VALUES = frozenset(
    ("tokens", "token", "path", "threshold", "length", "size", "count", "dir", "ms")
)
_REQUEST_KEYS = ("request_id", "requestid", "req_id", "trace_id", "id")
_LATENCY_KEYS = ("latency_ms", "duration_ms", "elapsed_ms", "inference_ms")
_NAN_TEXT = frozenset(("nan", "inf", "-inf", "infinity", "-infinity", "+inf"))
OK = 200
BAD_REQUEST = 400
MAX_DIGITS = 9
_WORDS = compiled(r"[^A-Za-z0-9]+")
_MEMBER = compiled(
    r"^\s*(?:[\"'“‘]?[\w.$ -]{1,80}[\"'”’]?\s*:|[{}\[\]],?|[\"'“]|-?\d|NaN|-?Infinity|nan)"
)
_KEY = compiled(r"^\s*[\"'“‘][^\"'“”‘’]*[\"'”’]\s*:\s*$")
_OPENS = compiled(r"[{\[]\s*$")
_BRACE = re.compile(r"[{}]")

_LINE_STATUS = compiled(
    r"(?i)\b(?:status|status_code|http_status|success|code)[\"']?\s*[=:]\s*[\"']?"
    r"(?P<status>\w+)|HTTP/[\d.]+[\"']? (?P<http>\d{3})\b|(?P<bare>\b200\b)(?: OK\b|\s)"
)
_LINE_NAN = compiled(
    r"(?i)\b(?P<key>(?:[a-z0-9]+_)*(?:prediction|predicted|pred|score|output|logits?|prob"
    r"|probability|confidence|forecast)s?(?:_[a-z0-9]+)?)\s*[=:]\s*\[?[\"']?"
    r"(?P<value>[+-]?(?:nan|inf(?:inity)?))\b"
)
_LINE_ID = compiled(r"\b(?:request_id|req_id|request|req|trace_id)\s*[=:]\s*[\"']?(?P<id>[\w.-]+)")
_LINE_LATENCY = compiled(
    r"\b(?:latency|duration|elapsed|took)(?:_ms)?\s*[=:]?\s*(?P<ms>[\d.]+) ?ms\b"
)
_LINE_MS = compiled(r"\b(?:latency_ms|duration_ms|elapsed_ms)\s*[=:]\s*(?P<ms>[\d.]+)")


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each answer."""
    del context
    done = -1
    bare = _Bare(lines)
    for hit in hits:
        if hit <= done:
            continue
        event, last = _at(lines, hit, done + 1, bare)
        done = max(done, last)
        if event is not None:
            yield event


class _Bare:
    """Remembers lines in which no object opens: of a flood each is looked at once."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._known = range(0)

    def reaches(self, low: int, high: int) -> bool:
        """No object opens in these lines, both ends included."""
        at = high
        while at >= low:
            if at in self._known:
                at = self._known.start - 1
                continue
            text = self._lines[at].text
            if "{" in text or "&" in text:  # an entity may stand for a brace
                break
            at -= 1
        self._known = range(at + 1, high + 1)
        return at < low


def _at(lines: Sequence[Line], hit: int, floor: int, bare: _Bare) -> tuple[Event | None, int]:
    """The answer round this line, and the last line that was looked at for it."""
    line = lines[hit]
    fields = _one_line(line)
    if fields is None or "success" not in fields:
        low = max(floor, hit - MAX_BACK)
        start = None if bare.reaches(low, hit) else _start(lines, hit, low)
        text, count = ("", 0) if start is None else _block(lines, start)
        whole = _fields(read_object(text)) if text and count > 1 else None
        if start is not None and whole is not None and start + count > hit:
            end = start + count
            return make_event("model.response", lines[start:end], whole), end - 1
    return (None if fields is None else make_event("model.response", [line], fields)), hit


def _one_line(line: Line) -> Fields | None:
    """The answer that this line holds alone."""
    for text in dict.fromkeys((line.body, line.text)):
        place = text.find("{")
        if place >= 0 and len(text) <= MAX_CHARACTERS and _KEY.search(text[:place]) is None:
            fields = _fields(read_object(text[place:]))
            if fields is not None:
                return fields
    return _line_fields(line.body)


def _start(lines: Sequence[Line], hit: int, low: int) -> int | None:
    """The line on which the outermost object round this line opens."""
    start = None
    closed = 0
    for back in range(hit, low - 1, -1):
        text = lines[back].body[-MAX_WIDTH:]
        member = _MEMBER.match(text) is not None
        if back != hit and not member and _OPENS.search(text) is None:
            break
        for brace in reversed(_BRACE.findall(text)):
            if brace == "}":
                closed += 1
            elif closed:
                closed -= 1
            else:
                start = back
        if not member:
            break
    return start


def _block(lines: Sequence[Line], start: int) -> tuple[str, int]:
    """The object that opens here and its number of lines; no text where it does not close."""
    first = lines[start].body
    rows = [first[first.find("{") :]]
    depth = rows[0].count("{") - rows[0].count("}")
    size = len(rows[0])
    for line in lines[start + 1 : start + MAX_ROWS]:
        if depth <= 0 or size > MAX_CHARACTERS:
            break
        rows.append(line.body)
        size += len(line.body)
        depth += line.body.count("{") - line.body.count("}")
    return "\n".join(rows) if depth <= 0 else "", len(rows)


def _fields(answer: JsonObject | None) -> Fields | None:
    """What the answer says, None if it is none."""
    if answer is None:
        return None
    flat = list(_leaves(answer, "", 0))
    values = [path for path, value in flat if _is_value(path, value)]
    if not values:
        return None
    bad = [path for path, value in flat if _is_nan(value)]
    status = _status(answer)
    if status is None and not bad:
        return None
    fields: Fields = {} if status is None else {"success": status}
    fields |= {
        "nan_fields": ", ".join(bad[:MAX_PATHS]),
        "value_fields": ",".join(dict.fromkeys(_top(path) for path in values[:200])),
    }
    fields["request_id"] = _text(_first(answer, _REQUEST_KEYS))
    latency = _first(answer, _LATENCY_KEYS)
    if isinstance(latency, int | float) and not isinstance(latency, bool):
        fields["latency_ms"] = latency
    return fields


def _leaves(value: Json, path: str, depth: int) -> Iterator[tuple[str, Json]]:
    """Every value that holds no others, with its key path: `outputs[0].score`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]", depth + 1)
    else:
        yield path, value


def _is_nan(value: Json) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, str) and value.strip().lower() in _NAN_TEXT


def _is_value(path: str, value: Json) -> bool:
    """A number (or what stands for one) under a key that names a model's output."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number and not _is_nan(value):
        return False
    for key in path.split("."):
        words = set(_WORDS.sub("_", key.split("[", 1)[0]).lower().split("_"))
        if words & _VALUE_WORDS and not words & _NOT_VALUES:
            return True
    return False


def _top(path: str) -> str:
    return path.split("[", 1)[0]


def _first(answer: JsonObject, names: Sequence[str]) -> Json:
    """The value of the first of these keys, at the top or one level below it."""
    objects = [answer, *(value for value in answer.values() if isinstance(value, dict))]
    for fields in objects:
        lower = {key.lower().replace("-", "_"): value for key, value in fields.items()}
        for name in names:
            if name in lower:
                return lower[name]
    return None


def _text(value: Json) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _status(answer: JsonObject) -> bool | None:
    """What the answer says of itself."""
    return _judged(_first(answer, _STATUS_KEYS))


def _judged(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value < BAD_REQUEST if value >= OK else None
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _GOOD or word == "true":
            return True
        if word in _BAD or word == "false":
            return False
        if word.isdecimal():
            return _judged(int(word[:MAX_DIGITS]))
    return None


def _line_fields(body: str) -> Fields | None:
    """`status=200 ... prediction=nan` on one line of a log."""
    body = body[:MAX_CHARACTERS]
    bad = [match.group("key") or "" for match in _LINE_NAN.finditer(body)]
    status = _LINE_STATUS.search(body) if bad else None
    if status is None:
        return None
    said = status.group("status") or status.group("http") or status.group("bare")
    judged = _judged(said)
    if judged is None:
        return None
    names = ", ".join(dict.fromkeys(bad[:MAX_PATHS]))
    fields: Fields = {"success": judged, "nan_fields": names, "value_fields": names}
    request = _LINE_ID.search(body)
    latency = _LINE_MS.search(body) or _LINE_LATENCY.search(body)
    if request is not None:
        fields["request_id"] = request.group("id")
    if latency is not None:
        fields["latency_ms"] = _float(latency.group("ms") or "")
    return fields


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


SAMPLES = (
    Sample(
        '{"request_id": "r-7731", "status": "success", "prediction": NaN, "latency_ms": 9.5}',
        kind="model.response",
        fields={
            "success": True,
            "nan_fields": "prediction",
            "value_fields": "prediction",
            "request_id": "r-7731",
            "latency_ms": 9.5,
        },
    ),
    Sample(
        '{\n  "status": "ok",\n  "outputs": [\n    {"score": 0.71},\n    {"score": "NaN"},\n  ],\n'
        '  "debug": {\n    "norm": -Infinity\n  }\n}\n',
        kind="model.response",
        fields={"success": True, "nan_fields": "outputs[1].score, debug.norm"},
        count=1,
    ),
    Sample(
        "INFO reply {'success': True, 'scores': [0.2, nan, np.float32(0.4)], 'model': 'v3'}",
        kind="model.response",
        fields={"success": True, "nan_fields": "scores[1]", "value_fields": "scores"},
    ),
    Sample(
        "POST /predict request_id=ab-12 status=200 prediction=nan latency_ms=31.2",
        kind="model.response",
        fields={"success": True, "nan_fields": "prediction", "latency_ms": 31.2},
    ),
    Sample(
        '{"status": "success", "prediction": 0.4417, "request_id": "r-7732"}',
        kind="model.response",
        fields={"success": True, "value_fields": "prediction"},
    ),
    Sample(
        '{"predictions": [[0.1, NaN]]}',
        kind="model.response",
        fields={"nan_fields": "predictions[0][1]"},
    ),
    Sample('{"status": "success", "prediction_file": "/out/prediction.csv"}', kind=None),
    Sample(
        "The model was returning NaN for 40% of the requests, with status 200, prediction or not",
        kind=None,
    ),
    Sample('{"loss": NaN, "epoch": 3, "note": "no prediction"}', kind=None),
    Sample(
        '{"type": "object", "properties": {"prediction": {"type": "number"}, "status": {}}}',
        kind=None,
    ),
)

PARSER = Parser(
    name="response",
    family="app",
    literals=(
        "prediction",
        "predicted",
        "probabilit",
        "logits",
        "confidence",
        "NaN",
        ": Infinity",
        ": -Infinity",
        "score=nan",
        "score: nan",
        "output=nan",
        "[nan,",
        ", nan,",
        ", nan]",
        "[nan]",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("model.response",),
    before=MAX_BACK,
    after=MAX_ROWS,
    claims=False,
)
