"""What authors of traceback parsers get wrong: glued heads, open messages, texts that are none."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want, read

HEADER = "Traceback (most recent call last):\n"
FRAME = '  File "/srv/fit/a.py", line 5, in go\n    run()\n'

FORMS = (
    Form(
        row="pip's progress, then Exception:",
        text="     |████████| 9.5MB 1.1MB/s eta 0:00:01  Exception:\n"
        + HEADER
        + FRAME
        + "MemoryError\n",
        wants=(Want("py.traceback", {"exception": "MemoryError", "frames": 1}, (2, 5)),),
        near_miss="     |████████| 9.5MB 1.1MB/s eta 0:00:01  Exceptions: none\n",
    ),
    Form(
        row="header doubled",
        text=HEADER + HEADER + FRAME + "KeyError: 1\n",
        wants=(Want("py.traceback", {"exception": "KeyError", "frames": 1}, (1, 5)),),
        near_miss=HEADER + HEADER,
        unclaimed=0,
    ),
    Form(
        row="class alone",
        text=HEADER + FRAME + "EOFError\n",
        wants=(Want("py.traceback", {"exception": "EOFError"}, (1, 4)),),
        near_miss="EOFError\n",
        unclaimed=0,
    ),
    Form(
        row="message below its class",
        text=HEADER + FRAME + "RuntimeError: \n        no usable device\n        was found\n",
        wants=(
            Want(
                "py.traceback",
                {"exception": "RuntimeError", "exception_message": "no usable device\nwas found"},
                (1, 6),
            ),
        ),
        near_miss="        no usable device\n        was found\n",
        unclaimed=0,
    ),
    Form(
        row="message of several paragraphs, huggingface_hub",
        text=(
            HEADER
            + FRAME
            + "huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: "
            "Root=1-67)\n\nCannot access gated repo for url https://hf.example/x/resolve/main/c.json."
            "\nAccess to model x is restricted and you are not in the authorized list.\n"
        ),
        wants=(
            Want("py.traceback", {"exception": "huggingface_hub.errors.GatedRepoError"}, (1, 7)),
        ),
        near_miss="Access to model x is restricted: 403 Client Errors\n",
        unclaimed=0,
    ),
    Form(
        row="message of several paragraphs, protobuf",
        text=(
            HEADER + FRAME + "TypeError: Descriptors cannot be created directly.\n"
            "If this call came from a _pb2.py file, your generated code is out of date and must be "
            "regenerated with protoc >= 3.19.0.\n"
            "If you cannot immediately regenerate your protos, some other possible workarounds are:"
            "\n 1. Downgrade the protobuf package to 3.20.x or lower.\n"
            " 2. Set PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python (but this will use pure-Python "
            "parsing and will be much slower).\n\n"
            "More information: https://developers.google.com/protocol-buffers/docs/news\n"
        ),
        wants=(Want("py.traceback", {"exception": "TypeError"}, (1, 10)),),
        near_miss="More information: https://developers.google.com/protocol-buffers/docs/news\n",
        unclaimed=0,
    ),
    Form(
        row="logged at INFO by a model server",
        text="".join(
            f"2025-06-02T10:00:01,25{n} [INFO ] W-9000-fit_1.0-stdout MODEL_LOG - {row}\n"
            for n, row in enumerate((HEADER + FRAME + "KeyError: 1").splitlines())
        ),
        wants=(Want("py.traceback", {"exception": "KeyError", "level": "info"}, (1, 4)),),
        near_miss="2025-06-02T10:00:01,250 [INFO ] W-9000 MODEL_LOG - no KeyError\n",
        unclaimed=0,
    ),
    Form(
        row="logged and handled, at WARN",
        text="2025-06-02 10:00:01,250 WARNING feed: shard 7 failed, retrying\n"
        + HEADER
        + FRAME
        + "ConnectionResetError: [Errno 104] Connection reset by peer\n",
        wants=(
            Want("py.traceback", {"exception": "ConnectionResetError", "level": "warning"}, (2, 5)),
        ),
        near_miss="2025-06-02 10:00:01,250 WARNING feed: shard 7 failed, retrying\n",
        unclaimed=0,
    ),
    Form(
        row="pip's build, indented and with its exit code",
        text=(
            "  error: subprocess-exited-with-error\n  × python setup.py did not run successfully.\n"
            "  ╰─> [9 lines of output]\n      Traceback (most recent call last):\n"
            '        File "<string>", line 2, in <module>\n'
            '        File "/tmp/pip-install-x/setup.py", line 12, in <module>\n'
            "          import torch\n      ModuleNotFoundError: No module named 'torch'\n"
            "      [end of output]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "ModuleNotFoundError", "frames": 2, "path_line": 12},
                (4, 8),
            ),
        ),
        near_miss="  ╰─> [9 lines of output]\n      nothing wrong\n      [end of output]\n",
    ),
    Form(
        row="bare chained exception above the header",
        text=(
            "RuntimeError: assert failed at alloc.cpp:841\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            + HEADER
            + FRAME
            + "AssertionError: no match\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "AssertionError", "exception_root": "RuntimeError", "chain": 2},
                (1, 8),
            ),
        ),
        near_miss="RuntimeErrors: assert failed\n\nDuring handling of it, nothing\n",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


@pytest.mark.parametrize(
    "text",
    [
        "    >>> f('x')\n    Traceback (most recent call last):\n        ...\n    ValueError: x\n",
        'print("Traceback (most recent call last):")\nprint(text)\n',
        "log.error('failed: %s', traceback.format_exc())\n",
        'Stack (most recent call last):\n  File "/srv/a.py", line 3, in f\n    log.info("x")\n',
        "2016-02-19 ... ERROR svc Traceback (most recent call last):\n ...\n and so on\n",
        "INFO the words Traceback (most recent call last): are searched for\n",
        (
            "x.py:3: UserWarning: Traceback of forward call that caused the error:\n"
            '  File "/srv/a.py", line 3, in f\n    y = g(x)\n'
        ),
        "frames: traceback.format_exc, traceback.print_stack, logging.exception\n",
        "[uvicorn.error] INFO Application startup complete (most recent call last week)\n",
    ],
    ids=[
        "doctest", "code", "format_exc", "stack_info", "manual", "sentence", "forward call",
        "list of functions", "logger uvicorn.error",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_traceback_is_none(text: str) -> None:
    events, _ = read(text)

    assert [event for event in events if event.kind.startswith("py.")] == []
