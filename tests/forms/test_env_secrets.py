"""No password and no token of an address reaches a field of an event, whatever holds it."""

from __future__ import annotations

import pytest

from triage.testing_forms import read

TOKEN = "pwd9Zx4Lq"
SHA = "5d" * 32
COMMIT = "1f2e3d4c5b6a79880716253443526170f8e9dacb"

SOURCES = {
    "requirements.txt": (
        f"--index-url https://bot:{TOKEN}@pypi.example.net/simple\n"
        f"--extra-index-url https://{TOKEN}{TOKEN}@pypi.example.net/simple\n"
        f"-f https://bot:{TOKEN}@files.example.net/\n"
        f"ranker @ https://bot:{TOKEN}@files.example.net/ranker-1.0.tar.gz\n"
        f"-e git+https://bot:{TOKEN}@git.example.net/ml/feats.git@main#egg=feats\n"
        f"-e https://bot:{TOKEN}@git.example.net/ml/raw\n"
        f"git+https://oauth2:{TOKEN}@git.example.net/ml/layers@{COMMIT}\n"
        f"git+https://bot:{TOKEN}@odd@git.example.net/ml/norm@main\n"
        f"https://bot:{TOKEN}@files.example.net/idna-3.4-py3-none-any.whl#sha256={SHA}\n"
    ),
    "environment.yml": (
        "name: vis\nchannels:\n"
        f"  - https://conda.example.net/t/{TOKEN}/main\ndependencies:\n"
        f"  - https://conda.example.net/t/{TOKEN}/main::numpy=1.24\n  - python=3.10\n  - pip:\n"
        f"    - --extra-index-url https://bot:{TOKEN}@pypi.example.net/simple\n"
        f"    - git+https://bot:{TOKEN}@git.example.net/ml/layers.git\n"
    ),
    "explicit.txt": (
        "# platform: linux-64\n@EXPLICIT\n"
        f"https://conda.example.net/t/{TOKEN}/main/linux-64/zlib-1.3-hb9d3cd8_2.conda#{SHA[:32]}\n"
    ),
    "poetry.lock": (
        '[[package]]\nname = "layers"\nversion = "0.1"\n\n[package.source]\ntype = "git"\n'
        f'url = "https://bot:{TOKEN}@git.example.net/ml/layers.git"\nreference = "main"\n'
        f'resolved_reference = "{COMMIT}"\n\n[[package]]\nname = "feats"\nversion = "0.2"\n\n'
        f'[package.source]\ntype = "url"\nurl = "https://bot:{TOKEN}@files.example.net/f-0.2.whl"\n'
    ),
    "Pipfile.lock": (
        '{\n  "_meta": {\n    "pipfile-spec": 6,\n    "sources": [{"name": "p", "url": '
        f'"https://bot:{TOKEN}@pypi.example.net/simple"}}]\n  }},\n  "default": {{\n'
        f'    "layers": {{\n      "git": "https://bot:{TOKEN}@git.example.net/ml/layers.git",\n'
        f'      "ref": "{COMMIT}"\n    }}\n  }}\n}}\n'
    ),
    "pyproject.toml": (
        '[project]\nname = "x"\ndependencies = ["layers"]\n\n[tool.uv.sources]\n'
        f'layers = {{ git = "https://bot:{TOKEN}@git.example.net/ml/layers", branch = "main" }}\n'
        "\n[tool.poetry.dependencies]\n"
        f'feats = {{ url = "https://bot:{TOKEN}@files.example.net/f-0.2.whl" }}\n'
        f'odd = {{ git = "bot:{TOKEN}@git.example.net:ml/odd.git" }}\n'
    ),
    "Dockerfile": (
        f"FROM python:3.10\nARG INDEX=https://bot:{TOKEN}@pypi.example.net/simple\n"
        "RUN pip install -i ${INDEX} numpy==1.24.2\n"
        f"RUN pip install git+https://{TOKEN}@git.example.net/ml/layers.git\n"
        f"RUN conda install -c https://conda.example.net/t/{TOKEN}/main scipy=1.10\n"
    ),
    "install.log": (
        f"$ pip install --extra-index-url https://bot:{TOKEN}@pypi.example.net/simple feats\n"
        f"Looking in indexes: https://bot:{TOKEN}@pypi.example.net/simple\n"
        f"Collecting feats@ https://bot:{TOKEN}@files.example.net/feats-0.2.tar.gz "
        f"(from -r https://bot:{TOKEN}@files.example.net/r.txt (line 1))\n"
        f"  Resolved https://bot:{TOKEN}@git.example.net/ml/layers.git to commit {COMMIT}\n"
    ),
    "inspect.json": (
        '{"version": "1", "pip_version": "23.2", "installed": [{"metadata": {"name": "numpy", '
        '"version": "1.24.2", "requires_dist": '
        f'["feats @ https://bot:{TOKEN}@files.example.net/f-0.2.whl"]}}}}, '
        '{"metadata": {"name": "layers", "version": "0.1"}, "direct_url": {"url": '
        f'"https://bot:{TOKEN}@git.example.net/ml/layers.git", "vcs_info": {{"vcs": "git", '
        f'"commit_id": "{COMMIT}"}}}}}}]}}\n'
    ),
    "pixi.lock": (
        "version: 6\npackages:\n"
        f"- conda: https://conda.example.net/t/{TOKEN}/main/linux-64/zlib-1.3-hb9d3cd8_2.conda\n"
        f"  sha256: {SHA}\n- pypi: https://bot:{TOKEN}@files.example.net/idna-3.4.whl\n"
        "  name: idna\n  version: '3.4'\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_no_field_shows_a_secret(name: str) -> None:
    events, _ = read(SOURCES[name], name)

    told = [event for event in events if event.kind.startswith("env.")]
    assert len(told) > 1
    assert [event.fields for event in told if TOKEN in str(event.fields)] == []


def test_an_address_stays_recognizable_without_its_secret() -> None:
    events, _ = read(SOURCES["requirements.txt"], "requirements.txt")
    shown = [event.fields.get("value") or event.fields.get("url") for event in events]

    assert "https://***@pypi.example.net/simple" in shown
    assert "git+https://***@git.example.net/ml/layers" in shown


def test_the_user_of_an_ssh_address_is_no_secret() -> None:
    events, _ = read("git+ssh://git@git.example.net/ml/layers.git\nattrs==23.1.0\n", "r-freeze.txt")

    assert events[1].fields["url"] == "git+ssh://git@git.example.net/ml/layers.git"
