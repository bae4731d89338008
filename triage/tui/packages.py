"""Python environments side by side: which version of a package each has, and how it is pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.answer import Answer, Finding
from triage.timeline.query import OpenCase
from triage.tui.grid import Cell, Tone, cell
from triage.tui.inventory import Inventory, Row, Table, rows_of, shaped

COLUMNS = (
    "ts", "loc", "env", "path", "name", "version", "specifier", "pin", "url", "vcs_ref", "marker",
)  # fmt: skip
PINS: Mapping[str, tuple[str, Tone]] = {
    "exact": ("", ""),
    "hash": ("", ""),
    "vcs_commit": ("", ""),
    "vcs_branch": ("CAN MOVE", "bad"),
    "vcs_none": ("NO COMMIT", "bad"),
    "url": ("url", "warn"),
    "file": ("file", "warn"),
    "editable": ("editable", "warn"),
    "none": ("NO PIN", "bad"),
    "range": ("range", "warn"),
    "compatible": ("range", "warn"),
    "wildcard": ("range", "warn"),
}
"""What to say of a pin, and how bad it is that an installation may differ tomorrow."""
REVISION = 12
"""Characters of a commit that are shown; the table below has all of it."""
NOTHING = "no list of packages is in the bundle: pip freeze, conda list or a lock file would be one"


def packages(case: OpenCase, answer: Answer) -> Inventory:
    """A row a package, a column an environment. Raises `CaseError`."""
    rows = rows_of(case, "packages", COLUMNS)
    names = _labels(rows)
    by_package: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_package.setdefault(str(row["name"]), {}).setdefault(names[_key(row)], row)
    about = _findings(answer)
    ordered = sorted(
        by_package, key=lambda name: (name not in about, not _differs(by_package[name]), name)
    )
    labels = list(dict.fromkeys(names.values()))
    above = [_line(name, by_package[name], labels, about.get(name, ())) for name in ordered]
    skewed = sum(_differs(found) for found in by_package.values())
    said = f"{len(by_package):,} packages in {len(labels)} environment{'s' * (len(labels) != 1)}"
    return Inventory(
        f"{said}, {skewed} differ" if len(labels) > 1 else said,
        shaped(["package", "", *labels, "findings"], above),
        [_below(name, by_package[name], about.get(name, ())) for name in ordered],
        finding=[about[name][0].rank if name in about else None for name in ordered],
        empty=NOTHING,
    )


def _key(row: Row) -> tuple[str, str]:
    return str(row["env"]), str(row["path"])


def _labels(rows: Sequence[Row]) -> dict[tuple[str, str], str]:
    """The name of an environment, with its file where two share one."""
    keys = list(dict.fromkeys(map(_key, rows)))
    names = [env for env, _ in keys]
    return {(env, path): env if names.count(env) == 1 else f"{env} ({path})" for env, path in keys}


def _findings(answer: Answer) -> dict[str, list[Finding]]:
    """What was found about a package, the best first."""
    about: dict[str, list[Finding]] = {}
    for finding in answer.findings:
        for name in finding.entities.get("package", []):
            about.setdefault(str(name), []).append(finding)
    return about


def _told(row: Row) -> str:
    """The version, or where it comes from."""
    if row["version"] or row["specifier"]:
        return str(row["version"] or row["specifier"])
    if row["vcs_ref"]:
        return f"git {str(row['vcs_ref'])[:REVISION]}"
    return "git" if str(row["pin"]).startswith("vcs") else str(row["url"] or "")


def _differs(found: Mapping[str, Row]) -> bool:
    """Whether two environments have it in different versions; ranges have none."""
    exact = {str(row["version"] or row["vcs_ref"]) for row in found.values()}
    return len(exact - {"None"}) > 1


def _line(
    name: str, found: Mapping[str, Row], labels: Sequence[str], findings: Sequence[Finding]
) -> list[Cell]:
    differs = _differs(found)
    cells = [cell(name, "bad" if findings else ""), cell("!=" if differs else "", "warn")]
    for label in labels:
        row = found.get(label)
        if row is None:
            cells.append(cell("-" if len(labels) > 1 else "", "dim"))
            continue
        pin, tone = PINS.get(str(row["pin"]), (str(row["pin"]), ""))
        cells.append(cell(f"{_told(row)} {pin}".strip(), tone or ("warn" if differs else "")))
    cells.append(cell("; ".join(f"{one.rank}. {one.title}" for one in findings), "bad"))
    return cells


def _below(name: str, found: Mapping[str, Row], findings: Sequence[Finding]) -> tuple[str, Table]:
    names = ["environment", "version", "wanted", "pin", "from", "revision", "when", "where"]
    keys = ("version", "specifier", "pin", "url", "vcs_ref", "marker", "loc")
    rows = [[cell(label), *(cell(row[key]) for key in keys)] for label, row in found.items()]
    told = "; ".join(f"{one.title} [{one.id}]" for one in findings)
    return f"{name}{f': {told}' if told else ''}", shaped(names, rows)
