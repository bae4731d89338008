"""Loosened patterns match at least as much, so what they call quiet has no wrapper."""

from __future__ import annotations

import re

import pytest

from triage.envelope import WRAPPERS
from triage.envelope.model import HEAD, Wrapper
from triage.envelope.quiet import loosened, may_begin, steps_at

TEXTS = [sample.text for wrapper in WRAPPERS for sample in wrapper.samples]
TEXTS += [text for wrapper in WRAPPERS for text in wrapper.misses]
ASCII = [text for text in TEXTS if text.isascii()]


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper.name)
def test_a_wrapper_that_matches_matches_loosened(wrapper: Wrapper) -> None:
    exact, loose = re.compile(wrapper.pattern), re.compile(loosened(wrapper.pattern))
    starts = [(text, at) for text in ASCII for at in range(min(len(text), 60))]

    missed = [
        text[at:]
        for text, at in starts
        if exact.match(text, at, at + HEAD) and not loose.match(text[at:])
    ]

    assert not missed


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Received disconnect from 10.7.38.172 port 21586", False),
        ("run-containerd-runc-k8s.io.mount: Deactivated", False),
        ("INFO: 10.44.13.107:19884 - GET /v1/rank", False),
        ('level=debug msg="scraped"', True),
        ("I1118 13:25:27.585196    1873 prober.go:107] probed", True),
        ("node1: Traceback (most recent call last):", True),
    ],
)
def test_only_what_begins_as_a_wrapper_does_is_loud(text: str, *, begins: bool) -> None:
    pairs = may_begin(steps_at("start", text[:3]))

    loud = any(
        (guard is None or re.match(guard, text)) and re.match(pattern, text)
        for guard, pattern in pairs
    )

    assert loud == begins
