"""The benchmarks by name: which commands are timed side by side, at which size."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from benchmarks.biglog import write_log
from benchmarks.forms import FORMS, write_form
from benchmarks.measure import TRIAGE, Command
from benchmarks.patterns import PATTERNS
from benchmarks.worst import WORST

SAMPLE = Path(__file__).parent.parent / "samples" / "gpu-innocent"
SCAN = (TRIAGE, "scan", "-q", "--format", "json")
COUNT = "SELECT kind, count(*) FROM events GROUP BY ALL ORDER BY ALL"
LEVELS = ";SELECT log_level, count(*) FROM all_logs GROUP BY log_level"
PAGES = "from triage.timeline.query import open_case\nfrom triage.timeline.pages import Pages\n"
LINES = ";SELECT count(*) FROM all_logs"
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """Where inputs lie, and which sizes are wanted. Inputs are written once and kept."""

    folder: Path
    sizes: Sequence[int]
    """Bytes."""

    def log(self, size: int) -> Path:
        """A syslog."""
        path = self.folder / f"syslog-{size // MB}M"
        if not path.exists():
            write_log(path, size)
        return path

    def patterns(self) -> str:
        """The file for `rg -f`."""
        path = self.folder / "patterns"
        path.write_text("\n".join(PATTERNS) + "\n")
        return str(path)

    def case(self, log: Path) -> Path:
        """Where the case of a log is written."""
        return log.with_name(f"{log.name}.triage")


Group = tuple[str, list[Command]]
"""Its size in words, and the commands that are timed in turn."""


def scan(work: Work) -> Iterator[Group]:
    """The verdict of a plain log, beside those who only count lines or matches."""
    for size in work.sizes:
        log, patterns = str(work.log(size)), work.patterns()
        yield (
            _megabytes(size),
            [
                Command("wc -l", ("wc", "-l", log), bytes=size),
                Command("rg, 40 patterns", ("rg", "-c", "-f", patterns, log), bytes=size),
                Command("grep, 40 patterns", ("grep", "-cE", "-f", patterns, log), bytes=size),
                Command("lnav, levels", ("lnav", "-n", "-c", LEVELS, log), bytes=size),
                Command(
                    "triage scan", (*SCAN, log), ("wc -l", "rg, 40 patterns", "lnav, levels"), size
                ),
            ],
        )


def compressed(work: Work) -> Iterator[Group]:
    """The verdict of the same log as .gz and .zst."""
    for size in work.sizes:
        log, patterns = work.log(size), work.patterns()
        packed = log.with_name(f"{log.name}.gz")
        if not packed.exists():
            with log.open("rb") as source, gzip.open(packed, "wb", 6) as out:
                shutil.copyfileobj(source, out, 1 << 20)
        dense = log.with_name(f"{log.name}.zst")
        if not dense.exists():
            with log.open("rb") as source, dense.open("wb") as out:
                zstandard.ZstdCompressor(3).copy_stream(source, out)
        search = "{} -dc '{}' | rg -c -f '{}'"
        yield _megabytes(size), [
            Command("gzip -dc, rg", ("sh", "-c", search.format("gzip", packed, patterns)),
                    bytes=size, needs=("gzip", "rg")),
            Command("triage scan .gz", (*SCAN, str(packed)), ("gzip -dc, rg",), size),
            Command("zstd -dc, rg", ("sh", "-c", search.format("zstd", dense, patterns)),
                    bytes=size, needs=("zstd", "rg")),
            Command("triage scan .zst", (*SCAN, str(dense)), ("zstd -dc, rg",), size),
        ]  # fmt: skip


def timeline(work: Work) -> Iterator[Group]:
    """The verdict and the full timeline in a case file, beside lnav's index."""
    for size in work.sizes:
        log = work.log(size)
        case = work.case(log)
        yield (
            _megabytes(size),
            [
                Command("cat", ("cat", str(log)), bytes=size),
                Command("lnav, index", ("lnav", "-n", "-c", LINES, str(log)), bytes=size),
                Command(
                    "triage scan --case",
                    (TRIAGE, "scan", "-q", "--case", str(case), str(log)),
                    ("lnav, index",),
                    size,
                    writes=case,
                ),
            ],
        )


def query(work: Work) -> Iterator[Group]:
    """A finished case: opened with its first page, asked by SQL, made a report."""
    for size in work.sizes:
        log = work.log(size)
        case = _written(work.case(log), log)
        page = f"pages = Pages(open_case({case!r})); pages.rows(pages.order, 0, 40)"
        base = "its imports alone"
        yield (
            _megabytes(size),
            [
                Command(base, (sys.executable, "-c", PAGES)),
                Command("first page", (sys.executable, "-c", PAGES + page), (base,)),
                Command("triage query", (TRIAGE, "query", case, COUNT), (base,)),
                Command("triage report", (TRIAGE, "report", case, "--format", "html"), (base,)),
            ],
        )


def startup(_: Work) -> Iterator[Group]:
    """Cold processes: what everybody pays before anything is read."""
    base = "python -c pass"
    yield (
        "sample",
        [
            Command(base, (sys.executable, "-c", "pass")),
            Command("triage --version", (TRIAGE, "--version"), (base,)),
            Command("triage --help", (TRIAGE, "--help"), (base,)),
            Command("triage scan, sample", (TRIAGE, "scan", str(SAMPLE)), (base,)),
            Command("triage report, sample", (TRIAGE, "report", str(SAMPLE)), (base,)),
        ],
    )


def worst(work: Work) -> Iterator[Group]:
    """What is hardest to read, beside a normal log of the same size."""
    for size in work.sizes:
        commands = [Command("normal log", (*SCAN, str(work.log(size))), bytes=size)]
        for name, (file, write) in WORST.items():
            path = work.folder / f"worst-{size // MB}M-{file}"
            if not path.exists():
                write(path, size)
            commands.append(Command(name, (*SCAN, str(path)), ("normal log",), size))
        yield _megabytes(size), commands


def forms(work: Work) -> Iterator[Group]:
    """The verdict of logs in other forms than syslog, and with the full timeline."""
    for size in work.sizes:
        log = work.log(size)
        commands = _of_form("syslog", log, size)
        for name, line in FORMS.items():
            path = work.folder / f"form-{size // MB}M-{line.__name__}.log"
            if not path.exists():
                write_form(path, size, line)
            commands += _of_form(name, path, size)
        yield _megabytes(size), commands


def _of_form(name: str, log: Path, size: int) -> list[Command]:
    case = log.with_name(f"{log.name}.triage")
    keep = (TRIAGE, "scan", "-q", "--case", str(case), str(log))
    return [
        Command(name, (*SCAN, str(log)), ("syslog",), size),
        Command(f"{name}, --case", keep, ("syslog, --case",), size, writes=case),
    ]


def _written(case: Path, log: Path) -> str:
    if not case.exists():
        command = [TRIAGE, "scan", "-q", "--case", str(case), str(log)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return str(case)


def _megabytes(size: int) -> str:
    return f"{size / MB:,.0f} MB"


GROUPS: dict[str, Callable[[Work], Iterator[Group]]] = {
    "startup": startup,
    "scan": scan,
    "compressed": compressed,
    "timeline": timeline,
    "query": query,
    "worst": worst,
    "forms": forms,
}
