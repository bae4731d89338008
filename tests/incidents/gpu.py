# ruff: noqa: E501 (log lines are as long as they are)
"""Incidents that begin in a GPU, its driver, its links."""

from __future__ import annotations

from tests.incidents.cluster import API, Ended, Happening, Pod, backoff, events_json, pods_json
from tests.incidents.kernel import kernel, xid
from tests.incidents.logs import log, page, traceback
from tests.incidents.model import Incident, Left

WATCHDOG = (
    "[rank{rank}]:[E312 {clock} ProcessGroupNCCL.cpp:607] [Rank {rank}] Watchdog caught collective operation timeout:"
    " WorkNCCL(SeqNum={seq}, OpType=ALLREDUCE, NumelIn=67108864, NumelOut=67108864, Timeout(ms)=600000)"
    " ran for 600{ms:03d} milliseconds before timing out."
)
TORCHRUN = (
    "E0312 {clock}.118000 {agent} torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: {code})"
    " local_rank: {rank} (pid: {pid}) of binary: /opt/conda/bin/python"
)

FELL_OFF = Incident(
    name="a GPU falls off the bus, the other ranks wait in NCCL, the job fails",
    sources=(
        kernel(
            "hgx-02/dmesg.txt",
            "hgx-02",
            [
                xid(0.0, "0000:4e:00", 79, "pid=71840, name=python, GPU has fallen off the bus."),
                (0.001, "NVRM: GPU 0000:4e:00.0: GPU has fallen off the bus."),
                (0.4, "NVRM: A GPU crash dump has been created. If possible, please run"),
            ],
            form="dmesg -T",
        ),
        log(
            "hgx-02/rank3.log",
            "hgx-02",
            [
                (1.2, traceback("/srv/train/llm.py", 402, "step", "loss.backward()", "RuntimeError: CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.")),
                (3.0, TORCHRUN.format(clock="08:14:05", agent=71802, code=1, rank=3, pid=71840)),
            ],
        ),
        log("hgx-05/rank11.log", "hgx-05", [(600.6, WATCHDOG.format(rank=11, clock="08:24:02.910", seq=90117, ms=52))]),
        log("slurmctld.log", "slurm-ctl", [(604.0, "_job_complete: JobId=41177 WEXITSTATUS 1")], "slurm"),
    ),
    root="xid_79",
    chain=(("xid_79", "gpu_fell_off_bus"), ("xid_79", "nccl_timeout"), ("xid_79", "torchrun_child_failed")),
    entities={"gpu": "0000:4e:00", "pid": 71840},
    touched={"gpu": ("0000:4e:00",), "rank": (3, 11), "job": ("41177",)},
    innocent=("oom_kill", "link_down"),
    lost={"hgx-02/dmesg.txt": Left("cuda_launch_failure", undecided="kernel")},
)  # fmt: skip

TENANT = Pod(
    "diffusion-api-6b7c8d9f5-ttx9w", "art", "0a1b2c3d-4e5f-4607-8a9b-acbdcedfe0f1", "gpu-d21",
    "api", "77be" * 16,
)  # fmt: skip
CONTAINED = Incident(
    name="an uncorrectable memory error of a GPU is contained and the program on it crashes",
    sources=(
        kernel(
            "node/kern.log",
            "gpu-d21",
            [
                xid(0.0, "0000:9c:00", 48, "pid='<unknown>', name=<unknown>, An uncorrectable double bit error (DBE) has been detected on GPU in the framebuffer at partition 5, subpartition 1."),
                xid(0.02, "0000:9c:00", 63, "pid='<unknown>', name=<unknown>, Row Remapper: New row marked for remapping, reset gpu to activate."),
                xid(0.05, "0000:9c:00", 94, "pid=28114, name=python3, Contained: SM (0x1). RST: No, D-RST: No"),
            ],
        ),
        log(
            "api.log",
            "gpu-d21",
            [(0.6, "[28114] ERROR worker: batch 5512 failed\n" + traceback("/app/api/worker.py", 77, "infer", "out = self.unet(latents)", "RuntimeError: CUDA error: uncorrectable ECC error encountered"))],
        ),
        page(
            "nvidia-smi-q.txt",
            "==============NVSMI LOG==============\n\nTimestamp                                 : {time}\nDriver Version                            : 550.90.07\nCUDA Version                              : 12.4\n\nAttached GPUs                             : 1\nGPU 00000000:9C:00.0\n    Product Name                          : NVIDIA A100-SXM4-80GB\n    ECC Mode\n        Current                           : Enabled\n        Pending                           : Enabled\n    ECC Errors\n        Volatile\n            SRAM Correctable              : 0\n            SRAM Uncorrectable            : 0\n            DRAM Correctable              : 0\n            DRAM Uncorrectable            : 2\n    Remapped Rows\n        Correctable Error                 : 0\n        Uncorrectable Error               : 1\n        Pending                           : Yes\n        Remapping Failure Occurred        : No\n",
            "gpu-d21",
            120.0,
        ),
        pods_json("pods.json", "gpu-d21", [(TENANT, Ended(1.0, 1, "Error"), "CrashLoopBackOff")]),
        events_json("events.json", "gpu-d21", [backoff(12.0, TENANT)]),
    ),
    root="xid_48",
    chain=(("xid_48", "xid_94"), ("xid_94", "cuda_ecc_uncorrectable"), ("cuda_ecc_uncorrectable", "crash_loop_backoff")),
    entities={"gpu": "0000:9c:00"},
    touched={"gpu": ("0000:9c:00",), "host": ("gpu-d21",), "pod": (TENANT.name,)},
    innocent=("xid_79", "cuda_illegal_access"),
    lost={"node/kern.log": Left("ecc_dbe")},
)  # fmt: skip

