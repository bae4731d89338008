"""A Dockerfile: which image it starts from, and which packages it installs.

`FROM` gives an `env.image` with `image` as written, `repository`, `tag`, `digest` and a `pin`:
`digest` (fixed by content), `tag` (can be pushed again) or `moving` (`latest`, or no tag at all).
`RUN pip install …` (also uv, conda, poetry, `python -m pip`; with continuation lines and heredocs)
gives `env.package` and `env.option` under one `env.listing`, each on the line where its word
stands. `ARG` and `ENV` values are filled in.

Facts: Docker "Dockerfile reference". A base image `python:3.11-slim` tells the Python version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain

from triage.events import Context, Event, Fields, Line, Parser, Sample, Value, make_event
from triage.patterns import compiled
from triage_parsers.env_listing import Entry, all_of, environment_of, listing_events
from triage_parsers.install_command import Word, commands_in, filled, words_of

_INSTRUCTION = compiled(
    r"(?i)^\s*(?P<word>FROM|RUN|ARG|ENV|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|LABEL|USER|EXPOSE|SHELL|"
    r"VOLUME|HEALTHCHECK|ONBUILD|STOPSIGNAL|MAINTAINER)\s+(?P<rest>\S.*)$"
)
_FROM = compiled(
    r"(?i)^(?:--platform=\S+\s+)?(?P<image>[^\s@]+?)(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
    r"(?:\s+AS\s+(?P<stage>\S+))?\s*$"
)
_TAG = compiled(r"^(?P<repository>.+?)(?::(?P<tag>[\w.-]+))?$")
_ASSIGNED = compiled(r"(?P<name>[A-Za-z_]\w*)=(?:\"(?P<double>[^\"]*)\"|(?P<bare>[^\s\"]*))")
_ENV_PAIR = compiled(r"^(?P<name>[A-Za-z_]\w*)\s+(?P<value>\S+)\s*$")
_FLAG = compiled(r"^(?:--(?:mount|network|security)=\S+\s+)*")
_HEREDOC = compiled(r"<<-?[\"']?(?P<end>[A-Za-z_]\w*)[\"']?")
_PYTHON_TAG = compiled(r"^(?P<python>3(?:\.\d+){1,2})(?:[^\d.]|$)")
MOVING = frozenset({"", "latest"})
MAX_LINES = 20_000
MAX_INSTRUCTION = 1_000
"""Lines of one instruction."""


def parse(lines: Sequence[Line], hits: Sequence[int], context: Context) -> Iterator[Event]:
    """The whole file, if it begins as a Dockerfile does."""
    if not context.whole or not hits or not _is_recipe(lines, context):
        return
    env, _ = environment_of(context.source)
    variables: dict[str, str] = {}
    stages: set[str] = set()
    images: list[Event] = []
    entries: list[Entry] = []
    python = None
    for start, end, word, rest in _instructions(lines):
        if word == "FROM":
            fields = _image(rest, variables, stages)
            python = (fields or {}).get("python") or python
            if fields is not None:
                images.append(make_event("env.image", lines[start:end], {**fields, "env": env}))
        elif word in {"ARG", "ENV"}:
            _set(variables, rest, [line.text for line in lines[start + 1 : end]])
        elif word == "RUN":
            entries += _installed(lines, start, end, variables)
    entries.sort(key=lambda entry: entry.first)
    own = [e for e in entries if e.fields.get("package") == "python"]
    python = next((e.fields.get("version") for e in own), None) or python
    yield from chain(images, _listing(lines, entries, env, python))


def _listing(
    lines: Sequence[Line], entries: Sequence[Entry], env: str, python: Value
) -> Iterator[Event]:
    return listing_events(lines, entries, env, "dockerfile", {"python": python}, span=all_of(lines))


def _is_recipe(lines: Sequence[Line], context: Context) -> bool:
    texts = (line.text.strip() for line in lines[:MAX_LINES])
    first = next((text for text in texts if text and not text.startswith("#")), "")
    found = _INSTRUCTION.match(first)
    if found is None or (found.group("word") or "").upper() not in {"FROM", "ARG"}:
        return False
    return PARSER.is_named(context.source) or _FROM.match(found.group("rest") or "") is not None


def _instructions(lines: Sequence[Line]) -> Iterator[tuple[int, int, str, str]]:
    """First line, line behind the last, word and the first line's rest."""
    index = 0
    while index < min(len(lines), MAX_LINES):
        found = _INSTRUCTION.match(lines[index].text)
        if found is None:
            index += 1
            continue
        end = _end(lines, index)
        rest = (found.group("rest") or "").rstrip().removesuffix("\\").rstrip()
        yield index, end, (found.group("word") or "").upper(), rest
        index = end


