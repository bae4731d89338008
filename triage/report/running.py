"""From the call to the page: opens or scans, builds, redacts, writes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from triage.case import Case
from triage.errors import UsageError
from triage.redact import Known, Level, Pseudonyms, Redactor, pseudonyms_path
from triage.report.building import build, words_of
from triage.report.model import Report
from triage.report.pages import FORMATS, TEMPLATES, page
from triage.scanner import Options, Scan, fill_timeline, scan_paths
from triage.timeline import is_case

if TYPE_CHECKING:
    from triage.ingest.reader import Progress
    from triage.timeline.writer import CaseWriter

SUFFIXES = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json"}


@dataclass(frozen=True, slots=True)
class Made:
    """A report, and whether all of the bundle could be read."""

    report: Report
    unread: bool


def chosen(fmt: str | None, template: str | None, output: Path | None) -> tuple[str, str]:
    """Format and template of a call. Raises `UsageError` where they do not fit."""
    by_name = SUFFIXES.get(output.suffix.lower()) if output is not None else None
    of_template = None
    if template is not None and template not in TEMPLATES:
        names = [part for part in Path(template).suffixes if part in SUFFIXES]
        of_template = SUFFIXES[names[0]] if names else None
    made = fmt or by_name or of_template or FORMATS[0]
    if made == "json" and template is not None:
        raise UsageError("--format json is the whole model; templates are for md and html")
    return made, template or TEMPLATES[0]


def check_output(output: Path | None, paths: Sequence[str]) -> None:
    """Raise `UsageError` where the report would be written into what it is about."""
    if output is None:
        return
    target = Path(os.path.realpath(output))
    for path in paths:
        given = Path(os.path.realpath(path))
        if target == given or given in target.parents:
            raise UsageError(
                f"{output} lies in {path}, and a bundle is never changed: write it elsewhere"
            )
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError(f"{output} cannot be written: it is a folder, or its folder is missing")


def made(
    paths: Sequence[str],
    options: Options,
    level: Level,
    progress: Progress | None = None,
) -> Made:
    """The report of bundles, or of one case with what people said of it."""
    scan = scan_paths(paths, replace(options, for_timeline=True), progress)
    if any(is_case(path) for path in paths):
        of_case = Path(paths[0])
        with Case.open(of_case) as case:
            report = build(case, words_of(of_case))
            return Made(redacted(report, case, level, of_case), scan.unread)
    with Case(scan.answer, partial(_fill, scan, progress)) as case:
        return Made(redacted(build(case), case, level, None), scan.unread)


def _fill(scan: Scan, progress: Progress | None, writer: CaseWriter) -> None:
    fill_timeline(scan, writer, progress)


def redacted(report: Report, case: Case, level: Level, path: Path | None) -> Report:
    """What may be shown at this level, with a footer that says what was done."""
    where = pseudonyms_path(path) if path is not None and level == "share" else None
    pseudonyms = Pseudonyms.load(where) if where is not None else Pseudonyms()
    known = Known.of_case(case.sql) if level == "share" else Known.of_answer(case.answer)
    redactor = Redactor(level, known, pseudonyms)
    shown = msgspec.convert(redactor.document(msgspec.to_builtins(report)), Report)
    if where is not None:
        pseudonyms.save(where)
    return msgspec.structs.replace(shown, redaction=redactor.footer())


def write(report: Report, fmt: str, template: str, output: Path | None) -> None:
    """To a file, whole or not at all, or to standard output."""
    data = page(report, fmt, template).encode("utf-8")
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        with tempfile.NamedTemporaryFile(
            dir=output.parent, prefix=".triage-", delete=False
        ) as file:
            partial_name = Path(file.name)
            try:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                partial_name.replace(output)
            except BaseException:
                partial_name.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
