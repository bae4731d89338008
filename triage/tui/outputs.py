"""Reports and exports from inside: the same commands as outside, run beside the screens."""

from __future__ import annotations

import subprocess
from pathlib import Path

from triage.answer import Answer
from triage.own_process import own_command

ENDINGS = {
    ".parquet": "parquet",
    ".jsonl": "timesketch",
    ".csv": "timesketch",
    ".otlp": "otlp",
    ".pftrace": "perfetto",
}
"""What a file's name says of the form of an export."""
REPORTS = ".md, .html or .json"


def name_of(answer: Answer) -> str:
    """What the files are called unless the responder says otherwise."""
    name = answer.bundles[0].name if answer.bundles else "incident"
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:60] or "incident"


def report_command(case: Path, target: Path) -> list[str]:
    """Writes the report of a case to the target."""
    return own_command("report", "-q", "-o", str(target), "--", str(case))


def export_command(case: Path, target: Path) -> list[str] | None:
    """Writes the timeline of a case to the target; none where its ending names no form."""
    form = ENDINGS.get(target.suffix.lower())
    if form is None:
        return None
    return own_command("export", "-q", "--format", form, "-o", str(target), "--", str(case))


def run(command: list[str]) -> str | None:
    """Run it to its end; what went wrong, in one line."""
    done = subprocess.run(  # noqa: S603 - our own interpreter, and names of files
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode in {0, 3}:
        return None
    lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
    return lines[-1].removeprefix("triage: ") or f"it ended with status {done.returncode}"
