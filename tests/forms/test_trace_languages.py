"""Go, Rust, Ruby and PHP: a panic or an uncaught exception is one block with its place."""

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
)
RUSTS = (
    Form(
        row="Rust, new form",
        text=(
            "thread 'tokio-runtime-worker' panicked at src/pool.rs:14:9:\n"
            "called `Result::unwrap()` on an `Err` value: Closed\n"
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "Rust",
                    "exception": "panic",
                    "exception_message": "called `Result::unwrap()` on an `Err` value: Closed",
                    "path": "src/pool.rs",
                    "path_line": 14,
                    "thread": "tokio-runtime-worker",
                    "frames": 0,
                },
                (1, 3),
            ),
        ),
        near_miss="no thread panicked at start\nnote: run with `RUST_BACKTRACE=1`\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Rust, old form",
        text=(
            "thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', "
            "src/pool.rs:14:9\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception_message": "index out of bounds: the len is 3 but the index is 7",
                    "path": "src/pool.rs",
                    "path_line": 14,
                },
                (1, 1),
            ),
        ),
        near_miss="thread 'main' panicked at 'startup', they said\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Rust, backtrace",
        text=(
            "thread '<unnamed>' panicked at src/pool.rs:14:9:\npool is closed\nstack backtrace:\n"
            "   0: rust_begin_unwind\n"
            "             at /rustc/9fc6b431/library/std/src/panicking.rs:647:5\n"
            "   1: core::panicking::panic_fmt\n"
            "             at /rustc/9fc6b431/library/core/src/panicking.rs:72:14\n"
            "   2: rank::pool::Pool::take\n             at ./src/pool.rs:14:9\n"
            "   3: rank::main\n             at ./src/main.rs:5:5\n"
            "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose "
            "backtrace.\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception_message": "pool is closed",
                    "frames": 4,
                    "function": "rank::pool::Pool::take",
                    "path_line": 14,
                },
                (1, 12),
            ),
        ),
        near_miss="stack backtrace:\n   0: off\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Rust, panic under Python",
        text=(
            "thread '<unnamed>' panicked at src/tokenizer.rs:88:5:\nno vocabulary\n"
            "Traceback (most recent call last):\n"
            '  File "/srv/fit/run.py", line 18, in <module>\n    fit()\n'
            "pyo3_runtime.PanicException: no vocabulary\n"
        ),
        wants=(
            Want("app.trace", {"path": "src/tokenizer.rs", "frames": 0}, (1, 2)),
            Want("py.traceback", {"exception": "pyo3_runtime.PanicException"}, (3, 6)),
        ),
        near_miss="pyo3_runtime.PanicException is the class\n",
        unclaimed=0,
    ),
    Form(
        row="Rust, anyhow",
        text=(
            "Error: cannot read shards\n\nCaused by:\n    0: open /data/7\n"
            "    1: No such file or directory (os error 2)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "Rust",
                    "exception": "Error",
                    "exception_message": "cannot read shards",
                    "root_message": "No such file or directory (os error 2)",
                    "chain": 3,
                },
                (1, 5),
            ),
        ),
        near_miss="the outage\n\nCaused by:\n    a full disk\n",
        parser="trace",
        unclaimed=0,
    ),
)
RUBIES = (
    Form(
        row="Ruby, 2 and 3",
        text=(
            "/srv/worker.rb:12:in `take': undefined method `id' for nil:NilClass (NoMethodError)\n"
            "\tfrom /srv/run.rb:4:in `block in <main>'\n\t ... 12 levels...\n"
            "\tfrom /srv/run.rb:2:in `<main>'\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "Ruby",
                    "exception": "NoMethodError",
                    "exception_message": "undefined method `id' for nil:NilClass",
                    "path": "/srv/worker.rb",
                    "path_line": 12,
                    "function": "take",
                    "frames": 3,
                },
                (1, 4),
            ),
        ),
        near_miss="/srv/worker.rb:12: warning: method redefined (see above)\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Ruby 3.4, quotes, code below the message",
        text=(
            "worker.rb:12:in 'Pool#take': undefined method 'id' for nil (NoMethodError)\n\n"
            "    user.id\n        ^^^\n\tfrom run.rb:4:in '<main>'\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "NoMethodError", "path": "worker.rb", "function": "Pool#take"},
                (1, 5),
            ),
        ),
        near_miss="worker.rb:12: in 'Pool#take' I found it\n",
        parser="trace",
    ),
    Form(
        row="Ruby 2.5 to 2.7, most recent call last",
        text=(
            "Traceback (most recent call last):\n\t1: from run.rb:4:in `<main>'\n"
            "worker.rb:12:in `take': pool is closed (RuntimeError)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "Ruby",
                    "exception": "RuntimeError",
                    "exception_message": "pool is closed",
                    "path_line": 12,
                    "frames": 2,
                },
                (1, 3),
            ),
        ),
        near_miss="\t1: from run.rb I took the rest\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Ruby, Rails",
        text=(
            "F, [2025-06-02T10:00:01.250000 #12] FATAL -- : NoMethodError (undefined method `id' "
            "for nil:NilClass):\n  \napp/models/pool.rb:12:in `take'\n"
            "app/controllers/ranks_controller.rb:4:in `show'\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "NoMethodError",
                    "exception_message": "undefined method `id' for nil:NilClass",
                    "path": "app/models/pool.rb",
                    "path_line": 12,
                    "frames": 2,
                },
                (1, 4),
            ),
        ),
        near_miss="I, [2025-06-02T10:00:01.250000 #12]  INFO -- : Completed 200 OK (4 ms):\n",
    ),
    Form(
        row="PHP",
        text=(
            "[02-Jun-2025 10:00:01 UTC] PHP Fatal error:  Uncaught RuntimeException: closed in "
            "/srv/pool.php:12\nStack trace:\n#0 /srv/run.php(20): Pool->take()\n#1 {main}\n"
            "  thrown in /srv/pool.php on line 12\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "PHP",
                    "exception": "RuntimeException",
                    "exception_message": "closed",
                    "path": "/srv/pool.php",
                    "path_line": 12,
                    "frames": 2,
                },
                (1, 5),
            ),
        ),
        near_miss="Stack trace:\n#0 is the first\n",
    ),
)


@pytest.mark.parametrize("form", [*GOES, *RUSTS, *RUBIES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_goroutines_that_somebody_asked_for_are_no_failure() -> None:
    text = "SIGQUIT: quit\nPC=0x46b8c1 m=0 sigcode=0\n\n" + GORUN + CALLS + "\n" + GORUN + CALLS

    events, _ = read(text)

    assert [event for event in events if event.kind == "app.trace"] == []
