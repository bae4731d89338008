"""What one list of packages says twice: `env.duplicate`.

Only lists that people or pip write as requirements count (`freeze`, `requirements`): a conda list
or collect_env names a package once for conda and once for pip by rights. A requirement with a
marker is for another platform. Two distributions of one import package (opencv-python and
opencv-python-headless) are a duplicate in any list: they overwrite each other's files. Fields:
`package`, `env`, `version`, `other_version`, `differs` (the two entries do not ask for the same),
`other_package` (where it has another name), `other_source`, `other_line`; the event stands at the
later entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from triage.events import Event, Fields

FORMS = frozenset({"freeze", "requirements"})
VARIANTS = (
    ("opencv-python", "opencv-python-headless", "opencv-contrib-python",
     "opencv-contrib-python-headless"),
    ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "intel-tensorflow", "tf-nightly"),
    ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml"),
    ("psycopg2", "psycopg2-binary"),
    ("pillow", "pillow-simd", "pil"),
    ("faiss-cpu", "faiss-gpu"),
    ("triton", "pytorch-triton"),
    ("pycrypto", "pycryptodome"),
)  # fmt: skip
"""Distributions that install the same import package."""
IMPORT_OF = {name: names[0] for names in VARIANTS for name in names}
ASKED = ("version", "specifier", "url", "vcs_ref", "path")
"""Fields that say what is asked for."""


def derive(events: Sequence[Event]) -> Iterator[Event]:
    """One event for each entry that repeats an earlier one of the same list."""
    first: dict[tuple[str, str, str], Event] = {}
    variants: dict[tuple[str, str, str], Event] = {}
    for event in events:
        fields = event.fields
        package = fields.get("package")
        if event.kind != "env.package" or not isinstance(package, str):
            continue
        if fields.get("marker") is not None:
            continue
        place = (event.source, str(fields.get("env", "")))
        before = first.setdefault((*place, package), event)
        if before is not event and fields.get("form") in FORMS:
            yield _duplicate(before, event)
        if before is event and package in IMPORT_OF:
            variant = variants.setdefault((*place, IMPORT_OF[package]), event)
            if variant is not event:
                yield _duplicate(variant, event)


def _duplicate(before: Event, event: Event) -> Event:
    is_other = event.fields["package"] != before.fields["package"]
    fields: Fields = {
        "package": event.fields["package"],
        "other_package": before.fields["package"] if is_other else None,
        "env": event.fields.get("env"),
        "version": event.fields.get("version"),
        "other_version": before.fields.get("version"),
        "differs": is_other
        or any(event.fields.get(name) != before.fields.get(name) for name in ASKED),
        "other_source": before.source,
        "other_line": before.line,
    }
    present: Fields = {name: value for name, value in fields.items() if value is not None}
    return replace(event, kind="env.duplicate", fields=present, family="python_env")
