"""What applications, proxies, databases and supervisors say."""

from __future__ import annotations

import pytest

from triage.events import Event, Parser, Value
from triage.testing import events_of
from triage_parsers import drift, http, memory, process, reachability, sql


def only(parser: Parser, text: str) -> Event:
    """The one event in the text."""
    events = events_of(parser, text)
    assert len(events) == 1, [(event.kind, event.line, event.fields) for event in events]
    return events[0]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "[03:14:15] GET /v1/predict/user/7 - 503 Service Unavailable",
            {"status": 503, "method": "GET"},
        ),
        (
            (
                "2024-05-14T03:02:18Z [FATAL] [lb] – 503 Service Unavailable: 91% of backends"
                " unhealthy."
            ),
            {"status": 503, "unhealthy_percent": 91.0},
        ),
        (
            (
                '2024-05-14T03:02:14Z stdout F 10.2.3.4 - - [14/May/2024:03:02:14 +0000] "POST'
                ' /v1 HTTP/1.1"'
                ' 503 190 "-" "curl"'
            ),
            {"status": 503, "client": "10.2.3.4"},
        ),
        ('INFO:     10.0.0.1:45504 - "GET /x HTTP/1.1" 500 Internal Server Error', {"status": 500}),
        (
            (
                '{"time":"2024-05-14T03:02:14Z","status":502,"method":"GET","path":"/x","upstrea'
                'm":"a:80"}'
            ),
            {"status": 502, "upstream": "a:80", "path": "/x"},
        ),
        (
            'time="2024-05-14T03:02:14Z" level=error msg="up" status=504 path=/a method=GET',
            {"status": 504, "path": "/a"},
        ),
        (
            (
                "10.0.1.2:33317 [14/May/2024:03:02:12.655] http-in static/srv1 10/0/30/-1/109"
                " 503 213 - - SC--"
                ' 1/1/0/0/0 0/0 "GET /i HTTP/1.1"'
            ),
            {"status": 503, "upstream": "static/srv1"},
        ),
    ],
)
def test_a_failed_request_is_read_in_every_form(text: str, fields: dict[str, Value]) -> None:
    event = only(http.PARSER, text)

    assert event.kind == "http.error"
    assert fields.items() <= event.fields.items()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "upstream timed out (110: Connection timed out) while reading, client: 10.0.0.1",
            "timeout",
        ),
        (
            "Upstream timed out (110: Operation timed out) while connecting, client: 10.0.0.1",
            "timeout",
        ),
        ("*9 connect() failed (111: Connection refused) while connecting to upstream", "refused"),
        (
            "*9 recv() failed (104: Connection reset by peer) while reading, client: 10.0.0.1",
            "reset",
        ),
        ("*9 no live upstreams while connecting to upstream, client: 10.0.0.1", "no_live"),
        ("*9 upstream prematurely closed connection while reading, client: 10.0.0.1", "closed"),
        ("backend models has no server available!", "no_live"),
        (
            "upstream connect error or disconnect/reset before headers. reset reason: overflow",
            "reset",
        ),
    ],
)
def test_the_proxys_reason_is_named(text: str, what: str) -> None:
    event = only(http.PARSER, text)

    assert event.kind == "http.upstream"
    assert event.fields["what"] == what


@pytest.mark.parametrize(
    "text",
    [
        '10.1.4.9 - - [12/Mar/2024:07:15:02 +0000] "GET /a HTTP/1.1" 200 503 "-" "curl/8.1"',
        '10.1.4.9 - - [12/Mar/2024:07:15:02 +0000] "GET /500 HTTP/1.1" 200 12 "-" "curl 502 x"',
        "GET /download 504 bytes",
        "GET /download 200 OK 500 ms",
        "This page is currently a 503 Service Unavailable error.",
        "waited 500 ms, then 502 rows, then 504, and =503 in all",
        "listening on 0.0.0.0:500, see also :502, and 10:504, there",
    ],
)
def test_a_number_is_not_a_status(text: str) -> None:
    assert events_of(http.PARSER, text) == []


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("INFO Table 'users' dropped successfully.", {"statement": "drop", "executed": True}),
        (
            "2024-02-02 01:00:03.123 UTC [55] LOG:  statement: DROP TABLE users CASCADE;",
            {"cascade": True, "executed": True},
        ),
        ("2024-02-02 01:00:03 INFO sqlalchemy.engine.Engine DROP TABLE users", {"executed": True}),
        ("2024-02-02T01:00:03.000Z\t   12 Query\tDELETE FROM users", {"statement": "delete"}),
        ("2024-02-02 01:00:03 INFO Executing: TRUNCATE TABLE users", {"statement": "truncate"}),
        ("2024-02-02 01:00:03 INFO DELETE FROM users WHERE 1=1;", {"statement": "delete"}),
        ('2024-02-02 01:00:03 INFO Successfully dropped table "users"', {"executed": True}),
        ("STATEMENT:  DROP TABLE users;", {"executed": False}),
        (
            (
                "2024-02-02 01:00:03 INFO DROP TABLE users\n2024-02-02 01:00:03 ERROR permission"
                " denied"
            ),
            {"executed": False},
        ),
    ],
)
def test_destructive_sql_is_found_where_it_was_run(text: str, fields: dict[str, Value]) -> None:
    event = only(sql.PARSER, text)

    assert event.fields["table"] == "users"
    assert fields.items() <= event.fields.items()


