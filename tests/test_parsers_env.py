"""Lists of Python packages in every form, what they pin, and what two lists say together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.derive.compat import compat, difference, parsed, within
from triage.derive.environments import derive
from triage.events import Context, Event, Parser, Sample, Value
from triage.testing import events_of, hits_of, lines_of
from triage_parsers import collect_env, conda_env, freeze, lockfiles, pip_json, pip_list
from triage_parsers.env_listing import environment_of, role_in
from triage_parsers.requirement import masked, read_requirement

PARSERS: tuple[Parser, ...] = (
    freeze.PARSER,
    pip_list.PARSER,
    pip_json.PARSER,
    conda_env.PARSER,
    lockfiles.PARSER,
    collect_env.PARSER,
)
CASES = [
    pytest.param(p, s, id=f"{p.name}-{i}")
    for p in PARSERS
    for i, s in enumerate(p.samples)
    if s.kind is not None
]
SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus is not here")
COMMIT = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


def packages(parser: Parser, text: str, name: str = "requirements.txt") -> list[Event]:
    return [e for e in events_of(parser, text, name) if e.kind == "env.package"]


@pytest.mark.parametrize(("parser", "sample"), CASES)
def test_no_other_form_claims_the_same_list(parser: Parser, sample: Sample) -> None:
    others = [p for p in PARSERS if p is not parser]

    assert not [e for p in others for e in events_of(p, sample.text, sample.name)]


# --- one requirement


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


# --- blocks


def test_each_line_of_a_requirements_file_is_told_once() -> None:
    text = (
        "-r base.txt\n"
        "numpy\n"
        "\n"
        "# a comment with torch==1.0\n"
        "scipy>=1.4,<2  # reason\n"
        "torch==2.0.1 \\\n"
        "    --hash=sha256:" + "ab" * 32 + " \\\n"
        "    --hash=sha256:" + "cd" * 32 + "\n"
        "    # via -r base.in\n"
    )
    events = events_of(freeze.PARSER, text, "requirements-train.txt")

    assert [(e.kind, e.line, e.line_end) for e in events] == [
        ("env.listing", 1, 8),
        ("env.option", 1, 1),
        ("env.package", 2, 2),
        ("env.package", 5, 5),
        ("env.package", 6, 8),
    ]
    assert events[-1].fields["hashes"] == 2
    assert {e.fields["env"] for e in events} == {"train"}


def test_a_block_inside_prose_is_found_without_the_prose() -> None:
    text = (
        "The freeze from the dying container:\n"
        "numpy==1.22.0\n"
        "scipy==1.8.1\n"
        "# by hand:\n"
        "git+https://git.example.org/team/layers.git\n"
        "Do you see that last line? torch==2.0 was never there.\n"
    )
    events = events_of(freeze.PARSER, text, "postmortem.md")

    assert [(e.kind, e.line) for e in events] == [
        ("env.listing", 2),
        ("env.package", 2),
        ("env.package", 3),
        ("env.package", 5),
    ]
    assert events[-1].fields["package"] == "layers"


def test_words_round_a_pasted_block_are_no_packages() -> None:
    text = "Thanks\nnumpy==1.22.0\nscipy==1.8.1\nregards\n"

    assert [e.fields["package"] for e in packages(freeze.PARSER, text, "mail.txt")] == [
        "numpy",
        "scipy",
    ]


def test_two_blocks_under_two_headings_are_two_environments() -> None:
    text = (
        "# Production check\n$ pip freeze | grep -E 'numpy|torch'\n"
        "numpy==1.22.0\ntorch==2.0.1\n\n"
        "# What the training job had\n"
        "numpy==1.23.0\ntorch==2.1.0\n"
    )
    listings = [e for e in events_of(freeze.PARSER, text, "notes.md") if e.kind == "env.listing"]

    assert [e.fields["env"] for e in listings] == ["production", "training"]
    assert [e.fields.get("filtered") for e in listings] == [True, None]


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: Cannot install torch==2.0.1 and torch==2.1.0 because these conflict.",
        "The conflict is caused by:\n    The user requested torch==2.0.1\n    and torch==2.1.0",
        "Requirement already satisfied: numpy==1.26.0 in /opt/lib (from torch)\n" * 3,
        "Collecting torch==2.0.1\n  Downloading torch-2.0.1-cp310-cp310-linux_x86_64.whl\n" * 2,
        "tokenizers>=0.22.0,<=0.23.0 is required, but found tokenizers==0.21.4.\n" * 2,
        "assert a.shape == 3.0\nassert b == 1.0",
        "numpy\ntorch\nscipy",
    ],
)
def test_lines_that_only_mention_versions_are_no_list(text: str) -> None:
    assert events_of(freeze.PARSER, text, "app.log") == []


def test_an_editable_install_without_remote_takes_its_version_from_the_note() -> None:
    text = "# Editable Git install with no remote (mylib==0.4)\n-e /srv/mylib\nnumpy==1.22.0\n"
    (mine, _) = packages(freeze.PARSER, text, "pip-freeze.txt")

    assert (mine.fields["package"], mine.fields["version"]) == ("mylib", "0.4")
    assert mine.fields["pin"] == "editable"


@pytest.mark.parametrize(
    ("source", "env"),
    [
        ("production/pip-freeze.txt", "production"),
        ("logs.tar.gz!/training/requirements.txt", "training"),
        ("requirements-train.txt", "train"),
        ("envs/prod_env.yml", "prod"),
        ("requirements/serving.txt", "serving"),
        ("pip-freeze.txt", "pip-freeze.txt"),
        ("logs/pip_list.txt", "pip_list.txt"),
    ],
)
def test_an_environment_is_named_by_the_word_that_carries_meaning(source: str, env: str) -> None:
    assert environment_of(source)[0] == env


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("# Production Environment Check", "production"),
        ("(training) $ pip freeze", "training"),
        ("## Before the upgrade", "before"),
        ("On the laptop:", "laptop"),
        ("We looked at it before it was gone:", None),
        ("The training ran for three days without any trouble.", None),
    ],
)
def test_only_labels_name_a_role(text: str, role: str | None) -> None:
    assert role_in(text) == role


def test_conda_yaml_pins_by_conda_rules_and_pip_by_its_own() -> None:
    text = (
        "name: vision\ndependencies:\n- python=3.9.16\n- cudatoolkit=11.7\n- blas=1\n- scipy\n"
        "- numpy=1.23.5=py39h1234567_0\n- scikit-learn>=1.2\n- pip\n- pip:\n  - timm==0.6.12\n"
        "  - einops>=0.4\n"
    )
    found = packages(conda_env.PARSER, text, "environment.yml")

    assert [(e.fields["package"], e.fields["pin"]) for e in found] == [
        ("python", "exact"),
        ("cudatoolkit", "exact"),
        ("blas", "wildcard"),
        ("scipy", "none"),
        ("numpy", "exact"),
        ("scikit-learn", "range"),
        ("pip", "none"),
        ("timm", "exact"),
        ("einops", "range"),
    ]
    assert [e.fields["package"] for e in found if e.fields.get("fuzzy")] == [
        "python",
        "cudatoolkit",
    ]


def test_latest_of_an_outdated_list_is_not_what_is_installed() -> None:
    text = (
        "Package Version Latest Type\n------- ------- ------ -----\nnumpy   1.22.0  2.1.0  wheel\n"
    )

    assert [e.fields["version"] for e in packages(pip_list.PARSER, text, "x.txt")] == ["1.22.0"]


@needs_shared
@pytest.mark.parametrize(
    ("parser", "name", "found"),
    [
        (lockfiles.PARSER, "uv.lock", 5),
        (lockfiles.PARSER, "pylock_uv.toml", 4),
        (lockfiles.PARSER, "pylock_pip.toml", 3),
        (freeze.PARSER, "pip_compile_hashes.txt", 3),
        (freeze.PARSER, "uv_export_requirements.txt", 4),
        (freeze.PARSER, "pip_freeze_mixed.txt", 4),
        (collect_env.PARSER, "collect_env.txt", 2),
    ],
)
def test_captured_lists_are_read_whole(parser: Parser, name: str, found: int) -> None:
    text = (SHARED / "knowledge" / "captures" / "deps" / name).read_text(encoding="utf-8")

    assert len(packages(parser, text, f"captures/{name}")) == found


@needs_shared
def test_no_log_of_the_corpus_is_taken_for_a_package_list() -> None:
    telling = ("requirements", "pip-freeze")
    claimed = []
    for path in sorted((SHARED / "corpus" / "dev").glob("*/**/*")):
        if path.is_file() and path.suffix != ".json" and not path.name.startswith(telling):
            text = path.read_text(encoding="utf-8", errors="replace")
            claimed += [
                (path.parent.name, e.message)
                for e in events_of(freeze.PARSER, text, path.name)
                if e.kind == "env.listing"
            ]

    assert claimed == []


# --- what several lists say together


def environments(files: Mapping[str, str]) -> list[Event]:
    events = []
    for name, text in sorted(files.items()):
        for parser in PARSERS:
            for event in events_of(parser, text, name):
                event.source = name
                events.append(event)
    return events


def derived(files: Mapping[str, str], kind: str) -> list[dict[str, Value]]:
    return [event.fields for event in derive(environments(files)) if event.kind == kind]


def skew(prod: str, train: str) -> list[tuple[Value, Value, Value]]:
    files = {"production/pip-freeze.txt": f"{prod}\nzz==1.0\n", "training/pip-freeze.txt": train}
    return [(f["package"], f["level"], f["matters"]) for f in derived(files, "env.skew")]


@pytest.mark.parametrize(
    ("prod", "train", "expected"),
    [
        ("scikit-learn==1.3.0", "scikit-learn==1.3.2", [("scikit-learn", "patch", True)]),
        ("pandas==2.0.1", "pandas==2.1.0", [("pandas", "minor", True)]),
        ("numpy==1.26.4", "numpy==2.0.1", [("numpy", "major", True)]),
        ("numpy==1.26.3", "numpy==1.26.4", [("numpy", "patch", False)]),
        ("torch==2.1.0+cu118", "torch==2.1.0+cu121", [("torch", "local", True)]),
        ("torch==2.1.0", "torch==2.1.0+cu121", [("torch", "local", False)]),
        ("black==22.1", "black==23.1", [("black", "major", False)]),
        ("Pillow==9.1", "pillow==9.1.0", []),
        ("torch==2.1.0", "torch>=2.0", []),
    ],
)
def test_a_difference_of_two_environments_is_graded(
    prod: str, train: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert skew(prod, train) == expected


def test_a_skew_stands_at_the_first_line_and_names_the_second() -> None:
    files = {
        "production/pip-freeze.txt": "attrs==22.1.0\ntorch==2.0.1\n",
        "training/pip-freeze.txt": "torch==2.1.0\nattrs==22.1.0\n",
    }
    (event,) = [e for e in derive(environments(files)) if e.kind == "env.skew"]

    assert (event.source, event.line) == ("production/pip-freeze.txt", 2)
    assert event.fields["other_source"] == "training/pip-freeze.txt"
    assert event.fields["other_line"] == 1


def test_one_list_told_in_two_forms_is_no_skew() -> None:
    files = {
        "production/pip-freeze.txt": "numpy==1.22.0\ntorch==2.0.1\n",
        "production/requirements.txt": "numpy==1.22.1\ntorch==2.0.1\n",
    }

    assert derived(files, "env.skew") == []


def conflicts(*lines: str) -> list[tuple[Value, Value, Value]]:
    found = derived({"pip-freeze.txt": "\n".join((*lines, "zz==1.0"))}, "env.conflict")
    return [(f["package"], f["other_package"], f["rule"]) for f in found]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("torch==2.3.0", "torchvision==0.17.0"),
            [("torchvision", "torch", "torch-torchvision")],
        ),
        (
            ("torch==2.1.0+cu121", "torchvision==0.16.0+cu118"),
            [("torch", "torchvision", "cuda-builds")],
        ),
        (("numpy==2.0.1", "pandas==2.1.4"), [("pandas", "numpy", "pandas-requires")]),
        (("numpy==2.0.1", "matplotlib==3.8.0"), [("matplotlib", "numpy", "numpy2-abi")]),
        (
            ("transformers==4.35.2", "tokenizers==0.19.1"),
            [("transformers", "tokenizers", "transformers-requires")],
        ),
        (
            ("tensorflow==2.15.0", "protobuf==5.27.0"),
            [("tensorflow", "protobuf", "tensorflow-requires")],
        ),
        (("jax==0.4.20", "jaxlib==0.4.26"), [("jax", "jaxlib", "jaxlib-not-newer")]),
        (
            ("torch==1.14.0.dev20221110", "torchvision==0.14.0"),
            [("torchvision", "torch", "torch-torchvision")],
        ),
        (
            ("torch==2.1.0.dev20230801", "torchvision==0.16.0.dev20230401"),
            [("torch", "torchvision", "nightly-builds")],
        ),
    ],
)
def test_a_pair_that_a_row_excludes_is_a_conflict(
    lines: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert conflicts(*lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ("torch==2.2.0", "torchvision==0.17.0"),
        ("torch==2.2.0+cu121", "torchvision==0.17.0+cu121", "torchaudio==2.2.0+cu121"),
        ("torch==2.0.1", "torchaudio==2.0.2"),
        ("torch==1.0.1.post2", "torchvision==0.2.2.post3"),
        ("torch==1.12.0.dev20220517", "torchvision==0.13.0a0+32a7c7b"),
        ("torch==2.1.0.dev20230801", "torchvision==0.16.0.dev20230803"),
        ("torch==2.1.0a0+4136153", "torchvision==0.16.0a0"),
        ("torch==2.6.0+computecanada", "torchvision==0.21.0+computecanada"),
        ("jax==0.4.20", "jaxlib==0.4.20+cuda12.cudnn89"),
        ("numpy==2.0.1", "pandas==2.2.2", "scipy==1.13.0", "lightgbm==4.3.0"),
        ("numpy>=2", "pandas==2.1.4"),
        ("tensorflow==2.16.1", "protobuf==4.25.3", "numpy==1.26.4", "transformers==4.38.2"),
        ("torch==2.1.0+cpu", "triton==3.1.0"),
        ("unheard==1.0", "unknown==2.0"),
    ],
)
def test_a_pair_that_fits_or_that_no_row_knows_is_no_conflict(lines: tuple[str, ...]) -> None:
    assert conflicts(*lines) == []


def test_a_fuzzy_conda_version_is_not_held_against_an_exact_pair() -> None:
    text = "name: x\ndependencies:\n  - pytorch=1.12.1\n  - torchvision=0.13\n"

    assert derived({"environment.yml": text}, "env.conflict") == []


def test_conda_builds_for_different_cuda_are_a_conflict() -> None:
    text = (
        "# packages in environment at /opt/conda/envs/x:\n"
        "pytorch       2.1.0   py3.10_cuda12.1_cudnn8.9.2_0   pytorch\n"
        "torchvision   0.16.0  py310_cu118                    pytorch\n"
    )

    assert [f["rule"] for f in derived({"list.txt": text}, "env.conflict")] == ["cuda-builds"]


def test_every_row_of_the_table_can_be_asked_and_has_a_source() -> None:
    table = compat()
    pairs = [pair for rule in table.rule for pair in rule.pairs]
    version = parsed("1.0")

    assert version is not None
    assert all(isinstance(within(version, p.versions), bool) for p in pairs)
    assert all(isinstance(within(version, p.requires), bool) for p in pairs)
    named = {p.source for p in pairs} | {m.source for m in table.matters}
    assert named <= set(table.sources)


def test_no_row_of_the_table_contradicts_another() -> None:
    exact: dict[tuple[str, str, str], str] = {}
    for rule in compat().rule:
        for pair in rule.pairs:
            if pair.versions.startswith("==") and pair.requires.startswith("=="):
                key = (pair.package, pair.versions, pair.other)
                assert exact.setdefault(key, pair.requires) == pair.requires


# --- properties


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}([-_.][a-z0-9]{1,5})?", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?(\+cu118)?", fullmatch=True)
LINES = st.one_of(
    st.builds("{}=={}".format, NAMES, VERSIONS),
    st.builds("{} >= {}".format, NAMES, st.from_regex(r"[0-9]\.[0-9]", fullmatch=True)),
    st.builds("{} @ https://example.org/{}.zip".format, NAMES, NAMES),
    st.builds("git+https://example.org/{}/{}@main".format, NAMES, NAMES),
    NAMES,
    st.builds("# {}".format, NAMES),
    st.just("-r base.txt"),
    st.just(""),
)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(LINES, max_size=20))
def test_each_line_of_a_requirements_file_is_one_event_or_says_nothing(rows: list[str]) -> None:
    text = "\n".join(["torch==2.0.1", *rows])
    lines = lines_of(text)
    context = Context("requirements.txt")
    events = list(freeze.PARSER.parse(lines, hits_of(freeze.PARSER, lines), context))

    told = [e.line for e in events if e.kind != "env.listing"]
    spoken = [n for n, row in enumerate(["x", *rows], start=1) if row and not row.startswith("#")]
    assert told == spoken


ALPHABET = st.sampled_from(
    [
        "numpy==1.2.3", "torch==2.0.1 \\", "    --hash=sha256:00", "# via torch", "pip freeze",
        "Package Version", "------- -------", "numpy   1.2", "numpy (1.2)", "dependencies:",
        "- pip:",
        "  - numpy=1.2=py_0", "# packages in environment at /x:", "@EXPLICIT", "[[package]]",
        'name = "numpy"', 'version = "1.2"', "[metadata]", '{"_meta": {"pipfile-spec": 6}}', "[{",
        '{"name": "numpy", "version": "1.2"}', "PyTorch version: 2.1", "[pip3] torch==2.1", "}]",
        ">>> torch.__version__", "'2.1.0'", "[conda] torch 2.1 py pypi", "git+https://x.y/z@", ";",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda p: p.name)
@pytest.mark.parametrize("name", ["requirements.txt", "app.log", "x.json"])
@given(text=st.lists(ALPHABET | st.text(max_size=30), max_size=20).map("\n".join))
def test_no_text_raises_and_every_event_stands_on_its_own_lines(
    parser: Parser, name: str, text: str
) -> None:
    lines = lines_of(text)
    events = list(parser.parse(lines, hits_of(parser, lines), Context(name)))

    for event in events:
        assert event.kind in parser.kinds
        assert 1 <= event.line <= event.line_end <= len(lines)
        assert all(key and value is not None for key, value in event.fields.items())
    list(derive(events))


@settings(max_examples=100, deadline=None)
@given(one=VERSIONS, other=VERSIONS)
def test_a_difference_does_not_depend_on_the_order(one: str, other: str) -> None:
    assert difference(one, other) == difference(other, one)
    assert difference(one, one) is None
