"""What ran where: versions, environments, packages that differ, requirements that float."""

# ruff: noqa: S608  numbers and words of our own alone go into the SQL

from __future__ import annotations

from triage.report import asking
from triage.report.draft import Draft
from triage.report.model import Differing, Environment, Floating, Software, Surroundings

MAX_VALUES = 8
MAX_DIFFERING = 40
MAX_FLOATING = 30
MAX_TEXT = 200
_GPU_FACTS = (("GPU", "name"), ("NVIDIA driver", "driver"), ("CUDA of the driver", "cuda"))
TELLING = (
    "('torch', 'tensorflow', 'jax', 'vllm', 'transformers', 'triton', 'numpy', 'scikit-learn')"
)


def surroundings(draft: Draft) -> Surroundings:
    """All of it, bounded."""
    differing = _differing(draft)
    floating = _floating(draft)
    return Surroundings(
        [*_kernels(draft), *_gpus(draft), *_frameworks(draft)],
        _environments(draft),
        differing[:MAX_DIFFERING],
        max(0, len(differing) - MAX_DIFFERING),
        floating[:MAX_FLOATING],
        max(0, len(floating) - MAX_FLOATING),
    )


def _cite(draft: Draft, event_id: object) -> str:
    assert isinstance(event_id, int)
    return draft.ledger.said(asking.event(draft.case, event_id))


def _kernels(draft: Draft) -> list[Software]:
    rows = asking.ask(
        draft.case,
        "SELECT split_part(message, '(', 1), min(event_id) FROM events WHERE kind = 'kernel.boot' "
        f"AND message LIKE 'Linux version%' GROUP BY 1 ORDER BY 2 LIMIT {MAX_VALUES}",
    )
    return [
        Software("Kernel", str(text).strip()[:MAX_TEXT], [_cite(draft, event)])
        for text, event in rows
    ]


def _gpus(draft: Draft) -> list[Software]:
    found = []
    for label, column in _GPU_FACTS:
        rows = asking.ask(
            draft.case,
            f"SELECT {column}, count(DISTINCT coalesce(gpu, gpu_uuid)), min(event_id) FROM gpus "
            f"WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 3 LIMIT {MAX_VALUES}",
        )
        for value, count, event in rows:
            many = f"{count} × " if column == "name" and isinstance(count, int) and count else ""
            found.append(Software(label, f"{many}{value}"[:MAX_TEXT], [_cite(draft, event)]))
    return found


def _frameworks(draft: Draft) -> list[Software]:
    rows = asking.ask(
        draft.case,
        "SELECT coalesce(name_raw, name), coalesce(env, ''), version, min(event_id) FROM packages "
        f"WHERE name IN {TELLING} AND version IS NOT NULL AND pin = 'exact' "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2 LIMIT 24",
    )
    return [
        Software(
            f"{name}{f' ({env})' if env else ''}", str(version)[:MAX_TEXT], [_cite(draft, event)]
        )
        for name, env, version, event in rows
    ]


def _environments(draft: Draft) -> list[Environment]:
    pythons = asking.ask(draft.case, "SELECT path, max(python) FROM environments GROUP BY 1")
    by_path = {str(path): None if python is None else str(python) for path, python in pythons}
    return [
        Environment(
            info.name, by_path.get(info.source), info.packages, [draft.ledger.source(info.source)]
        )
        for info in draft.answer.environments
    ]


def _differing(draft: Draft) -> list[Differing]:
    """Packages that environments have in different versions; only lists with exact versions."""
    rows = asking.ask(
        draft.case,
        "SELECT name, list(struct_pack(env := env, version := version, id := id) ORDER BY env) "
        "FROM (SELECT name, coalesce(env, '') AS env, coalesce(version, vcs_ref, url) AS version, "
        "min(event_id) AS id FROM packages WHERE pin IN ('exact', 'vcs') "
        "AND coalesce(version, vcs_ref, url) IS NOT NULL GROUP BY ALL) GROUP BY name "
        "HAVING count(DISTINCT version) > 1 AND count(DISTINCT env) > 1 ORDER BY name LIMIT 200",
    )
    found = []
    for number, (name, versions) in enumerate(rows):
        assert isinstance(versions, list)
        shown = versions[:MAX_VALUES]
        refs = [_cite(draft, one["id"]) for one in shown] if number < MAX_DIFFERING else []
        told = [f"{one['env']} {one['version']}"[:MAX_TEXT] for one in shown]
        found.append(Differing(str(name), told, refs))
    return found


def _floating(draft: Draft) -> list[Floating]:
    """Requirements without an exact version, and repositories without a commit."""
    rows = asking.ask(
        draft.case,
        "SELECT min(event_id) FROM packages WHERE pin IN ('range', 'none') OR (pin = 'vcs' AND "
        "NOT regexp_matches(coalesce(vcs_ref, ''), '^[0-9a-f]{7,40}$')) "
        "GROUP BY path, name ORDER BY 1 LIMIT 200",
    )
    found = []
    for number, (event,) in enumerate(rows):
        if number >= MAX_FLOATING:
            found.append(Floating("", []))
            continue
        assert isinstance(event, int)
        said = asking.event(draft.case, event)
        found.append(Floating(said.message.split("\n", 1)[0][:MAX_TEXT], [draft.ledger.said(said)]))
    return found
