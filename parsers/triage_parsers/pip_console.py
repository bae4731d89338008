"""What pip prints while it changes an environment, and what `pip check` finds wrong with one.

- `env.change`: `package` is now `version` (`Successfully installed numpy-2.0.2`), with `previous`
  where pip removed an older one first; `action` is `installed`, `upgraded`, `downgraded`,
  `reinstalled`, `removed`, `removing` (it broke off) or `would_install` (a dry run);
- `env.unmet`: `package` `version` `requires` something, and `other_package` has `other_version`, or
  is not installed (`missing`): the resolver's block after an installation, `pip check`, uv;
- `env.clash`: a row below `The conflict is caused by:`: who asks for what;
- `env.step`: `Collecting`, `Requirement already satisfied` (which tells version, path and Python),
  `Resolved … to commit …`, with the progress lines below it;
- `env.check`: all requirements are met.

Wording: pip 9 to 25, uv 0.4 to 0.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import InvalidVersion, Version

from triage.entities import package_name
from triage.events import Context, Event, Fields, Line, Parser, make_event
from triage.patterns import Match, compiled
from triage_parsers.pip_console_samples import SAMPLES
from triage_parsers.requirement import masked, read_requirement, ref_kind, versioned

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = r"v?\d[\w.+!-]*\w|\d"
_COLLECTING = compiled(r"^[\s>]*Collecting (?P<asked>\S.*?)(?: \(from (?P<by>.+)\))?\s*$")
_SATISFIED = compiled(
    r"^[\s>]*Requirement already (?:satisfied|up-to-date): (?P<asked>\S.*?) in (?P<path>\S.*?)"
    r"(?: \(from (?P<by>.+?)\))?(?: \((?P<version>\d[\w.+!-]*)\))?\s*$"
)
_RESOLVED = compiled(r"^[\s>]*Resolved (?P<url>\S+://\S+) to commit (?P<commit>[0-9a-f]{7,64})\s*$")
_INSTALLED = compiled(r"^[\s>]*(?P<word>Successfully installed|Would install) (?P<names>\S.*?)\s*$")
_FOUND = compiled(
    rf"^[\s>]*Found existing installation: (?P<name>{_NAME}) (?P<version>{_VERSION})\s*$"
)
_REMOVED = compiled(
    rf"^[\s>]*Successfully uninstalled (?P<name>{_NAME})-(?P<version>v?\d[\w.+!]*)\s*$"
)
_REMOVING = compiled(
    r"^[\s>]*(?:Attempting uninstall: |Found existing installation: |Uninstalling \S+:\s*$|"
    r"Would remove:|Would not remove|Proceed \([Yy]/n\)|Removing file or|(?:/|[A-Z]:\\)\S)"
)
_KEPT = compiled(r"^[\s>]*(?:Not uninstalling \S+ at |Can.t uninstall )")
_UNMET = compiled(
    rf"^[\s>]*(?:ERROR: |WARNING: )?(?P<package>{_NAME}) (?P<version>{_VERSION}) (?:"
    rf"(?:requires|has requirement) (?P<requires>[^\n]{{1,300}}?), but you(?:'ll| will)? have "
    rf"(?P<other>{_NAME}) (?P<found>{_VERSION})(?: which is incompatible)?\.?"
    rf"|requires (?P<missing>{_NAME})[^\n]{{0,200}}?, which is not installed\.?)\s*$"
)
_UNMET_UV = compiled(
    rf"^[\s>]*The package `(?P<package>{_NAME})` requires `(?P<requires>[^`]+)`, but "
    rf"(?:`(?P<found>[^`]+)` is installed|it's not installed)\s*$"
)
_CLASH = compiled(
    rf"^\s+(?:The user requested (?:\(constraint\) )?(?P<asked>\S.*?)"
    rf"|(?P<dependent>{_NAME}) (?P<version>{_VERSION}) depends on (?P<needs>\S.*?))\s*$"
)
_CHECKED = compiled(
    r"^[\s>]*(?:No broken requirements found\.|All installed packages are compatible)\s*$"
)
_PROGRESS = compiled(
    r"^[\s>]*(?:Downloading |Using cached |Preparing metadata|Installing (?:build|backend) dep|"
    r"Getting requirements to build|Cloning |Running command |Created wheel for |Stored in direc|"
    r"Building wheels? for |Added |Checking if |File was already |Obtaining dependency info|"
    r"Looking in |Processing |Saved |Installing collected packages: |Successfully built |"
    r"INFO: pip is looking at |[━╸╺ ]*━|\|?[█▏▎▍▌▋▊▉ ]{4,}\|? ?\d)"
)
_BAD = compiled(r"(?i)\berror\b|fail|timed out|traceback")
_PATH_PYTHON = compiled(r"[/\\]python(?P<python>\d\.\d+)[/\\](?:site|dist)-packages")
_UV_ROW = compiled(rf"^[\s>]*(?P<sign>[+~-]) (?P<name>{_NAME})==(?P<version>{_VERSION})(?: .*)?$")
_UV_HEAD = compiled(
    r"^[\s>]*(?P<word>Installed|Uninstalled|Would (?:install|uninstall)) \d+ packages? ?(?:in )?"
)
VCS_PINS = frozenset({"vcs_none", "vcs_branch", "vcs_commit"})
MAX_HEADS = 4
"""Lines above the one that names what is removed, or above the rows of uv."""
MAX_BLOCK = 200
"""Lines of one removal, one step with its progress, or one conflict block."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Each hit is the first line of something; blocks take the lines below it."""
    del context
    done = -1
    previous: dict[str, str] = {}
    for hit in hits:
        if hit <= done:
            continue
        events = _events(lines, hit, previous)
        if events:
            done = hit + max(e.line_end for e in events) - lines[hit].number
        yield from events


