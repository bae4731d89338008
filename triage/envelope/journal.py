"""Records of the systemd journal: which of their fields say who spoke, when, and what.

The same fields stand in `journalctl -o json`, `export` and `verbose`; every number is a string, a
field that was given twice is a list, a message of odd bytes a list of numbers. Field names are
those of systemd.journal-fields(7) and of Docker's journald driver.
"""

from __future__ import annotations

from collections.abc import Mapping

from triage.envelope.model import FACILITIES, SEVERITIES, note_source, note_stamp
from triage.events import Peeled

_MICROSECONDS = 1_000_000
_MAX_DIGITS = 18
_MAX_PID = 9
_NAMES = {
    "CONTAINER_NAME": "container", "CONTAINER_ID_FULL": "container_id", "IMAGE_NAME": "image",
}  # fmt: skip


def is_record(record: Mapping[str, object]) -> bool:
    """Whether an object is a record of the journal."""
    return "__REALTIME_TIMESTAMP" in record


def message_of(record: Mapping[str, object]) -> str | None:
    """What was said; None where the journal left it out for its length."""
    message = record.get("MESSAGE")
    if isinstance(message, list):
        if message and isinstance(message[0], str):
            return message[0]
        return _from_bytes(message)
    return message if isinstance(message, str) else None


def take_record(record: Mapping[str, object], peeled: Peeled) -> None:
    """Note everything that a record says beside its message."""
    texts = {key: text for key, value in record.items() if (text := _first(value)) is not None}
    note_stamp(peeled, texts.get("__REALTIME_TIMESTAMP", ""), "epoch")
    uptime = texts.get("_SOURCE_MONOTONIC_TIMESTAMP") or texts.get("__MONOTONIC_TIMESTAMP", "")
    if _is_number(uptime, _MAX_DIGITS):
        peeled.uptime = int(uptime) / _MICROSECONDS
    priority = texts.get("PRIORITY", "")
    if _is_number(priority, 1) and int(priority) < len(SEVERITIES):
        peeled.fields["level"] = SEVERITIES[int(priority)]
    if "_HOSTNAME" in texts:
        peeled.fields.setdefault("host", texts["_HOSTNAME"])
    unit = texts.get("UNIT") or texts.get("_SYSTEMD_UNIT") or texts.get("USER_UNIT")
    if unit:
        peeled.fields["unit"] = unit
    for key, name in _NAMES.items():
        if key in texts:
            peeled.fields[name] = texts[key]
    _take_speaker(texts, peeled)


def _take_speaker(texts: Mapping[str, str], peeled: Peeled) -> None:
    """The kernel speaks through its own transport; who only calls himself so is a process.

    Whoever may write to /dev/kmsg comes through that transport too, with another facility.
    """
    tag = texts.get("SYSLOG_IDENTIFIER") or texts.get("_COMM")
    transport = texts.get("_TRANSPORT")
    written = texts.get("SYSLOG_FACILITY", "")
    facility = int(written) if _is_number(written, 2) else None
    if facility is None and transport in ("kernel", None) and tag == "kernel":
        facility = 0
    if facility is not None and facility < len(FACILITIES):
        peeled.fields["facility"] = FACILITIES[facility]
    if transport == "kernel" and not facility:
        peeled.fields["facility"] = "kern"
        return
    pid = texts.get("_PID") or texts.get("SYSLOG_PID", "")
    pid = pid if _is_number(pid, _MAX_PID) else ""
    if tag == "kernel" and transport not in ("kernel", None):
        tag = texts.get("_COMM") or "logger"
        peeled.fields.pop("facility", None)
    if tag:
        note_source(peeled, tag, pid)


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else None


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits


def _from_bytes(numbers: list[object]) -> str | None:
    try:
        return bytes(number for number in numbers if isinstance(number, int)).decode(
            "utf-8", "replace"
        )
    except ValueError:
        return None