def _end(lines: Sequence[Line], start: int) -> int:
    """Behind the last continuation line, or behind the end of a heredoc."""
    heredoc = _HEREDOC.search(lines[start].text)
    limit = min(len(lines), start + MAX_INSTRUCTION)
    if heredoc is not None:
        mark = heredoc.group("end")
        rows = range(start + 1, limit)
        return next((i + 1 for i in rows if lines[i].text.strip() == mark), start + 1)
    end = start
    while end < limit:
        text = lines[end].text.strip()
        is_skipped = end > start and (not text or text.startswith("#"))
        if not is_skipped and not text.endswith("\\"):
            break
        end += 1
    return min(end + 1, limit)


def _image(rest: str, variables: dict[str, str], stages: set[str]) -> Fields | None:
    found = _FROM.match(filled(rest, variables))
    if found is None:
        return None
    image, digest, stage = found.group("image") or "", found.group("digest"), found.group("stage")
    is_stage = image in stages or image == "scratch"
    stages.add(stage or "")
    if is_stage:
        return None
    split = _TAG.match(image)
    repository = (split.group("repository") if split is not None else image) or image
    tag = (split.group("tag") if split is not None else "") or ""
    is_python = repository.rpartition("/")[2] == "python"
    python = _PYTHON_TAG.match(tag) if is_python else None
    return {
        "image": f"{image}@{digest}" if digest else image,
        "repository": repository,
        "tag": tag or None,
        "digest": digest,
        "stage": stage,
        "pin": "digest" if digest else "moving" if tag in MOVING else "tag",
        "python": python.group("python") if python is not None else None,
    }


def _set(variables: dict[str, str], rest: str, more: Sequence[str]) -> None:
    pair = _ENV_PAIR.match(rest)
    if pair is not None and "=" not in rest:
        variables[pair.group("name") or ""] = pair.group("value") or ""
    for text in (rest, *more):
        for found in _ASSIGNED.finditer(text):
            value = found.group("double") or found.group("bare") or ""
            variables[found.group("name") or ""] = value.removesuffix("\\")


def _installed(
    lines: Sequence[Line], start: int, end: int, variables: dict[str, str]
) -> Iterator[Entry]:
    """Packages and options of the commands of one RUN."""
    for command in commands_in(list(_words(lines, start, end)), variables):
        if command.verb not in {"install", "update"}:
            continue
        yield from (Entry(line, line, fields) for line, fields in command.packages)
        yield from (Entry(line, line, told, "env.option") for line, told in command.options)


def _words(lines: Sequence[Line], start: int, end: int) -> Iterator[Word]:
    is_heredoc = _HEREDOC.search(lines[start].text) is not None
    for index in range(start, end):
        text = lines[index].text
        found = _INSTRUCTION.match(text) if index == start else None
        if found is not None:
            text = (found.group("rest") or "").strip()
            text = text[_length_of(text) :]
        if found is not None and text.startswith("["):
            yield from (Word(word, index, quoted=True) for word in _exec_form(text))
            continue
        yield from words_of(text.strip().removesuffix("\\"), index)
        if is_heredoc:
            yield Word(";", index, ends=True)


def _length_of(text: str) -> int:
    flags = _FLAG.match(text)
    return flags.end() if flags is not None else 0


def _exec_form(text: str) -> list[str]:
    """`RUN ["pip", "install", "numpy"]`."""
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


_DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

SAMPLES = (
    Sample(
        "FROM nvcr.example.org/nvidia/pytorch:23.10-py3\n"
        "RUN pip install --no-cache-dir \\\n    transformers==4.35.0 \\\n    # speeds it up\n"
        "    accelerate \\\n && rm -rf /root/.cache\n",
        kind="env.image",
        fields={"image": "nvcr.example.org/nvidia/pytorch:23.10-py3", "tag": "23.10-py3"},
        count=4,
        name="serving/Dockerfile",
    ),
    Sample(
        f"# syntax=docker/dockerfile:1\nARG TORCH=2.1.1\nFROM python:3.10-slim@{_DIGEST} AS build\n"
        "RUN --mount=type=cache,target=/root/.cache pip3 install torch==${TORCH} 'numpy<2'\n"
        'FROM build\nCMD ["python", "-m", "app"]\n',
        kind="env.image",
        fields={"pin": "digest", "python": "3.10", "stage": "build"},
        count=4,
        name="Dockerfile.train",
    ),
    Sample(
        "FROM python\nCOPY requirements.txt .\nRUN python -m pip install -r requirements.txt\n",
        kind="env.image",
        fields={"pin": "moving"},
        count=3,
        name="Dockerfile",
    ),
    Sample("FROM the logs we know:\nRUN pip install was never called", kind=None),
    Sample("RUN pip install numpy", kind=None, name="note.txt"),
    Sample("#8 [4/6] RUN pip install numpy\n#8 DONE 3.1s", kind=None, name="build.log"),
)  # fmt: skip

PARSER = Parser(
    name="dockerfile",
    family="python_env",
    literals=("RUN pip", "RUN python", "RUN conda", "RUN uv ", "FROM python:"),
    parse=parse,
    samples=SAMPLES,
    kinds=("env.image", "env.listing", "env.package", "env.option"),
    names=("dockerfile", "dockerfile.*", "*.dockerfile", "containerfile", "containerfile.*"),
)
