"""Reads signature files: TOML in, checked `Signature`s and a content hash out."""

from __future__ import annotations

import contextlib
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

import triage_playbooks
from triage.errors import SignatureError
from triage.literals import required_literals
from triage.signatures import cache as disk
from triage.signatures.model import Signature, SignatureFile

FORMAT = 1
TABLES = "tables"
"""The folder beside the areas that holds tables of facts (`triage.tables`), no signatures."""
MAX_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, eq=False)
class KnowledgeBase:
    """All signatures that a scan uses."""

    signatures: tuple[Signature, ...]
    digest: str
    """Hash over the content of all files: two equal digests judge alike."""
    origins: dict[str, str]
    """Signature id to the file it stands in."""
    literals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Pattern to the literals that are known to be in it; others are found when they are needed."""

    def get(self, signature_id: str) -> Signature | None:
        """The signature with this id."""
        return next((s for s in self.signatures if s.id == signature_id), None)


def decode(text: str, where: str) -> SignatureFile:
    """One file's text. Raises `SignatureError` that names the file and the place in it."""
    try:
        decoded = msgspec.convert(tomllib.loads(text), SignatureFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{where}: {error}"
        raise SignatureError(message) from error
    if decoded.format != FORMAT:
        message = f"{where}: format {decoded.format} is unknown to this version (it reads {FORMAT})"
        raise SignatureError(message)
    return decoded


def load(extra: Iterable[Path] = ()) -> KnowledgeBase:
    """The shipped knowledge base plus folders of the user's own, which may add but not shadow."""
    shipped = _shipped()
    extra = tuple(extra)
    if not extra:
        return shipped
    collected = _Collected(dict(shipped.origins), list(shipped.signatures))
    digest = hashlib.sha256(shipped.digest.encode())
    for folder in extra:
        for path in _own_files(folder):
            data = path.read_bytes()
            digest.update(path.name.encode() + b"\0" + data + b"\0")
            collected.add(str(path), data)
    return KnowledgeBase(
        tuple(collected.signatures), digest.hexdigest()[:16], collected.origins, shipped.literals
    )


def _own_files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    found = sorted(folder.rglob("*.toml")) if folder.is_dir() else []
    if not found:
        message = f"{folder}: no .toml file is there"
        raise SignatureError(message)
    return found


@dataclass(slots=True)
class _Collected:
    """Signatures of several files, each id once."""

    origins: dict[str, str] = field(default_factory=dict)
    signatures: list[Signature] = field(default_factory=list)

    def add(self, where: str, data: bytes) -> None:
        if len(data) > MAX_FILE_BYTES:
            message = f"{where}: larger than {MAX_FILE_BYTES} bytes"
            raise SignatureError(message)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"{where}: not UTF-8: {error}"
            raise SignatureError(message) from error
        for signature in decode(text, where).signature:
            if signature.id in self.origins:
                message = (
                    f"{where}: the id {signature.id!r} is already taken by "
                    f"{self.origins[signature.id]}; choose another id"
                )
                raise SignatureError(message)
            self.origins[signature.id] = where
            self.signatures.append(signature)


@cache
def _shipped() -> KnowledgeBase:
    texts = [(name, entry.read_bytes()) for name, entry in _shipped_files()]
    digest = hashlib.sha256()
    for name, data in texts:
        digest.update(name.encode() + b"\0" + data + b"\0")
    key = digest.hexdigest()[:16]
    finder = files("triage") / "literals.py"
    kept = f"{key}-{hashlib.sha256(finder.read_bytes()).hexdigest()[:8]}"
    stored = disk.read(kept)
    if stored is None:
        collected = _Collected()
        for name, data in texts:
            collected.add(name, data)
        found = dict(_literals(collected.signatures))
        stored = disk.Stored(collected.origins, collected.signatures, found)
        disk.write(kept, stored)
    return KnowledgeBase(tuple(stored.signatures), key, stored.origins, stored.literals)


def _literals(signatures: Iterable[Signature]) -> Iterator[tuple[str, list[str]]]:
    """What is in patterns that name no anchors; a wrong pattern is left to whoever uses it."""
    for signature in signatures:
        for match in signature.match:
            if not match.pattern or match.anchors:
                continue
            with contextlib.suppress(SignatureError):
                yield match.pattern, sorted(required_literals(match.pattern))


def _shipped_files() -> list[tuple[str, Traversable]]:
    return [
        (f"{area.name}/{entry.name}", entry)
        for area in sorted(files(triage_playbooks).iterdir(), key=lambda entry: entry.name)
        if area.is_dir() and area.name != TABLES
        for entry in sorted(area.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
