"""One line of each grammar that the facts about environments name, by the name they give it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triage.testing_forms import Form, Want

GRAMMARS = Path(__file__).parents[3] / "shared" / "knowledge" / "env_regexes.json"
SHA = "2a" * 32
COMMIT = "3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"
PROSE = "One sentence about packages, and no list of them.\n"


def line(row: str, text: str, want: Want) -> Form:
    """The line between two pinned ones of a requirements file."""
    whole = f"attrs==23.1.0\n{text}\nidna==3.4\n"
    return Form(row, whole, (want,), PROSE, "requirements.txt", "freeze", 0)


FORMS = (
    line("comment_or_blank", "   # only a remark==1.0\n", Want("env.listing", {"packages": 2})),
    line(
        "option",
        "--find-links=https://files.example.net/all  # wheels",
        Want("env.option", {"option": "--find-links", "value": "https://files.example.net/all"}),
    ),
    line(
        "editable",
        "--editable=libs/feats#egg=feats",
        Want("env.package", {"package": "feats", "path": "libs/feats", "editable": True}),
    ),
    line(
        "vcs",
        f"layers[gpu] @ git+ssh://git@git.example.net:22/ml/layers.git@{COMMIT}#subdirectory=py",
        Want("env.package", {"package": "layers", "vcs_ref": COMMIT, "extras": "gpu"}),
    ),
    line(
        "direct_url",
        'feats[io] @ https://files.example.net/feats-0.2.zip ; os_name == "posix"',
        Want(
            "env.package",
            {"package": "feats", "version": "0.2", "extras": "io", "marker": 'os_name == "posix"'},
        ),
    ),
    line(
        "bare_path",
        "~/wheels/feats-0.2-py3-none-any.whl",
        Want("env.package", {"package": "feats", "version": "0.2", "pin": "file"}),
    ),
    line(
        "named",
        'uvicorn[standard]>=0.20,<0.24 ; python_version >= "3.8" # server',
        Want(
            "env.package",
            {"specifier": ">=0.20,<0.24", "marker": 'python_version >= "3.8"', "pin": "range"},
            (2, 2),
        ),
    ),
    line(
        "hash_line",
        f"anyio==3.7.1 \\\n  --hash=sha384:{SHA}{SHA[:32]}",
        Want("env.package", {"package": "anyio", "hash_kind": "sha384", "hashes": 1}, (2, 3)),
    ),
    line(
        "full_sha",
        f"git+https://git.example.net/ml/layers@{COMMIT}",
        Want("env.package", {"pin": "vcs_commit", "vcs_ref_kind": "commit"}),
    ),
    Form(
        "pip_list_row",
        "Package Version Editable project location\n------- ------- ---\ntorch   2.0.1+cu118\n",
        (Want("env.package", {"package": "torch", "version": "2.0.1+cu118"}, (3, 3)),),
        "Package Version\nis what is asked for\n",
    ),
    Form(
        "conda_list_row",
        "# packages in environment at /opt/c/envs/x:\nnumpy  1.24.2  py310_0  forge\n",
        (Want("env.package", {"build": "py310_0", "channel": "forge"}, (2, 2)),),
        "numpy  1.24.2  py310_0  forge\n",
    ),
    Form(
        "conda_export_dep",
        "name: x\ndependencies:\n  - numpy=1.24.2=py310_0\n  - scipy>=1.10\n",
        (
            Want("env.package", {"package": "numpy", "build": "py310_0"}, (3, 3)),
            Want("env.package", {"package": "scipy", "pin": "range"}, (4, 4)),
        ),
        "name: x\ndependencies:\n  db: true\n",
    ),
    Form(
        "conda_explicit",
        f"@EXPLICIT\nhttps://c.example.net/main/linux-64/xz-5.2.6-h166bdaf_0.tar.bz2#{SHA[:32]}\n",
        (Want("env.package", {"package": "xz", "version": "5.2.6", "hashes": 1}, (2, 2)),),
        "@EXPLICIT\nnothing\n",
    ),
    Form(
        "dpkg_row",
        "$ dpkg -l | grep cuda\nii  cuda-toolkit-11-8  11.8.0-1  amd64  CUDA Toolkit\n"
        "rc  libcudnn8:amd64  8.6.0.163-1+cuda11.8  amd64  cuDNN\n",
        (
            Want("host.package", {"package": "cuda-toolkit-11-8", "state": "installed"}, (2, 2)),
            Want("host.package", {"package": "libcudnn8", "state": "removed"}, (3, 3)),
        ),
        "$ dpkg -l | grep cuda\nnothing\n",
    ),
    Form(
        "rpm_row",
        "$ rpm -qa | grep -i cuda\ncuda-driver-535.54.03-1.x86_64\n"
        "libcudnn8-8.9.2-1.cuda12.2.x86_64\n",
        (Want("host.package", {"package": "libcudnn8", "version": "8.9.2-1.cuda12.2"}, (3, 3)),),
        "$ rpm -qa | grep -i cuda\nnone\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.skipif(not GRAMMARS.is_file(), reason="the knowledge files are not here")
def test_no_grammar_is_left_out() -> None:
    assert {form.row for form in FORMS} == set(json.loads(GRAMMARS.read_text(encoding="utf-8")))