WORKER = Pod(
    "llm-eval-0", "eval", "5c4b3a29-1807-4f6e-8d5c-4b3a29180706", "gpu-e05", "eval", "3fd0" * 16,
)  # fmt: skip
DRIVER_UPGRADE = Incident(
    name="an unattended driver upgrade leaves kernel and library apart, GPU pods cannot start",
    sources=(
        log(
            "gpu-e05/dpkg.log",
            "gpu-e05",
            [
                (-7200.0, "upgrade nvidia-utils-550-server:amd64 550.90.07-0ubuntu0.22.04.1 550.127.05-0ubuntu0.22.04.1"),
                (-7199.0, "status installed nvidia-utils-550-server:amd64 550.127.05-0ubuntu0.22.04.1"),
                (-7198.0, "upgrade libnvidia-compute-550-server:amd64 550.90.07-0ubuntu0.22.04.1 550.127.05-0ubuntu0.22.04.1"),
            ],
        ),
        kernel("gpu-e05/kern.log", "gpu-e05", [(0.0, "NVRM: API mismatch: the client has the version 550.127.05, but"), (0.0001, "NVRM: this kernel module has the version 550.90.07.  Please"), (0.0002, "NVRM: make sure that this kernel module and all NVIDIA driver"), (0.0003, "NVRM: components have the same version.")]),
        page("gpu-e05/nvidia-smi.txt", "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.127", "gpu-e05", 30.0),
        events_json(
            "events.json",
            "gpu-e05",
            [
                Happening(40.0, "Failed", "Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy'\nnvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown", WORKER),
                backoff(52.0, WORKER),
            ],
        ),
        events_json("events-scheduler.json", API, [Happening(61.0, "FailedScheduling", "0/9 nodes are available: 1 Insufficient nvidia.com/gpu, 8 node(s) didn't match Pod's node affinity/selector. preemption: 0/9 nodes are available: 1 No preemption victims found for incoming pod, 8 Preemption is not helpful for scheduling.", Pod("llm-eval-1", "eval", "6d5c4b3a-2918-4076-9e6d-5c4b3a291807", "", "eval"), component="default-scheduler")]),
    ),
    root="driver_packages_changed",
    chain=(("driver_packages_changed", "nvrm_api_mismatch"), ("nvrm_api_mismatch", "driver_library_mismatch"), ("nvrm_api_mismatch", "nvidia_runtime_error"), ("nvrm_api_mismatch", "insufficient_gpu")),
    touched={"host": ("gpu-e05",), "pod": ("llm-eval-0", "llm-eval-1")},
    innocent=("gpu_fell_off_bus", "gpu_lost"),
    lost={
        "gpu-e05/dpkg.log": Left("nvrm_api_mismatch"),
        "gpu-e05/kern.log": Left("driver_packages_changed"),
    },
)  # fmt: skip

AER_STORM = Incident(
    name="a storm of PCIe errors ends with a GPU off the bus and a lost job",
    sources=(
        kernel(
            "node/dmesg.txt",
            "gpu-f33",
            [
                *[(float(i) - 40, "pcieport 0000:b0:01.1: AER: Corrected error message received from 0000:b1:00.0") for i in range(0, 36, 4)],
                (-0.9, "pcieport 0000:b0:01.1: AER: Uncorrectable (Fatal) error message received from 0000:b1:00.0"),
                (-0.8999, "nvidia 0000:b1:00.0: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Receiver ID)"),
                (-0.8998, "nvidia 0000:b1:00.0:   device [10de:2330] error status/mask=00040000/00000000"),
                (-0.8997, "nvidia 0000:b1:00.0:    [18] MalfTLP                (First)"),
                xid(0.0, "0000:b1:00", 79, "GPU has fallen off the bus."),
                (0.001, "NVRM: GPU 0000:b1:00.0: GPU has fallen off the bus."),
            ],
            form="dmesg",
        ),
        kernel("node/journal.txt", "gpu-f33", [(-60.0, "nvidia 0000:b1:00.0: enabling device (0140 -> 0142)"), xid(0.0, "0000:b1:00", 79, "GPU has fallen off the bus."), (0.001, "NVRM: GPU 0000:b1:00.0: GPU has fallen off the bus.")], form="journal short"),
        page("nvidia-smi.txt", "Unable to determine the device handle for GPU 0000:B1:00.0: GPU is lost.  Reboot the system to recover this GPU", "gpu-f33", 60.0),
        log("train.log", "gpu-f33", [(1.0, "ERROR trainer: step 88120 failed\n" + traceback("/app/train.py", 19, "train", "torch.cuda.synchronize()", "RuntimeError: CUDA error: unknown error"))]),
    ),
    root="aer_fatal",
    chain=(("aer_fatal", "xid_79"), ("xid_79", "gpu_lost"), ("xid_79", "cuda_unknown_error")),
    entities={"device": "0000:b1:00.0"},
    innocent=("driver_library_mismatch", "oom_kill"),
    lost={"node/dmesg.txt": Left("xid_79")},
)  # fmt: skip

