"""Waits for events of the NVIDIA driver and prints each as a line of JSON.

A process of its own: the driver of a sick card may never return from a call. A line `alive` comes
at least every `WAIT_MS`, so that whoever reads knows. Ends when there is no driver, or a card is
lost; it is for the reader to ask again later.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

import pynvml

WAIT_MS = 5000
ASK_COUNTS_EVERY_S = 1.0
WANTED = (
    pynvml.nvmlEventTypeXidCriticalError
    | pynvml.nvmlEventTypeDoubleBitEccError
    | pynvml.nvmlEventTypeSingleBitEccError
)
ECC = pynvml.nvmlEventTypeDoubleBitEccError | pynvml.nvmlEventTypeSingleBitEccError


def main() -> int:
    """Print until something ends it; 0 when there is nothing to wait for."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        say(word="absent", why=str(error))
        return 0
    try:
        events, cards = registered()
        say(word="ready", cards=len(cards), driver=_text(pynvml.nvmlSystemGetDriverVersion()))
        if cards:
            follow(events, cards)
    except pynvml.NVMLError as error:
        say(word="ended", why=str(error))
    return 1


def registered() -> tuple[object, dict[str, object]]:
    """The set of events, and the cards that send any, by their address."""
    events = pynvml.nvmlEventSetCreate()
    cards: dict[str, object] = {}
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            card = pynvml.nvmlDeviceGetHandleByIndex(index)
            wanted = WANTED & pynvml.nvmlDeviceGetSupportedEventTypes(card)
            if wanted:
                pynvml.nvmlDeviceRegisterEvents(card, wanted, events)
                cards[_address(card)] = card
        except pynvml.NVMLError as error:
            say(word="unheard", index=index, why=str(error))
    return events, cards


def follow(events: object, cards: Mapping[str, object]) -> None:
    """Print events as they come. Raises `NVMLError` when the driver or a card goes away."""
    asked: dict[str, float] = {}
    while True:
        try:
            event = pynvml.nvmlEventSetWait_v2(events, WAIT_MS)
        except pynvml.NVMLError_Timeout:
            say(word="alive")
            continue
        except pynvml.NVMLError_GpuIsLost:
            for gpu in filter(lambda gpu: _is_lost(cards[gpu]), cards):
                say(word="lost", gpu=gpu)
            raise
        gpu = _address(event.device)
        if event.eventType & pynvml.nvmlEventTypeXidCriticalError:
            say(word="xid", gpu=gpu, uuid=_uuid(event.device), xid=int(event.eventData))
        elif event.eventType & ECC and time.monotonic() - asked.get(gpu, 0) >= ASK_COUNTS_EVERY_S:
            asked[gpu] = time.monotonic()
            say(word="ecc", gpu=gpu, uuid=_uuid(event.device), **counts(event.device))


def counts(card: object) -> dict[str, int]:
    """Errors since the driver was loaded, by whether they could be repaired."""
    kinds = {
        "corrected": pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED,
        "uncorrected": pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
    }
    found = {}
    for name, kind in kinds.items():
        try:
            found[name] = pynvml.nvmlDeviceGetTotalEccErrors(card, kind, pynvml.NVML_VOLATILE_ECC)
        except pynvml.NVMLError:
            continue
    return found


def say(**words: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps({**words, "at": time.time_ns()}) + "\n")
    sys.stdout.flush()


def _is_lost(card: object) -> bool:
    """A card that does not even tell its temperature because it is gone."""
    try:
        pynvml.nvmlDeviceGetTemperature(card, pynvml.NVML_TEMPERATURE_GPU)
    except pynvml.NVMLError_GpuIsLost:
        return True
    except pynvml.NVMLError:
        return False
    return False


def _address(card: object) -> str:
    return _text(pynvml.nvmlDeviceGetPciInfo(card).busId)


def _uuid(card: object) -> str:
    try:
        return _text(pynvml.nvmlDeviceGetUUID(card))
    except pynvml.NVMLError:
        return ""


def _text(value: bytes | str) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


if __name__ == "__main__":
    sys.exit(main())
