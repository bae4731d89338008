"""Traces of the JVM, .NET and JavaScript: frames that say `at`, one block with its causes."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want, read

FRAMES = "\tat com.acme.rank.Pool.take(Pool.java:88)\n\tat com.acme.rank.Main.main(Main.java:12)\n"
TOP: Fields = {"path": "Pool.java", "path_line": 88, "function": "com.acme.rank.Pool.take"}
JAVA: Fields = {
    "language": "Java",
    "exception": "java.lang.IllegalStateException",
    "exception_message": "pool is closed",
    **TOP,
}
HEAD = "java.lang.IllegalStateException: pool is closed\n"
DUMP = (
    '"pool-1-thread-3" #31 prio=5 os_prio=0 cpu=12.5ms tid=0x00007f10 nid=0x2c waiting\n'
    "   java.lang.Thread.State: WAITING (parking)\n" + FRAMES + FRAMES
)

JVM = (
    Form(
        row="Java, thread that died",
        text='Exception in thread "worker-2" ' + HEAD + FRAMES,
        wants=(Want("app.trace", {**JAVA, "thread": "worker-2", "frames": 2}, (1, 3)),),
        near_miss='Exception in thread "worker-2" is logged by the handler\n',
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, causes and what they share",
        text=(
            HEAD + FRAMES + "Caused by: com.acme.rank.DiskException: cannot read /data\n"
            "\tat com.acme.rank.Disk.read(Disk.java:9)\n\t... 1 more\n"
            "Caused by: java.io.IOException: Input/output error\n"
            "\tat java.base/java.io.RandomAccessFile.readBytes(Native Method)\n"
            "\t... 3 common frames omitted\nnext line\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    **JAVA,
                    "exception_root": "java.io.IOException",
                    "root_message": "Input/output error",
                    "chain": 3,
                    "frames": 4,
                },
                (1, 9),
            ),
        ),
        near_miss="Caused by: a full disk\n... 1 more line follows\n",
        parser="trace",
        unclaimed=1,
    ),
    Form(
        row="Java, suppressed and circular",
        text=(
            HEAD + "\tat com.acme.rank.Pool.take(Pool.java:88)\n"
            "\tSuppressed: java.io.IOException: close failed\n"
            "\t\tat com.acme.rank.Disk.close(Disk.java:19)\n"
            "\t\t... 2 more\n\t[CIRCULAR REFERENCE: java.lang.IllegalStateException: x]\n"
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 2}, (1, 6)),),
        near_miss="\tSuppressed: 12 duplicate lines\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, message of several rows",
        text=(
            "org.apache.spark.sql.AnalysisException: cannot resolve 'id' given input [a, b];\n"
            "'Project ['id]\n+- Relation [a#1,b#2] parquet\n" + FRAMES
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "org.apache.spark.sql.AnalysisException",
                    "exception_message": (
                        "cannot resolve 'id' given input [a, b];\n'Project ['id]\n"
                        "+- Relation [a#1,b#2] parquet"
                    ),
                    **TOP,
                },
                (1, 5),
            ),
        ),
        near_miss="org.apache.spark.sql.AnalysisExceptions are listed below\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, under a log record",
        text=(
            "2025-06-02 10:00:01,250 ERROR [worker-2] c.a.rank.Pool - take failed\n"
            + HEAD
            + FRAMES
            + "2025-06-02 10:00:02,001 INFO [main] c.a.rank.Pool - reopened\n"
        ),
        wants=(Want("app.trace", {**JAVA, "level": "error", "frames": 2}, (2, 4)),),
        near_miss="2025-06-02 10:00:01,250 ERROR [worker-2] c.a.rank.Pool - take failed\n",
        unclaimed=0,
    ),
    Form(
        row="Java, the record itself names the exception",
        text=(
            "2025-06-02 10:00:01,250 ERROR [worker-2] c.a.rank.Pool - take failed: "
            + HEAD
            + FRAMES
            + "2025-06-02 10:00:02,001 INFO [main] c.a.rank.Pool - reopened\n"
        ),
        wants=(Want("app.trace", {**JAVA, "level": "error", "frames": 2}, (1, 3)),),
        near_miss=(
            "2025-06-02 10:00:01,250 ERROR [worker-2] c.a.rank.Pool - take failed: timeout\n"
        ),
        unclaimed=0,
    ),
    Form(
        row="Java, logback with jars",
        text=(
            HEAD + "\tat com.acme.rank.Pool.take(Pool.java:88) ~[rank-1.4.jar:1.4]\n"
            "\tat app//com.acme.rank.Main.main(Main.java:12) [rank-1.4.jar!/:?]\n"
            "\tat com.acme.Proxy$$FastClassByCGLIB$$7.invoke(<generated>)\n"
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 3}, (1, 4)),),
        near_miss="looking at com.acme.rank.Pool in rank-1.4.jar\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Scala and Kotlin",
        text=(
            'Exception in thread "main" scala.MatchError: 7 (of class java.lang.Integer)\n'
            "\tat acme.Rank$.$anonfun$main$1(Rank.scala:31)\n"
            "\tat kotlinx.coroutines.DispatchedTask.run(DispatchedTask.kt:106)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {"exception": "scala.MatchError", "path": "Rank.scala", "path_line": 31},
                (1, 3),
            ),
        ),
        near_miss="scala.MatchErrors: 0\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, no frames at all",
        text='Exception in thread "main" java.lang.NoClassDefFoundError: com/acme/Disk\n',
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "java.lang.NoClassDefFoundError",
                    "exception_message": "com/acme/Disk",
                    "frames": 0,
                },
                (1, 1),
            ),
        ),
        near_miss="java.lang.NoClassDefFoundError means a jar is missing\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, the head cut off",
        text=FRAMES + FRAMES,
        wants=(Want("app.trace", {"language": "Java", "frames": 4, **TOP}, (1, 4)),),
        near_miss=DUMP,
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Java, in every record of a pod",
        text="".join(
            f"2025-06-02T10:00:01.00000000{n}Z stderr F {row}\n"
            for n, row in enumerate((HEAD + FRAMES).splitlines())
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 2, "stream": "stderr"}, (1, 3)),),
        near_miss="2025-06-02T10:00:01.000000001Z stderr F \tat com.acme it works\n",
        unclaimed=0,
    ),
    Form(
        row="Java, JSON record with a stack",
        text=(
            '{"@timestamp":"2025-06-02T10:00:01.250Z","level":"ERROR","message":"take failed",'
            '"stack_trace":"java.lang.IllegalStateException: pool is closed\\n\\tat '
            "com.acme.rank.Pool.take(Pool.java:88)\\n\\tat com.acme.rank.Main.main(Main.java:12)"
            '\\n"}\n'
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 2, "level": "error"}, (1, 1)),),
        near_miss='{"level":"ERROR","message":"take failed","stack_trace":""}\n',
        unclaimed=0,
    ),
    Form(
        row="Java, JSON record with a stack under another key",
        text=(
            '{"@timestamp":"2025-06-02T10:00:01.250Z","level":"ERROR","message":"take failed",'
            '"throwable":"java.lang.IllegalStateException: pool is closed\\n\\tat '
            "com.acme.rank.Pool.take(Pool.java:88)\\n\\tat com.acme.rank.Main.main(Main.java:12)"
            '","thread":"w2"}\n'
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 2, "level": "error"}, (1, 1)),),
        near_miss='{"level":"ERROR","message":"take failed","throwable":"none\\n\\tat all"}\n',
        unclaimed=0,
    ),
    Form(
        row="Java, newlines escaped by rsyslog",
        text=(
            "Jun  2 10:00:01 n4 rank[77]: java.lang.IllegalStateException: pool is closed"
            "#012#011at com.acme.rank.Pool.take(Pool.java:88)"
            "#012#011at com.acme.rank.Main.main(Main.java:12)\n"
        ),
        wants=(Want("app.trace", {**JAVA, "frames": 2, "host": "n4", "pid": 77}, (1, 1)),),
        near_miss="Jun  2 10:00:01 n4 rank[77]: looked#012#011at the pool\n",
        unclaimed=0,
    ),
    Form(
        row="Java, two traces of one log are two",
        text=HEAD + FRAMES + HEAD.replace("pool", "disk") + FRAMES,
        wants=(
            Want("app.trace", {**JAVA, "frames": 2}, (1, 3)),
            Want("app.trace", {"exception_message": "disk is closed", "frames": 2}, (4, 6)),
        ),
        near_miss=DUMP + DUMP,
        parser="trace",
        unclaimed=0,
    ),
)
OTHERS = (
    Form(
        row=".NET, unhandled, with an inner exception",
        text=(
            "Unhandled exception. System.InvalidOperationException: The pool is closed\n"
            " ---> System.IO.IOException: disk\n"
            "   at Acme.Disk.Read(Int32 n) in /src/Disk.cs:line 9\n"
            "   --- End of inner exception stack trace ---\n"
            "   at Acme.Pool.Take() in /src/Pool.cs:line 88\n"
            "   at Acme.Program.Main(String[] args)\nAborted (core dumped)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": ".NET",
                    "exception": "System.InvalidOperationException",
                    "exception_message": "The pool is closed",
                    "exception_root": "System.IO.IOException",
                    "root_message": "disk",
                    "frames": 3,
                    "path": "/src/Disk.cs",
                    "path_line": 9,
                    "function": "Acme.Disk.Read",
                },
                (1, 6),
            ),
        ),
        near_miss="Unhandled exceptions: 0\n   at rest\n",
        parser="trace",
    ),
    Form(
        row=".NET Framework, under a record, async",
        text=(
            "fail: Acme.Rank.Worker[0]\n"
            "      System.Net.Http.HttpRequestException: Connection refused (store:80)\n"
            "       ---> System.Net.Sockets.SocketException (111): Connection refused\n"
            "         at System.Net.Sockets.Socket.Connect(EndPoint end, Boolean flow)\n"
            "         --- End of stack trace from previous location ---\n"
            "         at Acme.Rank.Worker.Run(CancellationToken t) in C:\\src\\Worker.cs:line 31\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "System.Net.Http.HttpRequestException",
                    "exception_root": "System.Net.Sockets.SocketException",
                    "frames": 2,
                },
                (2, 6),
            ),
        ),
        near_miss="info: Acme.Rank.Worker[0]\n      started at (store:80)\n",
    ),
    Form(
        row="Node.js, uncaught, with its source",
        text=(
            "/srv/api/pool.js:14\n    throw new TypeError('no id');\n    ^\n\n"
            "TypeError: no id\n    at take (/srv/api/pool.js:14:9)\n"
            "    at async Promise.all (index 0)\n"
            "    at Object.<anonymous> (/srv/api/run.js:3:1)\n"
            "    at node:internal/main/run_main_module:23:47\n\nNode.js v18.16.0\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "language": "JavaScript",
                    "exception": "TypeError",
                    "exception_message": "no id",
                    "frames": 4,
                    "path": "/srv/api/pool.js",
                    "path_line": 14,
                    "function": "take",
                },
                (1, 11),
            ),
        ),
        near_miss="TypeErrors are rare\n    at most one a day\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Node.js, rejection with a code and a cause",
        text=(
            "Error [ERR_STREAM_CLOSED]: write after end\n"
            "    at Pool.write (file:///srv/api/pool.mjs:22:11)\n"
            "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {\n"
            "  code: 'ERR_STREAM_CLOSED',\n"
            "  [cause]: Error: connect ECONNREFUSED 10.0.0.4:6379\n"
            "      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16) {\n"
            "    errno: -111,\n    syscall: 'connect'\n  }\n}\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "Error",
                    "exception_message": "write after end",
                    "exception_root": "Error",
                    "root_message": "connect ECONNREFUSED 10.0.0.4:6379",
                    "path": "file:///srv/api/pool.mjs",
                    "path_line": 22,
                    "frames": 3,
                },
                (1, 10),
            ),
        ),
        near_miss="Error [ERR_STREAM_CLOSED]: write after end\n",
        parser="trace",
        unclaimed=0,
    ),
    Form(
        row="Node.js, unhandled promise of version 14",
        text=(
            "(node:12) UnhandledPromiseRejectionWarning: ReferenceError: pool is not defined\n"
            "    at /srv/api/run.js:3:1\n    at new Promise (<anonymous>)\n"
        ),
        wants=(
            Want(
                "app.trace",
                {
                    "exception": "ReferenceError",
                    "exception_message": "pool is not defined",
                    "path": "/srv/api/run.js",
                    "path_line": 3,
                },
                (1, 3),
            ),
        ),
        near_miss="(node:12) Warning: Setting NODE_TLS_REJECT_UNAUTHORIZED to 0\n",
        parser="trace",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", [*JVM, *OTHERS], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "text",
    [
        DUMP,
        "   at the office (Pool.java:88 said so)\n",
        "\tat com.acme.rank.Pool.take(Pool.java:88)\n",
    ],
    ids=["thread dump", "prose", "one bare frame"],
)
def test_frames_without_an_exception_are_no_failure(text: str) -> None:
    events, _ = read(text)

    assert [event for event in events if event.kind == "app.trace"] == []
