"""Courses of finite numbers, and health checks that see nothing, in the layouts of trainers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.testing import events_of
from triage_parsers import curve, health

START = "***** Running training *****\n"
FALLS = [f"{5.0 / (1 + step / 4):.4f}" for step in range(30)]
HIGH = [f"{6.4 + step % 3 / 10:.4f}" for step in range(15)]
LAYOUTS = {
    "megatron": " iteration {step:>8}/   50000 | consumed samples: 512 | lm loss: {value} |",
    "trainer": "{{'loss': {value}, 'learning_rate': 2e-05, 'epoch': 0.{step:03d}}}",
    "key=value": "step={step}, loss={value}, lr=2.0e-05, tokens/s=4100",
    "sentence": "2025-03-01 01:02:03 INFO train: epoch 1 step {step} loss: {value} acc: 0.4",
    "brackets": "Epoch: [0][step: {step}] Loss: {value} Time 0.41",
}


def log(values: Sequence[str], layout: str) -> str:
    return START + "\n".join(layout.format(step=at, value=one) for at, one in enumerate(values, 1))


def courses(text: str) -> list[object]:
    return [event.fields["course"] for event in events_of(curve.PARSER, text)]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_loss_that_had_fallen_and_rises_again_has_diverged(layout: str) -> None:
    assert courses(log([*FALLS, *HIGH], layout)) == ["diverged"]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_one_jump_that_came_back_is_a_spike(layout: str) -> None:
    assert courses(log([*FALLS[:20], "61.2", *FALLS[20:]], layout)) == ["spike"]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_same_loss_to_the_last_digit_is_stuck(layout: str) -> None:
    assert courses(log(["2.3026"] * 25, layout)) == ["stuck"]


HEALTHY = {
    "it falls": FALLS,
    "it is noisy": [f"{2 + at % 5 / 3:.4f}" for at in range(60)],
    "it rises by nature": [f"{0.02 * at:.4f}" for at in range(1, 60)],
    "it is rounded": ["0.02"] * 60,
    "it has come to rest": [*FALLS, *[f"{0.61 + at % 2 / 1000:.4f}" for at in range(30)]],
    "it is short": ["2.3026"] * 19,
    "it begins high": ["91.0", "40.2", *FALLS],
}


@pytest.mark.parametrize("values", HEALTHY.values(), ids=HEALTHY)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_healthy_runs_are_silent(layout: str, values: list[str]) -> None:
    assert courses(log(values, layout)) == []


def test_a_second_run_in_the_same_file_is_no_divergence() -> None:
    layout = LAYOUTS["key=value"]

    assert courses(log(FALLS, layout) + "\n" + log(FALLS[:8], layout)) == []


def test_steps_that_begin_anew_with_each_epoch_are_one_run() -> None:
    rows = [f"epoch: {1 + at // 15} step: {at % 15} loss: 2.3026" for at in range(30)]

    assert courses(START + "\n".join(rows)) == ["stuck"]


@pytest.mark.parametrize("zero", ["0.0", "0", "0.0e+00", "0.000000E+00"])
def test_a_learning_rate_of_zero_is_told_where_it_begins(zero: str) -> None:
    rows = [f"step {at} | learning rate: {'1.0e-05' if at < 9 else zero} |" for at in range(1, 20)]

    events = events_of(curve.PARSER, START + "\n".join(rows))

    assert [(event.fields["course"], event.fields["step"]) for event in events] == [
        ("rate_zero", 9)
    ]


@pytest.mark.parametrize("rate", ["0.0000", "1.0e-09", "2e-06"])
def test_a_small_or_rounded_learning_rate_is_none_of_zero(rate: str) -> None:
    rows = [f"step {at} | learning rate: {rate} |" for at in range(1, 30)]

    assert courses(START + "\n".join(rows)) == []


NUMBERS = st.floats(0, 1e6, allow_nan=False).map(lambda value: f"{value:.6g}")


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, max_size=60), st.sampled_from(sorted(LAYOUTS)))
def test_any_numbers_give_events_inside_the_text(values: list[str], layout: str) -> None:
    text = log(values, LAYOUTS[layout])

    for event in events_of(curve.PARSER, text):
        assert 1 <= event.line <= text.count("\n") + 1


CHECKS = {
    "uvicorn": 'INFO:     10.2.0.8:4120 - "{verb} {path} HTTP/1.1" {status} X',
    "nginx": '10.2.0.8 - - [02/Mar/2025:01:02:03 +0000] "{verb} {path} HTTP/1.1" {status} 31',
    "gunicorn": '10.2.0.8 - - [02/Mar/2025:01:02:03 +0000] "{verb} {path} HTTP/1.1" {status} 2 "-"',
    "home-made": "{verb} {path} - {status} (12ms)",
}


def answers(layout: str, *pairs: tuple[str, int]) -> str:
    return "\n".join(
        layout.format(verb="GET" if "health" in path else "POST", path=path, status=status)
        for path, status in pairs
    )


@pytest.mark.parametrize("layout", CHECKS.values(), ids=CHECKS)
def test_a_good_check_between_failures_is_blind(layout: str) -> None:
    text = answers(layout, ("/healthz", 200), *[("/rank", 503)] * 6, ("/healthz", 200))

    found = events_of(health.PARSER, text)

    assert [(event.fields["failed"], event.fields["path"]) for event in found] == [(6, "/healthz")]


@pytest.mark.parametrize("layout", CHECKS.values(), ids=CHECKS)
def test_a_check_that_sees_it_or_a_few_failures_are_no_event(layout: str) -> None:
    seen = answers(layout, ("/healthz", 200), *[("/rank", 503)] * 6, ("/healthz", 503))
    few = answers(
        layout, ("/health", 200), *[("/rank", 200)] * 30, *[("/rank", 500)] * 6, ("/health", 200)
    )

    assert events_of(health.PARSER, seen) == events_of(health.PARSER, few) == []
