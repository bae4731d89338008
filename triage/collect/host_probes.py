"""What is asked of a machine beside its GPUs: system, kernel, memory, storage, network, Python.

Each script is POSIX sh, reads only, and prints what a person would paste: the output of the command
as it is, or files under the headings that `head` and `tail` print.
"""

from __future__ import annotations

import re
import shlex

from triage.collect.probe import Probe

SHOW = r"""
show() {
  for f in "$@"; do
    [ -f "$f" ] && [ -r "$f" ] && printf '==> %s <==\n' "$f" && cat "$f" 2>/dev/null && echo
  done
  return 0
}
run() {
  command -v "$1" >/dev/null && out=$("$@" 2>/dev/null) && [ -n "$out" ] &&
    printf '$ %s\n%s\n\n' "$*" "$out"
  return 0
}
need() { command -v "$1" >/dev/null || { echo "no $1 here" >&2; exit 69; }; }
"""

_CLOCK = r"""
echo '$ date -u'; date -u '+%Y-%m-%dT%H:%M:%SZ'
echo '$ date'; LC_ALL=C date
run uptime
show /proc/uptime /proc/sys/kernel/random/boot_id /etc/timezone
echo '$ readlink /etc/localtime'; readlink /etc/localtime
run timedatectl
run journalctl --list-boots --no-pager
"""
_HOST = r"""
run uname -a
run hostname
show /etc/os-release /proc/cmdline /proc/sys/kernel/tainted
run lscpu
run lsmod
"""
_LIMITS = r"""
echo '$ ulimit -a'; ulimit -a
show /proc/sys/vm/overcommit_memory /proc/sys/vm/overcommit_ratio /proc/sys/vm/panic_on_oom \
  /proc/sys/vm/swappiness /proc/sys/fs/file-nr /proc/sys/kernel/pid_max \
  /proc/sys/kernel/threads-max /proc/sys/kernel/dmesg_restrict /proc/sys/kernel/core_pattern \
  /proc/sys/kernel/shmmax
run ipcs -m
"""
_PROCESSES = r"""
need ps
echo '$ ps -eo pid,ppid,user,stat,wchan:24,rss,vsz,etime,args --sort=-rss | head -n 100'
if ! ps -eo pid,ppid,user,stat,wchan:24,rss,vsz,etime,args --sort=-rss 2>/dev/null | cut -c1-400 \
  | head -n 100 | grep .; then ps w | head -n 100; fi
echo; echo '$ ps: uninterruptible (D) and dead (Z)'
ps -eo pid,ppid,stat,wchan:32,etime,comm 2>/dev/null | awk 'NR > 1 && $3 ~ /^[DZ]/'
"""
_IDENTITY = r"""
show /proc/self/cgroup /proc/1/cgroup /etc/hostname /etc/podinfo/* \
  /var/run/secrets/kubernetes.io/serviceaccount/namespace /run/.containerenv
[ -e /.dockerenv ] && echo '/.dockerenv is there'
echo '$ env (names that tell what a job is)'
env | grep -E '^(HOSTNAME|NODE_NAME|POD_[A-Z]*|KUBERNETES_SERVICE_HOST|MY_[A-Z]*NAME|CUDA_[A-Z_]*|'\
'NVIDIA_[A-Z_]*|NCCL_[A-Z_0-9]*|TORCH_[A-Z_]*|PYTORCH_[A-Z_]*|OMP_NUM_THREADS|LD_LIBRARY_PATH|'\
'LD_PRELOAD|PYTHONPATH|VIRTUAL_ENV|CONDA_[A-Z_]*|RANK|LOCAL_RANK|WORLD_SIZE|MASTER_[A-Z]*|'\
'SLURM_[A-Z_]*|XLA_[A-Z_]*|TF_[A-Z_]*|HF_HOME|TMPDIR)=' | sort
exit 0
"""
_SERVICES = r"""
need systemctl
systemctl --failed --no-pager --plain 2>/dev/null | grep . || exit 69
"""
_CONTAINERS = r"""
found=
for tool in crictl docker podman; do
  list=$(run $tool ps -a) && [ -n "$list" ] && printf '%s\n\n' "$list" && found=1
done
[ -n "$found" ] || exit 69
"""
_SLURM = r"""
need scontrol
host=$(hostname -s)
run scontrol show node "$host"
run squeue -w "$host"
run sinfo -R
[ -z "$SLURM_JOB_ID" ] || run scontrol show job "$SLURM_JOB_ID"
"""
_DMESG = r"""
need dmesg
dmesg --raw 2>/dev/null || dmesg || exit 77
printf '%s %s triage-collect[%d]: [%12s] %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%S+00:00')" \
  "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)" "$$" \
  "$(sed 's/ .*/0000/' /proc/uptime)" "end of the kernel's log"
"""
_JOURNAL = r"""
need journalctl
out=$(journalctl %s --no-pager --quiet -o json -n 1 2>&1) || { echo "$out" >&2; exit 69; }
[ -n "$out" ] || { echo 'the journal holds nothing of that' >&2; exit 69; }
exec journalctl %s --no-pager --quiet -o json -n %d
"""
_PSTORE = r"""
[ -d /sys/fs/pstore ] || exit 69
[ -r /sys/fs/pstore ] || exit 77
show /sys/fs/pstore/* /var/lib/systemd/pstore/*/*
"""
_MEMORY = r"""
show /proc/meminfo /proc/pressure/memory /proc/pressure/cpu /proc/pressure/io /proc/swaps
echo '$ grep oom_kill /proc/vmstat'; grep oom_kill /proc/vmstat
run free -m
"""
_CGROUPS = r"""
files='memory.max memory.high memory.current memory.peak memory.swap.max memory.swap.current
 memory.events memory.pressure cpu.max cpu.stat cpu.pressure io.pressure pids.max pids.current
 pids.events cpu.cfs_quota_us cpu.cfs_period_us memory.limit_in_bytes memory.usage_in_bytes
 memory.max_usage_in_bytes memory.failcnt memory.oom_control memory.memsw.limit_in_bytes
 memory.stat'
base=/sys/fs/cgroup
[ -d $base ] || exit 69
up() {
  path=$2
  [ -n "$path" ] && [ -d "$1$path" ] || path=/
  while :; do
    echo "$1${path%/}"
    [ "$path" = / ] && break
    path=$(dirname "$path")
  done
}
{
  if [ -d $base/memory ]; then
    for kind in memory cpu pids; do
      own=$(sed -n "s/^[0-9]*:[^:]*\b$kind\b[^:]*://p" /proc/self/cgroup | head -n 1)
      [ -d $base/$kind ] && up $base/$kind "$own"
    done
  else
    up $base "$(sed -n 's/^0:://p' /proc/self/cgroup)"
  fi
  find $base -name memory.events -exec grep -lE '^oom_kill [1-9]' {} + 2>/dev/null
  find $base -name memory.oom_control -exec grep -lE '^oom_kill [1-9]' {} + 2>/dev/null
  find $base -name pids.events -exec grep -lE '^max [1-9]' {} + 2>/dev/null
  find $base -name cpu.stat -exec awk '
    /^nr_periods / { periods = $2 }
    /^nr_throttled / && periods >= 50 && $2 >= 0.25 * periods { print FILENAME }' {} + 2>/dev/null
  find $base \( -name memory.max -o -name memory.current -o -name memory.limit_in_bytes \
    -o -name memory.usage_in_bytes \) -exec grep -H . {} + 2>/dev/null | awk '
    { n = split($0, part, ":"); value = part[n]
      file = substr($0, 1, length($0) - length(value) - 1)
      group = file; sub("/[^/]*$", "", group) }
    file ~ /(max|limit_in_bytes)$/ { limit[group] = value }
    file ~ /(current|usage_in_bytes)$/ { usage[group] = value }
    END { for (g in limit)
      if (limit[g] > 0 && limit[g] < 2 ^ 60 && usage[g] > 0.9 * limit[g]) print g }'
} | sed 's|/memory.events$||; s|/memory.oom_control$||; s|/pids.events$||; s|/cpu.stat$||' |
awk '!seen[$0]++' | head -n 100 |
while read -r group; do
  for file in $files; do show "$group/$file"; done
done
"""
_DF = r"""
need df
echo '$ df -h'; df -h -x squashfs 2>/dev/null || df -h
echo; echo '$ df -i'; df -i -x squashfs 2>/dev/null || df -i
"""
_DISKS = r"""
show /proc/mounts /proc/mdstat /proc/diskstats
run lsblk
"""
_SMART = r"""
need smartctl
[ "$(id -u)" = 0 ] || exit 77
for disk in $(lsblk -dno NAME,TYPE | awk '$2 == "disk" { print "/dev/" $1 }'); do
  echo "$ smartctl -H -A $disk"; smartctl -H -A "$disk"; echo
done
"""
_INTERFACES = r"""
if command -v ip >/dev/null; then run ip -s link; run ip addr; run ip route; else show /proc/net/dev
fi
run ss -s
show /etc/resolv.conf /proc/net/bonding/*
"""
_INFINIBAND = r"""
ls /sys/class/infiniband/* >/dev/null 2>&1 || exit 69
run ibstat
run ibdev2netdev
grep -H . /sys/class/infiniband/*/ports/*/state /sys/class/infiniband/*/ports/*/phys_state \
  /sys/class/infiniband/*/ports/*/rate /sys/class/infiniband/*/ports/*/counters/* \
  /sys/class/infiniband/*/ports/*/hw_counters/* 2>/dev/null
"""

