"""Every line that pip freeze prints or a requirements file may hold is read for what it says."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

SHA = "3f" * 32
COMMIT = "9c1f6d2a4b7e8035c6d1a2f3e4b5c6d7e8f90123"

FORMS = (
    Form(
        row="pip freeze, exact and local versions",
        name="serving/pip-freeze.txt",
        text="einops==0.6.1\nPyYAML==6.0\ntorch==2.1.2+cu118\nxformers==0.0.23.post1+cu118\n",
        wants=(
            Want("env.listing", {"env": "serving", "form": "freeze", "packages": 4}, (1, 4)),
            Want("env.package", {"package": "pyyaml", "name_raw": "PyYAML", "pin": "exact"}),
            Want("env.package", {"package": "torch", "local_tag": "cu118"}, (3, 3)),
        ),
        near_miss="we froze the deployment at 2.1.2 and went home\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze, name @ URL: a folder has no version, a wheel has one",
        name="pip-freeze.txt",
        text=(
            "attrs @ file:///croot/attrs_1695717823297/work\n"
            f"idna @ file:///srv/wheels/idna-3.4-py3-none-any.whl#sha256={SHA}\n"
            "numpy==1.25.1\n"
        ),
        wants=(
            Want("env.package", {"package": "attrs", "pin": "file"}, (1, 1)),
            Want("env.package", {"package": "idna", "version": "3.4", "pin": "hash"}, (2, 2)),
        ),
        near_miss="see attrs @ the wiki page\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze, editable from version control",
        name="pip-freeze.txt",
        text=(
            f"-e git+https://git.example.net/ml/ranker.git@{COMMIT}#egg=ranker\n"
            f"-e git+ssh://git@git.example.net/ml/feats@{COMMIT}#egg=feats&subdirectory=python\n"
            "numpy==1.25.1\n"
        ),
        wants=(
            Want(
                "env.package",
                {
                    "package": "ranker",
                    "pin": "vcs_commit",
                    "vcs_ref": COMMIT,
                    "vcs_ref_kind": "commit",
                    "editable": True,
                },
                (1, 1),
            ),
            Want("env.package", {"package": "feats", "pin": "vcs_commit"}, (2, 2)),
        ),
        near_miss="$ git -C ranker log -e\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze, editable without a remote: the comment tells name and version",
        name="pip-freeze.txt",
        text=(
            "# Editable install with no version control (feats==0.3.1)\n-e /srv/feats\n"
            "# Editable Git install (ranker==1.2) with either a deleted local remote or invalid "
            "URI:\n# 'file:///gone'\n-e /srv/ranker\nnumpy==1.25.1\n"
        ),
        wants=(
            Want(
                "env.package",
                {"package": "feats", "version": "0.3.1", "pin": "editable", "path": "/srv/feats"},
                (2, 2),
            ),
            Want("env.package", {"package": "ranker", "version": "1.2"}, (5, 5)),
        ),
        near_miss="# Editable (feats==0.3.1)\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze, noise above and between the rows",
        name="pip-freeze.txt",
        text=(
            "## !! Could not determine repository location\n"
            "Could not extract name from version control URL\n"
            "joblib==1.3.1\nthreadpoolctl==3.2.0\npip==23.2\n"
        ),
        wants=(Want("env.listing", {"packages": 3}, (1, 5)),),
        near_miss="## !! Could not determine repository location\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze below a prompt with grep: a part of the list",
        text=(
            "The training image:\n(train) bo@gpu4:~$ pip freeze | grep -iE 'torch|numpy'\n"
            "numpy==1.24.2\ntorch==2.0.1\n\nSo far the image.\n"
        ),
        wants=(
            Want("env.listing", {"filtered": True, "form": "freeze", "packages": 2}, (3, 4)),
            Want("env.package", {"package": "numpy", "version": "1.24.2"}, (3, 3)),
        ),
        near_miss="bo@gpu4:~$ pip freeze | grep torch\nbash: pip: command not found\n",
    ),
    Form(
        row="a bare repository between pinned lines of a pasted list",
        text=(
            "What was left of it:\nscipy==1.10.1\n# somebody's own\n"
            "git+https://github.com/example-team/fast-norm.git\nnumpy==1.24.2\n"
        ),
        wants=(
            Want("env.package", {"package": "fast-norm", "pin": "vcs_none"}, (4, 4)),
            Want("env.listing", {"packages": 3}, (2, 5)),
        ),
        near_miss="Cloned from https://github.com/example-team/fast-norm.git\nscipy 1.10.1\n",
    ),
    Form(
        row="requirements, specifiers, extras, markers and comments",
        name="training/requirements.txt",
        text=(
            "numpy>=1.24,<2  # ABI\nuvicorn[standard]~=0.23.0\n"
            'importlib-metadata==6.8.0; python_version < "3.10"\n'
            "pydantic!=2.4.0\ntqdm==4.*\nloguru\n"
        ),
        wants=(
            Want("env.listing", {"env": "training", "form": "requirements", "packages": 6}, (1, 6)),
            Want("env.package", {"package": "numpy", "specifier": ">=1.24,<2", "pin": "range"}),
            Want("env.package", {"package": "uvicorn", "extras": "standard", "pin": "compatible"}),
            Want("env.package", {"version": "6.8.0", "marker": 'python_version < "3.10"'}, (3, 3)),
            Want("env.package", {"package": "pydantic", "pin": "range"}, (4, 4)),
            Want("env.package", {"package": "tqdm", "pin": "wildcard"}, (5, 5)),
            Want("env.package", {"package": "loguru", "pin": "none"}, (6, 6)),
        ),
        near_miss="numpy must be newer than 1.24, and tqdm too\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="requirements, options",
        name="requirements.txt",
        text=(
            "-r base.txt\n-c limits.txt\n--index-url=https://pypi.example.net/simple\n"
            "--extra-index-url https://wheels.example.net/cu118\n"
            "-f https://wheels.example.net/all\n"
            "--no-binary scipy\n--pre\n--trusted-host pypi.example.net\nscipy==1.10.1\n"
        ),
        wants=(
            Want("env.option", {"option": "--requirement", "value": "base.txt"}, (1, 1)),
            Want("env.option", {"option": "--constraint", "value": "limits.txt"}, (2, 2)),
            Want("env.option", {"option": "--index-url"}, (3, 3)),
            Want("env.option", {"option": "--extra-index-url"}, (4, 4)),
            Want("env.option", {"option": "--find-links"}, (5, 5)),
            Want("env.option", {"option": "--trusted-host", "value": "pypi.example.net"}, (8, 8)),
            Want("env.listing", {"includes": "base.txt", "pre": True, "packages": 1}, (1, 9)),
        ),
        near_miss="-r is short for --requirement\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="requirements, hashes on continuation lines and on the same line",
        name="requirements.lock",
        text=(
            f"idna==3.4 \\\n    --hash=sha256:{SHA} \\\n    --hash=sha512:{SHA}{SHA}\n"
            f"attrs==23.1.0 --hash=md5:{SHA[:32]}\n"
        ),
        wants=(
            Want("env.package", {"package": "idna", "hashes": 2, "hash_kind": "sha512"}, (1, 3)),
            Want("env.package", {"package": "attrs", "hashes": 1, "hash_kind": "md5"}, (4, 4)),
            Want("env.listing", {"form": "lock", "hashed": 2, "packages": 2}, (1, 4)),
        ),
        near_miss=f"    --hash=sha256:{SHA}\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip-compile: a generated lock with its Python",
        name="requirements.txt",
        text=(
            "#\n# This file is autogenerated by pip-compile with Python 3.10\n"
            "# by the following command:\n#\n#    pip-compile requirements.in\n#\n"
            "anyio==3.7.1\n    # via starlette\nstarlette==0.27.0\n    # via -r requirements.in\n"
        ),
        wants=(
            Want("env.listing", {"form": "lock", "python": "3.10", "packages": 2, "hashed": 0}),
            Want("env.package", {"package": "starlette", "version": "0.27.0"}, (9, 9)),
        ),
        near_miss="# This file is autogenerated by pip-compile with Python 3.10\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="uv pip compile",
        name="requirements.txt",
        text=(
            "# This file was autogenerated by uv via the following command:\n"
            "#    uv pip compile --python-version 3.12 pyproject.toml -o requirements.txt\n"
            "-e .\nsniffio==1.3.0\n    # via anyio\n"
        ),
        wants=(
            Want("env.listing", {"form": "lock", "python": "3.12", "packages": 2}, (1, 5)),
            Want("env.package", {"path": ".", "pin": "editable"}, (3, 3)),
        ),
        near_miss="# This file was autogenerated by uv via the following command:\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="constraints: they ask for nothing",
        name="constraints.txt",
        text="numpy<2\nprotobuf==4.25.1\n",
        wants=(
            Want("env.constraint", {"package": "numpy", "pin": "range"}, (1, 1)),
            Want("env.constraint", {"package": "protobuf", "version": "4.25.1"}, (2, 2)),
            Want("env.listing", {"form": "constraints", "packages": 0}, (1, 2)),
        ),
        near_miss="the constraints are written down elsewhere\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="requirements, addresses and paths",
        name="requirements.txt",
        text=(
            "https://wheels.example.net/cu118/torch-2.0.1%2Bcu118-cp310-cp310-linux_x86_64.whl\n"
            "ranker @ https://files.example.net/ranker-1.4.tar.gz\n./vendor/feats-0.2.tar.gz\n"
            "-e ../shared\nlayers @ git+https://git.example.net/ml/layers.git@v0.9\n"
        ),
        wants=(
            Want(
                "env.package",
                {"package": "torch", "version": "2.0.1+cu118", "local_tag": "cu118", "pin": "url"},
                (1, 1),
            ),
            Want("env.package", {"package": "ranker", "version": "1.4", "pin": "url"}, (2, 2)),
            Want("env.package", {"package": "feats", "version": "0.2", "pin": "file"}, (3, 3)),
            Want("env.package", {"path": "../shared", "pin": "editable"}, (4, 4)),
            Want("env.package", {"vcs_ref": "v0.9", "vcs_ref_kind": "tag"}, (5, 5)),
        ),
        near_miss="The wheels are at https://wheels.example.net/cu118/\n",
        parser="freeze",
        unclaimed=0,
    ),
    Form(
        row="pip freeze in the log of a container",
        name="pod.log",
        text=(
            "2024-08-02T04:05:06.000000001Z stdout F versions follow\n"
            "2024-08-02T04:05:06.000000002Z stdout F numpy==1.24.2\n"
            "2024-08-02T04:05:06.000000003Z stdout F torch==2.0.1+cu118\n"
            "2024-08-02T04:05:06.000000004Z stdout F ready\n"
        ),
        wants=(
            Want("env.listing", {"packages": 2}, (2, 3)),
            Want("env.package", {"package": "torch", "version": "2.0.1+cu118"}, (3, 3)),
        ),
        near_miss="2024-08-02T04:05:06.000000002Z stdout F loss==0.24 after numpy\n",
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "data",
    [
        "\ufefftorch==2.0.1\r\nnumpy==1.24.2\r\n".encode(),
        "torch==2.0.1\r\nnumpy==1.24.2\r\n".encode("utf-16"),
        "\ufefftorch==2.0.1\r\nnumpy==1.24.2\r\n".encode("utf-16-le"),
    ],
    ids=["UTF-8 with a byte order mark", "UTF-16 of PowerShell", "UTF-16 little endian"],
)
def test_a_list_written_on_windows_is_the_same_list(data: bytes) -> None:
    events, report = read(data, "pip-freeze.txt")

    assert [(e.fields["package"], e.fields["version"]) for e in events[1:]] == [
        ("torch", "2.0.1"),
        ("numpy", "1.24.2"),
    ]
    assert report.unclaimed == 0
