"""Manifests of Python projects, and TOML that is none."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        '[build-system]\nrequires = ["hatchling>=1.18"]\nbuild-backend = "hatchling.build"\n\n'
        '[project]\nname = "ranker"\nrequires-python = ">=3.10"\ndependencies = [\n'
        '    "numpy>=1.24,<2",\n    "torch==2.1.0",\n]\n\n'
        '[project.optional-dependencies]\nserve = ["uvicorn[standard]~=0.23.0"]\n',
        kind="env.listing",
        fields={"packages": 4, "form": "manifest", "requires_python": ">=3.10", "env": "serving"},
        count=5,
        name="serving/pyproject.toml",
    ),
    Sample(
        '[tool.poetry.dependencies]\npython = "^3.10"\nscipy = "^1.11"\npandas = "2.0.3"\n'
        'layers = {git = "https://git.example.org/layers.git", branch = "main"}\n'
        '\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n',
        kind="env.listing",
        fields={"packages": 4, "requires_python": "^3.10"},
        count=5,
        name="pyproject.toml",
    ),
    Sample(
        '[[source]]\nurl = "https://pypi.example.org/simple"\nname = "main"\n\n[packages]\n'
        'flask = "==2.3.2"\nredis = "*"\n\n[dev-packages]\npytest = ">=7"\n\n'
        '[requires]\npython_version = "3.11"\n',
        kind="env.listing",
        fields={"packages": 3, "requires_python": "3.11"},
        count=4,
        name="Pipfile",
    ),
    Sample("[tool.ruff]\nline-length = 100\n", kind=None, name="pyproject.toml"),
    Sample(
        '[package]\nname = "x"\n\n[dependencies]\nserde = "1.0"\n', kind=None, name="Cargo.toml"
    ),
    Sample('[project]\nname = "cut\ndependencies = ["numpy', kind=None, name="pyproject.toml"),
    Sample("the [build-system] table was not found", kind=None),
)
