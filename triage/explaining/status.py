"""Numbers of NVIDIA's kernel module: `status 0x62`, `rminit 0x62:0x40:1784`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from triage.errors import UsageError
from triage.explaining.topic import Topic
from triage.signatures.load import KnowledgeBase

_STATUS = re.compile(r"(?:nv_?)?(?:err|status)[ _:=]*(0x[0-9a-f]{1,8})")
_INIT = re.compile(
    r"(?:rm_?init(?:adapter)?)[ _:=(]*(?:0x)?([0-9a-f]{1,8}):(?:0x)?([0-9a-f]{1,8})(?::\d+)?\)?"
)


def topic(asked: str, knowledge: KnowledgeBase) -> Topic | None:
    """A status alone, or the numbers of a failed `RmInitAdapter`."""
    del knowledge
    found = _STATUS.fullmatch(asked.lower())
    if found is not None:
        code = _plain(found[1])
        name = _names()["status"].get(code)
        if name is None:
            message = f"no NV_STATUS {code} is known (0x0 to 0x7f and 0xffff are)"
            raise UsageError(message)
        return Topic("status", f"NV_STATUS {code}", notes=(name,))
    found = _INIT.fullmatch(asked.lower())
    if found is None:
        return None
    stage, status = _plain(found[1]), _plain(found[2])
    return Topic(
        "status",
        f"RmInitAdapter failed ({stage}:{status})",
        signatures=("rm_init_adapter_failed",),
        notes=(
            f"stage {stage}: {_names()['stage'].get(stage, 'not known')}",
            f"status {status}: {_names()['status'].get(status, 'not known')}",
        ),
    )


def _plain(code: str) -> str:
    return f"0x{int(code, 16):x}"


@cache
def _names() -> dict[str, dict[str, str]]:
    path = files("triage_parsers") / "data" / "nv_status.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
