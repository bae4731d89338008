"""What became of a signature in a bundle: fired, silent, ruled out, undecided."""

from __future__ import annotations

from triage.answer import Answer, Finding, Suppressed
from triage.explaining import words
from triage.explaining.explanation import CauseTried, Found, NotTried, Outcome, Status, Tried
from triage.explaining.judged import Judged
from triage.explaining.unread import Unread, unread
from triage.explaining.watch import Watch, spot
from triage.signatures.model import Signature
from triage.verdict.witnesses import missing


def outcome_of(signature: Signature, watch: Watch, judged: Judged, answer: Answer) -> Outcome:
    """The signature's outcome, with everything that was tried."""
    ways = watch.tried(signature.id)
    found = judged.of(signature.id)
    needs = list[str](missing(signature, judged.around.families))
    lost = unread(signature, judged.around)
    status, why = ("fired", []) if found else _unfound(signature, watch, needs, lost, answer)
    return Outcome(
        id=signature.id,
        status=status,
        why=why,
        needs=list(dict.fromkeys([*needs, *lost.needs])) if status == "undecided" else [],
        ways=ways,
        found=found,
    )


def kept_outcome(signature: Signature, answer: Answer) -> Outcome:
    """The outcome as far as a finished answer tells it."""
    found = [_kept(one) for one in answer.findings if one.id == signature.id]
    status: Status = "fired"
    why: list[str] = []
    if not found:
        silent: tuple[Status, list[str]] = ("silent", ["the case holds no such finding"])
        hidden = [one for one in answer.suppressed if one.id == signature.id]
        status, why = decided_by(signature.id, answer) or silent
        status, why = ("hidden", [_hiding(one) for one in hidden]) if hidden else (status, why)
    return Outcome(id=signature.id, status=status, why=why, needs=[], ways=[], found=found)


def _kept(finding: Finding) -> Found:
    return Found(
        title=finding.title,
        severity=finding.severity,
        role=finding.role,
        confidence=finding.confidence,
        count=finding.count,
        because=finding.because,
        grades=[],
        nots=[NotTried(one.id, said=True, why=one.why) for one in finding.not_],
        causes=[CauseTried(one.id, explains=True, why=one.why) for one in finding.explained_by],
        undecided=[],
        evidence=[spot(one.source, one.line, one.text) for one in finding.evidence],
    )


def _hiding(one: Suppressed) -> str:
    return f"{one.by} hides it until {one.until}: {one.reason}"


def _unfound(
    signature: Signature, watch: Watch, needs: list[str], lost: Unread, answer: Answer
) -> tuple[Status, list[str]]:
    """Why there is no finding."""
    hidden = [one for one in answer.suppressed if one.id == signature.id]
    if hidden:
        return "hidden", [_hiding(one) for one in hidden]
    decided = decided_by(signature.id, answer)
    if decided is not None:
        return decided
    looked_at = watch.looked_at[signature.id]
    if needs and not looked_at:
        missing = " and no ".join(words.FAMILY_WORDS[one] for one in needs)
        open_ = f"no {missing} is in the bundle, which would tell"
        return "undecided", [open_, *lost.missing, *lost.partly]
    why = [_silence(looked_at, watch.tried(signature.id)), *lost.missing, *lost.partly]
    return "undecided" if lost.missing else "silent", why


def decided_by(suspicion: str, answer: Answer) -> tuple[Status, list[str]] | None:
    """What the answer itself says of an id that was not found."""
    for one in answer.ruled_out:
        if one.id == suspicion:
            return "ruled out", one.why
    for open_point in answer.undecided:
        if open_point.id == suspicion:
            return "undecided", [open_point.why]
    return None


def _silence(looked_at: int, ways: list[Tried]) -> str:
    if looked_at:
        word = "event was" if looked_at == 1 else "events were"
        return f"{looked_at} {word} looked at, and none fits"
    if any(way.literals for way in ways):
        return "none of the texts that announce it was seen"
    return "no event of its kinds was read"
