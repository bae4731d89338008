# ruff: noqa: E501 (logs are as wide as they are)
"""Schedulers, services and containers at work: a scan of what they write all day finds nothing."""

from __future__ import annotations

import pytest

from triage.scanner import scan_texts
from triage.signatures.load import load

CALM = {
    "slurmctld": """\
[2025-05-28T02:11:09.310] slurmctld version 23.11.4 started on cluster gpu
[2025-05-28T02:11:09.310] sched: Allocate JobId=90011 NodeList=gpu-a-[01-02] #CPUs=64 Partition=gpu
[2025-05-28T02:11:10.310] _job_complete: JobId=90011 WEXITSTATUS 0
[2025-05-28T02:11:10.310] _job_complete: JobId=90011 done
[2025-05-28T02:12:10.310] update_node: node gpu-b-05 state set to IDLE
[2025-05-28T02:12:10.310] backfill: Started JobId=90012 in gpu on gpu-a-03
""",
    "slurmd": """\
[2025-05-28T02:11:09.310] launch task StepId=90011.0 request from UID:1207 GID:1207 HOST:10.0.0.2 PORT:44122
[2025-05-28T02:11:09.310] task/affinity: lllp_distribution: JobId=90011 auto binding off
[2025-05-28T02:11:10.310] [90011.0] done with step
[2025-05-28T02:11:10.310] epilog for job 90011 ran for 1 seconds
""",
    "squeue": """\
             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)
             90603       gpu   sft-xl      mia PD       0:00      4 (Priority)
             90604       gpu   sft-xl      mia CG       1:00      4 gpu-a-[01-04]
             90605       gpu   sft-xl      mia  R   2:11:00      4 gpu-a-[05-08]
""",
    "sacct": """\
JobID           JobName  Partition    Account  AllocCPUS      State ExitCode
------------ ---------- ---------- ---------- ---------- ---------- --------
90211           sft-xl        gpu     speech         32  COMPLETED      0:0
90211.batch      batch               speech         32  COMPLETED      0:0
90212           sft-xl        gpu     speech         32    RUNNING      0:0
""",
    "srun out": """\
srun: job 90212 queued and waiting for resources
srun: job 90212 has been allocated resources
srun: Job 90212 step creation temporarily disabled, retrying (Requested nodes are busy)
srun: Step created for StepId=90212.0
""",
    "ray": """\
2025-03-01 02:46:56,240	INFO worker.py:1724 -- Started a local Ray instance. View the dashboard at 127.0.0.1:8265
(raylet) Spilled 2048 MiB, 12 objects, write throughput 1020 MiB/s.
(autoscaler +12s) Adding 2 node(s) of type gpu_worker.
(autoscaler +62s) Resized to 64 CPUs, 16 GPUs.
(fit pid=4512) epoch 1 loss 0.31 [repeated 3x across cluster]
(autoscaler +12m2s) Removing 2 nodes of type gpu_worker (idle).
""",
    "ray status": """\
======== Autoscaler status: 2025-03-01 02:46:56.240 ========
Node status
---------------------------------------------------------------
Active:
 1 head
 2 worker
Pending:
 (no pending nodes)
Recent failures:
 (no failures)
Resources
---------------------------------------------------------------
 4.0/64.0 CPU
 0B/512.00GiB memory
Demands:
 (no resource demands)
""",
    "spark": """\
25/03/01 10:11:12 INFO SparkContext: Running Spark version 3.5.1
25/03/01 10:11:13 INFO BlockManagerMasterEndpoint: Registering block manager 10.0.3.9:41233 with 4.1 GiB RAM, BlockManagerId(4, 10.0.3.9, 41233, None)
25/03/01 10:11:14 INFO TaskSetManager: Finished task 3.0 in stage 8.0 (TID 911) in 121 ms on 10.0.3.9 (executor 4) (4/200)
25/03/01 10:11:14 INFO DAGScheduler: ResultStage 8 (collect at job.py:12) finished in 1.2 s
25/03/01 10:12:14 INFO ExecutorAllocationManager: Executors 4 removed due to idle timeout.
25/03/01 10:12:15 INFO YarnClientSchedulerBackend: SchedulerBackend is ready for scheduling beginning after reached minRegisteredResourcesRatio: 0.8
25/03/01 10:12:16 WARN TaskSetManager: Stage 3 contains a task of very large size (1880 KiB). The maximum recommended task size is 1000 KiB.
25/03/01 10:12:17 INFO ShutdownHookManager: Shutdown hook called
""",
    "airflow": """\
[2025-02-11T04:10:09.113+0000] {taskinstance.py:1206} INFO - Marking task as SUCCESS. dag_id=nightly, task_id=embed, run_id=manual__1, execution_date=20250210T040000
[2025-02-11T04:10:09.113+0000] {local_task_job_runner.py:240} INFO - Task exited with return code 0
[2025-02-11T04:10:10.113+0000] {scheduler_job_runner.py:731} INFO - Setting external_id for <TaskInstance: nightly.embed manual__1 [queued]> to 7781
[2025-02-11T04:10:11.113+0000] {manager.py:540} INFO - DAG nightly is missing and will be deactivated.
""",
    "celery": """\
[2025-04-02 11:20:09,310: INFO/MainProcess] Connected to redis://redis:6379/0
[2025-04-02 11:20:09,310: INFO/MainProcess] mingle: all alone
[2025-04-02 11:20:10,310: INFO/MainProcess] Task jobs.embed[5b0c7d1e-0a11-4d1e-8e0e-2d3f4a5b6c70] received
[2025-04-02 11:20:11,310: INFO/ForkPoolWorker-1] Task jobs.embed[5b0c7d1e-0a11-4d1e-8e0e-2d3f4a5b6c70] succeeded in 0.9s: None
[2025-04-02 11:30:11,310: WARNING/MainProcess] Warm shutdown (MainProcess)
""",
    "gunicorn": """\
[2025-03-01 01:02:03 +0000] [7] [INFO] Starting gunicorn 22.0.0
[2025-03-01 01:02:03 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000 (7)
[2025-03-01 01:02:03 +0000] [8121] [INFO] Booting worker with pid: 8121
[2025-03-01 01:12:03 +0000] [7] [INFO] Handling signal: term
[2025-03-01 01:12:03 +0000] [8121] [INFO] Worker exiting (pid: 8121)
[2025-03-01 01:12:04 +0000] [7] [INFO] Shutting down: Master
""",
    "nginx": """\
2025/04/14 03:02:12 [notice] 1#1: using the "epoll" event method
2025/04/14 03:02:12 [notice] 1#1: start worker processes
2025/04/14 03:02:13 [info] 31#31: *8 client closed connection while waiting for request, client: 10.1.0.9, server: 0.0.0.0:80
2025/04/14 03:02:14 [error] 31#31: *9 open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory), client: 10.1.0.9, server: localhost, request: "GET /favicon.ico HTTP/1.1", host: "x"
10.1.0.9 - - [14/Apr/2025:03:02:18 +0000] "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.29"
2025/04/14 03:05:12 [notice] 1#1: signal 1 (SIGHUP) received from 77, reconfiguring
""",
    "postgres": """\
2025-04-02 11:20:09.310 UTC [1] LOG:  starting PostgreSQL 16.2
2025-04-02 11:20:09.310 UTC [44] LOG:  checkpoint starting: time
2025-04-02 11:20:39.310 UTC [44] LOG:  checkpoint complete: wrote 812 buffers (5.0%); 0 WAL file(s) added, 0 removed, 1 recycled
2025-04-02 11:21:09.310 UTC [8211] app@prod LOG:  duration: 1211.310 ms  statement: SELECT count(*) FROM users
2025-04-02 11:22:09.310 UTC [8212] app@prod LOG:  could not receive data from client: Connection reset by peer
2025-04-02 11:23:09.310 UTC [1] LOG:  received fast shutdown request
""",
    "redis": """\
1:C 02 Apr 2025 11:20:09.310 # WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail under low memory condition.
1:M 02 Apr 2025 11:20:09.310 * Ready to accept connections tcp
1:M 02 Apr 2025 11:25:09.310 * 100 changes in 300 seconds. Saving...
1:M 02 Apr 2025 11:25:09.410 * Background saving terminated with success
""",
    "kafka": """\
[2025-04-02 11:20:09,310] INFO [GroupCoordinator 0]: Preparing to rebalance group events in state PreparingRebalance with old generation 3 (reason: Adding new member) (kafka.coordinator.group.GroupCoordinator)
[2025-04-02 11:20:09,310] INFO [Broker id=0] Leader events-3 with topic id Some(0aa1) starts at leader epoch 4
""",
    "etcd": """\
{"level":"info","ts":"2025-04-02T11:20:09.310Z","caller":"mvcc/index.go:214","msg":"compact tree index","revision":8812}
{"level":"info","ts":"2025-04-02T11:20:09.310Z","caller":"mvcc/hash.go:137","msg":"storing new hash","hash":77120,"revision":8812}
{"level":"warn","ts":"2025-04-02T11:20:10.310Z","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"112.310ms","expected-duration":"100ms"}
""",
    "coredns": """\
.:53
[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908
CoreDNS-1.11.1
[INFO] 10.244.0.9:41234 - 812 "A IN scores.internal.example. udp 41 false 512" NXDOMAIN qr,rd,ra 116 0.0012s
""",
    "containerd": """\
time="2025-04-02T11:20:09.310022991Z" level=info msg="CreateContainer within sandbox \\"5f1d0c7a9be2\\" for container &ContainerMetadata{Name:tagger,Attempt:0,}"
time="2025-04-02T11:20:09.310022991Z" level=info msg="StartContainer for \\"5f1d0c7a9be2\\" returns successfully"
time="2025-04-02T11:20:10.310022991Z" level=info msg="shim disconnected" id=5f1d0c7a9be2 namespace=k8s.io
time="2025-04-02T11:20:10.310022991Z" level=warning msg="cleaning up after shim disconnected" id=5f1d0c7a9be2 namespace=k8s.io
time="2025-04-02T11:20:10.310022991Z" level=error msg="ContainerStatus for \\"5f1d0c7a9be2\\" failed" error="rpc error: code = NotFound desc = an error occurred when try to find container \\"5f1d0c7a9be2\\": not found"
""",
    "dockerd": """\
Apr  2 11:20:09 gpu-4 dockerd[1411]: time="2025-04-02T11:20:09.310Z" level=info msg="API listen on /run/docker.sock"
Apr  2 11:20:09 gpu-4 dockerd[1411]: time="2025-04-02T11:20:09.310Z" level=info msg="ignoring event" container=5f1d0c7a9be2 module=libcontainerd namespace=moby topic=/tasks/delete type="*events.TaskDelete"
Apr  2 11:20:09 gpu-4 systemd[1]: Started docker.service - Docker Application Container Engine.
Apr  2 12:20:09 gpu-4 systemd[1]: docker.service: Deactivated successfully.
""",
    "compose": """\
 Network scorer_default  Created
 Container scorer-db-1  Healthy
 Container scorer-1  Started
scorer-1  | INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)
Gracefully stopping... (press Ctrl+C again to force)
scorer-1 exited with code 0
""",
    "docker ps": """\
CONTAINER ID   IMAGE       COMMAND       CREATED      STATUS                  PORTS   NAMES
1a1b2c3d4e5f   scorer:12   "python -m"   3 days ago   Up 5 hours (healthy)            scorer-2
2a1b2c3d4e5f   prep:12     "python -m"   3 days ago   Exited (0) 2 hours ago          prep-1
""",
    "build": """\
#8 [4/6] RUN pip install -r requirements.txt
#8 12.41 Successfully installed numpy-1.26.4
#8 DONE 13.1s
#11 exporting to image
#11 naming to docker.io/library/scorer:13 done
""",
    "helm": """\
Release "tagger" has been upgraded. Happy Helming!
NAME: tagger
STATUS: deployed
REVISION: 4
""",
    "hpa": """\
Conditions:
  Type            Status  Reason              Message
  AbleToScale     True    ReadyForNewScale    recommended size matches current size
  ScalingActive   True    ValidMetricFound    the HPA was able to successfully calculate a replica count from cpu resource utilization
  ScalingLimited  False   DesiredWithinRange  the desired count is within the acceptable range
""",
    "haproxy": """\
Apr 14 03:02:12 lb1 haproxy[812]: Server scores/s1 is UP, reason: Layer7 check passed, code: 200, check duration: 2ms. 2 active and 0 backup servers online.
Apr 14 03:02:12 lb1 haproxy[812]: 10.1.0.9:51234 [14/Apr/2025:03:02:12.101] http-in scores/s1 0/0/1/12/13 200 190 - - ---- 1/1/0/0/0 0/0 "POST /score HTTP/1.1"
""",
    "audit": """\
[    4.310221] audit: type=1400 audit(1743592809.310:2): apparmor="STATUS" operation="profile_load" profile="unconfined" name="docker-default" pid=812 comm="apparmor_parser"
[ 8812.310221] audit: type=1400 audit(1743592809.310:88): apparmor="DENIED" operation="capable" class="cap" profile="/usr/sbin/cups-browsed" pid=812 comm="cups-browsed" capability=23  capname="sys_nice"
[ 8813.310221] audit: type=1326 audit(1743592809.310:89): auid=1000 uid=1000 gid=1000 ses=4 subj=snap.firefox pid=4471 comm="firefox" exe="/snap/firefox" sig=0 arch=c000003e syscall=314 compat=0 ip=0x7f11 code=0x50000
""",
    "chrony": """\
Apr  2 11:20:09 gpu-4 chronyd[812]: Selected source 10.0.0.123 (ntp.internal)
Apr  2 11:20:09 gpu-4 chronyd[812]: System clock wrong by -0.012417 seconds
Apr  2 11:20:09 gpu-4 systemd-timesyncd[811]: Contacted time server 10.0.0.123:123 (ntp.internal).
""",
    "events normal": """\
LAST SEEN   TYPE     REASON                    OBJECT                   MESSAGE
9m          Normal   ScalingReplicaSet         deployment/web           Scaled up replica set web-6f9c8d7 to 1 from 0
9m          Normal   Scheduled                 pod/web-0                Successfully assigned ml/web-0 to n3
9m          Normal   Pulled                    pod/web-0                Successfully pulled image "reg.example/web:3" in 4.1s (4.1s including waiting)
8m          Normal   LeaderElection            lease/x                  n3 became leader
7m          Normal   Killing                   pod/web-1                Stopping container web
7m          Normal   SuccessfulDelete          replicaset/web-5         Deleted pod: web-5-x
6m          Normal   NodeReady                 node/n3                  Node n3 status is now: NodeReady
5m          Normal   Issuing                   certificate/web-tls      The certificate has been successfully issued
4m          Normal   Completed                 job/eval                 Job completed
3m          Normal   WaitForFirstConsumer      persistentvolumeclaim/d  waiting for first consumer to be created before binding
""",
    "pods": """\
NAMESPACE     NAME                      READY   STATUS      RESTARTS        AGE
kube-system   coredns-5d78c9869d-x2k9p   1/1     Running     2 (41d ago)     210d
ml            tagger-0                  1/1     Running     0               3d
ml            nightly-28390140-x2k9p    0/1     Completed   0               6h
kube-system   kube-proxy-x2k9p          1/1     Running     4 (12d ago)     210d
ml            old-0                     1/1     Terminating 0               12s
""",
    "kubelet": """\
I0402 11:20:09.310022    1877 kubelet.go:2452] "SyncLoop (probe)" probe="readiness" status="ready" pod="ml/tagger-0"
I0402 11:20:09.310022    1877 scope.go:117] "RemoveContainer" containerID="5f1d0c7a9be2"
I0402 11:20:09.310022    1877 reconciler_common.go:293] "Volume detached for volume \\"kube-api-access-x\\" (UniqueName: \\"kubernetes.io/projected/0aa1\\") on node \\"gpu-4\\" DevicePath \\"\\""
I0402 11:20:09.310022    1877 kubelet_volumes.go:163] "Cleaned up orphaned pod volumes dir" podUID="0aa1" path="/var/lib/kubelet/pods/0aa1/volumes"
""",
    "kueue": """\
    Message:               The workload is admitted
    Reason:                Admitted
    Message:               Quota reserved in ClusterQueue research
""",
    "vllm": """\
INFO 04-02 11:20:09 api_server.py:528] vLLM API server version 0.6.3
INFO 04-02 11:20:19 model_runner.py:1067] Loading model weights took 14.9595 GB
INFO 04-02 11:20:29 gpu_executor.py:122] # GPU blocks: 27895, # CPU blocks: 2048
INFO:     10.1.0.9:51234 - "POST /v1/completions HTTP/1.1" 200 OK
""",
    "prose chat": """\
ana: the deploy is done, pods look fine
ben: any 5xx?
ana: none, all 200. node gpu-3 was drained for the driver upgrade and is back
ben: ok, I will close the ticket about the OOMKilled pods from last week
""",
    "manifest": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  jobTemplate:
    spec:
      backoffLimit: 3
      activeDeadlineSeconds: 3600
""",
    "sbatch": """\
#!/bin/bash
#SBATCH --gres=gpu:8
#SBATCH --time=24:00:00
#SBATCH --mem=512G
#SBATCH --signal=B:USR1@300
srun --kill-on-bad-exit=1 python train.py
""",
}


@pytest.mark.parametrize("name", CALM)
@pytest.mark.parametrize("suffix", ["log", "txt"])
def test_a_day_without_trouble_gives_nothing_to_act_on(name: str, suffix: str) -> None:
    answer = scan_texts({f"{name.replace(' ', '-')}.{suffix}": CALM[name]}, load())

    assert [f.id for f in answer.findings if f.severity != "info"] == []
