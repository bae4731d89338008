"""Several writers in one stream: each traceback keeps its own rows and nobody else's."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HEADER = "Traceback (most recent call last):"


def rows(step: int, end: str) -> tuple[str, ...]:
    """A traceback that ends in this exception."""
    return (
        HEADER,
        f'  File "/srv/fit/rank.py", line {step}, in step',
        "    loss.backward()",
        end,
    )


def in_turn(*writers: tuple[str, tuple[str, ...]]) -> str:
    """One row of each writer after the other."""
    turns = zip(*(lines for _, lines in writers), strict=True)
    return "".join(
        f"{prefix}{row}\n" for turn in turns for (prefix, _), row in zip(writers, turn, strict=True)
    )


FORMS = (
    Form(
        row="two ranks, line by line",
        text=in_turn(
            ("[rank0]: ", rows(4, "RuntimeError: peer is gone")),
            ("[rank1]: ", rows(9, "IndexError: 7")),
        ),
        wants=(
            Want("py.traceback", {"rank": 0, "exception": "RuntimeError", "path_line": 4}, (1, 7)),
            Want("py.traceback", {"rank": 1, "exception": "IndexError", "path_line": 9}, (2, 8)),
        ),
        near_miss="[rank0]: step 4\n[rank1]: step 4\n[rank0]: step 5\n",
        unclaimed=0,
    ),
    Form(
        row="Ray actors, line by line",
        text=in_turn(
            ("(Fit pid=11, ip=10.0.0.1) ", rows(4, "KeyError: 1")),
            ("(Fit pid=12, ip=10.0.0.2) ", rows(4, "KeyError: 2")),
            ("(Eval pid=13, ip=10.0.0.2) ", rows(8, "KeyError: 3")),
        ),
        wants=(
            Want("py.traceback", {"pid": 11, "exception_message": "1", "host": "10.0.0.1"}),
            Want("py.traceback", {"pid": 12, "exception_message": "2", "host": "10.0.0.2"}),
            Want("py.traceback", {"pid": 13, "exception_message": "3", "process": "Eval"}),
        ),
        near_miss="(Fit pid=11, ip=10.0.0.1) KeyErrors: 0\n",
    ),
    Form(
        row="compose services, line by line",
        text=in_turn(
            ("web-1  | ", rows(4, "KeyError: 1")),
            ("job-1  | ", rows(5, "KeyError: 2")),
        ),
        wants=(
            Want("py.traceback", {"container": "web-1", "exception_message": "1"}, (1, 7)),
            Want("py.traceback", {"container": "job-1", "exception_message": "2"}, (2, 8)),
        ),
        near_miss="web-1  | GET /\njob-1  | tick\n",
        unclaimed=0,
    ),
    Form(
        row="processes of one syslog, line by line",
        text=in_turn(
            ("Jun  2 10:00:01 n4 fit[11]: ", rows(4, "KeyError: 1")),
            ("Jun  2 10:00:01 n4 fit[12]: ", rows(5, "KeyError: 2")),
        ),
        wants=(
            Want("py.traceback", {"pid": 11, "exception_message": "1"}, (1, 7)),
            Want("py.traceback", {"pid": 12, "exception_message": "2"}, (2, 8)),
        ),
        near_miss="Jun  2 10:00:01 n4 fit[11]: no KeyError\n",
    ),
    Form(
        row="a record of another thread between the rows",
        text=(
            f"{HEADER}\n"
            '  File "/srv/fit/rank.py", line 4, in step\n'
            "2025-06-02 10:00:01,250 INFO feed: 31 rows/s\n"
            "    loss.backward()\n"
            "KeyError: 1\n"
        ),
        wants=(Want("py.traceback", {"exception": "KeyError", "frames": 1}, (1, 5)),),
        near_miss="2025-06-02 10:00:01,250 INFO feed: 31 rows/s, KeyErrors 0\n",
    ),
    Form(
        row="a progress bar between the rows",
        text=(
            f"{HEADER}\n"
            '  File "/srv/fit/rank.py", line 4, in step\n'
            "fit:  31%|███       | 31/99 [00:21<00:44,  1.52it/s]\n"
            "    loss.backward()\n"
            "KeyError: 1\n"
        ),
        wants=(Want("py.traceback", {"exception": "KeyError", "frames": 1}, (1, 5)),),
        near_miss="fit:  31%|███       | 31/99 [00:21<00:44,  1.52it/s]\n",
    ),
    Form(
        row="two writers on one line, then a rank",
        text=(
            "hello from rank 1hello from rank\n 0\n"
            + "".join(f"[rank1]: {row}\n" for row in rows(4, "KeyError: 1"))
        ),
        wants=(Want("py.traceback", {"rank": 1, "exception": "KeyError"}, (3, 6)),),
        near_miss="hello from rank 1hello from rank\n 0\n",
        unclaimed=2,
    ),
    Form(
        row="byte by byte: header glued to another rank's line",
        text=(
            f"[rank1]: step 31 loss 0.2[rank0]: {HEADER}\n"
            '[rank0]:   File "/srv/fit/rank.py", line 4, in step\n'
            "[rank0]:     loss.backward()\n[rank0]: KeyError: 1\n"
        ),
        wants=(Want("py.traceback", {"exception": "KeyError", "frames": 1}),),
        near_miss="[rank1]: step 31 loss 0.2[rank0]: step 31 loss 0.2\n",
    ),
    Form(
        row="two headers back to back, no prefix",
        text=(
            f"{HEADER}\n{HEADER}\n"
            '  File "/srv/fit/rank.py", line 4, in step\n    loss.backward()\nKeyError: 1\n'
            '  File "/srv/fit/rank.py", line 9, in step\n    loss.backward()\nKeyError: 2\n'
        ),
        wants=(
            Want("py.traceback", {"exception_message": "1", "path_line": 4}, (1, 5)),
            Want("py.traceback", {"exception_message": "2", "path_line": 9}, (6, 8)),
        ),
        near_miss=f"see `{HEADER}` and `{HEADER}`\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="a traceback inside another one's message is cut by the next header",
        text="\n".join((*rows(4, "KeyError: 1"), *rows(5, "KeyError: 2"), "")),
        wants=(
            Want("py.traceback", {"exception_message": "1"}, (1, 4)),
            Want("py.traceback", {"exception_message": "2"}, (5, 8)),
        ),
        near_miss="KeyErrors: 1\nKeyErrors: 2\n",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
