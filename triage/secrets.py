"""Secrets in evidence are masked before anything leaves the tool.

Masks what is a credential by its form: cloud and hub tokens, private keys, passwords in URLs,
bearer tokens, `password=`-like assignments. What has no form of its own cannot be found here.
"""

from __future__ import annotations

from triage.patterns import compiled

MASK = "[masked]"

_WHOLE = compiled(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_[A-Za-z0-9_]{40,}\b"
    r"|\bglpat-[A-Za-z0-9_-]{20,}\b|\bhf_[A-Za-z0-9]{30,}\b|\bsk-[A-Za-z0-9_-]{20,}\b"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}\b|\bnvapi-[A-Za-z0-9_-]{20,}\b|\bAIza[0-9A-Za-z_-]{35}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"
)
_URL_USER = compiled(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:)([^\s/@]+)(@)")
_URL_TOKEN = compiled(r"(\bhttps?://)([A-Za-z0-9_-]{16,})(@)")
_ASSIGNED = compiled(
    r"(?i)(\b[\w-]*(?:password|passwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token)"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]{4,})"
)
_BEARER = compiled(
    r"(?i)(\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+)([^\s\"',]{6,})"
)
_MAYBE = (
    "AKIA", "ASIA", "gh", "glpat-", "hf_", "sk-", "xox", "nvapi-", "AIza", "eyJ", "PRIVATE KEY",
    "://",
)  # fmt: skip
_WORDS = ("passw", "secret", "key", "token", "authorization")


def mask(text: str) -> str:
    """The text with credentials replaced."""
    if any(mark in text for mark in _MAYBE):
        text = _WHOLE.sub(MASK, text)
        text = _URL_USER.sub(r"\1" + MASK + r"\3", text)
        text = _URL_TOKEN.sub(r"\1" + MASK + r"\3", text)
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        text = _ASSIGNED.sub(r"\1" + MASK, text)
        text = _BEARER.sub(r"\1" + MASK, text)
    return text
