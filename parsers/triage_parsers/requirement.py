"""One requirement line of pip, in full: PEP 508, URLs, version control, paths, options, hashes.

`read_requirement` says what a line asks for and how firmly: the `pin` is

- `exact` (`==1.2.3`, `===x`), `wildcard` (`==1.2.*`), `compatible` (`~=1.2`), `range` (any other
  specifier) or `none` (a bare name);
- `vcs_commit` (a commit of 12 or more hex digits), `vcs_branch` (a branch or a tag: both move) or
  `vcs_none` (whatever the default branch is today);
- `url` (an archive), `hash` (fixed by its content), `file` (a path on the machine that installed
  it, so without a version) or `editable` (`-e` of a path).

Beside the pin: `vcs_ref_kind` (`commit`, `short_commit`, `tag`, `branch`), `hashes` (how many) with
`hash_kind` (the strongest), `local_tag`, `prerelease`. Addresses never show credentials.

Sources: pip "Requirements File Format", PEP 440, 503, 508 and 610; output of pip freeze 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from triage.entities import package_name
from triage.events import Fields
from triage.patterns import compiled
from triage.secrets import mask

MAX_LENGTH = 4_000
"""Characters of a logical line that are looked at."""
MIN_COMMIT = 12
"""Hex digits from which on a reference is taken for a commit and not for a branch or tag."""

_COMMENT = compiled(r"(?:^|\s)#.*$")
_HASH = compiled(r"\s+--hash[= ](?P<kind>sha\d+|md5|blake2\w*):[0-9A-Fa-f]+")
_PER_REQUIREMENT = compiled(r"\s+--(?:config-settings?|global-option|install-option)[= ].*$")
_EDITABLE = compiled(r"^(?:-e|--editable)(?:=\s*|\s+|$)(?P<target>.*)$")
_DIRECT = compiled(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*@\s*"
    r"(?P<url>[^\s;]+)\s*(?:;\s*(?P<marker>.+))?$"
)
_VCS = compiled(r"^(?P<vcs>git|hg|svn|bzr)\+(?P<url>\S+)$")
_URL = compiled(r"^(?:https?|ftp|file)://\S+$")
_ARCHIVE = compiled(r"(?i)\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)(?:[#?].*)?$")
_PATH = compiled(r"^(?:\.{0,2}/|~/|\.$|[A-Za-z]:[\\/]|\\\\)\S*$")
_SPECIFIED = compiled(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?P<parens>\()?\s*(?P<spec>(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+"
    r"(?:\s*,\s*(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;()]+)*)\s*,?\s*\)?\s*"
    r"(?:;\s*(?P<marker>.+))?$"
)
_BARE = compiled(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:;\s*(?P<marker>.+))?$"
)
_EXACT = compiled(r"^===?\s*(?P<version>[^\s,]+)$")
_HEX = compiled(r"^[0-9a-f]+$")
_TAG = compiled(r"(?i)^(?:refs/tags/.+|(?:[\w-]+-v|v)?\d+(?:[._-]\w+)*)$")
_CONTENT_HASH = compiled(
    r"(?:^|[#&])(?P<kind>sha256|sha384|sha512|sha224|sha1|md5)[=:][0-9a-fA-F]{16,}"
)
_EGG = compiled(r"(?:^|[#&])egg=(?P<name>[A-Za-z0-9._-]+)")
_OPTION = compiled(
    r"^(?:(?P<option>--(?:requirement|constraint|index-url|extra-index-url|find-links|no-index|pre|"
    r"no-binary|only-binary|prefer-binary|require-hashes|trusted-host|use-feature|use-pep517|"
    r"no-use-pep517|no-deps|no-build-isolation))(?:[= ]\s*(?P<value>\S+))?"
    r"|(?P<short>-[rcif])(?:[= ]\s*|(?:[./]|\w+\.))(?P<rest>\S+))$"
)
LONG = {"-r": "--requirement", "-c": "--constraint", "-i": "--index-url", "-f": "--find-links"}
_CREDENTIALS = compiled(r"://[^/\s]+@")
_USER = compiled(r"^[a-z]{1,16}$")
_SCP_CREDENTIALS = compiled(r"^(?:git\+)?[^/@\s:]+:[^/@\s]+@")
_CONDA_TOKEN = compiled(r"/t/[^/\s]+/")
_STRENGTH = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
COMMIT_LENGTHS = (40, 64)
MIN_SHORT_COMMIT = 7


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one line asks for."""

    fields: Fields
    """`package`, `name_raw`, `version`, `specifier`, `pin` and what else the line says."""
    strong: bool
    """It cannot be prose: it has an operator, a URL or a version control address."""


