"""What is known of one container, whoever says it: describe text, JSON, YAML or a log line.

The fields of kind `k8s.container`:

- `container`, `pod`, `pod_uid`, `namespace`, `node`, `container_id`, `image`, `image_id`, `init`
- `ended_container_id`: of the one that ended, where another runs in its place by now
- `state`, `state_reason`, `last_state`, `last_reason`: Running, Waiting, Terminated and why
- `waiting_reason`: the reason of a Waiting state alone
- `exit_code`, `signal`, `terminated_reason`, `finished_at`: of the present state where that is
  Terminated, else of the last state; the reason OOMKilled may come with any exit code
- `ready`, `restarts`, `started_at`
- `limits_memory`, `limits_cpu`, `limits_gpu`, `requests_…`, `gpu_resource`: quantities as written,
  GPUs as numbers
- `liveness`, `readiness`, `startup`: the probe as `kubectl describe` writes it; `has_…`: only where
  the text shows the place at which a probe would stand
- `liveness_timeout_s` and the like: seconds, from `timeout=1s`
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.events import Fields, Stamp
from triage.patterns import compiled
from triage_parsers.k8s_text import stamp_of

KIND = "k8s.container"
PROBES = ("liveness", "readiness", "startup")
_TIMEOUT = compiled(r"timeout=(\d{1,6})s")
_GPU_WORDS = ("/gpu", "/mig-", "/vgpu", "/vcuda-core")
MAX_DIGITS = 12


@dataclass(slots=True)
class State:
    """One of the two states of a container: the present one or the last one."""

    name: str = ""
    reason: str = ""
    message: str = ""
    exit_code: str = ""
    signal: str = ""
    started: str = ""
    finished: str = ""


@dataclass(slots=True)
class Container:
    """A container as far as it was described."""

    name: str = ""
    image: str = ""
    image_id: str = ""
    container_id: str = ""
    ended_id: str = ""
    init: bool = False
    state: State = field(default_factory=State)
    last: State = field(default_factory=State)
    ready: bool | None = None
    restarts: str = ""
    limits: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    probes: dict[str, str] = field(default_factory=dict)
    probes_shown: bool = False
    """The place where probes stand was seen: a missing one is not there."""

    @property
    def ended(self) -> State:
        """The state that tells how the container ended; an empty one when nothing does."""
        for state in (self.state, self.last):
            if state.exit_code or state.name.lower() == "terminated":
                return state
        return State()

    @property
    def stamp(self) -> Stamp | None:
        """When it ended, else when it started."""
        return stamp_of(self.ended.finished) or stamp_of(self.state.started)

    @property
    def message(self) -> str:
        """What the states say in words."""
        return "\n".join(s.message for s in (self.state, self.last) if s.message)


def container_fields(container: Container, owner: Fields) -> Fields:
    """The fields of one container in its pod; what is not known is left out."""
    ended = container.ended
    container_id, ended_id = (
        name.rpartition("//")[2] for name in (container.container_id, container.ended_id)
    )
    fields: Fields = {
        **owner,
        "container": container.name,
        "container_id": container_id,
        "ended_container_id": ended_id if ended_id != container_id else "",
        "image": container.image,
        "image_id": container.image_id,
        "init": True if container.init else None,
        "state": container.state.name,
        "state_reason": container.state.reason,
        "waiting_reason": container.state.reason if container.state.name == "Waiting" else "",
        "last_state": container.last.name,
        "last_reason": container.last.reason,
        "exit_code": number(ended.exit_code),
        "signal": number(ended.signal),
        "terminated_reason": ended.reason,
        "finished_at": ended.finished if stamp_of(ended.finished) else "",
        "started_at": container.state.started if stamp_of(container.state.started) else "",
        "ready": container.ready,
        "restarts": number(container.restarts),
    }
    for prefix, quantities in (("limits", container.limits), ("requests", container.requests)):
        fields.update(_quantities(prefix, quantities))
    for probe in PROBES:
        text = container.probes.get(probe, "")
        fields[probe] = text
        if text or container.probes_shown:
            fields[f"has_{probe}"] = bool(text)
        timeout = _TIMEOUT.search(text)
        if timeout is not None:
            fields[f"{probe}_timeout_s"] = int(timeout.group(1) or 0)
    return {key: value for key, value in fields.items() if value not in (None, "")}


def number(text: str) -> int | None:
    """The digits as a number; None for anything else."""
    digits = text.strip().removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < MAX_DIGITS:
        return int(text)
    return None


def gpus_of(quantities: dict[str, str]) -> tuple[str, int] | None:
    """Name and number of the GPU resource among resources, whoever makes the GPU."""
    for name, quantity in quantities.items():
        if any(word in name for word in _GPU_WORDS) and "memory" not in name:
            count = number(quantity)
            if count is not None:
                return name, count
    return None


def _quantities(prefix: str, quantities: dict[str, str]) -> Fields:
    fields: Fields = {
        f"{prefix}_memory": quantities.get("memory", ""),
        f"{prefix}_cpu": quantities.get("cpu", ""),
        f"{prefix}_ephemeral_storage": quantities.get("ephemeral-storage", ""),
    }
    gpus = gpus_of(quantities)
    if gpus is not None:
        fields["gpu_resource"], fields[f"{prefix}_gpu"] = gpus
    return fields
