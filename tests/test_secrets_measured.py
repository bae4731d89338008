"""How many secrets are caught and how many harmless lines are harmed, over a fixed random set."""

# ruff: noqa: E501  log lines are as long as they are

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator

import pytest

from triage.secrets import mask

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
SAFE = "bcdfghjklmnpqrstvwxz2456789"
PIECE = 8
"""So many characters in a row give a secret away."""
SECRETS, LINES = 200, 2000
Rng = random.Random

WORDS = ("falcon", "harbor", "maple", "quartz", "ember", "willow", "saffron", "comet", "lagoon")


def draw(rng: Rng, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def password(rng: Rng) -> str:
    return rng.choice(WORDS).capitalize() + rng.choice("!#%+*^") + draw(rng, ALNUM, 6)


def stamp(rng: Rng) -> str:
    return f"2025-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T0{rng.randint(0, 9)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}Z"


def said(rng: Rng, secret: str) -> str:
    """Where a program blurts out a token."""
    return rng.choice(
        (
            f"{stamp(rng)} gpu-b{rng.randint(10, 99)} entry[{rng.randint(900, 9000)}]: + export UPLOAD={secret}",
            f"{stamp(rng)} ERROR loader: 401 for token {secret}: unauthorized",
            f"[{stamp(rng)}] INFO: login with {secret}",
            f'{{"time":"{stamp(rng)}","level":"error","msg":"denied","credentials":"{secret}"}}',
            f"ValueError: cannot use '{secret}' here",
            f"curl -H 'X-Auth: {secret}' https://artifacts.example/v1/run",
            f"{stamp(rng)} WARN fetch https://artifacts.example/v1/run?id=7&x={secret}&n=1",
        )
    )


def _env(rng: Rng, name: str, value: str) -> str:
    return rng.choice(
        (
            f'declare -x {name}="{value}"',
            f"environ({{'HOME': '/root', '{name}': '{value}', 'LANG': 'C'}})",
            f"      {name}:          {value}",
            f"{stamp(rng)} trainer: env {name}={value} RANK=3",
            f'    - name: {name}\n      value: "{value}"',
            f'"Env": ["PATH=/usr/bin", "{name}={value}"],',
            f'{{"name":"{name}","value":"{value}"}}',
        )
    )


def _pem(rng: Rng) -> tuple[str, str]:
    rows = [draw(rng, ALNUM + "+/", 64) for _ in range(5)] + [draw(rng, ALNUM, 40) + "=="]
    kind = rng.choice(("RSA ", "EC ", "OPENSSH ", ""))
    secret = rng.choice(rows)
    begin, end = f"-----BEGIN {kind}PRIVATE KEY-----", f"-----END {kind}PRIVATE KEY-----"
    form = rng.randrange(3)
    if form == 0:
        return "\n".join((begin, *rows, end)), secret
    if form == 1:
        return f'{{"private_key": "{begin}\\n' + "\\n".join(rows) + f'\\n{end}\\n"}}', secret
    prefix = f"{stamp(rng)} stdout F "
    return "\n".join(prefix + row for row in (begin, *rows, end)), secret


def _kube_secret(rng: Rng) -> tuple[str, str]:
    value = base64.b64encode(password(rng).encode()).decode()
    if rng.random() < 0.5:
        name = rng.choice(("db", "uri", "mirror"))
        text = f"apiVersion: v1\ndata:\n  {name}: {value}\nkind: Secret\nmetadata:\n  name: store"
        return text, value
    return (
        f'{{"apiVersion":"v1","kind":"Secret","data":{{"uri":"{value}"}},"type":"Opaque"}}',
        value,
    )


def _url(rng: Rng) -> tuple[str, str]:
    secret = draw(rng, ALNUM, 12)
    scheme, port = rng.choice(
        (
            ("postgresql", 5432),
            ("amqp", 5672),
            ("redis", 6379),
            ("mongodb+srv", 27017),
            ("https", 443),
        )
    )
    user = "" if scheme == "redis" else rng.choice(("app", "svc_train", "metrics"))
    return (
        f"{stamp(rng)} ERROR cannot reach {scheme}://{user}:{secret}@db-{rng.randint(1, 9)}.example:{port}/runs",
        secret,
    )


def _header(rng: Rng) -> tuple[str, str]:
    secret = base64.b64encode(f"svc:{password(rng)}".encode()).decode()
    return rng.choice(
        (
            "> Authorization: Basic {}",
            '"authorization": "Basic {}"',
            "-H 'Authorization: Basic {}' \\",
        )
    ).format(secret), secret


def _bearer(rng: Rng) -> tuple[str, str]:
    secret = draw(rng, ALNUM + "-_", 40)
    return rng.choice(
        (
            "> Authorization: Bearer {}",
            "headers={{'Authorization': 'Bearer {}'}}",
            "proxy-authorization: bearer {}",
        )
    ).format(secret), secret


def _flag(rng: Rng) -> tuple[str, str]:
    secret = password(rng)
    return rng.choice(
        (
            "+ serve --port 8080 --password {} --workers 2",
            "+ registry-login --username ci --token={}",
            "ps: 4711 ?  Sl  0:07 agent --api-key {} --region eu",
            "sshpass -p {} ssh worker-3 true",
            "curl -s -u metrics:{} https://push.example/",
            "machine artifacts.example login ci password {}",
        )
    ).format(secret), secret


def _connection(rng: Rng) -> tuple[str, str]:
    secret = draw(rng, ALNUM, 14)
    return rng.choice(
        (
            "Server=tcp:sql-3,1433;User ID=app;Password={};Encrypt=True;",
            "host=db-2 port=5432 user=app password={} dbname=runs",
            "DefaultEndpointsProtocol=https;AccountName=ckpt;AccountKey={}==;EndpointSuffix=core.windows.net",
            "Endpoint=sb://bus.example/;SharedAccessKeyName=root;SharedAccessKey={}=",
            "ALTER ROLE app WITH PASSWORD '{}';",
        )
    ).format(secret), secret


def _docker(rng: Rng) -> tuple[str, str]:
    secret = base64.b64encode(f"ci:{password(rng)}".encode()).decode()
    return f'{{"auths":{{"registry.example":{{"auth":"{secret}"}}}}}}', secret


def _query(rng: Rng) -> tuple[str, str]:
    secret = draw(rng, HEX, 48)
    return rng.choice(
        (
            "[I ServerApp] http://localhost:8888/lab?token={}",
            "GET https://ckpt.example/a.pt?X-Amz-Date=20250101T000000Z&X-Amz-Signature={} 403",
            "GET https://ckpt.example/a.pt?sv=2022-11-02&se=2025&sig={} 403",
            "GET /v1/models?api_key={} HTTP/1.1",
        )
    ).format(secret), secret


def _config(rng: Rng) -> tuple[str, str]:
    secret = draw(rng, ALNUM, 24)
    return rng.choice(
        (
            "client_secret: {}",
            '  "refreshToken": "{}",',
            "//registry.example/:_authToken={}",
            "    client-key-data: {}",
            "requirepass_password {}".replace(" ", "="),
            'log: {{\\"dbPassword\\":\\"{}\\",\\"n\\":1}}',
            "X-Api-Key: {}",
            "s3.secret.key => {}",
        )
    ).format(secret), secret


def _named_env(rng: Rng) -> tuple[str, str]:
    name = rng.choice(
        (
            "DB_PASSWORD",
            "PGPASSWORD",
            "WANDB_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "SMTP_PASS",
            "SLACK_SIGNING_SECRET",
            "AIRFLOW__CORE__FERNET_KEY",
            "REDIS_AUTH_TOKEN",
        )
    )
    secret = draw(rng, HEX, 40) if name == "WANDB_API_KEY" else draw(rng, ALNUM + "+/", 40)
    return _env(rng, name, secret), secret


def _token(make: Callable[[Rng], str]) -> Callable[[Rng], tuple[str, str]]:
    def line(rng: Rng) -> tuple[str, str]:
        secret = make(rng)
        return said(rng, secret), secret

    return line


KINDS: dict[str, Callable[[Rng], tuple[str, str]]] = {
    "aws id": _token(lambda r: r.choice(("AKIA", "ASIA")) + draw(r, UPPER, 16)),
    "github": _token(lambda r: r.choice(("ghp_", "gho_", "ghs_")) + draw(r, ALNUM, 36)),
    "github fine": _token(lambda r: f"github_pat_{draw(r, ALNUM, 22)}_{draw(r, ALNUM, 59)}"),
    "gitlab": _token(lambda r: "glpat-" + draw(r, ALNUM, 20)),
    "hugging face": _token(lambda r: "hf_" + draw(r, ALNUM, 34)),
    "model api": _token(
        lambda r: r.choice(("sk-proj-", "sk-ant-api03-", "sk-")) + draw(r, ALNUM, 48)
    ),
    "slack": _token(
        lambda r: (
            f"xoxb-{draw(r, string.digits, 12)}-{draw(r, string.digits, 12)}-{draw(r, ALNUM, 24)}"
        )
    ),
    "stripe": _token(lambda r: "sk_live_" + draw(r, ALNUM, 24)),
    "npm": _token(lambda r: "npm_" + draw(r, ALNUM, 36)),
    "pypi": _token(lambda r: "pypi-AgEIcHlwaS5vcmc" + draw(r, ALNUM, 60)),
    "google": _token(lambda r: "AIza" + draw(r, ALNUM + "-_", 35)),
    "nvidia": _token(lambda r: "nvapi-" + draw(r, ALNUM, 60)),
    "jwt": _token(lambda r: f"eyJhbGciOiJIUzI1NiJ9.eyJ{draw(r, ALNUM, 40)}.{draw(r, ALNUM, 43)}"),
    "pem": _pem,
    "kubernetes": _kube_secret,
    "url": _url,
    "basic": _header,
    "bearer": _bearer,
    "flag": _flag,
    "connection": _connection,
    "query": _query,
    "config": _config,
    "docker": _docker,
    "environment": _named_env,
}


def secrets(count: int) -> Iterator[tuple[str, str, str]]:
    """Kind, text and the secret in it."""
    rng = random.Random(20250117)
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        text, secret = KINDS[kind](rng)
        yield kind, text, secret


HARMLESS = (
    "[{up}] NVRM: Xid (PCI:0000:{h2}:00): {n2}, pid={n5}, name=python3, Ch 000000{h2}, intr 00000000",
    "[{up}] NVRM: GPU at PCI:0000:{h2}:00: GPU-{uuid}",
    "[{up}] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-{h64}.scope,task={w},pid={n5},uid=1000",
    "[{up}] EXT4-fs error (device dm-{n1}): ext4_find_entry:{n4}: inode #{n5}: comm {w}: reading directory lblock 0",
    "[{up}] Key type dns_resolver registered",
    "[{up}] Loading compiled-in X.509 certificates, key 'Build time autogenerated kernel key: {h40}'",
    "[{up}] integrity: Loaded X.509 cert '{w} Secure Boot Signing: {h40}'",
    "[{up}] Code: {h2} {h2} {h2} 48 8b 05 {h2} {h2} RIP: 0010:{w}_handler+0x{h2}/0x{h2}",
    "|   {n1}  NVIDIA H100 80GB HBM3   On  |   00000000:{h2}:00.0 Off |   0 |  {n5}MiB / 81559MiB | {n2}% |",
    "    GPU UUID                              : GPU-{uuid}",
    "{w}-{h10}-{s5}   1/1   Running   {n1} ({n2}m ago)   {n2}h   10.{n2}.{n1}.{n2}   gpu-a{n2}",
    '  Normal  Pulled  {n2}s  kubelet  Container image "images.example/{w}@sha256:{h64}" already present',
    "    Container ID:  containerd://{h64}",
    "  /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-{s5} (ro)",
    "      SecretName:  {w}-tls-{s5}",
    "    Type:        Secret (a volume populated by a Secret)",
    "      DB_PASSWORD:  <set to the key 'password' in secret '{w}-db'>  Optional: false",
    'E0{n3} kubelet.go:{n4}] MountVolume.SetUp failed for volume "{w}-secret" : secret "{w}-token-{s5}" not found',
    'I0{n3} reflector.go:{n3}] "Caches populated" type="*v1.Secret" reflector="object-\\"{w}\\"/\\"regcred\\""',
    "imagePullSecrets: [{{name: regcred-{s5}}}]",
    "    secretKeyRef: {{key: password, name: {w}-db}}",
    "  Labels: app.kubernetes.io/name={w} pod-template-hash={h10} controller-revision-hash={h10}",
    "torch=={n1}.{n1}.{n1}+cu121",
    "{w}-kernels @ git+https://github.com/example/{w}-kernels.git@{h40}",
    "nvidia-cublas-cu12==12.1.3.1 --hash=sha256:{h64}",
    "  Downloading https://wheels.example.org/packages/{h2}/{h2}/{h40}/{w}-1.0-py3-none-any.whl",
    "KeyError: 'model.layers.{n2}.self_attn.k_proj.weight'",
    'Missing key(s) in state_dict: "decoder.blocks.{n2}.attn.key.weight", "decoder.blocks.{n2}.attn.query.weight"',
    '  File "/opt/{w}/auth/token_store.py", line {n3}, in get_token',
    '    raise AuthError("token expired")  # see {w}.auth',
    '    client = Client(api_key=os.environ["{W}_API_KEY"], password=password)',
    "    def __init__(self, token: str | None = None, api_key: Optional[str] = None):",
    "openai.AuthenticationError: No API key provided. Set {W}_API_KEY or pass api_key=...",
    "huggingface_hub.errors.GatedRepoError: 401 Client Error. (Request ID: Root=1-{h8}-{h24};{uuid})",
    "Special tokens: pad_token=<pad>, eos_token=</s>, bos_token_id: {n1}, unk_token='[UNK]'",
    "INFO {n2}: tokens/s={n4}.{n1} max_new_tokens: {n4} prompt_tokens={n3} total_tokens={n4}",
    "Avg prompt throughput: {n3}.{n1} tokens/s, GPU KV cache usage: {n2}.{n1}%, prefix key hits: {n4}",
    "tokenizer: vocab_size={n5} pad_token_id={n1} chat_template_sha={h40}",
    "wandb: Syncing run {w}-{w}-{n3} https://wandb.ai/example/{w}/runs/{l8}",
    "wandb: git commit {h40} state saved",
    "step {n5} loss {n1}.{n4} grad_norm 0.{n2} lr {n1}.0e-05 mem {n2}.{n1}GiB seed {n5}",
    "{w}: NCCL INFO Channel {n2}/0 : {n1}[{h2}000] -> {n1}[{h2}000] via P2P/CUMEM/read comm 0x{h12}",
    "[rank{n1}]:[E{n3} ProcessGroupNCCL.cpp:{n3}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum={n5})",
    '10.{n2}.{n1}.{n2} - - [12/Feb/2025:04:{n2}:11 +0000] "GET /v1/{w}?page={n2}&limit=50 HTTP/1.1" 200 {n4} "-" "curl/8.5.0"',
    "sshd[{n5}]: Accepted publickey for deploy from 10.{n1}.{n2}.{n1} port {n5} ssh2: ED25519 SHA256:{a43}",
    "sshd[{n5}]: Failed password for invalid user {w} from 203.0.113.{n2} port {n5} ssh2",
    "sudo: pam_unix(sudo:auth): authentication failure; logname= uid=1000 euid=0 tty=/dev/pts/{n1}",
    'FATAL:  password authentication failed for user "{w}"',
    "systemd[1]: Started Forward Password Requests to Wall Directory Watch.",
    "passwd:         files systemd",
    "password_encryption = scram-sha-256",
    "redis: AUTH required but no password is set; auth=false",
    '{{"level":"info","trace_id":"{h32}","span_id":"{h16}","msg":"cache miss","cache_key":"{w}:{h64}"}}',
    '{{"event":"page","next_token":"{a24}","request_id":"{uuid}"}}',
    "s3://ckpt-{w}/run-{l8}/step_{n5}/model-0000{n1}-of-0000{n1}.safetensors etag {h32}",
    "primary_key=run_{n5} sort_key=2025-01-{n2} partition_key={w}-{n3}",
    "DEBUG kv_cache: key=blk_{n5} hash={h40} hit=true",
    "vault: secret engine mounted path=secret/{w} type=kv version=2",
    "certificate authority-data: sha256 {h64}, key_size: 2048, key_usage: digitalSignature",
    "GRPC: credentials: insecure, authority={w}.example:{n4}, auth_type=none",
    "Unauthorized: the request requires user authentication (token missing)",
    "task-runner-{w}-sk-learn-pipeline-{h10}-{s5} finished, disk-{w}-a{n5} released",
    "uid=1000({w}) gid=1000({w}) groups=1000({w}),27(sudo)",
    "job {n5}: exit code 137, signal 9, cgroup=/kubepods.slice/kubepods-pod{uuid_}.slice",
    "mlflow: run {h32} artifact_uri=mlflow-artifacts:/{n2}/{h32}/artifacts token_type=bearer",
    "etcd: compacted revision {n5} hash {n5} keys-removed {n4} keys {n5}",
    "authorization.k8s.io/v1 SubjectAccessReview user=system:serviceaccount:{w}:default verb=get resource=secrets",
    "ray::{w}.{w}() (pid={n5}, ip=10.{n2}.{n1}.{n2}, actor_id={h32}, repr=<{w}.Worker object at 0x7f{h10}>)",
    "Dataset {w}/{w}-v{n1} fingerprint {h16} builder hash {h64} revision {h40}",
    "base64 frame {a24}{a24}= crc {h8}",
)


def harmless(count: int) -> Iterator[str]:
    rng = random.Random(20250213)
    for number in range(count):
        yield HARMLESS[number % len(HARMLESS)].format(**values(rng))


def values(rng: Rng) -> dict[str, str]:
    filled = {f"n{k}": draw(rng, "123456789", k) for k in range(1, 6)}
    filled |= {f"h{k}": draw(rng, HEX, k) for k in (2, 8, 10, 12, 16, 24, 32, 40, 64)}
    filled |= {f"a{k}": draw(rng, ALNUM, k) for k in (24, 43)}
    word, dashed = rng.choice(WORDS), "-".join(draw(rng, HEX, k) for k in (8, 4, 4, 4, 12))
    return filled | {
        "up": f"{rng.randint(10, 99999)}.{rng.randint(100000, 999999)}",
        "w": word, "W": word.upper(), "s5": draw(rng, SAFE, 5), "l8": draw(rng, LOWER, 8),
        "uuid": dashed, "uuid_": dashed.replace("-", "_"),
    }  # fmt: skip


def given_away(shown: str, secret: str) -> bool:
    pieces = (secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1))
    return any(piece in shown for piece in pieces)


def test_secrets_of_all_kinds_are_caught() -> None:
    missed = [
        (kind, text) for kind, text, secret in secrets(SECRETS) if given_away(mask(text), secret)
    ]

    assert missed == []


def test_harmless_lines_stay() -> None:
    harmed = [(line, mask(line)) for line in harmless(LINES) if mask(line) != line]

    assert harmed == []


def test_masking_keeps_the_lines_and_changes_nothing_more_when_repeated() -> None:
    for _, text, _ in secrets(SECRETS):
        shown = mask(text)

        assert shown.count("\n") == text.count("\n")
        assert mask(shown) == shown


@pytest.mark.parametrize("kind", KINDS)
def test_the_generator_writes_what_it_says(kind: str) -> None:
    text, secret = KINDS[kind](random.Random(1))

    assert secret in text
