"""Reads signature files: TOML in, checked `Signature`s and a content hash out."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

import triage_playbooks
from triage.errors import SignatureError
from triage.signatures.model import Signature, SignatureFile

FORMAT = 1
MAX_FILE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, eq=False)
class KnowledgeBase:
    """All signatures that a scan uses."""

    signatures: tuple[Signature, ...]
    digest: str
    """Hash over the content of all files: two equal digests judge alike."""
    origins: dict[str, str]
    """Signature id to the file it stands in."""

    def get(self, signature_id: str) -> Signature | None:
        """The signature with this id."""
        return next((s for s in self.signatures if s.id == signature_id), None)


def decode(text: str, where: str) -> SignatureFile:
    """One file's text. Raises `SignatureError` that names the file and the place in it."""
    try:
        raw = tomllib.loads(text)
        decoded = msgspec.convert(raw, SignatureFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{where}: {error}"
        raise SignatureError(message) from error
    if decoded.format != FORMAT:
        message = f"{where}: format {decoded.format} is not known to this version (it reads {FORMAT})"
        raise SignatureError(message)
    return decoded


def load(extra: Iterable[Path] = ()) -> KnowledgeBase:
    """The shipped knowledge base plus folders of the user's own, which may add but not shadow."""
    shipped = _shipped()
    extra = tuple(extra)
    if not extra:
        return shipped
    found = list(shipped.signatures)
    origins = dict(shipped.origins)
    digest = hashlib.sha256(shipped.digest.encode())
    for folder in extra:
        for path in sorted(folder.rglob("*.toml")) if folder.is_dir() else [folder]:
            _add(path, path.name, str(path), found, origins, digest)
    return KnowledgeBase(tuple(found), digest.hexdigest()[:16], origins)


@cache
def _shipped() -> KnowledgeBase:
    found: list[Signature] = []
    origins: dict[str, str] = {}
    digest = hashlib.sha256()
    root = files(triage_playbooks)
    for area in sorted(root.iterdir(), key=lambda entry: entry.name):
        if not area.is_dir():
            continue
        for entry in sorted(area.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".toml"):
                name = f"{area.name}/{entry.name}"
                _add(entry, name, name, found, origins, digest)
    return KnowledgeBase(tuple(found), digest.hexdigest()[:16], origins)


def _add(
    entry: Traversable | Path,
    name: str,
    where: str,
    found: list[Signature],
    origins: dict[str, str],
    digest: hashlib._Hash,
) -> None:
    data = entry.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        message = f"{where}: larger than {MAX_FILE_BYTES} bytes"
        raise SignatureError(message)
    digest.update(name.encode() + b"\0" + data + b"\0")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{where}: not UTF-8: {error}"
        raise SignatureError(message) from error
    for signature in decode(text, where).signature:
        if signature.id in origins:
            message = (
                f"{where}: the id {signature.id!r} is already taken by {origins[signature.id]}; "
                "choose another id"
            )
            raise SignatureError(message)
        origins[signature.id] = where
        found.append(signature)
