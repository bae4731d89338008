# ruff: noqa: E501 (what programs write is as wide as it is)
"""The same failures of schedulers, containers and services in the words of other programs."""

from __future__ import annotations

import pytest

from triage.scanner import scan_texts
from triage.signatures.load import load

SAYINGS = (
    ("container_network_failed", "Error response from daemon: network scorer_default not found"),
    (
        "container_network_failed",
        "network scorer_backend declared as external, but could not be found",
    ),
    (
        "container_shim_lost",
        'level=error msg="failed to handle container TaskExit event" error="failed to stop container: shim 5f1d not found"',
    ),
    ("container_shim_lost", "containerd-shim-runc-v2[4471]: fatal error: runtime: out of memory"),
    (
        "container_runtime_down",
        "Apr  2 11:20:09 gpu-4 systemd[1]: containerd.service: Failed with result 'exit-code'.",
    ),
    (
        "container_runtime_down",
        "Error: Cannot connect to Podman. Please verify your connection to the Linux system",
    ),
    (
        "scheduler_not_running",
        "[2025-04-02 11:20:09,310: ERROR/MainProcess] beat: Connection error: [Errno 111] Connection refused. Trying again in 2.0 seconds...",
    ),
    (
        "batch_memory_limit",
        "Error from slot1@n4: Job has gone over memory limit of 8192 megabytes. Peak usage: 8312 megabytes.",
    ),
    ("batch_time_limit", '11/21 job 4471.1 exceeds job hard limit "h_rt" of queue "gpu.q@n4"'),
    (
        "message_broker_unreachable",
        "kombu.exceptions.OperationalError: [Errno 111] Connection refused",
    ),
    (
        "message_broker_unreachable",
        "[2025-04-02 11:20:09,310: WARNING/MainProcess] consumer: Connection to broker lost. Trying to re-establish the connection...",
    ),
    ("message_broker_unreachable", "pika.exceptions.AMQPConnectionError"),
    ("message_broker_unreachable", "kafka.errors.NoBrokersAvailable: NoBrokersAvailable"),
    ("time_not_synchronized", "Apr  2 11:20:09 gpu-4 ntpd[812]: time reset +3601.204417 s"),
    (
        "time_not_synchronized",
        "x509: certificate has expired or is not yet valid: current time 2025-04-01T00:00:00Z is before 2025-04-02T00:00:00Z",
    ),
    (
        "time_not_synchronized",
        "Apr  2 11:20:09 gpu-4 ntpdate[812]: step time server 10.0.0.9 offset 3601.204417 sec",
    ),
    (
        "database_object_missing",
        'ERROR:  column "tier" of relation "users" does not exist at character 8',
    ),
    (
        "database_object_missing",
        "pymysql.err.OperationalError: (1054, \"Unknown column 'tier' in 'field list'\")",
    ),
    (
        "database_object_missing",
        "pyodbc.ProgrammingError: ('42S02', \"[42S02] Invalid object name 'features'. (208)\")",
    ),
    (
        "database_object_missing",
        "oracledb.exceptions.DatabaseError: ORA-00942: table or view does not exist",
    ),
    (
        "database_object_missing",
        "NotFoundError(404, 'index_not_found_exception', 'no such index [events-2025]', events-2025, index_or_alias)",
    ),
    (
        "database_replication_broken",
        "1:S 02 Apr 2025 11:20:09.310 # MASTER aborted replication with an error: ERR x",
    ),
    (
        "database_connection_lost",
        "pymongo.errors.ServerSelectionTimeoutError: mongo-0:27017: timed out",
    ),
    ("database_connection_lost", "ORA-03113: end-of-file on communication channel"),
    ("jvm_out_of_memory", "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
    (
        "jvm_out_of_memory",
        "java.lang.OutOfMemoryError: Cannot reserve 4194304 bytes of direct buffer memory (allocated: 1, limit: 2)",
    ),
    (
        "java_process_lost",
        "RuntimeError: Java gateway process exited before sending its port number",
    ),
    ("port_in_use", "Web server failed to start. Port 8080 was already in use."),
    (
        "proxy_config_invalid",
        "AH00526: Syntax error on line 31 of /etc/apache2/sites-enabled/000-default.conf:",
    ),
    (
        "proxy_config_invalid",
        "[2025-04-14 03:02:12.101][1][warning][config] gRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding/updating listener(s) 0.0.0.0_80: bad",
    ),
    (
        "proxy_config_invalid",
        'E0414 03:02:12.101 7 queue.go:130] "requeuing" err="Unexpected failure reloading the backend"',
    ),
    (
        "server_queue_full",
        "[mpm_event:error] [pid 7] AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting",
    ),
    ("server_queue_full", "2025-04-14 03:02:12 WARNING:waitress.queue:Task queue depth is 41"),
    (
        "server_queue_full",
        "[14-Apr-2025 03:02:12] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
    ),
    (
        "ray_actor_init_failed",
        "(pid=7790) Exception raised in creation task: ValueError: the table has no rows",
    ),
    (
        "ray_runtime_env_failed",
        '2025-03-01 02:46:56,240\tERROR runtime_env_agent.py:420 -- [Increase] Failed to create runtime env {"pip": ["x"]}',
    ),
    ("ray_serve_failed", "Deployment 'Scorer' failed to start 3 times"),
    (
        "ray_serve_failed",
        "WARNING controller 811 -- Health check for Replica(id='a1', deployment='Scorer', app='default') failed: timed out",
    ),
    (
        "ray_node_died",
        "(raylet) The node with node id: 0c9a and address: 10.4.0.12 and node name: 10.4.0.12 has been marked dead because the detector has missed too many heartbeats from it.",
    ),
    ("ray_gcs_unreachable", "ConnectionError: ray client connection timeout"),
    ("ray_infeasible", "ValueError: The actor requires {'GPU': 16.0} but no node has it"),
    (
        "ray_disk_nearly_full",
        "/tmp/ray/session_1 has no capacity, object creation will fail if spilling is required.",
    ),
    ("ray_object_lost", "Failed to retrieve object 00ffffff because all copies are lost"),
    ("ray_oom", "(raylet) Killing worker 0aa1 with pid 4471 due to memory pressure"),
    ("redis_memory_full", "OOM command not allowed under OOM prevention."),
    (
        "redis_not_writable",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    ),
    (
        "redis_not_writable",
        "redis.exceptions.BusyLoadingError: Redis is loading the dataset in memory",
    ),
    ("redis_not_writable", "1:M 02 Apr 2025 11:20:09.310 # Background saving error"),
    (
        "search_cluster_blocked",
        "TransportError(429, 'circuit_breaking_exception', '[parent] Data too large, data for [<http_request>] would be [1gb]')",
    ),
    (
        "search_cluster_blocked",
        '{"error":{"root_cause":[{"type":"master_not_discovered_exception","reason":null}]},"status":503}',
    ),
    (
        "slurm_database_unreachable",
        "slurmdbd: error: mysql_real_connect failed: 2002 Can't connect to local MySQL server",
    ),
    ("slurm_node_drained", "slurmctld: error: Nodes gpu-b-[20-21] not responding"),
    (
        "slurm_gres_mismatch",
        "slurmd: warning: Ignoring file-less GPU gpu:h100 from final GRES list",
    ),
    (
        "slurm_unkillable_step",
        "REASON               USER      TIMESTAMP           NODELIST\nKill task failed     root      2025-05-28T02:11:09 gpu-b-09",
    ),
    (
        "spark_stage_aborted",
        "25/03/01 INFO DAGScheduler: ResultStage 8 (collect at job.py:12) failed in 31.210 s due to org.apache.spark.shuffle.FetchFailedException: x",
    ),
    (
        "spark_fetch_failed",
        "25/03/01 ERROR RetryingBlockTransferor: Exception while beginning fetch of 12 outstanding blocks",
    ),
    ("spark_executor_lost", "Executor heartbeat timed out after 131234 ms"),
    ("tls_key_unusable", "ssl.SSLError: [SSL] PEM lib (_ssl.c:4149)"),
    (
        "certificate_not_renewed",
        "LAST SEEN   TYPE      REASON    OBJECT    MESSAGE\n41s  Warning  Failed  certificaterequest/web-tls-1  The certificate request has failed to complete and will be retried: Failed to wait for order resource",
    ),
    (
        "certificate_not_renewed",
        'E0402 11:20:09.310022    1877 certificate_manager.go:562] "Failed while requesting a signed certificate from the control plane" err="cannot create certificate signing request"',
    ),
    (
        "workflow_task_failed",
        "[2025-02-11T04:10:09.113+0000] {taskinstance.py:1206} INFO - Marking task as UP_FOR_RETRY. dag_id=nightly, task_id=embed, execution_date=20250210T040000",
    ),
    (
        "workflow_task_failed",
        '2025-02-11 04:10:09 +0000 - dagster - ERROR - fit_job - 0aa1 - 77 - STEP_FAILURE - Execution of step "embed" failed.',
    ),
    (
        "airflow_dag_broken",
        "[2025-02-11T04:10:09.113+0000] {manager.py:1100} ERROR - DagFileProcessorManager: Processor for /opt/airflow/dags/nightly.py with PID 4471 started at 2025-02-11T04:00:00 has timed out, killing it.",
    ),
    (
        "airflow_dag_broken",
        "airflow.exceptions.AirflowDagCycleException: Cycle detected in DAG: nightly",
    ),
    ("worker_boot_failure", "*** no app loaded. going in full dynamic mode ***"),
    ("worker_timeout", "*** HARAKIRI ON WORKER 3 (pid: 812, try: 1) ***"),
    (
        "worker_crashed",
        "DAMN ! worker 1 (pid: 812) died, killed by signal 11 :( trying respawn ...",
    ),
    (
        "worker_crashed",
        "concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly while the future was running or pending.",
    ),
    (
        "tls_certificate_invalid",
        "curl: (60) SSL certificate problem: unable to get local issuer certificate",
    ),
    (
        "tls_handshake_failed",
        "2025/04/14 03:02:12 [error] 31#31: *812 SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure) while SSL handshaking to upstream, client: 10.1.0.9, server: x",
    ),
    ("upstream_timeout", "upstream request timeout"),
    (
        "service_unavailable",
        'Apr 14 03:02:12 lb1 haproxy[812]: Server scores/s1 is DOWN, reason: Layer7 wrong status, code: 500, info: "x", check duration: 2ms.',
    ),
    (
        "slurm_launch_failed",
        "slurmstepd: error: Could not open stdout file /proj/run7/logs/out.txt: No such file or directory",
    ),
    (
        "slurm_controller_unreachable",
        "sinfo: error: If munged is up, restart with --num-threads=10\nsinfo: error: slurm_load_partitions: Unable to contact slurm controller (connect failure)",
    ),
    (
        "slurm_auth_failed",
        "slurmd: error: slurm_receive_msg: Zero Bytes; Protocol authentication error",
    ),
    ("yarn_application_failed", "\tFinal-State : FAILED"),
)


@pytest.mark.parametrize(("failure", "text"), SAYINGS)
def test_each_wording_of_a_failure_is_known(failure: str, text: str) -> None:
    answer = scan_texts({"paste.txt": f"{text}\n"}, load())

    found = {finding.id: finding for finding in answer.findings}
    assert failure in found
    assert "?" not in found[failure].title
