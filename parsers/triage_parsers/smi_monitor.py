"""`nvidia-smi dmon` and `pmon`: one row a second and GPU, or a second and process.

`dmon` yields one `gpu.dmon` a table (how many GPUs and samples) and nested in it one `gpu.load` a
GPU: least, greatest and last value of SM and memory use (percent), power (W) and temperatures (C),
and the greatest of the counters that a failure moves. `pmon` yields a `gpu.pmon` a table and a
`gpu.process` a row that names a process. `-` means that the card has no such value.

Facts: two heading lines, repeated every 20 rows or so; the columns depend on `-s` and on the
driver (`temp` became `gtemp` and `mtemp`, `jpg` and `ofa` came later); `-o DT` puts date and time
before the GPU; `--format csv` separates by commas and drops the blank after `#`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.smi_state import dated, told_above

SPANS = {
    "pwr": "power_w",
    "temp": "temp_c",
    "gtemp": "temp_c",
    "mtemp": "memory_temp_c",
    "sm": "util",
    "mem": "memory_util",
    "fb": "memory_used_mib",
    "pclk": "sm_clock_mhz",
}
"""Column of `dmon` to the field that gets `_min`, `_max` and `_last`."""
PEAKS = {
    "sbecc": "ecc_corrected",
    "dbecc": "ecc_uncorrected",
    "pviol": "power_violation_pct",
    "tviol": "thermal_violation",
    "pci": "pcie_replays",
}
"""Columns of which the greatest value tells: counters, and shares of time that was lost."""
OTHERS = frozenset(
    {
        "gpu", "date", "time", "pid", "type", "command", "enc", "dec", "jpg", "ofa", "mclk",
        "bar1", "ccpm", "rxpci", "txpci", "err", "gid", "ciid",
    }
)  # fmt: skip
CLOCK = ("date", "time")
_DATE = compiled(r"^(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)$")
_TIME = compiled(r"^\d\d:\d\d:\d\d$")
_NUMBER = compiled(r"^\d{1,9}(?:\.\d{1,3})?$")
_SPLIT = compiled(r"[\s,]+")
MIN_COLUMNS = 4
MAX_ROWS = 600
"""Lines of one table; a monitor that ran for days is read in pieces of this size."""
MAX_BLANKS = 2

Row = dict[str, str]


@dataclass(slots=True)
class _Series:
    """What one column of one GPU went through."""

    least: float
    greatest: float
    last: float

    def add(self, value: float) -> None:
        self.least = min(self.least, value)
        self.greatest = max(self.greatest, value)
        self.last = value


@dataclass(slots=True)
class _Card:
    """One GPU of a `dmon` table."""

    samples: int = 0
    columns: dict[str, _Series] = field(default_factory=dict)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One table a heading; repeated headings go on with it."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        names = _columns(lines[hit].body)
        if names is None:
            continue
        rows, done = _rows(lines, hit, names)
        if rows:
            yield from (_processes if "pid" in names else _loads)(lines, hit, done, rows)


def _columns(body: str) -> list[str] | None:
    """Names of a heading: `# gpu  pwr gtemp`; the second heading line has the units."""
    text = body.strip().lstrip("> ").lstrip("#")
    names = [name.lower() for name in _words(text)]
    known = [name for name in names if name in SPANS or name in PEAKS or name in OTHERS]
    at = names.index("gpu") if "gpu" in names[:3] else -1
    if at < 0 or len(names) < MIN_COLUMNS or len(known) < len(names) - 1:
        return None
    return names if all(name in CLOCK for name in names[:at]) else None


def _bare(line: Line) -> str:
    """The body without a stamp that was understood but left, because a number follows it."""
    stamp = line.peeled.stamp
    if stamp is None or line.peeled.wrappers:
        return line.body
    return line.body.removeprefix(stamp.text)


def _words(text: str) -> list[str]:
    return [word for word in _SPLIT.sub(" ", text).split(" ") if word]


def _is_heading(body: str) -> bool:
    words = [word.lower() for word in _words(body.strip().lstrip("> ").lstrip("#"))]
    return _columns(body) is not None or "idx" in words[:3]


def _rows(lines: Sequence[Line], start: int, names: list[str]) -> tuple[list[tuple[int, Row]], int]:
    """Rows with the indexes of their lines, and the index after the table."""
    rows: list[tuple[int, Row]] = []
    end, blanks = start + 1, 0
    for index in range(start + 1, min(len(lines), start + MAX_ROWS)):
        body = _bare(lines[index])
        if not body.strip():
            blanks += 1
            if blanks > MAX_BLANKS:
                break
            continue
        again = _columns(body)
        if again is not None and again != names:
            break
        row = None if _is_heading(body) else _row(body, names)
        if row is None and not _is_heading(body):
            break
        if row is not None:
            rows.append((index, row))
        blanks, end = 0, index + 1
    return rows, end


def _row(body: str, names: list[str]) -> Row | None:
    """Cells by column; the command takes what is left, and a peeled stamp may be missing."""
    cells = _words(body.strip().lstrip("> "))
    if names[0] in CLOCK and cells and _DATE.match(cells[0]) is None and not _is_time(cells[0]):
        names = [name for name in names if name not in CLOCK]
    if names[-1] == "command" and len(cells) > len(names):
        cells = [*cells[: len(names) - 1], " ".join(cells[len(names) - 1 :])]
    if len(cells) != len(names):
        return None
    row = dict(zip(names, cells, strict=True))
    if not row["gpu"].isdecimal() or len(row["gpu"]) > 3:  # noqa: PLR2004 - no index, a number
        return None
    texts = ("type", "command", *CLOCK)
    numbers = [cell for name, cell in row.items() if name not in texts]
    return row if all(cell == "-" or _NUMBER.match(cell) for cell in numbers) else None


def _is_time(text: str) -> bool:
    return _TIME.match(text) is not None


def _stamp(line: Line, row: Row) -> Stamp | None:
    """The time of a row that has one, as ISO; without a date it says too little."""
    date = _DATE.match(row.get("date", ""))
    if date is None or not _is_time(row.get("time", "")):
        return None
    day = f"{date.group('y')}-{date.group('m')}-{date.group('d')}"
    return line.peel(f"{day} {row['time']} -").stamp


def _loads(
    lines: Sequence[Line], start: int, end: int, rows: list[tuple[int, Row]]
) -> Iterator[Event]:
    """The table, then each GPU over the whole of it."""
    cards: dict[str, _Card] = {}
    for _, row in rows:
        card = cards.setdefault(row["gpu"], _Card())
        card.samples += 1
        for name, cell in row.items():
            if (name in SPANS or name in PEAKS) and cell != "-":
                value = float(cell)
                card.columns.setdefault(name, _Series(value, value, value)).add(value)
    index, row = rows[-1]
    stamp = _stamp(lines[index], row)
    top, host = told_above(lines, start)
    here = lines[top:end]
    fields: Fields = {"host": host, "gpus": len(cards), "samples": len(rows)}
    yield dated(make_event("gpu.dmon", here, fields), stamp)
    for gpu, card in cards.items():
        load: Fields = {"host": host, "gpu_index": int(gpu), "samples": card.samples}
        for name, series in card.columns.items():
            load.update(_summary(name, series))
        yield dated(make_event("gpu.load", here, load), stamp)


def _summary(name: str, series: _Series) -> Fields:
    if name in PEAKS:
        return {PEAKS[name]: _plain(series.greatest)}
    field_name = SPANS[name]
    return {
        f"{field_name}_min": _plain(series.least),
        f"{field_name}_max": _plain(series.greatest),
        f"{field_name}_last": _plain(series.last),
    }


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _processes(
    lines: Sequence[Line], start: int, end: int, rows: list[tuple[int, Row]]
) -> Iterator[Event]:
    """The table, then each row that names a process; a card without any has a row of dashes."""
    top, host = told_above(lines, start)
    busy = [(index, row) for index, row in rows if row["pid"] != "-"]
    fields: Fields = {
        "host": host,
        "gpus": len({row["gpu"] for _, row in rows}),
        "processes": len({(row["gpu"], row["pid"]) for _, row in busy}),
        "samples": len(rows),
    }
    stamp = _stamp(lines[rows[0][0]], rows[0][1])
    yield dated(make_event("gpu.pmon", lines[top:end], fields), stamp)
    for index, row in busy:
        process: Fields = {
            "host": host,
            "gpu_index": int(row["gpu"]),
            "pid": row["pid"],
            "type": _told(row.get("type")),
            "process": _told(row.get("command")),
            "util": _told(row.get("sm")),
            "memory_util": _told(row.get("mem")),
            "memory_used_mib": _told(row.get("fb")),
        }
        for name in ("util", "memory_util", "memory_used_mib"):
            value = process[name]
            process[name] = int(float(value)) if isinstance(value, str) else None
        yield dated(make_event("gpu.process", [lines[index]], process), _stamp(lines[index], row))


def _told(cell: str | None) -> str | None:
    return cell if cell not in {"-", "[Not Found]", "[N/A]"} else None


SAMPLES = (
    Sample(
        "# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec   mclk   pclk\n"
        "# Idx      W      C      C      %      %      %      %    MHz    MHz\n"
        "    0    412     71     84     99     61      0      0   2619   1755\n"
        "    1     88     44     51      0      0      0      0   2619    345\n"
        "    0    398     73     86     97     60      0      0   2619   1740\n",
        kind="gpu.dmon",
        fields={"gpus": 2, "samples": 3},
        count=3,
    ),
    Sample(
        "# gpu   pwr  temp    sm   mem   enc   dec  mclk  pclk\n"
        "# Idx     W     C     %     %     %     %   MHz   MHz\n"
        "    0    43    35     0     0     0     0  2505  1075\n",
        kind="gpu.dmon",
        fields={"gpus": 1, "samples": 1},
        count=2,
    ),
    Sample(
        "# gpu        pid  type    sm   mem   enc   dec   command\n"
        "# Idx          #   C/G     %     %     %     %   name\n"
        "    0       4711     C    88    40     -     -   python3 -m fit\n"
        "    1          -     -     -     -     -     -   -\n",
        kind="gpu.pmon",
        fields={"gpus": 2, "processes": 1, "samples": 2},
        count=2,
    ),
    Sample("# gpu settings for the trainer\ngpus: 4\n", kind=None),
    Sample("# Idx of the last shard, see the manifest\n12\n", kind=None),
    Sample("# gpu  pwr  gtemp  sm  mem\n# nothing was sampled\n", kind=None),
)

PARSER = Parser(
    name="smi_monitor",
    family="gpu",
    literals=("# gpu ", "#gpu,", " gtemp", "gpu pid type", "#Date "),
    parse=parse,
    samples=SAMPLES,
    kinds=("gpu.dmon", "gpu.load", "gpu.pmon", "gpu.process"),
    after=MAX_ROWS,
)
