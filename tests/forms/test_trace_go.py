"""Go: a panic or a fatal error is one block with its goroutines; a dump on request is none."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

CALLS = (
    "main.(*Pool).Take(0xc000010000, {0xc00001c0a8, 0x3})\n\t/src/pool.go:42 +0x1d\n"
    "main.main()\n\t/src/main.go:11 +0x25\n"
)
GO: dict[str, str | int] = {
    "language": "Go",
    "exception": "panic",
    "path": "/src/pool.go",
    "path_line": 42,
    "function": "main.(*Pool).Take",
}
GORUN = "goroutine 1 [running]:\n"

GOES = (
    Form(
        row="Go, panic",
        text=(
            "panic: runtime error: index out of range [3] with length 3\n\n"
            + GORUN
            + "panic({0x4b1a20?, 0xc0000b2000?})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
            + CALLS
            + "exit status 2\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    **GO,
                    "exception_message": "runtime error: index out of range [3] with length 3",
                    "frames": 2,
                },
                (1, 10),
            ),
        ),
        near_miss="panic: no, calm\nnothing else\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, nil pointer with a signal, other goroutines",
        text=(
            "panic: runtime error: invalid memory address or nil pointer dereference\n"
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4f2a1b]\n\n"
            + GORUN
            + CALLS
            + "\ngoroutine 18 [chan receive, 3 minutes]:\nmain.worker(0xc00007e060)\n"
            "\t/src/worker.go:9 +0x3a\ncreated by main.main in goroutine 1\n"
            "\t/src/main.go:10 +0x1a\nexit status 2\n"
        ),
        wants=(
            Want(
                "app.trace",
                {**GO, "signal": 11, "signal_name": "SIGSEGV", "threads": 2, "frames": 2},
                (1, 15),
            ),
        ),
        near_miss="[signal SIGSEGV: handled]\ngoroutine 18 was idle\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, fatal error: deadlock",
        text=(
            "fatal error: all goroutines are asleep - deadlock!\n\n"
            "goroutine 1 [chan receive]:\n" + CALLS + "exit status 2\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    **GO,
                    "exception": "fatal error",
                    "exception_message": "all goroutines are asleep - deadlock!",
                },
                (1, 8),
            ),
        ),
        near_miss="kernel.cu:3:10: fatal error: cuda.h: No such file or directory\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, fatal error: out of memory, runtime stack",
        text=(
            "fatal error: runtime: out of memory\n\nruntime stack:\n"
            "runtime.throw({0x4c1a20?, 0x16?})\n\t/usr/local/go/src/runtime/panic.go:1023 +0x5c\n"
            "\n" + GORUN + CALLS
        ),
        wants=(Want("app.trace", {**GO, "exception": "fatal error", "frames": 2}, (1, 11)),),
        near_miss="fatal error: runtime: out of memory was seen last week\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, panic of a handler that the server survived",
        text=(
            "2025/06/02 10:00:01 http: panic serving 10.0.0.4:51012: pool is closed\n"
            "goroutine 41 [running]:\nnet/http.(*conn).serve.func1()\n"
            "\t/usr/local/go/src/net/http/server.go:1868 +0xb9\n" + CALLS
        ),
        wants=(
            Want("app.trace", {**GO, "exception_message": "pool is closed", "frames": 2}, (1, 8)),
        ),
        near_miss="2025/06/02 10:00:01 http: serving 10.0.0.4:51012\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, Kubernetes observed a panic",
        text=(
            'E0602 10:00:01.123456       1 runtime.go:79] Observed a panic: "pool is closed" '
            "(pool is closed)\n" + "goroutine 91 [running]:\n"
            "k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1a2b3c, 0xc000123456})\n"
            "\t/go/pkg/mod/k8s.io/apimachinery@v0.29.0/pkg/util/runtime/runtime.go:75 +0x85\n"
            + CALLS
        ),
        wants=(Want("app.trace", {**GO, "level": "error"}, (1, 8)),),
        near_miss="I0602 10:00:01.123456       1 runtime.go:79] Observed no panic\n",
        unclaimed=0,
    ),
    Form(
        row="Go, panic in a pod's log",
        text="".join(
            f"2025-06-02T10:00:01.00000000{n}Z stderr F {row}\n"
            for n, row in enumerate(("panic: pool is closed\n\n" + GORUN + CALLS).splitlines())
        ),
        wants=(Want("app.trace", {**GO, "exception_message": "pool is closed"}, (1, 7)),),
        near_miss="2025-06-02T10:00:01.000000000Z stderr F goroutine leak check: ok\n",
    ),
    Form(
        row="Go, panic during a panic",
        text=(
            "panic: pool is closed [recovered]\n\tpanic: while closing: disk\n\n" + GORUN + CALLS
        ),
        wants=(Want("app.trace", {**GO, "exception_message": "pool is closed"}, (1, 8)),),
        near_miss="\tpanic: while closing\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Go, Kubernetes observed a panic, structured",
        text=(
            'E0602 10:00:01.123456       1 panic.go:262] "Observed a panic" panic="pool is closed" '
            'panicGoValue="\\"pool is closed\\"" stacktrace=<\n'
            + "".join(f"\t{row}\n" for row in (GORUN + CALLS).splitlines())
            + " >\n"
        ),
        wants=(Want("app.trace", {**GO, "level": "error", "frames": 2}, (1, 7)),),
        near_miss=(
            'I0602 10:00:01.123456       1 panic.go:262] "Observed a pool" state=<\n\tclosed\n >\n'
        ),
    ),
    Form(
        row="Go, JSON record of zap",
        text=(
            '{"level":"error","ts":1748858401.25,"msg":"recovered: panic: pool is closed",'
            '"stacktrace":"goroutine 7 [running]:\\nmain.(*Pool).Take(0xc000010000)\\n'
            '\\t/src/pool.go:42 +0x1d\\nmain.main()\\n\\t/src/main.go:11 +0x25"}\n'
        ),
        wants=(Want("app.trace", {**GO, "level": "error", "exception_message": "pool is closed"}),),
        near_miss='{"level":"info","ts":1748858401.25,"msg":"no panic: pool is open"}\n',
    ),
)


@pytest.mark.parametrize("form", GOES, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_goroutines_that_somebody_asked_for_are_no_failure() -> None:
    text = "SIGQUIT: quit\nPC=0x46b8c1 m=0 sigcode=0\n\n" + GORUN + CALLS + "\n" + GORUN + CALLS

    events, _ = read(text)

    assert [event for event in events if event.kind == "app.trace"] == []
