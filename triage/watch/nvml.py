"""What the NVIDIA driver itself reports: Xids and memory errors, where nobody reads its log too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from triage.bundle.visible import visible
from triage.clock import iso_utc
from triage.entities import gpu_address
from triage.events import Event, Fields, Stamp
from triage.own_process import own_module
from triage.watch.child import Child
from triage.watch.feeds import Note, Streams

if TYPE_CHECKING:  # the state is made of what feeds note
    from triage.watch.state import State

NAME = "nvml"
COMMAND = tuple(own_module("triage.watch.nvml_child"))
SILENT_S = 30.0
"""The child speaks every 5 s unless the driver holds it."""


class Word(Struct):
    """A line of the child."""

    word: str
    at: int
    """Nanoseconds since 1970."""
    gpu: str = ""
    uuid: str = ""
    xid: int = 0
    corrected: int | None = None
    uncorrected: int | None = None
    why: str = ""
    cards: int = 0
    driver: str = ""


_WORD = msgspec.json.Decoder(Word)


class NvmlFeed:
    """Events of all cards of this machine, from a child that may hang or die."""

    ended = False

    def __init__(
        self,
        streams: Streams,
        note: Note,
        *,
        command: Sequence[str] = COMMAND,
        silent_s: float = SILENT_S,
    ) -> None:
        """`command` prints what `nvml_child` prints."""
        self._streams = streams
        self._note = note
        self._child = Child(command)
        self._silent_s = silent_s
        self._rest = b""
        self._heard = float("inf")
        self._starts = 0
        self._count = 0
        self._said = ""

    def shown(self) -> str:
        """Its name."""
        return NAME

    def poll(self, now: float) -> bool:
        """Take what the driver told."""
        data = self._child.read(now)
        if self._child.starts > self._starts:
            self._starts, self._heard, self._rest = self._child.starts, now, b""
        if data:
            self._heard = now
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line)
        elif now - self._heard > self._silent_s:
            self._say(f"the driver has not answered for {self._silent_s:.0f} s; asking anew")
            self._child.kill(now)
            self._heard = float("inf")
        return False

    def note_state(self, state: State) -> None:
        """The driver tells nobody what he missed."""

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def _take(self, line: bytes) -> None:
        try:
            word = _WORD.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if word.word == "xid":
            text = f"NVML event: Xid {word.xid} on GPU {word.gpu}"
            self._tell(word, "gpu.xid", text, {"xid": word.xid})
        elif word.word == "ecc":
            counts = (word.corrected, word.uncorrected)
            told = ["unknown" if count is None else str(count) for count in counts]
            text = f"NVML event: memory errors on GPU {word.gpu}: {told[0]} corrected, "
            text += f"{told[1]} uncorrected since the driver was loaded"
            fields: Fields = {"ecc_corrected": word.corrected, "ecc_uncorrected": word.uncorrected}
            self._tell(word, "gpu.state", text, fields)
        elif word.word == "lost":
            text = f"NVML: GPU {word.gpu} is lost"
            self._tell(word, "gpu.state", text, {"lost": True})
        elif word.word in ("absent", "ended", "unheard"):
            self._say(word.why)
        elif word.word == "ready":
            self._said = ""
            if self._starts > 1:
                self._note(f"{NAME}: driver {word.driver} answers, {word.cards} cards")

    def _say(self, why: str) -> None:
        """Once for each reason in a row."""
        if why != self._said:
            self._said = why
            self._note(f"{NAME}: {visible(why, 300)}")

    def _tell(self, word: Word, kind: str, text: str, fields: Fields) -> None:
        self._count += 1
        named: Fields = {**fields, "gpu": gpu_address(word.gpu), "gpu_uuid": word.uuid or None}
        event = Event(
            kind=kind,
            line=self._count,
            line_end=self._count,
            offset=0,
            text=text,
            message=text,
            fields={name: value for name, value in named.items() if value is not None},
            stamp=Stamp(iso_utc(word.at), "iso"),
            source=NAME,
            family="gpu",
        )
        self._streams.event(event)
