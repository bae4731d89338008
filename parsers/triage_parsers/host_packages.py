"""Packages of the operating system: `dpkg -l`, `apt list --installed`, `rpm -qa`.

- `dpkg -l`: rows `ii  name:arch  version  arch  description` below five lines of head; the first
  letter is what is wanted, the second what is: `rc` is removed and left its settings, so it is not
  installed; `iF`, `iU`, `it` are half installed (`state` is `broken`);
- `dpkg-query -W`: `name<TAB>version`, told by its prompt only;
- `apt list --installed`: `name/suite,now version arch [installed]`;
- `rpm -qa`: `name-version-release.arch`, split from the right.

Gives a `host.packages` a list (`manager`, `packages`, `removed`) and a `host.package` a row with
`package`, `version`, `arch`, `state` (`installed|removed|broken`) and `manager`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

_DPKG = compiled(
    r"^[\s>]*(?P<want>[uirph])(?P<is>[ncHUFWti])(?P<error>R?)\s+(?P<name>[a-z0-9][a-z0-9+.-]*)"
    r"(?::(?P<arch>[a-z0-9-]+))?\s+(?P<version>\d\S*)(?:\s+(?P<arch2>all|[a-z0-9]+(?:-[a-z0-9]+)?)"
    r"(?:\s+.*)?)?$"
)
_DPKG_HEAD = compiled(r"^[\s>]*(?:Desired=Unknown|\| Status=|\|/ Err|\|\|/ Name|\+\+\+-)")
_APT = compiled(
    r"^[\s>]*(?P<name>[a-z0-9][a-z0-9+.-]*)/(?P<suite>\S+) (?P<version>\d\S*) (?P<arch>[a-z0-9]+)"
    r"(?: \[(?P<state>[^\]]*)\])?\s*$"
)
_RPM = compiled(
    r"^[\s>]*(?P<name>[A-Za-z0-9][\w.+-]*)-(?P<version>[^-\s]*\d[^-\s]*)-(?P<release>[^-\s]+?)"
    r"\.(?P<arch>x86_64|noarch|aarch64|i686|ppc64le|s390x)\s*$"
)
_QUERY = compiled(
    r"^(?P<name>[a-z0-9][a-z0-9+.-]*)(?::(?P<arch>[a-z0-9]+))?\t(?P<version>\d\S*)\s*$"
)
STATES = {"i": "installed", "c": "removed", "n": "removed"}
MIN_ROWS = 2
MAX_ROWS = 50_000
Row = Callable[[str], Fields | None]


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One list round each hit."""
    del context
    done = 0
    for hit in hits:
        if hit < done:
            continue
        for manager, row in READERS.items():
            start = _start(lines, hit, row, manager)
            while start is not None and start > done and row(lines[start - 1].body) is not None:
                start -= 1
            rows = _rows(lines, start, row) if start is not None else []
            if start is not None and len(rows) >= MIN_ROWS:
                done = rows[-1][0] + 1
                first = _head(lines, start) if manager == "dpkg" else rows[0][0]
                yield from _listing(lines, first, rows, manager)
                break


def _start(lines: Sequence[Line], hit: int, row: Row, manager: str) -> int | None:
    body = lines[hit].body
    if manager == "dpkg" and _DPKG_HEAD.match(body) is not None:
        below = range(hit + 1, min(len(lines), hit + 6))
        return next((i for i in below if row(lines[i].body) is not None), None)
    if row(body) is not None:
        return hit
    asks = any(command in body for command in COMMANDS[manager])
    return hit + 1 if asks and hit + 1 < len(lines) else None


def _head(lines: Sequence[Line], start: int) -> int:
    while start and _DPKG_HEAD.match(lines[start - 1].body) is not None:
        start -= 1
    return start


def _rows(lines: Sequence[Line], start: int, row: Row) -> list[tuple[int, Fields]]:
    rows: list[tuple[int, Fields]] = []
    for index in range(start, min(len(lines), start + MAX_ROWS)):
        fields = row(lines[index].body)
        if fields is None and lines[index].body.strip() == "Listing...":
            continue
        if fields is None:
            break
        rows.append((index, fields))
    return rows


