"""Answers, metrics and what the course of a metric says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.derive import series as derived
from triage.events import Event, Value
from triage.testing import events_of
from triage_parsers import response, series
from triage_parsers.lenient_json import read_object

ANSWER = '{"request_id": "r1", "status": "success", "prediction": %s, "latency_ms": 3.5}'


def answer(text: str) -> Event:
    """The one answer in the text."""
    events = events_of(response.PARSER, text)
    assert len(events) == 1, [(event.line, event.fields) for event in events]
    return events[0]


@pytest.mark.parametrize(
    "value", ["NaN", '"NaN"', "nan", "Infinity", "-Infinity", '"inf"', "[0.1, NaN]"]
)
def test_an_answer_that_is_no_number_is_named(value: str) -> None:
    event = answer(ANSWER % value)

    assert event.fields["success"] is True
    assert str(event.fields["nan_fields"]).startswith("prediction")
    assert event.fields["request_id"] == "r1"


@pytest.mark.parametrize("value", ["0.25", "[0.1, 0.9]", '{"score": 1}', "-1e9"])
def test_a_healthy_answer_has_no_nan_fields(value: str) -> None:
    event = answer(ANSWER % value)

    assert event.fields["success"] is True
    assert "nan_fields" not in event.fields


@pytest.mark.parametrize(
    "text",
    [
        (ANSWER % "NaN").replace(", ", ",\n  ").replace("{", "{\n  ").replace("}", "\n}"),
        "Answer: " + (ANSWER % "NaN").replace(", ", ",\n  ").replace("{", "{\n  ") + "\nand so on",
        (ANSWER % "NaN").replace('"', "“").replace("3.5}", "3.5,}"),
        "2024-05-14 03:02:14 INFO reply=" + ANSWER % "NaN",
        '{"status": "ok", "data": {"outputs": [\n  {"score": NaN}\n]}}',
        "{'status': 'success', 'prediction': np.float32(nan), 'ok': True, 'x': array([1., 2.])}",
        "```json\n" + ANSWER % "NaN" + "\n```",
    ],
)
def test_an_answer_is_found_wherever_it_was_pasted(text: str) -> None:
    event = answer(text)

    assert event.fields["success"] is True
    assert event.fields["nan_fields"]


@pytest.mark.parametrize(
    ("text", "success"),
    [
        ("POST /predict status=200 prediction=nan latency_ms=3.1", True),
        ('"POST /predict HTTP/1.1" 200 prediction: nan', True),
        ("predict success=true score=NaN confidence=0.3", True),
        ("predict status=500 prediction=nan", False),
    ],
)
def test_a_line_of_pairs_counts_too(text: str, success: bool) -> None:  # noqa: FBT001
    assert answer(text).fields["success"] is success


@pytest.mark.parametrize(
    "text",
    [
        "The model returned NaN as its prediction for 40% of requests.",
        '{"status": "success", "prediction_path": "/a/b"}',
        '{"prediction": 0.3}',
        '{"loss": NaN, "epoch": 3}',
        "prediction=nan in the notebook",
        '{"prediction": {"prediction": {',
        '"prediction": NaN',
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert events_of(response.PARSER, text) == []


def test_two_answers_in_a_row_are_two_events() -> None:
    pretty = (ANSWER % "NaN").replace(", ", ",\n  ").replace("{", "{\n  ").replace("}", "\n}")

    first, second = events_of(response.PARSER, f"{pretty}\n{pretty}")

    assert first.line_end + 1 == second.line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ("{'a': None, 'b': True, c: 1e3}", {"a": None, "b": True, "c": 1000.0}),
        ('{"a": "x\\u0041\\n\\"q\\""} tail', {"a": 'xA\n"q"'}),
        ("[1]", None),
        ('{"a" 1}', None),
        ('{"a": {', None),
    ],
)
def test_lenient_json_reads_what_was_meant(text: str, value: object) -> None:
    assert read_object(text) == value


def test_lenient_json_knows_what_is_no_number() -> None:
    fields = read_object('{"a": NaN, "b": -Infinity, "c": np.nan}')

    assert fields is not None
    assert all(isinstance(value, float) and not math.isfinite(value) for value in fields.values())


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{}[]()\"'\\:,aN1.-e u", max_size=200))
def test_lenient_json_never_raises(text: str) -> None:
    value = read_object("{" + text)

    assert value is None or isinstance(value, dict)


def test_depth_does_not_exhaust_the_stack() -> None:
    assert read_object('{"a":' * 100_000) is None
    assert read_object('{"a":' + "[" * 100_000) is None


def metrics(text: str) -> list[Event]:
    """The metric events of a log."""
    return events_of(series.PARSER, text)


@pytest.mark.parametrize(
    ("text", "metric", "value"),
    [
        ("{'loss': nan, 'learning_rate': 1e-05, 'epoch': 0.28}", "loss", "nan"),
        ("step 1200 | loss nan | lr 1.0e-04", "loss", "nan"),
        ("lm loss: nan | loss scale: 1.0 | grad norm: 0.3 |", "loss", "nan"),
        ("train_loss=nan", "train_loss", "nan"),
        ("val/perplexity: inf |", "perplexity", None),
        ("[Step 10] gradient norm: inf", "grad_norm", "inf"),
        ("PSNR: nan dB", "psnr", "nan"),
        ("WARNING: non-finite loss, stopping", "loss", "nan"),
        ("NanLossDuringTrainingError: NaN loss during training.", "loss", "nan"),
        ("loss is NaN, skipping batch", "loss", "nan"),
    ],
)
def test_a_broken_metric_is_read(text: str, metric: str, value: Value) -> None:
    events = metrics(text)

    assert value is None or [event.fields["value"] for event in events] == [value]
    assert all(event.fields["metric"] == metric for event in events)


@pytest.mark.parametrize(
    "text",
    [
        "loss: 0.31 grad_norm: 0.7 lr: 1e-5",
        "number of nan iterations:   0 | number of skipped iterations:   0 |",
        "GridSearchCV score=nan total time=0.1s",
        "best_val_loss: inf, patience 3",
        "val_loss improved from inf to 0.3",
        "x = nan, y = np.nan",
        "level: info, value is nano",
    ],
)
def test_healthy_lines_and_false_friends_are_no_metrics(text: str) -> None:
    assert metrics(text) == []


def test_a_long_healthy_log_makes_no_events() -> None:
    text = "\n".join(
        f"step {n} loss: {3 / (n + 1):.4f} grad_norm: 0.5 lr: 1e-4" for n in range(500)
    )

    assert metrics(text) == []


def test_scores_of_single_requests_do_not_become_a_flood() -> None:
    text = "\n".join(f"req {n} risk_score: 0.{n % 100:02d}" for n in range(5000))

    assert len(metrics(text)) == series.MAX_READINGS


def course(*rows: str) -> list[Event]:
    """What the metrics of a log add up to."""
    return list(derived.derive(metrics("\n".join(rows))))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ((0.12, 0.45, 0.98), "climb"),
        ((0.1, 0.3, 0.6), "growth"),
        ((0.9, 0.4, 0.05), "collapse"),
        ((0.12, 0.98), None),
        ((0.12, 0.45, 0.40, 0.46), None),
        ((0.01, 0.03, 0.06), None),
        ((0.4, 0.4, 0.4), None),
        ((0.7, 0.8, 0.95), None),
    ],
)
def test_a_score_runs_away_only_when_it_does(values: tuple[float, ...], name: str | None) -> None:
    events = course(*(f"[INFO] Avg Anomaly Score: {value}" for value in values))

    assert [event.fields["course"] for event in events] == ([] if name is None else [name])
    for event in events:
        assert event.kind == "model.runaway"
        assert (event.line, event.line_end) == (1, len(values))
        assert (event.fields["first"], event.fields["last"]) == (values[0], values[-1])


def test_a_climb_is_found_after_a_quiet_time() -> None:
    quiet = [f"anomaly score: {value}" for value in (0.1, 0.12, 0.1, 0.11)]

    (event,) = course(*quiet, "anomaly score: 0.4", "anomaly score: 0.95")

    assert event.fields["last"] == 0.95
    assert event.line == 3


def test_a_streak_says_whether_it_recovered() -> None:
    (lasting,) = course("step 1 loss: 0.3", "step 2 loss: nan", "step 3 loss: nan")
    (passing,) = course("step 1 loss: 0.3", "step 2 loss: nan", "step 3 loss: 0.3")

    assert lasting.fields["recovered"] is False
    assert lasting.fields["count"] == 2
    assert lasting.fields["first_step"] == 2
    assert passing.fields["recovered"] is True
    assert passing.line == passing.line_end == 2


def test_metrics_of_one_line_are_one_streak() -> None:
    (event,) = course("loss: nan grad_norm: nan", "loss: nan grad_norm: nan")

    assert event.fields["metric"] == "loss"
    assert event.fields["metrics"] == "loss,grad_norm"
    assert event.text.count("\n") == 1


def overflow(*scales: tuple[int, int]) -> list[str]:
    """DeepSpeed's lines for these steps."""
    return [
        f"OVERFLOW! Rank 0 Skipping step. Attempted loss scale: {old}, reducing to {new}"
        for old, new in scales
    ]


