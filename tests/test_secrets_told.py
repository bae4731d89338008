"""Credentials in the ways that tools, configurations and logs tell them; digests that stay."""

# ruff: noqa: E501  log lines are as long as they are

from __future__ import annotations

import base64
import random
import string

import pytest

from triage.secrets import mask

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
WEB = ALNUM + "-_"
B64 = ALNUM + "+/"
LOWER32 = string.ascii_lowercase + "234567"
PIECE = 8
"""So many characters in a row give a secret away."""

TOLD: tuple[tuple[str, str, str, int], ...] = (
    ('os.environ["HF_TOKEN"] = "@@"', "hf_", ALNUM, 34),
    ("git clone https://user:@@@hub.example/org/model", "hf_", ALNUM, 34),
    ("hub-cli login --token @@", "hf_", ALNUM, 34),
    ("machine api.example\n  login user\n  password @@", "", HEX, 40),
    ("$ wandb login --relogin @@", "", HEX, 40),
    ('wandb.login(key="@@")', "local-", HEX, 40),
    ("x-api-key: @@", "sk-ant-api03-", WEB, 93),
    ("Incorrect API key provided: @@. See your account.", "sk-", ALNUM, 48),
    ('"@@"', "sk-or-v1-", HEX, 64),
    ('{"username":"me","key":"@@"}', "", HEX, 32),
    ("[default]\naws_access_key_id = x\naws_secret_access_key = @@", "", B64, 40),
    ('"SecretAccessKey": "@@",', "", B64, 40),
    ("<SecretAccessKey>@@</SecretAccessKey>", "", B64, 40),
    ("<password><![CDATA[@@]]></password>", "", ALNUM, 12),
    ("AWS_SESSION_TOKEN=@@", "IQoJb3JpZ2luX2Vj", B64, 200),
    ("https://b.example/a.pt?AWSAccessKeyId=x&Signature=@@%3D&Expires=17", "", ALNUM, 26),
    ("https://b.example/a.pt?X-Goog-Algorithm=x&X-Goog-Signature=@@", "", HEX, 256),
    ("https://acct.blob.core.windows.net/c?sp=r&sv=2022-11-02&sr=b&sig=@@%3D", "", ALNUM, 40),
    ("SharedAccessSignature=sv=2022-11-02&ss=b&sp=rl&sig=@@%3D", "", ALNUM, 40),
    ("AccountKey=@@==;EndpointSuffix=core.windows.net", "", B64, 86),
    ("api-key: @@", "", HEX, 32),
    ("POST https://hooks.slack.com/services/T0123ABCD/B0123ABCD/@@", "", ALNUM, 24),
    ("token: @@", "xapp-1-A0123456789-0123456789012-", HEX, 64),
    ("discord.Client logs in with @@.abcdef.0123456789012345678901234567890", "MTA", ALNUM, 21),
    ("remote: https://x-access-token:@@@git.example/org/repo", "ghs_", ALNUM, 36),
    ("https://@@:x-oauth-basic@git.example/org/repo.git", "", HEX, 40),
    ("Collecting git+https://@@@git.example/org/repo.git", "ghp_", ALNUM, 36),
    ("CI_JOB_TOKEN=@@", "glcbt-64_", ALNUM, 20),
    ("PRIVATE-TOKEN: @@", "glpat-", ALNUM, 20),
    ("//packages.example/:_authToken=@@", "npm_", ALNUM, 36),
    ("[index]\nusername = __token__\npassword = @@", "pypi-AgEIcHlwaS5vcmc", WEB, 120),
    ("--extra-index-url https://__token__:@@@git.example/simple", "", ALNUM, 20),
    ("{'User-Agent': 'x', 'Authorization': 'Bearer @@'}", "", WEB, 60),
    ("[(b'host', b'api'), (b'authorization', b'Bearer @@')]", "", ALNUM, 50),
    ("headers=[(b'x-api-key', b'@@'), (b'accept', b'*/*')]", "", ALNUM, 40),
    ("('Authorization', 'token @@')", "", HEX, 40),
    ("map[Authorization:[Bearer @@] Accept:[*/*]]", "", ALNUM, 60),
    ("Authorization: GenieKey @@", "32eaa884-66d3-f2ff-434b-", HEX, 12),
    ("Authorization: SSWS @@", "00", WEB, 40),
    ("Authorization: AWS4-HMAC-SHA256 Credential=x/s3, SignedHeaders=host, Signature=@@", "", HEX, 64),
    ("Cookie: sessionid=@@; theme=dark", "", ALNUM, 32),
    ("http://127.0.0.1:8888/?token=@@", "", HEX, 48),
    ("redirect=https%3A%2F%2Fx%2F%3Ftoken%3D@@%26n%3D1", "", ALNUM, 40),
    ("PGPASSWORD=@@ psql -h db", "", ALNUM, 12),
    ("REDIS_URL=redis://:@@@redis:6379/0", "", ALNUM, 16),
    ("postgresql://app:@@@db:5432/ml", "ab@", ALNUM, 12),
    ("jdbc:sqlserver://db:1433;databaseName=ml;user=sa;password=@@;encrypt=true", "", ALNUM, 12),
    ('S3FileSystem(key="x", secret="@@")', "", B64, 40),
    ("    client-key-data: @@", "LS0tLS1CRUdJTi", B64, 80),
    ("users:\n- name: admin\n  user:\n    token: @@", "", ALNUM, 40),
    ('{"auths": {"images.example": {"auth": "JG9hdXRodG9rZW46@@"}}}', "", ALNUM, 60),
    ('"identitytoken": "@@"', "", WEB.replace("-", "").replace("_", ""), 60),
    ("docker login -u robot -p @@ images.example", "nvapi-", WEB, 64),
    ("X-Vault-Token: @@", "s.", ALNUM, 24),
    ("DSN=https://@@@o123.ingest.example/456", "", HEX, 32),
    ("https://api.example/bot@@/sendMessage", "123456789:AA", ALNUM, 33),
    ("ray start --address=10.0.0.1:6379 --redis-password=@@", "", ALNUM, 16),
    ("ipmitool -I lanplus -H 10.0.0.1 -U admin -P @@ chassis status", "", ALNUM, 12),
    ("ldapsearch -D cn=admin -w @@ -b dc=x", "", ALNUM, 12),
    ("echo '@@' | sudo -S systemctl restart docker", "", ALNUM, 12),
    ("net use \\\\nas\\x /user:svc @@", "", ALNUM, 12),
    ("mc alias set m http://m:9000 admin @@", "", ALNUM, 16),
    ('1700000000.1 [0 10.0.0.7:5] "AUTH" "@@"', "", ALNUM, 20),
    ("mount -t cifs //nas/x /mnt -o username=svc,password=@@,vers=3.0", "", ALNUM, 12),
    ("Namespace(model='m', hf_token='@@', port=8000)", "", ALNUM, 37),
    ("Settings(db_password='@@', port=5432)", "", ALNUM, 12),
    ("pass = @@", "", ALNUM, 40),
    ("root:$6$saltsaltsalt$@@:19000:0:99999:7:::", "", ALNUM, 86),
    ("htpasswd admin:$apr1$saltsalt$@@", "", ALNUM, 22),
    ('Environment="API_KEY=@@" "PORT=8000"', "", ALNUM, 32),
    ("      S3_SECRET_KEY:   @@", "", ALNUM, 40),
    ("PrivateKey = @@=", "", B64, 43),
    ("Private-Lines: 2\n@@\nshort0123\nPrivate-MAC: 00", "", B64, 64),
    ("aws configure set aws_secret_access_key @@", "", B64, 40),
    ("dvc remote modify r --local secret_access_key @@", "", B64, 40),
    ("proxy_set_header X-Api-Key @@;", "", ALNUM, 40),
    ("kubectl create secret generic x --from-literal=uri=@@", "", ALNUM, 30),
    ("skopeo copy --src-creds user:@@ docker://a docker://b", "", ALNUM, 20),
    ("crane auth login images.example -u u -p @@", "", ALNUM, 20),
    ("smbclient //nas/x -U svc%@@", "", ALNUM, 12),
    ("snmpwalk -v2c -c @@ host", "", ALNUM, 12),
    ("cache_peer p parent 3128 0 login=user:@@", "", ALNUM, 12),
    ("app.config['SECRET_KEY'] = '@@'", "", ALNUM, 40),
    ("Unseal Key 1: @@=", "", B64, 43),
    ("Key         Value\npassword    @@", "a1", ALNUM, 12),
    ("SAMLResponse=@@", "", ALNUM, 300),
    ("otpauth://totp/x?secret=@@&issuer=y", "A2", LOWER32.upper(), 32),
    ('psk="@@"', "", ALNUM, 12),
    ('AIRFLOW_CONN_PG="postgres://u:@@@db/x"', "", ALNUM, 14),
    ('{"log":"config {\\"api_key\\": \\"@@\\"}\\n"}', "", ALNUM, 32),
)  # fmt: skip
"""Text with a place for the secret; how the secret begins, of what it is drawn, how long."""


