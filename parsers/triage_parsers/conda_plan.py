"""What conda is about to do to an environment: the plan it prints before the transaction.

Sections `The following NEW packages will be INSTALLED:`, `… will be UPDATED:`, `… REMOVED:`,
`… DOWNGRADED:` and `… SUPERSEDED by a higher-priority channel:`, with rows such as
`numpy  conda-forge/linux-64::numpy-1.24.2-py310_0`, `numpy  1.23.5-py310_0 --> 1.24.2-py310_0`, or
in conda 4 `numpy: 1.23.5-py310_0 --> 1.24.2-py310_0`. Each row is an `env.change` with `tool`
`conda`, `version`, `previous`, `build`, `channel` and an `action` (`would_install`,
`would_upgrade`, `would_downgrade`, `would_remove`, `would_supersede`): a plan is no deed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled
from triage_parsers.requirement import masked, versioned

_HEAD = compiled(
    r"^[\s>]*The following (?:NEW )?packages will be "
    r"(?P<what>INSTALLED|UPDATED|DOWNGRADED|REMOVED|SUPERSEDED)\b.*:\s*$"
)
_CHANGE = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9_][\w.-]*):? +"
    r"(?:(?P<old_channel>[^\s:]+)::(?P<old_name>[\w.-]+?)-)?"
    r"(?P<old_version>\d[^-\s]*)(?:-(?P<old_build>\S+))? +--> +"
    r"(?:(?P<channel>[^\s:]+)::(?P<new_name>[\w.-]+?)-)?(?P<version>\d[^-\s]*)"
    r"(?:-(?P<build>\S+))?\s*$"
)
_NEW = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9_][\w.-]*):? +(?:(?P<channel>[^\s:]+)::(?P<new_name>[\w.-]+?)-)?"
    r"(?P<version>\d[^-\s]*)-(?P<build>\S+)(?: +(?P<last>[\w./-]+))?\s*$"
)
_GONE = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9_][\w.-]*?)(?:-|:? +)(?P<version>\d[^-\s]*)-(?P<build>[^-\s]+)"
    r"(?: +\S+)?\s*$"
)
ACTIONS = {
    "INSTALLED": "would_install",
    "UPDATED": "would_upgrade",
    "DOWNGRADED": "would_downgrade",
    "REMOVED": "would_remove",
    "SUPERSEDED": "would_supersede",
}
MAX_ROWS = 2_000


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The rows below each head, over one blank line."""
    del context
    for hit in hits:
        head = _HEAD.match(lines[hit].body)
        if head is None:
            continue
        action = ACTIONS[head.group("what") or ""]
        start = hit + 1
        if start < len(lines) and not lines[start].body.strip(" >"):
            start += 1
        for index in range(start, min(len(lines), start + MAX_ROWS)):
            fields = _row(lines[index].body, action)
            if fields is None:
                break
            yield make_event("env.change", [lines[index]], fields)


def _row(body: str, action: str) -> Fields | None:
    order = (_GONE,) if action == "would_remove" else (_CHANGE, _NEW)
    found = next((match for pattern in order if (match := pattern.match(body)) is not None), None)
    if found is None:
        return None
    groups = found.groupdict()
    channel = groups.get("channel")
    fields: Fields = {
        "tool": "conda",
        "package": package_name(groups["name"] or ""),
        "name_raw": groups["name"],
        "action": action,
        "previous": groups.get("old_version"),
        "build": groups.get("build"),
        "channel": masked(channel) if channel else None,
        **versioned(groups["version"] or ""),
    }
    return fields


SAMPLES = (
    Sample(
        "The following NEW packages will be INSTALLED:\n\n"
        "  blas               pkgs/main/linux-64::blas-1.0-mkl\n"
        "  intel-openmp       pkgs/main/linux-64::intel-openmp-2023.1.0-hdb19cb5_46305\n\n"
        "The following packages will be UPDATED:\n\n"
        "  numpy                               1.22.3-py39_0 --> 1.24.2-py39_0\n"
        "  openssl      pkgs/main::openssl-1.1.1t-h7f8727e_0 --> conda-forge::openssl-3.1.2-h0_0\n",
        kind="env.change",
        fields={"package": "blas", "version": "1.0", "action": "would_install"},
        count=4,
    ),
    Sample(
        "The following packages will be REMOVED:\n\n  pandas-1.5.3-py310h1128e8f_0\n"
        "  scikit-learn-1.2.1-py310_0\n",
        kind="env.change",
        fields={"package": "pandas", "version": "1.5.3", "action": "would_remove"},
        count=2,
    ),
    Sample(
        "The following packages will be DOWNGRADED:\n\n"
        "    numpy: 1.14.2-py36_1 --> 1.13.3-py36_0\n",
        kind="env.change",
        fields={"package": "numpy", "previous": "1.14.2", "version": "1.13.3"},
        count=1,
    ),
    Sample("The following packages will be INSTALLED:\n\nnone of them today", kind=None),
    Sample("packages will be REMOVED: old ones, by hand", kind=None),
    Sample("  numpy  1.22.3-py39_0 --> 1.24.2-py39_0", kind=None),
)

PARSER = Parser(
    name="conda_plan",
    family="python_env",
    literals=(
        "packages will be INSTALLED", "packages will be UPDATED", "packages will be DOWNGRADED",
        "packages will be REMOVED", "packages will be SUPERSEDED",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.change",),
    after=600,
)  # fmt: skip
