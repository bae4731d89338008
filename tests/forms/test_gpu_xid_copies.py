"""An Xid in somebody else's words: the line copied into JSON, a container's log, an event of
Kubernetes, a health check, a node condition; or only its number, as NVML hands it to listeners.

Where the kernel's line is copied, its fields are read from the copy. Where only the number is told,
the event is `secondhand` and says who told it. The near miss is about Xids and reports none.
"""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want

UUID = "GPU-1f2e3d4c-5b6a-7988-9a0b-c1d2e3f40516"
FELL = "NVRM: Xid (PCI:0000:4e:00): 79, pid=611, name=python3, GPU has fallen off the bus."
PAGE_FAULT = (
    "NVRM: Xid (PCI:0000:4e:00): 31, pid=611, name=python3, Ch 00000009, intr 00000000. MMU "
    "Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_T1_2 faulted @ 0x7f12_0b000000. Fault is of type "
    "FAULT_PTE ACCESS_TYPE_VIRT_READ"
)


SEEN = "Tue, 04 Mar 2025 05:06:10 +0000"
CONDITIONS = (
    "Name:               gpu-9\nRoles:              worker\nConditions:\n"
    f"  Type             Status  {'LastHeartbeatTime':<31}  {'LastTransitionTime':<31}  "
    "Reason                       Message\n"
    f"  ----             ------  {'-' * 17:<31}  {'-' * 18:<31}  "
    "------                       -------\n"
)


def copy(row: str, text: str, near_miss: str, /, *lines: int, **fields: Value) -> Form:
    """A copy that must come to one `gpu.xid`; it stands on `lines`, or anywhere."""
    place = (lines[0], lines[-1]) if lines else None
    return Form(row=row, text=text, wants=(Want("gpu.xid", fields, place),), near_miss=near_miss)


