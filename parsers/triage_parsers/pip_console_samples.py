"""Output of pip and uv at work, and lines that only sound like it."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "Installing collected packages: scipy\n  Attempting uninstall: scipy\n"
        "    Found existing installation: scipy 1.9.3\n    Uninstalling scipy-1.9.3:\n"
        "      Successfully uninstalled scipy-1.9.3\n"
        "ERROR: pip's dependency resolver does not currently take into account all the packages "
        "that are installed. This behaviour is the source of the following dependency conflicts.\n"
        "umap-learn 0.5.3 requires scipy<1.10,>=1.3.1, but you have scipy 1.11.2 which is "
        "incompatible.\n"
        "Successfully installed scipy-1.11.2",
        kind="env.change",
        fields={"package": "scipy", "version": "1.9.3", "action": "removed"},
        count=3,
    ),
    Sample(
        "scikit-image 0.19.3 requires tifffile, which is not installed.\n"
        "datasets 2.1.0 has requirement dill<0.3.5, but you have dill 0.3.6.",
        kind="env.unmet",
        fields={"package": "scikit-image", "other_package": "tifffile", "missing": True},
        count=2,
    ),
    Sample(
        "Collecting einops<0.7 (from -r requirements.txt (line 4))\n"
        "  Downloading einops-0.6.1-py3-none-any.whl (42 kB)\n"
        "     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 42.2/42.2 kB 3.1 MB/s eta 0:00:00\n"
        "Requirement already satisfied: filelock in "
        "/opt/venv/lib/python3.10/site-packages (from torch==2.1.0) (3.12.4)",
        kind="env.step",
        fields={"package": "einops", "specifier": "<0.7", "action": "collecting"},
        count=2,
    ),
    Sample(
        "Resolved 14 packages in 31ms\nUninstalled 1 package in 2ms\nInstalled 2 packages in 9ms\n"
        " - httpx==0.24.0\n + httpx==0.27.0\n + sniffio==1.3.1",
        kind="env.change",
        fields={"package": "httpx", "version": "0.27.0", "previous": "0.24.0"},
        count=2,
    ),
    Sample("No broken requirements found.", kind="env.check"),
    Sample("We collected 12 packages in the lobby", kind=None),
    Sample("Collecting garbage took 3.1 s", kind=None),
    Sample("This job requires 8 GPUs, but you have 4 GPUs.", kind=None),
    Sample("the driver is installed", kind=None),
    Sample("Successfully installed the new filter in rack 4-2", kind=None),
)
