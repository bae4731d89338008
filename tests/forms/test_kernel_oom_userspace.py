"""Memory killers outside the kernel, and systemd's word on a unit that lost a process."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

POD = "c4d5e6f7-0a1b-4c2d-8e3f-5a6b7c8d9e0f"

FORMS = (
    Form(
        row="earlyoom, SIGTERM",
        text='earlyoom[711]: sending SIGTERM to process 9120 uid 1003 "jupyter-lab": '
        "oom_score 801, VmRSS 40120 MiB\n",
        wants=(
            Want(
                "host.oom_userspace",
                {
                    "killer": "earlyoom", "pid": 9120, "process": "jupyter-lab", "uid": 1003,
                    "signal_name": "SIGTERM", "rss_mib": 40120,
                },
                (1, 1),
            ),
        ),
        near_miss="earlyoom[711]: sending SIGTERM when mem <= 10.00% and swap <= 10.00%,\n",
    ),
    Form(
        row="earlyoom, newest, with adjustment and command line",
        text='Mar  2 04:01:09 ws4 earlyoom[711]: sending SIGKILL to process 9120 uid 0 "python3": '
        'oom_score 930, oom_score_adj 10, VmRSS 61233 MiB, cmdline "python3 train.py --bs 64"\n',
        wants=(
            Want(
                "host.oom_userspace",
                {"pid": 9120, "process": "python3", "signal_name": "SIGKILL", "host": "ws4"},
            ),
        ),
        near_miss="Mar  2 04:01:09 ws4 earlyoom[711]: mem avail: 3120 of 64012 MiB ( 4.88%)\n",
    ),
    Form(
        row="earlyoom before 1.6",
        text='earlyoom: sending SIGKILL to process 2203 "chromium": badness 611, VmRSS 7011 MiB\n',
        wants=(
            Want(
                "host.oom_userspace",
                {"killer": "earlyoom", "pid": 2203, "process": "chromium", "rss_mib": 7011},
                (1, 1),
            ),
        ),
        near_miss="earlyoom: process 2203 exited\n",
    ),
    Form(
        row="systemd-oomd, pressure, and the unit's line below",
        text=(
            "Mar  2 04:01:09 ws4 systemd-oomd[801]: Killed /user.slice/user-1003.slice/"
            "user@1003.service/app.slice/app-code.scope due to memory pressure for "
            "/user.slice/user-1003.slice/user@1003.service being 71.12% > 50.00% for > 20s with "
            "reclaim activity\n"
            "Mar  2 04:01:09 ws4 systemd[1311]: app-code.scope: systemd-oomd killed 31 process(es) "
            "in this unit.\n"
        ),
        wants=(
            Want(
                "host.oom_userspace",
                {
                    "killer": "systemd-oomd", "unit": "app-code.scope", "count": 31, "pid": None,
                    "process": None, "owner_uid": 1003, "host": "ws4",
                },
                (1, 2),
            ),
        ),
        near_miss="Mar  2 04:01:08 ws4 systemd-oomd[801]: Memory pressure for /user.slice is "
        "7.1% > 5.0% for > 2s with reclaim activity\n",
    ),
    Form(
        row="systemd-oomd, swap",
        text="systemd-oomd[801]: Killed /system.slice/nightly.service due to memory used "
        "(66012000000) / total (67012000000) and swap used (8012000000) / total (8112000000) being "
        "more than 90.00%\n",
        wants=(
            Want(
                "host.oom_userspace",
                {
                    "killer": "systemd-oomd", "cgroup": "/system.slice/nightly.service",
                    "unit": "nightly.service", "process": None,
                },
                (1, 1),
            ),
        ),
        near_miss="systemd-oomd[801]: Considered 44 cgroups for killing, top candidates were:\n",
    ),
    Form(
        row="systemd-oomd, the unit alone",
        text="Mar  2 04:01:09 ws4 systemd[1]: nightly.service: systemd-oomd killed 3 process(es) "
        "in this unit.\n",
        wants=(
            Want(
                "host.oom_userspace",
                {"unit": "nightly.service", "count": 3, "pid": None, "process": None},
            ),
        ),
        near_miss="Mar  2 04:00:00 ws4 systemd[1]: Started systemd-oomd.service.\n",
    ),
    Form(
        row="Talos",
        text="user: warning: [2026-02-01T20:11:09.1Z]: [talos] Sending SIGKILL to cgroup "
        '{"component": "controller-runtime", "controller": "runtime.OOMController", "cgroup": '
        f'"/sys/fs/cgroup/kubepods/besteffort/pod{POD}"}}\n',
        wants=(
            Want(
                "host.oom_userspace",
                {"killer": "talos", "pod_uid": POD, "qos": "besteffort", "process": None},
                (1, 1),
            ),
        ),
        near_miss="user: warning: [2026-02-01T20:11:09.1Z]: [talos] controller "
        "runtime.OOMController started\n",
    ),
    Form(
        row="systemd: a process of the unit",
        text="Mar  2 04:01:09 ws4 systemd[1]: triton.service: A process of this unit has been "
        "killed by the OOM killer.\n",
        wants=(
            Want(
                "host.unit_oom",
                {"unit": "triton.service", "process": None, "pid": None, "host": "ws4"},
                (1, 1),
            ),
        ),
        near_miss="Mar  2 04:01:09 ws4 systemd[1]: triton.service: Consumed 1h 3min CPU time.\n",
    ),
    Form(
        row="systemd: the unit's result",
        text="Mar  2 04:01:10 ws4 systemd[1]: triton.service: Failed with result 'oom-kill'.\n",
        wants=(Want("host.unit_oom", {"unit": "triton.service", "process": None}, (1, 1)),),
        near_miss="Mar  2 04:01:10 ws4 systemd[1]: triton.service: Failed with result 'signal'.\n",
    ),
    Form(
        row="systemctl status",
        text=(
            "× triton.service - Inference server\n"
            "     Loaded: loaded (/etc/systemd/system/triton.service; enabled; preset: enabled)\n"
            "     Active: failed (Result: oom-kill) since Mon 2026-03-02 04:01:10 UTC; 2h ago\n"
            "   Main PID: 4114 (code=killed, signal=KILL)\n"
        ),
        wants=(Want("host.unit_oom", {"unit": "triton.service"}, (3, 3)),),
        near_miss=(
            "● triton.service - Inference server\n"
            "     Active: active (running) since Mon 2026-03-02 04:01:10 UTC; 2h ago\n"
            "     OOMPolicy=oom-kill\n"
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "calm",
    [
        "systemd-oomd[801]: Killed process table is empty",
        "rcu: INFO: OOM is now expected behavior.",
        "kubelet: oom_score_adj set to -999 for pid 812",
        "docker run --oom-kill-disable=true alpine",
        "Started Userspace Out-Of-Memory (OOM) Killer.",
    ],
)
def test_a_word_on_killers_is_no_kill(calm: str) -> None:
    events, _ = read(calm)

    assert [event.kind for event in events if event.kind != "log.line"] == []
