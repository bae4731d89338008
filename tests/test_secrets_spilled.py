"""Lines in which programs and people spill secrets, written by hand, and those still missed.

A dot stands in each literal of an issuer, so that no scanner of this repository takes it for real.
"""

# ruff: noqa: E501  log lines are as long as they are

from __future__ import annotations

import pytest

from triage.secrets import mask

SPILLED = [
    (
        '[2022-12-01T18:12:18][DEBUG][logstash.outputs.email] config LogStash::Outputs::Email/@password = "super-secret9"',
        "super-secret9",
    ),
    ("connecting with {'user': 'root', 'passwd': 'R00tPass', 'host': 'db'}", "R00tPass"),
    (
        'DEBUG:urllib3.connectionpool:https://api.wandb.ai:443 "POST /graphql HTTP/1.1" header={"X-WANDB-API-KEY": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"}',
        "0a1b2c3d4e5f",
    ),
    (
        "botocore.exceptions.ClientError: Credential=AK·IAQ4XN2PLM7ABCDEFG/20230101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        "aeeed9bbccd4",
    ),
    (
        "mlflow.exceptions.MlflowException: API request to https://admin:adm1nPW!@mlflow.corp/api failed",
        "adm1nPW",
    ),
    (
        "redis.exceptions.AuthenticationError: url=redis://default:s0meP4ss@10.0.0.1:6379/0",
        "s0meP4ss",
    ),
    (
        "Jupyter Server: http://node1:8888/tree?token=7f1c2d3e4b5a69788796a5b4c3d2e1f0aabbccddeeff0011",
        "7f1c2d3e",
    ),
    ("jupyter lab --NotebookApp.token=mysecrettoken123 --no-browser", "mysecrettoken123"),
    (
        "jupyter lab --NotebookApp.password='sha1:67c9e60bb8b6:9ffede0825894254b2e042ea597d771089e11aed'",
        "67c9e60bb8b6",
    ),
    (
        "docker run -e HF_TOKEN=hf·_abcdefghijklmnopqrstuvwxyzABCDEFGH -e POSTGRES_PASSWORD=pgpass -p 80:80",
        "pgpass",
    ),
    ("docker login -u ci -p Sup3rS3cret registry.corp", "Sup3rS3cret"),
    (
        "Setting environment: AWS_ACCESS_KEY_ID=AS·IAQWERTYUIOPASDFGH AWS_SECRET_ACCESS_KEY=qV3mZr8TnLkW/X5PDYHU/cJxGsiBQ27fRe9dUa1",
        "qV3mZr8TnLkW",
    ),
    ("aws_session_token = IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD", "IQoJb3JpZ2lu"),
    (
        "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef",
        "0123456789abcdef",
    ),
    (
        "    user:\n      token: ey·JhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.abcDEF123",
        "eyJpc3Mi",
    ),
    (
        "      client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVB",
        "LS0tLS1CRUdJTiBS",
    ),
    (
        '"private_key": "-----BEGIN PR·IVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END PR·IVATE KEY-----\\n",',
        "MIIEvQIBADAN",
    ),
    ("export OPENAI_API_KEY=sk·-proj-Ab12Cd34Ef56Gh78Ij90KlMnOpQrStUvWxYz", "Ab12Cd34Ef"),
    (
        "litellm.AuthenticationError: Incorrect API key provided: sk·-abcDEF1234567890abcDEF1234567890abcd",
        "abcDEF1234567890",
    ),
    (
        "slack_sdk.errors: token xo·xb-123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx is revoked",
        "AbCdEfGh",
    ),
    (
        "POST https://ho·oks.slack.com/services/T00000000/B00000000/XXXXabcd1234XXXXabcd1234 404",
        "abcd1234XXXX",
    ),
    ("ray start --address=10.0.0.1:6379 --redis-password='5241590000000000'", "5241590000000000"),
    ("RAY_REDIS_PASSWORD=hunter22", "hunter22"),
    (
        "sqlalchemy.exc.OperationalError: (psycopg2) mysql+pymysql://trainer:t%40rain3r@mysql:3306/runs",
        "t%40rain3r",
    ),
    ("MYSQL_PWD=qwerty12 mysqldump runs", "qwerty12"),
    ("mysql -uroot -pqwerty12 runs", "qwerty12"),
    ("PGPASSWORD=abc12345 psql -h db", "abc12345"),
    ("spark.hadoop.fs.s3a.secret.key=abcdEFGH1234ijklMNOP5678qrst", "abcdEFGH1234"),
    (
        "--conf spark.hadoop.fs.azure.account.key.acct.blob.core.windows.net=abcdEFGH1234ijklMNOP5678qrstUVWX9012yzab==",
        "abcdEFGH1234",
    ),
    ("proxy: http://proxyuser:pr0xyPW@proxy.corp:3128", "pr0xyPW"),
    ("smtp login: user=alerts password='m4il Pass word'", "m4il Pass"),
    ("Authorization header: Bearer abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnop"),
    ("grpc metadata: ('authorization', 'Bearer ya·29.a0AfH6SMBxyzxyzxyzxyzxyz')", "a0AfH6SMBxyz"),
    ("x-api-key: 9f8e7d6c5b4a39281706f5e4d3c2b1a0", "9f8e7d6c5b4a"),
    ("ssh-ed25519 key passphrase: correct-horse-9", "correct-horse-9"),
    ('TOKEN="a8f5f167f44f4964e6c998dee827110c"', "a8f5f167f44f"),
    ("git clone https://oauth2:gl·pat-xxxxYYYYzzzz11112222@gitlab.corp/ml/x.git", "xxxxYYYYzzzz"),
    (
        "git clone https://x-access-token:gh·s_abcdefghijklmnopqrstuvwxyzABCDEF1234@github.com/a/b",
        "abcdefghijklmno",
    ),
    (
        "pip install --index-url https://aws:ey·J2ZXIiOjEsImlzdSI6MTY@dom-1.d.codeartifact.us-east-1.amazonaws.com/pypi/x/simple/",
        "ey·J2ZXIiOjEs",
    ),
    ("NGC_API_KEY: b3Blbm5nYzEyMzQ1Njc4OTBhYmNkZWZnaGlqa2xtbm9w", "b3Blbm5n"),
    ("$oauthtoken password nv·api-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "AbCdEfGhIj"),
    ("vault token lookup hv·s.CAESIJ1234567890abcdefghijklmnopqrst", "CAESIJ123456"),
    (
        'Cookie: _xsrf=2|abc; username-node-8888="2|1:0|10:1700000000|23:username-node|44:YWJjZGVmZ2hpamts|0a1b2c3d4e5f"',
        "0a1b2c3d4e5f",
    ),
    ("SLURM: munge key: 1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d", "1a2b3c4d5e6f"),
    ("ipmitool -I lanplus -H 10.0.0.9 -U admin -P calvin123 power status", "calvin123"),
    ("mount -t cifs //nas/x /mnt -o username=svc,password=N4sPass,vers=3", "N4sPass"),
    ("wget --user=svc --password=Wg3tPass https://x", "Wg3tPass"),
    ("etcdctl --user root:etcdPw99 get /", "etcdPw99"),
    ("s3cmd --secret_key=abcdEFGH1234ijklMNOP5678 ls", "abcdEFGH1234"),
    ("clickhouse-client --password ch1ckPw -q 'select 1'", "ch1ckPw"),
    ("snmpwalk -v2c -c pubCommunity1 10.0.0.1", "pubCommunity1"),
    ("ldap bind dn=cn=admin,dc=x password: Ld4pPass", "Ld4pPass"),
    (
        "wandb: ERROR API key must be 40 characters long, yours was 39: 0a1b2c3d4e5f60718293a4b5c6d7e8f90123456",
        "0a1b2c3d4e5f",
    ),
    (
        '{"auths": {"nvcr.io": {"username": "$oauthtoken", "password": "AbCdEfGh1234"}}}',
        "AbCdEfGh1234",
    ),
    ("AZURE_CLIENT_SECRET=abc8Q·~defghijklmnopqrstuvwxyz0123456789AB", "defghijklmnop"),
    ("?sv=2020-08-04&ss=b&srt=sco&sp=rl&se=2025-01-01&sig=abcDEF123%2Fghi456%3D&x", "abcDEF123"),
    ("secret_key_base: 3fa9c1d2e4b5f60718293a4b5c6d7e8f", "3fa9c1d2e4b5"),
    ("DJANGO SECRET_KEY = 'django-insecure-abc123!@#$%^&*(-_=+)'", "abc123!@#"),
    ("ENCRYPTION_KEY=base64:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "q83vEjRWeJC"),
    ("user=root&password=formPass1&submit=1", "formPass1"),
    ('login failed for {"username":"bob","pwd":"bobPass1"}', "bobPass1"),
]
MISSED = ("munge key", "yours was 39")
"""What neither form nor name nor block tells: known, so that nobody believes that all is found."""


@pytest.mark.parametrize(("line", "secret"), SPILLED)
def test_a_spilled_secret_is_masked(line: str, secret: str) -> None:
    line, secret = line.replace("·", ""), secret.replace("·", "")

    shown = mask(line)

    assert (secret in shown) == any(words in line for words in MISSED)