def without_comment(text: str) -> str:
    """The line as pip reads it: a comment starts at the line's start or after a blank."""
    return _COMMENT.sub("", text).strip()


def whole_lines(text: str, most: int) -> str:
    """The text, or as many of its first lines as fit: half a requirement names another package."""
    return text if len(text) <= most else text[: most + 1].rpartition("\n")[0]


def masked(url: str) -> str:
    """The address without password or token; the bare user of `git@host` is no secret."""
    pieces: list[str] = []
    done = 0
    url = _SCP_CREDENTIALS.sub("***@", url)
    for found in _CREDENTIALS.finditer(url):
        credentials = (found.group() or "").removeprefix("://").removesuffix("@")
        pieces.append(url[done : found.start()])
        pieces.append("://***@" if _USER.match(credentials) is None else found.group() or "")
        done = found.end()
    return mask(_CONDA_TOKEN.sub("/t/***/", "".join([*pieces, url[done:]])))


def read_requirement(text: str) -> Wanted | None:
    """What a logical line (continuations joined) asks for, or None when it is no requirement."""
    text = text[:MAX_LENGTH]
    hashes = [found.group("kind") or "" for found in _HASH.finditer(f" {text}")]
    body = _PER_REQUIREMENT.sub("", _HASH.sub("", f" {text}"))
    body = without_comment(body).strip("\ufeff ").removesuffix("\\").strip()
    if not body:
        return None
    wanted = (
        _read_editable(body)
        or _read_vcs(body)
        or _read_direct(body)
        or _read_location(body)
        or _read_named(body)
    )
    if wanted is not None and hashes:
        wanted.fields["hashes"] = len(hashes)
        wanted.fields["hash_kind"] = strongest(hashes)
        if wanted.fields.get("pin") not in {"exact", "editable"}:
            wanted.fields["pin"] = "hash"
    return wanted


def read_option(text: str) -> Fields | None:
    """An option line (`-r other.txt`, `--extra-index-url …`) under its long name."""
    text = without_comment(text[:MAX_LENGTH])
    found = _OPTION.match(text) if text.startswith("-") else None
    if found is None:
        return None
    short = found.group("short")
    value = text.removeprefix(short).lstrip("= ") if short else (found.group("value") or "").strip()
    return {"option": LONG[short] if short else found.group("option"), "value": masked(value)}


def strongest(kinds: Sequence[str]) -> str:
    """Of several hash algorithms the one that an attacker would have to break."""
    return max(kinds, key=lambda kind: _STRENGTH.index(kind) if kind in _STRENGTH else -1)


def _read_editable(text: str) -> Wanted | None:
    found = _EDITABLE.match(text)
    target = (found.group("target") or "").strip(" \"'") if found is not None else ""
    if not target:
        return None
    wanted = _read_vcs(target) or _read_direct(target)
    if wanted is None:
        path, _, fragment = target.partition("#")
        path = masked(path)
        fields: Fields = {"name_raw": path, "path": path, "pin": "editable"}
        egg = _EGG.search(fragment)
        if egg is not None:
            fields["package"] = package_name(egg.group("name") or "")
        wanted = Wanted(fields, strong=True)
    wanted.fields["editable"] = True
    return wanted


def _read_vcs(text: str, name: str = "") -> Wanted | None:
    """`git+https://host/org/repo.git@ref#egg=name`, `git+ssh://…`, `git+git@host:org/repo`."""
    url, _, marker = text.partition(";")
    found = _VCS.match(url.strip())
    if found is None:
        return None
    address, _, fragment = (found.group("url") or "").partition("#")
    scheme, slashes, rest = address.rpartition("://")
    host, _, path = rest.partition("/")
    path, _, ref = path.partition("@")
    if "." not in host and scheme != "file" and ":" not in host:
        return None
    egg = _EGG.search(fragment)
    last = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    raw = name or (egg.group("name") if egg is not None else None) or unquote(last)
    fields: Fields = {
        "name_raw": raw,
        "package": package_name(raw),
        "url": masked(f"{found.group('vcs')}+{scheme}{slashes}{host}/{path}"),
        "vcs_ref": ref or None,
        "vcs_ref_kind": ref_kind(ref),
        "marker": marker.strip() or None,
        "pin": _vcs_pin(ref),
    }
    return Wanted(_present(fields), strong=True)


def _vcs_pin(ref: str) -> str:
    if not ref:
        return "vcs_none"
    is_commit = len(ref) >= MIN_COMMIT and _HEX.match(ref) is not None
    return "vcs_commit" if is_commit else "vcs_branch"


