"""Any body comes out of any wrapper, and of any two of them, as it went in; nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.envelope import peel, repair

STAMPED = {
    "CRI": "2025-03-13T04:05:06.291660856Z stderr F ",
    "kubectl --timestamps": "2025-03-13T04:05:06.291660856Z ",
    "syslog": "Mar 13 04:05:06 gpu31 trainer[8123]: ",
    "syslog, localized": "kwi 13 04:05:06 gpu31 trainer[8123]: ",
    "syslog, priority": "<27>Mar 13 04:05:06 gpu31 trainer[8123]: ",
    "RFC 5424": "<14>1 2025-03-13T04:05:06.003Z gpu31 trainer 8123 - - ",
    "rsyslog, ISO": "2025-03-13T04:05:06.156534+00:00 gpu31 trainer[8123]: ",
    "journalctl short-full": "Thu 2025-03-13 04:05:06 UTC gpu31 trainer[8123]: ",
    "journalctl short-unix": "1741835106.204518 gpu31 trainer[8123]: ",
    "logging": "2025-03-13 04:05:06,291 - fit.loop - ERROR - ",
    "loguru": "2025-03-13 04:05:06.977 | ERROR    | fit.loop:<module>:14 - ",
    "gunicorn": "[2025-03-13 04:05:06 +0000] [978] [ERROR] ",
    "DeepSpeed": "[2025-03-13 04:05:06,829] [ERROR] [engine.py:190:save] ",
    "klog": "E0313 04:05:06.802914   12345 pod_workers.go:1300] ",
    "vLLM": "ERROR 03-13 04:05:06 [core.py:1240] ",
}
NAMED = {
    "torch": "[rank1]: ",
    "torchrun": "[default0]:",
    "Ray": "(RayTrainWorker pid=3856, ip=10.0.0.2) ",
    "mpirun": "[1,3]<stderr>:",
    "kubectl --prefix": "[pod/fit-llm-0/trainer] ",
    "stern": "fit-llm-0 trainer \u203a ",
    "docker compose": "trainer-1  | ",
    "pdsh": "train-gpu-worker-1: ",
    "an address": "10.4.0.9: ",
    "python_basic": "ERROR:worker:",
}
KERNEL = {
    "dmesg": "[ 7731.204518] ",
    "dmesg with caller": "[ 1052.080846][   T41] ",
    "dmesg -T": "[Thu Mar 13 04:05:06 2025] ",
    "dmesg -T, localized": "[木  3月 13 04:05:06 2025] ",
    "dmesg -x": "kern  :err   : [ 7731.204518] ",
    "dmesg -r": "<3>[ 7731.204518] ",
    "dmesg --reltime": "[  +0.000025] ",
    "dmesg iso": "2025-03-13T04:05:06,204518+01:00 ",
    "dmesg delta": "[<    0.000025>] ",
    "/dev/kmsg": "3,4107,7731204518,-;",
    "Talos": "kern: err: [2025-03-13T04:05:06.913975631Z]: ",
    "syslog": "Mar 13 04:05:06 gpu31 kernel: ",
    "short-monotonic": "[ 7731.204518] gpu31 kernel: ",
}
OUTER = {**STAMPED, **NAMED}
EATS_ONE_BLANK = {"mpirun"}
"""Some versions write a blank behind the prefix and some do not."""
FRAME = " [<ffffffff8101b975>] ? sched_clock"
BODIES = (
    "NVRM: Xid (PCI:0000:c1:00): 79, pid=8123, GPU has fallen off the bus.",
    "Out of memory: Killed process 40721 (trainer) total-vm:90112kB",
    "INFO: task python3:1422 blocked for more than 120 seconds.",
    "WARNING: CPU: 3 PID: 40 at mm/page_alloc.c:4123 f+0x1/0x2",
    "python3[1422]: segfault at 0 ip 00007f sp 00007f error 4 in libcuda.so",
    "[   1306]     0  1306    55346    21850   python3",
    FRAME,
    "cgroup: fork rejected by pids controller in /kk",
    "pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received",
)
APPLICATION = (
    "Traceback (most recent call last):",
    '  File "/srv/fit/step.py", line 61, in step',
    "    loss = model(batch)",
    "KeyError: 'user_id'",
    "sqlalchemy.exc.DataError: (x) bad value",
    "RuntimeError: CUDA out of memory. Tried to allocate 2.00 MiB",
    '{"prediction": 0.5, "status": "success"}',
    "numpy==1.26.4",
)
ALL = (*BODIES, *APPLICATION)
WORDS = st.lists(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=9), min_size=1, max_size=8
).map(" ".join)
"""Prose: nothing in it opens a bracket, a quote or a colon."""
ANY = st.text(st.characters(exclude_characters="\n\r\0\x1b\x08"), max_size=120)


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", [*KERNEL, *STAMPED, *NAMED])
def test_a_body_comes_out_of_two_wrappers_as_it_went_in(outer: str, inner: str) -> None:
    before = OUTER[outer] + (KERNEL.get(inner) or OUTER[inner])
    bodies = [body for body in ALL if inner not in KERNEL or body in BODIES]
    if inner in EATS_ONE_BLANK:
        bodies.remove(FRAME)

    assert [peel(before + body).body for body in bodies] == bodies


@pytest.mark.parametrize("wrapper", [*KERNEL, *OUTER])
def test_a_body_comes_out_of_one_wrapper_as_it_went_in(wrapper: str) -> None:
    before = KERNEL.get(wrapper) or OUTER[wrapper]
    bodies = [body for body in ALL if wrapper not in KERNEL or body in BODIES]
    if wrapper in EATS_ONE_BLANK:
        bodies.remove(FRAME)

    assert [peel(before + body).body for body in bodies] == bodies


@given(st.sampled_from([*OUTER.values(), *KERNEL.values()]), WORDS)
def test_prose_comes_out_of_one_wrapper_as_it_went_in(before: str, body: str) -> None:
    assert peel(before + body).body == repair(body)


@given(
    st.sampled_from([*OUTER.values()]),
    st.sampled_from([*OUTER.values(), *KERNEL.values()]),
    WORDS,
)
def test_prose_comes_out_of_two_wrappers_as_it_went_in(outer: str, inner: str, body: str) -> None:
    assert peel(outer + inner + body).body == repair(body)


@settings(max_examples=300)
@given(
    st.sampled_from([*OUTER.values(), *KERNEL.values()]),
    st.sampled_from(["", *OUTER.values(), *KERNEL.values()]),
    ANY,
)
def test_any_text_behind_wrappers_is_kept_to_its_end(outer: str, inner: str, text: str) -> None:
    body = peel(outer + inner + text).body

    kept = repair((outer + inner + text).replace("\u00a0", " "))
    assert kept.endswith(body) or "{" in text or "=" in text or "repeated" in text


@given(st.sampled_from([*OUTER.values(), *KERNEL.values()]), WORDS)
def test_a_wrapper_says_the_same_whatever_it_wraps(before: str, body: str) -> None:
    plain = peel(before + "plain words")
    peeled = peel(before + body)

    assert (peeled.stamp, peeled.uptime, peeled.fields) == (
        plain.stamp,
        plain.uptime,
        plain.fields,
    )
