"""What is installed, in every form in which pip, uv and their friends list it."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

COMMIT = "8d7c6b5a49382716051f2e3d4c5b6a798807162f"

FORMS = (
    Form(
        row="pip list, columns with working folders",
        name="serving/pip-list.txt",
        text=(
            "Package    Version     Editable project location\n"
            "---------- ----------- -------------------------\n"
            "Brlapi     0.8.4\ndistro     1.7build2\nfeats      0.3.dev1    /srv/feats\n"
            "torch      2.0.1+cu118\n"
        ),
        wants=(
            Want("env.listing", {"env": "serving", "form": "list", "packages": 4}, (1, 6)),
            Want("env.package", {"package": "distro", "version": "1.7build2"}, (4, 4)),
            Want("env.package", {"package": "feats", "pin": "editable", "path": "/srv/feats"}),
            Want("env.package", {"package": "torch", "local_tag": "cu118"}, (6, 6)),
        ),
        near_miss="Package Version was asked for by nobody\n",
        parser="pip_list",
    ),
    Form(
        row="pip list -v: where a package lies is no working folder",
        text=(
            "Package Version Editable project location Location                    Installer\n"
            "------- ------- ------------------------- --------------------------- ---------\n"
            "feats   0.3     /srv/feats                /srv/feats/src              pip\n"
            "numpy   1.24.2                            /v/python3.10/site-packages pip\n"
            "scipy   1.10.1                            /v/python3.10/site-packages pip\n"
        ),
        wants=(
            Want("env.package", {"package": "feats", "pin": "editable", "path": "/srv/feats"}),
            Want("env.package", {"package": "numpy", "pin": "exact", "version": "1.24.2"}, (4, 4)),
        ),
        near_miss="Package Version Location Installer\nnone found\n",
        parser="pip_list",
    ),
    Form(
        row="pip 9 and older: name and version in brackets",
        text="numpy (1.14.5)\nfeats (0.1, /home/bo/feats)\nscipy (1.1.0)\ntorch (0.4.1)\n",
        wants=(
            Want("env.listing", {"packages": 4}, (1, 4)),
            Want("env.package", {"package": "feats", "pin": "editable"}, (2, 2)),
        ),
        near_miss="numpy (1.14.5) is older than\nscipy (1.1.0)\n",
        parser="pip_list",
        unclaimed=0,
    ),
    Form(
        row="pip list --outdated: Latest is not installed",
        text=(
            "Package Version Latest Type\n------- ------- ------ -----\n"
            "numpy   1.24.2  1.26.1 wheel\nscipy   1.10.1  1.11.3 wheel\n"
        ),
        wants=(
            Want("env.package", {"package": "numpy", "version": "1.24.2"}, (3, 3)),
            Want("env.listing", {"packages": 2}),
        ),
        near_miss="Package Version Latest Type\nnothing is outdated\n",
        parser="pip_list",
    ),
    Form(
        row="pip list through grep below its prompt",
        text=(
            "$ pip list | grep -i nvidia\nnvidia-cublas-cu12    12.1.3.1\n"
            "nvidia-nccl-cu12      2.18.1\n$ \n"
        ),
        wants=(Want("env.listing", {"filtered": True, "packages": 2}, (2, 3)),),
        near_miss="$ pip list | grep -i nvidia\n$ nvidia-smi\n",
    ),
    Form(
        row="pip list without its head, in a file of that name",
        name="pip-list.txt",
        text="absl-py   1.4.0\nastunparse 1.6.3\ncachetools 5.3.1\n",
        wants=(Want("env.listing", {"packages": 3, "form": "list"}, (1, 3)),),
        near_miss="took   1.4\nno list here\n",
        parser="pip_list",
        unclaimed=0,
    ),
    Form(
        row="uv pip list",
        text=(
            "$ uv pip list\nPackage  Version\n-------- -------\nanyio    3.7.1\nsniffio  1.3.0\n"
        ),
        wants=(Want("env.listing", {"packages": 2}, (2, 5)),),
        near_miss="$ uv pip list\nerror: No virtual environment found\n",
    ),
    Form(
        row="pip list --format=json",
        name="training/pip-list.json",
        text=(
            '[{"name": "numpy", "version": "1.24.2"}, {"name": "feats", "version": "0.3", '
            '"editable_project_location": "/srv/feats"}]\n'
        ),
        wants=(
            Want("env.listing", {"env": "training", "form": "json", "packages": 2}),
            Want("env.package", {"package": "feats", "pin": "editable", "path": "/srv/feats"}),
        ),
        near_miss='[{"name": "ranker", "version": "3", "stage": "canary"}]\n',
        parser="pip_json",
        unclaimed=0,
    ),
    Form(
        row="pip list --format=json in a log, without a package that everybody has",
        name="pip-list.json",
        text=(
            '[{"name": "absl-py", "version": "1.4.0"}, '
            '{"name": "zope.event", "version": "5.0"}]\n'
        ),
        wants=(Want("env.package", {"package": "zope-event", "name_raw": "zope.event"}),),
        near_miss='[{"name": "absl-py"}, {"name": "zope.event"}]\n',
        parser="pip_json",
        unclaimed=0,
    ),
    Form(
        row="pip inspect",
        name="inspect.json",
        text=(
            '{\n  "version": "1",\n  "pip_version": "23.2.1",\n  "installed": [\n'
            '    {"metadata": {"metadata_version": "2.1", "name": "pandas", "version": "2.0.2", '
            '"requires_dist": ["numpy (>=1.20.3) ; python_version < \\"3.10\\"", "pytz>=2020.1"]},'
            ' "requested": true, "installer": "pip"},\n'
            '    {"metadata": {"name": "layers", "version": "0.4"}, "direct_url": {"url": '
            '"https://git.example.net/ml/layers.git", "vcs_info": {"vcs": "git", "commit_id": '
            f'"{COMMIT}"}}}}}}\n  ],\n'
            '  "environment": {"python_full_version": "3.9.17", "sys_platform": "linux", '
            '"platform_machine": "x86_64"}\n}\n'
        ),
        wants=(
            Want(
                "env.listing",
                {"python": "3.9.17", "sys_platform": "linux", "pip": "23.2.1", "packages": 2},
            ),
            Want(
                "env.package",
                {
                    "package": "pandas",
                    "requested": True,
                    "requires_dist": 'numpy (>=1.20.3) ; python_version < "3.10"\npytz>=2020.1',
                },
                (5, 5),
            ),
            Want("env.package", {"package": "layers", "vcs_ref": COMMIT, "pin": "vcs_commit"}),
        ),
        near_miss='{"version": "1", "pip_version": "23.2.1", "installed": []}\n',
        parser="pip_json",
        unclaimed=0,
    ),
    Form(
        row="pip install --report",
        name="pip-inspect.json",
        text=(
            '{"version": "1", "pip_version": "23.2.1", "install": [{"download_info": {"url": '
            '"https://files.example.net/idna-3.4-py3-none-any.whl", "archive_info": {}}, '
            '"is_direct": false, "requested": true, "metadata": {"name": "idna", '
            '"version": "3.4"}}]}\n'
        ),
        wants=(Want("env.package", {"package": "idna", "version": "3.4", "pin": "exact"}),),
        near_miss='{"version": "1", "pip_version": "23.2.1", "install": []}\n',
        parser="pip_json",
    ),
    Form(
        row="pipdeptree --json",
        name="deps.json",
        text=(
            '[{"package": {"key": "pandas", "package_name": "pandas", "installed_version": '
            '"2.0.2"}, "dependencies": []}, {"package": {"key": "numpy", "package_name": "numpy", '
            '"installed_version": "1.24.2"}, "dependencies": []}]\n'
        ),
        wants=(Want("env.listing", {"packages": 2, "form": "json"}),),
        near_miss='[{"package": {"name": "numpy box", "weight": "1.2"}}]\n',
        parser="pip_json",
    ),
    Form(
        row="pip show",
        text=(
            "Name: scikit-learn\nVersion: 1.2.1\nSummary: Machine learning\n"
            "Home-page: http://scikit-learn.org\nAuthor:\nLicense: new BSD\n"
            "Location: /opt/conda/lib/python3.9/site-packages\nRequires: joblib, numpy\n"
            "Required-by: imbalanced-learn\n---\nName: feats\nVersion: 0.3\n"
            "Location: /srv/feats/src\nEditable project location: /srv/feats\nRequires:\n"
            "Required-by:\n"
        ),
        wants=(
            Want(
                "env.package",
                {"package": "scikit-learn", "version": "1.2.1", "python": "3.9", "form": "show"},
                (1, 9),
            ),
            Want("env.package", {"package": "feats", "editable": True}, (11, 16)),
        ),
        near_miss="Name: ranker\nVersion: 3\nRequired-by: the search team\n",
        parser="dist_info",
    ),
    Form(
        row="METADATA of a distribution",
        name="prod/venv/lib/python3.10/site-packages/pytz-2023.3.dist-info/METADATA",
        text=(
            "Metadata-Version: 2.1\nName: pytz\nVersion: 2023.3\nSummary: time zones\n"
            "Requires-Python: >=3.6\nRequires-Dist: six (>=1.5)\n\n"
            "Name: this is the description\n"
        ),
        wants=(
            Want(
                "env.package",
                {
                    "package": "pytz",
                    "version": "2023.3",
                    "env": "prod",
                    "requires_dist": "six (>=1.5)",
                    "requires_python": ">=3.6",
                    "python": "3.10",
                },
                (1, 6),
            ),
        ),
        near_miss="Metadata-Version: 2.1\n\nName: pytz\n",
        parser="dist_info",
    ),
    Form(
        row="direct_url.json of a distribution",
        name="prod/venv/lib/python3.10/site-packages/layers-0.4.dist-info/direct_url.json",
        text='{"dir_info": {"editable": true}, "url": "file:///home/bo/layers"}\n',
        wants=(
            Want(
                "env.package",
                {"package": "layers", "version": "0.4", "pin": "editable", "env": "prod"},
            ),
        ),
        near_miss='{"hint": "file:///home/bo/layers"}\n',
        parser="pip_json",
        unclaimed=0,
    ),
    Form(
        row="pipdeptree",
        text=(
            "ranker==1.4\n├── pandas [required: >=1.5,<2.1, installed: 2.1.0]\n"
            "│   ├── numpy [required: >=1.22.4, installed: 1.24.2]\n"
            "│   └── pytz [required: >=2020.1, installed: ?]\n"
            "└── feats [required: Any, installed: 0.3]\n"
        ),
        wants=(
            Want("env.listing", {"packages": 4, "form": "tree"}, (1, 5)),
            Want("env.package", {"package": "numpy", "wanted_by": "pandas"}, (3, 3)),
            Want(
                "env.unmet",
                {"package": "ranker", "requires": "pandas>=1.5,<2.1", "other_version": "2.1.0"},
                (2, 2),
            ),
            Want("env.unmet", {"package": "pandas", "other_package": "pytz", "missing": True}),
        ),
        near_miss="a cable [required: yes, installed: no]\n",
        parser="dependency_tree",
        unclaimed=0,
    ),
    Form(
        row="pipdeptree before 2.3",
        text=(
            "Flask==1.0.2\n  - Jinja2 [required: >=2.10, installed: 2.11.3]\n"
            "    - MarkupSafe [required: >=0.23, installed: 1.1.1]\n"
        ),
        wants=(Want("env.package", {"package": "markupsafe", "wanted_by": "jinja2"}, (3, 3)),),
        near_miss="Flask==1.0.2\n  - it is old\n",
        parser="dependency_tree",
        unclaimed=0,
    ),
    Form(
        row="uv tree",
        text=(
            "Resolved 5 packages in 4ms\nranker v1.4.0\n├── scikit-learn v1.3.1\n"
            "│   ├── joblib v1.3.2\n│   └── numpy v1.24.2\n└── numpy v1.24.2 (*)\n"
            "(*) Package tree already displayed\n"
        ),
        wants=(
            Want("env.listing", {"packages": 4, "form": "tree"}, (2, 6)),
            Want("env.package", {"package": "numpy", "wanted_by": "scikit-learn"}, (5, 5)),
        ),
        near_miss="ranker v1.4.0\n├── serde v1.0.1\n└── tokio v1.32.0\n",
        parser="dependency_tree",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
