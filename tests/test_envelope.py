"""Wrappers come off, in any nesting, and nothing else does."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.clock import FORMS, read
from triage.envelope import MAX_WRAPPERS, WRAPPERS, peel, repair
from triage.envelope.model import HEAD, Wrapped, Wrapper

SAMPLES = [
    pytest.param(wrapper, sample, id=f"{wrapper.name}:{sample.text[:48]}")
    for wrapper in WRAPPERS
    for sample in wrapper.samples
]
MISSES = [
    pytest.param(wrapper, miss, id=f"{wrapper.name}:{miss[:48]}")
    for wrapper in WRAPPERS
    for miss in wrapper.misses
]
FIELDS = {
    "host", "process", "pid", "level", "logger", "stream", "container", "unit", "rank", "thread",
    "facility", "pod", "namespace", "pod_uid", "container_id", "node", "stack", "count",
}  # fmt: skip
REWRITING = {"json", "logfmt", "logfmt_late", "html", "color", "color_stamped", "repeated"}

LOG_TEXT = st.text(
    st.sampled_from(
        [*"[]<>(){}|:;,.-+*/=\"' \t0123456789abeEkINFOmsT", "\u2013", "月", "“", "&", ";"]
    ),
    max_size=120,
)
PREFIXES = (
    "2024-10-06T00:17:09.669794202Z stdout F ",
    "May 14 09:28:44 node-4 dockerd[77]: ",
    "[rank3]: ",
    "trainer-1  | ",
    "(Trainer pid=3856, ip=10.0.0.2) ",
    "2024-10-14 03:14:22,891 - app.worker - ERROR - ",
    "2024-05-14T03:02:11.492Z [ERROR] [worker-7f9b] \u2013 ",
    "[2024-10-14 03:14:22 +0000] [123] [INFO] ",
    "I0528 16:05:54.802914 2269385 eviction_manager.go:627] ",
    "[2024-07-17 19:44:06,829] [INFO] [scaler.py:190:update] ",
    "[pod/web-0/app] ",
    "ERROR:worker:",
)
BODIES = (
    "NVRM: Xid (PCI:0000:65:00): 31, pid=4242, name=python3, Ch 00000008",
    '  File "/app/a.py", line 142, in predict',
    "    features = store.get(user_id)",
    "KeyError: 'user_id'",
    "RuntimeError: CUDA out of memory. Tried to allocate 2.00 MiB",
    "Out of memory: Killed process 29401 (python3) total-vm:12kB",
    "pcieport 0000:00:01.0: AER: Uncorrected (Fatal) error received",
    "INFO: task python3:1422 blocked for more than 120 seconds.",
    "WARNING: CPU: 3 PID: 40 at mm/page_alloc.c:4123 f+0x1/0x2",
    "python3[1422]: segfault at 0 ip 00007f sp 00007f error 4 in libcuda.so",
    "ERROR: Cannot install a and b because these versions conflict",
    "| 0  NVIDIA A100-SXM4-80GB  On | 00000000:00:05.0 Off |",
    "numpy==1.26.4",
    "1.12 GiB free; 38.50 GiB reserved in total by PyTorch 2.2.0)",
    "web-0   0/1   CrashLoopBackOff   5 (2m30s ago)   13m",
    "[  18264]     0 18264  5063909   119961    1661   136409   -998 java",
    "sqlalchemy.exc.DataError: (x) bad value",
    '{"prediction": 0.5, "status": "success"}',
)


@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES)
def test_a_wrapper_reads_its_own_samples(wrapper: Wrapper, sample: Wrapped) -> None:
    peeled = peel(sample.text)

    assert peeled.body == sample.body
    assert sample.fields.items() <= peeled.fields.items()
    if sample.stamp is not None:
        assert peeled.stamp is not None
        assert peeled.stamp.text == sample.stamp
        assert sample.form in (None, peeled.stamp.form)
    if sample.uptime is not None:
        assert peeled.uptime == sample.uptime
    if sample.wrappers is not None:
        assert peeled.wrappers == sample.wrappers
    assert wrapper.samples


@pytest.mark.parametrize(("wrapper", "miss"), MISSES)
def test_what_only_looks_like_a_wrapper_stays(wrapper: Wrapper, miss: str) -> None:
    assert wrapper.name not in peel(miss).wrappers


@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES)
def test_every_stamp_has_a_form_that_the_clock_reads(wrapper: Wrapper, sample: Wrapped) -> None:
    stamp = peel(sample.text).stamp

    assert stamp is None or stamp.form in FORMS
    assert stamp is None or read(stamp) is not None, wrapper.name


@pytest.mark.parametrize("body", BODIES)
def test_a_bare_line_stays_whole(body: str) -> None:
    peeled = peel(body)

    assert (peeled.body, peeled.wrappers, peeled.stamp, peeled.uptime) == (body, (), None, None)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("body", BODIES)
def test_a_body_is_the_same_however_it_is_wrapped(prefix: str, body: str) -> None:
    assert peel(prefix + body).body == body


@pytest.mark.parametrize("outer", PREFIXES[:10])
@pytest.mark.parametrize("inner", PREFIXES)
def test_wrappers_nest(outer: str, inner: str) -> None:
    body = "Out of memory: Killed process 29401 (python3)"

    peeled = peel(outer + inner + body)

    assert peeled.body == body
    assert peeled.wrappers == peel(outer + body).wrappers + peel(inner + body).wrappers


@pytest.mark.parametrize("prefix", [*PREFIXES, "[ 9321.004417] ", "May 14 09:28:44 n kernel: "])
def test_the_kernels_stamp_is_found_under_any_other(prefix: str) -> None:
    peeled = peel(f"{prefix}[68293.120456] oom_reaper: reaped process 7 (python3)")

    assert peeled.body == "oom_reaper: reaped process 7 (python3)"
    assert peeled.uptime in (68293.120456, 9321.004417)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("May 14 03:02:15 n1 app[7]: 2024-05-14T03:02:14Z [INFO] x", "2024-05-14T03:02:14Z"),
        ("[03:14:10] May 14 03:02:15 n1 app[7]: x", "May 14 03:02:15"),
        ("2024-05-14 05:02:14,1 - a - INFO - 2024-05-14 03:02:14 x", "2024-05-14 05:02:14,1"),
        ("2024-05-14T03:02:14.5Z 2024-05-14 05:02:14 [error] 3#3: *1 x", "2024-05-14T03:02:14.5Z"),
        ("I0528 16:05:54.802914 7 a.go:62] [2024-05-28 16:05:54] x", "2024-05-28 16:05:54"),
    ],
)
def test_the_stamp_that_says_most_wins_and_of_equals_the_outermost(text: str, stamp: str) -> None:
    found = peel(text).stamp

    assert found is not None
    assert found.text == stamp


def test_what_the_program_says_of_itself_beats_what_its_shipper_says() -> None:
    peeled = peel("<14>May 14 03:02:15 n1 ray[7]: (Trainer pid=99) ERROR:root:lost it")

    assert peeled.fields["level"] == "error"
    assert peeled.fields["process"] == "Trainer"
    assert peeled.fields["pid"] == 99
    assert peeled.fields["host"] == "n1"


def test_a_logger_named_kernel_is_not_the_kernel() -> None:
    peeled = peel("[2024-10-14 03:14:22,892] CRITICAL:kernel:Out of memory")

    assert peeled.fields["logger"] == "kernel"
    assert "facility" not in peeled.fields


def test_a_forged_kernel_message_shows_its_facility() -> None:
    peeled = peel("user  :warn  : [ 9321.004417] Out of memory: Killed process 1 (fake)")

    assert peeled.fields["facility"] == "user"


def test_no_more_wrappers_are_peeled_than_a_line_can_have() -> None:
    peeled = peel("[rank0]: " * 40 + "x")

    assert peeled.wrappers == ("torch_rank",) * MAX_WRAPPERS


@pytest.mark.parametrize(
    ("damaged", "plain"),
    [
        ("File “/app/a.py”, line 3", 'File "/app/a.py", line 3'),
        ("\u2018NoneType\u2019 object", "'NoneType' object"),
        ("panic \u2013 not syncing", "panic - not syncing"),
        ("a\u00a0b\u202fc", "a b c"),
        ("wait…", "wait..."),
        (
            "panic &#8211; not &quot;syncing&quot; &amp;amp; &lt;6&gt;",
            'panic - not "syncing" &amp; <6>',
        ),
        ("&#8220;x&#8221;&nbsp;&hellip;&#x27;", '"x" ...\''),
        ("a && b &c; &#xD800; &#99999999;", "a && b &c; &#xD800; &#99999999;"),
        ("&#10;&#0;x", "  x"),
    ],
)
def test_typography_is_undone(damaged: str, plain: str) -> None:
    assert repair(damaged) == plain


def test_a_prefix_with_the_blanks_and_dashes_of_a_blog_is_recognized() -> None:
    peeled = peel("[2024-05-20\u00a003:14:18]\u00a0ERROR: File “a”")

    assert peeled.body == 'File "a"'
    assert peeled.fields["level"] == "error"


def test_an_escaped_prefix_is_recognized_and_unescaped_only_once() -> None:
    peeled = peel("&lt;6&gt;[   13.868281] EDAC amd64: &amp;amp;")

    assert (peeled.body, peeled.uptime) == ("EDAC amd64: &amp;", 13.868281)


@given(st.text(max_size=300))
def test_peeling_never_raises(text: str) -> None:
    assert isinstance(peel(text).body, str)


@given(LOG_TEXT)
def test_the_body_is_the_end_of_the_line(text: str) -> None:
    peeled = peel(text)

    if not REWRITING & set(peeled.wrappers):
        assert repair(text.replace("\u00a0", " ")).endswith(peeled.body)
    if not peeled.wrappers:
        assert peeled.body == repair(text)


@given(st.sampled_from([sample.values[1].text for sample in SAMPLES]), st.integers(0, 200))  # type: ignore[union-attr]
def test_a_cut_line_is_no_accident(text: str, length: int) -> None:
    peeled = peel(text[:length])

    if not REWRITING & set(peeled.wrappers):
        assert repair(text[:length]).endswith(peeled.body)


@given(LOG_TEXT, st.sampled_from(PREFIXES))
def test_a_prefix_in_front_never_loses_text(text: str, prefix: str) -> None:
    peeled = peel(prefix + text)

    if not REWRITING & set(peeled.wrappers):
        assert repair(prefix + text).endswith(peeled.body)


@pytest.mark.parametrize(
    "unit",
    ["[", "[[rank", "<4>", "a: ", "a | ", "2024-05-14 ", "May 14 ", " ", "(a ", 't="\\', '{"'],
)
def test_hostile_repetition_costs_no_more_than_its_length(unit: str) -> None:
    text = unit * (200_000 // len(unit))

    start = time.perf_counter()
    peel(text)

    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda wrapper: wrapper.name)
def test_a_pattern_is_anchored_and_its_heads_let_its_samples_in(wrapper: Wrapper) -> None:
    assert not wrapper.pattern.startswith((".*", ".+"))
    assert not re.search(r"[*+}]\)[*+{]", wrapper.pattern), "nested quantifiers"
    assert len(wrapper.pattern) < HEAD * 4
    own = [sample for sample in wrapper.samples if wrapper.name in peel(sample.text).wrappers]
    assert own or wrapper.name == "access" or any(not s.wrappers for s in wrapper.samples)


@pytest.mark.parametrize(("wrapper", "sample"), SAMPLES)
def test_fields_have_known_names_and_types(wrapper: Wrapper, sample: Wrapped) -> None:
    fields = peel(sample.text).fields

    assert set(fields) <= FIELDS, wrapper.name
    assert all(isinstance(fields[name], int) for name in ("pid", "rank") if name in fields)


def test_names_of_wrappers_are_unique() -> None:
    names = [wrapper.name for wrapper in WRAPPERS]

    assert len(names) == len(set(names))