_LOG = r"""
log=%s
[ -e "$log" ] || { echo 'no such file or folder' >&2; exit 69; }
[ -r "$log" ] || exit 77
take() {
  case $1 in
    *.gz) gzip -dc "$1" | tail -c "$2";; *.xz) xz -dc "$1" | tail -c "$2";;
    *.zst) zstd -dcq "$1" | tail -c "$2";; *) tail -c "$2" "$1";;
  esac
}
if [ -d "$log" ]; then
  find "$log" -type f | sort | head -n 200 | while read -r file; do
    printf '==> %%s <==\n' "$file"; take "$file" 4000000; echo
  done
else take "$log" 64000000
fi
"""


def log_probes(paths: tuple[str, ...]) -> list[Probe]:
    """The logs that the user named, on a machine that has only a shell: the ends of them."""
    return [
        Probe(
            f"logs/{re.sub(r'[^A-Za-z0-9._+-]+', '-', path).strip('-.')}",
            "system",
            _LOG % shlex.quote(path),
            seconds=30,
        )
        for path in paths
    ]


def host_probes(since: str, python: tuple[str, ...], skip_pids: tuple[int, ...]) -> list[Probe]:
    """All of them. `since`: what journalctl takes; `python`: environments that the user named."""
    skips = tuple(word for pid in skip_pids for word in ("--skip", str(pid)))
    recent, before = f"--since {shlex.quote(since)}", "-k -b -1"
    return [
        Probe(
            "kernel/dmesg.txt",
            "kernel",
            SHOW + _DMESG,
            program=("kmsg",),
            root="the kernel log (OOM kills, Xids, disk and link errors)",
        ),
        Probe(
            "kernel/journal.jsonl",
            "kernel",
            SHOW + _JOURNAL % (recent, recent, 50_000),
            root="the journal of all services (or membership in systemd-journal)",
            seconds=20,
        ),
        Probe(
            "kernel/previous-boot.jsonl",
            "kernel",
            SHOW + _JOURNAL % (before, before, 5_000),
            root="the kernel log of the boot before",
            seconds=20,
        ),
        Probe("kernel/pstore.txt", "kernel", SHOW + _PSTORE, root="what a crash left in pstore"),
        Probe("system/clock.txt", "system", SHOW + _CLOCK),
        Probe("system/host.txt", "system", SHOW + _HOST),
        Probe("system/limits.txt", "system", SHOW + _LIMITS),
        Probe("system/processes.txt", "system", SHOW + _PROCESSES),
        Probe("system/identity.txt", "system", SHOW + _IDENTITY),
        Probe(
            "system/services.txt", "system", SHOW + _SERVICES, absent="no failed unit of systemd"
        ),
        Probe(
            "system/containers.txt", "system", SHOW + _CONTAINERS, absent="no container tool here"
        ),
        Probe("system/slurm.txt", "system", SHOW + _SLURM),
        Probe("memory/memory.txt", "memory", SHOW + _MEMORY),
        Probe("memory/cgroups.txt", "memory", SHOW + _CGROUPS),
        Probe("storage/df.txt", "storage", SHOW + _DF),
        Probe("storage/disks.txt", "storage", SHOW + _DISKS),
        Probe(
            "storage/smart.txt", "storage", SHOW + _SMART, root="the health of disks", seconds=20
        ),
        Probe("network/interfaces.txt", "network", SHOW + _INTERFACES),
        Probe("network/infiniband.txt", "network", SHOW + _INFINIBAND, absent="no InfiniBand here"),
        Probe(
            "python/environments.json",
            "python",
            program=("distributions", "environments"),
            arguments=(*skips, *python),
            absent="no Python environment found",
            root="environments of other users' processes",
            seconds=20,
        ),
    ]
