"""What a file is, told from its first bytes: names lie, and half of all logs have none."""

from __future__ import annotations

import re
from enum import StrEnum

from triage.bundle.encoding import detect_encoding
from triage.bundle.tar_header import is_tar


class Kind(StrEnum):
    """What the reader does with a file."""

    TEXT = "text"
    BINARY = "binary"
    TAR = "tar"
    ZIP = "zip"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"
    JOURNAL = "systemd journal"
    FOREIGN = "foreign archive"


_MAGIC: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(rb"\x1f\x8b\x08"), Kind.GZIP),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), Kind.BZIP2),
    (re.compile(rb"\xfd7zXZ\0"), Kind.XZ),
    (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), Kind.ZSTD),
    (re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"), Kind.ZIP),
    (re.compile(rb"LPKSHHRH"), Kind.JOURNAL),
    (re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f[\x9d\xa0]|LZIP\x01"), Kind.FOREIGN),
    (re.compile(rb"\x04\x22\x4d\x18|\x89LZO\0|MSCF\0"), Kind.FOREIGN),
    # Formats that may begin with much text, so that the share of control bytes would not tell.
    (
        re.compile(rb"\x7fELF|\x89PNG|\xff\xd8\xff|GIF8[79]a|SQLite format 3\0|PAR1|%PDF-"),
        Kind.BINARY,
    ),
    (
        re.compile(rb"\x89HDF|\x93NUMPY|\x80[\x02-\x05][\x95}\](cX]|GGUF|!<arch>\n|ARROW1"),
        Kind.BINARY,
    ),
    (re.compile(rb".{8}DUCK", re.DOTALL), Kind.BINARY),
    (re.compile(rb"..\r\n[\0-\3]\0{3}.{8}\xe3", re.DOTALL), Kind.BINARY),  # compiled Python
    (re.compile(rb'.{4}\0{4}\{"', re.DOTALL), Kind.BINARY),  # safetensors: a length, then JSON
)

_SHORT_NUL_RUN = re.compile(rb"(?<!\0)\0{1,7}(?!\0)")
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\r\f\v\b\a\x1b")) + b"\x7f"
_MAX_CONTROL_SHARE = 0.05
_MAX_SHORT_NUL_RUN_SHARE = 0.1
_FEW = 4


def sniff(head: bytes) -> Kind:
    """Tell what a file is from its first bytes."""
    for pattern, kind in _MAGIC:
        if pattern.match(head):
            return kind
    if is_tar(head):
        return Kind.TAR
    return Kind.BINARY if _has_binary_shape(head) else Kind.TEXT


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so is clearly neither text nor an archive.

    NUL bytes alone prove nothing: UTF-16 is full of them, and a log that was open when the machine
    crashed has a run of them where its last blocks were never written.
    """
    return sniff(head) is Kind.BINARY


def _has_binary_shape(head: bytes) -> bool:
    if detect_encoding(head).unit > 1:
        return False
    text = head.replace(b"\0", b"")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    nul_runs = len(_SHORT_NUL_RUN.findall(head))
    return (controls > _FEW and controls > _MAX_CONTROL_SHARE * len(text)) or (
        nul_runs > _FEW and nul_runs > _MAX_SHORT_NUL_RUN_SHARE * len(text)
    )
