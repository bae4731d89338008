"""Which distribution a missing module belongs to, and when nobody can say."""

from __future__ import annotations

import pytest

from triage_parsers.import_names import distribution_of


@pytest.mark.parametrize(
    ("message", "distribution"),
    [
        ("No module named 'cv2'", "opencv-python"),
        ("No module named 'sklearn.ensemble._forest'", "scikit-learn"),
        ("No module named torch", "torch"),
        ("No module named 'google.protobuf.internal'", "protobuf"),
    ],
)
def test_a_known_module_names_its_distribution(message: str, distribution: str) -> None:
    assert distribution_of(message) == distribution


@pytest.mark.parametrize(
    "message",
    ["No module named 'acme_ranker.features'", "No module named 'apex'", "cannot import name 'x'"],
)
def test_an_unknown_module_is_not_guessed(message: str) -> None:
    assert distribution_of(message) is None
