"""Environment reports, the interpreter, and the machine below the packages."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

FORMS = (
    Form(
        row="torch collect_env",
        name="issue.txt",
        text=(
            "Collecting environment information...\nPyTorch version: 2.0.1+cu118\n"
            "Is debug build: False\nCUDA used to build PyTorch: 11.8\n"
            "ROCM used to build PyTorch: N/A\n\nOS: Ubuntu 22.04.3 LTS (x86_64)\n"
            "GCC version: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0\nLibc version: glibc-2.35\n\n"
            "Python version: 3.10.12 (main, Jun 11 2023, 05:26:28) [GCC 11.4.0] (64-bit runtime)\n"
            "Python platform: Linux-5.15.0-83-generic-x86_64-with-glibc2.35\n"
            "Is CUDA available: True\nCUDA runtime version: 11.8.89\n"
            "GPU models and configuration: GPU 0: NVIDIA A100-SXM4-40GB\n"
            "GPU 1: NVIDIA A100-SXM4-40GB\n\nNvidia driver version: 525.125.06\n"
            "cuDNN version: Could not collect\n\nCPU:\nArchitecture:         x86_64\n"
            "CPU(s):               96\nModel name:           AMD EPYC 7V12\n\n"
            "Versions of relevant libraries:\n[pip3] numpy==1.24.2\n[pip3] torch==2.0.1+cu118\n"
            "[conda] numpy                     1.24.2          py310h8deb116_0    conda-forge\n"
        ),
        wants=(
            Want("env.listing", {"packages": 5, "python": "3.10.12", "cuda_build": "11.8",
                                 "cuda_runtime": "11.8.89", "driver": "525.125.06",
                                 "os": "Ubuntu 22.04.3 LTS (x86_64)", "libc": "glibc-2.35",
                                 "cuda_available": True, "debug_build": False, "gpus": 2,
                                 "gpu_model": "NVIDIA A100-SXM4-40GB", "filtered": True}, (1, 29)),
            Want("env.package", {"package": "torch", "local_tag": "cu118"}, (2, 2)),
            Want("env.package", {"package": "python", "version": "3.10.12"}, (11, 11)),
            Want("env.package", {"package": "numpy", "build": "py310h8deb116_0"}, (29, 29)),
        ),
        near_miss="PyTorch version: it depends\n",
        parser="collect_env",
        unclaimed=0,
    ),
    Form(
        row="torch collect_env of a machine without CUDA",
        text=(
            "PyTorch version: 1.13.1\nIs debug build: No\nCUDA used to build PyTorch: Could not "
            "collect\n\nPython version: 3.8\nIs CUDA available: No\nNvidia driver version: N/A\n\n"
            "Versions of relevant libraries:\n[pip] numpy==1.21.6\n[pip] torch==1.13.1\n"
        ),
        wants=(Want("env.listing", {"cuda_available": False, "python": "3.8", "packages": 4}),),
        near_miss="Versions of relevant libraries:\nnone\n",
        parser="collect_env",
        unclaimed=0,
    ),
    Form(
        row="transformers-cli env",
        text=(
            "- `transformers` version: 4.30.2\n- Platform: Linux-5.15.0-83-generic-x86_64\n"
            "- Python version: 3.10.12\n- Huggingface_hub version: 0.16.4\n"
            "- PyTorch version (GPU?): 2.0.1+cu118 (True)\n"
            "- Tensorflow version (GPU?): not installed (NA)\n"
        ),
        wants=(
            Want("env.package", {"package": "transformers", "version": "4.30.2"}, (1, 1)),
            Want("env.package", {"package": "torch", "version": "2.0.1+cu118"}, (5, 5)),
            Want("env.listing", {"packages": 4, "python": "3.10.12"}),
        ),
        near_miss="- PyTorch version (GPU?): not installed (NA)\n",
        parser="collect_env",
        unclaimed=0,
    ),
    Form(
        row="accelerate env and diffusers-cli env",
        text=(
            "- `Accelerate` version: 0.21.0\n- Platform: Linux-5.15.0\n- Numpy version: 1.24.2\n"
            "- PyTorch version (GPU?): 2.0.1 (True)\n- 🤗 Diffusers version: 0.19.3\n"
        ),
        wants=(
            Want("env.package", {"package": "accelerate", "version": "0.21.0"}, (1, 1)),
            Want("env.package", {"package": "numpy", "version": "1.24.2"}, (3, 3)),
            Want("env.package", {"package": "diffusers", "version": "0.19.3"}, (5, 5)),
        ),
        near_miss="- Accelerate the rollout\n",
    ),
    Form(
        row="versions at a prompt",
        text=">>> torch.__version__\n'2.0.1+cu118'\n>>> print(sklearn.__version__)\n1.2.1\n",
        wants=(
            Want("env.package", {"package": "torch", "version": "2.0.1+cu118"}, (1, 2)),
            Want("env.package", {"package": "scikit-learn", "version": "1.2.1"}, (3, 4)),
        ),
        near_miss=">>> torch.__version__\nTraceback (most recent call last):\n",
        parser="collect_env",
        unclaimed=0,
    ),
    Form(
        row="sklearn.show_versions",
        text=(
            "System:\n    python: 3.9.17 (main, Jul  5 2023, 20:41:20)  [GCC 11.2.0]\n"
            "executable: /opt/conda/bin/python\n   machine: Linux-5.15.0-83-generic-x86_64\n\n"
            "Python dependencies:\n      sklearn: 1.2.1\n        numpy: 1.24.2\n"
            "        scipy: 1.10.1\n       Cython: None\n"
        ),
        wants=(
            Want("env.listing", {"form": "report", "packages": 4, "python": "3.9.17"}, (1, 10)),
            Want("env.package", {"package": "scikit-learn", "version": "1.2.1"}, (7, 7)),
        ),
        near_miss="Python dependencies:\n  none that we know\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="pandas.show_versions",
        text=(
            "INSTALLED VERSIONS\n------------------\ncommit           : 8dab54d6573f7186ff0c3b\n"
            "python           : 3.8.17.final.0\npython-bits      : 64\nOS               : Linux\n"
            "OS-release       : 5.15.0-83-generic\nLC_ALL           : None\n\n"
            "pandas           : 1.5.2\nnumpy            : 1.24.2\npytz             : 2023.3\n"
        ),
        wants=(
            Want("env.listing", {"packages": 4, "python": "3.8.17"}, (1, 12)),
            Want("env.package", {"package": "pandas", "version": "1.5.2"}, (10, 10)),
        ),
        near_miss="INSTALLED VERSIONS\nsee the wiki\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="jax.print_environment_info",
        text=(
            "jax:    0.4.14\njaxlib: 0.4.14\nnumpy:  1.24.2\n"
            "python: 3.10.12 (main, Jun 11 2023, 05:26:28) [GCC 11.4.0]\n"
            "jax.devices (8 total, 8 local): [cuda(id=0) cuda(id=1)]\nprocess_count: 1\n"
        ),
        wants=(
            Want("env.listing", {"packages": 4, "python": "3.10.12"}),
            Want("env.package", {"package": "jaxlib", "version": "0.4.14"}, (2, 2)),
        ),
        near_miss="jaxlib: not found\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="ds_report",
        text=(
            "DeepSpeed general environment info:\n"
            "torch install path ............... ['/opt/conda/lib/python3.10/site-packages/torch']\n"
            "torch version .................... 2.0.1+cu118\n"
            "deepspeed info ................... 0.10.0, unknown, unknown\n"
            "torch cuda version ............... 11.8\n"
        ),
        wants=(
            Want("env.listing", {"packages": 2, "cuda_build": "11.8"}, (1, 5)),
            Want("env.package", {"package": "deepspeed", "version": "0.10.0"}, (4, 4)),
        ),
        near_miss="DeepSpeed general environment info:\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="python -m xformers.info",
        text=(
            "xFormers 0.0.20\nmemory_efficient_attention.cutlassF:               available\n"
            "pytorch.version:                                   2.0.1+cu118\n"
            "gpu.name:                                          NVIDIA A10G\n"
            "build.python_version:                              3.10.11\n"
        ),
        wants=(
            Want("env.listing", {"packages": 3, "gpu_model": "NVIDIA A10G"}, (1, 5)),
            Want("env.package", {"package": "xformers", "version": "0.0.20"}, (1, 1)),
            Want("env.package", {"package": "torch", "version": "2.0.1+cu118"}, (3, 3)),
        ),
        near_miss="xFormers 0.0.20 is what we wanted\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="an MLflow model",
        name="churn/MLmodel",
        text=(
            "artifact_path: model\nflavors:\n  python_function:\n"
            "    loader_module: mlflow.sklearn\n"
            "    python_version: 3.8.17\n  sklearn:\n    sklearn_version: 1.2.1\n"
            "mlflow_version: 2.4.1\n"
        ),
        wants=(
            Want("env.listing", {"env": "churn", "role": "training", "python": "3.8.17",
                                 "packages": 3}, (1, 8)),
            Want("env.package", {"package": "scikit-learn", "version": "1.2.1"}, (7, 7)),
        ),
        near_miss="artifact_path: model\nmodel_uuid: 00ff\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="MLflow's python_env.yaml",
        name="churn/python_env.yaml",
        text=(
            "python: 3.8.17\nbuild_dependencies:\n- pip==23.1.2\n- setuptools==67.8.0\n"
            "dependencies:\n- -r requirements.txt\n"
        ),
        wants=(
            Want("env.listing", {"python": "3.8.17", "packages": 3, "role": "training"}, (1, 6)),
            Want("env.package", {"package": "setuptools", "version": "67.8.0"}, (4, 4)),
        ),
        near_miss="python: yes\n",
        parser="env_report",
        unclaimed=0,
    ),
    Form(
        row="a sheet that a person wrote",
        name="postmortem.md",
        text=(
            "For the record:\n– OS: Ubuntu 20.04.6 LTS\n– Kernel: 5.4.0-156-generic\n"
            "– NVIDIA Driver: 525.125.06\n– Python: 3.9.17\n– PyTorch: 1.13.1+cu117\n"
            "– Scikit-Learn: 1.2.1\n"
        ),
        wants=(
            Want("env.listing", {"driver": "525.125.06", "kernel": "5.4.0-156-generic",
                                 "os": "Ubuntu 20.04.6 LTS", "packages": 3}, (2, 7)),
            Want("env.package", {"package": "torch", "version": "1.13.1+cu117"}, (6, 6)),
            Want("env.package", {"package": "scikit-learn", "version": "1.2.1"}, (7, 7)),
        ),
        near_miss="– Latency: 3.9 s\n– Errors: 17\n– PyTorch: restarted\n– Nodes: 4\n",
    ),
    Form(
        row="python -VV",
        text="$ python3 -VV\nPython 3.10.12 (main, Jun 11 2023, 05:26:28) [GCC 11.4.0]\n",
        wants=(Want("env.python", {"python": "3.10.12", "compiler": "GCC 11.4.0"}, (1, 2)),),
        near_miss="$ python3 -VV\nbash: python3: command not found\n",
    ),
    Form(
        row="python --version",
        text="root@gpu4:/srv# /opt/v/bin/python --version\nPython 3.9.17\n",
        wants=(Want("env.python", {"python": "3.9.17"}, (1, 2)),),
        near_miss="We run Python 3.9.17 everywhere.\n",
    ),
    Form(
        row="the banner of the interpreter",
        text=(
            "Python 3.11.4 | packaged by conda-forge | (main, Jun 10 2023, 18:08:17) [GCC 12.2.0] "
            'on linux\nType "help", "copyright", "credits" or "license" for more '
            "information.\n"
        ),
        wants=(Want("env.python", {"python": "3.11.4", "vendor": "conda-forge"}, (1, 1)),),
        near_miss="Linux version 5.15.0 (gcc (Ubuntu 11.4.0) [GCC 11.4.0]) #1 SMP\n",
    ),
    Form(
        row="sys.version and sys.version_info",
        text=(
            ">>> sys.version\n'3.8.17 (default, Jul  5 2023, 21:04:15) \\n[GCC 11.2.0]'\n"
            ">>> sys.version_info\nsys.version_info(major=3, minor=8, micro=17, "
            "releaselevel='final', serial=0)\n"
        ),
        wants=(
            Want("env.python", {"python": "3.8.17", "compiler": "GCC 11.2.0"}, (2, 2)),
            Want("env.python", {"python": "3.8.17"}, (4, 4)),
        ),
        near_miss="if sys.version_info < (3, 8):\n    raise SystemExit\n",
    ),
    Form(
        row="pip --version",
        text="pip 23.2 from /opt/v/lib/python3.10/site-packages/pip (python 3.10)\n",
        wants=(Want("env.python", {"python": "3.10", "pip": "23.2"}, (1, 1)),),
        near_miss="pip 23.2 from the mirror (python wheels)\n",
        parser="interpreter",
        unclaimed=0,
    ),
    Form(
        row="pip debug: what pip carries inside is not installed",
        name="pip-debug.txt",
        text=(
            "WARNING: This command is only meant for debugging.\n"
            "pip version: pip 23.2 from /opt/v/lib/python3.10/site-packages/pip (python 3.10)\n"
            "sys.version: 3.10.12 (main, Jun 11 2023, 05:26:28) [GCC 11.4.0]\n"
            "sys.executable: /opt/v/bin/python\nsys.getdefaultencoding: utf-8\n"
            "sys.platform: linux\nsys.implementation:\n  name: cpython\n"
            "'cert' config value: Not specified\nREQUESTS_CA_BUNDLE: None\n"
            "pip._vendor.DEBUNDLED: False\nvendored library versions:\n  CacheControl==0.13.1\n"
            "  requests==2.31.0\nCompatible tags: 2\n  cp310-cp310-manylinux_2_35_x86_64\n"
            "  cp310-cp310-linux_x86_64\n"
        ),
        wants=(
            Want("env.python", {"python": "3.10.12", "pip": "23.2", "path": "/opt/v/bin/python",
                                "platform": "linux", "implementation": "cpython"}, (1, 17)),
        ),
        near_miss="pip version: unknown\nsys.version: unknown\n",
        parser="interpreter",
        unclaimed=0,
    ),
    Form(
        row="dpkg -l",
        text=(
            "Desired=Unknown/Install/Remove/Purge/Hold\n"
            "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
            "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
            "||/ Name              Version          Architecture Description\n"
            "+++-=================-================-============-===================\n"
            "ii  libnccl2:amd64    2.16.2-1+cuda11.8 amd64       NVIDIA NCCL runtime\n"
            "rc  nvidia-docker2    2.11.0-1         all          nvidia-docker wrapper\n"
            "iF  nvidia-dkms-525   525.125.06       amd64        NVIDIA DKMS package\n"
        ),
        wants=(
            Want("host.packages", {"manager": "dpkg", "packages": 2, "removed": 1}, (1, 8)),
            Want("host.package", {"package": "libnccl2", "version": "2.16.2-1+cuda11.8",
                                  "arch": "amd64", "state": "installed"}, (6, 6)),
            Want("host.package", {"package": "nvidia-docker2", "state": "removed"}, (7, 7)),
            Want("host.package", {"package": "nvidia-dkms-525", "state": "broken"}, (8, 8)),
        ),
        near_miss="ii  is what dpkg prints for an installed package\n",
        parser="host_packages",
        unclaimed=0,
    ),
    Form(
        row="apt list --installed",
        text=(
            "$ apt list --installed\nListing...\n"
            "libc6/jammy,now 2.35-0ubuntu3.1 amd64 [installed]\n"
            "zlib1g/jammy,now 1:1.2.11.dfsg-2 amd64 [installed,automatic]\n"
        ),
        wants=(
            Want("host.package", {"package": "zlib1g", "version": "1:1.2.11.dfsg-2"}, (4, 4)),
            Want("host.packages", {"manager": "apt", "packages": 2}),
        ),
        near_miss="$ apt list --upgradable\nListing...\n",
    ),
    Form(
        row="rpm -qa",
        text=(
            "$ rpm -qa\nkernel-core-4.18.0-477.21.1.el8_8.x86_64\n"
            "libnvidia-container-tools-1.13.5-1.x86_64\nbasesystem-11-5.el8.noarch\n"
        ),
        wants=(
            Want("host.packages", {"manager": "rpm", "packages": 3}, (2, 4)),
            Want("host.package", {"package": "kernel-core", "arch": "x86_64",
                                  "version": "4.18.0-477.21.1.el8_8"}, (2, 2)),
            Want("host.package", {"package": "basesystem", "version": "11-5.el8"}, (4, 4)),
        ),
        near_miss="$ rpm -qa | grep nvidia\n$ echo none\n",
    ),
    Form(
        row="uname -a and /proc/version",
        text=(
            "Linux gpu4 5.15.0-83-generic #92-Ubuntu SMP Mon Aug 14 09:30:42 UTC 2023 x86_64 "
            "x86_64 "
            "x86_64 GNU/Linux\n"
        ),
        wants=(
            Want("host.kernel", {"kernel": "5.15.0-83-generic", "host": "gpu4", "arch": "x86_64"}),
        ),
        near_miss="Linux 5.15.0 #92 is SMP on x86_64, they say\n",
        parser="host_versions",
        unclaimed=0,
    ),
    Form(
        row="the driver: /proc/driver/nvidia/version",
        name="nvidia-version.txt",
        text=(
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  525.125.06  Tue May 30 05:11:37 UTC "
            "2023\nGCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)\n"
        ),
        wants=(Want("host.driver", {"driver": "525.125.06"}, (1, 1)),),
        near_miss="NVRM version: unknown\n",
    ),
    Form(
        row="the driver: modinfo",
        text=(
            "filename:       /lib/modules/5.15.0-83-generic/updates/dkms/nvidia.ko\n"
            "firmware:       nvidia/525.125.06/gsp_tu10x.bin\nversion:        525.125.06\n"
            "license:        Dual MIT/GPL\ndepends:        \n"
        ),
        wants=(Want("host.driver", {"driver": "525.125.06", "flavor": "open"}, (1, 5)),),
        near_miss="filename:       /lib/modules/5.15.0/kernel/net/mlx5_core.ko\nversion: 5.8\n",
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
