"""How many lines nobody reads is told of every log, however large, and in the same way."""

from __future__ import annotations

import pytest

from triage.testing_forms import read

KERNEL = "[ 8112.{:06d}] eth0: link is up at 25 Gbps\n"
SYSLOG = "Mar  3 04:{:02d}:12 gpu-9 chronyd[812]: Selected source 10.1.2.{}\n"
BARE = "batch {} of 900: fine\n"
TRACE = 'Traceback (most recent call last):\n  File "/srv/a.py", line 4, in go\nKeyError: 9\n'


def mixed(repeats: int) -> str:
    """A log of three kinds of lines, with a traceback in the middle."""
    rows = [
        KERNEL.format(i % 1_000_000) + SYSLOG.format(i % 60, i % 250) + BARE.format(i) + "\n"
        for i in range(repeats)
    ]
    rows.insert(repeats // 2, TRACE)
    return "".join(rows)


@pytest.mark.parametrize("repeats", [50, 40_000])
def test_a_log_of_any_size_tells_what_its_lines_are(repeats: int) -> None:
    _, report = read(mixed(repeats), "mixed.log")

    assert report.unclaimed == repeats
    assert report.claimed_by == {"kernel": repeats, "applog": repeats, "traceback": 3}


def test_a_large_text_without_any_form_is_unclaimed_throughout() -> None:
    words = ("alpha", "beta", "gamma", "delta", "eta", "theta", "iota", "kappa", "mu")
    text = "".join(
        f"{words[i % 9]} {words[i // 9 % 9]} and some more prose\n" for i in range(40_000)
    )

    _, report = read(text, "prose.txt")

    assert report.unclaimed == 40_000


def test_a_text_with_too_many_beginnings_is_not_guessed_at() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = "".join(
        letters[i % 26] + letters[i // 26 % 26] + letters[i // 676 % 26] + letters[i // 17576 % 26]
        + " some prose of a line\n"
        for i in range(70_000)
    )  # fmt: skip

    _, report = read(text, "prose.txt")

    assert report.unclaimed is None
