"""How a container ended, as workflow engines on Kubernetes say it in a line of text.

- Flyte: `[name] terminated with exit code (137). Reason [OOMKilled]. Message: …`, over two lines
- Argo: `main: OOMKilled (exit code 137)`, `Error (exit code 1): …`
- Tekton: `"step-train" exited with code 1 (image: "…"); for logs run: kubectl …`
- `jsonpath` of kubectl before 1.18: `map[terminated:map[… exitCode:137 … reason:OOMKilled …]]`
- Go code that logs a status: `&ContainerStateTerminated{ExitCode:137,Signal:0,Reason:Error,…}`

Kind `k8s.container` with the fields of `k8s_container`. Exit code 137 with reason Error is a
SIGKILL and not yet a lack of memory; the reason is given as written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.events import Context, Event, Fields, Line, Parser, Sample, Stamp, make_event
from triage.patterns import compiled
from triage_parsers.k8s_container import KIND, Container, State, container_fields
from triage_parsers.k8s_text import DNS_LABEL, DNS_NAME

_FLYTE = compiled(
    rf"\[(?P<pod>{DNS_NAME})\] terminated with exit code \((?P<exit_code>\d{{1,3}})\)\. "
    r"Reason \[(?P<reason>\w*)\]\."
)
_ARGO = compiled(
    rf"(?:[Pp]od (?P<pod>[a-z0-9][a-z0-9.-]*[\d-][a-z0-9.-]*)(?: was| is)?)?(?:^|[\s\"'(])"
    rf"(?:(?:terminated|failed|killed|status|reason)[:,]? |(?P<container>{DNS_LABEL}): )?"
    r"(?P<reason>OOMKilled|Error|"
    r"ContainerCannotRun|StartError|DeadlineExceeded|Evicted) \(exit code (?P<exit_code>\d{1,3})\)"
)
_TEKTON = compiled(
    rf"\"(?P<container>step-{DNS_LABEL})\" exited with code (?P<exit_code>\d{{1,3}})"
    r"(?:: (?P<reason>\w+))?(?: \(image: \"(?P<image>[^\"]*)\"\))?"
    rf"(?:.*kubectl -n (?P<namespace>{DNS_LABEL}) logs (?P<pod>{DNS_NAME}))?"
)
_GO_MAP = compiled(
    r"terminated:map\[.*?exitCode:(?P<exit_code>\d{1,3}) (?:finishedAt:(?P<finished>\S+) )?"
    r".*?reason:(?P<reason>\w+)"
)
_GO_STRUCT = compiled(
    r"ContainerStateTerminated\{ExitCode:(?P<exit_code>\d{1,3}),Signal:\d+,Reason:(?P<reason>\w*),"
)
_PATTERNS = (_FLYTE, _ARGO, _TEKTON, _GO_MAP, _GO_STRUCT)
LITERALS = (
    "terminated with exit code", " (exit code ", "exited with code", "terminated:map[",
    "ContainerStateTerminated{",
)  # fmt: skip


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """One event for each statement about a container's end."""
    del context
    for hit in hits:
        told = _told(lines[hit].body)
        if told is not None:
            fields, stamp = told
            event = make_event(KIND, lines[hit : hit + 1], fields)
            event.stamp = stamp or event.stamp
            yield event


def _told(text: str) -> tuple[Fields, Stamp | None] | None:
    """Fields and time of the end that the line tells of."""
    found = next((m for m in (p.search(text) for p in _PATTERNS) if m is not None), None)
    if found is None:
        return None
    groups = {key: value for key, value in found.groupdict().items() if value}
    ended = State(
        "Terminated",
        groups.get("reason", ""),
        exit_code=groups["exit_code"],
        finished=groups.get("finished", ""),
    )
    owner: Fields = {key: groups[key] for key in ("pod", "namespace") if key in groups}
    name = groups.get("container", "")
    container = Container(name, image=groups.get("image", ""), state=ended)
    return container_fields(container, owner), container.stamp


SAMPLES = (
    Sample(
        "[a8x2kd94mq-n2-0] terminated with exit code (137). Reason [OOMKilled]. Message: ",
        kind=KIND,
        fields={"pod": "a8x2kd94mq-n2-0", "exit_code": 137, "terminated_reason": "OOMKilled"},
        count=1,
    ),
    Sample(
        "[1/3] currentAttempt done. Last Error: USER::[fx7-n0-1] terminated with exit code (1). "
        "Reason [Error].",
        kind=KIND,
        fields={"pod": "fx7-n0-1", "exit_code": 1, "state": "Terminated"},
    ),
    Sample(
        "Pod ranker-6d5f7c9b8-tq2lm terminated: OOMKilled (exit code 137)",
        kind=KIND,
        fields={"pod": "ranker-6d5f7c9b8-tq2lm", "terminated_reason": "OOMKilled"},
    ),
    Sample(
        'level=info msg="node train-9 message: main: OOMKilled (exit code 137)"',
        kind=KIND,
        fields={"container": "main", "exit_code": 137, "terminated_reason": "OOMKilled"},
    ),
    Sample(
        '"step-fit" exited with code 2 (image: "reg.example/fit:4"); for logs run: '
        "kubectl -n ci logs fit-run-pod -c step-fit",
        kind=KIND,
        fields={"container": "step-fit", "exit_code": 2, "namespace": "ci", "pod": "fit-run-pod"},
    ),
    Sample(
        "map[terminated:map[containerID:docker://9f exitCode:137 finishedAt:2021-03-04T10:11:12Z "
        "reason:OOMKilled startedAt:2021-03-04T10:01:12Z]]",
        kind=KIND,
        fields={
            "exit_code": 137,
            "terminated_reason": "OOMKilled",
            "finished_at": "2021-03-04T10:11:12Z",
        },
    ),
    Sample(
        "status: &ContainerStateTerminated{ExitCode:139,Signal:0,Reason:Error,Message:,}",
        kind=KIND,
        fields={"exit_code": 139, "terminated_reason": "Error"},
    ),
    Sample("command terminated with exit code 137", kind=None),
    Sample("subprocess exited with code 3", kind=None),
    Sample("see the table of reasons (exit code 137 is SIGKILL)", kind=None),
)

PARSER = Parser(
    name="k8s_exit",
    family="k8s",
    literals=LITERALS,
    parse=parse,
    samples=SAMPLES,
    kinds=(KIND,),
)
