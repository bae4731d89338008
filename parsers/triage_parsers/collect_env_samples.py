"""Environment reports of the PyTorch world, and lines that only sound like one."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "Collecting environment information...\n"
        "PyTorch version: 2.1.1+cu118\n"
        "Is debug build: False\n"
        "CUDA used to build PyTorch: 11.8\n"
        "\n"
        "OS: Ubuntu 20.04.6 LTS (x86_64)\n"
        "Python version: 3.9.18 (main, Sep 11 2023, 13:41:44)  [GCC 11.2.0] (64-bit runtime)\n"
        "Nvidia driver version: 535.54.03\n"
        "cuDNN version: Could not collect\n"
        "\n"
        "Versions of relevant libraries:\n"
        "[pip3] numpy==1.25.0\n"
        "[pip3] torch==2.1.1+cu118\n"
        "[conda] pytorch                   2.1.1           py3.9_cuda11.8_cudnn8.7.0_0    pytorch",
        kind="env.listing",
        fields={"packages": 5, "python": "3.9.18", "driver": "535.54.03", "cuda_build": "11.8"},
        count=6,
    ),
    Sample(
        "[pip] numpy==1.19.2\n[pip] torch==1.6.0\n[conda] mylib 0.3 dev_0 <develop>",
        kind="env.listing",
        fields={"packages": 3},
        count=4,
    ),
    Sample(
        ">>> torch.__version__\n'2.2.0.dev20231106'\n>>> sklearn.__version__\n'1.3.2'\n>>> exit()",
        kind="env.listing",
        fields={"packages": 2},
        count=3,
    ),
    Sample(
        "- `transformers` version: 4.37.1\n"
        "- Platform: Linux-5.15.0-91-generic-x86_64-with-glibc2.31\n"
        "- Python version: 3.9.18\n"
        "- Huggingface_hub version: 0.20.3\n"
        "- PyTorch version (GPU?): 2.1.1+cu118 (True)\n"
        "- Tensorflow version (GPU?): not installed (NA)\n"
        "- Using GPU in script?: yes",
        kind="env.listing",
        fields={"packages": 4, "python": "3.9.18"},
        count=5,
    ),
    Sample("- PyTorch version (GPU?): not installed (NA)", kind=None),
    Sample("PyTorch version: could not be found", kind=None),
    Sample("[pip3] is the tag of the installer log", kind=None),
    Sample(">>> torch.__version__\nTraceback (most recent call last):", kind=None),
)
