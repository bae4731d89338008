"""Alerts about the distribution of a model's inputs or outputs: `model.drift`.

A home-made check prints a block (feature, training and live mean, p-value, what was done about it);
Evidently, whylogs, NannyML and PSI jobs print a line, and `share` is the part of the columns that
drifted. `disabled` is true where the alert says that
its action was switched off, false where it names one, and absent where it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, make_event
from triage.patterns import compiled

MAX_BACK = 6
MAX_AFTER = 4
MAX_WIDTH = 4000

_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
_ALERT = compiled(
    r"(?i)(?P<what>(?:distribution(?:al)?|covariate|feature|label|concept|prediction|target)"
    r" shift|(?:data ?set|data|feature|concept|covariate|label|target|prediction|model|input"
    r"|column)?[ _]?drift)(?: (?:was|has been|is))? detected\b"
)
_FLAG = compiled(
    r"(?i)[\"']?(?:dataset_drift|drift_detected|is_drifted|data_drift)[\"']?\s*[=:]\s*true\b"
)
_PSI = compiled(
    r"(?i)\b(?:PSI|population stability index)\b(?:[^=:\d]{0,60})[=:(]?\s*"
    r"(?P<psi>\d+\.\d+)\)?,?\s*(?:exceeds|above|over|greater than|is higher than|>|>=)\s*"
    r"(?:the )?(?:threshold|limit)?"
)
_DENIED = compiled(
    r"(?i)\b(?:no|not|without|never|zero|0|if|when|whenever|until|unless|whether"
    r"|should)\b[^.:]{0,40}$"
)
_ANNOUNCED = compiled(
    r"(?i)(?:^|[\]:>|!]\s*|\b(?:alert|warning|warn|error|critical|drift monitor)\b.{0,60})$"
)
_P_VALUE = compiled(rf"(?i)p[-_ ]?val(?:ue)?\s*[=:<]?\s*(?P<p>{_NUMBER})")
_SCORE = compiled(
    rf"(?i)\b(?:psi|drift[_ ]score|score|statistic|distance)[\"']?\s*[=: ]\s*(?P<score>{_NUMBER})"
)
_FEATURE = compiled(
    r"(?i)\b(?:feature|column|variable|field)(?:_name)?[\"']\s*:\s*[\"'](?P<key_name>[^\"']{1,80})"
    r"|"
    r"(?i)\b(?:feature|column|variable|field|metric)(?:_name)?\s*[=:]?\s*[\"'`‘“]"
    r"(?P<quoted>[^\"'`’”]{1,80})[\"'`’”]"
    r"|(?i)\b(?:feature|column|variable)(?:_name)?\s*[=:]\s*(?P<plain>[\w.-]{1,80})"
    r"|(?i)\b(?:(?:for|in|on) (?:feature|column)|PSI for) (?P<named>[\w.-]{1,80})"
    r"|(?i)\bdetected (?:in|for|on) [\"'`‘“](?P<bare>[^\"'`’”]{1,80})[\"'`’”]"
)
_SHARE = compiled(
    r"(?i)(?P<percent>\d{1,3}(?:\.\d+)?) ?% of (?:the )?(?:columns|features)"
    r"|\bshare of drifted (?:columns|features)[ =:]+(?P<share>[01](?:\.\d+)?)"
    r"|[\"']?(?:drift_share|share_of_drifted_columns)[\"']?\s*[=:]\s*(?P<key>[01](?:\.\d+)?)"
)
_ACTION = compiled(
    r"(?i)\baction(?:_taken)?[\"']?\s*[=:]\s*[\"']?(?P<action>[\w-]+)(?:\s*\((?P<why>[^)]*)\))?"
)
_OFF = compiled(
    r"(?i)disabled|muted|silenced|suppressed|snoozed|turned off|switched off|ignored|monitoring off"
)
_MEAN = compiled(
    r"(?i)\b(?P<side>training|train|reference|baseline|live|current|production"
    rf"|serving)[ _]mean\s*[=:]\s*(?P<mean>{_NUMBER})"
)
_REFERENCE = frozenset({"training", "train", "reference", "baseline"})
_HEADER = compiled(
    r"(?i)\bfeature\b.{0,100}\bdistribution\b|\bdrift report\b"
    r"|\bdistribution (?:check|report)\b"
)


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """Yield one event for each alert, from the block's heading to its action."""
    del context
    done = -1
    for hit in hits:
        if hit <= done or not _is_alert(_said(lines[hit])):
            continue
        start = _start(lines, hit, done + 1)
        end = _end(lines, hit)
        done = end
        rows = [_said(line) for line in lines[start : end + 1]]
        yield make_event("model.drift", lines[start : end + 1], _fields(rows, hit - start))


def _said(line: Line) -> str:
    """The body; of a JSON record all of it, because the action is a field beside the message."""
    text = line.text.strip()
    return (text if text[:1] == "{" and text[-1:] == "}" else line.body)[:MAX_WIDTH]


def _is_alert(body: str) -> bool:
    """The line reports drift, as opposed to speaking of it."""
    if _FLAG.search(body) is not None or _PSI.search(body) is not None:
        return True
    found = _ALERT.search(body)
    if found is None:
        return False
    before = body[: found.start()]
    if _DENIED.search(before) is not None:
        return False
    measured = _P_VALUE.search(body) or _SCORE.search(body) or _ACTION.search(body)
    return measured is not None or _ANNOUNCED.search(before) is not None


