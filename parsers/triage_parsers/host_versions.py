"""Versions of the kernel and of the NVIDIA driver, where a command or a file tells them.

- `uname -a`, `/proc/version`: a `host.kernel` with `kernel` (5.15.0-91-generic) and `arch`;
- `/proc/driver/nvidia/version` and the driver's own first line (`NVRM version: NVIDIA UNIX x86_64
  Kernel Module  535.129.03`), `modinfo nvidia`: a `host.driver` with `driver`, `flavor` (`open`
  where it says so) and `path` of the module.

The kernel's boot line in a kernel log is left to the clock and to the kernel's own parsers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

_UNAME = compiled(
    r"^[\s>]*Linux (?P<host>[\w.-]+) (?P<kernel>\d+\.\d+\S*) #\d\S* .*?(?P<arch>x86_64|aarch64|"
    r"ppc64le|i686)\b.*$"
)
_PROC = compiled(r"^[\s>]*Linux version (?P<kernel>\d+\.\d+\S*) \(.*#\d")
_NVRM = compiled(
    r"^[\s>]*NVRM version:\s+NVIDIA UNIX (?P<flavor>Open )?(?:Kernel Module for )?(?P<arch>\S+) +"
    r"(?:Kernel Module +)?(?P<driver>\d{3}\.\d+(?:\.\d+)?)\b"
)
_FILENAME = compiled(r"^[\s>]*filename:\s+(?P<path>\S*nvidia\S*\.ko\S*)\s*$")
_VERSION = compiled(r"^[\s>]*version:\s+(?P<driver>\d{3}\.\d+(?:\.\d+)?)\s*$")
_KEY = compiled(r"^[\s>]*[a-z]\w*:\s*")
_LICENSE = compiled(r"^[\s>]*license:\s+Dual MIT/GPL\s*$")
MAX_MODINFO = 80


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a line; `modinfo` is a block."""
    del context
    done = -1
    for hit in hits:
        if hit <= done or lines[hit].peeled.uptime is not None:
            continue
        body = lines[hit].body
        driver = _NVRM.match(body)
        kernel = _UNAME.match(body) or _PROC.match(body)
        done = hit
        if driver is not None:
            flavor = "open" if driver.group("flavor") else None
            fields: Fields = {"driver": driver.group("driver"), "flavor": flavor}
            yield make_event("host.driver", [lines[hit]], {**fields, "arch": driver.group("arch")})
        elif kernel is not None and not lines[hit].peeled.wrappers:
            yield make_event("host.kernel", [lines[hit]], dict(kernel.groupdict()))
        elif _FILENAME.match(body) is not None:
            last, told = _modinfo(lines, hit)
            done = last
            if told is not None:
                yield make_event("host.driver", lines[hit : last + 1], told)


def _modinfo(lines: Sequence[Line], hit: int) -> tuple[int, Fields | None]:
    filename = _FILENAME.match(lines[hit].body)
    fields: Fields = {"path": filename.group("path") if filename is not None else None}
    last = hit
    for index in range(hit + 1, min(len(lines), hit + MAX_MODINFO)):
        body = lines[index].body
        version = _VERSION.match(body)
        if version is not None:
            fields.setdefault("driver", version.group("driver"))
        elif _LICENSE.match(body) is not None:
            fields["flavor"] = "open"
        elif _KEY.match(body) is None:
            break
        last = index
    return last, fields if "driver" in fields else None


SAMPLES = (
    Sample(
        "Linux gpu-7 5.15.0-91-generic #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023 x86_64 x86_64 "
        "x86_64 GNU/Linux",
        kind="host.kernel",
        fields={"kernel": "5.15.0-91-generic", "host": "gpu-7", "arch": "x86_64"},
    ),
    Sample(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build",
        kind="host.driver",
        fields={"driver": "550.54.14", "flavor": "open"},
    ),
    Sample(
        "filename:       /lib/modules/5.15.0-91-generic/updates/dkms/nvidia.ko\n"
        "firmware:       nvidia/535.104.05/gsp_tu10x.bin\nversion:        535.104.05\n"
        "license:        NVIDIA\nsrcversion:     0123456789ABCDEF0123456\n",
        kind="host.driver",
        fields={"driver": "535.104.05"},
        count=1,
    ),
    Sample("Linux kernel 5.15.0 #1 is what we run on x86_64", kind=None),
    Sample("NVRM version mismatch between client and kernel module", kind=None),
    Sample("filename:       /lib/modules/5.15.0/kernel/drivers/net/mlx5_core.ko", kind=None),
)

PARSER = Parser(
    name="host_versions",
    family="document",
    literals=(
        " SMP ", "Linux version ", "NVRM version:", "nvidia.ko", "nvidia-open.ko", "PREEMPT",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("host.kernel", "host.driver"),
    after=MAX_MODINFO,
)  # fmt: skip
