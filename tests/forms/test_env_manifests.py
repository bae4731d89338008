"""What a project asks for: pyproject.toml, Pipfile, setup.cfg, setup.py, Dockerfile."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

SHA = "7e" * 32
COMMIT = "8d7c6b5a49382716051f2e3d4c5b6a798807162f"
RUFF = "[tool.ruff]\nline-length = 100\n"

FORMS = (
    Form(
        row="pyproject.toml, PEP 621 dependencies and extras",
        name="serving/pyproject.toml",
        text=(
            '[build-system]\nrequires = ["setuptools>=61", "wheel"]\n\n[project]\nname = "ranker"\n'
            'requires-python = ">=3.9,<3.12"\ndependencies = [\n  "numpy>=1.24",\n'
            '  "uvicorn[standard]==0.23.2",\n]\n\n[project.optional-dependencies]\n'
            'gpu = ["cupy-cuda11x~=12.2"]\ntest = ["numpy>=1.24", "pytest"]\n'
        ),
        wants=(
            Want(
                "env.listing",
                {"env": "serving", "form": "manifest", "packages": 7,
                 "requires_python": ">=3.9,<3.12"},
                (1, 14),
            ),
            Want("env.package", {"package": "setuptools", "group": "build-system"}, (2, 2)),
            Want("env.package", {"package": "numpy", "group": "main", "pin": "range"}, (8, 8)),
            Want("env.package", {"package": "uvicorn", "version": "0.23.2"}, (9, 9)),
            Want("env.package", {"package": "cupy-cuda11x", "group": "gpu"}, (13, 13)),
            Want("env.package", {"package": "numpy", "group": "test"}, (14, 14)),
        ),
        near_miss=RUFF,
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="pyproject.toml, dependency groups (PEP 735)",
        name="pyproject.toml",
        text=(
            '[project]\nname = "x"\n\n[dependency-groups]\n'
            'dev = ["pytest>=7", {include-group = "lint"}]\nlint = ["ruff==0.1.4"]\n'
        ),
        wants=(
            Want("env.package", {"package": "pytest", "group": "dev"}, (5, 5)),
            Want("env.package", {"package": "ruff", "group": "lint", "pin": "exact"}, (6, 6)),
        ),
        near_miss='[dependency-groups]\nnote = "none yet"\n',
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="pyproject.toml, Poetry with git and path dependencies",
        name="pyproject.toml",
        text=(
            '[tool.poetry.dependencies]\npython = "^3.9"\nscipy = "1.10.1"\n'
            f'layers = {{git = "https://git.example.net/ml/layers.git", rev = "{COMMIT}"}}\n'
            'norm = {git = "https://git.example.net/ml/norm.git", branch = "main"}\n'
            'open = {git = "https://git.example.net/ml/open.git"}\n'
            'feats = {path = "../feats", develop = true}\n'
            'pandas = {version = "^2.0", extras = ["parquet"], markers = "os_name == \'nt\'"}\n'
            '\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
        ),
        wants=(
            Want("env.listing", {"requires_python": "^3.9", "packages": 7}, (1, 11)),
            Want("env.package", {"package": "scipy", "pin": "exact", "version": "1.10.1"}, (3, 3)),
            Want("env.package", {"package": "layers", "pin": "vcs_commit"}, (4, 4)),
            Want("env.package", {"package": "norm", "pin": "vcs_branch", "vcs_ref": "main"}),
            Want("env.package", {"package": "open", "pin": "vcs_none"}, (6, 6)),
            Want("env.package", {"package": "feats", "pin": "editable", "path": "../feats"}),
            Want("env.package", {"package": "pandas", "extras": "parquet", "pin": "range"}),
            Want("env.package", {"package": "pytest", "group": "dev", "pin": "wildcard"}),
        ),
        near_miss=RUFF,
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="pyproject.toml, uv's sources and PDM's groups",
        name="pyproject.toml",
        text=(
            '[project]\nname = "x"\ndependencies = ["layers", "feats"]\n\n[tool.uv.sources]\n'
            'layers = { git = "https://git.example.net/ml/layers.git", tag = "v0.4" }\n'
            'feats = { path = "libs/feats", editable = true }\n\n[tool.pdm.dev-dependencies]\n'
            'lint = ["black==23.7.0"]\n'
        ),
        wants=(
            Want("env.package", {"package": "layers", "vcs_ref": "v0.4", "vcs_ref_kind": "tag"}),
            Want("env.package", {"package": "feats", "pin": "editable", "path": "libs/feats"}),
            Want("env.package", {"package": "black", "group": "lint"}, (10, 10)),
        ),
        near_miss=RUFF,
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="Pipfile",
        name="Pipfile",
        text=(
            '[[source]]\nurl = "https://pypi.example.net/simple"\nverify_ssl = true\nname = "p"\n\n'
            '[packages]\nflask = "==2.2.5"\nredis = "*"\nlayers = {git = '
            '"https://git.example.net/ml/layers.git"}\n\n[dev-packages]\npytest = ">=7"\n\n'
            '[requires]\npython_version = "3.9"\n'
        ),
        wants=(
            Want("env.listing", {"packages": 4, "requires_python": "3.9"}, (1, 15)),
            Want("env.package", {"package": "flask", "version": "2.2.5", "pin": "exact"}, (7, 7)),
            Want("env.package", {"package": "redis", "pin": "wildcard"}, (8, 8)),
            Want("env.package", {"package": "layers", "pin": "vcs_none"}, (9, 9)),
            Want("env.package", {"package": "pytest", "group": "dev"}, (12, 12)),
        ),
        near_miss='[requires]\npython_version = "3.9"\n',
        parser="pyproject",
        unclaimed=0,
    ),
    Form(
        row="setup.cfg",
        name="setup.cfg",
        text=(
            "[metadata]\nname = ranker\n\n[options]\npython_requires = >=3.8\n"
            "install_requires = numpy>=1.22\n    scipy==1.10.1\n\n[options.extras_require]\n"
            "gpu =\n    cupy-cuda11x\n"
        ),
        wants=(
            Want("env.listing", {"packages": 3, "requires_python": ">=3.8", "form": "manifest"}),
            Want("env.package", {"package": "numpy", "group": "main"}, (6, 6)),
            Want("env.package", {"package": "scipy", "version": "1.10.1"}, (7, 7)),
            Want("env.package", {"package": "cupy-cuda11x", "group": "gpu", "pin": "none"}),
        ),
        near_miss="[flake8]\nmax-line-length = 100\n",
        parser="setup_script",
    ),
    Form(
        row="setup.py",
        name="ranker/setup.py",
        text=(
            'from setuptools import setup\n\nREQUIRED = [\n    "numpy>=1.22",\n'
            '    "scipy==1.10.1",  # tested\n]\n\nsetup(\n    name="ranker",\n'
            '    install_requires=REQUIRED,\n    extras_require={"gpu": ["cupy-cuda11x"]},\n'
            '    python_requires=">=3.8",\n)\n'
        ),
        wants=(
            Want("env.listing", {"packages": 3, "requires_python": ">=3.8", "env": "ranker"}),
            Want("env.package", {"package": "scipy", "version": "1.10.1"}, (5, 5)),
            Want("env.package", {"package": "cupy-cuda11x", "group": "extra"}, (11, 11)),
        ),
        near_miss="setup(install_requires=open('requirements.txt').read().splitlines())\n",
        parser="setup_script",
    ),
    Form(
        row="a sentence that quotes install_requires",
        text="from setuptools import setup\nsetup(\n    install_requires=['pandas'],\n)\n",
        wants=(Want("env.package", {"package": "pandas", "pin": "none"}, (3, 3)),),
        near_miss="Whoever commits install_requires=['pandas'] buys the cake.\n",
    ),
    Form(
        row="Dockerfile, continuation lines, quotes, options and comments",
        name="train/Dockerfile",
        text=(
            f"FROM nvcr.example.net/nvidia/pytorch:23.07-py3@sha256:{SHA}\n"
            "ENV PIP_NO_CACHE_DIR=1\nRUN apt-get update && \\\n"
            "    pip install --upgrade pip && \\\n"
            "    pip install --no-cache-dir -r requirements.txt \\\n"
            "        # the tokenizer\n        'tokenizers>=0.13,<0.14' \\\n"
            "        --extra-index-url https://wheels.example.net/cu118 \\\n"
            '        "torch==2.0.1+cu118"\nCOPY . .\n'
        ),
        wants=(
            Want("env.image", {"pin": "digest", "tag": "23.07-py3", "digest": f"sha256:{SHA}"}),
            Want("env.listing", {"env": "train", "form": "dockerfile", "packages": 3,
                                 "includes": "requirements.txt"}, (1, 10)),
            Want("env.package", {"package": "pip", "pin": "none"}, (4, 4)),
            Want("env.package", {"package": "tokenizers", "specifier": ">=0.13,<0.14"}, (7, 7)),
            Want("env.option", {"option": "--extra-index-url"}, (8, 8)),
            Want("env.package", {"package": "torch", "local_tag": "cu118", "pin": "exact"}, (9, 9)),
        ),
        near_miss="From this image we never run pip install numpy.\n",
        parser="dockerfile",
        unclaimed=0,
    ),
    Form(
        row="Dockerfile, an unquoted lower bound is a redirection",
        name="Dockerfile",
        text="FROM python:3.10-slim\nRUN pip install numpy>=1.24 scipy==1.10.1\n",
        wants=(
            Want("env.listing", {"python": "3.10", "packages": 2}),
            Want("env.package", {"package": "numpy", "pin": "none", "redirected": True}, (2, 2)),
            Want("env.package", {"package": "scipy", "pin": "exact"}, (2, 2)),
        ),
        near_miss="FROM scratch\nCOPY app /app\n",
        parser="dockerfile",
        unclaimed=0,
    ),
    Form(
        row="Dockerfile, stages, build arguments and conda",
        name="Dockerfile.serve",
        text=(
            "ARG TORCH=2.0.1\nFROM continuumio/miniconda3 AS base\n"
            'RUN conda install -y -c pytorch python=3.10 pytorch=${TORCH} "scipy>=1.9"\n'
            "FROM base\nRUN --mount=type=cache,target=/root/.cache python3 -m pip install "
            "feats==${FEATS}\n"
        ),
        wants=(
            Want("env.image", {"image": "continuumio/miniconda3", "pin": "moving",
                               "stage": "base"}, (2, 2)),
            Want("env.package", {"package": "pytorch", "version": "2.0.1", "fuzzy": True}, (3, 3)),
            Want("env.package", {"package": "scipy", "pin": "range"}, (3, 3)),
            Want("env.package", {"package": "feats", "pin": "variable"}, (5, 5)),
            Want("env.listing", {"env": "serve", "packages": 4}),
        ),
        near_miss="ARG TORCH=2.0.1\n",
        parser="dockerfile",
        unclaimed=0,
    ),
    Form(
        row="Dockerfile, exec form and heredoc",
        name="Dockerfile",
        text=(
            "# syntax=docker/dockerfile:1\nFROM registry.example.net:5000/base:1.4\n"
            'RUN ["pip", "install", "attrs==23.1.0"]\nRUN <<EOT\nset -e\n'
            "pip install idna==3.4\nuv pip install --system sniffio\nEOT\n"
        ),
        wants=(
            Want("env.image", {"repository": "registry.example.net:5000/base", "tag": "1.4"}),
            Want("env.package", {"package": "attrs", "version": "23.1.0"}, (3, 3)),
            Want("env.package", {"package": "idna", "version": "3.4"}, (6, 6)),
            Want("env.package", {"package": "sniffio", "pin": "none"}, (7, 7)),
        ),
        near_miss="# syntax=docker/dockerfile:1\n",
        parser="dockerfile",
        unclaimed=0,
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