def test_the_first_halvings_are_no_collapse() -> None:
    assert course(*overflow((65536, 32768), (32768, 16384), (16384, 8192))) == []


@pytest.mark.parametrize(
    "rows",
    [
        overflow((64, 32), (32, 16), (16, 8), (8, 4)),
        overflow((1, 1), (1, 1)),
        ["Exception: Current loss scale already at minimum - cannot decrease scale anymore."],
        ["FloatingPointError: Minimum loss scale reached (0.0001). Your loss is exploding."],
    ],
)
def test_a_scale_at_its_floor_is_one_event(rows: list[str]) -> None:
    (event,) = course(*rows)

    assert event.kind == "model.loss_scale_floor"
    assert (event.line, event.line_end) == (1, len(rows))


def test_sources_are_judged_one_by_one() -> None:
    events = metrics("\n".join(f"anomaly score: {value}" for value in (0.1, 0.5, 0.95)))
    for number, event in enumerate(events):
        event.source = f"day-{number}.log"

    assert list(derived.derive(events)) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(0, 1).map(lambda value: f"anomaly score: {value:.3f}"),
            st.sampled_from(
                ("loss: nan", "loss: 0.2", "grad_norm: nan step 3", *overflow((2, 1), (1, 1)))
            ),
        ),
        max_size=30,
    )
)
def test_derived_events_span_lines_of_the_log(rows: list[str]) -> None:
    for event in course(*rows):
        assert 1 <= event.line <= event.line_end <= len(rows)
        assert event.text
