"""What the lab did and what was found, held against each other."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zstandard


class Diagnosis(NamedTuple):
    """What the lab did, and what was found."""

    did: dict[str, Any]
    answer: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def cause(self) -> str | None:
        """The id of the root cause."""
        cause: str | None = self.answer["verdict"]["root_cause"]
        return cause

    def finding(self, signature: str) -> dict[str, Any]:
        """The finding of a signature; fails with all there are."""
        found = {finding["id"]: finding for finding in self.answer["findings"]}
        assert signature in found, sorted(found)
        one: dict[str, Any] = found[signature]
        return one

    def causes(self, signature: str) -> list[str]:
        """The ids of what explains a finding."""
        return [cause["id"] for cause in self.finding(signature)["explained_by"]]


Diagnose = Callable[..., Diagnosis]


def manifest_of(bundle: Path) -> dict[str, Any]:
    """What a packed bundle says of itself."""
    with bundle.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        member = tar.extractfile("MANIFEST.json")
        assert member is not None
        manifest: dict[str, Any] = json.load(member)
        return manifest


def needs_kernel_log(diagnosis: Diagnosis) -> None:
    """Skip where the kernel log may not be read."""
    entries = [entry for machine in diagnosis.manifest["machines"] for entry in machine["entries"]]
    kernel = next(entry for entry in entries if entry["source"] == "kernel/dmesg.txt")
    if kernel["status"] != "ok":
        pytest.skip(f"the kernel log cannot be read here: {kernel.get('why')}")
