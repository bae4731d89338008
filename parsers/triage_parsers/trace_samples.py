"""Samples of the parser of other languages' traces."""

from __future__ import annotations

from triage.events import Sample

_SCREAMING = (
    Sample(
        'Exception in thread "main" java.lang.IllegalStateException: pool is closed\n'
        "\tat com.acme.rank.Pool.take(Pool.java:88)\n"
        "\tat com.acme.rank.Main.main(Main.java:12)\n"
        "Caused by: java.net.ConnectException: Connection refused\n"
        "\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n"
        "\t... 1 more\n"
        "next line",
        kind="app.trace",
        fields={
            "language": "Java",
            "exception": "java.lang.IllegalStateException",
            "exception_message": "pool is closed",
            "exception_root": "java.net.ConnectException",
            "root_message": "Connection refused",
            "chain": 2,
            "frames": 3,
            "path": "Pool.java",
            "path_line": 88,
            "function": "com.acme.rank.Pool.take",
            "thread": "main",
        },
        count=1,
    ),
    Sample(
        "Unhandled exception. System.InvalidOperationException: The pool is closed\n"
        " ---> System.IO.IOException: disk\n"
        "   at Acme.Disk.Read(Int32 n) in /src/Disk.cs:line 9\n"
        "   --- End of inner exception stack trace ---\n"
        "   at Acme.Pool.Take() in /src/Pool.cs:line 88\n",
        kind="app.trace",
        fields={
            "language": ".NET",
            "exception": "System.InvalidOperationException",
            "exception_root": "System.IO.IOException",
            "frames": 2,
            "path": "/src/Disk.cs",
            "path_line": 9,
        },
        count=1,
    ),
    Sample(
        "/srv/api/pool.js:14\n"
        "    throw new TypeError('no id');\n"
        "    ^\n"
        "\n"
        "TypeError: no id\n"
        "    at take (/srv/api/pool.js:14:9)\n"
        "    at node:internal/main/run_main_module:23:47\n"
        "\n"
        "Node.js v18.16.0",
        kind="app.trace",
        fields={
            "language": "JavaScript",
            "exception": "TypeError",
            "path": "/srv/api/pool.js",
            "path_line": 14,
            "function": "take",
            "frames": 2,
        },
        count=1,
    ),
    Sample(
        "panic: runtime error: index out of range [3] with length 3\n"
        "\n"
        "goroutine 1 [running]:\n"
        "main.(*Pool).Take(0xc000010000, 0x3)\n"
        "\t/src/pool.go:42 +0x1d\n"
        "main.main()\n"
        "\t/src/main.go:11 +0x25\n"
        "exit status 2",
        kind="app.trace",
        fields={
            "language": "Go",
            "exception": "panic",
            "path": "/src/pool.go",
            "path_line": 42,
            "function": "main.(*Pool).Take",
            "frames": 2,
        },
        count=1,
    ),
    Sample(
        "thread 'main' panicked at src/pool.rs:14:9:\n"
        "called `Option::unwrap()` on a `None` value\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        kind="app.trace",
        fields={
            "language": "Rust",
            "exception": "panic",
            "exception_message": "called `Option::unwrap()` on a `None` value",
            "path": "src/pool.rs",
            "path_line": 14,
            "thread": "main",
        },
        count=1,
    ),
    Sample(
        "/srv/worker.rb:12:in `take': undefined method `id' for nil:NilClass (NoMethodError)\n"
        "\tfrom /srv/run.rb:4:in `<main>'",
        kind="app.trace",
        fields={
            "language": "Ruby",
            "exception": "NoMethodError",
            "path": "/srv/worker.rb",
            "path_line": 12,
            "function": "take",
            "frames": 2,
        },
        count=1,
    ),
    Sample(
        "PHP Fatal error:  Uncaught RuntimeException: closed in /srv/pool.php:12\n"
        "Stack trace:\n"
        "#0 /srv/run.php(20): Pool->take()\n"
        "#1 {main}\n"
        "  thrown in /srv/pool.php on line 12",
        kind="app.trace",
        fields={"language": "PHP", "exception": "RuntimeException", "path_line": 12, "frames": 2},
        count=1,
    ),
)
_NEAR_MISSES = (
    Sample(
        '"main" #1 prio=5 os_prio=0 tid=0x00007f10 nid=0x2c runnable [0x00007f11]\n'
        "   java.lang.Thread.State: RUNNABLE\n"
        "\tat java.base/java.io.FileInputStream.readBytes(Native Method)\n"
        "\tat com.acme.rank.Main.main(Main.java:12)\n"
        "\tat com.acme.rank.Main.start(Main.java:14)\n"
        "\tat com.acme.rank.Main.end(Main.java:15)",
        kind=None,
    ),
    Sample(
        "SIGQUIT: quit\nPC=0x46b8c1 m=0 sigcode=0\n\ngoroutine 1 [chan receive]:\nmain.main()\n"
        "\t/src/main.go:11 +0x25",
        kind=None,
    ),
    Sample("the service looks    at the pool (see Pool.java:88) and waits", kind=None),
    Sample("INFO no thread 'main' panicked at all\nINFO goroutine count: 12", kind=None),
    Sample("/srv/worker.rb:12: warning: method redefined; discarding old take", kind=None),
    Sample(
        "Traceback (most recent call last):\n"
        '  File "/srv/a.py", line 4, in f\n'
        "    g()\n"
        "ValueError: x",
        kind=None,
    ),
)

SAMPLES = (*_SCREAMING, *_NEAR_MISSES)
