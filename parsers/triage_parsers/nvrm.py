"""What the NVIDIA kernel driver says beside Xids: `NVRM: …` and a few lines of its sister modules.

Every event of kind `gpu.driver` has `what` from a closed list (`nvrm_rules.WHATS`). Messages of
several lines (API mismatch, the card that is not responding, nouveau's ownership, an invalid BAR,
the offer of a crash dump) are one event, whether the continuation lines carry a prefix, blanks,
nothing, or rsyslog's `#012`. Lines of one kind in a row are one event, so that a driver that
retries on each open() does not flood.
`RmInitAdapter failed! (0x26:0x1a:1227)` is stage, status and source line; `stage`, `stage_name`,
`status` and `status_name` say what the driver's own headers call them.
`gpu.identity` maps an address to a UUID or a board's serial number (printed once, before the first
Xid); `gpu.driver_loaded` carries the driver's version and marks a (re)load, `gpu.driver_unloaded`
its end. `GPU6` in these lines is the driver's own index (`driver_index`): neither nvidia-smi's row
nor the minor number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from triage.entities import gpu_address
from triage.events import Context, Event, Fields, Line, Parser
from triage.patterns import Match, compiled
from triage_parsers.kernel_dump import forged, kernel_event, named, number, unescaped
from triage_parsers.nvrm_rules import ABOVE, MORE, NUMBERS, OTHER_NAMES, rule_of
from triage_parsers.nvrm_samples import COPY_SAMPLES, SAMPLES

ADDRESS = compiled(r"\b(?:[0-9a-fA-F]{4}|[0-9a-fA-F]{8}):[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?")
COPY = compiled(r"^\s*\S+\s+\S.*?\s\W{0,3}NVRM: ")
"""The driver's words behind somebody else's: the line belongs to another format."""
IDENTITY = compiled(r"NVRM: GPU at (?P<gpu>\S+): (?P<gpu_uuid>GPU-[0-9a-fA-F-]{8,36})")
SERIAL = compiled(r"NVRM: GPU Board Serial Number: (?P<serial>\w+)")
SERIAL_OF = compiled(
    r"NVRM: GPU (?P<gpu>[0-9a-fA-F:.]{7,16}): GPU serial number is (?P<serial>\w+)"
)
NO_SERIAL = "0"
"""What a GeForce answers."""
LOADED = compiled(
    r"NVRM: loading NVIDIA UNIX .*?(?:Module|for) .*?(?P<driver>\d{2,3}\.\d{2,3}(?:\.\d{2,3})?)\b"
)
NVLINK_CORE = compiled(
    r"nvidia-nvlink: (?:Nvlink Core is being (?P<loaded>initialized)|Unregistered)"
)
MISMATCH = compiled(
    r"the client (?:.?(?P<client>[\w.+:@ /-]+?).? \(pid (?P<pid>\d+)\) )?has the version "
    r"(?P<client_version>\d+(?:\.\d+)+), but this kernel module has the version "
    r"(?P<module_version>\d+(?:\.\d+)+)"
)
CLIENT = compiled(r"the client .?(?P<client>[\w.+:@ /-]+?).? \(pid (?P<pid>\d+)\)")
DRIVER_INDEX = compiled(r"NVRM: GPU(?P<index>\d{1,3}) \w")
INIT_CODE = compiled(
    r"^(?P<stage>0x[0-9a-fA-F]+):(?P<status>0x[0-9a-fA-F]+)(?::(?P<source_line>\d+))?$"
)
GSP_XID = compiled(r"Xid ?\([^)]{0,80}\): ?(?:119|120)\b")
"""A failure of the GSP: the dump below it belongs to the Xid."""
NEAR = 4
MORE_LINES = 8
RUN = 64
"""Lines of the same kind in a row that make one event."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event a message; equal messages in a row are one."""
    del context
    done, dump = 0, -NEAR - 1
    for hit in hits:
        if hit < done or forged(lines[hit]):
            continue
        body = unescaped(lines[hit].body)
        if GSP_XID.search(body):
            dump = hit
        if COPY.search(body) and not body.lstrip().startswith("NVRM"):
            continue
        ruled = rule_of(body)
        if ruled is not None and ruled[0] == "gsp_dump" and hit - dump <= NEAR:
            dump = hit
            continue
        if ruled is None:
            event = _note(lines, hit, body)
            if event:
                done = hit + event.line_end - event.line + 1
                yield event
            continue
        start, end = _extent(lines, hit, ruled[0], done)
        done = end
        yield kernel_event("gpu.driver", lines[start:end], _fields(lines[start:end], *ruled))


