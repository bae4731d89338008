"""Writes a syslog of any size: mostly noise of a busy GPU node, one line in a hundred a failure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

HOST = "gpu-node-017"
NOISE = (
    "kernel: [{up:12.6f}] IN=eth0 OUT= MAC=02:42:{b}:{b}:ac:11 SRC=10.0.{b}.{b} DST=10.1.{b}.{b} LEN={n} TTL=63 PROTO=TCP SPT={n} DPT=443",
    "kernel: [{up:12.6f}] cni0: port {b}(veth{h}) entered forwarding state",
    'kubelet[1873]: I0311 10:00:00.000000    1873 prober.go:107] "Probe succeeded" probeType="Readiness" pod="ml-prod/ranker-{h}" containerName="server"',
    'containerd[1402]: time="2025-03-11T10:00:00Z" level=info msg="StopContainer for {h}{h}{h}{h} returns successfully"',
    'containerd[1402]: time="2025-03-11T10:00:00Z" level=info msg="PullImage \\"registry.local/ml/ranker-{h}:v{b}\\" returns image reference"',
    'kernel: [{up:12.6f}] audit: type=1400 audit(1741687200.{b}:{n}): apparmor="ALLOWED" operation="open" profile="cri-containerd.apparmor.d" name="/proc/{n}/maps"',
    "CRON[{n}]: (root) CMD (/usr/local/bin/collect_gpu_metrics.sh --interval 60 --timeout 30 >/dev/null 2>&1)",
    "systemd[1]: Started session-{n}.scope - Session {n} of User deploy; cgroup user.slice/user-1001.slice.",
    'dockerd[1100]: time="2025-03-11T10:00:00Z" level=info msg="ignoring event" container={h}{h}{h} module=libcontainerd namespace=moby topic=/tasks/delete',
    "ntpd[812]: adjusting local clock by -0.{n}s",
    'nginx[{n}]: 10.2.{b}.{b} - - [11/Mar/2025:10:00:00 +0000] "GET /v1/models HTTP/1.1" 200 {n} "-" "python-requests/2.31"',
    "systemd[1]: run-containerd-runc-k8s.io-{h}{h}-runc.{h}.mount: Deactivated successfully.",
    "sshd[{n}]: Accepted publickey for deploy from 10.2.{b}.{b} port {n} ssh2: ED25519 SHA256:{h}{h}{h}",
    'dcgm-exporter[2201]: level=debug msg="metrics scraped" gpu={b} sm_clock={n} power={n}W temp={b}C mem_used={n}MiB util={b}',
    "trainer[{n}]: [rank{b}] step={n} loss=0.{n} lr=1.0e-04 grad_norm=0.{n} tokens/s={n} mem=41.2GiB",
    'ranker-api[{n}]: INFO: 10.3.{b}.{b}:{n} - "POST /v1/rank HTTP/1.1" 200 OK request_id=req-{h} latency_ms={b} batch=8',
)  # fmt: skip
FAILURES = (
    "kernel: [{up:12.6f}] NVRM: Xid (PCI:0000:4c:00): 31, pid={n}, name=python3, Ch 0000001e, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_3 faulted @ 0x7f41_20000000",
    "kernel: [{up:12.6f}] Memory cgroup out of memory: Killed process {n} (uvicorn) total-vm:9000000kB, anon-rss:4000000kB, file-rss:0kB, shmem-rss:0kB, UID:0 oom_score_adj:968",
    "kernel: [{up:12.6f}] pcieport 0000:c8:00.0: AER: Corrected error received: 0000:c8:00.0",
    "kernel: [{up:12.6f}] INFO: task python3:{n} blocked for more than 120 seconds.",
    "trainer[{n}]: torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB (GPU 3; 79.15 GiB total capacity; 70.10 GiB already allocated; 1.20 GiB free; 75.00 GiB reserved in total by PyTorch)",
    "trainer[{n}]: [rank{b}] WARNING step={n} loss=nan lr=1.0e-04 grad_norm=nan -- gradient contains NaN/Inf in layer model.layers.3.mlp",
    'kubelet[1873]: E0311 10:00:00.000000 1873 pod_workers.go:1301] "Error syncing pod, skipping" err="CrashLoopBackOff: back-off 5m0s restarting failed container=server pod=ranker-{h}_ml-prod"',
)  # fmt: skip


def write_log(path: Path, size: int, seed: int = 7, failures: float = 0.01) -> int:
    """Write about `size` bytes, `failures` of the lines bad ones. Returns the number of lines.

    The same seed gives the same file.
    """
    rng = random.Random(seed)
    written = lines = 0
    uptime = 11304.0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as out:
        while written < size:
            uptime += rng.random() / 15
            second = int(uptime) % 60
            minute = int(uptime) // 60 % 60
            hour = int(uptime) // 3600 % 24
            form = rng.choice(FAILURES) if rng.random() < failures else rng.choice(NOISE)
            body = form.format(
                up=uptime,
                b=rng.randint(10, 99),
                n=rng.randint(2000, 60000),
                h=f"{rng.getrandbits(32):08x}",
            )
            row = f"Mar 11 {hour:02d}:{minute:02d}:{second:02d} {HOST} {body}\n"
            out.write(row)
            written += len(row)
            lines += 1
    return lines


def write_mixed(path: Path, texts: Sequence[str], rounds: int = 200, seed: int = 7) -> int:
    """Write `rounds` lines of each text in turn, each form as often as any other.

    A line of a short text comes back more often than one of a long text; none is made up. Returns
    the number of lines; the same seed gives the same file.
    """
    rng = random.Random(seed)
    forms = [lines for text in texts if (lines := text.splitlines())]
    with path.open("w", encoding="utf-8") as out:
        for _ in range(rounds):
            out.writelines(f"{rng.choice(lines)}\n" for lines in forms)
    return rounds * len(forms)
