"""One requirement line: how firmly it pins, what it names, what it must not show."""

from __future__ import annotations

import pytest

from triage.testing import events_of
from triage_parsers import freeze
from triage_parsers.requirement import masked, read_requirement

COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


@pytest.mark.parametrize(
    ("line", "pin", "version"),
    [
        ("ranker==1.4.2", "exact", "1.4.2"),
        ("ranker == 1.4.2", "exact", "1.4.2"),
        ("ranker===1.4.2", "exact", "1.4.2"),
        ("ranker==v0.6.0", "exact", "v0.6.0"),
        ("ranker==1.0.1.post2", "exact", "1.0.1.post2"),
        ("ranker==2.2.0+cu118", "exact", "2.2.0+cu118"),
        ("ranker==1.1build1", "exact", "1.1build1"),
        ("ranker[fast,gpu]==2.0", "exact", "2.0"),
        ('ranker==2.0;python_version<"3.9"', "exact", "2.0"),
        ("ranker==0.21.*", "wildcard", None),
        ("ranker~=1.4.0", "compatible", None),
        ("ranker>=1.4", "range", None),
        ("ranker<=2.0", "range", None),
        ("ranker>=1,<2", "range", None),
        ("ranker!=1.5", "range", None),
        ("ranker", "none", None),
        ('ranker; sys_platform == "linux"', "none", None),
        ("git+https://git.example.org/team/ranker.git", "vcs_none", None),
        ("git+https://git.example.org/team/ranker.git@main", "vcs_branch", None),
        ("git+https://git.example.org/team/ranker.git@v1.2", "vcs_branch", None),
        (f"git+https://git.example.org/team/ranker.git@{COMMIT}", "vcs_commit", None),
        (f"git+ssh://git@git.example.org/team/ranker.git@{COMMIT[:12]}", "vcs_commit", None),
        ("ranker @ git+https://git.example.org/team/ranker", "vcs_none", None),
        (f"-e git+https://git.example.org/ranker@{COMMIT}#egg=ranker", "vcs_commit", None),
        ("-e ./src/ranker#egg=ranker", "editable", None),
        ("ranker @ file:///croot/ranker_1650637061581/work", "file", None),
        ("./wheels/ranker-1.2-py3-none-any.whl", "file", "1.2"),
        ("https://example.org/ranker-1.2-py3-none-any.whl", "url", "1.2"),
        ("ranker @ https://example.org/ranker-1.2.tar.gz#sha256=" + "ab" * 32, "hash", "1.2"),
    ],
)
def test_a_line_pins_as_firmly_as_pip_reads_it(line: str, pin: str, version: str | None) -> None:
    wanted = read_requirement(line)

    assert wanted is not None
    assert wanted.fields["package"] == "ranker"
    assert (wanted.fields["pin"], wanted.fields.get("version")) == (pin, version)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# ranker==1.2",
        "we pinned ranker==1.2",
        "torch==2.0.1 from https://example.org/torch.whl:",
        "if version==1.0:",
        "ranker=1.2",
        "==1.2",
        "https://example.org/about",
        "-r other.txt",
    ],
)
def test_prose_and_options_are_no_requirement(line: str) -> None:
    assert read_requirement(line) is None


def test_a_comment_behind_a_requirement_is_not_part_of_it() -> None:
    wanted = read_requirement("ranker>=1.2.3  # see https://example.org/#install (needed)")

    assert wanted is not None
    assert wanted.fields["specifier"] == ">=1.2.3"


@pytest.mark.parametrize(
    ("raw", "package"),
    [("rouge_score", "rouge-score"), ("pyannote.audio", "pyannote-audio"), ("Pillow", "pillow")],
)
def test_names_are_normalized_and_kept_as_written(raw: str, package: str) -> None:
    wanted = read_requirement(f"{raw}==1.0")

    assert wanted is not None
    assert (wanted.fields["name_raw"], wanted.fields["package"]) == (raw, package)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bot:s3cret@example.org/x.git", "https://***@example.org/x.git"),
        ("https://ghp_0123456789@example.org/x.git", "https://***@example.org/x.git"),
        ("https://${TOKEN}@example.org/x.git", "https://***@example.org/x.git"),
        ("git+ssh://git@example.org/x.git", "git+ssh://git@example.org/x.git"),
        ("https://example.org/@scope/x", "https://example.org/@scope/x"),
    ],
)
def test_credentials_of_an_address_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_no_field_of_a_list_shows_a_token() -> None:
    text = (
        "--extra-index-url https://me:hunter2@pypi.example.org/simple\n"
        "torch==2.0.1\nlib @ https://me:hunter2@example.org/lib-1.0.tar.gz\n"
        "-e git+https://me:hunter2@example.org/lib2.git@main#egg=lib2\n"
    )

    events = events_of(freeze.PARSER, text, "requirements.txt")
    assert len(events) == 5
    assert not [e for e in events if "hunter2" in str(e.fields)]