SWITCH = Incident(
    name="a fatal NVSwitch error breaks NVLink, ranks fail in NCCL",
    sources=(
        kernel(
            "node/kern.log",
            "hgx-19",
            [
                (0.0, "nvidia-nvswitch3: SXid (PCI:0000:c6:00.0): 20034, Fatal, Link 27 LTSSM Fault Up"),
                (0.0004, "nvidia-nvswitch3: SXid (PCI:0000:c6:00.0): 20034, Severity 1 Engine instance 27 Sub-engine instance 00"),
                xid(0.01, "0000:1b:00", 74, "pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 14(0x10000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"),
            ],
            form="rfc3339",
        ),
        log(
            "train.log",
            "hgx-19",
            [
                (0.7, traceback("/srv/moe/train.py", 311, "step", "dist.all_to_all_single(out, x)", "torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:2006, unhandled cuda error (run with NCCL_DEBUG=INFO for details), NCCL version 2.21.5\nncclUnhandledCudaError: Call to CUDA function failed.\nLast error:\nCuda failure 'uncorrectable NVLink error detected during the execution'")),
                (3.0, TORCHRUN.format(clock="08:14:05", agent=6102, code=1, rank=1, pid=6144)),
            ],
        ),
        log("fabricmanager.log", "hgx-19", [(0.2, "[ERROR] [tid 2210] detected NVSwitch fatal error 20034 on fid 0 on NVSwitch pci bus id 00000000:C6:00.0 physical id 3 port 27")], "bracketed"),
    ),
    root="sxid_fatal",
    chain=(("sxid_fatal", "xid_74"), ("xid_74", "cuda_nvlink_error"), ("nccl_unhandled_cuda_error", "torchrun_child_failed")),
    entities={},
    touched={"host": ("hgx-19",), "gpu": ("0000:1b:00",), "rank": (1,)},
    innocent=("link_down", "xid_79"),
)  # fmt: skip

OCCUPIED = Incident(
    name="another process holds the GPU's memory and a new server cannot load its model",
    sources=(
        page(
            "nvidia-smi.txt",
            "{time}\n"
            "+-----------------------------------------------------------------------------------------+\n"
            "| NVIDIA-SMI 550.90.07              Driver Version: 550.90.07      CUDA Version: 12.4     |\n"
            "|-----------------------------------------+------------------------+----------------------+\n"
            "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n"
            "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n"
            "|                                         |                        |               MIG M. |\n"
            "|=========================================+========================+======================|\n"
            "|   0  NVIDIA A100-SXM4-40GB          On  |   00000000:07:00.0 Off |                    0 |\n"
            "| N/A   37C    P0             63W /  400W |   40102MiB /  40960MiB |      0%      Default |\n"
            "|                                         |                        |             Disabled |\n"
            "+-----------------------------------------+------------------------+----------------------+\n"
            "\n"
            "+-----------------------------------------------------------------------------------------+\n"
            "| Processes:                                                                              |\n"
            "|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |\n"
            "|        ID   ID                                                               Usage      |\n"
            "|=========================================================================================|\n"
            "|    0   N/A  N/A     19233      C   /usr/bin/jupyter-lab                        39980MiB |\n"
            "+-----------------------------------------------------------------------------------------+",
            "gpu-k02",
            60.0,
        ),
        log(
            "server.log",
            "gpu-k02",
            [(0.0, "[22410] ERROR server: model load failed\n" + traceback("/opt/serve/server.py", 51, "load", "self.model.to('cuda:0')", "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 39.39 GiB of which 318.56 MiB is free. Process 19233 has 39.04 GiB memory in use. Including non-PyTorch memory, this process has 0 bytes memory in use."))],
        ),
        log("journal.txt", "gpu-k02", [(2.0, "serve-embeddings.service: Main process exited, code=exited, status=1/FAILURE"), (2.1, "serve-embeddings.service: Failed with result 'exit-code'."), (14.0, "serve-embeddings.service: Start request repeated too quickly.")], "syslog", tag="systemd[1]"),
    ),
    root="gpu_memory_exhausted",
    chain=(("gpu_memory_exhausted", "cuda_oom"), ("cuda_oom", "service_gave_up")),
    entities={"gpu": "0000:07:00.0"},
    innocent=("oom_kill", "oom_kill_memcg", "ecc_dbe"),
    lost={"nvidia-smi.txt": Left("cuda_oom"), "server.log": Left("service_gave_up", undecided="log")},
)  # fmt: skip

INCIDENTS = (FELL_OFF, CONTAINED, DRIVER_UPGRADE, AER_STORM, SWITCH, OCCUPIED)