def ref_kind(ref: str) -> str | None:
    """What a reference looks like: all but a commit can be moved to other code."""
    if not ref:
        return None
    is_hex = _HEX.match(ref) is not None
    if is_hex and len(ref) in COMMIT_LENGTHS:
        return "commit"
    if is_hex and len(ref) >= MIN_SHORT_COMMIT and not ref.isdecimal():
        return "short_commit"
    return "tag" if _TAG.match(ref) is not None else "branch"


def _read_direct(text: str) -> Wanted | None:
    """`name[extras] @ url ; marker`."""
    found = _DIRECT.match(text)
    if found is None:
        return None
    name, url = found.group("name") or "", found.group("url") or ""
    marker = (found.group("marker") or "").strip()
    if _VCS.match(url) is not None:
        wanted = _read_vcs(url, name)
    elif _URL.match(url) is not None or _PATH.match(url) is not None:
        here: Fields = {**_location(url), "name_raw": name, "package": package_name(name)}
        wanted = Wanted(here, strong=True)
    else:
        return None
    if wanted is not None:
        extra: Fields = {"extras": _extras(found.group("extras")), "marker": marker or None}
        wanted.fields.update(_present(extra))
    return wanted


def _read_location(text: str) -> Wanted | None:
    """A URL or path of an archive alone; other URLs are links in prose."""
    url, _, marker = text.partition(";")
    url = url.strip()
    is_archive = _ARCHIVE.search(url) is not None and " " not in url
    if not is_archive and _PATH.match(url) is None:
        return None
    if "://" in url and _URL.match(url) is None:
        return None
    fields = {**_location(url), **_present({"marker": marker.strip() or None})}
    fields.setdefault("name_raw", url.rpartition("/")[2] or url)
    return Wanted(fields, strong=is_archive)


def _location(url: str) -> Fields:
    """Pin, address, and what the file name of an archive tells."""
    is_file = url.startswith("file:") or "://" not in url
    hashed = _CONTENT_HASH.search(url)
    fields: Fields = {"pin": "hash" if hashed is not None else "file" if is_file else "url"}
    if hashed is not None:
        fields["hash_kind"] = hashed.group("kind")
    fields["path" if "://" not in url else "url"] = masked(url.partition("#")[0])
    archive = _archive(unquote(url.partition("#")[0].partition("?")[0]).rpartition("/")[2])
    if archive is not None:
        raw, version = archive
        fields.update({"name_raw": raw, "package": package_name(raw)})
        fields.update(versioned(version))
    return fields


def _archive(filename: str) -> tuple[str, str] | None:
    """Name and version of a wheel or sdist by its file name."""
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return None
    return str(name), str(version)


def _read_named(text: str) -> Wanted | None:
    found = _SPECIFIED.match(text) or _BARE.match(text)
    if found is None:
        return None
    groups = found.groupdict()
    name = groups["name"] or ""
    specifier = (groups.get("spec") or "").strip()
    marker = (groups.get("marker") or "").strip()
    fields: Fields = {
        "name_raw": name,
        "package": package_name(name),
        "specifier": specifier or None,
        "extras": _extras(groups.get("extras")),
        "marker": marker or None,
        **_pin(specifier),
    }
    try:
        Requirement(text)
    except InvalidRequirement:
        # pip freeze prints versions of distributions' own packages as they are (1.1build1).
        if marker or fields["pin"] != "exact":
            return None
    except RecursionError:  # a marker of thousands of nested brackets
        return None
    return Wanted(_present(fields), strong=bool(specifier))


def _pin(specifier: str) -> Fields:
    """How firmly a specifier set holds a version."""
    parts = [part.strip() for part in specifier.split(",") if part.strip()]
    for part in parts:
        exact = _EXACT.match(part)
        if exact is not None:
            version = exact.group("version") or ""
            if version.endswith(".*"):
                return {"pin": "wildcard"}
            return {"pin": "exact", **versioned(version)}
    if any(part.startswith("~=") for part in parts):
        return {"pin": "compatible"}
    return {"pin": "range" if parts else "none"}


def versioned(version: str) -> Fields:
    """`version` as written, `local_tag` behind its plus (`cu121`), `prerelease` where it is one."""
    public, _, local = version.partition("+")
    fields: Fields = {"version": version}
    if local:
        fields["local_tag"] = local
    if any(character.isalpha() for character in public.removeprefix("v")) and _is_early(public):
        fields["prerelease"] = True
    return fields


def _is_early(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _extras(text: str | None) -> str | None:
    names = [package_name(part) for part in (text or "").split(",") if part.strip()]
    return ",".join(names) or None


def _present(fields: Fields) -> Fields:
    return {key: value for key, value in fields.items() if value is not None}