FORMS = (
    copy(
        "Docker's json-file",
        '{"log":"NVRM: Xid (PCI:0000:4e:00): 79, pid=\'\\u003cunknown\\u003e\', name='
        '\\u003cunknown\\u003e, GPU has fallen off the bus.\\n","stream":"stderr","time":'
        '"2025-03-04T05:06:07.123456789Z"}\n',
        '{"log":"rule: NVRM: Xid ([^)]*): 79\\n","stream":"stderr","time":'
        '"2025-03-04T05:06:07.123456789Z"}\n',
        1,
        xid=79,
        gpu="0000:4e:00",
        process=None,
        stream="stderr",
    ),
    copy(
        "a container's log (CRI)",
        f"2025-03-04T05:06:07.123456789Z stderr F {PAGE_FAULT}\n",
        "2025-03-04T05:06:07.123456789Z stderr F watching for NVRM: Xid lines\n",
        1,
        xid=31,
        pid=611,
        process="python3",
        fault_address="0x7f120b000000",
        stream="stderr",
    ),
    copy(
        "journal as JSON",
        '{"__REALTIME_TIMESTAMP":"1741064767123456","_HOSTNAME":"gpu-9","SYSLOG_IDENTIFIER":'
        '"kernel","SYSLOG_FACILITY":"0","_TRANSPORT":"kernel","PRIORITY":"4","MESSAGE":'
        '"NVRM: Xid (PCI:0000:4e:00): 94, pid=611, name=python3, Contained: SM (0x1). RST: No, '
        'D-RST: No"}\n',
        '{"__REALTIME_TIMESTAMP":"1741064767123456","_HOSTNAME":"gpu-9","SYSLOG_IDENTIFIER":'
        '"runbook","MESSAGE":"Xid 94 is contained"}\n',
        1,
        xid=94,
        host="gpu-9",
        unit="SM",
    ),
    copy(
        "kmsg record",
        f"4,90211,8812345678901,-;{PAGE_FAULT}\n",
        f"12,90211,8812345678901,-;{PAGE_FAULT}\n",
        1,
        xid=31,
        client="GPCCLIENT_T1_2",
    ),
    copy(
        "dmesg --decode",
        f"kern  :warn  : [ 8812.345678] {FELL}\n",
        f"user  :warn  : [ 8812.345678] {FELL}\n",
        1,
        xid=79,
        facility="kern",
    ),
    copy(
        "event of the node problem detector, alone",
        f"3m12s   Warning   XidError   node/gpu-9   {FELL}\n",
        "3m12s   Warning   XidError   node/gpu-9   an Xid was seen, see the kernel's log\n",
        1,
        xid=79,
        pid=611,
        node="gpu-9",
    ),
    copy(
        "event in a table",
        "LAST SEEN   TYPE      REASON     OBJECT       MESSAGE\n"
        f"3m12s       Warning   XidError   node/gpu-9   {FELL}\n"
        "9m          Normal    Pulled     pod/web-1    Successfully pulled image\n",
        "LAST SEEN   TYPE      REASON     OBJECT       MESSAGE\n"
        "3m12s       Warning   XidError   node/gpu-9   Xid 79 was cleared\n",
        2,
        xid=79,
        gpu="0000:4e:00",
        node="gpu-9",
    ),
    copy(
        "event of a described node",
        "Name:               gpu-9\nRoles:              worker\nEvents:\n"
        "  Type     Reason    Age  From            Message\n"
        "  ----     ------    ---  ----            -------\n"
        "  Warning  XidError  5m   kernel-monitor  NVRM: Xid (PCI:0000:4e:00): 48, pid=611, "
        "name=a, An uncorrectable double bit error (DBE) has been detected on GPU in the "
        "framebuffer at partition 3, subpartition 0\n",
        "Name:               gpu-9\nRoles:              worker\nEvents:\n"
        "  Type     Reason    Age  From            Message\n"
        "  ----     ------    ---  ----            -------\n"
        "  Normal   NoXid     5m   kernel-monitor  no Xid since the last boot\n",
        6,
        xid=48,
        partition=3,
    ),
    copy(
        "condition of NVSentinel in a described node",
        f"{CONDITIONS}  SysLogsXIDError  True    {SEEN}  {SEEN}  SysLogsXIDErrorIsNotHealthy  "
        f"ErrorCode:79 PCI:0000:4e:00 GPU_UUID:{UUID} kernel: [16450078.000000] {FELL} "
        "Recommended Action=RESTART_BM;\n",
        f"{CONDITIONS}  SysLogsXIDError  False   {SEEN}  {SEEN}  SysLogsXIDErrorIsHealthy     "
        "No Health Failures\n",
        6,
        xid=79,
        gpu="0000:4e:00",
        gpu_uuid=UUID,
        pid=611,
        recommended_action="RESTART_BM",
        reporter="nvsentinel",
        detail="GPU has fallen off the bus.",
    ),
    copy(
        "condition of NVSentinel without the kernel's line",
        "ErrorCode:79 GPU:3 XID error occurred Recommended Action=RESTART_VM;\n",
        "ErrorCode:79 GPU:3 clock error Recommended Action=NONE;\n",
        1,
        xid=79,
        gpu_index=3,
        recommended_action="RESTART_VM",
        secondhand=True,
    ),
    copy(
        "health event of NVSentinel",
        '{"time":"2025-03-04T05:06:07.1Z","level":"INFO","msg":"Health events received","events":{'
        '"version":1,"events":[{"agent":"syslog-health-monitor","checkName":"SysLogsXIDError",'
        '"isFatal":true,"errorCode":["145.RLW_REMAP"],"entitiesImpacted":[{"entityType":"PCI",'
        f'"entityValue":"0018:01:00"}},{{"entityType":"GPU_UUID","entityValue":"{UUID}"}}],'
        '"nodeName":"gb-7"}]}}\n',
        '{"time":"2025-03-04T05:06:07.1Z","level":"INFO","msg":"Health events received","events":{'
        '"version":1,"events":[{"agent":"syslog-health-monitor","checkName":"SysLogsXIDError",'
        '"isHealthy":true,"errorCode":["145"],"nodeName":"gb-7"}]}}\n',
        1,
        xid=145,
        sub="RLW_REMAP",
        gpu="0018:01:00",
        gpu_uuid=UUID,
        node="gb-7",
    ),
    copy(
        "a JSON field beside the message",
        '{"level":"warn","ts":"2025-03-04T05:06:07.123Z","caller":"xid/component.go:311","msg":'
        f'"got xid event","kmsg":"{FELL}"}}\n',
        '{"level":"warn","ts":"2025-03-04T05:06:07.123Z","msg":"got xid event","kmsg":""}\n',
        1,
        xid=79,
        pid=611,
        process="python3",
    ),
    copy(
        "gpud, by address",
        '{"level":"warn","ts":"2025-03-04T05:06:07Z","msg":"XID 79(GPU has fallen off the bus) '
        'detected on PCI:0000:4e:00"}\n',
        '{"level":"info","ts":"2025-03-04T05:06:07Z","msg":"no XID detected on PCI:0000:4e:00"}\n',
        1,
        xid=79,
        gpu="0000:4e:00",
        reporter="gpud",
        secondhand=True,
    ),
    copy(
        "gpud, by UUID",
        f"XID 94 (Contained error) detected on GPU {UUID}\n",
        "XID 94 (Contained error) would be detected on a GPU with ECC\n",
        1,
        xid=94,
        gpu_uuid=UUID,
    ),
    copy(
        "gpud, old",
        '{"name":"error_xid","message":"xid 119 detected by dmesg (47 minutes ago)"}\n',
        '{"name":"error_xid","message":"xids are detected by dmesg"}\n',
        1,
        xid=119,
        reporter="gpud",
    ),
    copy(
        "problem detector's status",
        "I0304 05:06:07.123456       1 log_monitor.go:160] New status generated: "
        "&{Source:kernel-monitor Events:[{Severity:warn Timestamp:2025-03-04 05:06:05 +0000 UTC "
        f"Reason:XidError Message:{PAGE_FAULT}}}] Conditions:[]}}\n",
        "I0304 05:06:07.123456       1 log_monitor.go:72] Start log monitor kernel-monitor with "
        "pattern NVRM: Xid\n",
        1,
        xid=31,
        access="ACCESS_TYPE_VIRT_READ",
        pid=611,
    ),
    copy(
        "Azure's node health check",
        "ERROR:  nhc:  Health check failed:  check_gpu_xid: GPU Xid errors detected: "
        f"[Tue Mar  4 05:06:07 2025] {FELL}\n",
        "nhc:  check_gpu_xid: no GPU Xid errors detected\n",
        1,
        xid=79,
        pid=611,
    ),
    copy(
        "device plugin",
        "E0304 05:06:07.123456       1 health.go:170] XidCriticalError: Xid=48 on Device="
        f"{UUID}; marking device as unhealthy.\n",
        "I0304 05:06:07.123456       1 health.go:64] Ignoring the following XIDs for health checks"
        ": map[13:true 31:true]\n",
        1,
        xid=48,
        gpu_uuid=UUID,
        reporter="device-plugin",
        secondhand=True,
    ),
    copy(
        "device plugin, all devices",
        "XidCriticalError: Xid=999 on All devices; marking all devices as unhealthy.\n",
        "XidCriticalError is event type 8\n",
        1,
        xid=999,
    ),
    copy(
        "EKS node monitoring agent",
        "detected XID-64 on the instance, review kernel logs for additional information.\n",
        "detected no XID on the instance\n",
        1,
        xid=64,
        reporter="eks",
    ),
    copy(
        "EKS condition's reason",
        "AcceleratedHardwareReady   False   Tue, 04 Mar 2025 05:06:10 +0000   NvidiaXID79Error\n",
        "AcceleratedHardwareReady   True    Tue, 04 Mar 2025 05:06:10 +0000   NvidiaXIDs\n",
        1,
        xid=79,
        reporter="eks",
    ),
    copy(
        "DCGM's diagnostic",
        "Detected XID 48 for GPU 6 Please consult the documentation for details of this XID.\n",
        "Detected 8 GPUs; XID 48 for GPU 6 is not known\n",
        1,
        xid=48,
        gpu_index=6,
        reporter="dcgm",
    ),
    copy(
        "dcgm-exporter",
        "# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n"
        f'DCGM_FI_DEV_XID_ERRORS{{gpu="3",UUID="{UUID}",pci_bus_id="00000000:4E:00.0",device='
        '"nvidia3",modelName="NVIDIA H100 80GB HBM3",Hostname="gpu-9",pod="train-0",namespace='
        '"ml"} 79\n',
        "# TYPE DCGM_FI_DEV_XID_ERRORS gauge\n"
        f'DCGM_FI_DEV_XID_ERRORS{{gpu="3",UUID="{UUID}",device="nvidia3",Hostname="gpu-9"}} 0\n',
        2,
        xid=79,
        gpu_index=3,
        gpu_uuid=UUID,
        gpu="0000:4e:00.0",
        host="gpu-9",
        pod="train-0",
        namespace="ml",
        secondhand=True,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
