"""Rust, Ruby and PHP: a panic or an uncaught exception is one block with its place."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

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


@pytest.mark.parametrize("form", [*RUSTS, *RUBIES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
