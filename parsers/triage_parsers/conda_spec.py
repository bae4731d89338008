"""One conda specification: `name`, `name=1.2`, `name=1.2=build`, `channel::name>=1.2`.

`name=1.12.1` is fuzzy in conda (1.12.1.*) but as firm as people write it: `exact` with `fuzzy`; one
number alone (`python=3`) is a `wildcard`.
"""

from __future__ import annotations

from triage.entities import package_name
from triage.events import Fields
from triage.patterns import compiled
from triage_parsers.requirement import masked, versioned

_DEPENDENCY = compiled(
    r"^(?:(?P<channel>[^\s:]+(?:://[^\s:]+)?)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)\s*"
    r"(?P<spec>(?:===|==|=|>=|<=|~=|!=|>|<| \d|\[version=).*)?$"
)
_SINGLE = compiled(r"^=? ?(?P<version>[^=<>!~,|\s]+)(?:[= ](?P<build>[^=<>!~,|\s]+))?$")
_BRACKET = compiled(r"^\[version=['\"]?(?P<spec>[^'\"\]]*)['\"]?\]$")
MIN_FUZZY = 2
"""Numbers of a single `=` version from which on it is taken for a pin."""


def conda_item(value: str) -> Fields | None:
    """What a specification asks for, or None where it is none."""
    found = _DEPENDENCY.match(value)
    if found is None or value.endswith(":") or ": " in value:
        return None
    raw = found.group("name") or ""
    spec = (found.group("spec") or "").strip()
    bracket = _BRACKET.match(spec)
    if bracket is not None:
        spec = bracket.group("spec") or ""
        spec = spec if spec[:1] in {"=", ">", "<", "~", "!"} else f"={spec}"
    channel = found.group("channel")
    fields: Fields = {
        "package": package_name(raw),
        "name_raw": raw,
        "specifier": spec or None,
        "channel": masked(channel) if channel else None,
        **_pin(spec),
    }
    return {key: entry for key, entry in fields.items() if entry is not None}


def _pin(spec: str) -> Fields:
    """How firmly a conda specifier holds: one `=` is fuzzy, `==` and a build are not."""
    if not spec:
        return {"pin": "none"}
    single = _SINGLE.match(spec.removeprefix("="))
    if single is None:
        return {"pin": "compatible" if spec.startswith("~=") else "range"}
    version = single.group("version") or ""
    numbers = version.removesuffix(".*").removesuffix("*").rstrip(".").split(".")
    if len(numbers) < MIN_FUZZY or not version[:1].isdigit():
        return {"pin": "wildcard"}
    if version.endswith("*"):
        return {"pin": "wildcard"}
    fields: Fields = {"pin": "exact", "build": single.group("build"), **versioned(version)}
    if not spec.startswith("==") and fields["build"] is None:
        fields["fuzzy"] = True
    return fields
