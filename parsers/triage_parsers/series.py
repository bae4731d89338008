"""Numbers that a training or inference log reports, where they say something: `model.metric`.

A healthy run prints millions of finite losses; none of them is an event. Events are
- a loss, gradient norm or quality metric that is NaN or infinite, in any trainer's form
  (`{'loss': 0.0, 'grad_norm': nan}`, `loss: nan`, `[Loss] nan`, `grad norm: nan |`),
- loss scaling that skips a step (DeepSpeed, apex, fairseq) or cannot go lower,
- readings of a score that describes the model's output as a whole (anomaly, risk, drift, fraud),
  whose course `triage.derive.series` judges.
For a NaN, `followed_by` says what the same metric is at its next report; where that is finite the
event is `recovered`, as mixed precision does after its first steps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Value, make_event
from triage.patterns import compiled
from triage_parsers.series_samples import SAMPLES

LOOK_AHEAD = 60
"""Lines below a NaN in which the metric's next value is looked for."""
MAX_READINGS = 300
"""Readings of one metric in a window: what is printed for every request is no summary."""
MAX_WIDTH = 8000

_BROKEN = compiled(
    r"(?i)(?:^|[^a-z0-9_.])(?P<name>(?:[a-z0-9_./-]*_)?"
    r"(?:(?:lm|total|train|training|val|validation|valid|eval|test|avg|mean|gradient"
    r"|grad)[ _-])?(?:loss|losses|grad[ _-]?norm|norm|gnorm|perplexity|ppl|psnr|ssim"
    r"|accuracy|acc|auc|reward|mse|rmse|mae|nll|logloss|elbo|kl|(?:valid_\d+'s )?l[12])"
    r"(?:_[a-z0-9_]*)?)[\"'\]]{0,2}\s{0,4}"
    r"(?:is|[:=|]|->)?\s{0,4}[\"'(]?(?:tensor\()?(?P<value>[+-]?(?:nan|inf(?:inity)?))\b"
)
_NAMED = compiled(
    r"(?i)non-finite (?P<one>loss|grad\w*)|\bNaN (?P<two>loss|gradients?)\b"
    r"|(?P<three>loss|gradients?) (?:contains?|became|is) (?:infinite or )?(?:nan|inf)"
)
_INITIAL = compiled(
    r"(?i)(?:^|_)(?:best|min|max|init|prev|lowest|highest)(?:_|$)|^(?:norm|kl|acc)$"
)
_SCORE = compiled(
    r"(?i)\b(?P<name>(?:(?:avg|average|mean|median|p\d\d|max)[ _.]?)?"
    r"(?:anomaly|risk|drift|fraud|outlier|toxicity|novelty|flagged|positive|rejection)[ _]"
    r"(?:score|rate|ratio)s?)[\"'\]]{0,2}\s{0,4}[:=|]\s{0,4}"
    r"(?P<value>-?\d+(?:\.\d+)?(?:e-?\d+)?)(?P<percent>\s?%)?"
)
_OVERFLOW = compiled(
    r"OVERFLOW! (?:Rank (?P<rank>\d+) )?Skipping step\. Attempted loss scale: (?P<old>[\d.e+]+), "
    r"(?:reducing to (?P<new>[\d.e+-]+)|but hysteresis)"
)
_REDUCED = compiled(
    r"(?:[Gg]radient )?[Oo]verflow(?: detected)?.{0,60}?"
    r"(?:reducing loss scale|setting loss scale) to:? ?(?P<new>[\d.e+-]+)"
)
_FLOOR = compiled(
    r"[Cc]urrent loss scale already at minimum"
    r"|Minimum loss scale reached(?: \((?P<new>[\d.e+-]+)\))?"
)
_STEPS = (
    compiled(r"(?i)(?:^|[^a-z])(?:global_)?step[\"'\]]*\s{0,3}[:=\[ ]\s{0,8}(?P<step>\d{1,12})"),
    compiled(r"(?i)(?:^|[^a-z])iter(?:ation)?[\"'\]]*\s{0,3}[:=\[ ]\s{0,8}(?P<step>\d{1,12})"),
    compiled(r"^\[(?P<step>\d{1,12})\]\t"),
)
"""The last is gradient boosting's: `[120]` and a tab."""
_PARTS = re.compile(r"[^a-z0-9]+")
_EPOCH = compiled(
    r"(?i)(?:^|[^a-z])epoch(?:\(\w{1,9}\))?[\"'\]]*\s{0,3}[:=\[ ]\s{0,4}[\[\"']?"
    r"(?P<epoch>\d{1,9}(?:\.\d+)?)"
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each metric on a line that is worth one."""
    del context
    readings: Counter[str] = Counter()
    for place, hit in enumerate(hits):
        line = lines[hit]
        body = line.body[:MAX_WIDTH]
        for fields in _metrics(body):
            name = str(fields["metric"])
            written = str(fields.pop("written", name))
            if fields.get("value") in {"nan", "inf", "-inf"}:
                stop = hits[place + 1] if place + 1 < len(hits) else len(lines)
                stop = min(stop + 1, len(lines), hit + LOOK_AHEAD)
                following = _followed(lines, range(hit + 1, stop), written)
                fields["followed_by"] = following
                fields["recovered"] = True if following == "finite" else None
            readings[name] += 1
            if readings[name] <= MAX_READINGS or fields.get("followed_by") == "finite":
                yield make_event("model.metric", [line], {**fields, **_position(body)})


def _metrics(body: str) -> Iterator[Fields]:
    """What this line reports."""
    scaled = _loss_scale(body)
    if scaled is not None:
        yield scaled
        return
    seen: set[str] = set()
    for found in _BROKEN.finditer(body):
        written = (found.group("name") or "").lower()
        name = normalized(written)
        value = _broken_value(found.group("value") or "")
        if name in seen or _INITIAL.search(name) is not None:
            continue
        seen.add(name)
        yield {"metric": name, "value": value, "written": written}
    named = _NAMED.search(body) if not seen else None
    if named is not None:
        word = next(value for value in named.groupdict().values() if value)
        yield {"metric": "loss" if word.lower() == "loss" else "grad_norm", "value": "nan"}
    for found in _SCORE.finditer(body):
        number = _number(found.group("value") or "")
        if number is not None:
            percent = found.group("percent") is not None
            value = number / 100 if percent else number
            yield {"metric": normalized(found.group("name") or ""), "value": value}


def _loss_scale(body: str) -> Fields | None:
    """A skipped step, or the end of the scale."""
    found = _OVERFLOW.search(body)
    if found is not None:
        old = _number(found.group("old") or "")
        new = _number(found.group("new") or "") if found.group("new") else old
        rank = found.group("rank")
        return {
            "metric": "loss_scale", "value": new, "previous": old, "skipped": True,
            "rank": int(rank[:9]) if rank else None,
        }  # fmt: skip
    found = _FLOOR.search(body)
    if found is not None:
        value = _number(found.group("new") or "")
        return {"metric": "loss_scale", "value": value, "at_minimum": True}
    found = _REDUCED.search(body)
    if found is not None:
        new = _number(found.group("new") or "")
        return {"metric": "loss_scale", "value": new, "skipped": True}
    return None


def _followed(lines: Sequence[Line], below: range, name: str) -> str | None:
    """What the metric is at its next report: `finite`, `nan`, or unknown."""
    word = max(_PARTS.split(name), key=len)
    for index in below:
        line = lines[index]
        if word not in line.text.lower():  # spares peeling it
            continue
        text = line.body[:MAX_WIDTH].lower()
        place = text.find(name)
        while place > 0 and (text[place - 1].isalnum() or text[place - 1] in "_."):
            place = text.find(name, place + len(name))
        if place < 0:
            continue
        rest = text[place + len(name) :][:20].lstrip("\"'] :=|(+-")
        if rest[:1].isdigit():
            return "finite"
        if rest.startswith(("nan", "inf")):
            return "nan"
    return None


def _position(body: str) -> Fields:
    """Step and epoch, where the line gives them."""
    fields: Fields = {}
    step = next((found for pattern in _STEPS if (found := pattern.search(body))), None)
    epoch = _EPOCH.search(body)
    if step is not None:
        fields["step"] = int(step.group("step") or "0")
    if epoch is not None:
        fields["epoch"] = _number(epoch.group("epoch") or "")
    return fields


def normalized(name: str) -> str:
    """`Grad Norm` and `grad-norm` are `grad_norm`; Megatron's `lm loss` is a `loss`."""
    text = "_".join(
        name.lower()
        .replace("'s ", " ")
        .replace("-", " ")
        .replace("_", " ")
        .replace("/", " ")
        .split()
    )
    aliases = {
        "norm": "grad_norm", "gnorm": "grad_norm", "gradnorm": "grad_norm", "gradient_norm":
        "grad_norm", "lm_loss": "loss", "ppl": "perplexity", "acc": "accuracy", "losses": "loss",
    }  # fmt: skip
    return aliases.get(text, text)


def _broken_value(text: str) -> Value:
    lower = text.lower()
    if "nan" in lower:
        return "nan"
    return "-inf" if lower.startswith("-") else "inf"


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip(".,"))
    except ValueError:
        return None


