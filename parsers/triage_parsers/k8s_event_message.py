"""What the text of an event says beyond its columns: container, image, volume, probe, exit code.

The wordings are those of the kubelet, the scheduler and the controllers (kubernetes/kubernetes
pkg/kubelet/events, pkg/scheduler, pkg/controller), from 2015 to 1.33.
"""

from __future__ import annotations

from triage.events import Fields, Value
from triage.patterns import compiled
from triage_parsers.k8s_text import DNS_LABEL, DNS_NAME, pod_reference

Facts = tuple[str, str]
"""A literal that must stand in the message, and the pattern whose groups are fields."""

_BACK_OFF = (
    rf"ack-off (?:(?P<delay>\d\S*) )?restarting failed (?:docker )?container"
    rf"(?:[ =](?P<container>{DNS_LABEL}) (?:in )?pod[ =](?P<ref>\S+))?"
)
FACTS: tuple[Facts, ...] = (
    (" restarting failed ", _BACK_OFF),
    ("Created container", rf"Created container:? (?P<container>{DNS_LABEL})$"),
    ("Started container", rf"Started container:? (?P<container>{DNS_LABEL})$"),
    ("start container ", rf"failed to start container \"(?P<container>{DNS_LABEL})\""),
    ("Stopping container", rf"Stopping container (?P<container>{DNS_LABEL})$"),
    (
        "Container ",
        rf"Container (?P<container>{DNS_LABEL}) (?:failed|definition|was using|exceeded)",
    ),
    ("Killing container with", rf"id \w+://(?P<container>{DNS_LABEL}):"),
    ("Init container ", rf"Init container (?P<container>{DNS_LABEL}) "),
    ("image ", r"(?i:pull(?:ing|ed)?|container|find|apply) image \"?(?P<image>[^\s\"]+)\"?"),
    ("mage ", r"Failed to (?:inspect|apply default image tag|verify)[^\"]*\"(?P<image>[^\s\"]+)\""),
    ("for volume ", r"for volume \"(?P<volume>[^\"]+)\""),
    ("EmptyDir volume", r"EmptyDir volume \"(?P<volume>[^\"]+)\""),
    ("unmounted volumes=[", r"unmounted volumes=\[(?P<volume>[^\]]+)\]"),
    ("for pod ", r"for pod \"(?P<ref>[^\"/]+)\"(?:/\"(?P<namespace>[^\"]+)\")?"),
    (
        "uccessfully assigned ",
        r"ly assigned (?:(?P<namespace>[^\s/]+)/)?(?P<pod>\S+) to (?P<node>\S+)",
    ),
    ("status is now: ", r"[Nn]ode (?P<node>\S+) status is now: (?P<node_status>\w+)"),
    (" on node ", rf" on node \"?(?P<node>{DNS_NAME})"),
    (
        "Marking for deletion Pod ",
        r"Pod (?P<namespace>[a-z0-9-]+)/(?P<pod>[a-z0-9][a-z0-9.-]*)",
    ),
    ("has been rebooted", r"Node (?P<node>\S+) has been rebooted, boot id: (?P<boot_id>\S+)"),
    ("have enough ", r"have enough (?:resource|capacity): (?P<resource>[\w./-]+), requested"),
    ("victim process", r"victim process: (?P<process>[^,]*), pid: (?P<pid>\d+)"),
    ("ut of memory: Kill", r"Kill(?:ed)? process (?P<pid>\d+) \((?P<process>[^)]+)\)"),
    ("robe ", r"(?P<probe>Liveness|Readiness|Startup) probe (?:failed|errored|warning)"),
    (" probe, will be restarted", r"failed (?P<probe>\w+) probe"),
    ("low on resource", r"low on resource: (?P<resource>[A-Za-z][\w/-]*(?:\.[\w/-]+)*)"),
    ("ttempting to reclaim ", r"ttempting to reclaim (?P<resource>[a-z-]+)"),
    (" exited with code ", rf"Pod: (?P<namespace>{DNS_LABEL})\.(?P<pod>{DNS_LABEL}) exited"),
)
EXIT_CODE = compiled(r"(?i)\bexit(?:ed with)? code:? \(?(\d{1,3})\b")
SUBOBJECT = compiled(r"^spec\.(?:init|ephemeral)?[cC]ontainers\{([^}]+)\}")
SUBOBJECT_PREFIX = compiled(r"^spec\.(?:init|ephemeral)?[cC]ontainers\{([^}]+)\}: ")
_COMPILED = tuple((needle, compiled(pattern)) for needle, pattern in FACTS)

MAX_MESSAGE = 4096
"""Characters that are searched: the facts stand at the start; what follows is often a whole log."""


def message_fields(message: str) -> Fields:
    """Fields that the wording gives away, as the text says them."""
    message = message[:MAX_MESSAGE]
    fields: Fields = {}
    for needle, pattern in _COMPILED:
        if needle not in message:
            continue
        found = pattern.search(message)
        if found is None:
            continue
        for key, value in found.groupdict().items():
            if value and key == "ref":
                _keep(fields, pod_reference(value) or {"pod": value})
            elif value:
                _keep(fields, {key: value})
    if "probe" in fields:
        fields["probe"] = str(fields["probe"]).lower()
    elif "xit" in message:
        _keep(fields, exit_code_of(message))
    return fields


def exit_code_of(message: str) -> Fields:
    """The exit code of a container, where the message gives one."""
    found = EXIT_CODE.search(message)
    return {"exit_code": int(found.group(1) or 0)} if found is not None else {}


def container_of(path: str) -> str:
    """`spec.containers{server}` is about container `server`; empty for other paths."""
    found = SUBOBJECT.match(path)
    return (found.group(1) or "") if found is not None else ""


def without_subobject(message: str) -> tuple[str, Fields]:
    """A message of newer kubectl opens with the path of the container it is about."""
    found = SUBOBJECT_PREFIX.match(message)
    if found is None:
        return message, {}
    return message[found.end() :], {"container": found.group(1)}


def _keep(fields: Fields, new: dict[str, Value]) -> None:
    for key, value in new.items():
        fields.setdefault(key, value)