def test_a_retry_with_cascade_marks_the_success_after_it() -> None:
    text = (
        "2024-02-02 01:00:01 [ERROR] (psycopg2.errors.DependentObjectsStillExist)\n"
        "cannot drop table bills because other objects depend on it\n"
        "2024-02-02 01:00:02 [INFO] cleaner: Retrying with CASCADE...\n"
        "2024-02-02 01:00:09 [SUCCESS] Table 'bills' dropped successfully. 2 TB released."
    )

    refused, retried, done = events_of(sql.PARSER, text)

    assert refused.fields["executed"] is False
    assert (retried.fields["table"], retried.fields["cascade"]) == ("bills", True)
    assert (done.fields["table"], done.fields["cascade"], done.fields["executed"]) == (
        "bills",
        True,
        True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE IF EXISTS `users`;",
        "-- DROP TABLE users;",
        '    op.execute("DROP TABLE users")',
        "No one may execute DELETE, DROP, or TRUNCATE commands directly.",
        "2024-02-02 01:00:03 INFO DELETE FROM users WHERE id = 3",
        "3 packets dropped, log truncated successfully, ON DELETE CASCADE",
        "A table was dropped when nobody looked.",
        "The users could be sad if table users was dropped.",
        "Retrying with CASCADE...",
    ],
)
def test_statements_that_nobody_ran_are_no_events(text: str) -> None:
    assert events_of(sql.PARSER, text) == []


@pytest.mark.parametrize("name", ["tmp_load", "stg_users", "analytics.temp_7", "scratch_1"])
def test_staging_tables_are_marked(name: str) -> None:
    event = only(sql.PARSER, f"2024-02-02 01:00:03 INFO DROP TABLE IF EXISTS {name}")

    assert event.fields["temp"] is True


@pytest.mark.parametrize(
    ("text", "what", "fields"),
    [
        (
            "Process ‘Engine-7’ terminated with signal 9 (SIGKILL)",
            "sigkill",
            {"process": "Engine-7"},
        ),
        ("Process 4402 was killed by signal SIGKILL", "sigkill", {"pid": 4402, "signal": 9}),
        (
            "CRITICAL - Process terminated by signal. For more, see x: signal=-9: source=t",
            "sigkill",
            {},
        ),
        ("Command '['x']' died with <Signals.SIGSEGV: 11>.", "signal", {"signal": 11}),
        ("terminated. The exit codes of the workers are {SIGKILL(-9)}", "sigkill", {}),
        (
            "api.service: Main process exited, code=killed, status=9/KILL",
            "sigkill",
            {"unit": "api.service"},
        ),
        ("[1]    12345 killed     python fit.py", "shell_killed", {"pid": 12345}),
        ("zsh: killed     python fit.py", "shell_killed", {"command": "python fit.py"}),
        ("Bus error (core dumped)", "shell_signal", {"signal_name": "SIGBUS"}),
        ("[2024-01-01 00:00:00 +0000] [9] [ERROR] Worker failed to boot.", "worker_boot", {}),
        (
            "[f81077-n0-0] terminated with exit code (137). Reason [Error]. Message:",
            "exit_code",
            {"pod": "f81077-n0-0", "exit_code": 137, "signal": 9},
        ),
        ("exitcode  : -11 (pid: 77)  (SIGSEGV)", "exit_code", {"exit_code": -11, "pid": 77}),
        ("Signal 9 (SIGKILL) received by PID 77", "sigkill", {"pid": 77}),
        ("worker-1 exited with code 1", "exit_code", {"exit_code": 1}),
        ("Training finished. Exit code: 137", "exit_code", {"signal_name": "SIGKILL"}),
    ],
)
def test_ends_are_told_apart(text: str, what: str, fields: dict[str, Value]) -> None:
    event = only(process.PARSER, text)

    assert event.kind == "app.exit"
    assert event.fields["what"] == what
    assert fields.items() <= event.fields.items()


