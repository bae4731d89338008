"""A column of texts is masked as its texts are alone, and what may hold a secret is always told."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.secrets import mask, masking, named
from triage.secrets.columns import as_rust, masked_column, may_hold
from triage.secrets.forms import FORMS

FEW = settings(
    max_examples=6, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
PATTERNS = [form.pattern for form in FORMS]
PATTERNS += [p.pattern for p in (*named.NAMED_BY, *named.QUERIED_BY, *named.TOLD_BY)]
CALM = "Accepted publickey for deploy from 10.0.0.9 at https://n1:80/ with 7 tokens/s"
SECRET = "login with password=hunter2hunter2 for user ml"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_in_both_engines(pattern: str) -> None:
    asked = re.sub(r"\(\?i\)", "", pattern) if pattern.count("(?i)") > 1 else pattern

    @FEW
    @given(st.from_regex(re.compile(asked, re.ASCII)), st.sampled_from(["", "é", " ", "a-"]))
    def holds(text: str, before: str) -> None:
        text = (before + text).encode("utf-8", "replace").decode()
        column = pl.Series(text.split("\n"))

        assert mask(text) == text or "\n" in text or may_hold(column).any()

    holds()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_other_engine_reads_every_pattern(pattern: str) -> None:
    column = pl.Series(["a text"])

    assert not column.str.contains(as_rust(pattern)).any()


def test_all_finders_are_known_here() -> None:
    blocks_and_names = 6

    assert len(masking._FINDERS) == len(FORMS) + blocks_and_names


def test_what_is_calm_needs_no_closer_look() -> None:
    column = pl.Series([CALM] * 300)

    assert not may_hold(column).any()
    assert masked_column(column) is column


def test_a_secret_among_many_texts_is_masked() -> None:
    texts = [CALM] * 500
    texts[333] = SECRET

    shown = masked_column(pl.Series(texts)).to_list()

    assert shown == [mask(text) for text in texts]
    assert "hunter2hunter2" not in shown[333]


def test_a_text_of_several_lines_stays_one() -> None:
    texts = [f"{CALM}\n{SECRET}\nand on", CALM, SECRET]

    shown = masked_column(pl.Series(texts)).to_list()

    assert shown == [mask(text) for text in texts]


@pytest.mark.parametrize("begin", [0, 60, 63, 64, 130])
def test_a_key_that_was_logged_line_by_line_is_masked_wherever_it_begins(begin: int) -> None:
    key = ["-----BEGIN RSA PRIVATE KEY-----", *[BODY] * 30, "-----END RSA PRIVATE KEY-----"]
    texts = [CALM] * begin + key + [CALM] * 200

    shown = masked_column(pl.Series(texts)).to_list()

    assert BODY not in shown
    assert shown[:begin] + shown[begin + len(key) :] == [CALM] * (begin + 200)
