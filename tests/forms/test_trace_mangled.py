"""Tracebacks that a blog, a chat, a form field or a terminal has damaged are still one block."""

from __future__ import annotations

import pytest

from triage.events import Fields
from triage.testing_forms import Form, Want

READ = {"exception": "TypeError", "exception_message": "rows must be a list"}
TWO: Fields = {
    **READ,
    "frames": 2,
    "path": "/srv/api/score.py",
    "path_line": 33,
    "function": "score",
}

FORMS = (
    Form(
        row="indentation lost, curly quotes",
        text=(
            "Traceback (most recent call last):\n"
            "File “/srv/api/main.py”, line 12, in handle\nreturn score(rows)\n"
            "File “/srv/api/score.py”, line 33, in score\nraise TypeError(‘rows must be a list’)\n"
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", TWO, (1, 6)),),
        near_miss="File “/srv/api/main.py”, line 12 is where I looked\nreturn score(rows)\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="no-break spaces and en dash",
        text=(
            "2025-06-02T10:00:01.250Z [ERROR] [api-7] – Internal Server Error: "
            "Traceback (most recent call last):\n"
            '\u00a0\u00a0File "/srv/api/score.py", line 33, in score\n'
            "\u00a0\u00a0\u00a0\u00a0raise TypeError(rows)\n"
            "TypeError: rows must be a list\n"
            "2025-06-02T10:00:01.300Z [INFO] [api-7] – next\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1, "level": "error"}, (1, 4)),),
        near_miss="2025-06-02T10:00:01.250Z [ERROR] [api-7] – Internal Server Error\n",
        unclaimed=0,
    ),
    Form(
        row="HTML entities",
        text=(
            "Traceback (most recent call last):\n"
            "  File &quot;/srv/api/main.py&quot;, line 12, in &lt;module&gt;\n    score(rows)\n"
            "  File &quot;/srv/api/score.py&quot;, line 33, in score\n    raise TypeError\n"
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", TWO, (1, 6)),),
        near_miss="&quot;File&quot; and &quot;line&quot; are columns\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="header is a record's TRACEBACK:",
        text=(
            "[2025-06-02 10:00:01,250] TRACEBACK:\n"
            'File "/srv/api/main.py", line 12, in handle\nreturn score(rows)\n'
            'File "/srv/api/score.py", line 33, in score\nraise TypeError(rows)\n'
            "TypeError: rows must be a list\n[2025-06-02 10:00:01,300] INFO: next\n"
        ),
        wants=(Want("py.traceback", TWO, (1, 6)),),
        near_miss="[2025-06-02 10:00:01,250] TRACEBACK: off\n",
        unclaimed=0,
    ),
    Form(
        row="header glued behind a message",
        text=(
            "Internal Server Error: Traceback (most recent call last):\n"
            '  File "/srv/api/score.py", line 33, in score\n    raise TypeError(rows)\n'
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 4)),),
        near_miss="Internal Server Error: see the Traceback above\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="glued to a progress bar, carriage returns before it",
        text=(
            "fit:   1%|          | 1/99 [00:01<01:02,  1.57it/s]\r"
            "fit:   2%|▏         | 2/99 [00:02<01:01,  1.58it/s]"
            "Traceback (most recent call last):\n"
            '  File "/srv/api/score.py", line 33, in score\n    raise TypeError(rows)\n'
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 4)),),
        near_miss="fit: 100%|██████████| 99/99 [01:02<00:00,  1.58it/s]\rTypeErrors: 0\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="bar printed behind the exception",
        text=(
            "Traceback (most recent call last):\n"
            '  File "/srv/api/score.py", line 33, in score\n    raise TypeError(rows)\n'
            "TypeError: rows must be a list\n"
            "fit:   2%|▏         | 2/99 [00:02<01:01,  1.58it/s]\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 4)),),
        near_miss="fit:   2%|▏         | 2/99 [00:02<01:01,  1.58it/s]\n",
        parser="traceback",
    ),
    Form(
        row="frames without source, exception right below",
        text=(
            'File "/srv/api/main.py", line 12, in handle\n'
            'File "/srv/api/score.py", line 33, in score\nTypeError: rows must be a list\n'
        ),
        wants=(Want("py.traceback", TWO, (1, 3)),),
        near_miss='File "/srv/api/main.py", line 12, column 4\n',
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="no header, one frame and its end",
        text=(
            'File "/srv/api/score.py", line 33, in score\nraise TypeError(rows)\n'
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 3)),),
        near_miss="TypeErrors: rows must be a list\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="code fence",
        text=(
            "```python-traceback\nTraceback (most recent call last):\n"
            '  File "/srv/api/score.py", line 33, in score\n    raise TypeError(rows)\n'
            "TypeError: rows must be a list\n```\nAny idea?\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (2, 5)),),
        near_miss="```python\nraise TypeError(rows)\n```\n",
    ),
    Form(
        row="log prefix ends the block",
        text=(
            "Traceback (most recent call last):\n"
            '  File "/srv/api/score.py", line 33, in score\nraise TypeError(rows)\n'
            "TypeError: rows must be a list\n[2025-06-02 10:00:01,300] WARN:queue:full\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 4)),),
        near_miss="[2025-06-02 10:00:01,300] WARN:queue:TypeErrors above\n",
        unclaimed=0,
    ),
    Form(
        row="all on one line",
        text=(
            'Traceback (most recent call last): File "/srv/api/main.py", line 12, in handle '
            'return score(rows) File "/srv/api/score.py", line 33, in score raise TypeError(rows) '
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", TWO, (1, 1)),),
        near_miss="TypeError lives in /srv/api/score.py, line 33, in score\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="newlines escaped by rsyslog",
        text=(
            "Jun  2 10:00:01 n4 api[77]: Traceback (most recent call last):#012  File "
            '"/srv/api/main.py", line 12, in handle#012    score(rows)#012  File '
            '"/srv/api/score.py", line 33, in score#012    raise TypeError#012'
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**TWO, "host": "n4", "pid": 77}, (1, 1)),),
        near_miss="Jun  2 10:00:01 n4 api[77]: a#012b#012c\n",
        unclaimed=0,
    ),
    Form(
        row="a blank line between all rows",
        text=(
            'Traceback (most recent call last):\n\n  File "/srv/api/main.py", line 12, in handle'
            "\n\n    score(rows)\n\n"
            '  File "/srv/api/score.py", line 33, in score\n\n    raise TypeError(rows)\n\n'
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", TWO, (1, 11)),),
        near_miss="main.py\n\nscore.py\n\nTypeErrors\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="broken at 80 columns",
        text=(
            "Traceback (most recent call last):\n"
            '  File "/srv/api/main.py", line 12, in handle\n    score(rows)\n'
            '  File "/srv/api/a/very/long/path/that/does/not/fit/into/a/terminal/of/old/score.py"\n'
            ", line 33, in score\n    raise TypeError(rows)\nTypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 2, "path_line": 33}, (1, 7)),),
        near_miss=", line 33, in score\nand after\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="quotes lost by Apache",
        text=(
            "[Mon Jun 02 10:00:01.250000 2025] [wsgi:error] [pid 76:tid 9] [client 10.0.0.4:6310] "
            "Traceback (most recent call last):\n"
            "[Mon Jun 02 10:00:01.250020 2025] [wsgi:error] [pid 76:tid 9] [client 10.0.0.4:6310] "
            "  File /srv/api/score.py, line 33, in score\n"
            "[Mon Jun 02 10:00:01.250040 2025] [wsgi:error] [pid 76:tid 9] [client 10.0.0.4:6310] "
            "    raise TypeError(rows)\n"
            "[Mon Jun 02 10:00:01.250060 2025] [wsgi:error] [pid 76:tid 9] [client 10.0.0.4:6310] "
            "TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1, "pid": 76, "path_line": 33}, (1, 4)),),
        near_miss=(
            "[Mon Jun 02 10:00:01 2025] [wsgi:info] [pid 76:tid 9] mod_wsgi: no traceback\n"
        ),
        unclaimed=0,
    ),
    Form(
        row="quoted in an e-mail",
        text=(
            "> Traceback (most recent call last):\n"
            '>   File "/srv/api/score.py", line 33, in score\n>     raise TypeError(rows)\n'
            "> TypeError: rows must be a list\n"
        ),
        wants=(Want("py.traceback", {**READ, "frames": 1}, (1, 4)),),
        near_miss="> I get a TypeError in score\n",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