@pytest.mark.parametrize(
    "text",
    [
        "Worker (pid:7) was sent SIGTERM!",
        "Sending process 3 closing signal SIGTERM",
        "Memory cgroup out of memory: Killed process 3 (x)",
        "Killed by external signal",
        "done, exit code 0",
        "exited with code 0",
        "    Exit Code:    137",
        '  "exitCode": 137,',
        "The OOM killer is the only honest critic",
        "SIGKILL when mem <= 2.50%",
    ],
)
def test_orderly_ends_and_other_peoples_lines_are_no_events(text: str) -> None:
    assert events_of(process.PARSER, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL:kernel:Out of Memory (OOM) killer invoked. Victim: python3 (pid 44)",
        "OOM killer terminated process python3 (pid 44)",
        "Process 44 (python3) was OOM-killed",
    ],
)
def test_an_application_that_speaks_of_the_oom_killer_only_claims_it(text: str) -> None:
    event = only(process.PARSER, text)

    assert event.kind == "app.oom_claim"
    assert (event.fields["process"], event.fields["pid"]) == ("python3", 44)


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("WARNING: Memory pressure detected. System RAM at 98.4%.", 98.4),
        ("Host memory usage at 91%", 91.0),
        ("Host memory usage at 89%", None),
        ("GPU memory usage 99%", None),
        ("Memory pressure for /system.slice is 85.03% > 80.00%", None),
    ],
)
def test_memory_pressure_is_reported_from_ninety_percent(text: str, percent: float | None) -> None:
    events = events_of(memory.PARSER, text)

    assert [event.fields["percent"] for event in events] == ([] if percent is None else [percent])


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("Worker node ip-10-0-1-2.ec2.internal unreachable.", "ip-10-0-1-2.ec2.internal"),
        ("ERROR: lost connection to worker node gpu-3", "gpu-3"),
        ("[ERROR] Could not reach node: node-7 unreachable for 60s", "node-7"),
        ("Tolerations: node.kubernetes.io/unreachable:NoExecute op=Exists for 300s", None),
        ("a node is unreachable", None),
        ("connect: Network is unreachable", None),
    ],
)
def test_a_lost_machine_is_named(text: str, node: str | None) -> None:
    events = events_of(reachability.PARSER, text)

    assert [event.fields["node"] for event in events] == ([] if node is None else [node])


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "WARNING Data drift detected for feature 'age' (PSI=0.31)",
            {"feature": "age", "score": 0.31},
        ),
        ("Drift detected in column price, p-value=0.0003", {"feature": "price", "p_value": 0.0003}),
        ("[ALERT] Feature drift detected: feature=income psi=0.42 action=none", {"disabled": True}),
        (
            "ALERT: Distribution shift detected (p-value: 1e-9) - ACTION: ROLLBACK",
            {"disabled": False},
        ),
        ("PSI for credit_score: 0.31 > 0.25", {"feature": "credit_score", "score": 0.31}),
    ],
)
def test_drift_alerts_are_read(text: str, fields: dict[str, Value]) -> None:
    event = only(drift.PARSER, text)

    assert fields.items() <= event.fields.items()


def test_an_alert_without_a_word_on_its_action_leaves_that_open() -> None:
    event = only(drift.PARSER, "ALERT: Distribution shift detected (p-value: 0.01)")

    assert "disabled" not in event.fields


@pytest.mark.parametrize(
    "text",
    [
        "no data drift detected (p-value: 0.4)",
        "If drift is detected we retrain, says the README.",
        "drift_detected: false",
        "We had alerts for feature drift, sometimes",
    ],
)
def test_the_absence_of_drift_is_no_alert(text: str) -> None:
    assert events_of(drift.PARSER, text) == []
