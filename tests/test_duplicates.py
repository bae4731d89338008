"""A package that one list names twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from triage.derive import DERIVED_KINDS
from triage.derive.duplicates import derive
from triage.events import Event, Value
from triage.testing import events_of
from triage_parsers import collect_env, freeze

NAMES = st.sampled_from(["numpy", "torch", "tqdm", "PyYAML", "pyyaml"])


def packages(text: str, name: str = "requirements.txt") -> list[Event]:
    return [e for e in events_of(freeze.PARSER, text, name) if e.kind == "env.package"]


def found(text: str) -> list[tuple[Value, Value]]:
    return [(e.fields["package"], e.fields["differs"]) for e in derive(packages(text))]


def test_the_same_version_twice_is_a_duplicate_that_does_not_differ() -> None:
    text = "numpy==1.26.4\nPyYAML==6.0.1\ntqdm==4.66.4\npyyaml==6.0.1\n"

    assert found(text) == [("pyyaml", False)]


def test_two_versions_of_one_package_differ() -> None:
    text = "numpy==1.26.4\ntqdm==4.66.4\nnumpy==1.24.4\n"

    assert found(text) == [("numpy", True)]


def test_the_event_stands_at_the_later_line_and_names_the_earlier() -> None:
    (event,) = derive(packages("numpy==1.26.4\ntqdm==4.66.4\nnumpy==1.24.4\n"))

    assert (event.line, event.fields["other_line"], event.kind) == (3, 1, "env.duplicate")
    assert event.kind in DERIVED_KINDS


def test_one_line_for_each_platform_is_no_duplicate() -> None:
    text = (
        "numpy==1.26.4\n"
        'torch==2.3.0; sys_platform == "darwin"\n'
        'torch==2.3.0+cu121; sys_platform == "linux"\n'
    )

    assert found(text) == []


def test_collect_env_names_torch_for_pip_and_for_conda_by_rights() -> None:
    text = "[pip3] torch==2.3.0\n[pip3] numpy==1.26.4\n[conda] torch 2.3.0 pypi_0 pypi\n"

    assert list(derive(list(events_of(collect_env.PARSER, text, "collect_env.txt")))) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(NAMES, max_size=8))
def test_a_list_has_as_many_duplicates_as_lines_that_repeat_a_name(names: list[str]) -> None:
    events = packages("".join(f"{name}==1.0\n" for name in names))

    assert len(list(derive(events))) == len(names) - len({name.lower() for name in names})
