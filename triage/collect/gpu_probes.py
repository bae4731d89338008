"""What is asked of GPUs: the driver's library, nvidia-smi, the kernel module, and AMD's tools."""

from __future__ import annotations

from triage.collect.host_probes import SHOW
from triage.collect.probe import Probe

SECONDS = 30.0
"""A healthy node with eight cards and no persistence mode takes half of it."""
NO_DRIVER = "no nvidia-smi here"

_DRIVER = r"""
found=
for f in /proc/driver/nvidia/version /proc/driver/nvidia/params \
  /proc/driver/nvidia/gpus/*/information; do
  [ -r "$f" ] && show "$f" && found=1
done
ls -l /dev/nvidia* /dev/kfd /dev/dri/render* 2>/dev/null && found=1
if command -v lspci >/dev/null; then lspci -nn 2>/dev/null | grep -iE \
  '\[(0300|0302|1200)\]|nvidia' && found=1; fi
grep -E '^(nvidia|amdgpu|nouveau|gdrdrv)' /proc/modules && found=1
[ -n "$found" ] || exit 69
"""


def gpu_probes(*, library: bool) -> list[Probe]:
    """All of them. `library`: ask the driver's library too, which needs our own Python."""
    own = Probe(
        "gpu/nvml.xml",
        "gpu",
        module="triage.collect.nvml",
        hang="NVML, the library behind nvidia-smi, timed out after {seconds:.0f} s",
        seconds=SECONDS,
    )
    return [
        *([own] if library else []),
        _smi("gpu/nvidia-smi-q.xml", "nvidia-smi -q -x"),
        _smi("gpu/nvidia-smi.txt", "nvidia-smi"),
        _smi("gpu/nvlink.txt", "nvidia-smi nvlink -s; nvidia-smi nvlink -e"),
        _smi("gpu/topology.txt", "nvidia-smi topo -m"),
        Probe("gpu/driver.txt", "gpu", SHOW + _DRIVER, absent="no GPU driver loaded"),
        Probe(
            "gpu/amd.json",
            "gpu",
            SHOW + "need amd-smi; exec amd-smi metric --json",
            seconds=SECONDS,
        ),
    ]


def _smi(file: str, command: str) -> Probe:
    # Its reports name no zone, so it is asked in the one that a reader assumes.
    script = f"{SHOW}need nvidia-smi\nexport TZ=UTC\n{command}\n"
    hang = f"{command.partition(';')[0]} timed out after {{seconds:.0f}} s"
    return Probe(file, "gpu", script, absent=NO_DRIVER, hang=hang, seconds=SECONDS)
