"""Conda environments in each text that conda and mamba print or read."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

MD5 = "5d41402abc4b2a76b9719d911017c592"

FORMS = (
    Form(
        row="conda list",
        text=(
            "# packages in environment at /opt/conda/envs/rank:\n#\n"
            "# Name                    Version                   Build  Channel\n"
            "_openmp_mutex             4.5                       2_gnu    conda-forge\n"
            "numpy                     1.24.2          py310h8deb116_0    conda-forge\n"
            "python                    3.10.12      hd12c33a_0_cpython    conda-forge\n"
            "timm                      0.9.2                    pypi_0    pypi\n"
            "feats                     0.3                       dev_0    <develop>\n"
            "old-wheel                 1.0                       <pip>\n"
        ),
        wants=(
            Want("env.listing", {"env": "rank", "form": "conda", "packages": 6,
                                 "python": "3.10.12"}, (1, 9)),
            Want("env.package", {"package": "numpy", "build": "py310h8deb116_0",
                                 "channel": "conda-forge"}, (5, 5)),
            Want("env.package", {"package": "timm", "channel": "pypi", "build": "pypi_0"}, (7, 7)),
            Want("env.package", {"package": "feats", "pin": "editable"}, (8, 8)),
            Want("env.package", {"package": "old-wheel", "build": "<pip>"}, (9, 9)),
        ),
        near_miss="There are 6 packages in environment at home: nobody counts\n",
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="conda list on Windows, quoted in an issue",
        text=(
            "> # packages in environment at C:\\Users\\bo\\miniconda3\\envs\\rank:\n> #\n"
            "> # Name                    Version                   Build  Channel\n"
            "> numpy                     1.24.2           py310h0\n"
            "> vc                        14.2                 h21f\n"
        ),
        wants=(
            Want("env.listing", {"env": "rank", "packages": 2}),
            Want("env.package", {"package": "numpy", "version": "1.24.2"}, (4, 4)),
        ),
        near_miss="> # packages in environment\n> numpy 1.24.2\n",
        unclaimed=0,
    ),
    Form(
        row="conda list without its first line",
        text=(
            "# Name                    Version                   Build  Channel\n"
            "numpy                     1.24.2          py310h8deb116_0    conda-forge\n"
            "scipy                     1.10.1          py310h8deb116_0    conda-forge\n"
        ),
        wants=(Want("env.listing", {"packages": 2}, (1, 3)),),
        near_miss="# Name                    Version                   Owner\nnumpy is ours\n",
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="conda list through grep",
        text=(
            "(rank) $ conda list | grep cuda\ncudatoolkit               11.8.0    h37601d7_11\n"
            "pytorch-cuda              11.8      h7e8668a_5    pytorch\n"
        ),
        wants=(Want("env.listing", {"filtered": True, "packages": 2}, (1, 3)),),
        near_miss="(rank) $ conda list | grep cuda\nno packages found\n",
    ),
    Form(
        row="mamba 2 and micromamba list",
        text=(
            'List of packages in environment: "/opt/conda/envs/rank"\n\n'
            "  Name           Version  Build            Channel\n"
            "─────────────────────────────────────────────────────\n"
            "  numpy          1.24.2   py310h8deb116_0  conda-forge\n"
            "  python         3.10.12  hd12c33a_0       conda-forge\n"
        ),
        wants=(
            Want("env.listing", {"env": "rank", "packages": 2, "python": "3.10.12"}, (1, 6)),
            Want("env.package", {"package": "numpy", "channel": "conda-forge"}, (5, 5)),
        ),
        near_miss='List of packages in environment: "/opt/conda/envs/rank"\n\nnone\n',
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="conda list --export",
        text=(
            "# This file may be used to create an environment using:\n# platform: linux-64\n"
            "numpy=1.24.2=py310h8deb116_0\npython=3.10.12=hd12c33a_0\ntimm=0.9.2=pypi_0\n"
        ),
        wants=(
            Want("env.listing", {"packages": 3, "python": "3.10.12"}, (2, 5)),
            Want("env.package", {"package": "timm", "version": "0.9.2"}, (5, 5)),
        ),
        near_miss="# platform: linux-64\nand nothing else\n",
    ),
    Form(
        row="conda list --explicit --md5",
        name="rank/explicit.txt",
        text=(
            "# platform: linux-64\n@EXPLICIT\n"
            f"https://conda.example.net/forge/linux-64/zlib-1.2.13-hd590300_5.conda#{MD5}\n"
            "https://conda.example.net/forge/noarch/pytz-2023.3-pyhd8ed1ab_0.tar.bz2\n"
        ),
        wants=(
            Want("env.listing", {"env": "rank", "packages": 2}),
            Want("env.package", {"package": "zlib", "version": "1.2.13", "hashes": 1}, (3, 3)),
            Want("env.package", {"package": "pytz", "build": "pyhd8ed1ab_0", "hashes": 0}, (4, 4)),
        ),
        near_miss="@EXPLICIT lists are made by conda\n",
        parser="conda_env",
    ),
    Form(
        row="conda list --json",
        name="conda-list.json",
        text=(
            '[\n  {\n    "base_url": "https://conda.example.net/t/abc-123/forge",\n'
            '    "build_number": 0,\n    "build_string": "py310h8deb116_0",\n'
            '    "channel": "forge",\n    "dist_name": "numpy-1.24.2-py310h8deb116_0",\n'
            '    "name": "numpy",\n    "platform": "linux-64",\n    "version": "1.24.2"\n  }\n]\n'
        ),
        wants=(
            Want("env.package", {"package": "numpy", "channel": "forge",
                                 "build": "py310h8deb116_0"}, (8, 8)),
        ),
        near_miss='[{"name": "numpy", "version": "1.24.2", "owner": "search"}]\n',
        parser="pip_json",
        unclaimed=0,
    ),
    Form(
        row="conda env export",
        name="serving/environment.yml",
        text=(
            "name: rank\nchannels:\n  - conda-forge\ndependencies:\n"
            "  - _libgcc_mutex=0.1=conda_forge\n  - python=3.10.12=hd12c33a_0_cpython\n"
            "  - pytorch::pytorch=2.0.1=py3.10_cuda11.8_cudnn8.7.0_0\n  - pip:\n"
            "      - --extra-index-url https://wheels.example.net/simple\n"
            "      - timm==0.9.2\n      - -r extra.txt\n"
            "      - git+https://git.example.net/ml/layers.git@main\n"
            "prefix: /opt/conda/envs/rank\n"
        ),
        wants=(
            Want("env.listing", {"env": "serving", "form": "conda", "packages": 5,
                                 "python": "3.10.12", "includes": "extra.txt"}, (1, 13)),
            Want("env.package", {"package": "pytorch", "channel": "pytorch",
                                 "build": "py3.10_cuda11.8_cudnn8.7.0_0"}, (7, 7)),
            Want("env.option", {"option": "--extra-index-url"}, (9, 9)),
            Want("env.package", {"package": "timm", "channel": "pypi", "pin": "exact"}, (10, 10)),
            Want("env.option", {"option": "--requirement", "value": "extra.txt"}, (11, 11)),
            Want("env.package", {"package": "layers", "pin": "vcs_branch"}, (12, 12)),
        ),
        near_miss="name: chart\ndependencies:\n  - name: redis\n    version: 17.3.2\n",
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="environment.yml by hand: fuzzy, ranges, a channel, brackets",
        name="environment.yml",
        text=(
            "name: rank\ndependencies:\n- python=3.10\n- numpy>=1.22,<2\n"
            "- conda-forge::scipy=1.10.*\n- cudatoolkit 11.8\n- pytorch[version='>=2.0']\n- pip\n"
        ),
        wants=(
            Want("env.package", {"package": "python", "pin": "exact", "fuzzy": True}, (3, 3)),
            Want("env.package", {"package": "numpy", "pin": "range"}, (4, 4)),
            Want("env.package", {"package": "scipy", "channel": "conda-forge",
                                 "pin": "wildcard"}, (5, 5)),
            Want("env.package", {"package": "cudatoolkit", "version": "11.8"}, (6, 6)),
            Want("env.package", {"package": "pytorch", "pin": "range"}, (7, 7)),
            Want("env.package", {"package": "pip", "pin": "none"}, (8, 8)),
        ),
        near_miss="name: ci\ndependencies:\n  checkout: true\n",
        parser="conda_env",
        unclaimed=0,
    ),
    Form(
        row="meta of a conda recipe or a play is no environment",
        name="environment.yml",
        text="name: x\ndependencies:\n  - numpy\n",
        wants=(Want("env.listing", {"packages": 1}),),
        near_miss="- hosts: all\n  dependencies:\n    - role: common\n",
        parser="conda_env",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
