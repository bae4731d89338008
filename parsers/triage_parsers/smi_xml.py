"""`nvidia-smi -q -x`: the full report as XML, the richest form.

Reads `nvidia_smi_log` documents of the DTDs v10 (drivers 4xx), v11 (up to 530), v12 (535 to 570)
and v13 (580 on) as a stream, so that a document that breaks off still yields the GPUs before the
break. An element that an older driver does not write stays unknown. Yields the events of the other
forms: a `gpu.state` a GPU, `gpu.mig`, `gpu.process`, and a `gpu.report` for the head.

Safety: entity declarations end the reading (no expansion, no external fetch), nesting and text are
bounded, and nothing of the document is kept but the paths named here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage_parsers.smi_keys import XML_HEAD, XML_MIG, XML_PATHS, XML_PROCESS, ecc_names
from triage_parsers.smi_state import (
    GPU_LOST,
    SLOWDOWNS,
    UNKNOWN_ERROR,
    Raw,
    dated,
    number,
    state_fields,
    written_stamp,
)

_ROOT = "nvidia_smi_log"
_REASONS = ("clocks_throttle_reasons", "clocks_event_reasons")
_PROLOG = ("<?xml", "<!DOCTYPE nvidia_smi_log")
MAX_PROLOG = 2
"""Lines before the root: the declaration and the document type."""
MAX_DEPTH = 32
MAX_VALUE = 1_000


class _RefusedError(Exception):
    """The document declares entities or nests too deep: no nvidia-smi wrote it."""


@dataclass(slots=True)
class _Part:
    """A GPU, a MIG device or a process: the lines it covers and its values."""

    kind: str
    first: int
    depth: int
    raw: Raw = field(default_factory=list)
    last: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Reader:
    """Handlers of the stream; lines count from 1 inside the document."""

    expat: expat.XMLParserType
    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    head: Raw = field(default_factory=list)
    timestamp: str = ""
    attached: int | None = None
    """GPUs of the machine, where the document counts them."""
    head_last: int = 1
    """Last line before the first GPU that says something."""
    last: int = 0
    """Line on which the document ends; 0: it breaks off."""
    open: list[_Part] = field(default_factory=list)
    done: list[_Part] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element opens; three of them are events."""
        self.path.append(name)
        self.text.clear()
        if len(self.path) > MAX_DEPTH:
            raise _RefusedError
        if name == _ROOT:
            self.head_last = self.expat.CurrentLineNumber
        kinds = {"gpu": "gpu.state", "mig_device": "gpu.mig", "process_info": "gpu.process"}
        if name in kinds and (name == "gpu" or self.open):
            part = _Part(kinds[name], self.expat.CurrentLineNumber, len(self.path))
            if name == "gpu":
                part.raw.append(("gpu", attributes.get("id", "")))
            self.open.append(part)
            self.done.append(part)

    def data(self, text: str) -> None:
        """Text of the innermost element; more than a value's worth is dropped."""
        if sum(map(len, self.text)) < MAX_VALUE:
            self.text.append(text[:MAX_VALUE])

    def end(self, name: str) -> None:
        """An element closes: its text is a value of the part that is open."""
        value = "".join(self.text).strip()
        self.text.clear()
        if self.open:
            self._take(self.open[-1], value)
            if len(self.path) == self.open[-1].depth:
                self.open.pop()
        else:
            self._take_head(name, value)
        self.path.pop()

    def _take_head(self, name: str, value: str) -> None:
        if name == _ROOT:
            self.last = self.expat.CurrentLineNumber
        elif not self.done:
            self.head_last = self.expat.CurrentLineNumber
        if value and name == "timestamp":
            self.timestamp = value
        elif value and name in XML_HEAD:
            self.head.append((XML_HEAD[name], value))
        elif name == "attached_gpus":
            count = number(value)
            self.attached = int(count) if count is not None else None

    def _take(self, part: _Part, value: str) -> None:
        part.last = self.expat.CurrentLineNumber
        inside = self.path[part.depth :]
        if not value or not inside:
            return
        if value == GPU_LOST and not part.lost:
            part.lost = part.last
        names = _canonical(part.kind, inside)
        if names:
            part.raw.extend((name, value) for name in names)
        elif value == UNKNOWN_ERROR:
            part.raw.append(("", value))  # counted, wherever it stands

    def refuse(self, *_: object) -> None:
        """An entity declaration: expanding it is how XML attacks work."""
        raise _RefusedError


def _canonical(kind: str, inside: list[str]) -> tuple[str, ...]:
    """The fields that a path inside a part stands for."""
    path = "/".join(inside)
    if kind == "gpu.mig":
        return (XML_MIG.get(path, ""),)
    if kind == "gpu.process":
        return (XML_PROCESS.get(path, ""),)
    if path in XML_PATHS:
        return (XML_PATHS[path],)
    if inside[0] in _REASONS:
        reason = inside[-1].split("_reason_", 1)[-1]
        return (f"slowdown:{reason}",) if reason in SLOWDOWNS else ()
    return ecc_names(inside[1:]) if inside[0] == "ecc_errors" and inside[1:] else ()


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One document a hit; text before and after it is nobody's business here."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        reader, done = _read(lines, hit)
        if reader.done or reader.head:
            yield from _events(reader, lines, hit)


