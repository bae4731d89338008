"""What keeps a list of requirements from giving the same environment twice, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from triage.derive import derive
from triage.events import Value
from triage.testing_forms import read

SHA = "8c" * 32
LOCK = "".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\nfiles = '
    f'[{{file = "x.whl", hash = "sha256:{SHA}"}}]\n\n'
    for name, version in (("numpy", "1.24.2"), ("rich", "13.0"))
)
PROJECT = '[project]\nname = "x"\ndependencies = ["{}"]\n'


def rules(files: Mapping[str, str]) -> list[tuple[Value, Value]]:
    """Rule and packages of each thing that is not locked."""
    events = [event for name in sorted(files) for event in read(files[name], name)[0]]
    return [
        (e.fields["rule"], e.fields.get("packages"))
        for e in derive(events)
        if e.kind == "env.unlocked"
    ]


CASES: dict[str, tuple[dict[str, str], list[tuple[str, str | None]]]] = {
    "HASH-PARTIAL": (
        {"requirements.txt": f"attrs==23.1.0 --hash=sha256:{SHA}\nidna==3.4\n"},
        [("hash_partial", "idna")],
    ),
    "all have hashes": (
        {"requirements.txt": f"attrs==23.1.0 --hash=sha256:{SHA}\n"},
        [],
    ),
    "NOHASH": ({"requirements.txt": "attrs==23.1.0\nidna==3.4\n"}, [("no_hash", "attrs,idna")]),
    "a freeze has no hashes by nature": ({"pip-freeze.txt": "attrs==23.1.0\nidna==3.4\n"}, []),
    "HASH-WEAK": (
        {"requirements.txt": f"attrs==23.1.0 --hash=md5:{SHA[:32]}\n"},
        [("hash_weak", "attrs")],
    ),
    "INDEX-MISSING": (
        {"pip-freeze.txt": "attrs==23.1.0\ntorch==2.0.1+cu118\n"},
        [("index_missing", "torch")],
    ),
    "INDEX-MISSING, answered by the index": (
        {
            "requirements.txt": (
                f"-f https://wheels.example.net\ntorch==2.0.1+cu118 --hash=sha256:{SHA}\n"
            )
        },
        [],
    ),
    "a build of one's own": ({"pip-freeze.txt": "attrs==23.1.0\ntorch==2.0.1+site.3\n"}, []),
    "INDEX-AMBIG": (
        {
            "requirements.txt": (
                f"--extra-index-url https://w.example.net\nattrs==23.1.0 --hash=sha256:{SHA}\n"
            )
        },
        [("index_ambiguous", None)],
    ),
    "NOLOCK": (
        {"requirements.txt": "numpy>=1.24\nrich\n"},
        [("no_lock", "numpy,rich")],
    ),
    "NOLOCK, the lock is another project's": (
        {"a/pyproject.toml": PROJECT.format("rich"), "b/poetry.lock": LOCK},
        [("no_lock", "rich")],
    ),
    "a lock beside the manifest": (
        {"a/pyproject.toml": PROJECT.format("rich>=13"), "a/poetry.lock": LOCK},
        [],
    ),
    "LOCK-STALE, another version": (
        {"a/pyproject.toml": PROJECT.format("numpy>=1.25"), "a/poetry.lock": LOCK},
        [("lock_stale", "numpy")],
    ),
    "LOCK-STALE, not locked at all": (
        {"a/pyproject.toml": PROJECT.format("loguru"), "a/poetry.lock": LOCK},
        [("lock_stale", "loguru")],
    ),
    "LOCK-STALE says nothing of what is for another platform": (
        {
            "a/pyproject.toml": PROJECT.format("pywin32; sys_platform == 'win32'"),
            "a/poetry.lock": LOCK,
        },
        [],
    ),
}


@pytest.mark.parametrize("row", CASES)
def test_a_rule_fires_where_it_should_and_nowhere_else(row: str) -> None:
    files, expected = CASES[row]

    assert rules(files) == expected


def test_a_rule_stands_where_the_package_is_asked_for() -> None:
    events, _ = read("attrs==23.1.0\n\ntorch==2.0.1+cu118\n", "prod/pip-freeze.txt")
    (event,) = [e for e in derive(events) if e.kind == "env.unlocked"]

    assert (event.source, event.line) == ("prod/pip-freeze.txt", 3)
    assert (event.fields["env"], event.fields["count"]) == ("prod", 1)
