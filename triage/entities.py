"""One spelling for each thing in the world: GPU addresses, package names, pod names."""

from __future__ import annotations

import re
from functools import lru_cache

_GPU = re.compile(
    r"(?:(?P<domain>[0-9a-fA-F]{4,8}):)?(?P<bus>[0-9a-fA-F]{2}):(?P<device>[0-9a-fA-F]{2})"
    r"(?:\.(?P<function>[0-7]))?"
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|(?=[^:]*:[^:]*:)[0-9a-f:.]+")
_HEX_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")
_EVERYWHERE = frozenset({"localhost", "kernel", "(none)", "unknown"})
_POD_END = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_REPLICAS_END = re.compile(r"-(?:[0-9a-f]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{6,10})$")
_ORDINAL = re.compile(r"-\d{1,5}$")
_NAME_RUNS = re.compile(r"[-_.]+")
SHORT_DOMAIN = 4
COMMON_NAMES = frozenset(
    {
        "server", "service", "worker", "main", "default", "system", "node", "nginx", "gateway",
        "proxy", "model", "models", "train", "training", "trainer", "inference", "serving",
        "backend", "frontend", "test", "jobs", "data", "container",
    }
)  # fmt: skip
"""Names of workloads that lines and files hold for other reasons."""


@lru_cache(maxsize=4096)
def gpu_address(text: str) -> str:
    """`00000000:9B:00.0` becomes `0000:9b:00.0`; a missing function stays missing.

    The kernel writes a 4-digit PCI domain, NVML an 8-digit one, both mean the same card. Text that
    is no PCI address comes back stripped and in lower case.
    """
    found = _GPU.fullmatch(text.strip())
    if found is None:
        return text.strip().lower()
    domain = (found["domain"] or "0000").lower().lstrip("0").rjust(SHORT_DOMAIN, "0")
    function = f".{found['function']}" if found["function"] else ""
    return f"{domain}:{found['bus'].lower()}:{found['device'].lower()}{function}"


@lru_cache(maxsize=4096)
def gpu_key(text: str) -> str:
    """The address without its function, for comparing: Xid lines print none."""
    address = gpu_address(text)
    return address.split(".", 1)[0] if _GPU.fullmatch(address) else address


def is_pci(text: str) -> bool:
    """Whether it is a PCI address."""
    return _GPU.fullmatch(text.strip()) is not None


def workload_of(pod: str) -> str:
    """What a pod is one of: `rerank-6c9f7b5d48-t2vxm` and `rerank-0` are of `rerank`.

    Kubernetes makes the ends of names from an alphabet without vowels; what does not look so made
    stays as it is.
    """
    name = _POD_END.sub("", pod.strip())
    return _REPLICAS_END.sub("", name) if name != pod.strip() else _ORDINAL.sub("", name)


@lru_cache(maxsize=4096)
def machine_key(text: str) -> str:
    """A host's own name without its domain, in lower case; an address stays whole."""
    name = text.strip().lower()
    return name if _ADDRESS.fullmatch(name) else name.split(".", 1)[0]


@lru_cache(maxsize=4096)
def is_machine_name(text: str) -> bool:
    """Whether it tells one machine from another: no address, no container's id, no `localhost`."""
    name = text.strip().lower()
    return not (_ADDRESS.fullmatch(name) or _HEX_ID.fullmatch(name) or name in _EVERYWHERE)


@lru_cache(maxsize=4096)
def package_name(text: str) -> str:
    """PEP 503: runs of `-`, `_` and `.` are one hyphen, in lower case."""
    return _NAME_RUNS.sub("-", text.strip()).lower()
