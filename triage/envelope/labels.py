"""Labels that a launcher puts in front of every line of a file.

`srun -l` writes the rank (`3: text`), stern pod and container (`train-0 app text`). One such line
could be anything, so the label is taken off only where all lines of a stretch bear one of a few.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from triage.envelope.headers import DAEMONS
from triage.envelope.model import LEVELS
from triage.envelope.peeling import peel, peel_within
from triage.events import Peeled

MIN_LINES = 4
_SOUGHT = 6
"""Lines at the start of a block that are looked at before all of them are."""
_HEAD_BYTES = 4096
_FOREIGN = ("srun: ", "slurmstepd: ", "salloc: ", "sbatch: ")
"""What the launcher says itself stands between."""
_MAX_CONTAINERS = 4

_RANK = re.compile(r" {0,4}(?P<rank>\d{1,5}):(?: |$)")
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_POD = re.compile(
    rf"(?P<pod>[a-z][a-z0-9-]{{0,200}}-(?:\d{{1,4}}|{_RANDOM}{{5}})) "
    r"(?P<container>[a-z][a-z0-9-]{1,62})(?: |$)"
)
_FORMS = (_RANK, _POD)
_NAMES = {_RANK: "srun_every", _POD: "stern_every"}
_SAID = DAEMONS | LEVELS.keys() | frozenset(
    (
        "kernel", "is", "are", "was", "has", "had", "will", "not", "and", "or", "to", "in", "on",
        "at", "started", "stopped", "failed", "exited", "died", "joined", "left", "ready",
        "running", "finished", "login",
    )
)  # fmt: skip
"""Second words that are no container's name."""


def may_be_labelled(data: bytes) -> bool:
    """A cheap look at the first lines of a block."""
    head = data[:_HEAD_BYTES]
    lines = [line for line in head.split(b"\n")[: 2 * _SOUGHT] if line.strip()][:_SOUGHT]
    if len(lines) < MIN_LINES:
        return False
    texts = [line.decode("utf-8", "replace") for line in lines]
    return any(_are_all(form, texts) for form in _FORMS)


def _are_all(form: re.Pattern[str], texts: Sequence[str]) -> bool:
    return all(form.match(text) or text.startswith(_FOREIGN) for text in texts)


def labelled(texts: Sequence[str]) -> Callable[[str], Peeled] | None:
    """How the lines of a stretch are to be peeled, if all of them bear a label."""
    said = [text for text in texts if text.strip() and not text.startswith(_FOREIGN)]
    if len(said) < MIN_LINES:
        return None
    for form in _FORMS:
        labels: Counter[str] = Counter()
        for text in said:
            found = form.match(text)
            if found is None:
                break
            labels[found[0].strip()] += 1
        else:
            if len(labels) * 2 <= len(said) and (form is _RANK or _name_containers(labels)):
                return partial(_peeled, form)
    return None


def _name_containers(labels: Counter[str]) -> bool:
    containers = {label.rpartition(" ")[2] for label in labels}
    return len(containers) <= _MAX_CONTAINERS and containers.isdisjoint(_SAID)


def _peeled(form: re.Pattern[str], text: str) -> Peeled:
    found = form.match(text)
    if found is None:
        return peel(text)
    record = Peeled("")
    for name, value in found.groupdict().items():
        record.fields[name] = int(value) if name == "rank" else value
    return peel_within(text[found.end() :], record, _NAMES[form])
