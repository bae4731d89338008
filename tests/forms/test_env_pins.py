"""Each rule of what is not pinned or not locked can be decided from what is read of one list."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

SHA = "4c" * 32
COMMIT = "1f2e3d4c5b6a79880716253443526170f8e9dacb"
GIT = "git+https://git.example.net/ml/layers.git"


def requirement(row: str, line: str, fields: dict[str, object], near_miss: str) -> Form:
    """One requirement between two that are pinned."""
    wanted = {key: value for key, value in fields.items() if isinstance(value, (str, int, bool))}
    return Form(
        row=row,
        name="requirements.txt",
        text=f"attrs==23.1.0\n{line}\nidna==3.4\n",
        wants=(Want("env.package", wanted, (2, 2)),),
        near_miss=near_miss,
        parser="freeze",
        unclaimed=0,
    )


PROSE = "Nothing here asks for a package, it only speaks of layers and numpy 1.24.\n"

FORMS = (
    requirement("UNPIN-NONE", "pandas", {"package": "pandas", "pin": "none"}, PROSE),
    requirement("UNPIN-NONE with a marker", 'pywin32; sys_platform == "win32"',
                {"pin": "none", "marker": 'sys_platform == "win32"'}, PROSE),
    requirement("UNPIN-RANGE lower bound", "pandas>=2.0", {"pin": "range"}, PROSE),
    requirement("UNPIN-RANGE upper bound", "pandas<=2.0", {"pin": "range"}, PROSE),
    requirement("UNPIN-RANGE exclusion", "pandas!=2.0.2", {"pin": "range"}, PROSE),
    requirement("UNPIN-RANGE compatible release", "scikit-learn~=1.3.1", {"pin": "compatible"},
                PROSE),
    requirement("UNPIN-WILDCARD", "scipy==1.10.*", {"pin": "wildcard"}, PROSE),
    requirement("exact", "scipy == 1.10.1", {"pin": "exact", "version": "1.10.1"}, PROSE),
    requirement("exact, arbitrary equality", "scipy===1.10.1", {"pin": "exact"}, PROSE),
    requirement("exact with a local version", "torch==2.0.1+cu118",
                {"pin": "exact", "local_tag": "cu118"}, PROSE),
    requirement("exact with a post release", "torch==1.0.1.post2",
                {"pin": "exact", "version": "1.0.1.post2"}, PROSE),
    requirement("UNPIN-VCS-NOREF", GIT, {"package": "layers", "pin": "vcs_none"}, PROSE),
    requirement("UNPIN-VCS-MOVING main", f"{GIT}@main",
                {"pin": "vcs_branch", "vcs_ref_kind": "branch"}, PROSE),
    requirement("UNPIN-VCS-MOVING a branch with a slash", f"layers @ {GIT}@feature/fp8",
                {"pin": "vcs_branch", "vcs_ref_kind": "branch"}, PROSE),
    requirement("UNPIN-VCS-TAG", f"{GIT}@v1.2.0",
                {"pin": "vcs_branch", "vcs_ref_kind": "tag"}, PROSE),
    requirement("UNPIN-VCS-SHORT", f"{GIT}@{COMMIT[:9]}", {"vcs_ref_kind": "short_commit"}, PROSE),
    requirement("OK-VCS", f"{GIT}@{COMMIT}",
                {"pin": "vcs_commit", "vcs_ref_kind": "commit", "vcs_ref": COMMIT}, PROSE),
    requirement("OK-VCS with a 64-digit commit", f"{GIT}@{COMMIT}{COMMIT[:24]}",
                {"pin": "vcs_commit", "vcs_ref_kind": "commit"}, PROSE),
    requirement("PLAIN-HTTP", "feats @ http://files.example.net/feats-0.1.tar.gz",
                {"pin": "url", "url": "http://files.example.net/feats-0.1.tar.gz"}, PROSE),
    requirement("PLAIN-HTTP git://", "git+git://git.example.net/ml/layers.git",
                {"url": "git+git://git.example.net/ml/layers.git"}, PROSE),
    requirement("UNPIN-URL-NOHASH", "https://files.example.net/feats-0.1-py3-none-any.whl",
                {"pin": "url", "package": "feats", "version": "0.1"}, PROSE),
    requirement("OK-URL with its hash",
                f"https://files.example.net/feats-0.1-py3-none-any.whl#sha256={SHA}",
                {"pin": "hash", "hash_kind": "sha256"}, PROSE),
    requirement("LOCAL-PATH file://", "feats @ file:///home/bo/feats",
                {"pin": "file", "package": "feats", "url": "file:///home/bo/feats"}, PROSE),
    requirement("LOCAL-PATH relative", "./vendor/feats", {"pin": "file", "path": "./vendor/feats"},
                PROSE),
    requirement("LOCAL-PATH editable", "-e ./vendor/feats", {"pin": "editable", "editable": True},
                PROSE),
    requirement("HASH-WEAK md5", f"idna==3.5 --hash=md5:{SHA[:32]}", {"hash_kind": "md5"}, PROSE),
    requirement("HASH-WEAK sha1", f"idna==3.5 --hash=sha1:{SHA[:40]}", {"hash_kind": "sha1"},
                PROSE),
    requirement("PRE nightly", "torch==2.3.0.dev20240101+cu121",
                {"prerelease": True, "local_tag": "cu121"}, PROSE),
    requirement("PRE release candidate", "numpy==2.0.0rc1", {"prerelease": True}, PROSE),
    Form(
        row="NOHASH",
        name="requirements.txt",
        text="-r base.txt\nattrs==23.1.0\nidna==3.4\n",
        wants=(Want("env.listing", {"packages": 2, "hashed": 0}),),
        near_miss=PROSE,
    ),
    Form(
        row="HASH-PARTIAL",
        name="requirements.txt",
        text=f"attrs==23.1.0 --hash=sha256:{SHA}\nidna==3.4\n",
        wants=(Want("env.listing", {"packages": 2, "hashed": 1}),),
        near_miss=PROSE,
    ),
    Form(
        row="INDEX-AMBIG",
        name="requirements.txt",
        text="--extra-index-url https://wheels.example.net/simple\nattrs==23.1.0\nidna==3.4\n",
        wants=(Want("env.listing", {"extra_index": "https://wheels.example.net/simple"}),),
        near_miss=PROSE,
    ),
    Form(
        row="PRE as an option",
        name="requirements.txt",
        text="--pre\nattrs==23.1.0\n",
        wants=(Want("env.listing", {"pre": True}),),
        near_miss=PROSE,
    ),
    Form(
        row="UNPIN-RANGE and UNPIN-WILDCARD of Poetry",
        name="pyproject.toml",
        text=(
            '[tool.poetry.dependencies]\npython = "^3.10"\nscipy = "^1.10"\npandas = "~2.0"\n'
            'tqdm = "*"\nattrs = "23.1.0"\n'
        ),
        wants=(
            Want("env.package", {"package": "scipy", "pin": "range"}, (3, 3)),
            Want("env.package", {"package": "pandas", "pin": "compatible"}, (4, 4)),
            Want("env.package", {"package": "tqdm", "pin": "wildcard"}, (5, 5)),
            Want("env.package", {"package": "attrs", "pin": "exact", "version": "23.1.0"}, (6, 6)),
        ),
        near_miss="[tool.black]\nline-length = 100\n",
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="UNPIN-WILDCARD of conda: one equals sign is fuzzy",
        name="environment.yml",
        text="name: vis\ndependencies:\n  - numpy=1.24\n  - python=3\n  - scipy=1.10.1=py310_0\n",
        wants=(
            Want("env.package", {"package": "numpy", "pin": "exact", "fuzzy": True}, (3, 3)),
            Want("env.package", {"package": "python", "pin": "wildcard"}, (4, 4)),
            Want("env.package", {"package": "scipy", "pin": "exact", "build": "py310_0"}, (5, 5)),
        ),
        near_miss="name: vis\ndependencies:\n  - name: redis\n    version: 17\n",
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="IMG-LATEST",
        name="Dockerfile",
        text="FROM python:latest\nRUN pip install attrs==23.1.0\n",
        wants=(Want("env.image", {"image": "python:latest", "pin": "moving"}, (1, 1)),),
        near_miss="From Python: latest news of the release\n",
        parser="dockerfile",
        unclaimed=0,
    ),
    Form(
        row="PIP-AT-RUNTIME",
        name="pod.log",
        text=(
            "2024-08-02T04:05:06.000000001Z stdout F + pip install -q feats\n"
            "2024-08-02T04:05:09.000000001Z stdout F Successfully installed feats-0.2\n"
        ),
        wants=(
            Want("env.command", {"package": "feats", "unpinned": 1, "where": "trace"}, (1, 1)),
            Want("env.change", {"package": "feats", "version": "0.2"}, (2, 2)),
        ),
        near_miss="2024-08-02T04:05:06.000000001Z stdout F please run pip install feats first\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
