"""Which encoding a text is in, told once from its first bytes.

A file has no label, and a wrong guess must not hide a failure: every signature is ASCII, and ASCII
reads the same in all encodings here but UTF-16, which gives itself away by its NUL bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAMPLE_BYTES = 4096
_MIN_UTF16_BYTES = 8
_MIN_NUL_SHARE = 0.8
_MAX_NUL_SHARE = 0.02
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\a\x1b"))

# A character that UTF-8 would write in several bytes, whole or cut at the end.
_UTF8_CHARACTER = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
# Up to three letters, quotes or dashes between ASCII: Western languages in a single-byte encoding.
_SINGLE_BYTE_LETTERS = re.compile(
    rb"(?<![\x80-\xff])[\x80\x85\x91-\x97\xa0-\xff]{1,3}(?![\x80-\xff])"
)
_HIGH_BYTES = bytes(range(0x80, 0x100))
_MAX_UTF8_TAIL = 3


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a text are to be read."""

    name: str
    """As Python's codecs call it: utf-8, utf-16-le, utf-16-be or cp1252."""

    mark_bytes: int = 0
    """Length of the byte order mark at the start."""

    @property
    def unit(self) -> int:
        """How many bytes a newline takes."""
        return len(self.newline)

    @property
    def newline(self) -> bytes:
        """The newline in this encoding."""
        return "\n".encode(self.name)


UTF8 = Encoding("utf-8")
"""The answer where nothing else is likelier."""

_MARKS = {
    b"\xef\xbb\xbf": Encoding("utf-8", 3),
    b"\xff\xfe": Encoding("utf-16-le", 2),
    b"\xfe\xff": Encoding("utf-16-be", 2),
}


def detect_encoding(head: bytes) -> Encoding:
    """Tell the encoding of a text from its first bytes.

    UTF-8 is the answer where nothing else is likelier; its bad bytes are replaced later on. cp1252
    stands for Latin-1 too: it differs only where Latin-1 has control characters.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    return _utf16_without_mark(head) or Encoding(
        "utf-8" if _is_utf8(head) or not _looks_single_byte(head) else "cp1252"
    )


def _utf16_without_mark(head: bytes) -> Encoding | None:
    """Recognize ASCII in UTF-16: NUL in every other byte, text in the rest."""
    sample = head[:_SAMPLE_BYTES]
    if len(sample) < _MIN_UTF16_BYTES:
        return None
    even, odd = sample[::2], sample[1::2]
    for high, low, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if high.count(0) >= _MIN_NUL_SHARE * len(high) and len(low) - len(
            low.translate(None, _CONTROLS)
        ) <= _MAX_NUL_SHARE * len(low):
            return Encoding(name)
    return None


def _is_utf8(head: bytes) -> bool:
    """Whether this is UTF-8, its last character perhaps cut by the end of the sample."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return (
            error.start >= len(head) - _MAX_UTF8_TAIL and error.reason == "unexpected end of data"
        )
    return True


def _looks_single_byte(head: bytes) -> bool:
    """Whether lone high bytes between ASCII letters outweigh all other high bytes."""
    high = len(head) - len(head.translate(None, _HIGH_BYTES))
    utf8 = sum(map(len, _UTF8_CHARACTER.findall(head)))
    single = sum(map(len, _SINGLE_BYTE_LETTERS.findall(head)))
    return single > utf8 and 2 * single > high