def _read(lines: Sequence[Line], start: int) -> tuple[_Reader, int]:
    """Feeds the lines from the root on until the document ends or breaks."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    reader = _Reader(parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.EntityDeclHandler = reader.refuse
    index = start
    for index in range(start, len(lines)):
        line = lines[index]
        text = line.body if line.peeled.wrappers else line.text
        if index == start:
            text = text[max(text.find(f"<{_ROOT}"), 0) :]
        try:
            parser.Parse(text + "\n", False)  # noqa: FBT003 - positional-only in expat
        except (expat.ExpatError, _RefusedError, ValueError):
            break
        if f"</{_ROOT}>" in text:
            break
    return reader, index + 1


def _events(reader: _Reader, lines: Sequence[Line], start: int) -> Iterator[Event]:
    """One event a part, then the head; a part that breaks off ends where the reading ended.

    The last GPU takes the lines that close the document.
    """
    stamp: Stamp | None = written_stamp(lines[start], reader.timestamp)
    last_gpu = [part for part in reader.done if part.kind == "gpu.state"][-1:]
    for part in last_gpu:
        part.last = max(part.last, reader.last)
    head = state_fields(reader.head)
    identity: Fields = {}
    for part in reader.done:
        first = start + part.first - 1
        here = lines[first : max(start + part.last, first + 1)]
        if not here:
            continue
        fields = state_fields(part.raw)
        if part.kind == "gpu.state":
            fields = {**head, **fields}
            identity = {k: v for k, v in fields.items() if k in {"gpu", "gpu_uuid", "driver"}}
        yield dated(make_event(part.kind, here, {**identity, **fields}), stamp)
        if part.lost and part.kind == "gpu.state":
            at = lines[start + part.lost - 1 : start + part.lost]
            yield dated(make_event("gpu.smi_error", at, {**identity, "what": "gpu_lost"}), stamp)
    gpus = reader.attached
    if gpus is None:
        gpus = sum(part.kind == "gpu.state" for part in reader.done)
    top = max(start - MAX_PROLOG, 0)
    while top < start and not lines[top].body.lstrip().startswith(_PROLOG):
        top += 1
    fields = {"form": "xml", **head, "gpus": gpus}
    here = lines[top : start + reader.head_last]
    yield dated(make_event("gpu.report", here, fields), stamp)


_HEAD = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
\t<timestamp>Mon Apr  8 03:14:15 2024</timestamp>
\t<driver_version>550.54.15</driver_version>
\t<cuda_version>12.4</cuda_version>
"""
_GPU = """\
\t<gpu id="00000000:27:00.0">
\t\t<product_name>NVIDIA H100 PCIe</product_name>
\t\t<uuid>GPU-5d0a5a26-1111-2222-3333-444455556666</uuid>
\t\t<clocks_event_reasons>
\t\t\t<clocks_event_reason_hw_slowdown>Active</clocks_event_reason_hw_slowdown>
\t\t\t<clocks_event_reason_hw_power_brake_slowdown>Active</clocks_event_reason_hw_power_brake_slowdown>
\t\t</clocks_event_reasons>
\t\t<fb_memory_usage><total>81559 MiB</total><used>80311 MiB</used></fb_memory_usage>
\t\t<ecc_errors>
\t\t\t<volatile>
\t\t\t\t<sram_uncorrectable>N/A</sram_uncorrectable><dram_uncorrectable>3</dram_uncorrectable>
\t\t\t</volatile>
\t\t</ecc_errors>
"""
_TAIL = """\
\t\t<processes>
\t\t\t<process_info><pid>5150</pid><type>C</type><process_name>/opt/run &amp; co</process_name>
\t\t\t\t<used_memory>80300 MiB</used_memory></process_info>
\t\t</processes>
\t</gpu>
</nvidia_smi_log>"""

SAMPLES = (
    Sample(
        _HEAD + _GPU + _TAIL,
        kind="gpu.state",
        fields={
            "gpu": "0000:27:00.0",
            "driver": "550.54.15",
            "ecc_uncorrected": 3,
            "slowdown_active": "power_brake",
            "memory_used_mib": 80311,
        },
        count=3,
    ),
    Sample(_HEAD + _GPU, kind="gpu.state", fields={"gpu": "0000:27:00.0"}, count=2),
    Sample(
        "<nvidia_smi_log><gpu id='0000:0A:00.0'><temperature><gpu_temp>GPU is lost</gpu_temp>"
        "</temperature></gpu></nvidia_smi_log>",
        kind="gpu.state",
        fields={"gpu": "0000:0a:00.0", "lost": True},
        count=3,
    ),
    Sample("nvidia_smi_log is the root element of the DTD", kind=None),
    Sample('<?xml version="1.0"?><nvidia_smi_log></nvidia_smi_log>', kind=None),
    Sample('<!DOCTYPE nvidia_smi_log [<!ENTITY a "aaaa">]><nvidia_smi_log><gpus>&a;', kind=None),
)

PARSER = Parser(
    name="smi_xml",
    family="gpu",
    literals=("nvidia_smi_log",),
    before=MAX_PROLOG,
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.report", "gpu.state", "gpu.mig", "gpu.process", "gpu.smi_error"),
    document=True,
)
