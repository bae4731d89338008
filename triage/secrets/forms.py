"""Credentials that are told by their form: who issues them, the literal in them, the pattern.

The forms are those that the issuers document for secret scanning (GitHub, GitLab, Slack, Stripe,
AWS, Google, Hugging Face, NVIDIA NGC and others). Where a pattern has a group, `s`, that is the
secret part.
"""

from __future__ import annotations

from triage.secrets.commands import COMMANDS
from triage.secrets.form import Form

__all__ = ["FORMS", "Form"]

_W = "[A-Za-z0-9_-]"
_ISSUED = (
    Form("AWS", ("AKIA", "ASIA", "ABIA", "ACCA"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    Form("GitHub", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    Form("GitHub", ("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    Form("GitLab", ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-"),
         rf"\bgl(?:pat|dt|rt|ptt|cbt|ft|soat|agent)"
         rf"-{_W}{{20,}}(?:\.[0-9a-z]{{2}}\.[0-9a-z]{{9}})?"),
    Form("Hugging Face", ("hf_", "api_org_"), r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}"),
    Form("OpenAI, Anthropic", ("sk-",), rf"\bsk-{_W}{{20,}}", mixed=True),
    Form("OpenRouter", ("sk-or-",), r"\bsk-or-(?:v1-)?[0-9a-f]{40,}"),
    Form("NVIDIA NGC", ("nvapi-",), rf"\bnvapi-{_W}{{20,}}"),
    Form("Slack", (*(f"xox{kind}-" for kind in "abcdeoprs"), "xoxe.", "xapp-"),
         r"\b(?:xox[a-eoprs]-|xoxe\.|xapp-)[A-Za-z0-9%./+=-]{10,}"),
    Form("Slack", ("hooks.slack.com",),
         r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[A-Za-z0-9/_-]{16,})"),
    Form("Discord", ("/api/webhooks/",), r"/api/webhooks/\d{10,}/(?P<s>[\w-]{20,})"),
    Form("Discord", ("iscord",),
         rf"iscord[^\n]{{0,80}}\b(?P<s>[MNO]{_W}{{23,27}}\.{_W}{{6}}\.{_W}{{27,}})"),
    Form("Teams", (".webhook.office.com/",),
         r"\.webhook\.office\.com/webhookb?2?/(?P<s>[\w@/-]{30,})"),
    Form("Stripe", ("_live_", "_test_", "whsec_"),
         r"\b(?:(?:sk|rk)_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}"),
    Form("npm", ("npm_",), r"\bnpm_[A-Za-z0-9]{36,}"),
    Form("PyPI", ("pypi-AgE",), rf"\bpypi-AgE{_W}{{20,}}"),
    Form("Google", ("AIza",), r"\bAIza[0-9A-Za-z_-]{35}"),
    Form("Google", ("ya29.",), r"\bya29\.[0-9A-Za-z_-]{20,}"),
    Form("Google", ("GOCSPX-",), r"\bGOCSPX-[0-9A-Za-z_-]{20,}"),
    Form("Azure", ("8Q~",), r"[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}"),
    Form("JWT", ("eyJ",), r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"),
    Form("Docker", ("eyJhdXRo",), r"\beyJhdXRo[A-Za-z0-9+/=]{20,}"),
    Form("Docker", ("dckr_pat_", "dckr_oat_"), rf"\bdckr_[po]at_{_W}{{20,}}"),
    Form("SendGrid", ("SG.",), rf"\bSG\.{_W}{{16,32}}\.{_W}{{16,64}}"),
    Form("Telegram", (":AA",), rf"\b(?:bot)?(?P<s>\d{{8,10}}:AA{_W}{{32,36}})"),
    Form("Twilio", ("SK",), r"\bSK[0-9a-f]{32}\b"),
    Form("Mailgun", ("key-",), r"\bkey-[0-9a-f]{32}\b"),
    Form("DigitalOcean", ("_v1_",), r"\bdo[opr]_v1_[a-f0-9]{32,}"),
    Form("Databricks", ("dapi",), r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    Form("HashiCorp Vault", ("hvs.", "hvb.", "hvr."), rf"\bhv[sbr]\.{_W}{{24,}}"),
    Form("Terraform", (".atlasv1.",), rf"\b[A-Za-z0-9]{{10,16}}\.atlasv1\.{_W}{{40,}}"),
    Form("Grafana", ("glsa_", "glc_ey"),
         r"\b(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_ey[A-Za-z0-9+/=]{20,})"),
    Form("New Relic", ("NRAK-",), r"\bNRAK-[A-Z0-9]{27}\b"),
    Form("Sentry", ("sntrys_", "sntryu_"), r"\bsntry[su]_[A-Za-z0-9+/=_-]{30,}"),
    Form("Replicate", ("r8_",), r"\br8_[A-Za-z0-9]{30,}"),
    Form("Groq", ("gsk_",), r"\bgsk_[A-Za-z0-9]{40,}"),
    Form("LangSmith", ("lsv2_",), r"\blsv2_(?:pt|sk)_[a-z0-9]{32}_[a-z0-9]{6,}"),
    Form("Pinecone", ("pcsk_",), r"\bpcsk_[A-Za-z0-9_]{30,}"),
    Form("Perplexity, xAI", ("pplx-", "xai-"), r"\b(?:pplx|xai)-[A-Za-z0-9]{40,}"),
    Form("Shopify", ("shpat_", "shpca_", "shppa_", "shpss_"),
         r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Form("Linear", ("lin_api_",), r"\blin_api_[A-Za-z0-9]{30,}"),
    Form("Tailscale", ("tskey-",), r"\btskey-[a-z]+-[A-Za-z0-9]{8,}(?:-[A-Za-z0-9]+)?"),
    Form("age", ("AGE-SECRET-KEY-",), r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    Form("Atlassian", ("ATATT3", "ATBB"), r"\b(?:ATATT3[A-Za-z0-9_=-]{50,}|ATBB[A-Za-z0-9]{28,})"),
    Form("Pulumi", ("pul-",), r"\bpul-[a-f0-9]{40}\b"),
    Form("URL", ("://",),
         r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"'<>]*:"
         r"(?P<s>[^\s/\"'<>]+(?:/[^\s/@\"'<>]+)?)@", after_host=True),
    Form("URL", (":x-oauth-basic@",), r"://(?P<s>[^\s/:@\"'<>]{16,}):x-oauth-basic@"),
    Form("URL", ("://",), r"\bhttps?://(?P<s>[A-Za-z0-9_-]{16,})@"),
    Form("header", ("uthorization", "UTHORIZATION"),
         r"(?i)\bauthorization\\?[\"']?[ \t]*[:=][ \t]*\\?[\"']?"
         r"(?:bearer|basic|token|apikey|negotiate|ntlm|digest|key|pat|jwt|ssws|geniekey|splunk)"
         r"[ \t]+"
         r"(?P<s>[A-Za-z0-9._~+/=-]{6,})"),
    Form("header", ("uthorization", "UTHORIZATION"),
         r"(?i)\bauthorization\\?[\"']?[ \t]*[:=][ \t]*\\?[\"']?(?P<s>[A-Za-z0-9._~+/=-]{16,})"),
    Form("header", ("uthorization",),  # a pair of a list: `(b'authorization', b'token …')`
         r"(?i)\bauthorization\\?[\"'],[ \t]*b?\\?[\"'](?:[a-z]+[ \t]+)?"
         r"(?P<s>[A-Za-z0-9._~+/=-]{16,})"),
    Form("header", ("earer ", "EARER "), r"\b(?i:bearer)[ \t]+(?P<s>[A-Za-z0-9._~+/=-]{20,})"),
    Form("header", ("Basic ", "basic "),
         r"\b(?i:auth\w*|header)[^\n]{0,20}\b[Bb]asic[ \t]+(?P<s>[A-Za-z0-9+/=]{8,})"),
    Form("AWS", ("ignature=",), r"(?i)\bsignature=(?P<s>[A-Za-z0-9%+/=]{24,})"),
    Form("W&B", ("wandb",), r"\bwandb[. ]login\b[^\n]{0,80}?\b(?P<s>[0-9a-f]{40})\b"),
    Form("Kaggle", ('"key"',), r'"username":[^\n]{1,80}"key": ?"(?P<s>[0-9a-f]{32})"'),
    Form("password hash", ("$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2"),
         r"\$(?:[156y]|2[aby]|apr1|argon2id?)\$[A-Za-z0-9./$,=+]{20,}"),
    Form("Azure", ("sig=",), r"[?&;]sig=(?P<s>[A-Za-z0-9%+/=]{20,})"),
)  # fmt: skip
FORMS = (*_ISSUED, *COMMANDS)
"""Literals are case-sensitive: each pattern's match holds one of its own."""