def drawn(number: int) -> tuple[str, str]:
    """The text and the secret in it, the same every time."""
    text, start, alphabet, length = TOLD[number]
    rng = random.Random(number)
    secret = start + "".join(rng.choices(alphabet, k=length))
    return text.replace("@@", secret, 1), secret


def given_away(shown: str, secret: str) -> bool:
    return any(secret[at : at + PIECE] in shown for at in range(len(secret) - PIECE + 1))


@pytest.mark.parametrize("number", range(len(TOLD)), ids=lambda number: TOLD[number][0][:30])
def test_a_credential_is_masked_however_it_is_told(number: int) -> None:
    text, secret = drawn(number)

    shown = mask(text)

    assert not given_away(shown, secret), shown
    assert mask(shown) == shown
    assert shown.count("\n") == text.count("\n")


@pytest.mark.parametrize("joint", ["\n", "\\n", "\\\\n", " ", "\r\n", "\n    ", "\n> ", "\n+"])
def test_a_private_key_is_masked_however_its_lines_are_joined(joint: str) -> None:
    rng = random.Random(joint)
    rows = ["".join(rng.choices(B64, k=64)) for _ in range(6)]
    text = joint.join(["-----BEGIN PRIVATE KEY-----", *rows, "-----END PRIVATE KEY-----"])

    shown = mask(text)

    assert not any(given_away(shown, row) for row in rows)
    assert shown.count("\n") == text.count("\n")


