"""What pip, uv and conda print while they change an environment, and the commands that ask for "
"it."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

COMMIT = "8d7c6b5a49382716051f2e3d4c5b6a798807162f"
RESOLVER = (
    "ERROR: pip's dependency resolver does not currently take into account all the packages that "
    "are installed. This behaviour is the source of the following dependency conflicts.\n"
)

FORMS = (
    Form(
        row="Successfully installed",
        name="pip-install.log",
        text="Successfully installed MarkupSafe-2.1.3 scikit-learn-1.3.1 torch-2.0.1+cu118\n",
        wants=(
            Want("env.change", {"package": "markupsafe", "version": "2.1.3",
                                "action": "installed"}, (1, 1)),
            Want("env.change", {"package": "scikit-learn", "version": "1.3.1"}),
            Want("env.change", {"package": "torch", "local_tag": "cu118"}),
        ),
        near_miss="Successfully installed the certificate on node-4\n",
        parser="pip_console",
        unclaimed=0,
    ),
    Form(
        row="Attempting uninstall, Found existing installation: an upgrade with what was before",
        name="pip-install.log",
        text=(
            "Installing collected packages: numpy\n  Attempting uninstall: numpy\n"
            "    Found existing installation: numpy 1.23.5\n    Uninstalling numpy-1.23.5:\n"
            "      Successfully uninstalled numpy-1.23.5\nSuccessfully installed numpy-2.0.1\n"
        ),
        wants=(
            Want("env.change", {"package": "numpy", "version": "1.23.5", "action": "removed"},
                 (2, 5)),
            Want("env.change", {"package": "numpy", "version": "2.0.1", "previous": "1.23.5",
                                "action": "upgraded"}, (6, 6)),
        ),
        near_miss="Found an existing installation of numpy, and that is all that we know\n",
        parser="pip_console",
    ),
    Form(
        row="a downgrade and a reinstallation",
        name="pip-install.log",
        text=(
            "  Attempting uninstall: torch\n    Found existing installation: torch 2.1.0\n"
            "    Uninstalling torch-2.1.0:\n      Successfully uninstalled torch-2.1.0\n"
            "  Attempting uninstall: idna\n    Found existing installation: idna 3.4\n"
            "    Uninstalling idna-3.4:\n      Successfully uninstalled idna-3.4\n"
            "Successfully installed idna-3.4 torch-2.0.1\n"
        ),
        wants=(
            Want("env.change", {"package": "torch", "action": "downgraded", "previous": "2.1.0"}),
            Want("env.change", {"package": "idna", "action": "reinstalled", "previous": "3.4"}),
        ),
        near_miss="  Attempting uninstall of the agent\n",
        parser="pip_console",
        unclaimed=0,
    ),
    Form(
        row="a removal that broke off",
        name="pip-install.log",
        text=(
            "  Attempting uninstall: torch\n    Found existing installation: torch 2.1.0\n"
            "    Uninstalling torch-2.1.0:\nKilled\n"
        ),
        wants=(Want("env.change", {"package": "torch", "action": "removing"}, (1, 3)),),
        near_miss="    Uninstalling torch-2.1.0:\n",
    ),
    Form(
        row="a system package that stays where it is",
        name="pip-install.log",
        text=(
            "  Attempting uninstall: pyyaml\n    Found existing installation: PyYAML 5.4.1\n"
            "    Not uninstalling pyyaml at /usr/lib/python3/dist-packages, outside environment "
            "/v\n"
            "    Can't uninstall 'PyYAML'. No files were found to uninstall.\n"
            "Successfully installed pyyaml-6.0.1\n"
        ),
        wants=(
            Want("env.change", {"package": "pyyaml", "version": "5.4.1", "action": "kept"}, (1, 3)),
            Want("env.change", {"package": "pyyaml", "version": "6.0.1", "action": "upgraded"}),
        ),
        near_miss="Not uninstalling anything today\n",
    ),
    Form(
        row="pip uninstall, with the files it would remove",
        name="console.log",
        text=(
            "Found existing installation: apex 0.1\nUninstalling apex-0.1:\n  Would remove:\n"
            "    /opt/v/lib/python3.10/site-packages/apex-0.1.dist-info/*\n"
            "    /opt/v/lib/python3.10/site-packages/apex/*\nProceed (Y/n)? y\n"
            "  Successfully uninstalled apex-0.1\n"
        ),
        wants=(Want("env.change", {"package": "apex", "action": "removed"}, (1, 7)),),
        near_miss="Would remove: nothing\n",
        parser="pip_console",
        unclaimed=0,
    ),
    Form(
        row="a dry run",
        name="pip-install.log",
        text="Would install numpy-1.24.2 pandas-2.0.2\n",
        wants=(Want("env.change", {"package": "pandas", "action": "would_install"}, (1, 1)),),
        near_miss="Would install more memory if I could\n",
        parser="pip_console",
        unclaimed=0,
    ),
    Form(
        row="Collecting, Downloading, Requirement already satisfied",
        name="pip-install.log",
        text=(
            "Looking in indexes: https://pypi.example.net/simple\n"
            "Collecting einops<0.7 (from -r requirements.txt (line 3))\n"
            "  Downloading einops-0.6.1-py3-none-any.whl (42 kB)\n"
            "     ━━━━━━━━━━━━━━━━━━━━ 42.2/42.2 kB 3.1 MB/s eta 0:00:00\n"
            "Requirement already satisfied: numpy>=1.20 in "
            "/opt/v/lib/python3.10/site-packages (from scipy->-r requirements.txt (line 9)) "
            "(1.24.2)\n"
        ),
        wants=(
            Want("env.step", {"package": "einops", "specifier": "<0.7", "action": "collecting",
                              "wanted_by": "-r requirements.txt (line 3)"}, (2, 4)),
            Want("env.step", {"package": "numpy", "version": "1.24.2", "python": "3.10",
                              "action": "satisfied"}, (5, 5)),
        ),
        near_miss="Collecting garbage in generation 2 took 40 ms\n",
        parser="pip_console",
    ),
    Form(
        row="a repository and the commit it was resolved to",
        name="pip-install.log",
        text=(
            "Collecting git+https://git.example.net/ml/layers.git@main\n"
            "  Cloning https://git.example.net/ml/layers.git (to revision main) to /tmp/pip-x\n"
            f"  Resolved https://git.example.net/ml/layers.git to commit {COMMIT}\n"
            "  Preparing metadata (setup.py) ... done\n"
        ),
        wants=(
            Want("env.step", {"package": "layers", "vcs_ref": COMMIT, "action": "resolved",
                              "vcs_ref_kind": "commit"}, (3, 4)),
        ),
        near_miss="Resolved the dispute about https://git.example.net/ml/layers.git\n",
    ),
    Form(
        row="the resolver's complaint after an installation",
        name="pip-install.log",
        text=(
            f"{RESOLVER}umap-learn 0.5.3 requires scipy<1.11,>=1.0, but you have scipy 1.11.2 "
            "which is incompatible.\n"
            'feats 0.3 requires numpy<2; python_version == "3.10", but you have numpy 2.0.1 which '
            "is incompatible.\n"
            "Successfully installed scipy-1.11.2\n"
        ),
        wants=(
            Want("env.unmet", {"package": "umap-learn", "version": "0.5.3",
                               "requires": "scipy<1.11,>=1.0", "other_package": "scipy",
                               "other_version": "1.11.2"}, (2, 2)),
            Want("env.unmet", {"package": "feats", "other_version": "2.0.1"}, (3, 3)),
        ),
        near_miss="This job requires 8 GPUs, but you have 4 GPUs in this partition.\n",
        parser="pip_console",
    ),
    Form(
        row="pip check",
        text=(
            "$ pip check\npandas 2.0.2 has requirement numpy<2,>=1.20.3, but you have numpy "
            "2.0.1.\n"
            "feats 0.3 requires loguru, which is not installed.\n"
        ),
        wants=(
            Want("env.unmet", {"package": "pandas", "requires": "numpy<2,>=1.20.3"}, (2, 2)),
            Want("env.unmet", {"package": "feats", "other_package": "loguru", "missing": True}),
        ),
        near_miss="$ pip check\nthe pump has requirement: oil, which is not at hand\n",
    ),
    Form(
        row="pip 18: has requirement, without ERROR",
        name="pip-install.log",
        text="datasets 1.2.1 has requirement tqdm<4.50,>=4.27, but you'll have tqdm 4.60.0 which "
        "is incompatible.\n",
        wants=(Want("env.unmet", {"package": "datasets", "other_version": "4.60.0"}, (1, 1)),),
        near_miss="the dataset has a requirement, but you have time\n",
        parser="pip_console",
        unclaimed=0,
    ),
    Form(
        row="pip check: nothing is wrong",
        text="$ pip check\nNo broken requirements found.\n",
        wants=(Want("env.check", {"unmet": 0}, (2, 2)),),
        near_miss="$ grep broken notes\nNo broken windows found.\n",
    ),
    Form(
        row="uv pip check",
        text=(
            "Checked 4 packages in 1ms\nFound 2 incompatibilities\n"
            "The package `pandas` requires `numpy>=1.20.3,<2`, but `2.0.1` is installed\n"
            "The package `feats` requires `loguru`, but it's not installed\n"
        ),
        wants=(
            Want("env.unmet", {"package": "pandas", "other_package": "numpy",
                               "other_version": "2.0.1"}, (3, 3)),
            Want("env.unmet", {"package": "feats", "other_package": "loguru", "missing": True}),
        ),
        near_miss="The package `box` requires `tape`, but nobody has any\n",
    ),
    Form(
        row="ResolutionImpossible: who asks for what",
        name="pip-install.log",
        text=(
            "ERROR: Cannot install feats==0.3 and tokenizers==0.14.0 because these package "
            "versions "
            "have conflicting dependencies.\n\nThe conflict is caused by:\n"
            "    The user requested tokenizers==0.14.0\n"
            "    feats 0.3 depends on tokenizers<0.14 and >=0.11\n"
            "    The user requested (constraint) numpy<2\n\nTo fix this you could try to:\n"
        ),
        wants=(
            Want("env.clash", {"package": "tokenizers", "by_user": True}, (4, 4)),
            Want("env.clash", {"package": "tokenizers", "dependent": "feats",
                               "dependent_version": "0.3"}, (5, 5)),
            Want("env.clash", {"package": "numpy", "requires": "numpy<2"}, (6, 6)),
        ),
        near_miss="The conflict is caused by:\nthe night shift\n",
    ),
    Form(
        row="uv pip install",
        text=(
            "Resolved 9 packages in 31ms\nPrepared 2 packages in 1.20s\n"
            "Uninstalled 2 packages in 4ms\nInstalled 2 packages in 9ms\n - httpx==0.24.0\n"
            " + httpx==0.27.0\n - old-thing==1.0\n + sniffio==1.3.0\n"
        ),
        wants=(
            Want("env.change", {"package": "httpx", "version": "0.27.0", "previous": "0.24.0",
                                "action": "upgraded", "tool": "uv"}, (6, 6)),
            Want("env.change", {"package": "old-thing", "action": "removed"}, (7, 7)),
            Want("env.change", {"package": "sniffio", "action": "installed"}, (8, 8)),
        ),
        near_miss="Installed 2 packages in 9ms\n - one for the kitchen\n",
    ),
    Form(
        row="uv, one package",
        text="Installed 1 package in 2ms\n + idna==3.4\n",
        wants=(Want("env.change", {"package": "idna", "version": "3.4"}, (2, 2)),),
        near_miss="Installed 1 package in 2ms\n",
    ),
    Form(
        row="conda's plan",
        name="conda-install.log",
        text=(
            "The following NEW packages will be INSTALLED:\n\n"
            "  cudatoolkit        conda-forge/linux-64::cudatoolkit-11.8.0-h37601d7_11\n\n"
            "The following packages will be REMOVED:\n\n  cpuonly-2.0-0\n\n"
            "The following packages will be UPDATED:\n\n"
            "  numpy                          1.23.5-py310_0 --> 1.24.2-py310_0\n\n"
            "The following packages will be DOWNGRADED:\n\n"
            "  pytorch        pytorch::pytorch-2.1.0-py3.10_0 --> forge::pytorch-2.0.1-cuda_1\n"
        ),
        wants=(
            Want("env.change", {"package": "cudatoolkit", "version": "11.8.0", "tool": "conda",
                                "action": "would_install"}, (3, 3)),
            Want("env.change", {"package": "cpuonly", "action": "would_remove"}, (7, 7)),
            Want("env.change", {"package": "numpy", "previous": "1.23.5", "version": "1.24.2",
                                "action": "would_upgrade"}, (11, 11)),
            Want("env.change", {"package": "pytorch", "previous": "2.1.0", "version": "2.0.1",
                                "build": "cuda_1", "action": "would_downgrade"}, (15, 15)),
        ),
        near_miss=(
            "The following packages will be REMOVED:\n  libnvidia-compute-525 nvidia-driver-525\n"
        ),
        parser="conda_plan",
    ),
    Form(
        row="a command at a prompt",
        text="(train) PS D:\\work> pip3 install -U torch 'numpy<2' --index-url https://w.example.net\n",
        wants=(
            Want("env.command", {"tool": "pip", "verb": "install", "packages": "torch,numpy",
                                 "count": 2, "unpinned": 2, "upgrade": True,
                                 "index": "https://w.example.net", "where": "prompt"}, (1, 1)),
        ),
        near_miss="Try `pip3 install -U torch` to repair this\n",
    ),
    Form(
        row="a command in a notebook",
        text="!pip install -q transformers==4.35.0\n%pip install git+https://git.example.net/x/y\n",
        wants=(
            Want("env.command", {"package": "transformers", "unpinned": 0, "where": "notebook"}),
            Want("env.command", {"package": "y", "unpinned": 1}, (2, 2)),
        ),
        near_miss="Now pip install everything!\n",
    ),
    Form(
        row="commands of an image build",
        name="build.log",
        text=(
            "Step 4/9 : RUN pip install --no-cache-dir -r requirements.txt\n"
            "#11 [5/8] RUN python -m pip install feats\n"
            " => [3/7] RUN conda install -y numpy=1.24 scipy                       12.3s\n"
        ),
        wants=(
            Want("env.command", {"manifest": "requirements.txt", "where": "build"}, (1, 1)),
            Want("env.command", {"package": "feats", "unpinned": 1}, (2, 2)),
            Want("env.command", {"tool": "conda", "packages": "numpy,scipy"}, (3, 3)),
        ),
        near_miss='#14 ERROR: process "/bin/sh -c pip install feats" did not complete: 1\n',
    ),
    Form(
        row="docker history",
        text=(
            "IMAGE          CREATED       CREATED BY                                      SIZE\n"
            "0f1e2d3c4b5a   2 weeks ago   /bin/sh -c pip install numpy scipy==1.10.1      212MB\n"
        ),
        wants=(
            Want("env.command", {"packages": "numpy,scipy", "unpinned": 1, "where": "history"},
                 (2, 2)),
        ),
        near_miss='0f1e2d3c4b5a   2 weeks ago   /bin/sh -c #(nop)  CMD ["bash"]   0B\n',
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_an_error_between_the_steps_stays_a_line_of_its_own() -> None:
    text = (
        "Collecting feats\n  Downloading feats-0.3.tar.gz (1.0 MB)\n"
        "  Preparing metadata (setup.py): finished with status 'error'\n"
        "ERROR: No matching distribution found for loguru==99\n"
    )
    events, _ = read(text, "pip-install.log")

    told = [(e.kind, e.line, e.line_end) for e in events]
    assert [one for one in told if one[0] == "env.step"] == [("env.step", 1, 2)]
    assert ("log.line", 4, 4) in told


def test_a_change_in_a_log_has_the_time_of_its_line() -> None:
    text = "2024-08-02T04:05:09.000000001Z stdout F Successfully installed numpy-2.0.1\n"
    events, _ = read(text, "pod.log")

    assert [(e.kind, e.stamp and e.stamp.text) for e in events] == [
        ("env.change", "2024-08-02T04:05:09.000000001Z")
    ]
