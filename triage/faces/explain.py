"""`triage explain`: what a signature means, what it is not, what to do."""

from __future__ import annotations

from difflib import get_close_matches

from triage import playbook
from triage.errors import UsageError
from triage.signatures.load import load
from triage.signatures.model import Signature


def explain(signature_id: str) -> str:
    """The page of one signature. Raises `UsageError` with near names when there is none."""
    knowledge = load()
    signature = knowledge.get(signature_id)
    if signature is None:
        near = get_close_matches(signature_id, [s.id for s in knowledge.signatures], n=4)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        message = f"no signature {signature_id!r}{hint} (triage signatures list shows all)"
        raise UsageError(message)
    return _page(signature, knowledge.origins[signature_id])


def _page(signature: Signature, origin: str) -> str:
    rows = [
        f"{signature.id}: {signature.title}",
        f"{signature.severity}, {signature.role}, confidence {signature.confidence:.0%}, {origin}",
        "",
        signature.explain.strip(),
        "",
    ]
    if signature.not_:
        rows += ["What it is not:", *(f"  {n.id}: {n.why}" for n in signature.not_), ""]
    if signature.caused_by:
        causes = ", ".join(dict.fromkeys(cause.id for cause in signature.caused_by))
        rows += [f"Often explained by: {causes}", ""]
    rows += [playbook.load(signature.playbook).text.strip(), ""]
    rows += [f"See: {reference}" for reference in signature.references]
    return "\n".join(rows).rstrip() + "\n"
