"""Credentials are masked by their form; evidence that only looks like one is not."""

from __future__ import annotations

import pytest

from triage.secrets import MASK, mask

SECRET = [
    "key AKIA" + "ABCDEFGHIJKLMNOP used",
    "token ghp_" + "a" * 36,
    "HF_TOKEN=hf_" + "b" * 34,
    "git+https://user:s3cretpass@example.org/x.git",
    "postgres://app:hunter2hunter2@db:5432/x",
    "password=correcthorse battery",
    'api_key: "0123456789abcdef"',
    "Authorization: Bearer abcdef.ghijkl.mnopqr",
    "jwt eyJ" + "a" * 20 + "." + "b" * 20 + "." + "c" * 20,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
]
HARMLESS = [
    "NVRM: Xid (PCI:0000:05:00): 31, pid=29401, Ch 0000001e",
    "https://example.org/path?x=1",
    "tokens/s=9000 mem=20.1GiB",
    "KeyError: 'user_id'",
    "max_new_tokens: 512",
    "key: value",
    "git+https://github.com/some/experimental-layers.git",
]


@pytest.mark.parametrize("text", SECRET)
def test_a_credential_is_masked(text: str) -> None:
    shown = mask(text)

    assert MASK in shown
    for piece in ("hunter2", "s3cret", "correcthorse", "0123456789abcdef", "MIIEow", "bbbb"):
        assert piece not in shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask(text) == text
