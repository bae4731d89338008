"""What may be shared: names become pseudonyms, what a diagnosis reads stays."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import UsageError
from triage.redact import Known, Pseudonyms, Redactor, pseudonyms_path
from triage.redact.pseudonyms import KINDS

KNOWN = Known(
    hosts={"gpu-a07", "hydra", "trn-4.kestrel.example"}, pods={"node-exporter-x7k2p"}, users=set()
)


def shared(text: str) -> str:
    return Redactor("share", KNOWN).text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ssh gpu-a07 uptime", "ssh host-1 uptime"),
        ("Node:  gpu-a07/10.20.4.17", "Node:  host-1/240.0.0.1"),
        ("peer 10.20.4.17:29500 lost", "peer 240.0.0.1:29500 lost"),
        ("10.20.4.1-10.20.4.9", "240.0.0.1-240.0.0.2"),
        ("route 10.20.4.0/24", "route 240.0.0.1/24"),
        ("listen [2a02:8109::3f]:8080", "listen [2001:db8::1]:8080"),
        ("lladdr d4:f5:ef:6b:48:7c REACHABLE", "lladdr 02:00:00:00:00:01 REACHABLE"),
        ('File "/home/alice/run.py", line 3', 'File "/home/user-1/run.py", line 3'),
        (
            "sshd[9]: Accepted publickey for bwong from",
            "sshd[9]: Accepted publickey for user-1 from",
        ),
        ("sudo:    bwong : TTY=pts/1 ; PWD=/x", "sudo:    user-1 : TTY=pts/1 ; PWD=/x"),
        (
            "uid=7(bwong) gid=7(bwong) groups=7(bwong)",
            "uid=7(user-1) gid=7(user-1) groups=7(user-1)",
        ),
        ("mail to rosa.klein@kestrel.example now", "mail to mail-1 now"),
        ("pull images.kestrel.example/x:1.2", "pull domain-1.example/x:1.2"),
        ("trn-4.kestrel.example is down", "host-1.domain-1.example is down"),
        ("ip-10-0-47-167.ec2.internal", "host-1.ec2.internal"),
        ("s3 at ckpts.s3.us-east-1.amazonaws.com", "s3 at tenant-1.amazonaws.com"),
        ("pod rerank-6c9f7b5d48-t2vxm died", "pod rerank-6c9f7b5d48-xxxx4 died"),
        ("pod node-exporter-x7k2p died", "pod node-exporter-xxxx4 died"),
        ("Serial Number : 1650923014477", "Serial Number : 0000000000001"),
        (
            "GPU-7c1e9b52-04fd-a6d3-58ef-91b0c2d47a63",
            "GPU-00000000-0000-0000-0000-000000000001",
        ),
        ("var/gpu-a07_dmesg.txt kube-proxy-gpu-a07", "var/host-1_dmesg.txt kube-proxy-host-1"),
        ("İ at GPU-A07", "İ at host-1"),
        ("Jan  3 04:05:06 hydra kernel: x", "Jan  3 04:05:06 host-1 kernel: x"),
        ("board_serial: 1650923014477", "board_serial: 0000000000001"),
        ("  User: carol\n  Group: ops", "  User: user-1\n  Group: ops"),
        ("logged in as carol on tty1", "logged in as user-1 on tty1"),
        ("user 'carol' denied", "user 'user-1' denied"),
    ],
)
def test_a_name_gets_a_pseudonym(text: str, shown: str) -> None:
    assert shared(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "NVRM: Xid (PCI:0000:31:00): 31, pid=218734, name=python3, Ch 00000012",
        "GPU 00000000:3B:00.0 at 03:02:14.550000",
        "Driver Version: 535.183.01  CUDA Version: 12.2",
        "OpenMPI 4.1.5.1 release",
        "user: the quick one, login: failed twice",
        "nvidia-cublas-cu12==12.1.3.1",
        "nvidia-curand-cu12   10.3.2.106",
        "Successfully installed nvidia-cufft-cu12-11.0.2.54",
        '{"name": "nvidia-cufile-cu12", "version": "1.9.1.3"}',
        "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
        "VBIOS Version : 96.00.89.00.01",
        "bound to 127.0.0.1:8080 and 0.0.0.0, [::1]",
        "netmask 255.255.255.0 metadata 169.254.169.254",
        "exit code 137, signal 9, restarts 4",
        "image@sha256:c40b6f1e2d7a9085b3e6f24d81ac07953fe62b1d480cb97a5e13f6d20984ba7c",
        "git+https://github.com/example/layers.git@d7405be19f28a47c03d18e3f61b90c27d45af1e8",
        "could not reach huggingface.co, download.pytorch.org and nvcr.io",
        "node.kubernetes.io/not-ready nvidia.com/gpu: 4",
        "std::bad_alloc in c10::cuda::CUDACachingAllocator",
        "torch.distributed.run, self.app.io(x), bfc_allocator.cc:456, kubelet.go:2430",
        "import hydra; hydra.main()",
        "systemd[1]: modprobe@drm.service, user@1000.service",
        "sudo: pam_unix(sudo:auth): authentication failure; logname= uid=1000",
        "user=root uid=0(root) /home/ubuntu/x",
        "SerialNumber=3, serial-getty@ttyS0",
        "svc.cluster.local, my-svc.prod.svc.cluster.local",
    ],
)
def test_what_a_diagnosis_reads_stays(text: str) -> None:
    assert shared(text) == text


def test_a_name_is_the_same_everywhere_and_in_the_next_call(tmp_path: Path) -> None:
    kept = tmp_path / "now.triage.pseudonyms.json"
    first = Pseudonyms()
    Redactor("share", KNOWN, first).text("10.1.1.1 10.1.1.2 gpu-a07")
    first.save(kept)

    again = Redactor("share", KNOWN, Pseudonyms.load(kept))

    assert again.text("gpu-a07 10.1.1.2 10.1.1.3") == "host-1 240.0.0.2 240.0.0.3"


def test_only_the_owner_can_read_what_stands_for_what(tmp_path: Path) -> None:
    kept = pseudonyms_path(tmp_path / "now.triage")
    kept.write_text("{}")
    kept.chmod(0o644)

    Pseudonyms().save(kept)

    assert kept.name == "now.triage.pseudonyms.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["no json", '{"schema": "other", "names": {}}', "[]"])
def test_a_file_that_is_none_of_ours_is_not_overwritten_silently(
    tmp_path: Path, content: str
) -> None:
    kept = tmp_path / "x.json"
    kept.write_text(content)

    with pytest.raises(UsageError, match="no pseudonyms"):
        Pseudonyms.load(kept)


def test_a_machine_that_is_really_called_so_never_lends_its_name() -> None:
    redactor = Redactor("share", Known(hosts={"host-1", "gpu-a07"}))

    assert redactor.text("gpu-a07 and host-1") == "host-2 and host-1"


def test_columns_stay_where_they_were() -> None:
    table = "NAME          STATUS\ngpu-a07       Ready\ntrn-node-4    Ready\n"
    redactor = Redactor("share", Known(hosts={"gpu-a07", "trn-node-4"}))

    shown = redactor.text(table).splitlines()

    assert [row.index("Ready") for row in shown[1:]] == [table.index("STATUS")] * 2


def test_users_that_were_learned_are_found_in_other_paths() -> None:
    redactor = Redactor("share")
    redactor.learn("cd /home/alice/src")

    assert redactor.text("/scratch/alice/ckpt is full") == "/scratch/user-1/ckpt is full"


def test_keys_tell_what_a_value_is() -> None:
    redactor = Redactor("share")

    shown = redactor.document({"host": "hydra", "id": "oom_kill", "note": ["from 10.0.0.7"]})

    assert shown == {"host": "host-1", "id": "oom_kill", "note": ["from 240.0.0.1"]}


def test_the_footer_counts_and_says_what_was_not_looked_for() -> None:
    redactor = Redactor("share", KNOWN)
    redactor.text("gpu-a07 gpu-a07 10.0.0.7 password=Falcon!77")

    footer = redactor.footer()

    assert footer[0] == (
        "Redacted (share): 1 secret masked; 1 host in 2 places; 1 IP address in 1 place."
    )
    assert any(line.startswith("Not looked for: ") for line in footer)


def test_what_was_masked_when_it_was_read_counts_too() -> None:
    redactor = Redactor("secrets")

    redactor.document({"text": "password=[masked]", "password": "Falcon!77", "more": ["nothing"]})

    assert redactor.footer()[0] == "Redacted (secrets): 2 secrets masked."


def test_levels_do_what_they_say() -> None:
    text = "gpu-a07 token=hf_" + "a1" * 17

    assert Redactor("none", KNOWN).text(text) == text
    assert Redactor("secrets", KNOWN).text(text) == "gpu-a07 token=[masked]"
    assert Redactor("share", KNOWN).text(text) == "host-1 token=[masked]"


FRAGMENTS = st.sampled_from(
    [
        "gpu-a07", "10.20.4.17", "10.0.0.0/8", "240.0.0.3", "::1", "2a02:8109::3f", "host-2",
        "fe80::1%eth0", "/home/alice/", "alice@gpu-a07:~", "rosa@kestrel.example", "://x.corp/",
        "images.kestrel.example:5000/a", "domain-4.example", "d4:f5:ef:6b:48:7c", "==", "version ",
        "rerank-6c9f7b5d48-t2vxm", "-xxxx4", "GPU-7c1e9b52-04fd-a6d3-58ef-91b0c2d47a63", "=", " ",
        "Serial Number: 1650923014477", "  ", "   ", "\n", ":", "/", "-", ".", "@", "ip-10-0-0-1",
        "x.s3.amazonaws.com", "tenant-1.amazonaws.com", "password=", "Falcon!77x", '"', "'",
        "[masked]",
    ]
)  # fmt: skip


@given(parts=st.lists(FRAGMENTS, max_size=12))
def test_twice_is_once_and_lines_stay_lines(parts: list[str]) -> None:
    redactor = Redactor("share", KNOWN)
    text = "".join(parts)
    redactor.learn(text)

    shown = redactor.text(text)

    assert redactor.text(shown) == shown
    assert shown.count("\n") == text.count("\n")


@given(text=st.text(max_size=300))
def test_any_text_can_be_redacted(text: str) -> None:
    redactor = Redactor("share", KNOWN)

    assert redactor.text(text).count("\n") == text.count("\n")


def test_no_two_names_share_a_pseudonym() -> None:
    rng = random.Random(4)
    pseudonyms = Pseudonyms()
    names = {
        f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}" for _ in range(999)
    }

    made = {pseudonyms.of("ip", name) for name in names}

    assert len(made) == len(names)


def test_every_kind_has_a_pseudonym_that_stands_for_itself() -> None:
    names = {"ip": "10.0.0.1", "pod": "a-6c9f7b5d48-t2vxm", "gpu_uuid": "GPU-1"}
    for kind in KINDS:
        made = Pseudonyms().of(kind, names.get(kind, "hydra"))

        assert Pseudonyms().of(kind, made) == made