def parse_copies(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event for each line that carries the driver's words behind others."""
    del context
    for hit in hits:
        body = unescaped(lines[hit].body)
        if COPY.search(body) and not body.lstrip().startswith("NVRM"):
            ruled = rule_of(body)
            if ruled is not None:
                yield kernel_event("gpu.driver", [lines[hit]], _fields([lines[hit]], *ruled))


def _note(lines: Sequence[Line], hit: int, body: str) -> Event | None:
    """A card's identity, the driver's version, or the end of the driver."""
    line = lines[hit]
    found = IDENTITY.search(body)
    if found:
        address = (found.group("gpu") or "").removeprefix("PCI:")
        fields: Fields = {"gpu": gpu_address(address), "gpu_uuid": found.group("gpu_uuid")}
        serial = SERIAL.search(lines[hit + 1].body) if hit + 1 < len(lines) else None
        if serial is None:
            return kernel_event("gpu.identity", [line], fields)
        if serial.group("serial") != NO_SERIAL:
            fields["serial"] = serial.group("serial")
        return kernel_event("gpu.identity", lines[hit : hit + 2], fields)
    found = SERIAL_OF.search(body)
    if found:
        fields = {"gpu": gpu_address(found.group("gpu") or ""), "serial": found.group("serial")}
        return kernel_event("gpu.identity", [line], fields)
    found = LOADED.search(body)
    if found:
        return kernel_event("gpu.driver_loaded", [line], {"driver": found.group("driver")})
    found = NVLINK_CORE.search(body)
    if found:
        kind = "gpu.driver_loaded" if found.group("loaded") else "gpu.driver_unloaded"
        return kernel_event(kind, [line], {"module": "nvidia-nvlink"})
    return None


def _extent(lines: Sequence[Line], hit: int, what: str, floor: int) -> tuple[int, int]:
    """First index and index after the last of the message round `hit`."""
    start = hit
    while start > max(floor, hit - 3) and ABOVE.search(lines[start - 1].body):
        start -= 1
    end = hit + 1
    more = MORE.get(what)
    address = _address(lines[start:end])
    while end < min(len(lines), hit + RUN):
        body = lines[end].body
        if more is not None and end < hit + MORE_LINES and more.search(body):
            end += 1
            continue
        ruled = rule_of(body)
        if what == "api_mismatch" or not _same(what, ruled):
            break
        if _address([lines[end]]) not in (None, address):
            break
        end += 1
    return start, end


def _same(what: str, ruled: tuple[str, Match] | None) -> bool:
    """The GSP's second line asks for a reset in brackets: still the same message."""
    if ruled is None:
        return False
    return ruled[0] == what or (what == "gsp_init_failed" and ruled[0] == "reset_required")


def _address(lines: Sequence[Line]) -> str | None:
    for line in lines:
        found = ADDRESS.search(line.body)
        if found:
            return gpu_address(found.group() or "")
    return None


def _fields(lines: Sequence[Line], what: str, found: Match) -> Fields:
    fields: Fields = {"what": what, "gpu": _address(lines)}
    told = [found, *(ruled[1] for line in lines[1:] if (ruled := rule_of(unescaped(line.body))))]
    for one in told:
        for key, value in named(one, *NUMBERS).items():
            fields.setdefault(OTHER_NAMES.get(key, key), value)
    index = DRIVER_INDEX.search(lines[0].body)
    if index:
        fields.setdefault("driver_index", number(index.group("index")))
    written = str(fields.get("code", ""))
    code = number(written)
    if code is not None:
        fields["code"] = code
    if what == "api_mismatch":
        fields.update(_mismatch(lines))
    if what == "rm_init_failed":
        fields.update(_init_failure(written))
    if what == "uvm_fatal":
        fields["status_name"] = _name_of("status", written)
    return fields


def _mismatch(lines: Sequence[Line]) -> Fields:
    """Who differs from whom; `driver` is the version that is loaded."""
    text = " ".join(unescaped(line.body) for line in lines).replace("NVRM:", " ")
    text = " ".join(text.split())
    found = MISMATCH.search(text) or CLIENT.search(text)
    if found is None:
        return {}
    fields = named(found, "pid")
    fields["process"] = fields.get("client")
    fields["driver"] = fields.get("module_version")
    return fields


def _init_failure(code: str) -> Fields:
    """The three numbers of a failed initialization, and what they are called."""
    found = INIT_CODE.search(code.strip())
    if found is None:
        return {}
    fields = named(found, "source_line")
    fields["stage_name"] = _name_of("stage", str(fields["stage"]))
    fields["status_name"] = _name_of("status", str(fields["status"]))
    return fields


def _name_of(table: str, code: str) -> str | None:
    digits = code.lower().removeprefix("0x").lstrip("0") or "0"
    return _names()[table].get(f"0x{digits}")


@cache
def _names() -> dict[str, dict[str, str]]:
    path = files("triage_parsers") / "data" / "nv_status.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


PARSER = Parser(
    name="nvrm",
    family="kernel",
    literals=(
        "NVRM: ", "NVRM RmInit", "NVRM kgsp",
        "NVRM _kgsp", "fallen off the bus", ".bin failed with error",
        "Direct firmware load for nvidia", "nvidia: probe of", "probe with driver nvidia",
        "nv_get_p2p_free_callback", "nvidia-peermem ", "nvidia_peermem ", "nvidia: disagrees",
        "nvidia: version magic", "device inaccessible", "nvidia_uvm: Unknown symbol",
        "nvidia: Unknown symbol", "NVRM:#", "NVRM:\t", "nvidia-uvm: ", "nvidia-modeset: ERROR",
        "nvidia-modeset: WARNING", "i2c timeout error", "Nvlink Core",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.driver", "gpu.identity", "gpu.driver_loaded", "gpu.driver_unloaded"),
    before=3,
    after=RUN,
)  # fmt: skip
COPY_PARSER = Parser(
    name="nvrm_copy",
    family="kernel",
    literals=("NVRM: ",),
    parse=parse_copies,
    samples=COPY_SAMPLES,
    kinds=("gpu.driver",),
)