def _listing(
    lines: Sequence[Line], first: int, rows: Sequence[tuple[int, Fields]], manager: str
) -> Iterator[Event]:
    installed = sum(fields["state"] != "removed" for _, fields in rows)
    told: Fields = {"manager": manager, "packages": installed, "removed": len(rows) - installed}
    yield make_event("host.packages", lines[first : rows[-1][0] + 1], told)
    for index, fields in rows:
        yield make_event("host.package", [lines[index]], {**fields, "manager": manager})


def _dpkg(body: str) -> Fields | None:
    found = _DPKG.match(body)
    if found is None:
        return None
    state = STATES.get(found.group("is") or "", "broken")
    return {
        "package": found.group("name"),
        "version": found.group("version"),
        "arch": found.group("arch") or found.group("arch2"),
        "state": "broken" if found.group("error") else state,
        "held": True if found.group("want") == "h" else None,
    }


def _query(body: str) -> Fields | None:
    found = _QUERY.match(body)
    return None if found is None else {**_plain(found.groupdict()), "state": "installed"}


def _apt(body: str) -> Fields | None:
    found = _APT.match(body)
    if found is None or not (found.group("state") or "").startswith(("installed", "upgradable")):
        return None
    return {**_plain(found.groupdict()), "state": "installed"}


def _rpm(body: str) -> Fields | None:
    found = _RPM.match(body)
    if found is None:
        return None
    groups = found.groupdict()
    version = f"{groups['version']}-{groups['release']}"
    return {**_plain(groups), "version": version, "state": "installed"}


def _plain(groups: dict[str, str | None]) -> Fields:
    return {"package": groups["name"], "version": groups["version"], "arch": groups.get("arch")}


READERS: dict[str, Row] = {"dpkg": _dpkg, "apt": _apt, "rpm": _rpm, "dpkg-query": _query}
COMMANDS = {
    "dpkg": ("dpkg -l", "dpkg --list"),
    "apt": ("apt list", "Listing..."),
    "rpm": ("rpm -qa",),
    "dpkg-query": ("dpkg-query -W",),
}

SAMPLES = (
    Sample(
        "Desired=Unknown/Install/Remove/Purge/Hold\n"
        "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
        "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
        "||/ Name                Version            Architecture Description\n"
        "+++-===================-==================-============-===============\n"
        "ii  libnccl2            2.18.3-1+cuda12.2  amd64        NVIDIA NCCL runtime\n"
        "rc  nvidia-docker2      2.12.0-1           all          nvidia-docker CLI wrapper\n"
        "hi  linux-image-generic 5.15.0.91.88       amd64        Generic Linux kernel image\n",
        kind="host.packages",
        fields={"manager": "dpkg", "packages": 2, "removed": 1},
        count=4,
    ),
    Sample(
        "$ apt list --installed\nListing...\nlibc6/jammy,now 2.35-0ubuntu3.5 amd64 [installed]\n"
        "zlib1g/jammy,now 1:1.2.11.dfsg-2 amd64 [installed,automatic]\n",
        kind="host.packages",
        fields={"manager": "apt", "packages": 2},
        count=3,
    ),
    Sample(
        "$ rpm -qa | grep -i nvidia\nnvidia-driver-535.129.03-1.el8.x86_64\n"
        "libnvidia-container1-1.14.3-1.x86_64\n",
        kind="host.packages",
        fields={"manager": "rpm", "packages": 2},
        count=3,
    ),
    Sample("ii  is how dpkg marks what is installed", kind=None),
    Sample("$ rpm -qa | grep nvidia\n$ echo done", kind=None),
    Sample("Desired=Unknown/Install/Remove/Purge/Hold\nand then nothing", kind=None),
)

PARSER = Parser(
    name="host_packages",
    family="document",
    literals=(
        "Desired=Unknown/Install", "dpkg -l", "dpkg --list", "dpkg-query -W", "apt list",
        "rpm -qa", ",now ", "ii  lib", "ii  nvidia", "ii  cuda", ".x86_64", "ii  linux",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("host.packages", "host.package"),
    before=8,
    after=600,
)  # fmt: skip
