"""Mail addresses and domains. What everybody talks to (GitHub, PyPI, a cloud's own names) stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from triage.patterns import compiled
from triage.redact.spans import Span

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_DOTTED = compiled(rf"{_LABEL}(?:\.{_LABEL})+")
_MAIL = compiled(rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@({_LABEL}(?:\.{_LABEL})+)")
_BY_ADDRESS = re.compile(r"ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}")
_OURS = re.compile(r"(?:host-\d+\.)?domain-\d+\.example|(?:host|tenant)-\d+\..*")
_AFTER = (":", "/")

_CODE = ("_", "(", "[", "=", "$")
"""What follows a dotted name in a program."""

PLAIN = frozenset(
    (
        "com", "org", "edu", "gov", "mil", "local", "internal", "lan", "corp", "intranet",
        "localdomain", "example", "test", "invalid", "de", "uk", "fr", "jp", "cn", "kr", "nl", "ch",
        "dk", "cz", "ru", "ua", "eu", "br", "au", "ca", "nz", "sg", "hk", "tw", "ir", "tr", "mx",
        "ar", "cl", "za",
    )
)  # fmt: skip
"""Last labels that mean a domain wherever they stand. No ending of files, no method of anything."""
LOOSE = frozenset(
    (
        "net", "io", "ai", "co", "dev", "app", "cloud", "tech", "info", "biz", "me", "tv", "us",
        "be", "at", "it", "es", "pt", "se", "no", "fi", "il", "xyz", "online", "site",
        "systems", "network", "digital", "studio", "email", "team", "work", "gg", "to", "fm", "ly",
    )
)  # fmt: skip
"""Last labels that mean a domain in a URL, in a mail address, before a port, of three labels on."""
PUBLIC = (
    "github.com", "githubusercontent.com", "gitlab.com", "bitbucket.org", "docker.com", "docker.io",
    "quay.io", "ghcr.io", "gcr.io", "nvcr.io", "k8s.io", "kubernetes.io", "nvidia.com", "amd.com",
    "intel.com", "python.org", "pytorch.org", "tensorflow.org",
    "anaconda.org", "anaconda.com", "conda.io", "huggingface.co", "hf.co", "wandb.ai", "kernel.org",
    "ubuntu.com", "debian.org", "redhat.com", "fedoraproject.org", "apache.org", "readthedocs.io",
    "readthedocs.org", "prometheus.io", "grafana.com", "openai.com", "anthropic.com", "google.com",
    "microsoft.com", "stackoverflow.com", "cluster.local", "svc.cluster", "metadata.internal",
    "google.internal", "letsencrypt.org", "ietf.org", "w3.org", "json-schema.org", "gnu.org",
    "freedesktop.org", "x-k8s.io", "istio.io", "projectcalico.org", "cilium.io", "helm.sh",
    "cert-manager.io", "ray.io", "kubeflow.org", "openshift.io", "volcano.sh", "knative.dev",
    "coreos.com", "cncf.io", "microsoftonline.com", "opencontainers.org", "gke.io", "openshift.com",
    "pypa.io", "numpy.org", "scipy.org", "scikit-learn.org", "qemu-project.org", "ntp.org",
    "wireguard.com", "schedmd.com", "open-mpi.org", "lustre.org", "ceph.com", "ceph.io",
)  # fmt: skip
"""These and all below them stay: a failing download is told by where it went."""
TENANTED = (
    "amazonaws.com", "googleapis.com", "azurecr.io", "core.windows.net", "azmk8s.io", "pkg.dev",
    "github.io", "cloudfront.net", "run.app", "azurewebsites.net", "database.windows.net",
    "googleusercontent.com", "compute.internal", "ec2.internal", "amazonaws.com.cn",
    "digitaloceanspaces.com", "r2.cloudflarestorage.com",
)  # fmt: skip
"""What stands before these is a customer's: it is replaced, they stay."""
_ENDINGS = PLAIN | LOOSE


def mails(text: str) -> Iterator[Span]:
    """Mail addresses, but not `git@github.com:` and units like `user@1000.service`."""
    if "@" not in text:
        return
    for found in _MAIL.finditer(text):
        domain = (found.group(1) or "").lower()
        start, end = found.start(), found.end()
        local = text[start : end - len(domain) - 1]
        if domain.rpartition(".")[2] not in _ENDINGS or local == "git":
            continue
        if text[max(0, start - 3) : start].endswith(("//", ":")) and text[end : end + 1] in _AFTER:
            continue  # a user in a URL: `ssh://deploy@host.example/…`
        yield Span(start, end, "mail", text[start:end].lower())


def domains(text: str, hosts: frozenset[str] | set[str]) -> Iterator[Span]:
    """Domains; the first label of a machine's full name is the machine."""
    if "." not in text:
        return
    for found in _DOTTED.finditer(text):
        start, end = found.start(), found.end()
        name = text[start:end]
        if not _is_domain(text, name, start, end):
            continue
        first, _, rest = name.partition(".")
        if first.lower() in hosts or name.lower() in hosts or _BY_ADDRESS.fullmatch(first):
            yield Span(start, start + len(first), "host", first.lower())
            if "." in rest:
                yield from _named(rest, start + len(first) + 1)
        else:
            yield from _named(name, start)


def _is_domain(text: str, name: str, start: int, end: int) -> bool:
    left = text[start - 1] if start else " "
    right = text[end : end + 1]
    if (
        left in "._-"
        or left.isalnum()
        or right.isalnum()
        or right in _CODE
        or _OURS.fullmatch(name)
    ):
        return False
    labels = name.lower().split(".")
    last = labels[-1]
    if text[max(0, start - 3) : start] == "://":
        return not last.isdecimal()
    if left == "/" and text[max(0, start - 2) : start - 1] not in ("", " ", '"', "'", "="):
        return False  # a file in a folder
    before_port = right == ":" and text[end + 1 : end + 2].isdecimal()
    is_long = len(labels) > 2 or before_port or right == "/" or left == "@"  # noqa: PLR2004
    return last in PLAIN or (last in LOOSE and is_long)


def _named(name: str, start: int) -> Iterator[Span]:
    """The part of the name that is somebody's own."""
    lower = name.lower()
    if _below(lower, PUBLIC):
        return
    tenant = next((end for end in TENANTED if _below(lower, (end,))), None)
    if tenant is None:
        yield Span(start, start + len(name), "domain", lower)
        return
    own = lower[: -len(tenant) - 1]
    if own and own != "www":
        yield Span(start, start + len(own), "tenant", own)


def _below(name: str, endings: tuple[str, ...]) -> bool:
    return any(name == end or name.endswith(f".{end}") for end in endings)
