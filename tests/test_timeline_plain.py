"""Plain records that are read by the column make the rows that they make one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from triage.bundle.bundle import open_bundle
from triage.envelope import WRAPPERS, marks
from triage.filling import Filling
from triage.ingest.reader import SourceReader
from triage.reading import Options, read_sources
from triage.scanner import Scan, scan_paths
from triage.signatures.compiled import Plan
from triage.signatures.load import load
from triage.timeline.plain import PlainRecords
from triage.timeline.query import open_case
from triage.timeline.writer import CaseWriter

SAMPLES = Path(__file__).parent.parent / "samples"
ROWS = "SELECT * FROM events ORDER BY event_id"
STRUCTURE = (*marks.CUT, *marks.HEADINGS, *marks.RESULTS)
"""Where one of these stands, all lines are read one by one."""
SECRET = "Nov 18 00:00:02 gpu-017 app[7]: login with password=hunter2hunter2 for user ml"
KEY = (
    "Nov 18 00:00:02 gpu-017 app[7]: -----BEGIN PRIVATE KEY-----",
    "Nov 18 00:00:02 gpu-017 app[7]: MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
    "Nov 18 00:00:02 gpu-017 app[7]: -----END PRIVATE KEY-----",
)
HITS = (
    "Nov 18 00:00:03 gpu-017 kernel: [11304.385795] NVRM: Xid (PCI:0000:65:00): 79, pid=12, x",
    "Nov 18 00:00:03 gpu-017 kernel: [11305.385795] Out of memory: Killed process 7 (python3)",
    "2025-11-18 00:00:03,120 ERROR trainer: CUDA out of memory. Tried to allocate 2.00 GiB",
    "Traceback (most recent call last):",
    '  File "/app/train.py", line 7, in <module>',
    "RuntimeError: NCCL error",
    *(f"  rank {rank} is left waiting" for rank in range(45)),
)
PLAIN = (
    "Nov 18 00:00:01 gpu-017 sshd[70875]: Received disconnect from 10.7.38.172 port 21586",
    "Nov 18 00:00:01 gpu-017 kernel: [11304.385795] cni0: port 22(veth4) entered learning state",
    "Nov 18 00:00:01 gpu-017 kubelet[1873]: I1118 13:25:27.585196    1873 prober.go:107] probed",
    'Nov 18 00:00:01 gpu-017 containerd[1]: time="2025-11-18T00:00:01Z" level=info msg="pulled"',
    'Nov 18 00:00:01 gpu-017 exporter[2]: level=debug msg="a \\"b\\"" gpu=3 temp=61C pid=9',
    "Nov 18 00:00:01.250001 gpu-017 sshd[70876]: Accepted publickey for deploy from 10.7.38.172",
    "2025-11-18T00:00:02.120446+01:00 gpu-017 sshd[70877]: Connection closed by 10.7.38.172",
    "2025-11-18T00:00:02.120446123Z stdout F step 12 of 90 is done",
    "2025-11-18T00:00:03.120446123Z stderr F I1118 13:25:27.585196    1873 prober.go:107] probed",
    "[11305.385795] cni0: port 23(veth5) entered learning state",
    "I1118 13:25:28.585196    1873 prober.go:107] probed again",
    "Nov 18 00:00:01 gpu-017 app[9]: segfault at 0 ip 0",
    "Nov 18 00:00:01 gpu-017 app[9]: caf\u00e9 \u201cquoted\u201d &lt;b&gt; #011tab",
    "",
    "   a line that continues",
    "a bare line",
)


def lines(count: int, seed: int) -> Iterator[str]:
    """Lines of all forms that wrappers know, and of some that they do not, in runs."""
    chance = random.Random(seed)
    known = [sample.text for wrapper in WRAPPERS for sample in wrapper.samples]
    known += [text for wrapper in WRAPPERS for text in wrapper.misses]
    known = [text for text in known if not any(mark.decode() in text for mark in STRUCTURE)]
    made = 0
    while made < count:
        some = chance.choice((known, known, PLAIN, PLAIN, PLAIN, HITS, (SECRET,)))
        start = chance.randrange(len(some))
        run = some[start : start + chance.randrange(1, 9)] if chance.random() < 0.9 else some
        yield from run
        made += len(run)


class Counting(Filling):
    """Knows how many rows came by the column."""

    count = 0

    def plain(self, records: PlainRecords) -> None:
        self.count += len(records.lines)
        super().plain(records)


def rows(scan: Scan, path: Path, *, by_column: bool) -> list[tuple[object, ...]]:
    """All rows of a timeline."""
    with CaseWriter(path) as writer:
        filling = Counting(scan.answer.sources, scan.clock, scan.identities, writer)
        reader = SourceReader(
            Plan.of(load()), filling.event, everything=True,
            plain=filling.plain if by_column else None, whole_bytes=scan.options.whole_bytes,
        )  # fmt: skip
        for name in scan.paths:
            with open_bundle(name) as bundle:
                list(read_sources(bundle, reader, ""))
        writer.add_answer(scan.answer)
        assert (filling.count > 0) == by_column
    with open_case(path) as case:
        return case.rows(ROWS)


def both(log: Path, folder: Path, options: Options | None = None) -> tuple[object, object]:
    scan = scan_paths([log], options)
    by_column = rows(scan, folder / "column.triage", by_column=True)
    return by_column, rows(scan, folder / "row.triage", by_column=False)


@pytest.mark.parametrize("whole_bytes", [0, 1 << 30])
@pytest.mark.parametrize("seed", range(3))
def test_rows_by_column_are_the_rows_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, whole_bytes: int
) -> None:
    monkeypatch.setattr("triage.ingest.reader.BLOCK_BYTES", 1 << 17)
    log = tmp_path / "syslog"
    log.write_text("\n".join(lines(6000, seed)) + "\n", encoding="utf-8", errors="replace")

    by_column, one_by_one = both(log, tmp_path, Options(whole_bytes=whole_bytes))

    assert by_column == one_by_one


@pytest.mark.parametrize("name", ["healthy", "gpu-innocent", "panic-node", "healthy-forms"])
@pytest.mark.parametrize("whole_bytes", [0, 1 << 30])
def test_the_samples_give_the_same_rows(tmp_path: Path, name: str, whole_bytes: int) -> None:
    by_column, one_by_one = both(SAMPLES / name, tmp_path, Options(whole_bytes=whole_bytes))

    assert by_column == one_by_one


def test_a_year_that_ends_turns_what_the_same_stamp_means(tmp_path: Path) -> None:
    days = ("Dec 31 23:59:59", "Jan  1 00:00:01", "Jul  4 10:00:00", "Dec 31 23:59:59")
    log = tmp_path / "syslog"
    dated = "2024-12-31T00:00:00Z the backup has begun"
    log.write_text("\n".join([dated, *(f"{day} n1 app[7]: step" for day in days * 3)]) + "\n")

    by_column, one_by_one = both(log, tmp_path)

    assert by_column == one_by_one


def test_a_secret_over_several_plain_lines_is_masked(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text("\n".join((PLAIN[0], *KEY, SECRET, PLAIN[0])) + "\n")

    by_column, _ = both(log, tmp_path)

    assert "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7" not in str(by_column)
    assert "hunter2hunter2" not in str(by_column)


def test_a_record_goes_on_over_the_edge_of_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.ingest.reader.BLOCK_BYTES", 1 << 16)
    log = tmp_path / "syslog"
    record = "Nov 18 00:00:01 gpu-017 app[{}]: a dump of\n    all {} of them\n"
    records = (record.format(number, "x" * number) for number in range(1, 900))
    log.write_text(f"{PLAIN[0]}\n{''.join(records)}{PLAIN[0]}\n")

    by_column, one_by_one = both(log, tmp_path, Options(whole_bytes=0))

    assert by_column == one_by_one


def test_a_kernel_that_dates_itself_is_believed_over_its_stamps(tmp_path: Path) -> None:
    log = tmp_path / "kern.log"
    audit = "Nov 18 00:00:01 n1 kernel: [   11.385] audit: type=1400 audit(1763424001.385:24): x\n"
    late = "Nov 18 00:01:00 n1 kernel: [   {}.500000] cni0: port {} entered learning state\n"
    log.write_text(audit + "".join(late.format(number, number) for number in range(12, 20)) * 90)

    by_column, one_by_one = both(log, tmp_path)

    assert by_column == one_by_one
    assert "anchored" in str(by_column)


def test_a_process_is_known_by_its_number_where_another_line_names_its_rank(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    ranks = [
        f"hgx-12:{4000 + rank}:4391 [{rank}] NCCL INFO comm 0x55d1c2e0 rank {rank} nranks 4 "
        f"cudaDev {rank} nvmlDev {rank} busId {rank}b000 commId 0x7 - Init COMPLETE"
        for rank in range(4)
    ]
    steps = (f"Nov 18 00:00:01 hgx-12 train[{4000 + at % 6}]: step {at}" for at in range(900))
    log.write_text("\n".join((*ranks, *steps)) + "\n")

    by_column, one_by_one = both(log, tmp_path)

    assert by_column == one_by_one
    assert str(by_column).count('"rank":') > len(ranks)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_program_prints_without_a_wrapper_is_read_by_column(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    bare = [text for wrapper in WRAPPERS for text in wrapper.misses]
    bare = [text for text in bare if not any(mark.decode() in text for mark in STRUCTURE)]
    access = '10.0.0.7 - - [18/Nov/2025:00:00:01 +0000] "POST /v1/rank HTTP/1.1" 200 17'
    pairs = "level=info ts=2025-11-18T00:00:01Z caller=main.go:7 msg=probed"
    odd = (access, "", "  ", "x", "caf\u00e9 is ready", "&lt;b&gt;", pairs, *PLAIN[:3])
    text = [
        chance.choice(odd) if chance.random() < 0.05 else chance.choice(bare) for _ in range(6000)
    ]
    log = tmp_path / "train.out"
    log.write_text("\n".join(text) + "\n", encoding="utf-8", errors="replace")

    by_column, one_by_one = both(log, tmp_path)

    assert by_column == one_by_one
