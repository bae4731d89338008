"""Reports that libraries print of themselves, and lists that only look like one."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "\nSystem:\n    python: 3.9.18 (main, Sep 11 2023, 13:41:44)  [GCC 11.2.0]\n"
        "executable: /opt/conda/envs/rank/bin/python\n"
        "   machine: Linux-5.15.0-91-generic-x86_64-with-glibc2.31\n\nPython dependencies:\n"
        "      sklearn: 1.2.2\n          pip: 23.2.1\n        numpy: 1.24.4\n"
        "        scipy: 1.10.1\n"
        "       Cython: None\n   matplotlib: 3.7.2\n\nBuilt with OpenMP: True\n",
        kind="env.listing",
        fields={"packages": 6, "python": "3.9.18", "form": "report"},
        count=7,
    ),
    Sample(
        "INSTALLED VERSIONS\n------------------\ncommit           : 0f437949513225922d851e9581723\n"
        "python           : 3.10.12.final.0\npython-bits      : 64\nOS               : Linux\n"
        "OS-release       : 5.15.0-1019-aws\nbyteorder        : little\nLC_ALL           : None\n\n"
        "pandas           : 2.0.1\nnumpy            : 1.25.0\npytz             : 2023.3\n"
        "dateutil         : 2.8.2\n",
        kind="env.listing",
        fields={"packages": 5, "python": "3.10.12"},
        count=6,
    ),
    Sample(
        "DeepSpeed general environment info:\n"
        "torch install path ............... ['/opt/conda/lib/python3.10/site-packages/torch']\n"
        "torch version .................... 2.0.1+cu118\n"
        "deepspeed install path ........... ['/opt/conda/lib/python3.10/site-packages/deepspeed']\n"
        "deepspeed info ................... 0.10.1, unknown, unknown\n"
        "torch cuda version ............... 11.8\n",
        kind="env.listing",
        fields={"packages": 2, "cuda_build": "11.8"},
        count=3,
    ),
    Sample(
        "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
        "    python_version: 3.8.16\n"
        "  sklearn:\n    pickled_model: model.pkl\n    sklearn_version: 1.1.3\n"
        "mlflow_version: 2.2.1\nrun_id: 00ff\n",
        kind="env.listing",
        fields={"packages": 3, "python": "3.8.16", "role": "training", "env": "ranker"},
        count=4,
        name="ranker/MLmodel",
    ),
    Sample(
        "The machine, for the record:\n- OS: Ubuntu 20.04.6 LTS\n- NVIDIA Driver: 525.105.17\n"
        "- Python: 3.10.6\n- PyTorch: 2.0.1+cu118\n- NumPy: 1.24.3\n",
        kind="env.listing",
        fields={"packages": 3, "driver": "525.105.17", "python": "3.10.6"},
        count=4,
    ),
    Sample("- Python: 3.10\nThat is what it should have been.", kind=None),
    Sample("- Latency: 3.10 s\n- Errors: 12\n- PyTorch: workers restarted\n- Nodes: 4", kind=None),
    Sample("INSTALLED VERSIONS\n\nnone were found", kind=None),
    Sample("python_version: 3.11 is what the job asked for", kind=None),
)