PARSER = Parser(
    name="series",
    family="app",
    literals=(
        ": nan",
        ": NaN",
        "=nan,",
        "=nan ",
        "loss=nan",
        "norm=nan",
        "loss=NaN",
        "oss nan",
        "oss] nan",
        "norm nan",
        "= nan",
        "= NaN",
        "| nan",
        " is nan",
        " is NaN",
        "NaN loss",
        "on-finite",
        ": inf,",
        ": inf}",
        ": inf |",
        "loss: inf",
        "loss=inf",
        "norm: inf",
        "norm=inf",
        "mse:nan",
        "oss:nan",
        "orm:nan",
        "mae:nan",
        "tensor(nan",
        "infinite or NaN",
        # with quotes: current Trainer and fairseq print numbers as texts
        "'nan'",
        '"nan"',
        '"NaN"',
        "'inf'",
        '"inf"',
        "OVERFLOW!",
        "verflow detected",
        "Gradient overflow",
        "loss scale already at",
        "Minimum loss scale",
        "nomaly Score",
        "nomaly score",
        "nomaly_score",
        "nomaly Rate",
        "nomaly rate",
        "nomaly_rate",
        "isk Score",
        "isk score",
        "isk_score",
        "rift Score",
        "rift score",
        "rift_score",
        "raud Score",
        "raud score",
        "raud_score",
        "raud rate",
        "raud_rate",
        "utlier rate",
        "utlier_rate",
        "lagged rate",
        "lagged_rate",
        "ejection rate",
        "ejection_rate",
        "ositive rate",
        "ositive_rate",
        "oxicity score",
        "oxicity_score",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("model.metric",),
    after=LOOK_AHEAD,
    claims=False,
)
