"""Which share of the bundles is mine."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.batch.shard import Shard, array_run, parse
from triage.errors import UsageError


@given(st.sets(st.text(min_size=1, max_size=30), max_size=50), st.integers(1, 9))
def test_every_bundle_is_in_one_shard(uris: set[str], count: int) -> None:
    held = Counter(
        uri for index in range(count) for uri in uris if Shard(index + 1, count).holds(uri)
    )

    assert held == Counter(dict.fromkeys(uris, 1))


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("2/8", {}, Shard(2, 8)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, Shard(1, 4)),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "7",
                "SLURM_ARRAY_TASK_MIN": "3",
                "SLURM_ARRAY_TASK_STEP": "2",
                "SLURM_ARRAY_TASK_COUNT": "5",
            },
            Shard(3, 5),
        ),
        ("auto/3", {"JOB_COMPLETION_INDEX": "0"}, Shard(1, 3)),
        ("auto", {"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "3"}, Shard(3, 3)),
    ],
)
def test_a_share_is_given_or_asked_of_the_scheduler(
    text: str, environment: dict[str, str], expected: Shard
) -> None:
    assert parse(text, environment) == expected


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("0/4", {}, "does not exist"),
        ("5/4", {}, "does not exist"),
        ("4", {}, "no shard"),
        ("a/b", {}, "no shard"),
        ("auto", {}, "neither SLURM_ARRAY_TASK_ID nor"),
        ("auto", {"JOB_COMPLETION_INDEX": "1"}, "how many shards"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "x", "SLURM_ARRAY_TASK_COUNT": "2"}, "is 'x'"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(
    text: str, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        parse(text, environment)


def test_the_tasks_of_an_array_name_one_run() -> None:
    assert array_run({"SLURM_ARRAY_JOB_ID": "77"}) == "slurm-77"
    assert array_run({"TRIAGE_RUN": "nightly-3"}) == "nightly-3"
    assert array_run({}) is None
