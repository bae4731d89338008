"""Credentials are masked by form, name and block; evidence that only looks like one is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.answer import Answer
from triage.faces.as_json import render
from triage.scanner import scan_paths, write_case
from triage.secrets import MASK, mask
from triage.secrets.forms import FORMS, Form
from triage.secrets.named import sureness
from triage.timeline.query import open_case

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
    "curl -u push:hunter2hunter2 https://push.example",
    "CREATE USER app IDENTIFIED BY 'hunter2'",
    "Set-Cookie: session=hunter2hunter2hunter2; Path=/",
    "- name: DB_PASSWORD\n  value: hunter2!",
    '"Env": ["A=b", "DB_PASSWORD=hunter2!"]',
    'kind: Secret\ndata:\n  uri: aHVudGVyMg\n  # hunter2\nstringData:\n  x: "hunter2"',
    "password: \udcff hunter2hunter2".replace(" hunter2", "hunter2"),
]
HARMLESS = [
    "NVRM: Xid (PCI:0000:05:00): 31, pid=29401, Ch 0000001e",
    "https://example.org/path?x=1",
    "tokens/s=9000 mem=20.1GiB",
    "KeyError: 'user_id'",
    "max_new_tokens: 512",
    "key: value",
    "git+https://github.com/some/experimental-layers.git",
    "Connected to amqp://app:**@mq-1:5672//",
    "self.access_key = access_key",
    "def __init__(self, private_key: PrivateKeyTypes, token: str)",
    "PWD=/root OLDPWD=/home/x",
    "kind: ConfigMap\ndata:\n  uri: aHVudGVyMg",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n",
]


@pytest.mark.parametrize("text", SECRET)
def test_a_credential_is_masked(text: str) -> None:
    shown = mask(text)

    assert MASK in shown
    for piece in ("hunter2", "s3cret", "correcthorse", "0123456789abcdef", "MIIEow", "bbbb"):
        assert piece not in shown.replace("# hunter2", "")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("password", "sure"), ("DB_PASSWORD", "sure"), ("dbPassword", "sure"),
        ("PGPASSWORD", "sure"),
        ("client_secret", "sure"), ("aws_secret_access_key", "sure"), ("x-api-key", "sure"),
        ("client-key-data", "sure"), ("HF_TOKEN", "if long"), ("access_token", "sure"),
        ("token", "if random"), ("secret", "if random"), ("pad_token", "no"), ("next_token", "no"),
        ("secretName", "no"), ("token_type", "no"), ("key", "no"), ("tokenizer", "no"),
        ("password_encryption", "no"), ("max_tokens", "no"), ("passed", "no"), ("monkey", "no"),
    ],
)  # fmt: skip
def test_the_words_of_a_name_decide(key: str, expected: str) -> None:
    found = sureness(key)

    assert found == expected or (expected == "sure" and found == "if long")


BLIND = [
    form
    for form in FORMS
    if "(?i" not in form.pattern and not (form.mixed or form.said or form.after_host or form.drawn)
]


@pytest.mark.parametrize("form", BLIND, ids=lambda form: f"{form.issuer} {form.literals[0]}")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_fits_a_form_is_woken_by_its_literal(form: Form, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(form.pattern, re.ASCII), fullmatch=True))

    assert MASK in mask(f"x {text} y")


KEY_LINES = [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    *(
        f"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABFwAAAAdz{n:02d}"
        for n in range(20)
    ),
    "c2gtcnNhAAAA==",
    "-----END OPENSSH PRIVATE KEY-----",
]


def test_a_private_key_is_masked_line_by_line() -> None:
    shown = mask("\n".join(KEY_LINES)).split("\n")

    assert shown == [KEY_LINES[0], *[MASK] * 21, KEY_LINES[-1]]


def test_lines_around_a_key_without_an_end_stay() -> None:
    after = ("Killed process 29401 (python3)", "shim 8e3f61b90c27d45af1e8b3029d7c6a54e0f92b18")
    text = "\n".join((*KEY_LINES[:5], *after))

    shown = mask(text).split("\n")

    assert shown[1:5] == [MASK] * 4
    assert shown[5:] == list(after)


def test_a_key_in_the_lines_of_a_container_runtime_is_masked_too() -> None:
    text = "\n".join(f'{{"log":"{line}\\n","stream":"stdout"}}' for line in KEY_LINES)

    shown = mask(text).split("\n")

    assert shown[1:-1] == [f'{{"log":"{MASK}\\n","stream":"stdout"}}'] * 21
    assert (shown[0], shown[-1]) == (text.split("\n")[0], text.split("\n")[-1])


FRAGMENTS = st.sampled_from(
    [
        "password", "DB_PASSWORD", "token", "secret", "=", ": ", "=>", " ", "\n", '"', "'", "\\",
        "hunter2!", "0123456789abcdef0123456789abcdef", "Bearer ", "Authorization: ", "https://",
        "u:p4ssw0rd@h/", "AKIAABCDEFGHIJKLMNOP", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc", MASK,
        "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "MIIEowIBAAKCAQEA7bq2kXk",
        "kind: Secret\n", "data:\n", "  a: b\n", '{"kind":"Secret","data":{"a":"b"}}', "&", "?",
        "name: ", "value: ", "None", "${X}", "[", "}", "ghp_" + "a1" * 18, ";", "cookie: a=", "é",
        "--", ",", "\udcff",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(FRAGMENTS, max_size=14))
def test_masking_twice_is_masking_once_and_lines_stay_lines(parts: list[str]) -> None:
    text = "".join(parts)

    shown = mask(text)

    assert mask(shown) == shown
    assert shown.count("\n") == text.count("\n")


SPILLED = ("Hunter2Hunter2", "Tiger99Tiger", "AbCdEfGhIjKlMnOpQrSt", "b3BlbnNzaC1rZXktdjE")


@pytest.fixture
def spilling(tmp_path: Path) -> Path:
    """Credentials in messages, titles, names of files, and a key that was logged by lines."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    stamp = "2024-05-14 03:02:1{},550 ERROR app: "
    key = "".join(stamp.format(5) + line + "\n" for line in KEY_LINES)
    for name in ("app-glpat-AbCdEfGhIjKlMnOpQrSt.log", "app-glpat-AbCdEfGhIjKlMnOpQrSu.log"):
        (folder / name).write_text(
            stamp.format(4) + "failed\n"
            "Traceback (most recent call last):\n"
            '  File "/srv/app.py", line 3, in main\n'
            '    connect("postgres://app:Hunter2Hunter2@db-1:5432/x")\n'
            "psycopg2.OperationalError: no route to postgres://app:Hunter2Hunter2@db-1:5432/x "
            f"password=Tiger99Tiger\n{key}"
        )
    (folder / "torn-glpat-AbCdEfGhIjKlMnOpQrSt.log.gz").write_bytes(b"\x1f\x8b\x08\x00torn")
    return folder


def test_no_part_of_an_answer_holds_a_secret(spilling: Path) -> None:
    answer: Answer = scan_paths([spilling]).answer
    text = render(answer).decode()

    assert answer.findings[0].id == "traceback"
    assert MASK in answer.findings[0].title
    assert all(secret not in text for secret in SPILLED)
    assert len({source.name for source in answer.sources}) == len(answer.sources) == 3


def test_no_byte_of_a_case_holds_a_secret(spilling: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.triage"
    write_case(scan_paths([spilling]), path)

    with open_case(path) as case:
        rows = case.query("SELECT * FROM timeline").fetchall()
        lines = case.query("SELECT count(*) FROM timeline WHERE message LIKE '%[masked]%'")
        assert int(lines.fetchall()[0][0]) >= 2 * 21
    content = path.read_bytes() + repr(rows).encode()
    assert all(secret.encode() not in content for secret in SPILLED)
