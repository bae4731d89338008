"""Times a report of a large log beside the full timeline of the same log, and weighs the page.

    python -m benchmarks.report                        a log of 100 MB
    python -m benchmarks.report --size 1G --keep /var/tmp/logs

What must hold: the report takes less than 1.5 times as long as the timeline, and the page of HTML
stays under 2 MB. Exit status 1 where one does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.__main__ import size_of
from benchmarks.groups import Work
from benchmarks.measure import TRIAGE, Command, measure
from benchmarks.table import machine, markdown, rows_of

TIMELINE, REPORT = "triage scan --case", "triage report, HTML"
MOST_TIMES = 1.5
MOST_BYTES = 2_000_000


def commands(work: Work, size: int) -> list[Command]:
    """The timeline of the log in a case file, a report of the log, and one of the case."""
    log = work.log(size)
    case, page = work.case(log), log.with_name(f"{log.name}.html")
    of_case = log.with_name(f"{log.name}.case.html")
    write = (TRIAGE, "report", "-q", "--format", "html", "-o")
    return [
        Command(
            TIMELINE, (TRIAGE, "scan", "-q", "--case", str(case), str(log)), (), size, writes=case
        ),
        Command(REPORT, (*write, str(page), str(log)), (TIMELINE,), size, writes=page),
        Command("the same of the case", (*write, str(of_case), str(case)), (TIMELINE,)),
    ]


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=size_of, default=10**8, help="such as 100M (default) or 1G")
    parser.add_argument("--runs", type=int, default=1, help="behind one to warm up")
    parser.add_argument("--keep", type=Path, help="a folder for log, case and page; else removed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = commands(Work(folder, [arguments.size]), arguments.size)
        found = measure(chosen, arguments.runs)
        sys.stdout.write(markdown(rows_of(f"{arguments.size / 1e6:,.0f} MB", chosen, found)))
        page = chosen[1].writes
        weight = page.stat().st_size if page is not None else 0
    times = found[REPORT].wall / found[TIMELINE].wall
    sys.stdout.write(
        f"report {times:.2f} × timeline (at most {MOST_TIMES}), page {weight / 1e6:.3f} MB "
        f"(at most {MOST_BYTES / 1e6:.0f}); {machine()}\n"
    )
    sys.exit(times >= MOST_TIMES or weight >= MOST_BYTES or bool(found[REPORT].failed))


if __name__ == "__main__":
    main()