def _events(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    for read in (_installed, _removed, _unmet, _clashes, _checked, _uv, _stepped):
        events = read(lines, hit, previous)
        if events:
            return events
    return []


def _checked(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    del previous
    if _CHECKED.match(lines[hit].body) is None:
        return []
    return [make_event("env.check", [lines[hit]], {"unmet": 0})]


def _stepped(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """A step, and the progress lines below it."""
    del previous
    step = _step(lines[hit].body)
    if step is None:
        return []
    end = hit + 1
    while end < min(len(lines), hit + MAX_BLOCK) and _is_progress(lines[end].body):
        end += 1
    return [make_event("env.step", lines[hit:end], step)]


def _is_progress(body: str) -> bool:
    return _PROGRESS.match(body) is not None and _BAD.search(body) is None


def _step(body: str) -> Fields | None:
    """A line of progress that says something of one package."""
    satisfied = _SATISFIED.match(body)
    found = satisfied or _COLLECTING.match(body)
    if found is not None:
        wanted = read_requirement(found.group("asked") or "")
        if wanted is None or wanted.fields.get("pin") in VCS_PINS:
            return None
        fields: Fields = {**wanted.fields, "wanted_by": masked(found.group("by") or "") or None}
        fields["action"] = "satisfied" if satisfied is not None else "collecting"
        if satisfied is not None:
            path = found.group("path") or ""
            python = _PATH_PYTHON.search(path)
            fields.update({"path": path, "python": python.group("python") if python else None})
            fields.update(versioned(found.group("version") or "") if found.group("version") else {})
        return fields
    resolved = _RESOLVED.match(body)
    if resolved is None:
        return None
    url, commit = resolved.group("url") or "", resolved.group("commit") or ""
    raw = url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return {
        "action": "resolved",
        "package": package_name(raw),
        "name_raw": raw,
        "url": masked(url),
        "vcs_ref": commit,
        "vcs_ref_kind": ref_kind(commit),
    }


def _installed(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """One change a package; the name ends at the last hyphen."""
    line = lines[hit]
    found = _INSTALLED.match(line.body)
    if found is None:
        return []
    events: list[Event] = []
    is_dry = (found.group("word") or "").startswith("Would")
    for word in (found.group("names") or "").split():
        raw, _, version = word.rpartition("-")
        if not raw or not version[:1].isdigit():
            return []
        name = package_name(raw)
        before = previous.pop(name, None)
        action = "would_install" if is_dry else _action(before, version)
        events.append(
            _change(line, {"name_raw": raw, "previous": before, "action": action}, version)
        )
    return events


def _change(line: Line, fields: Fields, version: str) -> Event:
    own = {"package": package_name(str(fields["name_raw"])), **fields, **versioned(version)}
    return make_event("env.change", [line], own)


def _action(before: str | None, version: str) -> str:
    if before is None:
        return "installed"
    try:
        old, new = Version(before), Version(version)
    except InvalidVersion:
        return "reinstalled" if before == version else "upgraded"
    return "reinstalled" if old == new else "upgraded" if old < new else "downgraded"


def _removed(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """`Attempting uninstall`, `Found existing`, `Uninstalling`, files, `Successfully`."""
    name = version = ""
    action = "found"
    end = hit
    for index in range(hit, min(len(lines), hit + MAX_BLOCK)):
        body = lines[index].body
        found, removed = _FOUND.match(body), _REMOVED.match(body)
        kept = _KEPT.match(body) is not None
        is_next = (found is not None and name) or ("Attempting uninstall: " in body and index > hit)
        if is_next or (removed is None and not kept and _REMOVING.match(body) is None):
            break
        end = index
        if not name and index - hit > MAX_HEADS:
            break
        match = removed or found
        if match is not None:
            name, version = match.group("name") or "", match.group("version") or ""
        if removed is not None or kept:
            action = "kept" if kept else "removed"
            break
        if "Uninstalling " in body:
            action = "removing"
    if not name or (_REMOVING.match(lines[hit].body) is None and action != "removed"):
        return []
    previous[package_name(name)] = version
    fields: Fields = {"package": package_name(name), "name_raw": name, "action": action}
    return [make_event("env.change", lines[hit : end + 1], {**fields, **versioned(version)})]


def _unmet(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """One row of `pip check` or of the resolver's complaint."""
    del previous
    body = lines[hit].body
    found = _UNMET.match(body) or _UNMET_UV.match(body)
    if found is None:
        return []
    groups = found.groupdict()
    requires = groups.get("requires") or groups.get("missing") or ""
    wanted = read_requirement(requires)
    named = str(wanted.fields.get("name_raw", "")) if wanted is not None else ""
    fields: Fields = {
        "package": groups["package"],
        "version": groups.get("version"),
        "requires": masked(requires),
        "other_package": groups.get("other") or groups.get("missing") or named,
        "other_version": groups.get("found"),
        "missing": None if groups.get("found") else True,
    }
    return [make_event("env.unmet", [lines[hit]], fields)]


def _clashes(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """The rows that say who asks for what."""
    del previous
    events: list[Event] = []
    if "The conflict is caused by:" not in lines[hit].body:
        return events
    for index in range(hit + 1, min(len(lines), hit + MAX_BLOCK)):
        found = _CLASH.match(lines[index].body)
        if found is None:
            break
        asked = found.group("asked") or found.group("needs") or ""
        wanted = read_requirement(asked.replace(" and ", ","))
        raw = str(wanted.fields.get("name_raw", "")) if wanted is not None else ""
        fields: Fields = {
            "package": package_name(raw) or None,
            "requires": masked(asked),
            "dependent": found.group("dependent") or None,
            "dependent_version": found.group("version") or None,
            "by_user": True if found.group("asked") else None,
        }
        events.append(make_event("env.clash", [lines[index]], fields))
    return events


def _uv(lines: Sequence[Line], hit: int, previous: dict[str, str]) -> list[Event]:
    """The summary of uv, and below it what it removed (`-`) and installed (`+`)."""
    del previous
    if _UV_HEAD.match(lines[hit].body) is None:
        return []
    rows: list[tuple[int, Match]] = []
    is_dry = "Would" in lines[hit].body
    for index in range(hit + 1, min(len(lines), hit + 5 * MAX_BLOCK)):
        found = _UV_ROW.match(lines[index].body)
        is_head = not rows and index - hit < MAX_HEADS and _UV_HEAD.match(lines[index].body)
        if found is None and not is_head:
            break
        if found is not None:
            rows.append((index, found))
    old = {m.group("name"): m.group("version") or "" for _, m in rows if m.group("sign") == "-"}
    new = {m.group("name") for _, m in rows if m.group("sign") != "-"}
    events: list[Event] = []
    for index, found in rows:
        raw, version = found.group("name") or "", found.group("version") or ""
        before = None
        if found.group("sign") == "-":
            if raw in new:
                continue
            action = "would_remove" if is_dry else "removed"
        else:
            before = old.get(raw)
            action = "would_install" if is_dry else _action(before, version)
        fields: Fields = {"name_raw": raw, "previous": before, "action": action, "tool": "uv"}
        events.append(_change(lines[index], fields, version))
    return events


PARSER = Parser(
    name="pip_console",
    family="python_env",
    literals=(
        "Successfully installed ", "Successfully uninstalled ", "Found existing installation: ",
        "Attempting uninstall: ", "Would install ", "Would uninstall ",
        "but you have ", "have requirement ",
        "has requirement ", "which is not installed", "The package `", "Collecting ",
        "The conflict is caused by", "No broken requirements found", "Requirement already ",
        "All installed packages are compatible", "Resolved http", "Resolved ssh", " packages in ",
        "Installed 1 package in", "Uninstalled 1 package in",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.change", "env.unmet", "env.clash", "env.step", "env.check"),
    before=2,
    after=MAX_BLOCK,
)  # fmt: skip
