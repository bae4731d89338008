"""`nvidia-smi --version`: what the tool, the library and the loaded driver are, one `gpu.version`.

`smi`, `nvml`, `driver` and `cuda` are the versions; `mismatch` says whether the library belongs to
another driver than the one that is loaded (an upgrade without a reboot). NVML writes no patch part
(`590.48` of `590.48.01`), so only the parts that both have are compared.

Facts: four lines up to driver 605; since 610 the lines `DRIVER version` and `CUDA version` say that
they are deprecated and `KMD version` and `CUDA UMD version` follow. `NVIDIA-SMI version` may stand
alone where no driver answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import told_above

_LINE = compiled(
    r"^[\s>]*(?P<key>NVIDIA-SMI|NVML|DRIVER|CUDA|KMD|CUDA UMD) [Vv]ersion *: *(?P<value>\S.*?)\s*$"
)
_VERSION = compiled(r"^\d+\.\d+(?:\.\d+)?$")
NAMES = {
    "NVIDIA-SMI": "smi",
    "NVML": "nvml",
    "DRIVER": "driver",
    "KMD": "driver",
    "CUDA": "cuda",
    "CUDA UMD": "cuda",
}
MAX_LINES = 8
MIN_LINES = 2


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a run of version lines."""
    del context
    done = 0
    for hit in hits:
        found = _LINE.match(lines[hit].body) if hit >= done else None
        if found is None or found.group("key") != "NVIDIA-SMI":
            continue
        fields: Fields = {}
        done = hit
        while done < min(len(lines), hit + MAX_LINES):
            found = _LINE.match(lines[done].body)
            if found is None:
                break
            value = found.group("value") or ""
            if _VERSION.match(value) is not None:
                fields[NAMES[found.group("key") or ""]] = value
            done += 1
        if done - hit >= MIN_LINES and fields:
            top, host = told_above(lines, hit)
            fields["mismatch"] = _differ(fields.get("nvml"), fields.get("driver"))
            yield make_event("gpu.version", lines[top:done], {"host": host, **fields})


def _differ(library: object, driver: object) -> bool | None:
    if not isinstance(library, str) or not isinstance(driver, str):
        return None
    parts = list(zip(library.split("."), driver.split("."), strict=False))
    return any(one != other for one, other in parts)


SAMPLES = (
    Sample(
        "NVIDIA-SMI version  : 560.35.03\nNVML version        : 560.35\n"
        "DRIVER version      : 560.35.03\nCUDA Version        : 12.6\n",
        kind="gpu.version",
        fields={"smi": "560.35.03", "driver": "560.35.03", "cuda": "12.6", "mismatch": False},
        count=1,
    ),
    Sample(
        "NVIDIA-SMI version  : 610.43.02\nNVML version        : 610.43\n"
        'DRIVER version      : Deprecated, see "KMD version" instead\n'
        'CUDA version        : Deprecated, see "CUDA UMD version" instead\n'
        "KMD version         : 610.43.02\nCUDA UMD version    : 13.3\n",
        kind="gpu.version",
        fields={"driver": "610.43.02", "cuda": "13.3", "nvml": "610.43"},
        count=1,
    ),
    Sample(
        "NVIDIA-SMI version  : 575.64.03\nNVML version        : 575.64\n"
        "DRIVER version      : 570.133.20\nCUDA Version        : 12.8\n",
        kind="gpu.version",
        fields={"mismatch": True},
    ),
    Sample("NVIDIA-SMI version is printed in the header", kind=None),
    Sample("NVIDIA-SMI version  : 610.57.04", kind=None),
    Sample("NVML version 12.535 or later is needed", kind=None),
)

PARSER = Parser(
    name="smi_version",
    family="gpu",
    literals=("NVIDIA-SMI version",),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.version",),
    before=4,
    after=MAX_LINES,
)
