"""Users: from paths of home folders and from where programs say who is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triage.patterns import Pattern, compiled
from triage.redact.spans import Span

_NAME = r"[A-Za-z_][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]"
_HOME = compiled(rf"(?i)(?:/home/|/Users/|/var/home/|\\Users\\\\?)({_NAME})")
_SAID = compiled(
    r"(?:\b(?i:(?:for|by|of) (?:invalid )?user|(?:accepted|failed) \w+ for(?: invalid user)?)"
    r"[ =:]+['\"]?"
    r"|\b(?i:user|username|user_name|logname|ruser|login|sudo_user|userid|mail_user|owner)"
    r"(?:=|\\?\": ?\\?\"|': ')['\"]?"
    r"|\b(?i:logged in as|running as user|user|username) ['\"]|\b(?i:logged in as|running as user) "
    rf"|\b(?:UID|[eo]?[ug]id|groups)=\d+\(|\bCRON\[\d+\]: \()({_NAME})"
)
_ALONE = compiled(rf"(?m)^[ \t]*(?i:user|user ?name|login name|owner)[ \t]*: +({_NAME})[ \t\r]*$")
"""A row of a listing: nothing but the name behind it."""
_SUDO = compiled(rf"\bsudo(?:\[\d+\])?: +({_NAME}) : ")
_LISTED = compiled(rf"(?m)^[dl-][rwxsStT-]{{9}}[.+@]? +\d+ ({_NAME}) +[\w.-]+ +\d")
_SHELL = compiled(rf"(?:^|[\s(])({_NAME})@[A-Za-z0-9][\w.-]*:[~/]")
_MARKS = (
    "ome/",
    "sers",
    "user",
    "User",
    "USER",
    "LOGNAME",
    "logname",
    "login",
    "sudo",
    "uid=",
    "gid=",
    "groups=",
    "CRON",
    "UID=",
    "for ",
    "owner",
    "ogged in as",
    "running as",
    "Owner",
    "Login",
)
EVERYWHERE = frozenset(
    (
        "root", "ubuntu", "ec2-user", "nobody", "daemon", "www-data", "admin", "user", "app",
        "runner", "jovyan", "postgres", "centos", "nvidia", "gdm", "core", "debian", "fedora",
        "docker", "node", "git", "mysql", "redis", "nginx", "airflow", "spark", "hadoop", "ray",
        "slurm", "munge", "systemd", "messagebus", "syslog", "default", "none", "null", "nil",
        "system", "public", "shared", "administrator", "service", "vagrant", "azureuser",
        "jenkins", "gitlab-runner", "linuxbrew", "conda", "mamba", "anonymous", "guest", "true",
        "false", "unknown", "id", "name", "invalid", "kube", "kubelet", "kubernetes-admin",
        "containerd", "sudo", "adm", "wheel", "users", "staff", "video", "render", "tty", "code",
        "agent", "bot", "ci", "is", "to", "the", "not", "in", "and", "with", "has",
    )
)  # fmt: skip
"""Accounts that exist on half of all machines, and words that stand where a name could."""
_IN_PATHS = 3
"""Shorter names are also folders."""


def users(text: str, known: Iterable[str]) -> Iterator[Span]:
    """Users in the places that name them, and known ones where they are a folder of a path."""
    if any(mark in text for mark in _MARKS):
        for pattern in (_HOME, _SAID, _SUDO, _ALONE):
            yield from _found(pattern, text)
    if "@" in text:
        yield from _found(_SHELL, text)
    if "rw" in text:
        yield from _found(_LISTED, text)
    if "/" in text:
        for name in known:
            yield from _folders(text, name)


def _found(pattern: Pattern, text: str) -> Iterator[Span]:
    for found in pattern.finditer(text):
        name = found.group(1) or ""
        if name.lower() in EVERYWHERE or name.isdecimal() or ".." in name:
            continue
        yield Span(found.start(1), found.end(1), "user", name)


def _folders(text: str, name: str) -> Iterator[Span]:
    if len(name) < _IN_PATHS:
        return
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        before, after = text[at - 1 : at], text[end : end + 1]
        if before in ("/", "~") and before and after in ("/", "", " ", ":", '"', "'", ",", ")"):
            yield Span(at, end, "user", name)
        at = text.find(name, end)
