"""What the words of the command line mean: files, folders, and the machine's own logs."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from triage.bundle.source import describe
from triage.bundle.visible import visible
from triage.errors import UsageError
from triage.watch import journal
from triage.watch.feeds import Feed, Note, Streams
from triage.watch.folder import FolderFeed
from triage.watch.journal import JournalFeed
from triage.watch.kmsg import KMSG, KmsgFeed
from triage.watch.nvml import NvmlFeed
from triage.watch.rotated import is_turned
from triage.watch.standard_input import InputFeed
from triage.watch.state import State
from triage.watch.tail import FileFeed, written

WORDS = ("kmsg", "journal", "nvml")
"""The machine's own sources, unless a file of that name lies here."""


def feeds_of(
    paths: Sequence[str], streams: Streams, note: Note, known: State, *, from_start: bool
) -> list[Feed]:
    """One feed for each path; without any, those of the machine that there are.

    Raises `UsageError` when one that was asked for cannot be followed, or there is none.
    """
    words = dict.fromkeys(paths)
    machine = not words
    made: list[Feed] = []
    has_kmsg = False
    if machine or _means(words, "kmsg") or KMSG in words:
        try:
            made.append(KmsgFeed(streams, note, known=known.kmsg, from_start=from_start))
            has_kmsg = True
        except OSError as error:
            _refuse(f"{KMSG}: {describe(error)}", note, machine=machine)
    if machine or _means(words, "journal"):
        if journal.is_there():
            made.append(
                JournalFeed(
                    streams,
                    note,
                    known=known.journal,
                    from_start=from_start,
                    kernel=not has_kmsg,
                )
            )
        else:
            _refuse("journal: there is no journalctl on this machine", note, machine=machine)
    if machine or _means(words, "nvml"):
        made.append(NvmlFeed(streams, note))
    others = [word for word in words if word != KMSG and not _means(words, word)]
    made += [_feed(word, streams, note, known, from_start=from_start) for word in others]
    if all(isinstance(feed, NvmlFeed) for feed in made) and machine:
        raise UsageError("nothing to watch here; name log files or folders: triage watch /var/log")
    return made


def _means(words: dict[str, None], word: str) -> bool:
    return word in words and word in WORDS and not Path(word).exists()


def _refuse(why: str, note: Note, *, machine: bool) -> None:
    """What nobody asked for by name may be missing."""
    if not machine:
        raise UsageError(why)
    note(why)


def _feed(word: str, streams: Streams, note: Note, known: State, *, from_start: bool) -> Feed:
    if word == "-":
        return InputFeed(streams)
    path = Path(word)
    shown = visible(word, 300)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise UsageError(f"{shown}: there is no such folder to wait in") from None
        note(f"{shown}: not there yet; waiting for it")
        mode = stat.S_IFREG
    except OSError as error:
        raise UsageError(f"{shown}: {describe(error)}") from error
    if stat.S_ISDIR(mode):
        return FolderFeed(path, streams, note, known=known.files, from_start=from_start)
    if not stat.S_ISREG(mode):
        raise UsageError(f"{shown}: neither a file nor a folder; a pipe is read from - (stdin)")
    if is_turned(path.name) and path.suffix in (".gz", ".bz2", ".xz", ".zst", ".zip"):
        raise UsageError(f"{shown}: packed, it does not grow; `triage scan` reads it")
    file = known.files.get(written(path))
    return FileFeed(path, streams, note, known=file, from_start=from_start)