def test_the_values_of_a_secret_in_a_list_are_masked() -> None:
    value = base64.b64encode(b"Falcon!77x7b").decode()
    text = f"apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    uri: {value}\n  kind: Secret\n"

    assert value not in mask(text)


def harmless() -> list[str]:
    """Lines of digests, ids, counts and code, the same every time."""
    rng = random.Random(7)

    def of(alphabet: str, length: int) -> str:
        return "".join(rng.choices(alphabet, k=length))

    uuid = "-".join(of(HEX, length) for length in (8, 4, 4, 4, 12))
    return [
        f"commit {of(HEX, 40)}",
        f"image: images.example/pytorch@sha256:{of(HEX, 64)}",
        f"pulled docker://images.example:5000/app@sha256:{of(HEX, 64)}",
        f"GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-{uuid})",
        f"  MIG 1g.10gb Device 0: (UUID: MIG-{uuid})",
        f"ncclUniqueId 0x{of(HEX, 32)} commHash 0x{of(HEX, 16)}",
        f"numpy==1.26.4 --hash=sha256:{of(HEX, 64)} \\",
        f'"integrity": "sha512-{of(B64, 86)}==",',
        f"/root/.cache/torch/inductor/ab/c{of(LOWER32, 50)}.py",
        f"/root/.triton/cache/{of(ALNUM, 52)}/__triton_launcher.so",
        f"/root/.cache/huggingface/hub/models--org--name/snapshots/{of(HEX, 40)}/config.json",
        f"FxGraphCache key fx{of(LOWER32, 51)} miss",
        f"cache_key={of(HEX, 64)}",
        f"torch._dynamo cache key: {of(HEX, 32)}",
        "00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|",
        f"RAX: {of(HEX, 16)} RBX: {of(HEX, 16)} RCX: {of(HEX, 16)}",
        f"cuda_fatbin base64: {of(B64, 64)}",
        f"modprobe: module signature: key {of(HEX, 40)}",
        f"ssh-rsa {of(B64, 372)} user@host",
        f"certificate-authority-data: LS0tLS1CRUdJTiBDRVJU{of(ALNUM, 60)}",
        f"-----BEGIN CERTIFICATE-----\nMII{of(B64, 61)}",
        f'"private_key_id": "{of(HEX, 40)}",',
        f"x-amz-id-2: {of(B64, 76)}=",
        f"traceparent: 00-{of(HEX, 32)}-{of(HEX, 16)}-01",
        f"redis key: session:{uuid}",
        f"ib: P_Key 0xffff Q_Key 0x80010000 lkey 0x{of(HEX, 8)} rkey 0x{of(HEX, 8)}",
        f"wandb: git commit {of(HEX, 40)}",
        f"etag={of(HEX, 32)} md5={of(HEX, 32)}",
        "num_key_value_heads: 8, key_length=128, value_length=128",
        "Authorization: RBAC: access denied",
        "authorization mode Node,RBAC enabled",
        "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
        "couldn't find key WANDB_API_KEY in Secret default/wandb-secret-7f9c",
        'MountVolume.SetUp failed for volume "hf-token" : secret "hf-token-2024a" not found',
        "Enter passphrase for key '/root/.ssh/id_ed25519':",
        "<KeyCount>12</KeyCount><Key>checkpoints/step_1000/model.safetensors</Key>",
        f"<NextContinuationToken>{of(ALNUM, 44)}=</NextContinuationToken>",
        "headers=[(b'user-agent', b'python-httpx/0.27.0'), (b'accept-encoding', b'gzip, deflate')]",
        '"AUTH" called without any password configured',
        "echo 3 | sudo tee /proc/sys/vm/drop_caches",
        "ldapsearch -x -H ldap://ldap.example -b dc=x",
        "redirect=https%3A%2F%2Fx%2F%3Fpage%3D12",
        "pass: 120 fail: 3",
        "$1 $2 $6 cost; price $5$ and $1$2",
        'mysql -h db -p"$DB_PASSWORD" runs',
        "docker login -u robot -p ${TOKEN} images.example",
        "proxy_set_header X-Request-Id $request_id;",
        "set service_account_key /etc/kubernetes/pki/sa-2024-primary.key",
        "the login page: psk= is empty, from-literal values are not shown",
        "http://localhost:8888/user@domain/lab",
    ]


@pytest.mark.parametrize("line", harmless(), ids=lambda line: line[:30])
def test_digests_ids_and_code_stay(line: str) -> None:
    assert mask(line) == line
