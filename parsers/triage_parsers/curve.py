"""What the course of a training says while every number in it is finite: `model.curve`.

A healthy run prints millions of losses; none of them is an event. One run (steps and epochs that
do not go back) yields at most one event a metric and `course`, on the line where it is plain:
- `diverged`: the loss had fallen by a third and more, rose to three times its lowest level, is as
  high as at the start, and stays there;
- `spike`: one loss far above the ten before it, after which it came back;
- `stuck`: the same loss to the last digit, again and again;
- `rate_zero`: the learning rate is 0 and training goes on;
- `gradient_zero`: gradients are exactly 0;
- `frozen`: a validation loss is the same to the last digit after each epoch.
Progress bars, DQN and other losses that rise by nature, several runs in one file, and numbers that
are rounded to too few digits are no events. Readings without a step or epoch are not judged.

Losses stand on every line of such a log, so no literal may name them: the literals are what a
training says once or rarely, and one of them opens all lines. That is done for logs that are read
whole (up to 1 MiB); of a longer one only what surrounds its failures is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

MAX_WIDTH = 2000
MAX_READINGS = 50_000
"""Lines of a window that are looked at: what a longer run says is plain by then."""
LEAST = 20
WINDOW = 5
GROWTH = 3.0
LEARNED = 0.7
"""A loss has fallen when it is below this share of where it began."""
SPIKE = 8.0
STUCK = 20
ZERO_RATES = 5
ZERO_GRADIENTS = 10
FROZEN = {5: 4, 4: 6}
"""Significant digits to how many validations in a row must agree in all of them."""

_READING = compiled(
    r"(?i)(?:^|[^a-z0-9_./-])(?P<name>(?:(?:lm|train|training|total|val|valid|validation|eval"
    r"|test)[ _/-])?loss|grad[ _]norm|learning[ _]rate|lr)[\"'\]]{0,2}\s{0,3}[:=|]\s{0,3}"
    r"[\"'(]?(?P<value>[+-]?\d{1,12}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?)\b"
)
_STEP = compiled(
    r"(?i)(?:^|[^a-z])(?:(?:global[_ ]?)?step|iter(?:ation)?)[\"'\]]*\s{0,3}[:=\[ ]\s{0,8}"
    r"[\[\"']?(?P<at>\d{1,12})"
)
_EPOCH = compiled(
    r"(?i)(?:^|[^a-z])epoch[\"'\]]*\s{0,3}[:=\[ ]\s{0,4}[\[\"']?(?P<at>\d{1,9}(?:\.\d{1,9})?)"
)
_ZERO = compiled(r"(?i)^0(?:\.0)?$|^0(?:\.0+)?e[+-]?\d+$")
WORDS = ("oss", "rad_norm", "rad norm", "earning", "lr")
"""One of these stands in each line that reports something."""
_CHECKED = ("val", "eval", "test")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that a line reports."""

    at: tuple[float, float]
    """Epoch and step."""
    value: float
    text: str
    line: Line


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each course that a metric of a run takes."""
    if not context.whole:
        return
    metrics: dict[str, list[Reading]] = {}
    opened = islice(lines, MAX_READINGS) if any(_opens(lines[hit]) for hit in hits) else ()
    for line in opened:
        for name, reading in _readings(line):
            run = metrics.setdefault(name, [])
            if run and reading.at < run[-1].at:
                yield from _judge(name, run)
                run.clear()
            run.append(reading)
    for name, run in metrics.items():
        yield from _judge(name, run)


def _opens(line: Line) -> bool:
    """The line says what only a training says."""
    return any(anchor in line.text for anchor in ANCHORS)


def _readings(line: Line) -> Iterator[tuple[str, Reading]]:
    """Each metric of a line once, where the line says at which step or epoch."""
    text = line.text[:MAX_WIDTH]
    if not any(word in text for word in WORDS):
        return
    step, epoch = _STEP.search(text), _EPOCH.search(text)
    if step is None and epoch is None:
        return
    at = (_at(epoch), _at(step))
    seen: set[str] = set()
    for found in _READING.finditer(text):
        name = "_".join((found.group("name") or "").lower().replace("/", "_").split())
        value = found.group("value") or ""
        if name not in seen and text[found.end() : found.end() + 1] != "%":
            seen.add(name)
            yield name, Reading(at, float(value), value, line)


def _at(found: object) -> float:
    group = getattr(found, "group", None)
    return float(group("at") or 0) if group is not None else 0.0


def _judge(name: str, run: Sequence[Reading]) -> Iterator[Event]:
    """What the run of one metric shows."""
    if name in {"lr", "learning_rate"}:
        yield from _zeros(name, run, "rate_zero", ZERO_RATES)
    elif name.startswith("grad"):
        yield from _zeros(name, run, "gradient_zero", ZERO_GRADIENTS)
    elif name.startswith(_CHECKED):
        yield from _frozen(name, run)
    elif len(run) >= LEAST:
        yield from _stuck(name, run)
        yield from _diverged(name, run)


def _zeros(name: str, run: Sequence[Reading], course: str, least: int) -> Iterator[Event]:
    """Zero at the end of the run, and for how long."""
    tail = 0
    for reading in reversed(run):
        if _ZERO.search(reading.text) is None:
            break
        tail += 1
    if tail >= least and (course != "rate_zero" or run[-tail].at < run[-1].at):
        yield _event(course, name, run, run[-tail], {"repeats": tail})


def _frozen(name: str, run: Sequence[Reading]) -> Iterator[Event]:
    """A validation that says the same after each epoch."""
    distinct = [
        reading
        for number, reading in enumerate(run)
        if number == 0 or reading.at > run[number - 1].at
    ]
    same = _same_tail(distinct)
    digits = min(_digits(distinct[-1].text), max(FROZEN))
    if same >= FROZEN.get(digits, len(distinct) + 1):
        yield _event("frozen", name, run, distinct[-same], {"repeats": same})


def _stuck(name: str, run: Sequence[Reading]) -> Iterator[Event]:
    """A training loss that does not move at all."""
    same = _same_tail(run)
    text = run[-1].text
    if same >= STUCK and (_digits(text) >= min(FROZEN) or text in {"0.0", "0"}):
        yield _event("stuck", name, run, run[-same], {"repeats": same})


def _diverged(name: str, run: Sequence[Reading]) -> Iterator[Event]:
    """A loss that had learned and lost it, or jumped and came back."""
    values = [reading.value for reading in run]
    if min(values) <= 0:
        return
    smooth = [median(values[at : at + WINDOW]) for at in range(len(values) - WINDOW + 1)]
    low = min(smooth)
    lowest = smooth.index(low)
    tail = values[-2 * WINDOW :]
    learned = low <= LEARNED * smooth[0] and lowest <= len(smooth) - 2 * WINDOW
    fields: Fields = {"first": values[0], "lowest": low, "last": values[-1]}
    if learned and smooth[-1] >= max(GROWTH * low, smooth[0]) and min(tail) >= 2 * low:
        at = next(place for place in range(lowest, len(smooth)) if smooth[place] >= GROWTH * low)
        yield _event("diverged", name, run, run[at], fields)
        return
    for at in range(2 * WINDOW, len(values) - WINDOW):
        before = median(values[at - 2 * WINDOW : at])
        if values[at] >= SPIKE * before and median(values[at + 1 :]) <= 2 * before:
            yield _event("spike", name, run, run[at], {"before": before, "value": values[at]})
            return


def _same_tail(run: Sequence[Reading]) -> int:
    """How many readings at the end are written alike."""
    count = 0
    for reading in reversed(run):
        if reading.text != run[-1].text:
            break
        count += 1
    return count


def _digits(text: str) -> int:
    """Significant digits as written: 4 in `0.6931`, 2 in `1.0e-04`."""
    return len(text.lower().split("e")[0].lstrip("+-").replace(".", "").lstrip("0"))


def _event(
    course: str, name: str, run: Sequence[Reading], reading: Reading, fields: Fields
) -> Event:
    epoch, step = reading.at
    place: Fields = {"step": int(step)} if step else {"epoch": epoch}
    metric = name.replace("lm_", "")
    own: Fields = {"metric": metric, "course": course, "readings": len(run)}
    return make_event(
        "model.curve", [reading.line], {**own, "value": reading.value, **fields, **place}
    )


def _steps(values: Sequence[str], form: str) -> str:
    rows = [form.format(step=step, value=value) for step, value in enumerate(values, 1)]
    return "\n".join(["***** Running training *****", *rows])


_FALLS = [f"{4.0 / (1 + step / 4):.4f}" for step in range(30)]
_RISES = [f"{6.1 + step % 3 / 10:.3f}" for step in range(15)]
_HF = "{{'loss': {value}, 'grad_norm': 1.2, 'learning_rate': 1e-05, 'epoch': 0.{step:03d}}}"
_RATE = "step {step} | loss 1.8 | learning rate: {value} | 41 ms"

SAMPLES = (
    Sample(
        _steps(
            [*_FALLS, *_RISES], " iteration {step:>8}/ 900 | lm loss: {value} | grad norm: 1.1 |"
        ),
        kind="model.curve",
        fields={"metric": "loss", "course": "diverged", "readings": 45},
        count=1,
    ),
    Sample(
        _steps(["0.6931"] * 24, "step: {step}, loss: {value}"),
        kind="model.curve",
        fields={"course": "stuck", "repeats": 24, "step": 1},
        count=1,
    ),
    Sample(
        _steps([*_FALLS[:15], "31.2", *_FALLS[15:]], _HF),
        kind="model.curve",
        fields={"course": "spike", "value": 31.2},
        count=1,
    ),
    Sample(
        _steps(["1e-05", *["0.000E+00"] * 6], _RATE),
        kind="model.curve",
        fields={"course": "rate_zero", "repeats": 6, "step": 2},
        count=1,
    ),
    Sample(
        _steps(["0.0"] * 12, "{{'loss': 2.1, 'grad_norm': {value}, 'epoch': 0.{step:03d}}}"),
        kind="model.curve",
        fields={"course": "gradient_zero", "metric": "grad_norm"},
        count=1,
    ),
    Sample(
        _steps(["0.8123441"] * 4, "epoch {step}: train_loss=0.4{step} val_loss={value}"),
        kind="model.curve",
        fields={"course": "frozen", "metric": "val_loss", "repeats": 4},
        count=1,
    ),
    Sample(_steps(_FALLS, "step: {step}, loss: {value}"), kind=None),
    Sample(_steps([*_FALLS[:20], *_RISES], "Loss: {value}"), kind=None),
    Sample(
        _steps(_FALLS, "step: {step}, loss: {value}")
        + "\n"
        + _steps(_FALLS, "step: {step}, loss: {value}"),
        kind=None,
    ),
    Sample(_steps([*reversed(_FALLS)], "step: {step}, loss: {value}"), kind=None),
    Sample(_steps(["0.0000"] * 30, _RATE), kind=None),
    Sample(_steps(["0.0", "0.0", "2e-06", "4e-06", "6e-06"], _RATE), kind=None),
    Sample(_steps(["0.31"] * 30, "epoch {step}: val_loss={value}"), kind=None),
    Sample("64 bytes from 10.0.0.4: icmp_seq=4 ttl=64\n4 packets, packet loss: 0%", kind=None),
)

ANCHORS = (
    "Running training",
    "Num Epochs",
    "otal optimization steps",
    "rainable params",
    "tarting training",
    "tart training",
    "egin training",
    "train_runtime",
    "epoch': 0.01",
    "epoch': 0.1}",
    "epoch': 1.0",
    "epoch': 3.0",
    "step: 20,",
    "step: 20 ",
    "step=20,",
    "step 20 ",
    "step 20:",
    "Step 20 ",
    "step: 100",
    "step=100,",
    "tep 100 ",
    "iteration       20/",
    "iteration      100/",
    "iteration     1000/",
    "iter: 100",
    "Epoch 3/",
    "learning rate: 0.000000E+00",
    "learning rate: 0.000E+00",
)
"""What a training says rarely: its start, its twentieth step, its third epoch."""

PARSER = Parser(
    name="curve",
    family="app",
    literals=ANCHORS,
    parse=parse,
    samples=SAMPLES,
    kinds=("model.curve",),
)