def _start(lines: Sequence[Line], hit: int, floor: int) -> int:
    """Where the alert's block begins: its heading, or the means above it."""
    start = hit
    for back in range(hit - 1, max(floor, hit - MAX_BACK) - 1, -1):
        body = lines[back].body[:MAX_WIDTH]
        if _HEADER.search(body) is not None:
            return back
        if _MEAN.search(body) is None:
            break
        start = back
    return start


def _end(lines: Sequence[Line], hit: int) -> int:
    """The last line that belongs to the alert: means and the action may follow it."""
    end = hit
    for index in range(hit + 1, min(len(lines), hit + 1 + MAX_AFTER)):
        line = lines[index]
        body = line.body[:MAX_WIDTH]
        if line.peeled.stamp is not None or body[:1] not in " \t":
            break
        if _ACTION.search(body) is None and _MEAN.search(body) is None:
            break
        end = index
    return end


def _fields(rows: Sequence[str], alert: int) -> Fields:
    text = "\n".join(rows)
    fields: Fields = {}
    feature = _FEATURE.search(rows[alert]) or _FEATURE.search(text)
    if feature is not None:
        fields["feature"] = next((name for name in feature.groupdict().values() if name), None)
    p_value = _P_VALUE.search(text)
    if p_value is not None:
        fields["p_value"] = _number(p_value.group("p"))
    psi = _PSI.search(text)
    score = _SCORE.search(text)
    if psi is not None:
        fields["score"] = _number(psi.group("psi"))
    elif score is not None:
        fields["score"] = _number(score.group("score"))
    share = _SHARE.search(text)
    if share is not None and share.group("percent"):
        fields["share"] = round((_number(share.group("percent")) or 0.0) / 100, 6)
    elif share is not None:
        fields["share"] = _number(share.group("share") or share.group("key"))
    for found in _MEAN.finditer(text):
        side = (found.group("side") or "").lower()
        name = "training_mean" if side in _REFERENCE else "live_mean"
        fields.setdefault(name, _number(found.group("mean")))
    fields.update(_action(text))
    return fields


def _action(text: str) -> Fields:
    """What was done, and whether somebody had switched that off."""
    found = _ACTION.search(text)
    if found is None:
        off = _OFF.search(text)
        return {} if off is None else {"disabled": True}
    action = (found.group("action") or "").upper()
    why = found.group("why") or ""
    none = action in {"NONE", "DISABLED", "IGNORED", "MUTED", "OFF", "SKIPPED", "SUPPRESSED"}
    return {
        "action": action,
        "disabled": none or _OFF.search(why) is not None,
        "action_note": why,
    }


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


SAMPLES = (
    Sample(
        '{"msg": "drift detected", "feature": "basket", "psi": 0.41, "action": "none"}',
        kind="model.drift",
        fields={"feature": "basket", "score": 0.41, "action": "NONE", "disabled": True},
        count=1,
    ),
    Sample(
        "[DEBUG] Feature 'basket_value' distribution:\n"
        "  Training Mean: 41.7, StdDev: 6.2\n"
        "  Live Mean: 3.05, StdDev: 0.4\n"
        "  ALERT: Distribution shift detected (p-value: 0.00002) - ACTION: NONE "
        "(Monitoring disabled"
        " for the sale)",
        kind="model.drift",
        fields={
            "feature": "basket_value",
            "p_value": 0.00002,
            "training_mean": 41.7,
            "live_mean": 3.05,
            "action": "NONE",
            "disabled": True,
        },
        count=1,
    ),
    Sample(
        "WARNING: dataset drift detected: share of drifted columns 0.62",
        kind="model.drift",
        fields={"share": 0.62},
    ),
    Sample(
        "ALERT: Distribution shift detected (p-value: 0.003) - ACTION: PAGE",
        kind="model.drift",
        fields={"action": "PAGE", "disabled": False},
    ),
    Sample(
        "drift-job: PSI = 0.34 exceeds threshold 0.2 for feature 'age_days'",
        kind="model.drift",
        fields={"score": 0.34, "feature": "age_days"},
    ),
    Sample(
        '{"metric": "DatasetDriftMetric", "dataset_drift": true, "number_of_columns": 12}',
        kind="model.drift",
    ),
    Sample("INFO evidently: no data drift detected (p-value: 0.44)", kind=None),
    Sample("Page the owner whenever feature drift detected by the monitor is real.", kind=None),
    Sample('{"dataset_drift": false, "drift_share": 0.5}', kind=None),
    Sample(
        "Population Stability Index (PSI) of 0.25 or more is commonly read as a shift.", kind=None
    ),
)

PARSER = Parser(
    name="drift",
    family="app",
    literals=(
        "shift detected",
        "shift was detected",
        "rift detected",
        "rift is detected",
        "rift was detected",
        "rift has been detected",
        "dataset_drift",
        "drift_detected",
        "data_drift",
        "is_drifted",
        "PSI = ",
        "PSI=0",
        "PSI: ",
        "psi=0",
        "PSI for ",
        "opulation stability index",
        "opulation Stability Index",
    ),
    parse=parse,
    samples=SAMPLES,
    kinds=("model.drift",),
    before=MAX_BACK,
    after=MAX_AFTER,
)
